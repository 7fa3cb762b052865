"""The parts of a document's page."""

from datetime import datetime

from rich.console import Group, RenderableType

from scaicontrol.core.periods import Period, civil_date, last_day
from scaicontrol.services.documents.schemas import InvoiceDetail
from scaicontrol.services.explanations.schemas import ExplainedPart, Explanation
from scaicontrol.services.invoices.schemas import CheckReport, InvoiceOut

from ..widgets.plain import plain
from ..widgets.states import day, minute, money, state
from .details import fields, table


def summary(shown: InvoiceOut) -> RenderableType:
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


def check(report: CheckReport) -> RenderableType:
    head = state("ready", "ready to be finalized") if report.ready else state("not_ready", "cannot be finalized yet")
    found = [plain(f"  – {reason.said}") for reason in report.reasons]
    found += [plain(f"  ! {warning}", "yellow") for warning in (*report.warnings, *report.rules_not_run)]
    if report.total_cents is not None and report.ready:
        lines = fields(("issue date", report.issue_date), ("due date", report.due_date), ("VAT", report.tax_label))
        return Group(head, lines, *found)
    return Group(head, *found)


def lines(shown: InvoiceOut, zone: str) -> RenderableType:
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


def explained(found: Explanation) -> RenderableType:
    said = []
    for part in found.parts:
        said.append(plain(part.title if part.part == ExplainedPart.line else str(part.part).upper(), "bold"))
        said += [plain(f"  {sentence}", "" if part.matches else "red") for sentence in part.sentences]
    return Group(*said)


def settlements(shown: InvoiceDetail) -> RenderableType:
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


def files(shown: InvoiceDetail) -> RenderableType:
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


def timeline(shown: InvoiceDetail) -> RenderableType:
    rows = ((minute(fact.occurred_at), fact.event_type, fact.actor_id or "–") for fact in reversed(shown.events))
    return table(("When", "What", "Who"), rows, none="Nothing happened yet.")
