"""What the three months came to, for the terminal: billed, taxed, paid, pursued, sent."""

from dataclasses import dataclass

from sqlalchemy import func, select

from scaicontrol.core.money import Money
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import documents, partners
from scaicontrol.services.credits.models import Credit
from scaicontrol.services.invoices.lifecycle import DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.notifications.models import OutgoingMail
from scaicontrol.services.payments.models import Dispute, Dunning, Payment
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.webhooks.models import WebhookDelivery


@dataclass(frozen=True, slots=True)
class SellerRow:
    name: str
    invoices: int
    credit_notes: int
    net: str
    vat: str
    paid: str
    open: str
    past_due: str


@dataclass(frozen=True, slots=True)
class Summary:
    sellers: list[SellerRow]
    taxes: list[tuple[str, int, str]]  # label, documents, VAT
    counts: dict[str, dict[str, int]]  # what → state → how many
    intact: bool


async def summarize(uow: UnitOfWork) -> Summary:
    return Summary(
        sellers=await _sellers(uow),
        taxes=await _taxes(uow),
        counts={
            "subscriptions": await _by_state(uow, Subscription.status),
            "payments": await _by_state(uow, Payment.status),
            "disputes": await _by_state(uow, Dispute.status),
            "mails": await _by_state(uow, OutgoingMail.status),
            "webhooks": await _by_state(uow, WebhookDelivery.status),
            "credits": await _by_state(uow, Credit.source),
            "dunning": {"pursued": await _count(uow, Dunning.invoice_id)},
        },
        intact=await _is_intact(uow),
    )


async def _sellers(uow: UnitOfWork) -> list[SellerRow]:
    rows = (
        await uow.session.execute(
            select(
                Invoice.partner_id,
                Invoice.document_type,
                Invoice.status,
                Invoice.currency,
                func.count(),
                func.sum(Invoice.subtotal_cents),
                func.sum(Invoice.tax_cents),
                func.sum(Invoice.amount_paid_cents),
                func.sum(Invoice.amount_due_cents),
            )
            .where(Invoice.number.is_not(None))
            .group_by(Invoice.partner_id, Invoice.document_type, Invoice.status, Invoice.currency)
        )
    ).all()
    names = await partners.names(uow, {row[0] for row in rows})
    found = []
    for partner_id, name in sorted(names.items()):
        mine = [row for row in rows if row[0] == partner_id]
        currency = mine[0][3]

        def total(column: int, *, of: list[str] | None = None, kind: str | None = None) -> str:
            cents = sum(
                int(row[column] or 0)
                for row in mine  # noqa: B023  used before the next turn
                if (of is None or row[2] in of) and (kind is None or row[1] == kind)
            )
            return str(Money(cents, currency)).removesuffix(f" {currency}")  # noqa: B023

        found.append(
            SellerRow(
                name=name,
                invoices=sum(row[4] for row in mine if row[1] == DocumentType.invoice),
                credit_notes=sum(row[4] for row in mine if row[1] == DocumentType.credit_note),
                net=total(5),
                vat=total(6),
                paid=total(7, kind=DocumentType.invoice),
                open=total(8, of=[InvoiceStatus.finalized, InvoiceStatus.sent], kind=DocumentType.invoice),
                past_due=total(8, of=[InvoiceStatus.past_due]),
            )
        )
    return found


async def _taxes(uow: UnitOfWork) -> list[tuple[str, int, str]]:
    rows = await uow.session.execute(
        select(Invoice.tax_label, Invoice.currency, func.count(), func.sum(Invoice.tax_cents))
        .where(Invoice.number.is_not(None))
        .group_by(Invoice.tax_label, Invoice.currency)
        .order_by(Invoice.tax_label)
    )
    return [(str(row[0]), row[2], str(Money(int(row[3] or 0), row[1]))) for row in rows]


async def _by_state(uow: UnitOfWork, column: object) -> dict[str, int]:
    rows = await uow.session.execute(select(column, func.count()).group_by(column).order_by(column))  # type: ignore[call-overload]  # any column
    return {str(row[0]): row[1] for row in rows}


async def _count(uow: UnitOfWork, column: object) -> int:
    return int(await uow.session.scalar(select(func.count(column))) or 0)  # type: ignore[arg-type]  # any column


async def _is_intact(uow: UnitOfWork) -> bool:
    reports = [
        await documents.verify_series(uow, series.partner_id, DocumentType(series.document_type), series.fiscal_year)
        for series in await documents.series(uow)
    ]
    return all(report.intact for report in reports)
