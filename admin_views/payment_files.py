from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqladmin import expose
from sqlalchemy import Select
from starlette.requests import Request
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, payment_files
from scaicontrol.services.payment_files.lifecycle import OrderStatus
from scaicontrol.services.payment_files.models import PaymentFile, PaymentOrder
from scaicontrol.services.payment_files.schemas import (
    OrderReasonIn,
    OrderSettleIn,
    PaymentFileIn,
    PaymentOrderFilter,
    PaymentOrderIn,
)

from . import formatting
from .base import ControlView, ListColumn, ListFilter, day_column, named_column
from .language import gettext, ngettext
from .menu import MenuGroup
from .names import Ref, chosen, names_of
from .request_context import console_of
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton, cents_of, day_of

Given = Mapping[str, str]
_SHOWN = 200  # orders of a file on its page
_WHY = Field("reason", "Reason", hint="Kept with the order.")


async def propose(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    actor.require("payment_files:manage")
    credit = await backend.ask(actor, credits.get, given.get("credit_id", "").strip())
    body = PaymentOrderIn.model_validate(
        {
            "credit_id": credit.id,
            "payee_name": given.get("payee_name", ""),
            "payee_iban": given.get("payee_iban", ""),
            "amount_cents": cents_of(given["amount"], credit.currency) if given.get("amount") else None,
            "remittance": given.get("remittance") or None,
        }
    )
    made = await backend.perform(actor, payment_files.propose, body)
    return Done(gettext("It stands in the next file of its seller."), Ref("payment-order", made.id))


async def write(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    actor.require("payment_files:manage")
    partner_id = await backend.ask(actor, _seller, given.get("partner", ""))
    day = given.get("execute_on")
    body = PaymentFileIn.model_validate(
        {
            "partner_id": partner_id,
            "message": given.get("message") or "pain.001.001.09",
            "execute_on": day_of("execute_on", day) if day else None,
        }
    )
    made = await payment_files.write(backend, actor, body)
    said = ngettext("%(num)s transfer is written.", "%(num)s transfers are written.", made.orders)
    return Done(said, Ref("payment-file", made.id))


async def _seller(uow: UnitOfWork, name: str) -> str:
    return await chosen(uow, "partner", "partner", name)


async def mark_sent(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    await backend.perform(actor, payment_files.mark_sent, pk)
    return gettext("The bank has it: none of its orders is withdrawn any more.")


async def settle(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = OrderSettleIn.model_validate({"reference": given.get("reference", "")})
    await backend.perform(actor, payment_files.settle, pk, body)
    return gettext("The money left: its credit is used.")


async def reject(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    await backend.perform(actor, payment_files.reject, pk, OrderReasonIn(reason=given.get("reason", "")))
    return gettext("The bank did not carry it out: its credit is free again.")


async def withdraw(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    await backend.perform(actor, payment_files.withdraw, pk, OrderReasonIn(reason=given.get("reason", "")))
    return gettext("It is withdrawn: its credit is free again.")


@dataclass(frozen=True, slots=True)
class PaymentFilePage:
    """A file with the transfers in it."""

    file: PaymentFile
    orders: Sequence[PaymentOrder]
    names: Mapping[str, str]
    timeline: Timeline


@dataclass(frozen=True, slots=True)
class PaymentOrderPage:
    """A transfer with the names of who is in it."""

    order: PaymentOrder
    names: Mapping[str, str]
    timeline: Timeline


class PaymentFileView(ControlView, model=PaymentFile):
    name, name_plural, icon = "Payment file", "Payment files", "payments"
    category, rank = MenuGroup.money, 47
    about = "What sellers' banks are told to pay, as SEPA credit transfers: write a file, bring it to the bank."
    when_empty = "No file was written yet. Propose a credit to be paid back, then write a file for its seller's bank."
    prefix = "pfl"
    permission = "payment_files:read"
    details_template = "console/payment_file.html"
    searched = (PaymentFile.id, PaymentFile.payer_iban)
    search_hint = "id or account"
    columns = (
        ListColumn("File", lambda row: row.id, None, "link"),
        named_column("Seller", "partner", "partner_id"),
        ListColumn("Message", lambda row: row.message),
        ListColumn("Transfers", lambda row: formatting.count(row.orders), None, "number"),
        ListColumn("Total", lambda row: formatting.money(row.total_cents, "EUR"), None, "number"),
        ListColumn("Carried out on", lambda row: formatting.day(row.execute_on)),
        ListColumn("Status", lambda row: "sent" if row.sent_at else "written", None, "status"),
        day_column("Created", "created_at", PaymentFile.created_at),
    )
    narrowing = (ListFilter("partner", "Seller", lambda value: PaymentFile.partner_id == value, kind="partner"),)
    verbs = (
        VerbButton(
            "write",
            "Write a file",
            "payment_files:manage",
            "All that is proposed of a seller, as pain.001; nothing moves until its bank has the file.",
            write,
            [
                Field("partner", "Seller", "partner"),
                Field("message", "Message", "choice", choices=("pain.001.001.09", "pain.001.001.03")),
                Field("execute_on", "Carried out on", "date", required=False, hint="Empty: today."),
            ],
            of_list=True,
        ),
        VerbButton(
            "mark_sent",
            "The bank has it",
            "payment_files:manage",
            "From then on none of its orders is withdrawn.",
            mark_sent,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[PaymentFile]:
        uow.authorize(self.permission)
        return payment_files.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> PaymentFilePage:
        uow.authorize(self.permission)
        file = await payment_files.get(uow, pk)
        inside = await payment_files.orders(uow, PageRequest(1, _SHOWN), PaymentOrderFilter(file_id=pk))
        refs = [Ref("partner", file.partner_id), *(Ref("tenant", each.tenant_id) for each in inside.items)]
        return PaymentFilePage(file, inside.items, await names_of(uow, refs), await timeline_of(uow, pk))

    def title_of(self, detail: PaymentFilePage) -> str:
        return gettext("Payment file of %(day)s", day=formatting.day(detail.file.execute_on))

    def actions_of(self, detail: PaymentFilePage) -> Sequence[str]:
        return [] if detail.file.sent_at else ["mark_sent"]

    @expose("/{pk}/file")
    async def file(self, request: Request) -> Response:
        """Hand out the bytes that were written, held against their hash."""
        console = console_of(request)
        console.actor.require(self.permission)
        found = await payment_files.download(console.backend, console.actor, request.path_params["pk"])
        headers = {"Content-Disposition": f'attachment; filename="{found.name}"', "Cache-Control": "no-store"}
        return Response(found.body, media_type="application/xml", headers=headers)


class PaymentOrderView(ControlView, model=PaymentOrder):
    name, name_plural, icon = "Payment order", "Payment orders", "payments"
    category, rank = MenuGroup.money, 46
    about = "Credits that are paid back by transfer: proposed, written into a file, and settled by the bank statement."
    when_empty = "Nothing is paid back by transfer. Propose it here with the id of a credit."
    prefix = "por"
    permission = "payment_files:read"
    details_template = "console/payment_order.html"
    searched = (PaymentOrder.id, PaymentOrder.payee_name, PaymentOrder.payee_iban)
    search_hint = "payee, account or id"
    columns = (
        ListColumn("Payee", lambda row: row.payee_name, None, "link"),
        ListColumn("Status", lambda row: row.status, None, "status"),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("Amount", lambda row: formatting.money(row.amount_cents, row.currency), None, "number"),
        ListColumn("Account", lambda row: row.payee_iban),
        day_column("Created", "created_at", PaymentOrder.created_at),
    )
    narrowing = (
        ListFilter("tenant", "Tenant", lambda value: PaymentOrder.tenant_id == value, kind="tenant"),
        ListFilter(
            "status", "Status", lambda value: PaymentOrder.status == value, tuple(each.value for each in OrderStatus)
        ),
    )
    verbs = (
        VerbButton(
            "propose",
            "Propose a transfer",
            "payment_files:manage",
            "The credit is held for it, and it stands in the next file of its seller.",
            propose,
            [
                Field("credit_id", "Credit", hint="Its id, crd_…"),
                Field("payee_name", "Payee"),
                Field("payee_iban", "IBAN"),
                Field("amount", "Amount", required=False, hint="Empty: all that remains."),
                Field("remittance", "What the payee reads", required=False),
            ],
            of_list=True,
        ),
        VerbButton(
            "settle",
            "The money left",
            "payment_files:manage",
            "Its credit is used. A bank statement that names it does this by itself.",
            settle,
            [Field("reference", "Reference of the bank")],
            danger=True,
        ),
        VerbButton(
            "reject",
            "The bank refused it",
            "payment_files:manage",
            "It was not carried out; its credit is free again.",
            reject,
            [_WHY],
            danger=True,
        ),
        VerbButton(
            "withdraw",
            "Withdraw",
            "payment_files:manage",
            "Its credit is free again; a file that it stands in is not to be sent.",
            withdraw,
            [_WHY],
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[PaymentOrder]:
        uow.authorize(self.permission)
        return payment_files.visible_orders(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> PaymentOrderPage:
        uow.authorize(self.permission)
        order = await payment_files.order(uow, pk)
        names = await names_of(uow, [Ref("tenant", order.tenant_id), Ref("partner", order.partner_id)])
        return PaymentOrderPage(order, names, await timeline_of(uow, pk))

    def title_of(self, detail: PaymentOrderPage) -> str:
        order = detail.order
        amount = formatting.money(order.amount_cents, order.currency)
        return gettext("%(amount)s to %(payee)s", amount=amount, payee=order.payee_name)

    def actions_of(self, detail: PaymentOrderPage) -> Sequence[str]:
        match detail.order.status:
            case OrderStatus.proposed:
                return ["withdraw"]
            case OrderStatus.written:
                return ["settle", "reject", "withdraw"]
        return []


VIEWS = (PaymentOrderView, PaymentFileView)
