"""Pages: what PDF/A-3 with XML costs over bare WeasyPrint of the same HTML, and a line of a long one over a short."""

from copy import deepcopy
from hashlib import sha256

from weasyprint import HTML

from scaicontrol.core.processes import Workers
from scaicontrol.integrations.renderer import ProcessRenderer
from scaicontrol.services import einvoices
from scaicontrol.services.einvoices.document import Document
from tests.factories.documents import pdf_of, rows_for

from .measure import Goal, Result, Side, compare
from .world import NOW, World


def of_lines(count: int) -> Document:
    rows = rows_for("reverse_charge")
    some = rows["lines"][:2]
    rows["lines"] = [deepcopy(some[at % 2]) | {"description": f"Service {at + 1}"} for at in range(count)]
    return einvoices.document_from(**rows)


def bare(html: str) -> bytes:
    written: bytes = HTML(string=html).write_pdf()
    return written


async def pages(_: World, quick: bool) -> list[Result]:
    """Each side in one warm process of its own: short documents, then 400 lines against 40."""
    renderer, plain = ProcessRenderer(processes=1, time_limit=120), Workers(bare, "bare renderer", time_limit=120)
    lines = (2, 40) if quick else (3, 40)

    def ours(count: int, times: int) -> Side:
        document = of_lines(count)
        html, shows = einvoices.render_html(document), einvoices.must_show(document)

        async def run() -> int:
            for _ in range(times):
                pdf = await pdf_of(renderer, document, html, einvoices.Format.facturx, NOW, shows=shows)
                assert sha256(pdf).digest()
            return times

        return Side(f"PDF/A-3a of {count} lines with XML and digest", run)

    def theirs(count: int, times: int) -> Side:
        html = einvoices.render_html(of_lines(count))

        async def run() -> int:
            for _ in range(times):
                assert await plain.call(html)
            return times

        return Side("bare WeasyPrint", run)

    def by_line(count: int, times: int) -> Side:
        side = ours(count, times)

        async def run() -> int:
            return await side.run() * count

        return Side(f"a line of {count}", run)

    try:
        return [
            *[
                await compare(
                    f"p. PDF with everything, {count} lines",
                    ours(count, times),
                    theirs(count, times),
                    sizes=f"{times} documents a round",
                    kind="cost",
                    goal=Goal(most=1.35),
                )
                for count, times in zip(lines, (2, 1) if quick else (20, 5), strict=True)
            ],
            await compare(
                "p. a line of a long invoice",
                by_line(80 if quick else 400, 1),
                by_line(40, 1 if quick else 10),
                sizes="80 against 40 lines" if quick else "400 against 40 lines",
                kind="cost",
                goal=Goal(most=1.2),
            ),
        ]
    finally:
        renderer.close()
        plain.close()
