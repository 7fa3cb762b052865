from functools import partial
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, packs, provisioning, subscriptions, usage
from scaicontrol.services.billing.schemas import ChangePreviewOut
from scaicontrol.services.packs.schemas import PackSubscriptionOut
from scaicontrol.services.provisioning import Subscribed
from scaicontrol.services.subscriptions import Override, PlannedChange
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.schemas import (
    AdminCancelIn,
    AdminResumeIn,
    BulkIn,
    BulkOut,
    CancelIn,
    ChangePlanIn,
    OverrideIn,
    PlannedChangeOut,
    SubscribedOut,
    SubscribeIn,
    SubscriptionCreateIn,
    SubscriptionDetailOut,
    SubscriptionFilter,
    SubscriptionOut,
    SuspendIn,
    TermsIn,
)
from scaicontrol.services.usage.schemas import QuotaStatusOut

from .door import One, Paged, Paging, Router, narrowing

router = Router("/subscriptions", tags=["subscriptions"])
admin = Router("/admin/subscriptions", tags=["admin-subscriptions"])


class SubscriptionStoryOut(SubscriptionDetailOut):
    """A subscription with its plan, what was used in this period, and its story, newest first."""

    model_config = ConfigDict(json_schema_extra=SubscriptionDetailOut.model_config["json_schema_extra"])

    usage: list[QuotaStatusOut] = Field(default_factory=list)


async def _story(uow: UnitOfWork, subscription_id: str) -> SubscriptionStoryOut:
    told = await subscriptions.detail(uow, subscription_id)
    used: list[Any] = []
    if uow.actor.may("usage:read") and told.is_entitled:
        used = await usage.quotas(uow, told.tenant_id, service_slug=told.service_slug)
    return SubscriptionStoryOut.model_validate({**dict(told), "usage": used}, from_attributes=True)


async def _subscribed(uow: UnitOfWork, done: Subscribed) -> SubscribedOut:
    shown = await subscriptions.stored(uow, done.subscription)
    return SubscribedOut.model_validate(shown.model_dump() | {"workflow_id": done.workflow.id})


@router.get("", response_model=Paged[SubscriptionOut], permission="subscriptions:read", summary="List subscriptions")
async def index(
    uow: UnitOfWork, paging: Paging, status: SubscriptionStatus | None = None, service_slug: str | None = None
) -> Page[SubscriptionOut]:
    wanted = checked(SubscriptionFilter, status=status, service_slug=service_slug)
    page = await subscriptions.page(uow, paging, wanted)
    return page.shown(partial(subscriptions.shown, uow.actor))


@router.get(
    "/{subscription_id}",
    response_model=One[SubscriptionStoryOut],
    permission="subscriptions:read",
    summary="Show a subscription with plan, usage and timeline",
)
async def show(uow: UnitOfWork, subscription_id: str) -> SubscriptionStoryOut:
    return await _story(uow, subscription_id)


@router.post(
    "",
    response_model=One[SubscribedOut],
    status_code=201,
    permission="subscriptions:subscribe",
    keyed=True,
    summary="Subscribe to a plan",
)
async def subscribe(uow: UnitOfWork, body: SubscribeIn) -> SubscribedOut:
    """A billing profile is needed first; one live subscription per service. Its workflow tells when it is ready."""
    done = await provisioning.subscribe(
        uow,
        body.chosen,
        quantity=body.quantity,
        payment_method_id=body.payment_method_id,
        external_reference=body.external_reference,
        coupon=body.coupon,
    )
    return await _subscribed(uow, done)


