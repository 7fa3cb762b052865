"""A look at a VAT number that belongs to nobody yet."""

from dataclasses import dataclass

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused, Unavailable, invalid
from scaicontrol.core.ports import VatAnswer, VatConsulted
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tenants
from scaicontrol.services.partners import identifiers

from .. import queries
from ..numbers import normalise, problem, usable
from ..places import EU_MEMBER_STATES, country_name, place
from ..schemas import VatNumberIn, VatNumberOut


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What is known about a number: the rule of its state, the word of VIES, and what its state charges today."""

    vat_number: str
    country: str
    problem: str | None
    answer: str
    because: str | None = None
    name: str | None = None
    address: str | None = None
    consultation_number: str | None = None
    standard_rate: str | None = None


async def look_up(backend: Backend, actor: Actor, vat_number: str, requester: str | None = None) -> LookedUp:
    """
    Check a number's form and ask VIES; a malformed one is not asked about.

    Nothing is stored: evidence belongs to a tenant, and `consult` keeps it.
    """
    number = normalise(vat_number)
    state = place(number[:2]).country
    if state not in EU_MEMBER_STATES:
        raise invalid("vat_number", f"'{vat_number}' does not begin with the prefix of a member state.")
    rate = await backend.ask(actor, _standard_rate, state)
    malformed = problem(number, state)
    if malformed:
        return LookedUp(number, country_name(state), malformed, "not asked", standard_rate=rate)
    try:
        said = await backend.ports.vat_register.consult(number, normalise(requester) or None)
    except Unavailable as silence:
        said = VatConsulted(VatAnswer.unavailable, backend.clock.now(), problem=silence.message)
    return LookedUp(
        number,
        country_name(state),
        None,
        said.answer.value,
        said.problem,
        said.name,
        said.address,
        said.consultation_number,
        rate,
    )


async def check_number(backend: Backend, actor: Actor, wanted: VatNumberIn) -> VatNumberOut:
    """
    Say about a number that is not saved yet what saving it would, and what VIES says.

    Nothing is stored: evidence is of the number that is saved. Raises Invalid at `vat_number` for one that no state
    gives, or that does not belong to the country.
    """
    number, requester = await backend.ask(actor, _own_question, wanted)
    if not number:
        return VatNumberOut(vat_number=_saved(wanted), answer="not_asked", name=None)
    try:
        said = await backend.ports.vat_register.consult(number, requester)
    except Unavailable:
        return VatNumberOut(vat_number=_saved(wanted), answer="unavailable", name=None)
    return VatNumberOut(vat_number=_saved(wanted), answer=said.answer.value, name=said.name)


async def _own_question(uow: UnitOfWork, wanted: VatNumberIn) -> tuple[str, str | None]:
    uow.authorize("billing_profiles:update")
    if uow.actor.tenant_id is None:
        raise Refused("This is about one's own tenant; sign in as one of its people.")
    tenant = await tenants.get(uow, uow.actor.tenant_id)
    terms = await partners.settings_of(uow, tenant.partner_id)
    number = usable(_saved(wanted), wanted.country_code)
    return ("" if terms.vies_policy == "off" else number), queries.requester_of(terms)


def _saved(wanted: VatNumberIn) -> str:
    return identifiers.vat_number(wanted.vat_number, wanted.country_code)


async def _standard_rate(uow: UnitOfWork, state: str) -> str:
    uow.authorize("vat_rates:manage")
    table = await queries.rate_table(uow)
    return f"{table.standard(place(state), uow.now.date()).rate.normalize():f}"
