from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType

from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.periods import Period, civil_date, last_day
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import documents, explanations, invoices
from scaicontrol.services.documents.schemas import InvoiceDetail
from scaicontrol.services.explanations.schemas import ExplainedPart, Explanation
from scaicontrol.services.invoices.lifecycle import InvoiceStatus
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import CheckReport, InvoiceFilter, InvoiceOut

from ..door import Door
from ..verbs import Row, VerbKey
from ..widgets.plain import plain
from ..widgets.states import day, minute, money, state
from .details import DetailScreen, fields, table
from .lists import ListScreen, TableColumn
from .place import PlaceScreen


async def _finalize(door: Door, invoice_id: str) -> Any:
    return await invoices.finalize(door.backend, door.actor, invoice_id)


async def _send(uow: UnitOfWork, invoice_id: str, _: str) -> Any:
    await documents.send(uow, invoice_id)


async def _delete(uow: UnitOfWork, invoice_id: str, _: str) -> Any:
    await invoices.delete(uow, invoice_id)


VERBS = (
    VerbKey(
        "f",
        "finalize",
        "invoices:finalize",
        "Gives the draft its legal number and seals it. It can then be credited or voided, never changed.",
        None,
        _finalize,
    ),
    VerbKey("s", "send", "invoices:send", "Mails the document to the billing contact of its buyer.", _send),
    VerbKey(
        "v",
        "void",
        "invoices:void",
        "Cancels the document for good; its number stays used. What was paid or "
        "credited can only be corrected by a credit note.",
        invoices.void,
        needs_reason=True,
        grave=True,
    ),
    VerbKey(
        "p",
        "regenerate_pdf",
        "invoices:regenerate_pdf",
        "Makes the files again from what was sealed; the old ones stay.",
        documents.regenerate_pdf,
        needs_reason=True,
        shown=False,
    ),
    VerbKey(
        "x",
        "delete",
        "invoices:delete",
        "Removes the draft and its lines; nothing remains but the audit log.",
        _delete,
        grave=True,
        shown=False,
    ),
)


class InvoicesScreen(ListScreen):
    BINDINGS = [verb.binding for verb in VERBS]
    verbs = VERBS
    columns = (
        TableColumn("Document", 32),
        TableColumn("State", 12),
        TableColumn("Tenant", 20),
        TableColumn("Total", 18, right=True),
        TableColumn("Due", 18, right=True),
        TableColumn("Issued", 10),
        TableColumn("Due date", 10),
    )

    @property
    def crumb(self) -> str:
        return "invoices"

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: str) -> Page[Row]:
        page = await invoices.page(uow, request, narrowed(wanted))
        return page.shown(lambda invoice: _row(invoice, invoices.offered(uow.actor, invoice)))

    def open_row(self, row: Row) -> PlaceScreen:
        return InvoiceScreen(self.door, row)


def narrowed(wanted: str) -> InvoiceFilter:
    """Read what was typed: a state, `overdue`, or the beginning of a number, an id or a tenant's id."""
    words = wanted.split()
    status = next((InvoiceStatus(word) for word in words if word in set(InvoiceStatus)), None)
    rest = " ".join(word for word in words if word not in ("overdue", status))
    return checked(InvoiceFilter, status=status, overdue=True if "overdue" in words else None, q=rest or None)


def _row(invoice: Invoice | InvoiceOut, actions: Sequence[str]) -> Row:
    named = invoice.number or invoice.id
    note = " (credit note)" if invoice.document_type == "credit_note" else ""
    return Row(
        id=invoice.id,
        label=f"{'credit note' if note else 'invoice'} {named}" if invoice.number else f"draft {named}",
        status=str(invoice.status),
        cells=(
            f"{named}{note}",
            state(str(invoice.status)),
            invoice.tenant_id,
            money(invoice.total_cents, invoice.currency),
            money(invoice.amount_due_cents, invoice.currency),
            day(invoice.issue_date),
            day(invoice.due_date),
        ),
        actions=frozenset(actions),
    )


class InvoiceScreen(DetailScreen):
    """One document: parties and amounts, lines, what stands in its way, money, files, and its story."""

    BINDINGS = [verb.binding for verb in VERBS]
    verbs = VERBS

    async def sections(self) -> Sequence[tuple[str, RenderableType]]:
        shown = await self.door.ask(_read, self.row.id)
        self.row = _row(shown, shown.available_actions)
        parts: list[tuple[str, RenderableType]] = [("Document", _summary(shown))]
        if shown.status == InvoiceStatus.draft and self.door.actor.may("invoices:finalize"):
            report = await invoices.check(self.door.backend, self.door.actor, shown.id)
            parts.append(("Check", _check(report)))
        parts.append(("Lines", _lines(shown, shown.time_zone if isinstance(shown, InvoiceDetail) else "UTC")))
        if isinstance(shown, InvoiceDetail):
            parts += [("Money", _settlements(shown)), ("Files", _files(shown)), ("Timeline", _timeline(shown))]
        parts.append(("How this was computed", _explained(await self.door.ask(_explain, self.row.id))))
        return parts


