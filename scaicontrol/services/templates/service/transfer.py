"""Templates on their way between installations, and in from elsewhere."""

from collections.abc import Sequence

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..kinds import TemplateType
from ..models import InvoiceTemplate
from ..schemas import Imported, TemplateFile, TemplateIn, TemplatePut
from .check import require_sound
from .store import CONTENT, add, in_liquid, owner_for, source_of, write


async def export(
    uow: UnitOfWork,
    *,
    name: str | None = None,
    document_type: TemplateType | None = None,
    language: str | None = None,
) -> list[TemplateFile]:
    """Give templates as they were saved last, ready for `import_`."""
    rows = await queries.listing(uow, name=name, document_type=document_type, language=language)
    names = ("name", "document_type", "language", *CONTENT)
    return [
        TemplateFile(**{name: getattr(row, name) for name in names}, published=row.published_version is not None)
        for row in rows
    ]


@verb
async def import_(
    backend: Backend,
    actor: Actor,
    files: Sequence[TemplateFile],
    *,
    owner_partner_id: str | None = None,
    dry_run: bool = False,
) -> list[Imported]:
    """
    Store templates as drafts of one's own, all or none; what is there already gets a new version if it differs.

    Jinja whose control tags are hidden in comments (`<!--JS:…-->`) is translated. Nothing goes live by it.

    Raises Invalid with every line that is refused, Forbidden for the platform's own, Conflict for what was saved
    meanwhile.
    """
    actor.require("templates:manage")
    given = [
        TemplateIn(**file.model_dump(exclude={"published", "version"}), owner_partner_id=owner_partner_id)
        for file in files
    ]
    seen = [file.version for file in files]
    translated = [await in_liquid(data) for data in given]
    for data in translated:
        owner = owner_for(actor, owner_partner_id)
        await require_sound(backend, owner, source_of(data.document_type, data), data.language)
    try:
        return await backend.perform(actor, store_all, translated, seen, dry_run=dry_run)
    except _Rehearsed as rehearsed:
        return rehearsed.outcome


class _Rehearsed(Exception):
    """Undoes a dry run."""

    def __init__(self, outcome: list[Imported]) -> None:
        self.outcome = outcome


async def store_all(
    uow: UnitOfWork, given: Sequence[TemplateIn], seen: Sequence[int | None], *, dry_run: bool = False
) -> list[Imported]:
    """Store checked templates in one transaction; Conflict where another version than the seen one is there."""
    uow.authorize("templates:manage")
    outcome = [await _store(uow, data, version) for data, version in zip(given, seen, strict=True)]
    if dry_run:
        raise _Rehearsed(outcome)
    return outcome


async def _store(uow: UnitOfWork, data: TemplateIn, seen: int | None) -> Imported:
    owner = data.owner_partner_id or uow.actor.partner_id or queries.PLATFORM
    known = await uow.session.scalar(
        select(InvoiceTemplate).where(
            InvoiceTemplate.owner_partner_id == owner,
            InvoiceTemplate.name == data.name,
            InvoiceTemplate.document_type == data.document_type,
            InvoiceTemplate.language_key == (data.language or ""),
        )
    )
    there = known.version if known else 0
    if seen is not None and seen != there:
        what = f"it is at version {there}" if known else "it was deleted"
        raise Conflict(f"Template '{data.name}' was changed meanwhile: {what}; you saw version {seen}.")
    if known is None:
        return _imported(await add(uow, data), "created")
    content = {name: getattr(data, name) for name in CONTENT}
    if all(getattr(known, name) == value for name, value in content.items()):
        return _imported(known, "unchanged")
    return _imported(await write(uow, known.id, TemplatePut(version=known.version, **content)), "saved")


def _imported(template: InvoiceTemplate, outcome: str) -> Imported:
    return Imported.model_validate(
        {
            **{name: getattr(template, name) for name in ("id", "name", "document_type", "language", "version")},
            "outcome": outcome,
        }
    )
