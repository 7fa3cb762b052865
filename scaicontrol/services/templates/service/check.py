"""
What keeps a template from being saved, and what from going live.

Saved is whatever is allowed; live goes only what shows every content the law wants, in the PDF that a reader gets.
"""

from collections.abc import Mapping
from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Invalid, Reason
from scaicontrol.core.i18n import language_or_english
from scaicontrol.core.offload import run_or_offload
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import uploads
from scaicontrol.services.uploads import Pictures

from .. import queries
from ..engine import mandatory, rendering, samples
from ..engine.compiler import Source
from ..engine.rendering import PageJob, RenderedPage
from ..kinds import LEGAL_DOCUMENTS, TemplateType
from ..schemas import TemplateVerdict

_ANY_LANGUAGE = "en"
_OF_A_LINE = 400  # characters that a line of a document takes on its page


async def require_sound(backend: Backend, owner: str, source: Source, language: str | None) -> None:
    """Raise Invalid, with every line, for what its owner may not save."""
    await _sound(backend, owner, source, language or _ANY_LANGUAGE)


async def _sound(backend: Backend, owner: str, source: Source, language: str) -> tuple[RenderedPage, Pictures]:
    pictures = await uploads.embedded(backend.ports.objects, owner, source.texts)
    return await rendering.render(PageJob(source, language, pictures=pictures)), pictures


async def require_publishable(backend: Backend, owner: str, source: Source, language: str | None) -> None:
    """
    Raise Invalid for what must not go live.

    That is a document that lacks something, of a hundred lines as of few, and also for a buyer who owes the VAT.
    """
    kind, language = source.document_type, language or _ANY_LANGUAGE
    page, pictures = await _sound(backend, owner, source, language)
    if kind.is_mail:
        return
    missing = await _lost(backend, kind, page, samples.sample(kind), language)
    long = samples.long_sample(kind)
    missing += await _lost(backend, kind, await _page(source, language, long, pictures), long, language)
    if kind in LEGAL_DOCUMENTS:
        missing += await _missing(source, language, samples.reverse_charge_sample(kind), pictures)
    if missing:
        once = {reason.field: reason for reason in reversed(missing)}  # a line too many says no more than the first
        raise mandatory.refused(list(reversed(once.values())))


async def _lost(
    backend: Backend, kind: TemplateType, page: RenderedPage, variables: Mapping[str, Any], language: str
) -> list[Reason]:
    """Print pages and name what did not come out: a layout may lose what is higher than a page."""
    shows = mandatory.meant(kind, variables, page.html, language)
    try:
        await backend.ports.renderer.pdf(page.html, title="Sample", created_at=backend.clock.now(), shows=shows)
    except Invalid as error:
        if not error.reasons:
            raise
        return list(error.reasons)
    return []


async def _page(source: Source, language: str, variables: Mapping[str, Any], pictures: Pictures) -> RenderedPage:
    return await rendering.render(PageJob(source, language, variables, pictures=pictures))


async def _missing(source: Source, language: str, variables: Mapping[str, Any], pictures: Pictures) -> list[Reason]:
    page = await _page(source, language, variables, pictures)
    return await missing_in(source.document_type, page, variables, language)


async def missing_in(
    kind: TemplateType, page: RenderedPage, variables: Mapping[str, Any], language: str
) -> list[Reason]:
    """Name what the law wants and a page does not show."""
    if kind not in LEGAL_DOCUMENTS:
        return []
    return await run_or_offload(len(page.html) // _OF_A_LINE, _absent_from_page, variables, page.html, language)


def _absent_from_page(variables: Mapping[str, Any], html: str, language: str) -> list[Reason]:
    return mandatory.absent(variables, mandatory.text_of_html(html), language)


async def validate(
    backend: Backend,
    actor: Actor,
    *,
    name: str | None = None,
    document_type: TemplateType | None = None,
    language: str | None = None,
) -> list[TemplateVerdict]:
    """Check stored templates as they were saved last, and say of each what keeps it from going live."""

    async def read(uow: UnitOfWork) -> list[tuple[TemplateVerdict, Source]]:
        rows = await queries.listing(uow, name=name, document_type=document_type, language=language)
        return [(_unjudged(row), row.source) for row in rows]

    return [await _judged(backend, verdict, source) for verdict, source in await backend.ask(actor, read)]


def _unjudged(row: Any) -> TemplateVerdict:
    names = ("id", "owner_partner_id", "name", "document_type", "language", "version", "published_version")
    return TemplateVerdict(**{each: getattr(row, each) for each in names}, is_valid=True, problems=[])


async def _judged(backend: Backend, verdict: TemplateVerdict, source: Source) -> TemplateVerdict:
    language = verdict.language or _ANY_LANGUAGE
    kind = verdict.document_type
    try:
        _, pictures = await _sound(backend, verdict.owner_partner_id, source, language)
        problems = await _missing(source, language, samples.sample(kind), pictures)
        if kind in LEGAL_DOCUMENTS:
            problems += await _missing(source, language, samples.reverse_charge_sample(kind), pictures)
    except Invalid as refused:
        problems = list(refused.reasons)
    said = list(dict.fromkeys(reason.message for reason in problems))
    return verdict.model_copy(update={"is_valid": not said, "problems": said})


def language_of(language: str | None) -> str:
    """Give the language a preview is written in."""
    return language_or_english(language)
