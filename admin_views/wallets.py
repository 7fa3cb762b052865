from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tenants, wallets
from scaicontrol.services.wallets.models import LotSource, WalletLot
from scaicontrol.services.wallets.schemas import (
    GrantIn,
    TopUpIn,
    WalletBalance,
    WalletExpireIn,
    WalletLotDetail,
    WalletRefundIn,
)

from . import formatting
from .base import ControlView, ListColumn, ListFilter, amount_column, code_filter, day_column, named_column
from .language import gettext
from .menu import MenuGroup
from .timeline import Timeline, timeline_of
from .verbs import Field, VerbButton, cents_of, day_of

Given = Mapping[str, str]


def _money(given: Given) -> dict[str, object]:
    currency = given.get("currency", "").strip().upper()
    return {
        "tenant_id": given.get("tenant", ""),
        "currency": currency,
        "amount_cents": cents_of(given.get("amount", ""), currency),
    }


def _moment(given: Given, name: str) -> datetime:
    return datetime.combine(day_of(name, given.get(name, "")), time(), UTC)


async def top_up(backend: Backend, actor: Actor, _: str, given: Given) -> str:
    said = {"reference": given.get("reference", ""), "received_at": _moment(given, "received_on")}
    lot = await backend.perform(actor, wallets.top_up, TopUpIn.model_validate(_money(given) | said))
    return gettext("%(amount)s are in the wallet.", amount=formatting.money(lot.amount_cents, lot.currency))


async def grant(backend: Backend, actor: Actor, _: str, given: Given) -> str:
    said: dict[str, object] = {"reason": given.get("reason", ""), "expires_at": _moment(given, "expires_on")}
    if given.get("priority"):
        said["priority"] = int(given["priority"])
    lot = await backend.perform(actor, wallets.grant, GrantIn.model_validate(_money(given) | said))
    return gettext("%(amount)s are in the wallet.", amount=formatting.money(lot.amount_cents, lot.currency))


async def refund(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    lot = await backend.ask(actor, wallets.get, pk)
    amount = cents_of(given.get("amount", ""), lot.currency)
    body = WalletRefundIn.model_validate({"amount_cents": amount, "reference": given.get("reference", "")})
    left = await backend.perform(actor, wallets.refund, pk, body)
    return gettext("%(amount)s are left of it.", amount=formatting.money(left.remaining_cents, left.currency))


async def expire(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = WalletExpireIn.model_validate({"reason": given.get("reason", "")})
    await backend.perform(actor, wallets.expire, pk, body)
    return gettext("What was left of it has ended.")


@dataclass(frozen=True, slots=True)
class WalletPage:
    """What the page of a lot shows."""

    lot: WalletLotDetail
    balances: Sequence[WalletBalance]
    tenant: str
    timeline: Timeline


_TENANT = Field("tenant", "Tenant", "tenant")
_AMOUNT = Field("amount", "Amount", hint="In major units.")
_CURRENCY = Field("currency", "Currency", hint="ISO 4217, such as EUR.")


class WalletView(ControlView, model=WalletLot):
    name, name_plural, icon = "Wallet lot", "Wallets", "payments"
    category, rank = MenuGroup.money, 45
    about = "What tenants have beforehand: paid in, or given by their sellers."
    prefix = "wlt"
    permission = "wallets:administer"
    details_template = "console/wallet_lot.html"
    grows = True
    searched = (WalletLot.id, WalletLot.tenant_id)
    amounts = (WalletLot.amount_cents,)
    search_hint = "id or tenant"
    columns = (
        ListColumn("Lot", lambda row: row.id, WalletLot.id, "link"),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("From", lambda row: formatting.spoken(row.source)),
        amount_column("Amount", "amount_cents", WalletLot.amount_cents),
        amount_column("Left", "remaining_cents"),
        day_column("Ends", "expires_at"),
        day_column("Created", "created_at", WalletLot.created_at),
    )
    narrowing = (
        ListFilter("source", "From", lambda value: WalletLot.source == value, list(LotSource)),
        ListFilter("tenant", "Tenant", lambda value: WalletLot.tenant_id == value, kind="tenant"),
        code_filter("currency", "Currency", WalletLot.currency),
    )
    verbs = (
        VerbButton(
            "top_up",
            "Record a top-up",
            "wallets:top_up",
            "Money that came by transfer; it is no sale, and has no VAT, until an invoice takes it.",
            top_up,
            [
                _TENANT,
                _AMOUNT,
                _CURRENCY,
                Field("reference", "Reference", hint="Of the transfer, as on the bank statement."),
                Field("received_on", "Received on", "date"),
            ],
            of_list=True,
        ),
        VerbButton(
            "grant",
            "Give",
            "wallets:grant",
            "At the seller's expense; it is used first, expires, and is never paid back.",
            grant,
            [
                _TENANT,
                _AMOUNT,
                _CURRENCY,
                Field("expires_on", "Ends on", "date"),
                Field("priority", "Priority", required=False, hint="The lowest is used first; empty: 100."),
                Field("reason", "Reason", "long"),
            ],
            of_list=True,
        ),
        VerbButton(
            "refund",
            "Pay back",
            "wallets:refund",
            "A transfer that was made is recorded; what is paid back can no longer be used.",
            refund,
            [
                Field("amount", "Amount", required=False, hint="In major units; empty: all that is left."),
                Field("reference", "Reference", hint="Of the transfer, as on the bank statement."),
            ],
        ),
        VerbButton(
            "expire",
            "End",
            "wallets:expire",
            "What is left of it is gone; what was used of it stays used.",
            expire,
            [Field("reason", "Reason", "long")],
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[WalletLot]:
        uow.authorize(self.permission)
        return wallets.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> WalletPage:
        uow.authorize(self.permission)
        lot = await wallets.detail(uow, pk)
        return WalletPage(
            lot=lot,
            balances=await wallets.balances(uow, lot.tenant_id),
            tenant=(await tenants.names(uow, [lot.tenant_id])).get(lot.tenant_id, lot.tenant_id),
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: WalletPage) -> str:
        return gettext("Wallet lot %(id)s", id=detail.lot.id)

    def actions_of(self, detail: WalletPage) -> Sequence[str]:
        return detail.lot.available_actions


VIEWS = (WalletView,)
