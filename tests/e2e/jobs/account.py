"""Who the customer is, who belongs to it, and what it is told."""

import re

from playwright.async_api import expect

from tests.e2e.visitor import Visitor


async def profile_with_a_bad_vat_id(visitor: Visitor) -> None:
    """A number whose digits do not fit is refused at its field, in the reader's language; nothing typed is lost."""
    await visitor.go("billingProfile")
    number = visitor.main.get_by_label(visitor.word("profile.vat_number"), exact=True)
    addition = visitor.main.get_by_label(visitor.word("profile.address_line2"), exact=True)
    was, country = await number.input_value(), await _country(visitor)
    await number.fill(f"{country}00000000000")
    await addition.fill("Gate 7")
    await visitor.press(visitor.word("profile.save"))
    await visitor.see(visitor.word("profile.fixFields"))
    await expect(number).to_have_attribute("aria-invalid", "true")
    await visitor.see(visitor.word("refusal.check_digits"))
    await expect(addition).to_have_value("Gate 7")
    visitor.forgive("422")
    await number.fill(was)
    await visitor.press(visitor.word("profile.save"))
    await visitor.told("profile.saved")


async def _country(visitor: Visitor) -> str:
    name = re.compile(f"^{visitor.word('profile.country_code')}\\b")
    return await visitor.main.get_by_role("combobox", name=name).input_value()


async def notifications(visitor: Visitor) -> None:
    """What is unread is counted, read one by one or all at once, and what is told can be chosen."""
    await visitor.go("notifications")
    unread = visitor.main.get_by_role("button", name=visitor.word("notices.markRead"))
    await expect(unread).not_to_have_count(0)
    before = await unread.count()
    await unread.first.click()
    await expect(unread).to_have_count(before - 1)
    if before > 1:
        await visitor.press(visitor.word("notices.readAll"))
        await expect(unread).to_have_count(0)
    await visitor.main.get_by_role("link", name=visitor.word("notices.choose")).click()
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(visitor.word("nav.organization"))


async def people(visitor: Visitor) -> None:
    """Who works here and what each may do; inviting is the directory's matter."""
    await visitor.go("organization")
    people = visitor.main.get_by_role("table", name=visitor.word("organization.people"))
    given = [str(visitor.word(key)) for key in ("role.tenant_admin", "organization.noRole")]
    await expect(people.get_by_text(re.compile("|".join(map(re.escape, given)))).first).to_be_visible()
    await expect(people.get_by_text(visitor.word("organization.active")).first).to_be_visible()


async def organisation(visitor: Visitor) -> None:
    """A choice for everybody is saved, is still there afterwards, and is taken back."""
    for is_told in (False, True):
        await visitor.go("organization")
        choice = visitor.main.get_by_label(visitor.word("notices.usage"), exact=True)
        await expect(choice).to_be_checked(checked=not is_told)
        await choice.set_checked(is_told)
        await visitor.press(visitor.word("common.save"))
        await visitor.told("organization.saved")
        await visitor.page.reload()
        await expect(choice).to_be_checked(checked=is_told)