async def _read(uow: UnitOfWork, invoice_id: str) -> InvoiceDetail | InvoiceOut:
    if uow.actor.may("invoices:administer"):
        return await documents.detail(uow, invoice_id)
    return await invoices.shown(uow.actor, await invoices.get(uow, invoice_id))


def _summary(shown: InvoiceOut) -> RenderableType:
    buyer, seller = shown.buyer_snapshot or {}, shown.seller_snapshot or {}
    return fields(
        ("state", state(str(shown.status))),
        ("id", shown.id),
        ("tenant", f"{shown.tenant_id} {buyer.get('company_name', '')}"),
        ("seller", f"{shown.partner_id} {seller.get('legal_name', '')}"),
        *((reason, money(cents, shown.currency)) for reason, cents in shown.adjustments),
        ("net", money(shown.subtotal_cents, shown.currency)),
        ("VAT", plain(f"{money(shown.tax_cents, shown.currency)}  {shown.tax_label or ''}")),
        ("total", money(shown.total_cents, shown.currency)),
        ("to be paid", money(shown.amount_due_cents, shown.currency)),
        ("issued", day(shown.issue_date)),
        ("due", day(shown.due_date)),
        ("sent", minute(shown.sent_at)),
        ("past due since", minute(shown.past_due_since)),
        ("paid", minute(shown.paid_at)),
        ("void", shown.void_reason),
        ("seal", (shown.canonical_digest or "")[:16]),
        ("allows", ", ".join(action.replace("_", " ") for action in shown.available_actions)),
    )


def _check(report: CheckReport) -> RenderableType:
    head = state("ready", "ready to be finalized") if report.ready else state("not_ready", "cannot be finalized yet")
    found = [plain(f"  – {reason.said}") for reason in report.reasons]
    found += [plain(f"  ! {warning}", "yellow") for warning in (*report.warnings, *report.rules_not_run)]
    if report.total_cents is not None and report.ready:
        lines = fields(("issue date", report.issue_date), ("due date", report.due_date), ("VAT", report.tax_label))
        return Group(head, lines, *found)
    return Group(head, *found)


def _lines(shown: InvoiceOut, zone: str) -> RenderableType:
    rows = (
        (
            "\n".join(
                (
                    line.description,
                    *(f"  {reason} {money(cents, shown.currency)}" for reason, cents in line.adjustments),
                )
            ),
            f"{line.quantity:f}".rstrip("0").rstrip(".") if "." in f"{line.quantity:f}" else f"{line.quantity:f}",
            money(line.unit_price_cents, shown.currency),
            money(line.amount_cents, shown.currency),
            f"{line.tax_rate:f} %" if line.tax_rate is not None else "–",
            _days(line.period_start, line.period_end, zone),
        )
        for line in shown.lines
    )
    return table(
        ("Position", "Quantity", "Price", "Net", "VAT", "Period"), rows, right=(1, 2, 3, 4), none="It has no lines."
    )


def _days(start: datetime | None, end: datetime | None, zone: str) -> str:
    """Name the civil days of a period in the seller's time zone, the last one included."""
    if start is None or end is None:
        return "–"
    return f"{day(civil_date(start, zone))} – {day(last_day(Period(start, end), zone))}"


async def _explain(uow: UnitOfWork, invoice_id: str) -> Explanation:
    return await explanations.explain(uow, invoice_id, language="en")


def _explained(found: Explanation) -> RenderableType:
    said = []
    for part in found.parts:
        said.append(plain(part.title if part.part == ExplainedPart.line else str(part.part).upper(), "bold"))
        said += [plain(f"  {sentence}", "" if part.matches else "red") for sentence in part.sentences]
    return Group(*said)


def _settlements(shown: InvoiceDetail) -> RenderableType:
    rows = (
        (
            minute(paid.settled_at),
            paid.kind,
            money(paid.amount_cents, shown.currency),
            paid.reference or "–",
            paid.recorded_by,
        )
        for paid in shown.payments
    )
    notes = [f"Credited by {note.number or note.id}" for note in shown.credit_notes]
    return Group(
        table(
            ("When", "Kind", "Amount", "Reference", "By"), rows, right=(2,), none="Nothing was paid or credited yet."
        ),
        *map(plain, notes),
    )


def _files(shown: InvoiceDetail) -> RenderableType:
    waiting = [
        plain(
            f"Version {render.version} waits since {minute(render.requested_at)}: {render.last_error or 'not made yet'}"
        )
        for render in shown.renders
        if render.done_at is None
    ]
    rows = (
        (f"v{file.version}", file.kind, file.format, f"{file.bytes:,} B", file.sha256[:12], minute(file.created_at))
        for file in shown.versions
    )
    stored = table(("Version", "Kind", "Format", "Size", "SHA-256", "Made"), rows, right=(3,), none="No files yet.")
    return Group(stored, *waiting)


def _timeline(shown: InvoiceDetail) -> RenderableType:
    rows = ((minute(fact.occurred_at), fact.event_type, fact.actor_id or "–") for fact in reversed(shown.events))
    return table(("When", "What", "Who"), rows, none="Nothing happened yet.")
