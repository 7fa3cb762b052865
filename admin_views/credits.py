from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import audit, credits, payments, tenants
from scaicontrol.services.credits.models import Credit, CreditSource
from scaicontrol.services.credits.schemas import CreditBalance, CreditDetail, KeepIn
from scaicontrol.services.payments.models import Refund
from scaicontrol.services.payments.schemas import PayBackIn

from . import formatting
from .base import ControlView, ListColumn, ListFilter, amount_column, day_column, named_column
from .menu import MenuGroup
from .verbs import Field, VerbButton, cents_of, day_of

Given = Mapping[str, str]


async def keep(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = KeepIn.model_validate({"is_kept": given.get("is_kept") == "on", "reason": given.get("reason", "")})
    kept = await backend.perform(actor, credits.keep, pk, body)
    return f"It is {'kept until somebody applies it' if kept.is_kept else 'applied to the next invoice by itself'}."


async def pay_back(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    credit = await backend.ask(actor, credits.get, pk)
    reference, paid_on = given.get("reference") or None, given.get("paid_on") or ""
    body = PayBackIn.model_validate(
        {
            "way": "transfer" if reference else "card",
            "amount_cents": cents_of(given.get("amount", ""), credit.currency),
            "reference": reference,
            "paid_at": datetime.combine(day_of("paid_on", paid_on), time(), UTC) if paid_on else None,
        }
    )
    done = await payments.pay_back(backend, actor, pk, body)
    went = formatting.money(credit.remaining_cents - done.credit.remaining_cents, credit.currency)
    if failed := [row for row in done.refunds if row.status == "failed"]:
        return f"{went} are promised, and a refund failed: {failed[0].failure_message}"
    return f"{went} {'are paid back' if reference else 'go back through the provider that took them'}."


@dataclass(frozen=True, slots=True)
class CreditPage:
    """What the page of a credit shows."""

    credit: CreditDetail
    refunds: Sequence[Refund]
    balances: Sequence[CreditBalance]
    tenant: str
    timeline: Sequence[AuditEntry]


class CreditView(ControlView, model=Credit):
    name, name_plural, icon = "Credit", "Credits", "invoices"
    category, rank = MenuGroup.money, 40
    about = "What sellers owe tenants back: from credit notes and from money beyond what was due."
    prefix = "crd"
    permission = "credits:administer"
    details_template = "console/credit.html"
    searched = (Credit.id, Credit.tenant_id, Credit.source_id)
    amounts = (Credit.amount_cents,)
    search_hint = "id, tenant, credit note or payment"
    columns = (
        ListColumn("Credit", lambda row: row.id, Credit.id, "link"),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("From", lambda row: formatting.spoken(row.source)),
        amount_column("Amount", "amount_cents", Credit.amount_cents),
        amount_column("Left", "remaining_cents", Credit.remaining_cents),
        ListColumn("Kept", lambda row: formatting.plain(row.is_kept)),
        day_column("Created", "created_at", Credit.created_at),
    )
    narrowing = (
        ListFilter("source", "From", lambda value: Credit.source == value, list(CreditSource)),
        ListFilter("tenant", "Tenant", lambda value: Credit.tenant_id == value, kind="tenant"),
        ListFilter("currency", "Currency", lambda value: Credit.currency == value.upper()),
    )
    verbs = (
        VerbButton(
            "pay_back",
            "Pay back",
            "credits:pay_back",
            "Without a reference it goes back through the providers that took the money; with one a transfer that "
            "was made is recorded.",
            pay_back,
            [
                Field("amount", "Amount", required=False, hint="In major units; empty: all that is left."),
                Field("reference", "Reference", required=False, hint="Of the transfer, as on the bank statement."),
                Field("paid_on", "Paid on", "date", required=False, hint="Of the transfer; empty: today."),
            ],
        ),
        VerbButton(
            "keep",
            "Keep or let go",
            "credits:keep",
            "What is kept is applied to no invoice by itself.",
            keep,
            [Field("is_kept", "Keep it", "check", required=False), Field("reason", "Reason", "long")],
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Credit]:
        uow.authorize(self.permission)
        return credits.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> CreditPage:
        uow.authorize(self.permission)
        credit = await credits.detail(uow, pk)
        return CreditPage(
            credit=credit,
            refunds=await payments.refunds_of_credit(uow, pk),
            balances=await credits.balances(uow, credit.tenant_id),
            tenant=(await tenants.names(uow, [credit.tenant_id])).get(credit.tenant_id, credit.tenant_id),
            timeline=await audit.timeline(uow, pk) if uow.actor.may("audit:read") else [],
        )

    def title_of(self, detail: CreditPage) -> str:
        return f"Credit {detail.credit.id}"

    def actions_of(self, detail: CreditPage) -> Sequence[str]:
        return detail.credit.available_actions


VIEWS = (CreditView,)
