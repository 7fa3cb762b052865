"""Exchange rates: what one euro was worth, for VAT that must be stated in the seller's own currency."""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from scaicontrol.core.errors import invalid
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tax
from scaicontrol.services.tax import exchange
from scaicontrol.services.tax.exchange import ReferenceRate
from scaicontrol.services.tax.models import ExchangeRate

from .door import command
from .moments import day_option

app = typer.Typer(
    name="exchange-rates", no_args_is_help=True, help="Reference rates of the European Central Bank (VAT Directive 91)."
)
_NINETY_DAYS = timedelta(days=90)


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    currency: Annotated[str | None, typer.Option(help="Only this ISO 4217 currency.")] = None,
    since: Annotated[date | None, day_option(help="First day.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 200,
) -> list[dict[str, Any]]:
    """List what one euro was worth, the newest day first."""
    wanted = currency.upper() if currency else None
    return [_shown(row) for row in await tax.exchange_rates(uow, wanted, since or None, limit)]


@command(app, changes=True)
async def add(
    uow: UnitOfWork,
    currency: Annotated[str, typer.Argument(help="ISO 4217 code, such as USD.")],
    rate: Annotated[str, typer.Argument(help="Units of it for one euro, such as 1.0837.")],
    on: Annotated[date, day_option(help="The day it was published for.")],
    source: Annotated[str, typer.Option(help="Who published it.")] = exchange.ECB,
    replace: Annotated[bool, typer.Option("--replace", help="Correct a rate that was entered wrongly.")] = False,
) -> dict[str, Any]:
    """Note what one euro was worth on a day."""
    new = ReferenceRate(currency.upper(), _decimal(rate), on, source)
    return _shown(await tax.add_exchange_rate(uow, new, replace=replace))


@command(app, "import", changes=True)
async def import_(
    uow: UnitOfWork,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="eurofxref*.xml or .csv of the ECB.")],
    since: Annotated[date | None, day_option(help="First day to take; default ninety days ago.")] = None,
) -> str:
    """Add the rates of a file that the European Central Bank publishes; days that are known stay as they are."""
    first: date = since or uow.now.date() - _NINETY_DAYS
    rates = [rate for rate in tax.read_ecb_file(file.read_bytes()) if rate.valid_on >= first]  # a small file, read once
    added = await tax.import_exchange_rates(uow, rates)
    return f"{added} rates added, {len(rates) - added} were known."


def _shown(row: ExchangeRate) -> dict[str, Any]:
    return {
        "currency": row.currency,
        "rate": f"{row.rate.normalize():f}",
        "valid_on": row.valid_on.isoformat(),
        "source": row.source,
    }


def _decimal(value: str) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise invalid("rate", f"'{value}' is not a number such as 1.0837.") from error
