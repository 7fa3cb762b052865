"""Billing runs: planned, compared, applied with progress."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from rich.console import RenderableType

from scaicontrol.core.errors import ControlError, invalid
from scaicontrol.core.money import Money
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing
from scaicontrol.services.billing.lifecycle import RunLifecycle, RunStatus
from scaicontrol.services.billing.models import BillingRun, PlannedDocument

from ..columns import TableColumn
from ..door import Door
from ..verbs import KeyAnswer, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import minute, money, progress, state
from .details import ReadScreen, TitledSection, fields, story, table
from .lists import ListScreen

_SHOWN: Final = 50  # documents of a run on its page; the console has them all


async def _plan(door: Door, _: Row, given: KeyAnswer) -> object:
    partner_id = given.text or door.actor.partner_id or door.backend.settings.operator_partner_id
    if not partner_id:
        raise invalid("partner_id", "Name the partner whose tenants are to be billed.")
    return await door.run(billing.plan, partner_id, door.backend.clock.now())


VERBS = (
    VerbKey(
        "n",
        "plan",
        "billing:plan",
        "What is due now is computed and shown as a run; no document is written.",
        _plan,
        asks="Whose tenants? The id of a partner; empty: your own, or the operator's",
        is_optional=True,
        of_list=True,
        rehearsed=False,
    ),
    VerbKey(
        "a",
        "apply",
        "billing:apply",
        "Exactly these documents are written. One whose inputs changed since is set aside instead.",
        lambda door, row, _: door.run(billing.apply, row.id, row.seen),
        grave=True,
    ),
    VerbKey(
        "d",
        "discard",
        "billing:apply",
        "Nothing of it is written; what it would have charged stays due.",
        lambda door, row, _: door.perform(billing.discard, row.id),
    ),
)


def _sums(run: BillingRun) -> str:
    return ", ".join(str(Money(cents["subtotal_cents"], code)) for code, cents in run.totals.items()) or "–"


def _run(uow: UnitOfWork, found: BillingRun) -> Row:
    may_apply = found.status == RunStatus.applying or found.can(RunLifecycle.apply.id)
    return Row(
        found.id,
        f"billing run {found.id}, {found.documents:,} documents, {_sums(found)} net",
        found.status,
        (
            minute(found.as_of),
            state(found.status),
            found.partner_id,
            f"{found.documents:,}",
            f"{found.quarantined:,}",
            _sums(found),
        ),
        frozenset(
            [
                "plan",
                *(["apply"] if may_apply and found.as_of <= uow.now else []),
                *(["discard"] if found.can(RunLifecycle.discard.id) else []),
            ]
        ),
        about=f"quarantine {found.id}",
        seen=found.plan_hash or "",
    )


class RunScreen(ReadScreen, verbs=VERBS):
    """One run: how far it is, what it plans, how that compares with the last one, and what was set aside."""

    console = "billing-run"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await billing.get_run(uow, row_id)
        counted = await billing.progress(uow, row_id)
        done = counted.get("applied", 0) + counted.get("quarantined", 0)
        said = fields(
            ("state", state(found.status)),
            ("id", found.id),
            ("partner", found.partner_id),
            ("as of", minute(found.as_of)),
            ("written", progress(done, sum(counted.values()))),
            ("net", _sums(found)),
            ("set aside", f"{found.quarantined:,}  (i)" if found.quarantined else None),
            ("left as drafts", found.left_as_drafts or None),
            ("planned by", found.created_by),
            ("applied", minute(found.applied_at)),
            ("went wrong", found.failure),
            ("hash", (found.plan_hash or "")[:16]),
        )
        documents = await billing.documents(uow, row_id, _SHOWN)
        return _run(uow, found), [
            ("Billing run", said),
            ("Compared with the last one", await _compared(uow, row_id)),
            (f"Documents, the first {_SHOWN}" if found.documents > _SHOWN else "Documents", _documents(documents)),
            *await story(uow, row_id),
        ]


async def _compared(uow: UnitOfWork, run_id: str) -> RenderableType:
    try:
        rows = await billing.compare(uow, run_id)
    except ControlError as error:
        return table(("Nothing to compare",), (), none=error.message)
    amounts = ((row, row.key.split(":")[1]) for row in sorted(rows, key=lambda row: not row.is_outlier)[:_SHOWN])
    return table(
        ("Tenant", "How", "Before", "Now", ""),
        (
            (
                row.key.split(":")[0],
                row.kind,
                "–" if row.previous_total_cents is None else money(row.previous_total_cents, code),
                "–" if row.total_cents is None else money(row.total_cents, code),
                state("warning", "by half or more") if row.is_outlier else "",
            )
            for row, code in amounts
        ),
        right=(2, 3),
        none="Every document comes to the same.",
    )


def _documents(found: Sequence[PlannedDocument]) -> RenderableType:
    rows = (
        (each.tenant_id, state(each.status), each.lines, money(each.total_cents, each.currency), each.invoice_id or "–")
        for each in found
    )
    return table(("Tenant", "State", "Lines", "Total", "Document"), rows, right=(2, 3), none="Nothing is due.")


class RunsScreen(ListScreen, verbs=VERBS):
    called = "billing runs"
    console = "billing-run"
    detail = RunScreen
    states = tuple(RunStatus)
    columns = (
        TableColumn("As of", 16),
        TableColumn("State", 18),
        TableColumn("Partner", 15, grows=True),
        TableColumn("Documents", 9, right=True),
        TableColumn("Aside", 5, right=True),
        TableColumn("Net", 20, right=True, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        return (await billing.page_runs(uow, request, status=wanted.state)).shown(partial(_run, uow))
