"""Facts that VIES is asked about, and facts that prove where a buyer is."""

from typing import Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.outbox import Outbox

from .service import consult, evidence

_ACTOR = Actor.system("vat_numbers")
_DECIDES_WHETHER: Final = frozenset({"vat_number", "country_code", "is_business"})


async def ask_vies(backend: Backend, fact: Outbox) -> None:
    """A billing profile was saved: ask about its number, unless what changed cannot matter to it."""
    changed = fact.told.get("changed_fields")
    if changed is None or _DECIDES_WHETHER & set(changed):
        await consult.consult_tenant(backend, _ACTOR, str(fact.told["tenant_id"]))


async def prove_place(backend: Backend, fact: Outbox) -> None:
    """A payment method was stored: its country is evidence of where the buyer is."""
    if country := fact.told.get("country_code"):
        about = (str(fact.told["tenant_id"]), "payment_method", str(country), str(fact.told["method_id"]))
        await backend.perform(_ACTOR, evidence.record_proof, *about)
