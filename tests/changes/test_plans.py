"""A plan is applied as it was shown, once, in time, by whoever planned it, and with another person's approval."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.approval import ApprovalRequired, PlanHashMismatch, PlanStale
from scaicontrol.core.errors import ControlError, Forbidden, NotFound, OutcomeUnknown, Refused, Unavailable
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import changes, invoices
from scaicontrol.services.changes.schemas import ChangePlanFilter
from scaicontrol.services.invoices.models import NumberSeries
from scaicontrol.services.invoices.schemas import InvoicePatch, MarkPaidIn
from scaicontrol.services.webhooks.schemas import WebhookEndpointIn
from tests.factories import ada, alice, bert, gina, petra, pim, sam, scaidrive, tom
from tests.factories.cuts import behind_each_commit, cut
from tests.factories.invoices import a_draft, a_line, again, finalized, sent
from tests.factories.ports import MemoryVault
from tests.factories.subscriptions import CLOCK, subscribed
from tests.factories.webhooks import URL

from . import plans
from .database import differences, whole
from .plans import a_call, agent_of, approved, as_called, carol, kept, refused_with_plan

agent = agent_of(ada)
SECOND = timedelta(seconds=1)


def an_endpoint():
    return a_call("webhooks.create", {"body": WebhookEndpointIn(name="CRM", target_url=URL, topics=["invoice.*"])})


async def a_void(backend, actor=agent):
    """A plan that needs approval whoever makes it, and waits for it."""
    document = await finalized(backend)
    call = a_call("invoices.void", {"invoice_id": document.id, "reason": "Sent to the wrong customer."})
    return document, await refused_with_plan(backend, actor, call)


async def a_suspension(backend):
    """A plan that may be applied as it is."""
    held = await subscribed(backend)
    return await kept(backend, agent, a_call("subscriptions.suspend", {"subscription_id": held.id, "reason": "Abuse."}))


async def unchanged(backend, error, says, plan, actor=agent, plan_hash=None):
    """Try to apply; nothing but the refusal comes of it."""
    before = await whole(backend)
    with pytest.raises(error, match=says):
        await changes.apply(backend, actor, plan.id, plan_hash or plan.plan_hash)
    assert differences(before, await whole(backend)) == []


async def test_a_row_that_was_changed_meanwhile_makes_a_plan_stale(shop, clock):
    owed = await sent(shop)
    due = MarkPaidIn(paid_at=clock.now(), reference="ABN 1", method="transfer")
    plan = await kept(shop, agent, a_call("invoices.mark_paid", {"invoice_id": owed.id, "data": due}))
    part = MarkPaidIn(amount_cents=299, paid_at=clock.now(), reference="ABN 2", method="transfer")
    await shop.perform(petra, invoices.mark_paid, owed.id, part)
    await unchanged(shop, PlanStale, r"would not do what it showed: .*2000 instead of 2299", plan)
    assert (await plans.again(shop, plan)).status == "draft"


async def test_a_stale_procedure_begins_nothing_and_takes_no_number(shop):
    draft = await a_draft(shop)
    plan = await kept(shop, agent, a_call("invoices.finalize", {"invoice_id": draft.id}))
    await shop.perform(petra, invoices.update, draft.id, InvoicePatch(lines=[a_line(2500)], version=1))
    await unchanged(shop, PlanStale, r"showed: totals\[0\].amount_cents: 3025 instead of 2299", plan)
    assert (await again(shop, draft)).number is None

    async def taken(uow):
        return list(await uow.session.scalars(select(NumberSeries)))

    assert await shop.ask(ada, taken) == []


async def test_only_the_plan_that_was_read_is_applied(shop):
    plan = await a_suspension(shop)
    await unchanged(shop, PlanHashMismatch, "send the hash you have read", plan, plan_hash="0" * 64)
    await changes.apply(shop, agent, plan.id, plan.plan_hash)


async def test_a_draft_ends_after_half_an_hour(shop, clock):
    plan = await a_suspension(shop)
    clock.advance(timedelta(minutes=30) - SECOND)
    assert await shop.perform(CLOCK, changes.expire) == 0
    clock.advance(SECOND)
    await unchanged(shop, Refused, "expired at 2026-01-15 09:30 UTC", plan)
    assert await shop.perform(CLOCK, changes.expire) == 1
    assert (await plans.again(shop, plan)).status == "expired"
    await unchanged(shop, Refused, "it is expired", plan)


async def test_a_plan_that_waits_for_another_person_may_do_so_for_three_days(shop, clock):
    _, late = await a_void(shop)
    _, decided = await a_void(shop)
    clock.advance(timedelta(hours=72) - SECOND)
    assert await shop.perform(CLOCK, changes.expire) == 0
    await approved(shop, decided)
    clock.advance(SECOND)
    with pytest.raises(Refused, match="expired at"):
        await approved(shop, late)
    assert await shop.perform(CLOCK, changes.expire) == 1
    assert (await plans.again(shop, late)).status == "expired"

    clock.advance(timedelta(hours=72) - SECOND)
    await unchanged(shop, Refused, "expired at", decided)
    assert await shop.perform(CLOCK, changes.expire) == 1
    assert (await plans.again(shop, decided)).status == "expired"


async def test_a_plan_that_needs_approval_is_not_applied_before_it(shop):
    document, plan = await a_void(shop)
    await unchanged(shop, ApprovalRequired, "waits for another person's approval", plan)
    await approved(shop, plan)
    with pytest.raises(ApprovalRequired, match="is approved; apply it with its hash"):
        await as_called(shop, agent, a_call("invoices.void", dict(plan.arguments)))
    await changes.apply(shop, agent, plan.id, plan.plan_hash)
    assert (await again(shop, document)).status == "void"


async def test_wanting_a_draft_done_that_needs_approval_asks_for_it(shop):
    document = await finalized(shop)
    call = a_call("invoices.void", {"invoice_id": document.id, "reason": "Wrong customer."})
    plan = await kept(shop, agent, call)
    assert plan.status == "draft"
    with pytest.raises(ApprovalRequired, match="waits for another person's approval"):
        await changes.apply(shop, agent, plan.id, plan.plan_hash)
    assert (await plans.again(shop, plan)).status == "pending_approval"


async def test_nobody_approves_a_change_of_their_own(shop):
    _, plan = await a_void(shop, ada)
    for decide in (changes.approve, changes.reject):
        with pytest.raises(Forbidden, match="planned by you or for you"):
            await shop.perform(ada, decide, plan.id, "It is fine.")


async def test_nobody_approves_what_their_agent_planned(shop):
    _, plan = await a_void(shop)
    with pytest.raises(Forbidden, match="planned by you or for you"):
        await approved(shop, plan, ada)


@pytest.mark.parametrize(
    ("who", "error"),
    [
        pytest.param(agent, Forbidden, id="the agent itself"),
        pytest.param(agent_of(carol, "agt_other"), NotFound, id="an approver's agent"),
        pytest.param(agent_of(ada, "agt_other"), NotFound, id="another agent of the same person"),
        pytest.param(scaidrive, Forbidden, id="a service"),
        pytest.param(CLOCK, Forbidden, id="a job"),
        pytest.param(bert, Forbidden, id="a person who approves nothing"),
        pytest.param(petra, NotFound, id="a partner's approver, about the platform's plan"),
    ],
)
async def test_only_another_person_of_the_scope_approves(shop, who, error):
    _, plan = await a_void(shop)
    for decide in (changes.approve, changes.reject):
        with pytest.raises(error):
            await shop.perform(who, decide, plan.id, "It is fine.")
    assert (await plans.again(shop, plan)).status == "pending_approval"


async def test_another_partners_approver_does_not_find_a_plan(shop):
    _, plan = await a_void(shop, agent_of(petra))
    with pytest.raises(NotFound):
        await approved(shop, plan, sam)
    assert (await approved(shop, plan)).decided_by == carol.id


async def test_a_rejected_plan_is_over(shop):
    _, plan = await a_void(shop)
    await shop.perform(carol, changes.reject, plan.id, "They have paid.")
    assert (await plans.again(shop, plan)).decision_reason == "They have paid."
    await unchanged(shop, Refused, "it is rejected", plan)
    with pytest.raises(Refused, match="it is rejected"):
        await approved(shop, plan)


async def test_whoever_approved_a_change_does_not_apply_it(shop):
    _, plan = await a_void(shop)
    await approved(shop, plan)
    await unchanged(shop, Forbidden, "whoever planned a change applies it", plan, carol)


async def test_nothing_has_to_be_approved_that_is_below_the_limits(shop):
    plan = await a_suspension(shop)
    with pytest.raises(Refused, match="it is draft"):
        await approved(shop, plan)


async def hundred_times(backend, plan):
    done = await asyncio.gather(
        *(changes.apply(backend, agent, plan.id, plan.plan_hash) for _ in range(100)), return_exceptions=True
    )
    unexpected = [each for each in done if isinstance(each, BaseException) and not isinstance(each, ControlError)]
    assert unexpected == []
    return sum(not isinstance(each, BaseException) for each in done)


async def test_a_hundred_applies_at_once_take_effect_once(shop):
    owed = await sent(shop)
    paid = MarkPaidIn(amount_cents=299, paid_at=shop.clock.now(), reference="ABN 1", method="transfer")
    plan = await kept(shop, agent, a_call("invoices.mark_paid", {"invoice_id": owed.id, "data": paid}))
    before = await whole(shop)
    assert await hundred_times(shop, plan) == 1
    new = [row for row in differences(before, await whole(shop)) if row.table == "invoice_settlements"]
    assert [(row.after or {})["amount_cents"] for row in new] == [299]


async def test_a_hundred_applies_of_a_procedure_at_once_take_effect_once(shop):
    plan = await kept(shop, agent, an_endpoint())
    await approved_when_asked(shop, plan)
    assert await hundred_times(shop, plan) == 1
    assert len(shop.ports.vault.secrets) == 1
    assert [key for table, key in await whole(shop) if table == "webhook_subscriptions"] != []


async def approved_when_asked(backend, plan):
    with pytest.raises(ApprovalRequired):
        await changes.apply(backend, agent, plan.id, plan.plan_hash)
    await approved(backend, plan)


async def test_what_a_verb_refuses_it_refuses_in_its_rehearsal(shop):
    draft = await a_draft(shop, a_line(1900, description="Setup"))
    paid = MarkPaidIn(amount_cents=1, paid_at=shop.clock.now(), reference="ABN 1", method="transfer")
    calls: dict[str, dict[str, Any]] = {
        "invoices.mark_paid": {"invoice_id": draft.id, "data": paid},
        "invoices.finalize": {"invoice_id": "inv_nobodys"},
        "subscriptions.cancel": {"subscription_id": "sub_nobodys"},
    }
    before = await whole(shop)
    for name, arguments in calls.items():
        for way in (as_called, changes.plan_call):
            with pytest.raises((Refused, NotFound), match=r"^(Cannot|There is no|No subscription) "):
                await way(shop, agent, a_call(name, arguments))
    assert differences(before, await whole(shop)) == []


class BrokenVault(MemoryVault):
    """Lets the rehearsal pass, and fails when a secret is to be kept."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__()
        self.failure = failure

    async def write(self, path, data):
        raise self.failure


