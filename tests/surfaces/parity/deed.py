"""What a deed is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scaicontrol.core.backend import Backend

from .doors import AnyDoor

Make = Callable[[Backend], Awaitable[str]]  # gives the id the deed is done to
INVOICES, SUBSCRIPTIONS = "/admin/billing/invoices", "/admin/subscriptions"
WHY = {"reason": "Asked for by phone."}


@dataclass(frozen=True)
class Deed:
    """`refused` names what stands in the way: how to come there, and what of the body is different."""

    name: str
    permission: str
    make: Make
    refused: Mapping[str, Make | tuple[Make, Mapping[str, Any]]]
    doors: tuple[AnyDoor, ...]
    body: Mapping[str, Any] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()  # hindrances a tenant does not get to see

    @property
    def is_about_plans(self) -> bool:
        """Everywhere else a plan is only the way to the deed, at the doors where somebody else has to agree."""
        return self.name.startswith("changes.")
