"""The dated table of standard rates."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from scaicontrol.core.errors import Conflict, invalid
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from ..events import VatRateAdded
from ..models import VatRate
from ..places import EU_MEMBER_STATES, OWN_RATES
from ..rates import Rate, known_rates

_HIGHEST_RATE = Decimal(50)  # far above any standard rate; catches a per cent typed without its decimal point


async def seed_rates(uow: UnitOfWork) -> int:
    """Add the shipped rates that have no row yet and count them; a row that exists is never changed."""
    uow.authorize("vat_rates:manage")
    present = set(await uow.session.scalars(select(VatRate.id)))
    missing = [rate for rate in known_rates() if rate.id not in present]
    uow.session.add_all(_row(rate) for rate in missing)
    return len(missing)


@verb
async def add_rate(uow: UnitOfWork, new: Rate) -> VatRate:
    """
    Let a rate begin on a day; the one that held until then ends the day before.

    The shipped rates are stored first: a table with this row alone would know no other state.

    Raises Invalid for a country, territory or rate that cannot be, Conflict for a day that is not after the last one's.
    """
    uow.authorize("vat_rates:manage")
    if new.country_code not in EU_MEMBER_STATES:
        raise invalid("country_code", f"'{new.country_code}' is not a member state of the EU; Greece is GR here.")
    if not 0 < new.rate < _HIGHEST_RATE:
        raise invalid("rate", f"A standard VAT rate lies between 0 and {_HIGHEST_RATE} per cent, not {new.rate}.")
    if new.territory not in {"", *OWN_RATES.get(new.country_code, ())}:
        raise invalid("territory", f"'{new.territory}' has no rate of its own in {new.country_code}.")
    await seed_rates(uow)
    await uow.session.flush()
    newest_first = (
        select(VatRate)
        .where(VatRate.country_code == new.country_code, VatRate.territory == new.territory)
        .order_by(VatRate.valid_from.desc())
        .with_for_update()
    )
    last = (await uow.session.scalars(newest_first)).first()
    if last and last.valid_from >= new.valid_from:
        raise Conflict(f"A rate of {new.country_code} already begins on {last.valid_from}; a new one must begin later.")
    if last:
        last.valid_to = new.valid_from - timedelta(days=1)
    row = _row(new)
    uow.session.add(row)
    uow.emit(
        VatRateAdded(
            rate_id=row.id,
            country_code=new.country_code,
            territory=new.territory,
            rate=str(new.rate),
            valid_from=new.valid_from.isoformat(),
        )
    )
    return row


def _row(rate: Rate) -> VatRate:
    return VatRate(
        id=rate.id,
        country_code=rate.country_code,
        territory=rate.territory,
        rate=rate.rate,
        valid_from=rate.valid_from,
        valid_to=rate.valid_to,
        source=rate.source,
        checked_on=rate.checked_on,
    )