class PowerCut(BaseException):
    pass


async def test_a_procedure_that_fails_says_so_in_its_plan(shop):
    plan = await kept(shop, agent, an_endpoint())
    await approved_when_asked(shop, plan)
    shop.ports = with_vault(shop, BrokenVault(Unavailable("The vault does not answer.")))
    with pytest.raises(Unavailable):
        await changes.apply(shop, agent, plan.id, plan.plan_hash)
    failed = await plans.again(shop, plan)
    assert (failed.status, failed.error) == ("failed", "The vault does not answer.")
    await unchanged(shop, Refused, "it is failed", plan)


async def test_a_procedure_that_breaks_leaves_no_plan_that_seems_to_be_at_work(shop):
    plan = await kept(shop, agent, an_endpoint())
    await approved_when_asked(shop, plan)
    shop.ports = with_vault(shop, BrokenVault(RuntimeError("a mistake of ours")))
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        await changes.apply(shop, agent, plan.id, plan.plan_hash)
    failed = await plans.again(shop, plan)
    assert (failed.status, (failed.error or "").split(";")[0]) == ("failed", "It broke (RuntimeError)")


async def test_a_procedure_whose_process_died_is_called_failed(shop, clock):
    plan = await kept(shop, agent, an_endpoint())
    await approved_when_asked(shop, plan)
    shop.ports = with_vault(shop, BrokenVault(PowerCut()))
    with pytest.raises(PowerCut):
        await changes.apply(shop, agent, plan.id, plan.plan_hash)
    assert (await plans.again(shop, plan)).status == "applying"
    clock.advance(timedelta(minutes=30) - SECOND)
    assert await shop.perform(CLOCK, changes.release_interrupted) == 0
    clock.advance(SECOND)
    assert await shop.perform(CLOCK, changes.release_interrupted) == 1
    failed = await plans.again(shop, plan)
    assert (failed.status, (failed.error or "").split(";")[0]) == ("failed", "It was interrupted")


