"""What may be done is said once: every surface offers the same, what is offered works, and nothing else does."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from admin_views.invoices import InvoiceView as InvoicePages
from admin_views.subscriptions import SubscriptionView as SubscriptionPages
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import ControlError
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.rehearsal import rehearse
from scaicontrol.core.work import UnitOfWork
from scaicontrol.mcp.server import TOOLS
from scaicontrol.services import documents, invoices, registry, subscriptions
from scaicontrol.services.documents.schemas import SendIn
from scaicontrol.services.invoices.lifecycle import Channel
from scaicontrol.services.invoices.schemas import CreditIn, InvoicePatch, MarkPaidIn
from scaicontrol.services.registry.lifecycle import ServiceStatus
from scaicontrol.services.registry.schemas import ServicePatch
from scaicontrol.services.subscriptions import Override, PaymentFailure
from tests.factories import ada, alice, bert, petra, pim, scaidrive, tom
from tests.factories.changes import agreed
from tests.factories.invoices import RENDERER, a_draft, finalized, sent
from tests.factories.registry import store_service
from tests.factories.subscriptions import CLOCK, market, subscribed
from tui.door import Door as Terminal
from tui.screens.invoices import InvoicesScreen
from tui.screens.subscriptions import SubscriptionsScreen
from tui.wanted import Wanted

from .parity.doors import acting, ask_rest, everybody_is_whoever_acts

Try = Callable[[Backend, Actor, str], Awaitable[Any]]
Make = Callable[[Backend], Awaitable[str]]
PEOPLE = {actor.id: actor for actor in (ada, bert, petra, pim, alice, tom)}


@pytest.fixture
def dialect() -> str:
    """What is offered does not depend on the database."""
    return "sqlite"


@pytest_asyncio.fixture
async def shop(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Backend]:
    everybody_is_whoever_acts(monkeypatch)
    await market(backend)
    token = acting.set(ada)
    yield backend
    acting.reset(token)


async def works(backend: Backend, actor: Actor, verb: Try, row_id: str) -> bool:
    """Tell whether a verb gets to its end, and undo it."""
    try:
        await rehearse(backend, verb, actor, row_id)
    except ControlError:
        return False
    return True


def within(verb: Callable[[UnitOfWork, str], Awaitable[Any]]) -> Try:
    """Try a verb that needs one unit of work."""

    async def run(backend: Backend, actor: Actor, row_id: str) -> None:
        await backend.perform(actor, verb, row_id)

    return run


async def told_by_mcp(backend: Backend, actor: Actor, tool: str, named: str, row_id: str) -> set[str]:
    answer = await TOOLS[tool].call(backend, actor, {"action": "get", named: row_id})
    return set(answer["data"]["available_actions"])


async def told_by_rest(backend: Backend, actor: Actor, path: str) -> set[str]:
    answer = await ask_rest(backend, actor, path)
    return set(answer["data"]["available_actions"])


async def told_by_the_terminal(
    backend: Backend, actor: Actor, view: type[Any], row_id: str, among: Iterable[str]
) -> set[str]:
    """Its screens have keys of other features too; `among` is the vocabulary of this one."""
    door = Terminal(backend, actor)

    async def read(uow: UnitOfWork) -> Any:
        return await view.fetch(SimpleNamespace(door=door), uow, PageRequest(page_size=200), Wanted())

    page = await door.ask(read)
    return set(next(row.actions for row in page.items if row.id == row_id)) & set(among)


async def told_by_the_console(
    backend: Backend, actor: Actor, pages: type[Any], row_id: str, among: Iterable[str]
) -> set[str]:
    """Its pages have buttons of other features too; `among` is the vocabulary of this one."""
    view = SimpleNamespace(permission=pages.permission)

    async def read(uow: UnitOfWork) -> Any:
        return await pages.detail(view, uow, row_id)

    return set(pages.actions_of(view, await backend.ask(actor, read))) & set(among)


# Documents


async def _past_due(backend: Backend) -> str:
    invoice = await sent(backend)
    assert isinstance(backend.clock, FrozenClock)
    backend.clock.advance(timedelta(days=40))
    await backend.perform(Actor.system("age"), invoices.mark_overdue)
    return invoice.id


async def _partly_paid(backend: Backend) -> str:
    invoice = await sent(backend)
    await backend.perform(ada, invoices.mark_paid, invoice.id, _money(backend, 100))
    return invoice.id


async def _paid(backend: Backend) -> str:
    invoice = await sent(backend)
    await backend.perform(ada, invoices.mark_paid, invoice.id, _money(backend))
    return invoice.id


async def _void(backend: Backend) -> str:
    invoice = await finalized(backend)
    await agreed(backend, ada, invoices.void, invoice.id, "Never sold.")
    return invoice.id


async def _void_draft(backend: Backend) -> str:
    draft = await a_draft(backend)
    await backend.perform(ada, invoices.void, draft.id, "Never sold.")
    return draft.id


async def _note(backend: Backend, *, finalize: bool = True) -> str:
    invoice = await finalized(backend)
    return (await invoices.credit(backend, ada, invoice.id, CreditIn(reason="Outage", finalize=finalize))).id


async def _note_draft(backend: Backend) -> str:
    return await _note(backend, finalize=False)


async def _draft(backend: Backend) -> str:
    return (await a_draft(backend)).id


async def _finalized(backend: Backend) -> str:
    return (await finalized(backend)).id


async def _sent(backend: Backend) -> str:
    return (await sent(backend)).id


def _money(backend: Backend, cents: int | None = None) -> MarkPaidIn:
    return MarkPaidIn(amount_cents=cents, paid_at=backend.clock.now(), reference="ABN 4711", method="sepa")


async def _try_send(uow: UnitOfWork, invoice_id: str) -> None:
    tenants_own = uow.actor.tenant_id is not None  # it is mailed to its billing contact, and to nobody else
    await documents.send(uow, invoice_id, None if tenants_own else SendIn(channel=Channel.portal))


async def _try_mark_paid(uow: UnitOfWork, invoice_id: str) -> None:
    money = MarkPaidIn(amount_cents=1, paid_at=uow.now, reference="ABN 4711", method="sepa")
    await invoices.mark_paid(uow, invoice_id, money)


DOCUMENTS: Mapping[str, Make] = {
    "draft": _draft, "finalized": _finalized, "sent": _sent, "past due": _past_due, "partly paid": _partly_paid,
    "paid": _paid, "void": _void, "a void draft": _void_draft, "credit note": _note, "draft of a note": _note_draft,
}  # fmt: skip
DOCUMENT_VERBS: Mapping[str, Try] = {
    "credit": lambda backend, actor, row_id: invoices.credit(backend, actor, row_id, CreditIn(reason="Outage")),
    "delete": within(invoices.delete),
    "finalize": invoices.finalize,
    "mark_paid": within(_try_mark_paid),
    "regenerate_pdf": within(lambda uow, row_id: documents.regenerate_pdf(uow, row_id, "Smudged.")),
    "send": within(_try_send),
    "update": within(lambda uow, row_id: invoices.update(uow, row_id, InvoicePatch(notes="Thank you."))),
    "void": within(lambda uow, row_id: invoices.void(uow, row_id, "Never sold.")),
}


@pytest.mark.parametrize("state", DOCUMENTS)
async def test_a_document_offers_the_same_everywhere_and_just_what_works(shop: Backend, state: str):
    row_id = await DOCUMENTS[state](shop)
    while await documents.render_due(shop, RENDERER):
        pass
    for actor in PEOPLE.values():
        if not actor.may("invoices:read") or (actor.tenant_id and "draft" in state):
            continue
        offered = set(await shop.ask(actor, _offered_document, row_id))
        shown = {
            "MCP": await told_by_mcp(shop, actor, "manage_invoices", "invoice_id", row_id),
            "REST, one's own": await told_by_rest(shop, actor, f"/billing/invoices/{row_id}"),
            "TUI": await told_by_the_terminal(shop, actor, InvoicesScreen, row_id, [*DOCUMENT_VERBS, "check"]),
        }
        if actor.may("invoices:administer"):
            shown["REST"] = await told_by_rest(shop, actor, f"/admin/billing/invoices/{row_id}")
            shown["console"] = await told_by_the_console(shop, actor, InvoicePages, row_id, [*DOCUMENT_VERBS, "check"])
        assert shown == dict.fromkeys(shown, offered), actor.id
        can = {name for name, verb in DOCUMENT_VERBS.items() if await works(shop, actor, verb, row_id)}
        assert offered - {"check"} == can, actor.id
        assert ("check" in offered) == ("finalize" in offered)


async def _offered_document(uow: UnitOfWork, row_id: str) -> list[str]:
    return invoices.offered(uow.actor, await invoices.get(uow, row_id))


# Subscriptions


async def _pending(backend: Backend) -> str:
    async def begin(uow: UnitOfWork) -> Any:
        return await subscriptions.begin(uow, "scaidrive.pro", tenant_id=alice.tenant_id)

    return str((await backend.perform(ada, begin)).id)


async def _trialing(backend: Backend) -> str:
    return (await subscribed(backend, "scaidrive.tested")).id


async def _active(backend: Backend) -> str:
    return (await subscribed(backend)).id


async def _behind(backend: Backend) -> str:
    row_id = await _active(backend)
    failure = PaymentFailure(invoice_id="inv_1", amount_cents=1, currency="EUR")
    await backend.perform(CLOCK, subscriptions.mark_past_due, row_id, failure)
    return row_id


async def _cancelling(backend: Backend) -> str:
    row_id = await _active(backend)
    await backend.perform(ada, subscriptions.cancel, row_id)
    return row_id


async def _suspended(backend: Backend) -> str:
    row_id = await _active(backend)
    await backend.perform(ada, subscriptions.suspend, row_id, "Abuse.")
    return row_id


async def _cancelled(backend: Backend) -> str:
    row_id = await _active(backend)
    await backend.perform(ada, subscriptions.cancel, row_id, immediate=True)
    return row_id


async def _expired(backend: Backend) -> str:
    row_id = await _active(backend)
    await backend.perform(ada, subscriptions.override, row_id, Override("Its term is over.", status="expired"))
    return row_id


SUBSCRIPTIONS: Mapping[str, Make] = {
    "pending": _pending, "trialing": _trialing, "active": _active, "past_due": _behind, "cancelling": _cancelling,
    "suspended": _suspended, "cancelled": _cancelled, "expired": _expired,
}  # fmt: skip
SUBSCRIPTION_VERBS: Mapping[str, Try] = {
    "cancel": within(subscriptions.cancel),
    "cancel_now": within(lambda uow, row_id: subscriptions.cancel(uow, row_id, immediate=True)),
    "change_plan": within(lambda uow, row_id: subscriptions.change_plan(uow, row_id, plan="scaidrive.team")),
    "resume": within(subscriptions.resume),
    "suspend": within(lambda uow, row_id: subscriptions.suspend(uow, row_id, "Abuse.")),
}


@pytest.mark.parametrize("state", SUBSCRIPTIONS)
async def test_a_subscription_offers_the_same_everywhere_and_just_what_works(shop: Backend, state: str):
    row_id = await SUBSCRIPTIONS[state](shop)
    for actor in PEOPLE.values():
        offered = set(await shop.ask(actor, _offered_subscription, row_id))
        shown = {
            "MCP": await told_by_mcp(shop, actor, "manage_subscriptions", "subscription_id", row_id),
            "REST, one's own": await told_by_rest(shop, actor, f"/subscriptions/{row_id}"),
            "TUI": await told_by_the_terminal(shop, actor, SubscriptionsScreen, row_id, SUBSCRIPTION_VERBS),
        }
        if actor.may("subscriptions:administer"):
            shown["REST"] = await told_by_rest(shop, actor, f"/admin/subscriptions/{row_id}")
            shown["console"] = await told_by_the_console(shop, actor, SubscriptionPages, row_id, SUBSCRIPTION_VERBS)
        assert shown == dict.fromkeys(shown, offered), actor.id
        assert offered == {
            name for name, verb in SUBSCRIPTION_VERBS.items() if await works(shop, actor, verb, row_id)
        }, actor.id


async def _offered_subscription(uow: UnitOfWork, row_id: str) -> list[str]:
    return subscriptions.offered(uow.actor, await subscriptions.get(uow, row_id))


# Services

SERVICE_VERBS: Mapping[str, Try] = {
    "approve": registry.approve,
    "reject": within(lambda uow, row_id: registry.reject(uow, row_id, "Not ours.")),
}
_BECOMES = {"suspend": "suspended", "deprecate": "deprecated", "activate": "active", "deregister": "deregistered"}


def _moves_to(target: str) -> Try:
    async def move(uow: UnitOfWork, row_id: str) -> None:
        before = (await registry.get(uow, row_id)).status
        await registry.update(uow, row_id, ServicePatch(status=ServiceStatus(target), reason="Maintenance"))
        if before == target:
            raise _Same("Nothing would change.")

    return within(move)


class _Same(ControlError):
    pass


@pytest.mark.parametrize("state", list(ServiceStatus))
async def test_a_service_offers_just_what_works(shop: Backend, state: ServiceStatus):
    service = await store_service(shop, "weather", status=state)
    verbs = {**SERVICE_VERBS, **{verb: _moves_to(target) for verb, target in _BECOMES.items()}}
    for actor in (ada, bert, petra, scaidrive):
        offered = set(registry.offered(actor, service))
        assert offered == {name for name, verb in verbs.items() if await works(shop, actor, verb, service.id)}, actor.id
        if actor.may("services:list"):
            assert await told_by_rest(shop, actor, f"/admin/services/{service.id}") == offered
