"""
What a registration does to metrics: words at once, kinds and units as a new version, priced ones only when approved.

Every writer here changes the row of its service, so that two of them clash on any node.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import column, select, table

from scaicontrol.core.errors import Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import PLATFORM_SQL, Capability

from .. import queries
from ..events import MetricChangeDecided, MetricChangeProposed
from ..lifecycle import MetricChangeLifecycle, MetricChangeStatus
from ..metrics import metric_versions
from ..models import MetricChange, MetricDifference, MetricMeaning, MetricVersion, Service

Metric = Mapping[str, str]

# The catalogue stands above the registry, so its models cannot be imported; these columns say what is priced.
_plans = table("plans", column("id"), column("service_id"), column("slug"))
_prices = table("plan_usage_pricing", column("plan_id"), column("metric_slug"))
_ASK_THE_CATALOGUE = Capability(
    "registry:priced_metrics", "Prices have no owner; whoever registers learns which of its own metrics are priced."
)
_MEANING = ("kind", "unit")


async def declare(uow: UnitOfWork, service: Service, wanted: Sequence[dict[str, str]]) -> bool:
    """Take over the metrics a service declares, as far as it may by itself; tell whether anything changed."""
    before = [dict(metric) for metric in service.metrics or ()]
    held = {metric["slug"]: metric for metric in before}
    meant = held | await _last(uow, service.id, {metric["slug"] for metric in wanted if metric["slug"] not in held})
    told = {metric["slug"]: metric for metric in wanted}
    moved = {slug for slug in meant.keys() & told.keys() if not _same(meant[slug], told[slug])}
    gone = held.keys() - told.keys()
    priced = await _priced(uow, service.id) if moved or gone else {}
    kept: list[dict[str, str]] = []
    waiting: list[MetricDifference] = []
    for slug, metric in told.items():
        if slug not in moved or slug not in priced:
            kept.append(dict(metric))
            continue
        waiting.append(_difference(slug, meant[slug], metric, priced[slug]))
        if slug in held:
            kept.append({**held[slug], "name": metric["name"]})
    for slug in sorted(gone & priced.keys()):
        waiting.append(_difference(slug, held[slug], None, priced[slug]))
        kept.append(held[slug])
    await _propose(uow, service, list(wanted), sorted(waiting, key=lambda each: str(each["metric_slug"])))
    await _put(uow, service, kept)
    return kept != before


def _same(one: Metric, other: Metric) -> bool:
    return all(one[name] == other[name] for name in _MEANING)


def _difference(slug: str, was: Metric, metric: Metric | None, plans: Sequence[str]) -> MetricDifference:
    return {
        "metric_slug": slug,
        "before": _meaning(was),
        "after": None if metric is None else _meaning(metric),
        "priced_by": list(plans),
    }


def _meaning(metric: Metric) -> MetricMeaning:
    return {"kind": metric["kind"], "unit": metric["unit"]}


def said(difference: MetricDifference) -> str:
    """Say one difference in words."""
    slug, after = difference["metric_slug"], difference["after"]
    if after is None:
        return f"{slug} is left out"
    pairs = zip(_MEANING, difference["before"].values(), after.values(), strict=True)
    moved = [f"{name} {before} becomes {following}" for name, before, following in pairs if before != following]
    return f"{slug}: {', '.join(moved)}"


async def _priced(uow: UnitOfWork, service_id: str) -> dict[str, list[str]]:
    """Name the metrics that some plan of the service prices, in any version, with those plans."""
    rows = await uow.session.execute(
        select(_prices.c.metric_slug, _plans.c.slug)
        .join_from(_prices, _plans, _plans.c.id == _prices.c.plan_id)
        .where(_plans.c.service_id == service_id)
        .distinct()
        .order_by(_prices.c.metric_slug, _plans.c.slug),
        execution_options={PLATFORM_SQL: _ASK_THE_CATALOGUE},
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for slug, plan in rows:
        found[slug].append(plan)
    return found


async def _last(uow: UnitOfWork, service_id: str, slugs: set[str]) -> dict[str, dict[str, str]]:
    """Give what metrics that were declared once, and are not now, last meant."""
    if not slugs:
        return {}
    versions = (await metric_versions(uow, [service_id])).get(service_id, {})
    return {slug: {name: getattr(versions[slug][-1], name) for name in _MEANING} for slug in slugs & versions.keys()}


async def _propose(
    uow: UnitOfWork, service: Service, wanted: list[dict[str, str]], waiting: list[MetricDifference]
) -> None:
    """Let what touches prices wait; the same wish again is the row that waits, or the answer it got."""
    newest = await queries.latest_metric_change(uow, service.id)
    if newest is not None and waiting and newest.status in UNHELD and newest.differences == waiting:
        newest.proposed = wanted
        return
    if newest is not None and (newest.status is MetricChangeStatus.pending or not waiting) and newest.can(_WITHDRAW):
        newest.advance(_WITHDRAW)
        service.config_version += 1
    if not waiting:
        return
    change = MetricChange(id=new_id("mch"), service_id=service.id, proposed=wanted, differences=waiting)
    uow.session.add(change)
    service.config_version += 1
    uow.emit(
        MetricChangeProposed(
            service_id=service.id,
            service_slug=service.slug,
            config_version=service.config_version,
            change_id=change.id,
            differences=[said(each) for each in waiting],
        )
    )


_WITHDRAW = MetricChangeLifecycle.withdraw.id
UNHELD = (MetricChangeStatus.pending, MetricChangeStatus.rejected)


async def _put(uow: UnitOfWork, service: Service, metrics: list[dict[str, str]]) -> None:
    """Let these be the metrics from now on: what means something else is a version of its own."""
    versions = (await metric_versions(uow, [service.id])).get(service.id, {})
    held = {metric["slug"]: metric for metric in service.metrics or ()}
    wanted = {metric["slug"]: metric for metric in metrics}
    for slug in sorted(held.keys() | wanted.keys()):
        before, after = held.get(slug), wanted.get(slug)
        known = list(versions.get(slug, ()))
        if before is not None and not known:  # declared before metrics had versions
            known.append(_version(service, before, 1, service.created_at))
            uow.session.add(known[-1])
        if before is not None and after is not None and _same(before, after):
            known[-1].name = after["name"]
            continue
        if before is not None:
            known[-1].holds_until = uow.now
        if after is not None:
            uow.session.add(_version(service, after, len(known) + 1, uow.now))
        if before is not None or known:  # a metric nobody ever measured rewrites nothing
            service.metrics_changed_at = uow.now
    service.metrics = metrics


def _version(service: Service, metric: Metric, number: int, since: datetime) -> MetricVersion:
    said_of = {name: metric[name] for name in ("name", "unit", "kind")}
    return MetricVersion(service_id=service.id, metric_slug=metric["slug"], number=number, holds_from=since, **said_of)


@verb
async def approve_metric_change(uow: UnitOfWork, change_id: str, reason: str | None = None) -> MetricChange:
    """
    Let priced metrics be what their service asked for, from now on; what was measured before stays as it was counted.

    Units are not converted: a price per unit counts the new ones. Plans that price a metric that goes keep the price,
    and nothing more is measured for it.

    Raises NotFound, Refused for what was decided already.
    """
    change, service = await _decided(uow, change_id, "approve", reason)
    await _put(uow, service, change.proposed)
    _tell(uow, service, change)
    return change


@verb
async def reject_metric_change(uow: UnitOfWork, change_id: str, reason: str) -> MetricChange:
    """
    Keep priced metrics as they are; the service is told why whenever it registers the same again.

    Raises NotFound, Refused for what was decided already.
    """
    change, service = await _decided(uow, change_id, "reject", reason)
    _tell(uow, service, change)
    return change


async def _decided(uow: UnitOfWork, change_id: str, event: str, reason: str | None) -> tuple[MetricChange, Service]:
    uow.authorize("services:approve")
    change = await queries.metric_change(uow, change_id)
    service = await queries.get(uow, change.service_id, lock=True)
    if not change.can(event):
        raise Refused(f"Cannot {event} {change}: it is {change.status}.")
    change.advance(event)
    change.decided_at, change.decided_by, change.reason = uow.now, uow.actor.id, reason
    service.config_version += 1
    return change, service


def _tell(uow: UnitOfWork, service: Service, change: MetricChange) -> None:
    uow.emit(
        MetricChangeDecided(
            service_id=service.id,
            service_slug=service.slug,
            config_version=service.config_version,
            change_id=change.id,
            status=change.status,
            differences=[said(each) for each in change.differences],
            reason=change.reason,
        ),
        before={"status": "pending"},
        after={"status": str(change.status)},
        reason=change.reason,
    )
