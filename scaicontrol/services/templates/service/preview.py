"""Looking at content before it is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import uploads

from .. import queries
from ..engine import rendering, samples
from ..engine.rendering import PageJob
from ..schemas import TemplatePreviewIn
from .check import language_of, missing_in
from .store import in_liquid, source_of

_TITLE = "Preview"


@dataclass(frozen=True, slots=True)
class Preview:
    """How content looks: a page, the PDF when it was asked for, and what a legal document would still lack."""

    html: str
    subject: str | None
    missing: list[str]
    pdf: bytes | None = None


async def preview(
    backend: Backend, actor: Actor, data: TemplatePreviewIn, variables: Mapping[str, Any] | None = None
) -> Preview:
    """
    Render unsaved content with the sample of its type, or with the variables of a document; stores nothing.

    What a document does not tell, such as who gets a mail or how late a reminder is, stays as in the sample.
    """
    actor.require("templates:read")
    data = await in_liquid(data)
    kind, language = data.document_type, language_of(data.language)
    shown = samples.sample(kind) | dict(variables or {})
    source = source_of(kind, data)
    owner = None if actor.is_platform else actor.partner_id or queries.PLATFORM
    named = (*source.texts, str((shown.get("brand") or {}).get("logo_url")))
    pictures = await uploads.embedded(backend.ports.objects, owner, named)
    page = await rendering.render(PageJob(source, language, shown, title=_TITLE, pictures=pictures))
    missing = [reason.message for reason in await missing_in(kind, page, shown, language)]
    pdf = None
    if data.output == "pdf":
        pdf = await backend.ports.renderer.pdf(page.html, title=_TITLE, created_at=backend.clock.now())
    return Preview(page.html, page.subject or None, missing, pdf)
