"""JSON Schemas of the envelope and of every topic (contract §23.1)."""

from typing import Any

from scaicontrol.core.errors import NotFound
from scaicontrol.core.events import DomainEvent
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import webhooks

from .door import Many, One, Router

router = Router("/schemas/events", tags=["schemas"])


@router.get("", response_model=Many[dict[str, Any]], permission="identity:me", summary="List topics with their schemas")
async def index(uow: UnitOfWork) -> list[dict[str, Any]]:
    return [_described(topic) for topic in webhooks.TOPICS if topic in _facts()]


@router.get("/{topic}", response_model=One[dict[str, Any]], permission="identity:me", summary="Read a topic's schema")
async def read(uow: UnitOfWork, topic: str) -> dict[str, Any]:
    if topic not in _facts():
        raise NotFound(f"There is no topic {topic}.")
    return _described(topic)


def _described(topic: str) -> dict[str, Any]:
    fact = _facts()[topic]
    return {"topic": topic, "version": "1.0", "schema": fact.model_json_schema(mode="serialization")}


def _facts() -> dict[str, type[DomainEvent]]:
    found: dict[str, type[DomainEvent]] = {}
    waiting = list(DomainEvent.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if (topic := getattr(kind, "topic", None)) and kind.public:
            found[topic] = kind
    return found
