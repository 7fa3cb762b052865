from collections.abc import Mapping, Sequence

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import packs, provisioning, tenants
from scaicontrol.services.packs.models import PackSubscription
from scaicontrol.services.provisioning import PackSubscribed
from scaicontrol.services.subscriptions.schemas import AdminCancelIn, AdminResumeIn, SuspendIn

from . import formatting
from .base import ControlView, ListColumn, ListFilter, amount_column, day_column, known_filter, named_column
from .language import gettext
from .menu import MenuGroup
from .names import Ref
from .subscriptions import TOLD
from .timeline import timeline_of
from .verbs import Detail, Done, Field, VerbButton

Given = Mapping[str, str]


async def create(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    async def verb(uow: UnitOfWork) -> PackSubscribed:
        return await provisioning.subscribe_pack(uow, given.get("pack", ""), tenant_id=given.get("tenant", ""))

    done = await backend.perform(actor, verb)
    said = gettext("The tenant has pack %(slug)s as soon as each of its services is set up.", slug=done.held.pack_slug)
    return Done(said, Ref("pack-subscription", done.held.id))


async def cancel(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = AdminCancelIn.model_validate({"reason": given.get("reason") or None, "note": given.get("note") or None})
    held = await backend.perform(actor, packs.cancel, pk, body.reason, note=body.note)
    if held.cancelled_at is not None:
        return gettext("It has ended.")
    return gettext("It runs out on %(day)s.", day=formatting.day(held.current_period_last_day))


async def cancel_now(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = AdminCancelIn.model_validate({"reason": given.get("reason") or None, "note": given.get("note") or None})
    await backend.perform(actor, packs.cancel, pk, body.reason, immediate=True, note=body.note)
    return gettext("It has ended.")


async def suspend(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = SuspendIn.model_validate({"reason": given.get("reason", ""), "note": given.get("note") or None})
    await backend.perform(actor, packs.suspend, pk, body.reason, note=body.note)
    return gettext("Nothing in it may be used until it is resumed.")


async def resume(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = AdminResumeIn.model_validate(
        {"override_arrears": bool(given.get("override_arrears")), "reason": given.get("reason") or None}
    )
    await backend.perform(actor, packs.resume, pk, override_arrears=body.override_arrears, reason=body.reason)
    return gettext("It goes on.")


class PackSubscriptionView(ControlView, model=PackSubscription):
    name, name_plural, icon = "Pack subscription", "Pack subscriptions", "subscriptions"
    category, rank = MenuGroup.customers, 35
    about = "Who has which pack; each of its services is a subscription that lives with it."
    prefix = "psb"
    permission = "subscriptions:administer"
    details_template = "console/pack_subscription.html"
    searched = (PackSubscription.id, PackSubscription.tenant_id)
    search_hint = "id or tenant"
    columns = (
        ListColumn("Pack", lambda row: row.pack_slug, None, "link"),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("Status", lambda row: row.status, PackSubscription.status, "status"),
        amount_column("Price", "unit_price_cents", PackSubscription.unit_price_cents),
        ListColumn("Billed", lambda row: formatting.spoken(row.billing_period)),
        day_column("Paid through", "current_period_last_day"),
        day_column("Created", "created_at", PackSubscription.created_at),
    )
    narrowing = (
        known_filter("status", "Status", PackSubscription.status),
        ListFilter("tenant", "Tenant", lambda value: PackSubscription.tenant_id == value, kind="tenant"),
        ListFilter("partner", "Partner", lambda value: PackSubscription.partner_id == value, kind="partner"),
    )
    verbs = (
        VerbButton(
            "create",
            "Subscribe a tenant",
            "subscriptions:administer",
            "Its services are set up one by one; it may be used once all of them are, and is charged from then on.",
            create,
            [Field("tenant", "Tenant", "tenant"), Field("pack", "Pack", hint="Its slug or id.")],
            of_list=True,
        ),
        VerbButton(
            "cancel",
            "Cancel",
            "subscriptions:cancel",
            "It runs out with everything in it at the end of its paid period; a trial ends at once.",
            cancel,
            TOLD,
            danger=True,
            bulk=True,
        ),
        VerbButton(
            "cancel_now",
            "Cancel now",
            "subscriptions:administer",
            "It ends at once with everything in it, whatever has been paid for. This is final.",
            cancel_now,
            TOLD,
            danger=True,
        ),
        VerbButton(
            "suspend",
            "Suspend",
            "subscriptions:administer",
            "The tenant may use nothing in it until it is resumed.",
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

    def visible(self, uow: UnitOfWork) -> Select[PackSubscription]:
        uow.authorize(self.permission)
        return packs.visible_subscriptions(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> dict[str, object]:
        uow.authorize(self.permission)
        held = await packs.get_subscription(uow, pk)
        return {
            "held": (await packs.shown(uow, [held]))[0],
            "tenant": (await tenants.names(uow, [held.tenant_id])).get(held.tenant_id, held.tenant_id),
            "timeline": await timeline_of(uow, pk),
        }

    def title_of(self, detail: Detail) -> str:
        return gettext("%(plan_key)s of %(tenant)s", plan_key=detail["held"].pack_name, tenant=detail["tenant"])

    def actions_of(self, detail: Detail) -> Sequence[str]:
        actions: list[str] = detail["held"].available_actions
        return actions


VIEWS = (PackSubscriptionView,)
