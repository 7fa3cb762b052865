"""The jobs of an operator's day, each done as a person does it: by what the console's pages offer, and nothing else."""

import re
from datetime import UTC, datetime

from playwright.async_api import Locator, expect

from .operators import Crew, Operator

LACKS = {"usr_ada": "tnt_liberty", "usr_bert": "tnt_stichting", "usr_nina": "tnt_verde"}  # whose address is taken away
SECOND = {"usr_ada": "usr_bert", "usr_nina": "usr_sabine"}  # who plans what they approve

_LOOKS = 300  # at a page that a worker is still to change; each takes as long as the page does


async def _reloaded_until(wanted: Locator) -> None:
    """Look at a page again and again until something stands on it."""
    for _ in range(_LOOKS):
        if await wanted.count():
            return
        await wanted.page.reload()
    raise AssertionError(f"{wanted} never came.")


async def see_what_needs_me_now(me: Operator, _: Crew) -> None:
    await me.go("/")
    first = me.page.locator("section.task").first
    what = await first.locator("h2 .count").inner_text()
    assert int(what.replace(",", "")) > 0
    await first.locator("a.button").click()
    await expect(me.page.locator("tr[data-row], .card").first).to_be_visible()


async def approve_a_service(me: Operator, _: Crew) -> None:
    await me.go("/registry")
    await me.see("Waits for you")
    await me.follow("ScaiSign")
    await me.follow("Approve", within=".verbs")
    await me.press("Approve")
    await me.see("ScaiSign is let in.")
    assert (await me.page.locator("code.secret").inner_text()).startswith("sck_")
    await me.go("/registry")
    await expect(me.page.get_by_text("Waits for you")).to_have_count(0)


async def look_after_the_health_of_services(me: Operator, _: Crew) -> None:
    await me.go("/registry")
    await me.follow("ScaiDrive")
    for heading in ("Plans", "Timeline"):
        await expect(me.page.get_by_role("heading", name=heading).first).to_be_visible()
    await me.see("Heartbeat")


async def edit_a_plan_and_see_whom_it_touches(me: Operator, _: Crew) -> None:
    await me.go("/plan/list?search=Team")
    await me.follow("scaiwave.team")
    await me.follow("Edit", within=".verbs")
    price = me.page.locator("#f-base_price")
    dearer = f"{float(await price.input_value()) + 1:.2f}"
    await price.fill(dearer)
    await me.press("Preview")
    # A version that nobody has yet, such as that of who edited it before, is changed itself.
    await me.answered(re.compile(r"Version \d+, for who subscribes from now on|What differs\s*base price"))
    await me.answered(re.compile(r"Keep version \d+\s*\d+ subscriptions?"))
    await me.press("Edit")
    await me.answered(re.compile("is sold from now on|The plan is as you said"))
    await me.see(f"{dearer} EUR")
    await me.follow("Work out a price")
    await me.page.locator("#quantity").fill("10")
    await me.press("Work it out")
    await me.see(f"{float(dearer) * 10:.2f} EUR")


