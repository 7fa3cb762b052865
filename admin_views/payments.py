from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, payments, tenants
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.payments.lifecycle import DisputeState, MismatchDecision, PaymentState, RefundState
from scaicontrol.services.payments.models import Dispute, Dunning, Payment, Refund
from scaicontrol.services.payments.reads import uncollected
from scaicontrol.services.payments.schemas import DisputeCloseIn, DisputeFilter, DisputeIn, MismatchIn
from scaicontrol.services.tenants.reads import is_in_country

from . import formatting, invoice_verbs
from .base import (
    ControlView,
    ListColumn,
    ListFilter,
    amount_column,
    day_column,
    known_filter,
    moment_column,
    named_column,
)
from .language import gettext
from .menu import MenuGroup
from .names import Ref
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton, cents_of

Given = Mapping[str, str]


async def retry(backend: Backend, actor: Actor, pk: str, _: Given) -> Done:
    tried = await payments.retry(backend, actor, pk)
    why = f": {tried.failure_message}" if tried.failure_message else "."
    said = gettext(
        "Attempt %(attempt)s with %(provider)s is %(status)s%(why)s",
        attempt=tried.attempt,
        provider=tried.provider,
        status=formatting.spoken(tried.status),
        why=why,
    )
    return Done(said, Ref("payment", tried.id))


async def refund(backend: Backend, actor: Actor, pk: str, given: Given) -> str | Done:
    payment = await backend.ask(actor, payments.get, pk)
    return await invoice_verbs.refund(backend, actor, payment.invoice_id, given)


async def preview_refund(backend: Backend, actor: Actor, pk: str, given: Given) -> Sequence[tuple[str, str]]:
    payment = await backend.ask(actor, payments.get, pk)
    return await invoice_verbs.preview_refund(backend, actor, payment.invoice_id, given)


async def open_dispute(backend: Backend, actor: Actor, pk: str, given: Given) -> Done:
    payment = await backend.ask(actor, payments.get, pk)
    told = DisputeIn.model_validate(
        {
            "invoice_id": payment.invoice_id,
            "payment_id": pk,
            "amount_cents": cents_of(given.get("amount", ""), payment.currency),
            "reason": given.get("reason", ""),
            "reference": given.get("reference", ""),
            "fee_cents": cents_of(given.get("fee", ""), payment.currency) or 0,
        }
    )
    dispute = await backend.perform(actor, payments.open_dispute, told)
    return Done(
        gettext("%(amount)s are in dispute.", amount=formatting.money(dispute.amount_cents, dispute.currency)),
        Ref("dispute", dispute.id),
    )


async def resolve(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    payment = await backend.ask(actor, payments.get, pk)
    body = MismatchIn.model_validate(
        {
            "decision": given.get("decision", ""),
            "amount_cents": cents_of(given.get("amount", ""), payment.currency),
            "reason": given.get("reason", ""),
        }
    )
    done = await backend.perform(actor, payments.resolve_mismatch, pk, body)
    return gettext("%(kept)s of it are booked.", kept=formatting.money(done.kept_cents, done.currency))


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """What the page of a payment shows."""

    payment: Payment
    invoice: Invoice
    tenant: str
    others: Sequence[Payment]
    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]
    pursuit: Dunning | None
    timeline: Timeline


def _is_mismatched(value: str) -> ColumnElement[bool]:
    return Payment.waits_for_a_person() if value == "yes" else ~Payment.waits_for_a_person()


def _is_uncollected(value: str) -> ColumnElement[bool]:
    return uncollected() if value == "yes" else ~uncollected()


