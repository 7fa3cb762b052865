"""Which changes need another person: every rule, for agents and people, below, at and above its limit."""

from collections.abc import Iterator
from typing import Any

import pytest

from migrations.schema import described
from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.events import DomainEvent
from scaicontrol.core.verbs import VERBS
from scaicontrol.services import changes, invoices, provisioning, subscriptions, webhooks
from scaicontrol.services.changes import ApprovalPolicy, approvals, planning, rehearsing, reversal
from scaicontrol.services.changes.policy import (
    _FORCED,
    _TERMS,
    _WATCHED,
    WEIGHED,
    ApprovalLimits,
    PlannedTotals,
    Weighed,
    may_matter,
    rule_for,
)
from scaicontrol.services.credits.events import CreditPaidBack
from scaicontrol.services.documents.events import DeliveryRequested
from scaicontrol.services.identity.events import GroupRoleGranted, UserRoleGranted, UserRoleRevoked
from scaicontrol.services.invoices.events import (
    CreditNoteIssued,
    DraftVoided,
    InvoiceFinalized,
    InvoiceVoided,
    SettlementRecorded,
)
from scaicontrol.services.invoices.schemas import MarkPaidIn
from scaicontrol.services.payments.events import PaymentRefunded
from scaicontrol.services.registry.events import ServiceStatusChanged
from scaicontrol.services.subscriptions import Override
from scaicontrol.services.subscriptions.events import SubscriptionCancelled, SubscriptionChanged, SubscriptionSuspended
from scaicontrol.services.webhooks.events import WebhookEndpointCreated, WebhookEndpointUpdated
from scaicontrol.services.webhooks.schemas import WebhookEndpointPut
from tests.factories import INITECH, ada, petra
from tests.factories.invoices import a_draft, a_line, sent
from tests.factories.subscriptions import subscribed
from tests.factories.webhooks import subscriber

from .cases import Stage
from .cases.selling import failed_workflow
from .database import differences, whole
from .plans import a_call, agent_of

described()
AGENTS, PEOPLE = ApprovalPolicy().agents, ApprovalPolicy().people


def told(kind: type[DomainEvent], /, **fields: Any) -> DomainEvent:
    """A fact with only what the rules look at."""
    return kind.model_construct(**fields)


def credited(amount: int, currency: str = "EUR") -> DomainEvent:
    return told(CreditNoteIssued, credit_note_id="inv_1", currency=currency, total_cents=-amount)


def refunded(amount: int, currency: str = "EUR") -> DomainEvent:
    return told(PaymentRefunded, payment_id="pay_1", currency=currency, amount_cents=amount)