async def read_a_tenants_whole_story(me: Operator, _: Crew) -> None:
    await me.go("/tenant/list")
    await me.go(f"/tenant/details/{me.tenant}")
    for heading in (
        "Subscriptions",
        "Documents",
        "Payments",
        "Timeline",
        "Billing profile",
        "Credit balance",
        "People",
    ):
        await expect(me.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    # The newest of it: where much was done since, what began it is further back.
    await expect(me.page.locator("ol.timeline").first).to_contain_text(re.compile("Subscription (activated|changed)"))
    await me.follow("Its account")
    await expect(me.page.get_by_role("heading", level=1)).to_contain_text("Account of")
    await expect(me.page.get_by_role("columnheader", name="Balance")).to_be_visible()


async def order_for_a_tenant(me: Operator, _: Crew) -> None:
    await me.go(f"/tenant/details/{LACKS[me.user]}")
    await me.follow("Subscribe it to a plan")
    plan = me.page.locator("#f-plan")
    await plan.press_sequentially("scaiwave.bus")
    await expect(me.page.locator("#l-plan option")).to_have_count(1)
    await me.fill(plan="scaiwave.business", quantity="2", unit_price="9.90")
    await me.press("Subscribe a tenant")
    await me.answered("scaiwave.business is ordered")
    await expect(me.page.get_by_role("heading", name="What may become of it")).to_be_visible()


async def plan_compare_and_apply_a_run(me: Operator, _: Crew) -> None:
    await me.go(f"/subscription/list?tenant={me.tenant}&status=active")
    await me.page.locator("tr[data-row] th a").last.click()
    quantity = re.search(r"Quantity\s+(\d+)", await me.page.locator("main").inner_text())
    assert quantity
    await me.follow("Change plan", within=".verbs")
    await me.fill(quantity=str(int(quantity[1]) + 10))
    await me.press("Preview")
    await me.answered("The price begins")
    await me.press("Change plan")
    await me.answered(re.compile(r" is \S+ × \d+"))
    await me.go("/billing-run/list")
    await me.act("Plan a run", re.compile(r"[1-9]\d* documents are planned"))
    await expect(me.page.get_by_role("heading", name=re.compile("^Compared with"))).to_be_visible()
    await me.follow(re.compile("^lines"))
    await me.page.go_back()
    await me.act("Apply", re.compile(r"[1-9]\d* documents are written"))
    await me.see("applied")


async def mend_a_refused_draft(me: Operator, _: Crew) -> None:
    tenant = LACKS[me.user]
    await me.go(f"/tenant/details/{tenant}")
    await me.follow("Edit the billing profile", within=".verbs")
    city = await me.page.locator("#f-city").input_value()
    await me.fill(city="")
    await me.press("Edit the billing profile")
    await draft_by_hand(me, tenant, "Consulting", "80.00")
    await expect(me.page.get_by_role("heading", name="What keeps it from being finalized")).to_be_visible()
    draft = me.page.url
    await me.follow(re.compile("^Mend it"))
    await me.fill(city=city)
    await me.press("Edit the billing profile")
    await me.answered("The billing profile is saved.")
    await me.page.goto(draft)
    await me.see("Nothing keeps it from being finalized")
    await me.act("Finalize", "is finalized")


async def draft_by_hand(me: Operator, tenant: str, what: str, price: str) -> None:
    await me.go("/invoice/list")
    fields = {"tenant": tenant, "currency": "EUR", "description": what, "price": price}
    await me.act("Draft by hand", "It is drafted", **fields)


async def finalized_by_hand(me: Operator, what: str, price: str) -> str:
    """Write and finalize an invoice; gives its address."""
    await draft_by_hand(me, me.tenant, what, price)
    await me.act("Finalize", "is finalized")
    return me.page.url


async def credit_in_part_and_refund(me: Operator, _: Crew) -> None:
    await me.go(f"/invoice/list?tenant={me.tenant}&status=paid")
    await me.page.locator("tr[data-row] th a").last.click()
    invoice = me.page.url
    await me.follow("Credit note", within=".verbs")
    await me.fill(amount="1.00", reason="An hour without service")
    await me.press("Preview")
    await me.answered(re.compile(r"Total\s*-?1\.00 EUR"))
    await me.press("Credit note")
    await me.answered("is written over")
    await me.page.goto(invoice)
    await me.agree("Refund", amount="1.50", reason="Less than agreed")
    await expect(me.page.get_by_role("heading", name="Documents", exact=True)).to_be_visible()
    await me.press("Refund")
    await me.answered("done, exactly as it was shown")
    await expect(me.page.get_by_role("heading", name="Paid out")).to_be_visible()


async def retry_and_replay_deliveries(me: Operator, _: Crew) -> None:
    name = f"Ledger of {me.user}"
    hook = f"{me.site.url}/_dev/subscriber/hooks/warehouse"
    await me.go("/webhook-subscriptions/list")
    await me.follow("Add a subscriber", within=".verbs")
    await me.fill(name=name, target_url=f"{hook}?status=404", topics="invoice.*")
    await me.press("Add a subscriber")
    await me.see("This signs what it gets")
    await finalized_by_hand(me, "A delivery that fails", "5.00")
    await me.go(f"/webhook-subscriptions/list?search={name.replace(' ', '+')}")
    await me.follow(name)
    page = me.page.url
    await _reloaded_until(me.page.get_by_role("heading", name="Dead"))  # until the worker has tried it
    await me.act("Edit", "gets invoice.*", target_url=hook)
    await me.follow("Retry all that failed", within=".verbs")
    await me.fill(since="2020-01-01T00:00")
    await me.press("Preview")
    await me.answered(re.compile(r"Would be retried\s*[1-9]"))
    await me.page.goto(page)
    await me.follow(re.compile("^invoice"), within="main")
    await me.act("Retry", "It is back in line")
    await me.page.goto(page)
    await me.follow("Retry all that failed", within=".verbs")
    await me.fill(since="2020-01-01T00:00")
    await me.press("Retry all that failed")
    await me.answered("are back in line")
    await me.follow("Replay", within=".verbs")
    await me.fill(start="2020-01-01T00:00")
    await me.press("Preview")
    await me.answered(re.compile(r"Would be queued\s*\d+"))
    await me.press("Replay")
    await me.answered("deliveries are queued")


async def give_and_take_a_role(me: Operator, _: Crew) -> None:
    person = {"usr_ada": "usr_tom", "usr_nina": "usr_sabine"}[me.user]
    await me.go(f"/user/details/{person}")
    await me.act("Give a role", re.compile("."), role="tenant_viewer")
    await me.agree("Take a role away", role="tenant_viewer")
    await me.press("Take a role away")
    await me.answered("done, exactly as it was shown")
    await me.go("/roles")
    await me.see("partner viewer")


async def read_the_audit_log(me: Operator, _: Crew) -> None:
    await me.go(f"/audit-entry/list?tenant={me.tenant}")
    await me.page.locator("tr[data-row] th a").first.click()
    await expect(me.page.get_by_role("heading", name="What changed")).to_be_visible()
    await me.go("/audit-entry/list")
    async with me.page.expect_download() as coming:
        await me.page.get_by_role("link", name="CSV", exact=True).click()
    path = await (await coming.value).path()
    assert path.read_text().count("\n") > 1


async def run_a_job(me: Operator, _: Crew) -> None:
    await me.go("/job/list")
    await me.page.locator("tr[data-row] th a").first.click()
    await me.act("Run now", re.compile("."))


async def read_and_change_settings(me: Operator, _: Crew) -> None:
    await me.go("/settings")
    await expect(me.page.get_by_role("heading", name="Installation")).to_be_visible()
    await me.act("Change the approval policy", "The policy is at version", people_documents="900")
    await me.see("Set by an operator")


async def export_to_accounting(me: Operator, _: Crew) -> None:
    await me.go("/accounting-integration/list")
    name = f"Journal of {me.user}"
    await me.follow("Add an integration", within=".verbs")
    partner = {"usr_nina": "prt_northwind"}.get(me.user, "prt_operator")
    await me.fill(partner_id=partner, provider="csv_journal", name=name)
    await me.press("Add an integration")
    await me.answered("takes what is finalized from now on")
    year = datetime.now(UTC).year  # what was booked lies two days back
    await me.act("Export now", "wait for the export", first=f"{year - 1}-01-01", last=f"{year}-12-31")


async def find_by_whatever_is_at_hand(me: Operator, _: Crew) -> None:
    await me.go(f"/invoice/list?tenant={me.tenant}")
    number = await me.page.locator("tr[data-row] th a").last.inner_text()
    total = re.search(r"([\d.,]+) EUR", await me.page.locator("tr[data-row]").last.inner_text())
    assert total
    name, mail = {
        "tnt_acme": ("Acme", "administratie@acme.example"),
        "tnt_bauwerk": ("Bauwerk", "rechnung@bauwerk.example"),
    }[me.tenant]
    for words, found in ((name, name), (mail, name), (number[:-1], number), (f"amount:{total[1]}", number)):
        await me.page.locator("[data-search]").fill(words)
        await me.page.keyboard.press("Enter")
        await expect(me.page.locator("main")).to_contain_text(found)


async def do_one_thing_to_many(me: Operator, _: Crew) -> None:
    await me.go(f"/invoice/list?tenant={me.tenant}&status=paid")
    boxes = me.page.locator("[data-choose]")
    count = min(await boxes.count(), 2)
    for number in range(count):
        await boxes.nth(number).check()
    await me.page.get_by_role("button", name="Send the chosen rows").click()
    await me.see("can be done")
    await me.page.get_by_label(re.compile("^Type .* to confirm")).fill(str(count))
    await me.press(f"Send {count}")
    await expect(me.page.get_by_role("heading", level=1)).to_contain_text(f"{count} of {count} done")


async def approve_anothers_change(me: Operator, crew: Crew) -> None:
    other = await crew.at(SECOND[me.user])
    invoice = await finalized_by_hand(other, "Written twice", "7.00")
    await _reloaded_until(other.page.locator("h1 .badge-sent"))  # what changes meanwhile makes a plan stale
    await other.agree("Void", reason="Written twice")
    await other.press("Ask for approval")
    await other.answered("Another person has to agree")
    plan = other.page.url
    await me.go("/change-plan/list?status=pending_approval")
    await me.page.goto(plan)
    await me.see("Before and after")
    await me.act("Approve", "It is approved", reason="I saw both")
    await other.page.goto(plan)
    await other.act("Apply", "It is applied exactly as shown")
    await other.page.goto(invoice)
    await other.see("Voided")


async def view_as_a_tenant(me: Operator, _: Crew) -> None:
    await me.go(f"/tenant/details/{me.tenant}")
    page = me.page.url
    await me.follow("View as tenant", within=".verbs")
    await me.fill(reason="An invoice is said to be missing.", ticket="SUP-1")
    await me.press("View as tenant")
    await expect(me.page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    await me.press("End the view")
    await expect(me.page).to_have_url(page)


async def draw_a_template(me: Operator, _: Crew) -> None:
    """In two languages; what the canvas can do is walked by test_designer."""
    name = f"Letter of {me.user}"
    for language, words in (("", "Your trial ends soon."), ("de", "Ihre Testzeit endet bald.")):
        await me.go("/invoice-template/list")
        await me.follow("Write a template", within=".verbs")
        await me.fill(name=name, document_type="email_trial_ending", language=language, subject=words)
        await me.fill(html_content=f"<p>{words}</p>")
        await me.press("Write a template")
        await me.act("Publish", "from now on")
