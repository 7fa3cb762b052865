"""What a change of plan, quantity or both would do, and the documents that would follow it."""

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.rehearsal import rehearse
from scaicontrol.services import subscriptions
from scaicontrol.services.subscriptions.schemas import PlannedChangeOut, TermsIn

from ..schemas import ChangePreviewOut, PreviewOut
from .preview import Upcoming, upcoming


async def preview_change(backend: Backend, actor: Actor, subscription_id: str, wanted: TermsIn) -> ChangePreviewOut:
    """
    Make a change where nothing survives, and show it with the next documents as they would be written then.

    Its `plan_hash` applies exactly this change; the documents hold what else is due by then, too, and are left out for
    whoever may not read invoices. Raises what `change_plan` raises.
    """
    wanted.require_any()
    planned = await backend.ask(
        actor, subscriptions.preview_change, subscription_id,
        plan=wanted.plan, quantity=wanted.quantity, when=wanted.when,
    )  # fmt: skip

    async def done(stage: Backend) -> Upcoming:
        changed = await stage.perform(
            actor, subscriptions.change_plan, subscription_id,
            plan=wanted.plan, quantity=wanted.quantity, when=wanted.when,
        )  # fmt: skip
        if not actor.may("billing:preview"):
            return Upcoming()
        return await stage.ask(actor, upcoming, changed.tenant_id)

    follows = (await rehearse(backend, done)).result
    return ChangePreviewOut(
        **PlannedChangeOut.model_validate(planned).model_dump(exclude={"due_now_cents"}),
        documents=[PreviewOut.of(document, follows.day) for document in follows.documents],
    )
