"""The monthly generator: one run per partner and invoice day, caught up when days were missed (contract §17)."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.periods import civil_date, start_of_day
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners
from scaicontrol.services.partners import Partner, PartnerConfiguration

from ..lifecycle import RunStatus
from ..models import BillingRun
from .apply import apply
from .plan import plan

_ACTOR = Actor.system("monthly_invoice_generator")
_HOUR = 2  # in the partner's time zone


async def generate(backend: Backend) -> int:
    """Plan and apply the runs that are due, and go on with those a crash interrupted; give how many were applied."""
    done = 0
    for run in await backend.ask(_ACTOR, interrupted):
        await apply(backend, _ACTOR, run.id, str(run.plan_hash))
        done += 1
    for partner_id, as_of in await backend.ask(_ACTOR, due):
        run = await plan(backend, _ACTOR, partner_id, as_of)
        await apply(backend, _ACTOR, run.id, str(run.plan_hash))
        done += 1
    return done


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
    latest = select(BillingRun.partner_id, func.max(BillingRun.as_of)).group_by(BillingRun.partner_id)
    last: dict[str, datetime] = {row[0]: row[1] for row in await uow.session.execute(latest)}
    found = []
    for partner_id in await uow.session.scalars(select(Partner.id).where(Partner.status == "active")):
        terms = await partners.settings_of(uow, partner_id)
        as_of = invoice_moment(terms, uow.now)
        if partner_id not in last or last[partner_id] < as_of:
            found.append((partner_id, as_of))
    return found


def invoice_moment(terms: PartnerConfiguration, now: datetime) -> datetime:
    """Give the end of the last closed day before the most recent invoice day whose hour has come."""
    today = civil_date(now, terms.timezone)
    day = today.replace(day=terms.invoice_day)
    if now < start_of_day(day, terms.timezone) + timedelta(hours=_HOUR):
        day = (day.replace(day=1) - timedelta(days=1)).replace(day=terms.invoice_day)
    return start_of_day(day, terms.timezone)
