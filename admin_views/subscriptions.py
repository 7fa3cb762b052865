from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, provisioning, subscriptions, tenants
from scaicontrol.services.provisioning import Subscribed
from scaicontrol.services.subscriptions import Override, PlannedChange
from scaicontrol.services.subscriptions.lifecycle import TERMINAL, SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads import runs_at
from scaicontrol.services.subscriptions.schemas import (
    AdminCancelIn,
    AdminResumeIn,
    ChangePlanIn,
    OverrideIn,
    SubscriptionCreateIn,
    SuspendIn,
)
from scaicontrol.services.tenants.reads import is_in_country

from . import formatting
from .base import ControlView, ListColumn, ListFilter, amount_column, code_filter, day_column, named_column
from .forms import number_of
from .language import gettext
from .menu import MenuGroup
from .moments import filter_moment
from .names import Ref
from .subscription_states import drawn, moves_from
from .timeline import timeline_of
from .verbs import Detail, Done, Field, VerbButton, cents_of

Given = Mapping[str, str]
REASON = Field("reason", "Reason", "long", hint="Kept in the audit log; of a state the tenant reads it.")
TOLD = (
    Field("reason", "Reason", "long", hint="The tenant reads it."),
    Field("note", "Note for the record", "long", required=False, hint="For the audit log; the tenant never reads it."),
)