@router.post(
    "/{subscription_id}/change-plan",
    response_model=One[SubscriptionOut | PlannedChangeOut],
    permission="subscriptions:change",
    keyed=True,
    summary="Change plan or quantity, or preview it",
)
async def change_plan(uow: UnitOfWork, subscription_id: str, body: ChangePlanIn) -> SubscriptionOut | PlannedChange:
    """
    The right changes at once, the price with the next period; a plan of another interval begins a period of its own.

    With `when` set to `period_end` all of it waits for the end of the paid period. A `plan_hash` that no longer fits is
    a conflict.
    """
    body.require_any()
    if body.preview:
        return await subscriptions.preview_change(
            uow, subscription_id, plan=body.plan, quantity=body.quantity, when=body.when
        )
    changed = await subscriptions.change_plan(
        uow, subscription_id, plan=body.plan, quantity=body.quantity, when=body.when, plan_hash=body.plan_hash
    )
    return await subscriptions.stored(uow, changed)


@router.post(
    "/{subscription_id}/preview-change",
    response_model=One[ChangePreviewOut],
    permission="subscriptions:change",
    summary="Preview a change with the documents that follow it",
)
async def preview_change(backend: Backend, actor: Actor, subscription_id: str, body: TermsIn) -> ChangePreviewOut:
    """Nothing is changed. `plan_hash` applies exactly this; `documents` are the next ones, with lines and VAT."""
    return await billing.preview_change(backend, actor, subscription_id, body)


@router.post(
    "/{subscription_id}/undo-change",
    response_model=One[SubscriptionOut],
    permission="subscriptions:change",
    keyed=True,
    summary="Undo a change that waits for the end of the period",
)
async def undo_change(uow: UnitOfWork, subscription_id: str) -> SubscriptionOut:
    """The subscription goes on as it is; refused where no change waits."""
    return await subscriptions.stored(uow, await subscriptions.undo_change(uow, subscription_id))


@router.post(
    "/{subscription_id}/cancel",
    response_model=One[SubscriptionOut],
    permission="subscriptions:cancel",
    keyed=True,
    summary="Cancel at the end of the period; a trial at once",
)
async def cancel(uow: UnitOfWork, subscription_id: str, body: CancelIn | None = None) -> SubscriptionOut:
    cancelled = await subscriptions.cancel(uow, subscription_id, body.reason if body else None)
    return await subscriptions.stored(uow, cancelled)


@router.post(
    "/{subscription_id}/resume",
    response_model=One[SubscriptionOut],
    permission="subscriptions:resume",
    keyed=True,
    summary="Undo a scheduled cancellation",
)
async def resume(uow: UnitOfWork, subscription_id: str) -> SubscriptionOut:
    return await subscriptions.stored(uow, await subscriptions.resume(uow, subscription_id))


@admin.get(
    "", response_model=Paged[SubscriptionOut], permission="subscriptions:administer", summary="List subscriptions"
)
async def admin_index(
    uow: UnitOfWork, paging: Paging, wanted: Annotated[SubscriptionFilter, narrowing(SubscriptionFilter)]
) -> Page[SubscriptionOut]:
    page = await subscriptions.page(uow, paging, wanted)
    return page.shown(partial(subscriptions.shown, uow.actor))


@admin.get(
    "/{subscription_id}",
    response_model=One[SubscriptionStoryOut | PackSubscriptionOut],
    permission="subscriptions:administer",
    summary="Show a subscription with its timeline, or one of a pack",
)
async def admin_show(uow: UnitOfWork, subscription_id: str) -> SubscriptionStoryOut | PackSubscriptionOut:
    """A `psb_` id shows the pack subscription with everything in it; the verbs below take it, too."""
    if packs.is_pack(subscription_id):
        return (await packs.shown(uow, [await packs.get_subscription(uow, subscription_id)]))[0]
    return await _story(uow, subscription_id)


