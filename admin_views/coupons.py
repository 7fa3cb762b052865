from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import invalid
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, coupons
from scaicontrol.services.coupons.models import Coupon, CouponRedemption
from scaicontrol.services.coupons.schemas import CouponIn, CouponOut

from . import formatting
from .base import ControlView, ListColumn, ListFilter, day_column, named_column
from .forms import whole
from .language import gettext
from .menu import MenuGroup
from .names import Ref, names_of
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton, cents_of

Given = Mapping[str, str]
_SHOWN = 50  # redemptions on a page


async def create(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    actor.require("coupons:manage")
    currency = given.get("currency", "").strip().upper() or None
    plans = [await backend.ask(actor, catalog.plan_by, key) for key in given.get("plans", "").split()]
    body = CouponIn.model_validate(
        {
            "partner_id": given.get("partner_id") or None,
            "code": given.get("code", ""),
            "name": given.get("name", ""),
            "percent": given.get("percent") or None,
            "amount_cents": cents_of(given["amount"], currency or "EUR") if given.get("amount") else None,
            "currency": currency,
            "periods": whole("periods", given["periods"]) if given.get("periods") else None,
            "plan_ids": [plan.id for plan in plans],
            "is_stackable": given.get("is_stackable") == "yes",
            "max_redemptions": whole("max_redemptions", given["max_redemptions"])
            if given.get("max_redemptions")
            else None,
            "budget_cents": cents_of(given["budget"], currency or "EUR") if given.get("budget") else None,
            "valid_to": _day(given.get("valid_to", "")),
        }
    )
    made = await backend.perform(actor, coupons.create, body)
    return Done(gettext("Coupon %(code)s can be redeemed.", code=made.code), Ref("coupon", made.id))


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise invalid("valid_to", gettext("'%(text)s' is no day; write it as 2026-12-31.", text=text)) from None


async def end(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    coupon = await backend.perform(actor, coupons.end, pk)
    return gettext("Nobody redeems %(code)s any more; whoever has it keeps it.", code=coupon.code)


async def withdraw(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    actor.require("coupons:manage")
    known = await backend.ask(actor, coupons.redemptions, pk, PageRequest(1, 200))
    wanted = given.get("redemption", "").strip()
    if wanted not in {row.id for row in known.items}:
        raise invalid("redemption", gettext("'%(wanted)s' is no redemption of this coupon.", wanted=wanted))
    found = await backend.perform(actor, coupons.withdraw, wanted)
    return gettext("%(code)s was taken back: the next period costs its price.", code=found.code)


def said_reduction(coupon: Coupon | CouponOut) -> str:
    """Say what a coupon takes off."""
    if coupon.percent is not None:
        return f"{formatting.number(coupon.percent)} %"
    return formatting.money(coupon.amount_cents or 0, coupon.currency or "EUR")


@dataclass(frozen=True, slots=True)
class CouponPage:
    """A coupon with what became of it, and who has it."""

    coupon: Coupon
    shown: CouponOut
    redemptions: Sequence[CouponRedemption]
    plans: Sequence[str]
    names: Mapping[str, str]
    timeline: Timeline

    @property
    def reduction(self) -> str:
        return said_reduction(self.coupon)


class CouponView(ControlView, model=Coupon):
    name, name_plural, icon = "Coupon", "Coupons", "price-overrides"
    category, rank = MenuGroup.catalogue, 65
    about = "What sellers take off the base price of subscriptions, for whoever has the code."
    when_empty = "No coupon was made yet. What one takes off never changes; it is ended, and another one is made."
    prefix = "cpn"
    permission = "coupons:read"
    details_template = "console/coupon.html"
    searched = (Coupon.code, Coupon.name, Coupon.id)
    search_hint = "code, name or id"
    columns = (
        ListColumn("Code", lambda row: row.code, Coupon.code, "link"),
        ListColumn("Name", lambda row: row.name),
        named_column("Seller", "partner", "partner_id"),
        ListColumn("Takes off", said_reduction, None, "number"),
        ListColumn("Periods", lambda row: formatting.count(row.periods) if row.periods else "∞", None, "number"),
        ListColumn("Until", lambda row: formatting.day(row.valid_to), Coupon.valid_to),
        ListColumn("Status", lambda row: "ended" if row.ended_at else "active", None, "status"),
        day_column("Created", "created_at", Coupon.created_at),
    )
    narrowing = (ListFilter("partner", "Seller", lambda value: Coupon.partner_id == value, kind="partner"),)
    verbs = (
        VerbButton(
            "create",
            "New coupon",
            "coupons:manage",
            "Whoever has the code redeems it once, for a subscription; what it takes off never changes.",
            create,
            [
                Field("partner_id", "Seller", "partner", required=False, hint="Empty: your own."),
                Field("code", "Code", hint="Letters, digits, - and _; upper and lower case are one."),
                Field("name", "Name", hint="What invoices say."),
                Field("percent", "Per cent", required=False, hint="Such as 25 or 12.5; or an amount."),
                Field("amount", "Amount", required=False, hint="In major units, such as 12.50."),
                Field("currency", "Currency", required=False, hint="Of the amount and of the budget."),
                Field("periods", "Periods", "number", required=False, hint="Empty: all there will be."),
                Field(
                    "plans", "Plans", "lines", required=False, hint="One key a line, such as scaidrive.pro; empty: all."
                ),
                Field("is_stackable", "With other coupons", "choice", choices=("no", "yes")),
                Field("max_redemptions", "Redeemed at most", "number", required=False),
                Field("budget", "Budget", required=False, hint="Nobody redeems it once it gave so much."),
                Field("valid_to", "Until", "date", required=False),
            ],
            of_list=True,
        ),
        VerbButton(
            "end",
            "End",
            "coupons:manage",
            "Nobody redeems it any more; whoever has it keeps what it promised.",
            end,
            danger=True,
        ),
        VerbButton(
            "withdraw",
            "Take back from one",
            "coupons:manage",
            "The period that runs stays as it is charged; the next one costs its price.",
            withdraw,
            [Field("redemption", "Redemption", hint="Its id, as the table names it.")],
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Coupon]:
        uow.authorize(self.permission)
        return coupons.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> CouponPage:
        uow.authorize(self.permission)
        coupon = await coupons.get(uow, pk)
        (shown,) = await coupons.shown(uow, [coupon])
        redeemed = (await coupons.redemptions(uow, pk, PageRequest(1, _SHOWN))).items
        refs = [Ref("partner", coupon.partner_id), *(Ref("tenant", row.tenant_id) for row in redeemed)]
        plans = await catalog.plans_by_id(uow, coupon.plan_ids)
        keys = sorted(plan.key for plan in plans.values())
        return CouponPage(coupon, shown, redeemed, keys, await names_of(uow, refs), await timeline_of(uow, pk))

    def title_of(self, detail: CouponPage) -> str:
        return detail.coupon.code

    def actions_of(self, detail: CouponPage) -> Sequence[str]:
        taken_back = ["withdraw"] if any(row.ended_at is None for row in detail.redemptions) else []
        return taken_back if detail.coupon.ended_at else ["end", *taken_back]


VIEWS = (CouponView,)