async def create(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    plan = await backend.ask(actor, catalog.plan_by, given.get("plan", ""))
    quantity = number_of(given, "quantity")
    body = SubscriptionCreateIn.model_validate(
        {
            "tenant_id": given.get("tenant", ""),
            "plan_id": plan.id,
            "quantity": 1 if quantity is None else quantity,
            "trial_days": number_of(given, "trial_days"),
            "unit_price_cents": cents_of(given.get("unit_price", ""), plan.currency),
            "external_reference": given.get("external_reference") or None,
        }
    )

    async def verb(uow: UnitOfWork) -> Subscribed:
        return await provisioning.subscribe(
            uow,
            body.chosen,
            tenant_id=body.tenant_id,
            quantity=body.quantity,
            trial_days=body.trial_days,
            unit_price_cents=body.unit_price_cents,
            external_reference=body.external_reference,
        )

    made = (await backend.perform(actor, verb)).subscription
    said = gettext("%(plan)s is ordered; the service is being set up.", plan=plan.key)
    return Done(said, Ref("subscription", made.id))


async def change_plan(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = _change_of(given)

    async def verb(uow: UnitOfWork) -> Subscription:
        return await subscriptions.change_plan(uow, pk, plan=body.plan, quantity=body.quantity, when=body.when)

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


async def preview_change(backend: Backend, actor: Actor, pk: str, given: Given) -> Sequence[tuple[str, str]]:
    """Say what a change costs and when it begins, as the tenant reads it in the portal before it agrees."""
    body = _change_of(given)

    async def question(uow: UnitOfWork) -> PlannedChange:
        return await subscriptions.preview_change(uow, pk, plan=body.plan, quantity=body.quantity, when=body.when)

    planned = await backend.ask(actor, question)
    was, now = (
        gettext(
            "%(plan)s × %(quantity)s at %(price)s",
            plan=key,
            quantity=formatting.count(quantity),
            price=formatting.money(cents, planned.currency),
        )
        for key, quantity, cents in (
            (planned.previous_plan_key, planned.previous_quantity, planned.previous_unit_price_cents),
            (planned.plan_key, planned.quantity, planned.unit_price_cents),
        )
    )
    begins = gettext("at once") if planned.when == "now" else gettext("at the end of the paid period")
    said = [(gettext("Now"), was), (gettext("Then"), now), (gettext("May be used"), begins)]
    if planned.price_from:
        said.append((gettext("The price begins"), formatting.moment(planned.price_from)))
    if planned.credit_cents or planned.charge_cents:
        said.append((gettext("Credited for unused days"), formatting.money(planned.credit_cents, planned.currency)))
        said.append((gettext("Charged instead"), formatting.money(planned.charge_cents, planned.currency)))
    if planned.rest_goes_to:
        said.append((gettext("Given back by a credit note"), formatting.money(planned.rest_cents, planned.currency)))
    return said


def _change_of(given: Given) -> ChangePlanIn:
    body = ChangePlanIn.model_validate(
        {
            "plan_key": given.get("plan") or None,
            "quantity": number_of(given, "quantity"),
            "when": given.get("when") or None,
        }
    )
    body.require_any()
    return body


async def override(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    known = await backend.ask(actor, subscriptions.get, pk)
    plan = await backend.ask(actor, catalog.plan_by, given["plan"]) if given.get("plan") else None
    body = OverrideIn.model_validate(
        {
            "plan_id": plan.id if plan else None,
            "quantity": number_of(given, "quantity"),
            "unit_price_cents": cents_of(given.get("unit_price", ""), known.currency),
            "status": given.get("status") or None,
            "reason": given.get("reason", ""),
        }
    )
    wanted = Override(body.reason, body.plan_id, body.status, body.quantity, body.unit_price_cents)
    done = await backend.perform(actor, subscriptions.override, pk, wanted)
    return gettext(
        "%(name)s is %(status)s: %(plan)s × %(quantity)s.",
        name=_name(done),
        status=formatting.spoken(done.status),
        plan=done.plan_key,
        quantity=formatting.count(done.quantity),
    )


async def undo_change(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    done = await backend.perform(actor, subscriptions.undo_change, pk)
    return gettext(
        "%(name)s stays %(plan_key)s × %(quantity)s.", name=_name(done), plan_key=done.plan_key, quantity=done.quantity
    )


async def cancel(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = _cancel_of(given)
    done = await backend.perform(actor, subscriptions.cancel, pk, body.reason, note=body.note)
    ends = done.pending_cancellation_at
    return (
        gettext("%(name)s runs out on %(ends)s.", name=_name(done), ends=formatting.moment(ends))
        if ends
        else gettext("%(name)s is cancelled.", name=_name(done))
    )


async def cancel_now(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = _cancel_of(given)
    done = await backend.perform(actor, subscriptions.cancel, pk, body.reason, immediate=True, note=body.note)
    return gettext("%(name)s is cancelled.", name=_name(done))


def _cancel_of(given: Given) -> AdminCancelIn:
    return AdminCancelIn.model_validate({name: given.get(name) or None for name in ("reason", "note")})


async def resume(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    data = AdminResumeIn.model_validate(
        {"override_arrears": given.get("override_arrears") == "on", "reason": given.get("reason") or None}
    )

    async def verb(uow: UnitOfWork) -> Subscription:
        return await subscriptions.resume(uow, pk, override_arrears=data.override_arrears, reason=data.reason)

    return gettext("%(name)s goes on.", name=_name(await backend.perform(actor, verb)))


async def suspend(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = SuspendIn.model_validate({"reason": given.get("reason", ""), "note": given.get("note") or None})
    done = await backend.perform(actor, subscriptions.suspend, pk, body.reason, note=body.note)
    return gettext("%(name)s is suspended.", name=_name(done))


_WHEN: Final = (("now", "now"), ("period_end", "at the end of the paid period"))


def _reachable(detail: Detail) -> Sequence[str]:
    """Name the states that the map leads to from where a subscription is."""
    return [move.target for move in detail["moves"]] if detail else []


def _name(subscription: Subscription) -> str:
    return gettext("Subscription %(id)s", id=subscription.id)


class SubscriptionView(ControlView, model=Subscription):
    name, name_plural, icon = "Subscription", "Subscriptions", "subscriptions"
    category, rank = MenuGroup.customers, 30
    about = "Who uses which service, under which plan, until when."
    prefix = "sub"
    permission = "subscriptions:administer"
    details_template = "console/subscription.html"
    grows = True
    searched = (Subscription.id, Subscription.external_reference)
    search_hint = "id or reference"
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
        code_filter("currency", "Currency", Subscription.currency),
        ListFilter("country", "Country", lambda value: is_in_country(Subscription.tenant_id, value)),
        ListFilter("runs_at", "Paid for at", lambda value: runs_at(filter_moment(value)), kind="datetime-local"),
        ListFilter("plan", "Plan", lambda value: Subscription.plan_id == value, kind="plan"),
        ListFilter("tenant", "Tenant", lambda value: Subscription.tenant_id == value, kind="tenant"),
        ListFilter("service", "Service", lambda value: Subscription.service_id == value, kind="service"),
    )
    verbs = (
        VerbButton(
            "create",
            "Subscribe a tenant",
            "subscriptions:administer",
            "The service is set up at once and charged from today; also a plan that is not in the catalogue, at the "
            "price and with the days of trial that were agreed.",
            create,
            [
                Field("tenant", "Tenant", "tenant", hint="Its name or id."),
                Field("plan", "Plan", "plan", hint="Its key or a part of its name, such as scaidrive.pro."),
                Field("quantity", "Quantity", "number", value="1"),
                Field("trial_days", "Days of trial", "number", required=False, hint="Empty: as the plan has it."),
                Field(
                    "unit_price", "Agreed unit price", required=False, hint="Empty: as the plan and partner have it."
                ),
                Field("external_reference", "Reference", required=False, hint="Such as the tenant's order number."),
            ],
            of_list=True,
        ),
        VerbButton(
            "change_plan",
            "Change plan",
            "subscriptions:change",
            "The right to use changes at once. A plan of another interval begins a period of its own today; the days "
            "of this one that are not used are credited; what that holds beyond the charges becomes a credit note.",
            change_plan,
            [
                Field("plan", "Plan", "plan", required=False, hint="Its key; without one the plan stays."),
                Field("quantity", "Quantity", "number", required=False, hint="Without one it stays."),
                Field("when", "When", "choice", required=False, choices=_WHEN, hint="Empty: now, where it can be."),
            ],
            preview=preview_change,
        ),
        VerbButton(
            "override",
            "Override",
            "subscriptions:administer",
            "What was agreed with the tenant holds whatever its term says: a plan and quantity at once, a price from "
            "the next period. The state moves along the arrows of the map only.",
            override,
            [
                Field("plan", "Plan", "plan", required=False, hint="Without one it stays."),
                Field("quantity", "Quantity", "number", required=False, hint="Without one it stays."),
                Field("unit_price", "Unit price", required=False, hint="In major units, such as 12.50; else it stays."),
                Field("status", "State", "choice", required=False, choices=_reachable),
                REASON,
            ],
            danger=True,
        ),
        VerbButton(
            "undo_change",
            "Undo scheduled change",
            "subscriptions:change",
            "The change that waits for the end of the period is given up; the subscription goes on as it is.",
            undo_change,
        ),
        VerbButton(
            "cancel",
            "Cancel",
            "subscriptions:cancel",
            "It runs out at the end of its paid period; a trial ends at once. Until then it can be resumed.",
            cancel,
            TOLD,
            danger=True,
            bulk=True,
        ),
        VerbButton(
            "cancel_now",
            "Cancel now",
            "subscriptions:administer",
            "It ends at once, whatever has been paid for. Usage so far is charged with the next run. This is final.",
            cancel_now,
            TOLD,
            danger=True,
        ),
        VerbButton(
            "suspend",
            "Suspend",
            "subscriptions:administer",
            "The tenant may not use the service until it is resumed.",
            suspend,
            TOLD,
            danger=True,
            bulk=True,
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
            bulk=True,
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
            "diagram": drawn(found.status),
            "moves": moves_from(found.status),
            "timeline": await timeline_of(uow, pk),
        }

    def title_of(self, detail: Detail) -> str:
        return gettext("%(plan_key)s of %(tenant)s", plan_key=detail["subscription"].plan_key, tenant=detail["tenant"])

    def actions_of(self, detail: Detail) -> Sequence[str]:
        shown = detail["subscription"]
        is_overridable = shown.status not in TERMINAL and not shown.pack_subscription_id
        return [*shown.available_actions, *(["override"] if is_overridable else [])]


VIEWS = (SubscriptionView,)
