"""Opening a template in the designer and taking back what was drawn, all its languages together."""

from collections.abc import Sequence
from dataclasses import dataclass

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Forbidden
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..engine.designer import Lifted, lift, lower
from ..engine.markers import Block, blocks_of, starter
from ..kinds import TemplateType
from ..models import InvoiceTemplate
from ..schemas import DesignedLanguage, DesignIn, Imported, TemplateContent, TemplateFile
from .transfer import import_


@dataclass(frozen=True, slots=True)
class OpenLanguage:
    """One language of a template as the canvas shows it; `template` is None for what is not stored yet."""

    language: str | None
    lifted: Lifted
    subject: str
    css: str
    untranslated: list[int]
    template: InvoiceTemplate | None = None

    @property
    def version(self) -> int:
        return self.template.version if self.template else 0


@dataclass(frozen=True, slots=True)
class Design:
    """A template in all its languages; its owner is '' for the platform."""

    name: str
    document_type: TemplateType
    owner_partner_id: str
    languages: list[OpenLanguage]

    @property
    def palette(self) -> tuple[Block, ...]:
        return blocks_of(self.document_type)

    @property
    def looks(self) -> str:
        """Write every block of the palette with its name as the id: rendered, it shows the canvas how each looks."""
        marked = [each for each in self.palette if each.snippet or each.name == "lines"]
        return "".join(f'<div id="look-{each.name}"><div data-inv="{each.name}"></div></div>' for each in marked)


async def design(
    uow: UnitOfWork, name: str, document_type: TemplateType, owner_partner_id: str | None = None
) -> Design:
    """
    Give a template to the designer, or the blocks a new one begins with; a partner's own comes before the platform's.

    Raises Forbidden for a partner and a template of the platform.
    """
    uow.authorize("templates:manage")
    rows = await queries.listing(uow, name=name, document_type=document_type)
    owners = {row.owner_partner_id for row in rows}
    mine = (owner_partner_id or queries.PLATFORM) if uow.actor.is_platform else uow.actor.partner_id or queries.PLATFORM
    if mine not in owners and queries.PLATFORM in owners and not uow.actor.is_platform:
        raise _not_ours(name)
    found = [_opened(row) for row in rows if row.owner_partner_id == mine]
    return Design(name, document_type, mine, found or [_begun(document_type)])


@verb
async def save_design(backend: Backend, actor: Actor, data: DesignIn) -> list[Imported]:
    """
    Store what was drawn as drafts, every language or none; a language that says what it said gets no new version.

    Raises Invalid with every line that is refused, Forbidden for the platform's own, Conflict for what was saved
    meanwhile.
    """
    actor.require("templates:manage")
    if not actor.is_platform and data.owner_partner_id != actor.partner_id:
        raise _not_ours(data.name)
    stored = await backend.ask(actor, design, data.name, data.document_type, data.owner_partner_id)
    files = [_file(data, each, stored.languages) for each in data.languages]
    return await import_(backend, actor, files, owner_partner_id=data.owner_partner_id or None)


async def drawn(backend: Backend, actor: Actor, data: DesignIn) -> TemplateContent:
    """Give what the first language of a drawing says, unsaved, to look at; Invalid for what cannot be put back."""
    stored = await backend.ask(actor, design, data.name, data.document_type, data.owner_partner_id)
    file = _file(data, data.languages[0], stored.languages)
    return TemplateContent(**{name: getattr(file, name) for name in TemplateContent.model_fields})


def _file(data: DesignIn, given: DesignedLanguage, stored: Sequence[OpenLanguage]) -> TemplateFile:
    there = next((each for each in stored if each.template and each.language == given.language), None)
    kept = {key: piece for each in stored for key, piece in each.lifted.kept.items()}
    html = lower(given.html_content, kept)
    editor_data: dict[str, object] | None = _project(given)
    known = there.template if there else None
    if known and there and (given.html_content, given.untranslated) == (there.lifted.html, there.untranslated):
        # As it was: what a person wrote by hand stays as they wrote it, comments and all.
        html, editor_data = known.html_content, known.editor_data
    return TemplateFile(
        name=data.name,
        document_type=data.document_type,
        language=given.language,
        subject=given.subject or None,
        html_content=html,
        css_content=given.css_content,
        editor_data=editor_data,
        version=given.version,
    )


def _project(given: DesignedLanguage) -> dict[str, object]:
    """Write the designer's project: its one page, and what only this side knows about it."""
    page = {"component": given.html_content}
    return {
        "pages": [page],
        "kept": given.html_content.count('data-inv="kept"'),
        "untranslated": given.untranslated,
    }


def _opened(row: InvoiceTemplate) -> OpenLanguage:
    untranslated = (row.editor_data or {}).get("untranslated")
    return OpenLanguage(
        row.language,
        lift(row.html_content, row.language or "any"),
        row.subject or "",
        row.css_content,
        [at for at in untranslated if isinstance(at, int)] if isinstance(untranslated, list) else [],
        row,
    )


def _begun(kind: TemplateType) -> OpenLanguage:
    return OpenLanguage(None, lift(starter(kind), "any"), "", "", [])


def _not_ours(name: str) -> Forbidden:
    return Forbidden(f"Cannot design template '{name}': it is the platform's; duplicate it and change the copy.")
