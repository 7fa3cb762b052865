"""Which files of documents belong to nothing."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from scaicontrol.core import orphans
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.invoices.reads import files

from ..models import DocumentVersion

FOLDER: Final = "documents/"


async def sweep_orphans(backend: Backend, actor: Actor) -> int:
    """
    Remove files that are older than a week and belong to no version, and count them.

    The files of a document that still waits to be rendered stay.
    """
    actor.require("invoices:sweep")
    return await orphans.sweep(backend, actor, (FOLDER,), orphans_among)


async def orphans_among(uow: UnitOfWork, keys: Sequence[str]) -> list[str]:
    """Give the keys that no version names and no waiting render may still name."""
    uow.authorize("invoices:sweep")
    key = DocumentVersion.storage_key
    named = set(await uow.session.scalars(select(key).where(key.in_(keys))))
    left = [key for key in keys if key not in named]
    waiting = await files.waiting_among(uow, {_document(key)[1] for key in left}) if left else set()
    return [key for key in left if _document(key) not in waiting]


def _document(key: str) -> tuple[str, str]:
    """Read seller and number from `documents/<seller>/<year>/<number>/v<n>/<file>`; another shape names no document."""
    parts = key.split("/")
    return (parts[1], parts[3]) if len(parts) > 4 else ("", "")
