"""Charges that could not be computed, and drafts that the gate refuses; the rest of their run went on."""

from collections.abc import Sequence

from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, packs
from scaicontrol.services.billing.models import DRAFT, QuarantineItem

from ..columns import TableColumn
from ..verbs import REASON, KeyChoice, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import day, minute, state
from .details import ReadScreen, TitledSection, fields, story, table
from .lists import ListScreen

VERBS = (
    VerbKey(
        "r",
        "resolve",
        "billing:resolve",
        "Releases it for the next run or attempt, waives it, or says that it was charged by hand.",
        lambda door, row, given: door.perform(billing.resolve, row.id, given.choice, given.text),
        asks=REASON,
    ),
)
_OF_DRAFT = (
    KeyChoice("retry", "finalize the draft anew"),
    KeyChoice("manual", "nothing more: it was settled by hand"),
)
_OF_CHARGE = (
    KeyChoice("retry", "release it: the next run charges it"),
    KeyChoice("waive", "waive it: it is never charged"),
    KeyChoice("manual", "nothing more: it was charged by hand"),
)


def _item(found: QuarantineItem) -> Row:
    standing = found.resolution or "open"
    kind = "draft" if found.charge_kind == DRAFT else found.charge_kind.replace("_", " ")
    return Row(
        found.id,
        f"{kind} of {found.tenant_id} ({found.reason_code})",
        standing,
        (
            found.reason_code.replace("_", " "),
            state(standing),
            found.tenant_id,
            kind,
            found.detail,
            day(found.period_start),
        ),
        frozenset(["resolve"] if found.resolved_at is None else []),
        {"resolve": _OF_DRAFT if found.charge_kind == DRAFT else _OF_CHARGE},
        about=_place(found),
        words=f"{found.run_id or ''} {found.subject_id}",
    )


def _place(found: QuarantineItem) -> str:
    """Where it leads: a pack has no screen of its own, its tenant has."""
    if found.invoice_id:
        return f"invoices {found.subject_id}"
    return f"tenants {found.tenant_id}" if packs.is_pack(found.subject_id) else f"subscriptions {found.subject_id}"


class QuarantineItemScreen(ReadScreen, verbs=VERBS):
    """One charge or draft that was set aside: everything that keeps it from being billed."""

    console = "quarantine-item"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await billing.get_quarantined(uow, row_id)
        said = fields(
            ("state", state(found.resolution or "open")),
            ("id", found.id),
            ("tenant", found.tenant_id),
            ("about", f"{found.subject_id}  (i)"),
            ("what", found.charge_kind.replace("_", " ")),
            ("why", found.reason_code.replace("_", " ")),
            ("detail", found.detail),
            ("period from", day(found.period_start)),
            ("run", found.run_id),
            ("set aside", minute(found.created_at)),
            ("resolved", f"{minute(found.resolved_at)} {found.resolution_reason or ''}" if found.resolved_at else None),
        )
        reasons = table(
            ("The gate says", "Rule", "Do"),
            ((each.get("message") or "", each.get("rule") or "–", each.get("fix") or "–") for each in found.reasons),
            none="The detail says it.",
        )
        return _item(found), [("Set aside", said), ("Reasons", reasons), *await story(uow, row_id)]


class QuarantineScreen(ListScreen, verbs=VERBS):
    """What is open; what was resolved stands in its run."""

    called = "quarantine"
    console = "quarantine-item"
    detail = QuarantineItemScreen
    columns = (
        TableColumn("Why", 20),
        TableColumn("State", 8),
        TableColumn("Tenant", 14),
        TableColumn("What", 10, wide=True),
        TableColumn("Detail", 28, grows=True),
        TableColumn("Period", 10, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        return (await billing.page_quarantine(uow, request, is_open=True)).shown(_item)
