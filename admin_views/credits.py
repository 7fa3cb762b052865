from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import ColumnElement, Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, invoices, payments, tenants
from scaicontrol.services.credits.models import Credit, CreditSource, Receivable, ReceivableSource
from scaicontrol.services.credits.schemas import CreditBalance, CreditDetail, KeepIn, ReceivableSettleIn, SettledWith
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.payments.models import Refund
from scaicontrol.services.payments.schemas import PayBackIn

from . import formatting
from .base import ControlView, ListColumn, ListFilter, amount_column, code_filter, day_column, named_column
from .language import gettext
from .menu import MenuGroup
from .timeline import Timeline, timeline_of
from .verbs import Field, VerbButton, cents_of, day_of

Given = Mapping[str, str]


async def keep(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = KeepIn.model_validate({"is_kept": given.get("is_kept") == "on", "reason": given.get("reason", "")})
    kept = await backend.perform(actor, credits.keep, pk, body)
    return gettext(
        "It is %(what)s.",
        what=gettext("kept until somebody applies it")
        if kept.is_kept
        else gettext("applied to the next invoice by itself"),
    )


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
        return gettext(
            "%(went)s are promised, and a refund failed: %(failure_message)s",
            went=went,
            failure_message=failed[0].failure_message,
        )
    return (
        f"{went} {gettext('are paid back') if reference else gettext('go back through the provider that took them')}."
    )


@dataclass(frozen=True, slots=True)
class CreditPage:
    """What the page of a credit shows."""

    credit: CreditDetail
    refunds: Sequence[Refund]
    balances: Sequence[CreditBalance]
    tenant: str
    timeline: Timeline


class CreditView(ControlView, model=Credit):
    name, name_plural, icon = "Credit", "Credits", "invoices"
    category, rank = MenuGroup.money, 40
    about = "What sellers owe tenants back: from credit notes and from money beyond what was due."
    prefix = "crd"
    permission = "credits:administer"
    details_template = "console/credit.html"
    grows = True
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
        code_filter("currency", "Currency", Credit.currency),
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
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: CreditPage) -> str:
        return gettext("Credit %(id)s", id=detail.credit.id)

    def actions_of(self, detail: CreditPage) -> Sequence[str]:
        return detail.credit.available_actions


async def settle(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    owed = await backend.ask(actor, credits.receivable, pk)
    body = ReceivableSettleIn.model_validate(
        {
            "way": given.get("way", ""),
            "amount_cents": cents_of(given.get("amount", ""), owed.currency),
            "reason": given.get("reason", ""),
        }
    )
    done = await backend.perform(actor, invoices.settle_receivable, pk, body)
    return gettext("%(remaining)s remain.", remaining=formatting.money(done.remaining_cents, done.currency))


@dataclass(frozen=True, slots=True)
class ReceivablePage:
    """What the page of a receivable shows."""

    receivable: Receivable
    invoice: Invoice
    balances: Sequence[CreditBalance]
    tenant: str
    timeline: Timeline


def _is_open(value: str) -> ColumnElement[bool]:
    return Receivable.remaining_cents > 0 if value == "yes" else Receivable.remaining_cents == 0


class ReceivableView(ControlView, model=Receivable):
    name, name_plural, icon = "Receivable", "Receivables", "invoices"
    category, rank = MenuGroup.money, 45
    about = "What tenants owe beside their documents: money that a bank took back, or a refund sent, a second time."
    prefix = "rcv"
    permission = "receivables:administer"
    details_template = "console/receivable.html"
    grows = True
    searched = (Receivable.id, Receivable.tenant_id, Receivable.invoice_id)
    amounts = (Receivable.amount_cents,)
    presets = (("Open", "open=yes"),)
    search_hint = "id, tenant or invoice"
    columns = (
        ListColumn("Receivable", lambda row: row.id, Receivable.id, "link"),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("Why", lambda row: formatting.spoken(row.source)),
        amount_column("Amount", "amount_cents", Receivable.amount_cents),
        amount_column("Left", "remaining_cents", Receivable.remaining_cents),
        day_column("Since", "created_at", Receivable.created_at),
    )
    narrowing = (
        ListFilter("source", "Why", lambda value: Receivable.source == value, list(ReceivableSource)),
        ListFilter("open", "Open", _is_open, ["yes", "no"]),
        ListFilter("tenant", "Tenant", lambda value: Receivable.tenant_id == value, kind="tenant"),
    )
    verbs = (
        VerbButton(
            "settle",
            "Settle",
            "receivables:settle",
            "With credit of the tenant, or as a loss. Money that came is recorded on the invoice: mark it as paid.",
            settle,
            [
                Field("way", "Way", "choice", choices=[SettledWith.credit, SettledWith.write_off]),
                Field("amount", "Amount", required=False, hint="In major units; empty: all that is left."),
                Field("reason", "Reason", "long"),
            ],
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Receivable]:
        uow.authorize(self.permission)
        return credits.visible_receivables(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> ReceivablePage:
        uow.authorize(self.permission)
        owed = await credits.receivable(uow, pk)
        return ReceivablePage(
            receivable=owed,
            invoice=await invoices.get(uow, owed.invoice_id),
            balances=await credits.balances(uow, owed.tenant_id),
            tenant=(await tenants.names(uow, [owed.tenant_id])).get(owed.tenant_id, owed.tenant_id),
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: ReceivablePage) -> str:
        return gettext("Receivable %(id)s", id=detail.receivable.id)

    def actions_of(self, detail: ReceivablePage) -> Sequence[str]:
        return ["settle"] if detail.receivable.remaining_cents else []


VIEWS = (CreditView, ReceivableView)
