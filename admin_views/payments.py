from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import audit, invoices, payments, tenants
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.payments.lifecycle import DisputeState
from scaicontrol.services.payments.models import Dispute
from scaicontrol.services.payments.schemas import DisputeCloseIn

from .base import ControlView, ListColumn, ListFilter, amount_column, day_column, moment_column, named_column
from .menu import MenuGroup
from .verbs import Field, VerbButton

Given = Mapping[str, str]


async def close(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    fee = given.get("fee_cents", "").strip()
    data = DisputeCloseIn.model_validate(
        {"outcome": given.get("outcome", ""), "fee_cents": int(fee) if fee.isdecimal() else fee or None}
    )
    done = await backend.perform(actor, payments.close_dispute, pk, data)
    return f"The dispute is {done.status}."


@dataclass(frozen=True, slots=True)
class DisputeDetail:
    """What the page of a dispute shows."""

    dispute: Dispute
    invoice: Invoice
    tenant: str
    timeline: Sequence[AuditEntry]


class DisputeView(ControlView, model=Dispute):
    name, name_plural, icon = "Dispute", "Disputes", "disputes"
    category, rank, shortcut = MenuGroup.money, 30, "d"
    about = "What payers' banks ask back; an open one needs evidence before its day."
    prefix = "dsp"
    permission = "disputes:administer"
    details_template = "console/dispute.html"
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
                Field("fee_cents", "Fee in minor units", "number", required=False, hint="What it cost in all."),
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
            await audit.timeline(uow, pk) if uow.actor.may("audit:read") else [],
        )

    def title_of(self, detail: DisputeDetail) -> str:
        return f"Dispute of {detail.invoice.number}"

    def actions_of(self, detail: DisputeDetail) -> Sequence[str]:
        return ["close"] if detail.dispute.is_closed_by_hand else []


VIEWS = (DisputeView,)