async def a_sealing(backend):
    draft = await a_draft(backend)
    return draft, await kept(backend, agent, a_call("invoices.finalize", {"invoice_id": draft.id}))


async def test_whichever_commit_the_connection_breaks_behind_the_same_key_applies_it_once(shop):
    numbers = []

    async def begin():
        _, plan = await a_sealing(shop)
        return lambda stage: changes.apply(stage, agent, plan.id, plan.plan_hash)

    async def check(plan):
        assert plan.status == "applied"
        numbers.append((await again(shop, await by_plan(shop, plan))).number)

    assert await behind_each_commit(shop, agent, begin, check) >= 3
    assert [int(str(number).rpartition("-")[2]) for number in numbers] == list(range(1, len(numbers) + 1))


async def by_plan(backend, plan):
    return await backend.ask(petra, invoices.get, plan.arguments["invoice_id"])


async def test_without_a_key_a_plan_whose_outcome_is_unknown_is_told_by_what_it_has_left(shop, clock):
    for behind in range(5):
        draft, plan = await a_sealing(shop)
        try:
            await changes.apply(cut(shop, [behind]), agent, plan.id, plan.plan_hash)
        except OutcomeUnknown:
            assert (await plans.again(shop, plan)).status in ("applying", "applied")
        clock.advance(timedelta(minutes=30))
        await shop.perform(CLOCK, changes.release_interrupted)
        told, is_done = (await plans.again(shop, plan)).status, (await again(shop, draft)).number is not None
        assert (told, is_done) in (("applied", True), ("failed", False))


def with_vault(backend, vault):
    return replace(backend.ports, vault=vault)


async def sees(backend, who: Actor, plan) -> bool:
    try:
        await backend.ask(who, changes.get, plan.id)
    except (NotFound, Forbidden):
        found = False
    else:
        found = True
    if who.may("changes:read"):
        page = await backend.ask(who, changes.page, PageRequest(), ChangePlanFilter())
        assert (plan.id in [each.id for each in page.items]) is found
    return found


async def test_a_plan_is_seen_by_its_maker_the_person_behind_it_and_who_approves(shop):
    helper = agent_of(alice)
    held = await subscribed(shop)
    call = a_call("subscriptions.cancel", {"subscription_id": held.id})
    plan = await kept(shop, helper, call)
    seen = {each.id: await sees(shop, each, plan) for each in (helper, alice, petra, carol, ada)}
    assert seen == dict.fromkeys(seen, True)
    strangers = (tom, gina, pim, sam, bert, scaidrive, agent_of(alice, "agt_other"), agent_of(tom), agent_of(carol))
    seen = {f"{each.id} for {each.on_behalf_of}": await sees(shop, each, plan) for each in strangers}
    assert seen == dict.fromkeys(seen, False)
