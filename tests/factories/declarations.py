"""What consumers declare, as tests need it."""

from uuid import uuid4

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import declarations
from scaicontrol.services.declarations.models import Declaration
from scaicontrol.services.declarations.schemas import DeclarationIn

from . import NORTHWIND
from .partners import configured

RECEIVER = Actor.system("declarations")


async def declared(backend: Backend, kind: str = "withdrawal", **fields: object) -> Declaration:
    """Lena declares something to Northwind, about a contract that nobody knows unless one is named."""
    given = {"name": "Lena Vogel", "contract": "sub_unknown", "email": "lena@vogel.example", "language": "de"}
    if kind == "cancellation":
        given["cancellation_kind"] = "ordinary"
    body = DeclarationIn.model_validate({"kind": kind, "submission_key": uuid4().hex, **given, **fields})
    return await backend.perform(RECEIVER, declarations.receive, NORTHWIND, body)


async def cancelled_by_a_consumer(backend: Backend, subscription_id: str) -> Declaration:
    """Northwind sells to consumers, and one of them cancels a contract of the number that was typed."""
    await configured(backend, NORTHWIND, sells_to_consumers=True)
    return await declared(backend, "cancellation", contract=subscription_id)