def settled(amount: int, currency: str = "EUR", kind: str = "manual") -> DomainEvent:
    """Half of it settles the document, the rest came beyond what was due."""
    parts = {"amount_cents": amount // 2, "unapplied_cents": amount - amount // 2}
    return told(SettlementRecorded, invoice_id="inv_1", currency=currency, kind=kind, **parts)


def paid_back(amount: int, currency: str = "EUR") -> DomainEvent:
    return told(CreditPaidBack, credit_id="crd_1", use_id="cru_1", currency=currency, amount_cents=amount)


def numbered(amount: int, currency: str = "EUR") -> DomainEvent:
    return told(InvoiceFinalized, invoice_id="inv_1", currency=currency, total_cents=amount)


def ended(number: int, *, at_once: bool) -> DomainEvent:
    return told(SubscriptionCancelled, subscription_id=f"sub_{number}", effective_immediately=at_once)


def touched(kind: type[DomainEvent], count: int) -> list[DomainEvent]:
    return [told(kind, subscription_id=f"sub_{number}") for number in range(count)]


MAIL = told(DeliveryRequested, invoice_id="inv_1")
DEREGISTERED, DEPRECATED = (
    told(ServiceStatusChanged, service_id="svc_1", status=status) for status in ("deregistered", "deprecated")
)


def money() -> Iterator[Any]:
    """A refund, credit note, credit paid back, manual payment: 500 for agents, 10,000 for people."""
    for kind in (credited, refunded, paid_back, settled):
        for currency, unit in (("EUR", 100), ("JPY", 1)):
            name = f"{kind.__name__} {currency}"
            yield pytest.param([kind(500 * unit - 1, currency)], None, None, id=f"{name} below agents'")
            yield pytest.param([kind(500 * unit, currency)], None, None, id=f"{name} at agents'")
            yield pytest.param([kind(500 * unit + 1, currency)], "money_given_back", None, id=f"{name} above agents'")
            if kind is not credited:  # a note of 10,000 is a document too
                at = kind(10_000 * unit, currency)
                yield pytest.param([at], "money_given_back", None, id=f"{name} at people's")
            above = kind(10_000 * unit + 1, currency)
            yield pytest.param([above], "money_given_back", "money_given_back", id=f"{name} above people's")
    yield pytest.param([refunded(30_000), refunded(20_001)], "money_given_back", None, id="refunds add up")
    yield pytest.param([refunded(30_000), refunded(30_000, "USD")], None, None, id="not across currencies")
    yield pytest.param([settled(9_999_999, kind="payment")], None, None, id="what a provider took")


def documents() -> Iterator[Any]:
    """Finalise or send in bulk: 20 documents or 5,000 for agents, 1,000 documents for people."""
    for one, name in ((numbered(1), "finalized"), (MAIL, "sent")):
        yield pytest.param([one] * 20, None, None, id=f"20 {name}")
        yield pytest.param([one] * 21, "documents", None, id=f"21 {name}")
        yield pytest.param([one] * 1000, "documents", None, id=f"1000 {name}")
        yield pytest.param([one] * 1001, "documents", "documents", id=f"1001 {name}")
    for currency, unit in (("EUR", 100), ("JPY", 1)):
        yield pytest.param([numbered(5000 * unit - 1, currency)], None, None, id=f"{currency} below")
        yield pytest.param([numbered(5000 * unit, currency)], None, None, id=f"{currency} at")
        yield pytest.param([numbered(5000 * unit + 1, currency)], "documents", None, id=f"{currency} above")
    yield pytest.param([numbered(90_000_000)], "documents", None, id="people by number only")


def standing() -> Iterator[Any]:
    """Bulk subscription actions: 10 rows or any immediate end for agents, 200 rows for people."""
    for kind in (SubscriptionSuspended, SubscriptionChanged):
        for count, agents, people in (
            (10, None, None),
            (11, "subscriptions", None),
            (200, "subscriptions", None),
            (201, "subscriptions", "subscriptions"),
        ):
            yield pytest.param(touched(kind, count), agents, people, id=f"{count} {kind.__name__}")
    yield pytest.param([ended(1, at_once=True)], "subscriptions", None, id="one at once")
    yield pytest.param([ended(1, at_once=False)], None, None, id="one at its end")
    many = [ended(number, at_once=True) for number in range(201)]
    yield pytest.param(many, "subscriptions", "subscriptions", id="201 at once")
    yield pytest.param(touched(SubscriptionChanged, 1) * 30, None, None, id="one of them often")


def always() -> Iterator[Any]:
    yield pytest.param([told(InvoiceVoided, invoice_id="inv_1")], "voids", "voids", id="void")
    yield pytest.param([told(DraftVoided, invoice_id="inv_1")], None, None, id="a draft set aside")
    for role, agents in (
        ("super_admin", "admin_roles"), ("partner_admin", "admin_roles"), ("platform_billing", "admin_roles"),
        ("invented", "admin_roles"), ("tenant_admin", None), ("tenant_user", None),
    ):  # fmt: skip
        yield pytest.param([told(UserRoleGranted, user_id="usr_1", role=role)], agents, None, id=role)
        yield pytest.param([told(GroupRoleGranted, group_id="grp_1", role=role)], agents, None, id=f"{role} to a group")
    yield pytest.param([told(UserRoleRevoked, user_id="usr_1", role="super_admin")], None, None, id="revoked")
    endpoint = {"webhook_subscription_id": "whs_1"}
    yield pytest.param([told(WebhookEndpointCreated, **endpoint)], "webhook_targets", None, id="a new target")
    for moved, agents in ((True, "webhook_targets"), (False, None)):
        fact = told(WebhookEndpointUpdated, **endpoint, target_changed=moved)
        yield pytest.param([fact], agents, None, id=f"target changed: {moved}")
    yield pytest.param([DEREGISTERED], "force", None, id="deregistered")
    yield pytest.param([DEPRECATED], None, None, id="deprecated")
    yield pytest.param([], None, None, id="nothing")


@pytest.mark.parametrize(("facts", "agents", "people"), [*money(), *documents(), *standing(), *always()])
def test_a_rule_holds_above_its_limit(facts: list[DomainEvent], agents: str | None, people: str | None):
    change = Weighed("any.verb", facts)
    assert (rule_for(change, AGENTS), rule_for(change, PEOPLE)) == (agents, people)
    if agents or people:
        assert may_matter(change.action, facts), "The quick look lets through what a rule is about."


def all_facts(kind: type[DomainEvent] = DomainEvent) -> Iterator[type[DomainEvent]]:
    for each in kind.__subclasses__():
        yield each
        yield from all_facts(each)


TOPICS = {each.topic: each for each in all_facts() if hasattr(each, "topic")}


@pytest.mark.parametrize("topic", sorted(_TERMS))
def test_terms_are_changed_by_agents_with_approval_only(topic):
    change = Weighed("any.verb", [TOPICS[topic].model_construct()])
    assert (rule_for(change, AGENTS), rule_for(change, PEOPLE)) == ("terms", None)


@pytest.mark.parametrize("action", sorted(_FORCED))
def test_force_is_used_by_agents_with_approval_only(action):
    change = Weighed(action, [])
    assert (rule_for(change, AGENTS), rule_for(change, PEOPLE)) == ("force", None)
    assert may_matter(action, [])


@pytest.mark.parametrize(
    ("documents", "cents", "currency", "agents", "people"),
    [
        (20, 500_000, "EUR", None, None),
        (21, 1, "EUR", "documents", None),
        (1, 500_001, "EUR", "documents", None),
        (1, 5000, "JPY", None, None),
        (1, 5001, "JPY", "documents", None),
        (1000, 900_000_000, "EUR", "documents", None),
        (1001, 1, "EUR", "documents", "documents"),
    ],
)
def test_a_run_is_weighed_by_what_it_says_it_will_write(documents, cents, currency, agents, people):
    change = Weighed("billing.apply", [], PlannedTotals(documents, {currency: cents}))
    assert (rule_for(change, AGENTS), rule_for(change, PEOPLE)) == (agents, people)


def test_no_limit_asks_for_nobody():
    nothing = ApprovalLimits(
        given_back=None, documents=None, documents_amount=None, subscriptions=None, immediate_cancel=False,
        voids=False, terms=False, admin_roles=False, webhook_targets=False, force=False,
    )  # fmt: skip
    facts = [told(InvoiceVoided, invoice_id="inv_1"), refunded(10**9), DEREGISTERED, *[numbered(10**9)] * 2000]
    assert rule_for(Weighed("provisioning.rollback", facts), nothing) is None


def test_what_the_tables_name_exists():
    topics = _WATCHED | _TERMS | planning._MONEY.keys() | planning._DOCUMENTS.keys() | planning.MAILED.keys()
    assert topics - TOPICS.keys() == set()
    undone, compensated = reversal._UNDONE, reversal._COMPENSATED
    named = {*undone, *undone.values(), *compensated, *compensated.values()}
    assert (named | _FORCED | WEIGHED | approvals._FREE | rehearsing.RUNS) - VERBS.keys() == set()


@pytest.mark.parametrize(("net", "rule"), [(413_223, None), (413_224, "documents")])
async def test_an_agent_finalizes_up_to_5000_euros_by_itself(shop, net, rule):
    """With 21 % VAT: 5,000.00 and 5,000.01."""
    draft = await a_draft(shop, a_line(net))
    planned = await changes.plan_call(shop, agent_of(petra), a_call("invoices.finalize", {"invoice_id": draft.id}))
    assert planned.content["policy_rule"] == rule


async def test_a_person_books_up_to_10000_euros_by_hand_and_no_more(shop, clock):
    """What is above is rolled back, and waits as a plan."""
    owed = await sent(shop, a_line(1_000_000))
    much = {"paid_at": clock.now(), "method": "transfer"}
    await shop.perform(petra, invoices.mark_paid, owed.id, MarkPaidIn(amount_cents=1_000_000, reference="1", **much))
    owed = await sent(shop, a_line(1_000_000))
    before = await whole(shop)
    with pytest.raises(ApprovalRequired, match="of this size needs another person's approval"):
        await shop.perform(
            petra, invoices.mark_paid, owed.id, MarkPaidIn(amount_cents=1_000_001, reference="2", **much)
        )
    assert {row.table for row in differences(before, await whole(shop))} == {
        "change_plans",
        "event_outbox",
        "audit_log",
    }


async def people_need_approval_for(backend, **wanted: bool) -> None:
    policy = ApprovalPolicy()
    people = policy.people.model_copy(update=wanted)
    await backend.perform(ada, changes.set_policy, policy.model_copy(update={"people": people}))


async def test_a_policy_is_replaced_under_the_one_that_held(shop):
    """Stricter is in force from the next change on; to loosen it again needs another person."""
    await people_need_approval_for(shop, terms=True)
    before = await shop.ask(ada, changes.policy)
    with pytest.raises(ApprovalRequired, match="platform settings change only with another person's approval"):
        await shop.perform(ada, changes.set_policy, ApprovalPolicy())
    assert await shop.ask(ada, changes.policy) == before != ApprovalPolicy()


async def test_a_policy_may_ask_people_too_whatever_way_they_take(shop, clock, tmp_path):
    """A price of one's own, another target, a rollback: none has a fact that only agents' rehearsals would show."""
    held = await subscribed(shop)
    endpoint, _ = await subscriber(shop, petra)
    workflow_id = await failed_workflow(Stage(shop, clock, tmp_path))
    await people_need_approval_for(shop, terms=True, webhook_targets=True, force=True)
    cheaper = Override(reason="Agreed.", unit_price_cents=1)
    moved = WebhookEndpointPut(name="CRM", target_url="https://elsewhere.example.com/", topics=["*"], version=1)
    with pytest.raises(ApprovalRequired):
        await shop.perform(petra, subscriptions.override, held.id, cheaper)
    with pytest.raises(ApprovalRequired):
        await shop.perform(ada, provisioning.subscribe, "scaidrive.pro", tenant_id=INITECH, unit_price_cents=1)
    with pytest.raises(ApprovalRequired):
        await webhooks.update(shop, petra, endpoint.id, moved)
    with pytest.raises(ApprovalRequired):
        await shop.perform(ada, provisioning.rollback, workflow_id)
    renamed = moved.model_copy(update={"name": "Books", "target_url": endpoint.target_url})
    assert (await webhooks.update(shop, petra, endpoint.id, renamed)).name == "Books"
    assert (await shop.perform(petra, subscriptions.override, held.id, Override("More.", quantity=2))).quantity == 2
