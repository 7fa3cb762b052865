from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import subscriptions, tenants
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.schemas import AdminCancelIn, AdminResumeIn, ChangePlanIn, SuspendIn

from . import formatting
from .base import ControlView, ListColumn, ListFilter, amount_column, day_column, named_column
from .language import gettext
from .menu import MenuGroup
from .timeline import timeline_of
from .verbs import Field, VerbButton

Given = Mapping[str, str]
REASON = Field("reason", "Reason", "long", hint="Kept in the audit log.")


async def change_plan(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    quantity = given.get("quantity") or None
    data = ChangePlanIn.model_validate({
        "plan_key": given.get("plan") or None,
        "quantity": int(quantity) if quantity and quantity.isdecimal() else quantity,
        "when": given.get("when") or None,
    })  # fmt: skip

    async def verb(uow: UnitOfWork) -> Subscription:
        return await subscriptions.change_plan(uow, pk, plan=data.plan, quantity=data.quantity, when=data.when)

    done = await backend.perform(actor, verb)
    if done.pending_plan_key:
        last = formatting.day(done.current_period_last_day)
        return gettext(
            "%(name)s becomes %(pending_plan_key)s × %(pending_quantity)s after %(last)s.",
            name=_name(done),
            pending_plan_key=done.pending_plan_key,
            pending_quantity=done.pending_quantity,
            last=last,
        )
    return gettext(
        "%(name)s is %(plan_key)s × %(quantity)s.", name=_name(done), plan_key=done.plan_key, quantity=done.quantity
    )


async def cancel(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    data = AdminCancelIn.model_validate({"reason": given.get("reason") or None})
    done = await backend.perform(actor, subscriptions.cancel, pk, data.reason)
    ends = done.pending_cancellation_at
    return (
        gettext("%(name)s runs out on %(ends)s.", name=_name(done), ends=formatting.moment(ends))
        if ends
        else gettext("%(name)s is cancelled.", name=_name(done))
    )


async def cancel_now(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    data = AdminCancelIn.model_validate({"reason": given.get("reason") or None})
    done = await backend.perform(actor, subscriptions.cancel, pk, data.reason, immediate=True)
    return gettext("%(name)s is cancelled.", name=_name(done))


async def resume(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    data = AdminResumeIn.model_validate(
        {"override_arrears": given.get("override_arrears") == "on", "reason": given.get("reason") or None}
    )

    async def verb(uow: UnitOfWork) -> Subscription:
        return await subscriptions.resume(uow, pk, override_arrears=data.override_arrears, reason=data.reason)

    return gettext("%(name)s goes on.", name=_name(await backend.perform(actor, verb)))


async def suspend(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    data = SuspendIn.model_validate({"reason": given.get("reason", "")})
    return gettext(
        "%(name)s is suspended.", name=_name(await backend.perform(actor, subscriptions.suspend, pk, data.reason))
    )


def _name(subscription: Subscription) -> str:
    return gettext("Subscription %(id)s", id=subscription.id)


class SubscriptionView(ControlView, model=Subscription):
    name, name_plural, icon = "Subscription", "Subscriptions", "subscriptions"
    category, rank = MenuGroup.customers, 30
    about = "Who uses which service, under which plan, until when."
    prefix = "sub"
    permission = "subscriptions:administer"
    details_template = "console/subscription.html"
    searched = (Subscription.id, Subscription.tenant_id, Subscription.external_reference)
    search_hint = "id, tenant or reference"
    presets = (("Past due", "status=past_due"), ("In trial", "status=trialing"), ("Ending", "status=cancelling"))
    columns = (
        ListColumn("Plan", lambda row: row.plan_key, None, "link"),
        ListColumn("Status", lambda row: row.status, Subscription.status, "status"),
        named_column("Tenant", "tenant", "tenant_id", Subscription.tenant_id),
        ListColumn("Quantity", lambda row: formatting.count(row.quantity), Subscription.quantity, "number"),
        amount_column("Monthly", "mrr_amount_cents"),
        day_column("Paid through", "current_period_last_day", Subscription.current_period_last_day),
        ListColumn("Reference", lambda row: row.external_reference or formatting.NOTHING),
        day_column("Created", "created_at", Subscription.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: Subscription.status == value, list(SubscriptionStatus)),
        ListFilter("currency", "Currency", lambda value: Subscription.currency == value.upper()),
        ListFilter("plan", "Plan", lambda value: Subscription.plan_id == value),
        ListFilter("tenant", "Tenant", lambda value: Subscription.tenant_id == value, kind="tenant"),
        ListFilter("service", "Service", lambda value: Subscription.service_id == value, kind="service"),
    )
    verbs = (
        VerbButton(
            "change_plan",
            "Change plan",
            "subscriptions:change",
            "The right to use changes at once. A plan of another interval begins a period of its own today; the days "
            "of this one that are not used are credited; what that holds beyond the charges becomes a credit note.",
            change_plan,
            [
                Field("plan", "Plan", required=False, hint="Its key; without one the plan stays."),
                Field("quantity", "Quantity", "number", required=False),
                Field("when", "When", required=False, hint="now, or period_end to let all of it wait for that."),
            ],
        ),
        VerbButton(
            "cancel",
            "Cancel",
            "subscriptions:cancel",
            "It runs out at the end of its paid period; a trial ends at once. Until then it can be resumed.",
            cancel,
            [REASON],
            danger=True,
        ),
        VerbButton(
            "cancel_now",
            "Cancel now",
            "subscriptions:administer",
            "It ends at once, whatever has been paid for. Usage so far is charged with the next run. This is final.",
            cancel_now,
            [REASON],
            danger=True,
        ),
        VerbButton(
            "suspend",
            "Suspend",
            "subscriptions:administer",
            "The tenant may not use the service until it is resumed.",
            suspend,
            [REASON],
            danger=True,
        ),
        VerbButton(
            "resume",
            "Resume",
            "subscriptions:resume",
            "A scheduled cancellation is undone, or a suspension ends.",
            resume,
            [
                Field("reason", "Reason", "long", required=False, hint="Needed to resume in spite of arrears."),
                Field("override_arrears", "Resume although an invoice is past due", "check", required=False),
            ],
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Any]:
        uow.authorize(self.permission)
        return subscriptions.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> dict[str, Any]:
        uow.authorize(self.permission)
        found = await subscriptions.get(uow, pk)
        return {
            "subscription": subscriptions.shown(uow.actor, found),
            "plan": found.plan,
            "tenant": (await tenants.names(uow, [found.tenant_id])).get(found.tenant_id, found.tenant_id),
            "periods": await subscriptions.periods_of(uow, pk),
            "timeline": await timeline_of(uow, pk),
        }

    def title_of(self, detail: dict[str, Any]) -> str:
        return gettext("%(plan_key)s of %(tenant)s", plan_key=detail["subscription"].plan_key, tenant=detail["tenant"])

    def actions_of(self, detail: dict[str, Any]) -> Sequence[str]:
        actions: list[str] = detail["subscription"].available_actions
        return actions


VIEWS = (SubscriptionView,)
