"""Notices that somebody is shown."""

from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import notifications

from . import ACME, NORTHWIND


async def noticed(backend: Backend, title: str, **more: object) -> None:
    """Show Acme a notice of its billing that no mail says."""
    given = {"tenant_id": ACME, "partner_id": NORTHWIND, "category": "billing", "dedup_key": title} | more
    await backend.perform(Actor.system("tests"), _notify, title, given)


async def _notify(uow: UnitOfWork, title: str, given: Any) -> None:
    await notifications.notify(uow, title=title, **given)