@admin.post(
    "",
    response_model=One[SubscribedOut],
    status_code=201,
    permission="subscriptions:administer",
    keyed=True,
    summary="Subscribe a tenant",
)
async def create(uow: UnitOfWork, body: SubscriptionCreateIn) -> SubscribedOut:
    """Also to a plan that is not public, for agreed trial days and an agreed price."""
    done = await provisioning.subscribe(
        uow,
        body.chosen,
        tenant_id=body.tenant_id,
        quantity=body.quantity,
        trial_days=body.trial_days,
        unit_price_cents=body.unit_price_cents,
        external_reference=body.external_reference,
        coupon=body.coupon,
    )
    return await _subscribed(uow, done)


@admin.post(
    "/bulk",
    response_model=One[BulkOut],
    permission="subscriptions:administer",
    keyed=True,
    summary="Cancel, suspend or resume many",
)
async def bulk(backend: Backend, actor: Actor, body: BulkIn) -> BulkOut:
    """Each in a transaction of its own; one refusal does not stop the others."""
    return await subscriptions.bulk(backend, actor, body.action, body.ids, body.reason)


@admin.post(
    "/{subscription_id}/override",
    response_model=One[SubscriptionOut],
    permission="subscriptions:administer",
    keyed=True,
    summary="Set plan, state, quantity or price",
)
async def override(uow: UnitOfWork, subscription_id: str, body: OverrideIn) -> SubscriptionOut:
    """The state moves within the map only; a new price begins with the next period."""
    wanted = Override(body.reason, body.plan_id, body.status, body.quantity, body.unit_price_cents)
    return await subscriptions.stored(uow, await subscriptions.override(uow, subscription_id, wanted))


@admin.post(
    "/{subscription_id}/cancel",
    response_model=One[SubscriptionOut | PackSubscriptionOut],
    permission="subscriptions:administer",
    keyed=True,
    summary="Cancel at the end of the period, or at once",
)
async def admin_cancel(
    uow: UnitOfWork, subscription_id: str, body: AdminCancelIn | None = None, immediate: bool = False
) -> SubscriptionOut | PackSubscriptionOut:
    """Of a pack with everything in it."""
    wanted = body or AdminCancelIn()
    at_once = immediate or wanted.immediate
    if packs.is_pack(subscription_id):
        ended = await packs.cancel(uow, subscription_id, wanted.reason, immediate=at_once, note=wanted.note)
        return await packs.stored(uow, ended)
    done = await subscriptions.cancel(uow, subscription_id, wanted.reason, immediate=at_once, note=wanted.note)
    return await subscriptions.stored(uow, done)


@admin.post(
    "/{subscription_id}/resume",
    response_model=One[SubscriptionOut | PackSubscriptionOut],
    permission="subscriptions:administer",
    keyed=True,
    summary="Undo a scheduled cancellation or end a suspension",
)
async def admin_resume(
    uow: UnitOfWork, subscription_id: str, body: AdminResumeIn | None = None
) -> SubscriptionOut | PackSubscriptionOut:
    """Refused while an invoice is past due, unless that is overridden with a reason."""
    wanted = body or AdminResumeIn()
    if packs.is_pack(subscription_id):
        resumed = await packs.resume(
            uow, subscription_id, override_arrears=wanted.override_arrears, reason=wanted.reason
        )
        return await packs.stored(uow, resumed)
    done = await subscriptions.resume(
        uow, subscription_id, override_arrears=wanted.override_arrears, reason=wanted.reason
    )
    return await subscriptions.stored(uow, done)


@admin.post(
    "/{subscription_id}/suspend",
    response_model=One[SubscriptionOut | PackSubscriptionOut],
    permission="subscriptions:administer",
    keyed=True,
    summary="Suspend",
)
async def suspend(uow: UnitOfWork, subscription_id: str, body: SuspendIn) -> SubscriptionOut | PackSubscriptionOut:
    """Of a pack with everything in it."""
    if packs.is_pack(subscription_id):
        return await packs.stored(uow, await packs.suspend(uow, subscription_id, body.reason, note=body.note))
    suspended = await subscriptions.suspend(uow, subscription_id, body.reason, note=body.note)
    return await subscriptions.stored(uow, suspended)
