"""
Documents about an account, made outside any transaction and kept with their digest.

Read (transaction), write the pages and store them (none), record (transaction). Keys follow from bytes, so doing it
again is harmless; the same document is recorded once.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from jinja2 import TemplateError
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, ControlError, Invalid, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.offload import run_or_offload
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import templates, uploads
from scaicontrol.services.invoices.page_rendering import does_not_render
from scaicontrol.services.templates import DocumentKind, Published, TemplateType

from ..models import AccountDocument

_OF_A_LINE: Final = 400  # characters that an entry takes on its page
FOLDER: Final = "papers/"
_ARCHIVE: Final = Actor.system("archive")


@dataclass(frozen=True, slots=True)
class AccountDocumentContents:
    """
    What a document will say and look like, read before it is made.

    `deed` ends the sentence of a refusal; `template` is None for the built-in one; `dated` is the only date in the
    file; `row` holds what else is recorded.
    """

    deed: str
    kind: DocumentKind
    language: str
    variables: Mapping[str, Any]
    template: Published | None
    title: str
    dated: datetime
    filename: str
    row: Mapping[str, Any]


async def keep(backend: Backend, contents: AccountDocumentContents) -> tuple[bytes, AccountDocument]:
    """Make, store and record a document; Refused when its template does not render, as the gate of an invoice is."""
    html = await _written(backend, contents)
    body = await _printed(backend, contents, html)
    digest = sha256(body).hexdigest()
    row = contents.row
    key = f"{FOLDER}{row['partner_id']}/{row['tenant_id']}/{contents.kind}-{row['to_day']}-{digest[:16]}.pdf"
    await backend.ports.objects.put(key, body, "application/pdf")
    # Whoever may read an account may cause its archive to grow by a document that follows from it.
    with suppress(Conflict):  # a twin recorded it, or another of this level, at the same moment
        return body, await backend.perform(_ARCHIVE, _record, contents, key, digest, len(body))
    return body, await backend.perform(_ARCHIVE, _record, contents, key, digest, len(body))


async def _written(backend: Backend, contents: AccountDocumentContents) -> str:
    brand, source = contents.variables["brand"], contents.template.source if contents.template else None
    named = (str(brand["logo_url"]), *(source.texts if source else ()))
    pictures = await uploads.embedded(backend.ports.objects, contents.row["partner_id"], named)
    try:
        shown = {**contents.variables, "brand": brand | {"logo_url": uploads.shown(brand["logo_url"], pictures)}}
        if source is None:
            return templates.render_html(shown, contents.language, contents.kind)
        wanted = templates.PageJob(source, contents.language, shown, title=contents.title, pictures=pictures)
        return (await templates.render(wanted)).html
    except (ControlError, TemplateError) as error:
        reason = does_not_render(error)
        raise Refused(f"Cannot {contents.deed}: {reason.message}", reasons=[reason]) from error


async def _printed(backend: Backend, contents: AccountDocumentContents, html: str) -> bytes:
    """Print the pages, which are kept only when every entry and amount came out."""
    kind = TemplateType(contents.kind)
    size = len(html) // _OF_A_LINE
    shows = await run_or_offload(size, templates.meant, kind, contents.variables, html, contents.language)
    try:
        return await backend.ports.renderer.pdf(html, title=contents.title, created_at=contents.dated, shows=shows)
    except Invalid as error:
        raise Refused(f"Cannot {contents.deed}: {error.message}", reasons=error.reasons) from error


async def _record(
    uow: UnitOfWork, contents: AccountDocumentContents, key: str, digest: str, size: int
) -> AccountDocument:
    uow.authorize("invoices:render")
    known: AccountDocument | None = await uow.session.scalar(
        select(AccountDocument).where(AccountDocument.storage_key == key)
    )
    if known is not None:
        return known
    made_with = contents.template
    document = AccountDocument(
        id=new_id("pap"),
        kind=contents.kind,
        language=contents.language,
        filename=contents.filename,
        storage_key=key,
        sha256=digest,
        bytes=size,
        template_id=made_with.template_id if made_with else None,
        template_version=made_with.version if made_with else None,
        made_at=uow.now,
        **contents.row,
    )
    uow.session.add(document)
    return document
