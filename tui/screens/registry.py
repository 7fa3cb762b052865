"""Services: whether they may be sold, whether they live, and who waits to be let in."""

from collections.abc import Sequence
from functools import partial

from scaicontrol.core.actor import Actor
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry
from scaicontrol.services.registry import ProbeResult
from scaicontrol.services.registry.lifecycle import WATCHED, HealthStatus, ServiceStatus
from scaicontrol.services.registry.models import Service

from ..columns import TableColumn
from ..verbs import REASON, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import minute, state
from .details import ReadScreen, TitledSection, fields, story, table
from .lists import ListScreen


def _let_in(given: object) -> str:
    """Show the metering key, which nobody can read again."""
    service, key = given if isinstance(given, tuple) else (given, None)
    if key is None:
        return f"{service} is let in; its key is issued when it registers again, since the vault is away."
    return f"{service} is let in. Its metering key, shown this once:\n\n{key}"


def _seen(given: object) -> str:
    if not isinstance(given, ProbeResult):
        return "It declares no health address; its heartbeats are all there is."
    answer = f"answered {given.status_code}" if given.status_code else f"did not answer: {given.error or 'no reason'}"
    return f"It {answer} after {given.latency_ms} ms, which is {'healthy' if given.is_healthy else 'not healthy'}."


VERBS = (
    VerbKey(
        "h",
        "probe",
        "registry:monitor",
        "Its health address is asked now, and what was seen is kept.",
        lambda door, row, _: door.run(registry.probe, row.id),
        rehearsed=False,
        told=_seen,
    ),
    VerbKey(
        "a",
        "approve",
        "services:approve",
        "It is let in and can be sold. Its metering key is shown once, in the next box.",
        lambda door, row, _: door.run(registry.approve, row.id),
        told=_let_in,
    ),
    VerbKey(
        "x",
        "reject",
        "services:approve",
        "It is turned away with the reason, and may register again.",
        lambda door, row, given: door.perform(registry.reject, row.id, given.text),
        asks=REASON,
        grave=True,
    ),
)


def _row(actor: Actor, found: Service) -> Row:
    is_watched = found.status in WATCHED
    unhealthy = is_watched and found.health_status is not HealthStatus.healthy
    return Row(
        found.id,
        f"service {found.slug}",
        str(found.status),
        (
            found.slug,
            state(str(found.status)),
            state(str(found.health_status)) if is_watched else "–",
            minute(found.last_heartbeat_at),
            str(found.consecutive_misses),
            found.version or "–",
        ),
        frozenset([*registry.offered(actor, found), *(["probe"] if is_watched else [])]),
        words="unhealthy" if unhealthy else "",
    )


class ServiceScreen(ReadScreen, verbs=VERBS):
    """One service: its standing, its last heartbeats and the latest looks at its health address."""

    console = "service"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await registry.get(uow, row_id)
        probes = (await registry.probes(uow, [row_id], 10)).get(row_id, [])
        said = fields(
            ("state", state(str(found.status))),
            ("health", state(str(found.health_status))),
            ("id", found.id),
            ("name", found.name),
            ("version", found.version),
            ("client", found.app_id),
            ("health address", found.health_check_url),
            ("last heartbeat", minute(found.last_heartbeat_at)),
            ("missed", found.consecutive_misses),
            ("approved", minute(found.approved_at)),
            ("rejected", found.rejected_reason),
        )
        seen = table(
            ("Looked", "Answer", "ms", "Error"),
            ((minute(p.probed_at), p.status_code or "–", p.latency_ms, p.error or "–") for p in probes),
            right=(1, 2),
            none="Nobody has looked at its health address.",
        )
        return _row(uow.actor, found), [("Service", said), ("Looks", seen), *await story(uow, row_id)]


class ServicesScreen(ListScreen, verbs=VERBS):
    called = "services"
    console = "service"
    detail = ServiceScreen
    states = tuple(ServiceStatus)
    sort = "slug"
    columns = (
        TableColumn("Service", 20, grows=True),
        TableColumn("State", 13),
        TableColumn("Health", 13),
        TableColumn("Last heartbeat", 16),
        TableColumn("Missed", 6, right=True),
        TableColumn("Version", 12, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        status = ServiceStatus(wanted.state) if wanted.state else None
        return (await registry.page(uow, request, status=status)).shown(partial(_row, uow.actor))
