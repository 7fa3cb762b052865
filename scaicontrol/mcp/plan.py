"""What a change would leave: the facts and amounts of a verb that was run and rolled back, with a digest of them."""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import rfc8785
from pydantic import ConfigDict, Field

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.ids import new_id
from scaicontrol.core.schemas import Out

_ID = re.compile(r"([a-z]{3})_([0-9a-z]{26})")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d.*")


class PlannedFact(Out):
    topic: str
    resource_type: str
    resource_id: str
    payload: dict[str, Any]


class PlannedMoney(Out):
    """Amounts in minor units that one fact tells."""

    kind: str
    resource_id: str
    tenant_id: str | None
    currency: str
    amounts: dict[str, int]


class ChangePlan(Out):
    """What an action would do. Send `plan_hash` with `dry_run=false` to do exactly this or nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "void", "facts": [], "plan_hash": "0" * 64}]})

    action: str
    arguments: dict[str, Any]
    facts: list[PlannedFact]
    money: list[PlannedMoney]
    plan_hash: str = Field(pattern=r"^[0-9a-f]{64}$")


class Unborn:
    """Tells ids that were made while a verb ran from those that existed before: new ones grow with time."""

    def __init__(self) -> None:
        self._before = new_id("x").partition("_")[2]
        self._names: dict[str, str] = {}

    def name(self, text: str) -> str:
        """Write a new id the same way in each run: by its kind and the order in which it appears."""
        return _ID.sub(lambda found: self._named(found[0], found[1], found[2]), text)

    def _named(self, whole: str, prefix: str, number: str) -> str:
        if number <= self._before:
            return whole
        return self._names.setdefault(whole, f"{prefix}_new{len(self._names) + 1}")


def plan_of(action: str, arguments: Mapping[str, Any], facts: Sequence[DomainEvent], unborn: Unborn) -> ChangePlan:
    """
    Say what `facts` mean. The digest takes new ids by order and moments by day, so that it holds until tomorrow.

    `unborn` was made before the verb ran.
    """
    told = [
        PlannedFact(topic=f.topic, resource_type=f.resource_type, resource_id=f.resource_id, payload=f.payload)
        for f in facts
    ]
    money = [planned for fact in told if (planned := _money(fact)) is not None]
    stable = _stable(
        {"action": action, "arguments": dict(arguments), "facts": [fact.model_dump(mode="json") for fact in told]},
        unborn,
    )
    return ChangePlan(
        action=action,
        arguments=dict(arguments),
        facts=told,
        money=money,
        plan_hash=sha256(rfc8785.dumps(stable)).hexdigest(),
    )


def _money(fact: PlannedFact) -> PlannedMoney | None:
    amounts = {
        name: value for name, value in fact.payload.items() if name.endswith("_cents") and isinstance(value, int)
    }
    currency = fact.payload.get("currency")
    if not amounts or not isinstance(currency, str):
        return None
    return PlannedMoney(
        kind=fact.topic,
        resource_id=fact.resource_id,
        tenant_id=fact.payload.get("tenant_id"),
        currency=currency,
        amounts=amounts,
    )


def _stable(value: Any, unborn: Unborn) -> Any:
    if isinstance(value, Mapping):
        # A seal covers the moment of sealing, so it differs in each run.
        return {key: _stable(item, unborn) for key, item in value.items() if not str(key).endswith("digest")}
    if isinstance(value, list):
        return [_stable(item, unborn) for item in value]
    if isinstance(value, str):
        return unborn.name(_MOMENT.sub(r"\1", value))
    return value
