"""Whoever has never signed in: an invoice by its link, withdrawing, cancelling; for everybody, on any screen."""

import re

import httpx2
import pytest

pytestmark = pytest.mark.browser

LOOKS = [("light", 1280), ("dark", 320)]
SELLER = "?seller=prt_atelier"


async def mailed_link(url: str) -> str:
    """Read the mail that Bauwerk got with its invoice."""
    async with httpx2.AsyncClient(base_url=f"{url}/_dev/scaisend/api", timeout=60) as mailbox:
        listed = (await mailbox.get("/mails", params={"q": "NWC-"})).json()["data"]
        mail = (await mailbox.get(f"/mails/{listed[0]['id']}")).json()
    found = re.search(rf'href="{url}(/i/[^"]+)"', mail["content"][0]["value"])
    assert found
    return found[1]


async def test_three_pages_without_a_sign_in_are_for_everybody(stranger):
    link = await mailed_link(stranger.site.url)
    for path, said in (
        (link, "Northwind Cloud GmbH"),
        (f"/withdrawal{SELLER}", "Withdraw from a contract"),
        (f"/cancellation{SELLER}", "Cancel contracts"),
    ):
        for scheme, width in LOOKS:
            await stranger.look(scheme, width)
            await stranger.page.goto(stranger.site.url + path)
            await stranger.see(said)
            assert (await stranger.barriers(), await stranger.overhang()) == ([], 0), path
            assert "ScaiControl" not in await stranger.page.inner_text("body") + await stranger.page.title()
    await stranger.page.get_by_label("Your name").fill("Lucie Moreau")
    await stranger.page.get_by_label("Contract", exact=True).fill("ScaiDrive")
    await stranger.page.get_by_label("E-mail for the confirmation").fill("lucie@moreau.example")
    await stranger.press("Cancel now")
    await stranger.see("We have received your declaration")
    await stranger.see("As soon as possible")
    assert await stranger.barriers() == []
    async with stranger.page.expect_download() as coming:
        await stranger.page.get_by_role("link", name="Save this receipt").click()
    receipt = await (await coming.value).path()
    assert "Lucie Moreau" in receipt.read_text()
