"""The pages of a document: its content in the template its buyer and seller chose, dressed as the seller wants."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from jinja2 import TemplateError

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Invalid, Reason
from scaicontrol.core.offload import run_or_offload
from scaicontrol.core.ports import DocumentRenderer, PageContent
from scaicontrol.core.work import UnitOfWork
from scaicontrol.media import page_text
from scaicontrol.services import einvoices, templates, uploads
from scaicontrol.services.einvoices import Format, Profile
from scaicontrol.services.templates import Published, TemplateSelection, TemplateType
from scaicontrol.services.uploads import Pictures

from .document_source import DocumentSource, document_of, language_of, title_of


def selection_of(source: DocumentSource) -> TemplateSelection:
    """Say which template a document asks for."""
    kind = TemplateType(source.invoice["document_type"])
    return TemplateSelection.of(kind, source.invoice["language"] or "en", source.seller, source.buyer)


async def template_for(uow: UnitOfWork, source: DocumentSource) -> Published | None:
    """Find the published template of a document; None means the built-in one."""
    return await templates.resolve(uow, selection_of(source))


def missing_template(source: DocumentSource, template: Published | None) -> list[str]:
    """Warn of a name that leads to no published template."""
    names = selection_of(source).names
    if template is not None or not names:
        return []
    return [f"No template named '{names[0]}' is published for it; the built-in one is used."]


async def pictures_of(backend: Backend, source: DocumentSource, template: Published | None) -> Pictures:
    """Fetch the uploads that a document's pages show. Call it outside any transaction."""
    return await uploads.embedded(backend.ports.objects, source.seller.get("partner_id"), _texts(source, template))


def _texts(source: DocumentSource, template: Published | None) -> list[str]:
    return [str(source.seller.get("logo_url")), *(template.source.texts if template else ())]


async def printed(
    source: DocumentSource, template: Published | None, pictures: Pictures, *, is_void: bool = False
) -> str:
    """Write a document's pages: HTML that needs nothing else. Call it outside any transaction."""
    if template is None:
        return await run_or_offload(len(source.lines), _builtin_page, source, pictures, is_void=is_void)
    words = templates.labels(language_of(source))
    page = await templates.render(
        templates.PageJob(
            template.source,
            language_of(source),
            await shown_to_templates(source, is_void=is_void),
            title=title_of(source),
            watermark=words.void if is_void else "",
            pictures=pictures,
        )
    )
    return page.html


def _builtin_page(source: DocumentSource, pictures: Pictures, *, is_void: bool) -> str:
    branding = einvoices.Branding(source.seller.get("logo_url"), source.seller.get("brand_color"), pictures)
    try:
        return einvoices.render_html(document_of(source), branding, void=is_void)
    except TemplateError as error:
        raise Invalid(str(error)) from error


async def shown_to_templates(source: DocumentSource, *, is_void: bool = False) -> dict[str, Any]:
    """Give the variables that a template of people sees (contract §19.2)."""
    shown = await variables_of(source)
    shown["invoice"]["status"] = "void" if is_void else "finalized"
    return shown


async def variables_of(source: DocumentSource) -> dict[str, Any]:
    """Give the variables of a document in its seller's dress."""
    return await run_or_offload(len(source.lines), _variables, source)


def _variables(source: DocumentSource) -> dict[str, Any]:
    seller = source.seller
    return einvoices.variables(
        document_of(source), logo_url=seller.get("logo_url"), brand_color=seller.get("brand_color")
    )


async def written_and_judged(
    source: DocumentSource,
    target: Format,
    profile: Profile | None = None,
    rules: Sequence[einvoices.RuleSet] | None = None,
    *,
    is_sealed: bool = False,
) -> tuple[bytes, einvoices.Verdict]:
    """Write a document's XML and hold it against every gate of its format. Call it outside any transaction."""
    written = await run_or_offload(len(source.lines), _written, source, target, profile, is_sealed=is_sealed)
    return written.xml, await einvoices.judge(written, rules)


def _written(source: DocumentSource, target: Format, profile: Profile | None, *, is_sealed: bool) -> einvoices.Written:
    return einvoices.write(document_of(source), target, profile, is_sealed=is_sealed)


async def must_show(source: DocumentSource, html: str | None = None) -> list[PageContent]:
    """
    List what the pages of a document must show, of `html` only what it shows.

    A template of people was judged by the gate of its day, which may have asked for less: what it shows must come out.
    """
    return await run_or_offload(len(source.lines), _must_show, source, html)


def _must_show(source: DocumentSource, html: str | None) -> list[PageContent]:
    contents = einvoices.must_show(document_of(source))
    if html is None:
        return contents
    seen = page_text.ReadText(templates.text_of_html(html))
    return [content for content in contents if seen.shows(content)]


async def print_problems(
    renderer: DocumentRenderer, source: DocumentSource, template: Published | None, pictures: Pictures
) -> list[Reason]:
    """
    Try to write the pages, and name what must stand on them and they do not show.

    Layout loses what is higher than a page in some boxes that a template of people may use, so pages that one page may
    not hold are printed and read. It costs what printing costs; ours are read when they are made.
    """
    try:
        html = await printed(source, template, pictures)
    except ControlError as error:
        return [does_not_render(error)]
    reasons, length = await run_or_offload(len(source.lines), _unreadable, source, html if template else None)
    if reasons or length <= _FITS_A_PAGE:
        return reasons
    try:
        moment = datetime.combine(source.invoice["issue_date"], time(), UTC)
        await renderer.pdf(html, title=title_of(source), created_at=moment, shows=await must_show(source))
    except Invalid as error:
        return list(error.reasons) or [does_not_render(error)]
    return []


_FITS_A_PAGE = 1_500  # characters of text, at any size one would print


def _unreadable(source: DocumentSource, html: str | None) -> tuple[list[Reason], int]:
    """Name what the pages cannot show and what pages of a template of people leave out; count the letters of those."""
    reasons = list(einvoices.unprintable(document_of(source)))
    if html is None:
        return reasons, 0
    text = templates.text_of_html(html)
    return reasons + templates.absent(_variables(source), text, source.invoice["language"] or "en"), len(text)


def does_not_render(error: Exception) -> Reason:
    """Say what keeps pages from being written, whatever source they are of."""
    return Reason("template_error", f"The template does not render: {error}", "template")
