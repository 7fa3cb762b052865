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
