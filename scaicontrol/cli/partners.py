"""Partners: who sells."""

import json
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from scaicontrol.core.errors import Invalid, Reason
from scaicontrol.core.pagination import PAGE_SIZE_MAX, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners
from scaicontrol.services.partners.schemas import PartnerConfigurationOut, PartnerConfigurationPatch, PartnerOut

from .door import command

app = typer.Typer(name="partners", no_args_is_help=True, help="Partners, their seller data and terms.")


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    q: Annotated[str | None, typer.Option("--q", help="Part of a name or e-mail, or an id.")] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
) -> list[PartnerOut]:
    """List partners, 200 a page."""
    found = await partners.page(uow, PageRequest(page, PAGE_SIZE_MAX, "name"), q=q)
    return [PartnerOut.model_validate(partner) for partner in found.items]


@command(app)
async def show(uow: UnitOfWork, partner_id: str) -> dict[str, Any]:
    """Show a partner with its seller data, its terms and what documents still lack."""
    partner = PartnerOut.model_validate(await partners.get(uow, partner_id))
    config = PartnerConfigurationOut.model_validate(await partners.configuration(uow, partner_id))
    return {**partner.model_dump(mode="json"), **config.model_dump(mode="json")}


@command(app, changes=True)
async def configure(
    uow: UnitOfWork,
    partner_id: str,
    settings: Annotated[
        list[str], typer.Argument(help="name=value, such as payment_terms_days=30; name= clears a field.")
    ],
) -> PartnerConfigurationOut:
    """Change seller data and terms."""
    config = await partners.configure(uow, partner_id, _patch(settings))
    return PartnerConfigurationOut.model_validate(config)


def _patch(settings: list[str]) -> PartnerConfigurationPatch:
    given: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise Invalid(f"'{setting}' is not of the form name=value.")
        given[name] = _read(name, value)
    try:
        return PartnerConfigurationPatch(**given)
    except ValidationError as error:
        reasons = [
            Reason("invalid", ": ".join([*map(str, e["loc"]), e["msg"].removeprefix("Value error, ")]))
            for e in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise Invalid("These settings cannot be stored.", reasons=reasons) from error


def _read(name: str, value: str) -> Any:
    """Read numbers, booleans and lists as what they are; the rest is text, and nothing is null."""
    if not value:
        return None
    annotation = str(PartnerConfigurationPatch.model_fields[name].annotation) if name in _NAMES else "str"
    if "int" not in annotation and "bool" not in annotation and "list" not in annotation:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value.split(",") if "list" in annotation else value


_NAMES = frozenset(PartnerConfigurationPatch.model_fields)
