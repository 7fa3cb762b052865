"""Twelve incidents at night, in a small terminal: from the first screen to the mend in at most twelve keys each."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select, update

from scaicontrol.core import leases
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.ports import ServiceReply
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, changes, documents, invoices, payments, provisioning, registry, subscriptions
from scaicontrol.services.billing.models import QuarantineItem
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.invoices.models import DocumentRender, InvoiceLine
from scaicontrol.services.registry.models import Service
from scaicontrol.services.subscriptions import PaymentFailure
from tests.factories import ACME, NORTHWIND, SCAIDRIVE, ada, gina
from tests.factories.invoices import RENDERER, a_line, again, finalized, sent
from tests.factories.payments import FaultySandbox, faulty_sandbox, store_card
from tests.factories.registry import store_service
from tests.factories.subscriptions import CLOCK, PROVISIONING_URL, market, subscribed
from tests.factories.webhooks import all_deliveries

from .parity.agreed import _dead, _of_bob, _set_aside
from .parity.documents import _disputed
from .terminal import SMALL, Driver, dashboard

MOST_KEYS = 12


@pytest.fixture
def dialect() -> str:
    """Keys do the same on either database; the verbs behind them are tested on both."""
    return "sqlite"


class Drill(NamedTuple):
    """`begin` brings the incident about, `finding` is what it shows as, `keys` what is pressed behind Enter on it."""

    begin: Callable[[Backend], Awaitable[Any]]
    finding: str
    keys: str
    is_mended: Callable[[Backend, Any], Awaitable[bool]]


async def _changed(backend: Backend, *statements: Any) -> None:
    async def work(uow: UnitOfWork) -> None:
        for statement in statements:
            await uow.session.execute(statement)

    await backend.perform(ada, work)


async def _declined(backend: Backend) -> Any:
    invoice = await sent(backend, a_line(1000))
    provider = backend.ports.payment_providers["sandbox"]
    assert isinstance(provider, FaultySandbox)
    provider.declines = ["card_declined"]
    assert (await payments.pay(backend, ada, invoice.id)).status == "failed"
    return invoice


async def _is_paid(backend: Backend, invoice: Any) -> bool:
    return str((await again(backend, invoice, by=ada)).status) == "paid"


async def _left_draft(backend: Backend) -> str:
    """Bill a plan whose name the gate refuses, and mend it on the draft."""
    await _changed(backend, update(Plan).where(Plan.slug == "pro").values(name="Pro\u200b"))
    await subscribed(backend)
    run = await billing.plan(backend, ada, NORTHWIND, backend.clock.now())
    await billing.apply(backend, ada, run.id, str(run.plan_hash))
    (item,) = (await backend.ask(ada, _open_items)).items
    await _changed(
        backend,
        update(Plan).where(Plan.slug == "pro").values(name="Pro"),
        update(InvoiceLine).where(InvoiceLine.invoice_id == item.subject_id).values(description="Pro"),
    )
    return str(item.id)


async def _open_items(uow: UnitOfWork) -> Any:
    return await billing.page_quarantine(uow, _PAGE, is_open=True)


async def _is_resolved(backend: Backend, item_id: str) -> bool:
    async def read(uow: UnitOfWork) -> QuarantineItem:
        return await billing.get_quarantined(uow, item_id)

    return (await backend.ask(ada, read)).resolution == "retry"


async def _is_in_line(backend: Backend, delivery: str) -> bool:
    return "pending" in {row.status for row in await all_deliveries(backend)}


async def _failed_step(backend: Backend) -> str:
    move = update(Service).where(Service.id == SCAIDRIVE)
    await _changed(backend, move.values(provisioning_url=PROVISIONING_URL))
    backend.ports.services.replies[PROVISIONING_URL] = [ServiceReply(400, {"message": "unknown tenant"})]  # type: ignore[attr-defined]  # in memory
    await subscribed(backend, actor=gina)
    await provisioning.run_due(backend)
    await _changed(backend, move.values(provisioning_url=None))
    (stuck,) = (await backend.ask(ada, _stuck)).items
    return str(stuck.id)


async def _stuck(uow: UnitOfWork) -> Any:
    return await provisioning.page(uow, _PAGE, is_stuck=True)


async def _runs_again(backend: Backend, workflow_id: str) -> bool:
    return str((await backend.ask(ada, provisioning.get, workflow_id)).status) in ("running", "completed")


async def _unreachable(backend: Backend) -> str:
    address = "https://scaimail.example.com/health"
    return (await store_service(backend, "scaimail", health_status="unreachable", health_check_url=address)).id


async def _was_looked_at(backend: Backend, service_id: str) -> bool:
    return bool((await backend.ask(ada, registry.probes, [service_id]))[service_id])


async def _asks_to_be_let_in(backend: Backend) -> str:
    return (await store_service(backend, "scaiwaits", status="pending", approved_at=None)).id


async def _is_let_in(backend: Backend, service_id: str) -> bool:
    return str((await backend.ask(ada, registry.get, service_id)).status) == "active"


async def _is_approved(backend: Backend, plan_id: str) -> bool:
    return (await backend.ask(ada, changes.get, plan_id)).status == "approved"


async def _failed_job(backend: Backend) -> str:
    async def fail(uow: UnitOfWork) -> None:
        number = await leases.start_run(uow, "dunning", uow.now, stale_after=timedelta(hours=1))
        await leases.finish_run(uow, "dunning", number or 0, "failed: no answer", failed=True)

    await backend.perform(ada, fail)
    return "dunning"


async def _is_woken(backend: Backend, job: str) -> bool:
    return ("run_job_now", (job,)) in backend.ports.waker.woken  # type: ignore[attr-defined]  # in memory


async def _is_lost(backend: Backend, dispute_id: str) -> bool:
    return str((await backend.ask(ada, payments.dispute, dispute_id)).status) == "lost"


async def _late_files(backend: Backend) -> str:
    while await documents.render_due(backend, RENDERER):
        pass
    invoice = await finalized(backend)
    assert isinstance(backend.clock, FrozenClock)
    backend.clock.advance(timedelta(minutes=20))
    return invoice.id


async def _is_asked_for_anew(backend: Backend, invoice_id: str) -> bool:
    async def versions(uow: UnitOfWork) -> list[int]:
        query = select(DocumentRender.version).where(DocumentRender.invoice_id == invoice_id)
        return list(await uow.session.scalars(query))

    return 2 in await backend.ask(ada, versions)


async def _behind(backend: Backend) -> Any:
    """Let a subscription be past due, with the invoice that nobody paid."""
    while await documents.render_due(backend, RENDERER):
        pass
    invoice = await sent(backend, a_line(1000))
    assert isinstance(backend.clock, FrozenClock)
    backend.clock.advance(timedelta(days=20))
    await backend.perform(ada, invoices.mark_overdue)
    (held,) = [each for each in (await backend.ask(ada, subscriptions.page, _PAGE)).items if each.tenant_id == ACME]
    failure = PaymentFailure(invoice_id=invoice.id, amount_cents=1210, currency="EUR")
    await backend.perform(CLOCK, subscriptions.mark_past_due, held.id, failure)
    return invoice


_PAGE = PageRequest(page_size=200)
WHY = "o k enter"
DRILLS = {
    "a failed payment": Drill(_declined, "failed_payments", "r y", _is_paid),
    "a draft that the gate refused": Drill(_left_draft, "refused_drafts", f"enter r 1 {WHY} y", _is_resolved),
    "a dead delivery": Drill(_dead, "dead_deliveries", "r y", _is_in_line),
    "a failed provisioning step": Drill(_failed_step, "provisioning", "r y", _runs_again),
    "an unhealthy service": Drill(_unreachable, "unhealthy", "h y enter", _was_looked_at),
    "a service that asks to be let in": Drill(_asks_to_be_let_in, "registrations", "a y enter", _is_let_in),
    "a change that waits for approval": Drill(_of_bob, "approvals", "a enter y", _is_approved),
    "a failed job": Drill(_failed_job, "jobs", "r y", _is_woken),
    "a charge in quarantine": Drill(_set_aside, "quarantine", f"r 1 {WHY} y", _is_resolved),
    "a dispute that was lost": Drill(_disputed, "disputes", "c 2 y", _is_lost),
    "a document without its files": Drill(_late_files, "late_renders", f"r {WHY} y", _is_asked_for_anew),
    "a subscription past due": Drill(_behind, "subscriptions_past_due", "i c y", _is_paid),
}


async def walk(screen: Driver, drill: Drill) -> list[str]:
    """Go to the finding and press its keys; gives all that were pressed."""
    await screen.press("1", "ctrl+r")
    at = [finding.key for finding in screen.now.found].index(drill.finding)
    screen.table.move_cursor(row=0)
    keys = [*("j" for _ in range(at)), "enter", *drill.keys.split()]
    for key in keys:
        await screen.press_and_wait(key)
    return keys


async def test_each_incident_is_mended_from_the_first_screen_in_twelve_keys(backend: Backend):
    await market(backend, payment_providers=["sandbox"])
    backend.settings = backend.settings.model_copy(update={"redis_url": "redis://nowhere"})
    faulty_sandbox(backend)
    await store_card(backend)
    assert len(DRILLS) == 12
    async with dashboard(backend, write=True, size=SMALL) as screen:
        for name, drill in DRILLS.items():
            made = await drill.begin(backend)
            keys = await walk(screen, drill)
            assert await drill.is_mended(backend, made), f"{name}: {screen.said or screen.text}"
            assert len(keys) <= MOST_KEYS, f"{name}: {keys}"
