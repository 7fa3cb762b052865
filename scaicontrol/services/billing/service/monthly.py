"""The monthly generator: one run per partner and invoice day, caught up when days were missed (contract §17)."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.logging import get_logger, log_failure
from scaicontrol.core.periods import add_months, civil_date, start_of_day
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.partners.reads import active_ids

from ..lifecycle import RunLifecycle, RunStatus
from ..models import BillingRun
from .apply import apply
from .plan import plan

_ACTOR = Actor.system("monthly_invoice_generator")
_HOUR = 2  # in the partner's time zone
# A run that was only planned, or is for some tenants only, has not billed the partner's day.
_BEGUN = (RunStatus.applying, RunStatus.applied, RunStatus.partially_applied)
_COMPUTED_WITHIN = timedelta(minutes=15)  # each chunk of tenants
log = get_logger(__name__)


async def generate(backend: Backend) -> int:
    """
    Plan and apply the runs that are due, and go on with those a crash interrupted; give how many were applied.

    A partner whose run fails is logged and tried again at the next tick; the others are billed.
    """
    done = 0
    await backend.perform(_ACTOR, give_up_dead)
    for run in await backend.ask(_ACTOR, interrupted):
        done += await _apply(backend, run)
    for partner_id, as_of in await backend.ask(_ACTOR, due):
        await backend.perform(_ACTOR, give_up_plans, partner_id)
        try:
            run = await plan(backend, _ACTOR, partner_id, as_of)
        except ControlError as error:
            log_failure(log, "billing_run_failed", error, partner_id=partner_id)
            continue
        done += await _apply(backend, run)
    return done


async def _apply(backend: Backend, run: BillingRun) -> int:
    try:
        await apply(backend, _ACTOR, run.id, str(run.plan_hash))
    except ControlError as error:
        log_failure(log, "billing_run_failed", error, partner_id=run.partner_id, run_id=run.id)
        return 0
    return 1


async def give_up_plans(uow: UnitOfWork, partner_id: str) -> None:
    """Close this job's own runs that were computed and never applied: a crash came between, and a new one follows."""
    uow.authorize("billing:apply")
    query = select(BillingRun).where(
        BillingRun.partner_id == partner_id,
        BillingRun.created_by == uow.actor.id,
        BillingRun.status.in_([RunStatus.computing, RunStatus.planned]),
    )
    for run in await uow.session.scalars(query.with_for_update()):
        run.advance(RunLifecycle.abort if run.status == RunStatus.computing else RunLifecycle.outdate)
        run.version += 1


async def give_up_dead(uow: UnitOfWork) -> int:
    """Close runs that whoever computed them left behind: each chunk of tenants is committed, and takes seconds."""
    uow.authorize("billing:apply")
    query = select(BillingRun).where(
        BillingRun.status == RunStatus.computing, BillingRun.updated_at <= uow.now - _COMPUTED_WITHIN
    )
    dead = list(await uow.session.scalars(query.with_for_update()))
    for run in dead:
        run.advance(RunLifecycle.abort)
        run.failure = "The process that computed it ended before it was done; plan it again."
        run.version += 1
    return len(dead)


async def interrupted(uow: UnitOfWork) -> list[BillingRun]:
    """Name the runs that were being applied when their process died."""
    uow.authorize("billing:apply")
    query = select(BillingRun).where(
        BillingRun.status == RunStatus.applying, BillingRun.updated_at <= uow.now - timedelta(minutes=30)
    )
    return list(await uow.session.scalars(query))


async def due(uow: UnitOfWork) -> list[tuple[str, datetime]]:
    """Name the partners whose invoice day has come since their last run, with the moment to bill as of."""
    uow.authorize("billing:apply")
    latest = (
        select(BillingRun.partner_id, func.max(BillingRun.as_of))
        .where(BillingRun.status.in_(_BEGUN), BillingRun.tenant_ids.is_(None))
        .group_by(BillingRun.partner_id)
    )
    last: dict[str, datetime] = {row[0]: row[1] for row in await uow.session.execute(latest)}
    found = []
    for partner_id in await active_ids(uow):
        terms = await partners.settings_of(uow, partner_id)
        as_of = invoice_moment(uow, terms)
        if partner_id not in last or last[partner_id] < as_of:
            found.append((partner_id, as_of))
    return found


def invoice_moment(uow: UnitOfWork, terms: PartnerConfiguration) -> datetime:
    """Give the end of the last closed day before the most recent invoice day whose hour has come."""
    day = civil_date(uow.now, terms.timezone).replace(day=terms.invoice_day)
    if uow.now < _runs_at(uow, day, terms):
        day = (day.replace(day=1) - timedelta(days=1)).replace(day=terms.invoice_day)
    return start_of_day(day, terms.timezone)


def next_moment(uow: UnitOfWork, terms: PartnerConfiguration, due: datetime) -> datetime:
    """Give the moment of the first run to come that bills what is due at a moment."""
    day = max(civil_date(uow.now, terms.timezone), civil_date(due, terms.timezone)).replace(day=terms.invoice_day)
    day = (day.replace(day=1) - timedelta(days=1)).replace(day=terms.invoice_day)
    while start_of_day(day, terms.timezone) < due or _runs_at(uow, day, terms) <= uow.now:
        day = add_months(day, 1, terms.invoice_day)
    return start_of_day(day, terms.timezone)


def moment_after(terms: PartnerConfiguration, moment: datetime) -> datetime:
    """Give the moment of the run a month after one."""
    return start_of_day(add_months(civil_date(moment, terms.timezone), 1, terms.invoice_day), terms.timezone)


def _runs_at(uow: UnitOfWork, day: date, terms: PartnerConfiguration) -> datetime:
    """
    Say when the run of an invoice day begins: at two o'clock, or once the use of the day before is closed.

    Earlier it would leave the use of every period that ends on that day to the run a month later.
    """
    hours = max(_HOUR, uow.settings.usage_close_delay_hours)
    return start_of_day(day, terms.timezone) + timedelta(hours=hours)
