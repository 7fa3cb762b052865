"""Invoices: one understood, several at once, and the account between two days."""

from playwright.async_api import expect

from tests.e2e.visitor import Visitor


async def why_a_line_costs_what_it_costs(visitor: Visitor) -> None:
    """Every line, the VAT and the total are worked out again, in words."""
    await _open_first(visitor)
    await visitor.main.get_by_text(visitor.word("invoice.explain")).click()
    for part in ("explainVat", "explainTotal"):
        heading = visitor.main.get_by_role("heading", level=3, name=visitor.word(f"invoice.{part}"), exact=True)
        await expect(heading).to_be_visible()
    await expect(visitor.main.get_by_text(visitor.word("invoice.explainMismatch"))).to_have_count(0)


async def several_invoices(visitor: Visitor) -> None:
    """A state narrows the list, the address keeps it, and each row brings its file."""
    await visitor.go("invoices")
    files = visitor.main.get_by_role("button", name=visitor.word("invoices.pdfOf"))
    await expect(files).not_to_have_count(0)
    status = visitor.main.get_by_label(visitor.word("common.status"))
    await status.select_option(label=str(visitor.word("status.void")))
    await visitor.see(visitor.word("invoices.noMatch"))
    await visitor.page.reload()
    await visitor.see(visitor.word("invoices.noMatch"))
    await visitor.press(visitor.word("common.clearFilter"))
    await expect(files).not_to_have_count(0)
    async with visitor.page.expect_download() as coming:
        await files.first.click()
    assert (await (await coming.value).path()).read_bytes().startswith(b"%PDF-")


async def statement(visitor: Visitor) -> None:
    await visitor.go("invoices")
    await visitor.press(visitor.word("statement.title"))
    last = await visitor.dialog.get_by_label(visitor.word("statement.to")).input_value()
    await visitor.dialog.get_by_label(visitor.word("statement.from")).fill(last)
    assert (await visitor.download(visitor.word("statement.download"))).startswith(b"%PDF-")
    await expect(visitor.dialog).to_have_count(0)


async def _open_first(visitor: Visitor) -> None:
    await visitor.go("invoices")
    await visitor.main.locator("a[href^='/billing/invoices/inv_']").last.click()
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(visitor.word("invoice.invoice"))
    await visitor.settled()
