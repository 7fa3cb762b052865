"""What a dangerous verb would do: planned and shown before it is done, and then done exactly so (contract §28.3)."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused
from scaicontrol.core.verbs import VerbCall
from scaicontrol.services import changes
from scaicontrol.services.changes.schemas import ChangePlanOut, FieldChange, PlanContent

from . import formatting
from .language import gettext
from .names import Ref

_NEW: Final = re.compile(r"_new\d+$")  # how a plan calls what it would make


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change plan as pages show it."""

    plan: ChangePlanOut

    @property
    def content(self) -> PlanContent:
        return self.plan.content

    def said(self, change: FieldChange, value: object) -> str:
        """Say a value of a changed field; an amount in the currency of its object, where the plan names one."""
        if isinstance(value, int) and not isinstance(value, bool) and (change.field or "").endswith("_cents"):
            found = {each.currency for each in self.content.money if each.resource_id == change.resource_id}
            found |= {
                each.currency
                for each in self.content.documents
                if each.document_id == change.resource_id and each.currency
            }
            found = found or {each.currency for each in self.content.totals}
            if len(found) == 1:
                return formatting.money(value, found.pop())
        return formatting.plain(value)

    def ref(self, change: FieldChange) -> Ref | None:
        """Name the object of a changed field; what is yet to be made has no page."""
        return None if _NEW.search(change.resource_id) else Ref("", change.resource_id)

    def takes_away(self, pk: str) -> bool:
        """Tell whether an object is no more once this is done."""
        rows = [each for each in self.content.changes if each.field is None and each.resource_id == pk]
        return any(each.after is None for each in rows)


async def show_change(
    backend: Backend, actor: Actor, press: Callable[[Backend], Awaitable[object]]
) -> ShownChange | None:
    """
    Plan what a press would do, and keep the plan; None where it calls nothing and leaves nothing.

    Raises what the verb refuses, and Refused where the press is not exactly one verb: it would be done unseen.
    """
    planned = await changes.plan_work(backend, actor, press)
    if planned.call is None:
        left = planned.recording
        if left.calls or left.facts or left.outside or left.rows():
            raise Refused(
                gettext("Nothing was done: what it does cannot be shown as one change. Do its parts one by one.")
            )
        return None
    # As it is read again when it is applied: a number may be stored otherwise than the page held it.
    call = VerbCall.read(planned.call.verb.name, planned.call.written())
    planned = await changes.plan_call(backend, actor, call)
    row = await changes.keep(backend, actor, call, planned.content)
    return ShownChange(changes.shown(actor, await backend.ask(actor, changes.get, row.id)))


async def do_as_shown(backend: Backend, actor: Actor, plan_id: str, plan_hash: str) -> ShownChange | None:
    """
    Do exactly what was shown, or nothing; None where another person has to agree first, who is asked by it.

    Raises PlanStale with what would differ, and whatever the verb refuses.
    """
    try:
        done = await changes.apply(backend, actor, plan_id, plan_hash)
    except ApprovalRequired:
        return None
    return ShownChange(changes.shown(actor, done))
