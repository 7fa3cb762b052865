"""The inbox of change plans: what somebody wants done and another person decides about."""

from collections.abc import Iterator, Sequence
from functools import partial

from rich.console import Group, RenderableType
from rich.text import Text

from scaicontrol.core.actor import Actor
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import changes
from scaicontrol.services.changes.lifecycle import PlanStatus
from scaicontrol.services.changes.models import ChangePlan
from scaicontrol.services.changes.schemas import ChangePlanFilter, PlanContent

from ..columns import TableColumn
from ..previews import planned
from ..verbs import REASON, Row, VerbKey
from ..wanted import Wanted
from ..widgets.plain import plain
from ..widgets.states import minute, state
from .details import ReadScreen, TitledSection, fields, story, table
from .lists import ListScreen

VERBS = (
    VerbKey(
        "a",
        "approve",
        "changes:approve",
        "Whoever planned it may apply it, exactly as shown and once.",
        lambda door, row, given: door.perform(changes.approve, row.id, given.text or None),
        asks=f"{REASON}; it may be left out",
        is_optional=True,
    ),
    VerbKey(
        "x",
        "reject",
        "changes:approve",
        "Nothing of it happens; whoever planned it reads the reason.",
        lambda door, row, given: door.perform(changes.reject, row.id, given.text),
        asks=REASON,
        grave=True,
    ),
    VerbKey(
        "A",
        "apply",
        "changes:apply",
        "It is done exactly as shown; what would differ by now is named, and nothing is done.",
        lambda door, row, _: door.run(changes.apply, row.id, row.seen),
        grave=True,
    ),
)


def _row(actor: Actor, found: ChangePlan) -> Row:
    return Row(
        found.id,
        f"{found.action} of {found.created_by} ({found.id})",
        found.status,
        (
            found.action,
            state(found.status),
            found.created_by,
            (found.policy_rule or "–").replace("_", " "),
            minute(found.expires_at),
            minute(found.created_at),
        ),
        frozenset(changes.offered(actor, found)),
        seen=found.plan_hash,
        words=found.id,
    )


class ChangeScreen(ReadScreen, verbs=VERBS):
    """One change plan: who wants what, and everything it would leave."""

    console = "change-plan"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await changes.get(uow, row_id)
        shown = changes.shown(uow.actor, found)
        said = fields(
            ("state", state(shown.status)),
            ("id", shown.id),
            ("what", shown.action),
            ("with", ", ".join(f"{name} {value}" for name, value in shown.arguments.items() if value is not None)),
            ("planned by", shown.created_by),
            ("for", shown.on_behalf_of),
            ("why it waits", (shown.policy_rule or "").replace("_", " ")),
            ("expires", minute(shown.expires_at)),
            ("decided by", shown.decided_by),
            ("because", shown.decision_reason),
            ("went wrong", shown.error),
            ("hash", shown.plan_hash[:16]),
        )
        return _row(uow.actor, found), [
            ("Change plan", said),
            ("It would leave", _left(shown.content)),
            ("Rows", _rows(shown.content)),
            *await story(uow, row_id),
        ]


def _left(content: PlanContent) -> RenderableType:
    return Group(*_lines(content))


def _lines(content: PlanContent) -> Iterator[Text]:
    yield from planned(content)
    for fact in content.facts:
        yield Text.assemble(("fact     ", "dim"), plain(fact.topic, "bold"), plain(f"  {fact.resource_id}"))
    undone = {"yes": "can be undone", "no": "cannot be undone", "by_compensation": "is undone by another change"}
    yield plain(f"It {undone[content.reversible.kind]}: {content.reversible.action or content.action}.", "dim")


def _rows(content: PlanContent) -> RenderableType:
    return table(
        ("Object", "Field", "Before", "After"),
        (
            (each.resource_id, each.field or "all of it", _value(each.before), _value(each.after))
            for each in content.changes
        ),
        none="No row changes.",
    )


def _value(value: object) -> str:
    written = "–" if value is None else str(value)
    return written if len(written) <= 40 else written[:37] + "…"


class ChangesScreen(ListScreen, verbs=VERBS):
    called = "change plans"
    console = "change-plan"
    detail = ChangeScreen
    states = tuple(PlanStatus)
    columns = (
        TableColumn("What", 20, grows=True),
        TableColumn("State", 18),
        TableColumn("Planned by", 14),
        TableColumn("Why it waits", 22, wide=True),
        TableColumn("Expires", 16),
        TableColumn("Planned", 16, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        page = await changes.page(uow, request, checked(ChangePlanFilter, status=wanted.state))
        return page.shown(partial(_row, uow.actor))