class PaymentView(ControlView, model=Payment):
    name, name_plural, icon = "Payment", "Payments", "payments"
    category, rank = MenuGroup.money, 20
    about = "Every attempt to collect an invoice, and what the provider says became of it."
    prefix = "pay"
    permission = "invoices:administer"
    details_template = "console/payment.html"
    grows = True
    searched = (Payment.id, Payment.external_id, Payment.invoice_id)
    search_hint = "id, the provider's name for it or invoice"
    amounts = (Payment.amount_cents,)
    presets = (
        ("Not collected", "uncollected=yes"),
        ("Failed", "status=failed"),
        ("Waiting", "status=pending"),
        ("Mismatched", "mismatched=yes"),
    )
    columns = (
        ListColumn("Payment", lambda row: row.external_id or row.id, None, "link"),
        ListColumn("Status", lambda row: row.status, Payment.status, "status"),
        named_column("Tenant", "tenant", "tenant_id"),
        named_column("Invoice", "invoice", "invoice_id"),
        ListColumn("Provider", lambda row: row.provider, Payment.provider),
        ListColumn("Attempt", lambda row: str(row.attempt), None, "number"),
        amount_column("Amount", "amount_cents", Payment.amount_cents),
        ListColumn("Why", lambda row: row.failure_message or formatting.NOTHING),
        moment_column("Next try", "next_retry_at"),
        moment_column("Created", "created_at", Payment.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: Payment.status == value, list(PaymentState)),
        known_filter("provider", "Provider", Payment.provider),
        ListFilter("tenant", "Tenant", lambda value: Payment.tenant_id == value, kind="tenant"),
        ListFilter("invoice", "Invoice", lambda value: Payment.invoice_id == value, kind="invoice"),
        ListFilter("country", "Country", lambda value: is_in_country(Payment.tenant_id, value)),
        ListFilter("mismatched", "Provider and books disagree", _is_mismatched, ["yes", "no"]),
        ListFilter("uncollected", "Failed and still owed", _is_uncollected, ["yes", "no"]),
    )
    verbs = (
        VerbButton(
            "resolve",
            "Decide what counts",
            "payments:resolve",
            "Accepted, the books follow what the provider says; kept, they stay, and a payment under way has failed.",
            resolve,
            [
                Field("decision", "Decision", "choice", choices=list(MismatchDecision)),
                Field("amount", "Amount", required=False, hint="Of another currency: what it came to, in major units."),
                Field("reason", "Reason", "long", hint="Kept in the audit log."),
            ],
            danger=True,
        ),
        VerbButton(
            "retry",
            "Try again",
            "payments:retry",
            "The provider is asked once more, as a new attempt with a key of its own.",
            retry,
        ),
        VerbButton(
            "refund",
            "Refund",
            "payments:refund",
            "Money of its invoice goes back through the providers that took it, and is credited where no note did yet.",
            refund,
            [
                Field("amount", "Amount", required=False, hint="In major units, with VAT; empty: all that can."),
                Field("reason", "Reason", "long", hint="Kept with the note and in the audit log."),
            ],
            danger=True,
            preview=preview_refund,
            makes="credit_note.issued",
        ),
        VerbButton(
            "open_dispute",
            "Record a dispute",
            "disputes:record",
            "Only where a bank statement tells of it: a provider tells of its own.",
            open_dispute,
            [
                Field("reason", "Reason", hint="As the bank gives it, such as MD06."),
                Field("reference", "Reference", hint="The bank's own; the same one records once."),
                Field("amount", "Amount", required=False, hint="In major units; empty: all that it still holds."),
                Field("fee", "Fee", required=False, hint="What the bank charges for it, in major units."),
            ],
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Payment]:
        uow.authorize(self.permission)
        return payments.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> PaymentPage:
        uow.authorize(self.permission)
        payment = await payments.get(uow, pk)
        names = await tenants.names(uow, [payment.tenant_id])
        return PaymentPage(
            payment=payment,
            invoice=await invoices.get(uow, payment.invoice_id),
            tenant=names.get(payment.tenant_id, payment.tenant_id),
            others=[each for each in await payments.of_invoice(uow, payment.invoice_id) if each.id != pk],
            refunds=await payments.refunds_of(uow, pk),
            disputes=(await payments.disputes(uow, PageRequest(), DisputeFilter(payment_id=pk))).items,
            pursuit=await payments.pursuit_of(uow, payment.invoice_id),
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: PaymentPage) -> str:
        amount = formatting.money(detail.payment.amount_cents, detail.payment.currency)
        return gettext("%(amount)s for %(id)s", amount=amount, id=detail.invoice.number or detail.invoice.id)

    def actions_of(self, detail: PaymentPage) -> Sequence[str]:
        payment = detail.payment
        last = all(each.attempt < payment.attempt for each in detail.others)
        return [
            *(["resolve"] if payment.is_mismatched else []),
            *(["retry"] if payment.status == PaymentState.failed and last and detail.invoice.amount_due_cents else []),
            *(["refund", "open_dispute"] if payment.refundable_cents else []),
        ]


@dataclass(frozen=True, slots=True)
class RefundPage:
    """What the page of a refund shows."""

    refund: Refund
    payment: Payment
    tenant: str
    timeline: Timeline


class RefundView(ControlView, model=Refund):
    name, name_plural, icon = "Refund", "Refunds", "refunds"
    category, rank = MenuGroup.money, 25
    about = "What goes back through the providers that took it; one that was given up needs another way."
    prefix = "rfn"
    permission = "invoices:administer"
    details_template = "console/refund.html"
    grows = True
    searched = (Refund.id, Refund.external_id, Refund.payment_id, Refund.tenant_id)
    search_hint = "id, payment, tenant or the provider's name for it"
    columns = (
        ListColumn("Refund", lambda row: row.external_id or row.id, None, "link"),
        ListColumn("Status", lambda row: row.status, Refund.status, "status"),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("Payment", lambda row: row.payment_id, link=lambda row: Ref("payment", row.payment_id)),
        ListColumn("Attempts", lambda row: str(row.attempts), None, "number"),
        ListColumn("Why", lambda row: row.failure_message or formatting.NOTHING),
        moment_column("Given up", "released_at"),
        moment_column("Created", "created_at", Refund.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: Refund.status == value, list(RefundState)),
        ListFilter("tenant", "Tenant", lambda value: Refund.tenant_id == value, kind="tenant"),
    )

    def visible(self, uow: UnitOfWork) -> Select[Refund]:
        uow.authorize(self.permission)
        return payments.visible_refunds(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> RefundPage:
        uow.authorize(self.permission)
        refund = await payments.find_refund(uow, pk)
        names = await tenants.names(uow, [refund.tenant_id])
        return RefundPage(
            refund,
            await payments.get(uow, refund.payment_id),
            names.get(refund.tenant_id, refund.tenant_id),
            await timeline_of(uow, pk),
        )

    def title_of(self, detail: RefundPage) -> str:
        return gettext(
            "Refund of %(amount)s", amount=formatting.money(detail.refund.amount_cents, detail.payment.currency)
        )

    def actions_of(self, detail: RefundPage) -> Sequence[str]:
        return []  # the job tries again; what was given up is paid another way from its credit


async def close(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    dispute = await backend.ask(actor, payments.dispute, pk)
    data = DisputeCloseIn.model_validate(
        {"outcome": given.get("outcome", ""), "fee_cents": cents_of(given.get("fee", ""), dispute.currency)}
    )
    done = await backend.perform(actor, payments.close_dispute, pk, data)
    return gettext("The dispute is %(status)s.", status=formatting.spoken(done.status))


@dataclass(frozen=True, slots=True)
class DisputeDetail:
    """What the page of a dispute shows."""

    dispute: Dispute
    invoice: Invoice
    tenant: str
    timeline: Timeline


class DisputeView(ControlView, model=Dispute):
    name, name_plural, icon = "Dispute", "Disputes", "disputes"
    category, rank = MenuGroup.money, 30
    about = "What payers' banks ask back; an open one needs evidence before its day."
    prefix = "dsp"
    permission = "disputes:administer"
    details_template = "console/dispute.html"
    grows = True
    searched = (Dispute.id, Dispute.external_id, Dispute.invoice_id, Dispute.tenant_id)
    amounts, newest = (Dispute.amount_cents,), "-opened_at"
    presets = (("Open", "status=opened"),)
    search_hint = "id, invoice, tenant or the provider's name for it"
    columns = (
        ListColumn("Dispute", lambda row: row.id, None, "link"),
        ListColumn("Status", lambda row: row.status, Dispute.status, "status"),
        named_column("Tenant", "tenant", "tenant_id", Dispute.tenant_id),
        ListColumn("Provider", lambda row: row.provider, Dispute.provider),
        amount_column("Amount", "amount_cents"),
        moment_column("Evidence due", "evidence_due_at", Dispute.evidence_due_at),
        day_column("Opened", "opened_at", Dispute.opened_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: Dispute.status == value, list(DisputeState)),
        ListFilter("tenant", "Tenant", lambda value: Dispute.tenant_id == value, kind="tenant"),
    )
    verbs = (
        VerbButton(
            "close",
            "Record the outcome",
            "disputes:record",
            "Lost, its money is unbooked: the invoice is owed again or the loss written off, by the seller's terms.",
            close,
            [
                Field("outcome", "Outcome", hint="won, lost or withdrawn"),
                Field("fee", "Fee", required=False, hint="What it cost in all, in major units."),
            ],
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Dispute]:
        uow.authorize(self.permission)
        return payments.visible_disputes(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> DisputeDetail:
        uow.authorize(self.permission)
        dispute = await payments.dispute(uow, pk)
        names = await tenants.names(uow, [dispute.tenant_id])
        return DisputeDetail(
            dispute,
            await invoices.get(uow, dispute.invoice_id),
            names.get(dispute.tenant_id, dispute.tenant_id),
            await timeline_of(uow, pk),
        )

    def title_of(self, detail: DisputeDetail) -> str:
        return gettext("Dispute of %(number)s", number=detail.invoice.number)

    def actions_of(self, detail: DisputeDetail) -> Sequence[str]:
        return ["close"] if detail.dispute.is_closed_by_hand else []


VIEWS = (PaymentView, RefundView, DisputeView)
