"""The pages of a document: its content in the template its buyer and seller chose, dressed as the seller wants."""

from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError

from scaicontrol.core.backend import Backend
from scaicontrol.core.computing import computed
from scaicontrol.core.errors import ControlError, Invalid, Reason
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import einvoices, templates, uploads
from scaicontrol.services.einvoices import Format, Profile
from scaicontrol.services.templates import Published, TemplateType, Wish
from scaicontrol.services.uploads import Pictures

from .document_source import DocumentSource, document_of, language_of, title_of


def selection_of(paper: DocumentSource) -> Wish:
    """Say which template a document asks for."""
    kind = TemplateType(paper.invoice["document_type"])
    return Wish.of(kind, paper.invoice["language"] or "en", paper.seller, paper.buyer)


async def template_for(uow: UnitOfWork, paper: DocumentSource) -> Published | None:
    """Find the published template of a document; None means the built-in one."""
    return await templates.resolve(uow, selection_of(paper))


def missing_template(paper: DocumentSource, template: Published | None) -> list[str]:
    """Warn of a name that leads to no published template."""
    names = selection_of(paper).names
    if template is not None or not names:
        return []
    return [f"No template named '{names[0]}' is published for it; the built-in one is used."]


async def pictures_of(backend: Backend, paper: DocumentSource, template: Published | None) -> Pictures:
    """Fetch the uploads that a document's pages show. Call it outside any transaction."""
    return await uploads.embedded(backend.ports.objects, paper.seller.get("partner_id"), _texts(paper, template))


def _texts(paper: DocumentSource, template: Published | None) -> list[str]:
    return [str(paper.seller.get("logo_url")), *(template.source.texts if template else ())]


async def printed(
    paper: DocumentSource, template: Published | None, pictures: Pictures, *, is_void: bool = False
) -> str:
    """Write a document's pages: HTML that needs nothing else. Call it outside any transaction."""
    if template is None:
        return await computed(len(paper.lines), _builtin_page, paper, pictures, is_void=is_void)
    words = templates.labels(language_of(paper))
    page = await templates.render(
        templates.Job(
            template.source,
            language_of(paper),
            await shown_to_templates(paper, is_void=is_void),
            title=title_of(paper),
            watermark=words.void if is_void else "",
            pictures=pictures,
        )
    )
    return page.html


def _builtin_page(paper: DocumentSource, pictures: Pictures, *, is_void: bool) -> str:
    look = einvoices.Look(paper.seller.get("logo_url"), paper.seller.get("brand_color"), pictures)
    try:
        return einvoices.render_html(document_of(paper), look, void=is_void)
    except TemplateError as error:
        raise Invalid(str(error)) from error


async def shown_to_templates(paper: DocumentSource, *, is_void: bool = False) -> dict[str, Any]:
    """Give the variables that a template of people sees (contract §19.2)."""
    shown = await variables_of(paper)
    shown["invoice"]["status"] = "void" if is_void else "finalized"
    return shown


async def variables_of(paper: DocumentSource) -> dict[str, Any]:
    """Give the variables of a document in its seller's dress."""
    return await computed(len(paper.lines), _variables, paper)


def _variables(paper: DocumentSource) -> dict[str, Any]:
    brand = {name: paper.seller.get(name) for name in ("logo_url", "brand_color")}
    return einvoices.variables(document_of(paper), **brand)


async def written_and_judged(
    paper: DocumentSource,
    target: Format,
    profile: Profile | None = None,
    rules: Sequence[einvoices.RuleSet] | None = None,
) -> tuple[bytes, einvoices.Verdict]:
    """Write a document's XML and hold it against every gate of its format. Call it outside any transaction."""
    written = await computed(len(paper.lines), _written, paper, target, profile)
    return written.xml, await einvoices.judge(written, rules)


def _written(paper: DocumentSource, target: Format, profile: Profile | None) -> einvoices.Written:
    return einvoices.write(document_of(paper), target, profile)


async def print_problems(paper: DocumentSource, template: Published | None, pictures: Pictures) -> list[Reason]:
    """Try to write the pages, and name what the law wants on them and they do not show."""
    try:
        html = await printed(paper, template, pictures)
    except ControlError as error:
        return [does_not_render(error)]
    return await computed(len(paper.lines), _unreadable, paper, html if template else None)


def _unreadable(paper: DocumentSource, html: str | None) -> list[Reason]:
    """Name what the pages cannot show, and what pages of a template of people leave out."""
    reasons = list(einvoices.unprintable(document_of(paper)))
    if html is None:
        return reasons
    text = templates.text_of_html(html)
    return reasons + templates.absent(_variables(paper), text, paper.invoice["language"] or "en")


def does_not_render(error: Exception) -> Reason:
    """Say what keeps pages from being written, whatever paper they are of."""
    return Reason("template_error", f"The template does not render: {error}", "template")
