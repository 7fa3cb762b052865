"""VAT rates: the dated table decisions are made with, and a look at a VAT number."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import invalid
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tax
from scaicontrol.services.tax import Rate
from scaicontrol.services.tax.models import VatRate

from .door import command
from .moments import day_option

app = typer.Typer(name="vat-rates", no_args_is_help=True, help="Standard VAT rates of the 27 states, and VAT numbers.")


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    country: Annotated[str | None, typer.Option(help="Only this member state; Greece is GR.")] = None,
    on: Annotated[date | None, day_option(help="Only what holds on this day.")] = None,
) -> list[dict[str, Any]]:
    """List the standard rates with the days they hold, their source, and when a person compared them with it."""
    stored = await tax.rates(uow)
    rates = [row.as_rate() for row in stored] or list(tax.known_rates())
    return [
        _shown(rate)
        for rate in rates
        if (country is None or rate.country_code == country.upper()) and (on is None or rate.holds_on(on))
    ]


@command(app, changes=True)
async def add(
    uow: UnitOfWork,
    country: Annotated[str, typer.Argument(help="Member state, such as NL; Greece is GR.")],
    rate: Annotated[str, typer.Argument(help="Per cent, such as 25.5.")],
    begins: Annotated[date, day_option("--from", help="The first day it holds.")],
    source: Annotated[str, typer.Option(help="Where the rate is published, with the entry's reference.")],
    territory: Annotated[str, typer.Option(help="azores, madeira or jungholz_mittelberg.")] = "",
    checked_on: Annotated[date | None, day_option(help="The day a person compared it with the source.")] = None,
) -> dict[str, Any]:
    """Let a standard rate begin on a day; the one before it ends the day before."""
    new = Rate(
        country.upper(),
        _per_cent(rate),
        begins,
        territory=territory,
        source=source,
        checked_on=checked_on or None,
    )
    row: VatRate = await tax.add_rate(uow, new)
    return _shown(row.as_rate())


@command(app)
async def check(
    backend: Backend,
    actor: Actor,
    vat_number: Annotated[str, typer.Argument(help="With its prefix, such as DE123456788.")],
    requester: Annotated[str | None, typer.Option(help="The seller's own number; gives a consultation number.")] = None,
) -> dict[str, Any]:
    """Check the form of a VAT number and ask VIES about it; nothing is stored, so it is no evidence for a document."""
    looked = await tax.look_up(backend, actor, vat_number, requester)
    return {
        "vat_number": looked.vat_number,
        "country": looked.country,
        "form": looked.problem or "as the member state writes it",
        "vies": looked.answer,
        "because": looked.because,
        "name": looked.name,
        "address": looked.address,
        "consultation_number": looked.consultation_number,
        "standard_rate": looked.standard_rate,
    }


def _shown(rate: Rate) -> dict[str, Any]:
    return {
        "country": rate.country_code,
        "territory": rate.territory,
        "rate": f"{rate.rate.normalize():f}",
        "valid_from": rate.valid_from.isoformat(),
        "valid_to": rate.valid_to.isoformat() if rate.valid_to else None,
        "source": rate.source,
        "checked_on": rate.checked_on.isoformat() if rate.checked_on else None,
    }


def _per_cent(value: str) -> Decimal:
    try:
        per_cent = Decimal(value.removesuffix("%"))
    except InvalidOperation as error:
        raise invalid("rate", f"'{value}' is not a rate in per cent such as 25.5.") from error
    if not per_cent.is_finite() or per_cent != round(per_cent, 2):
        raise invalid("rate", f"A rate has at most two decimals, not {value}.")
    return per_cent
