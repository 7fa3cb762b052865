"""The pages of a document: its content in the template its buyer and seller chose, dressed as the seller wants."""

from typing import Any

from jinja2 import TemplateError

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Reason, Unavailable
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import einvoices, templates, uploads
from scaicontrol.services.templates import Published, TemplateType, Wish
from scaicontrol.services.uploads import Pictures

from .models import DocumentRender
from .paper import Paper, document_of


def wish_of(paper: Paper) -> Wish:
    """Say which template a document asks for."""
    kind = TemplateType(paper.invoice["document_type"])
    return Wish.of(kind, paper.invoice["language"] or "en", paper.seller, paper.buyer)


async def template_for(uow: UnitOfWork, paper: Paper) -> Published | None:
    """Find the published template of a document; None means the built-in one."""
    return await templates.resolve(uow, wish_of(paper))


async def promised_template(uow: UnitOfWork, wanted: DocumentRender, paper: Paper) -> Published | None:
    """Give the template the gate approved; a version nobody judged gets what is published now."""
    if wanted.template_id is None:
        return await template_for(uow, paper)
    if not wanted.template_id:
        return None
    found = await templates.published(uow, wanted.template_id, wanted.template_version)
    if found is None:
        raise Unavailable(f"Version {wanted.template_version} of template {wanted.template_id} is gone.")
    return found


def unmet_wish(paper: Paper, template: Published | None) -> list[str]:
    """Warn of a name that leads to no published template."""
    names = wish_of(paper).names
    if template is not None or not names:
        return []
    return [f"No template named '{names[0]}' is published for it; the built-in one is used."]


async def pictures_of(backend: Backend, paper: Paper, template: Published | None) -> Pictures:
    """Fetch the uploads that a document's pages show. Call it outside any transaction."""
    return await uploads.embedded(backend.ports.objects, paper.seller.get("partner_id"), _texts(paper, template))


def blanks_of(paper: Paper, template: Published | None) -> Pictures:
    """Give nothing to see in their place, for whoever only reads what the pages say."""
    return uploads.blank(_texts(paper, template))


def _texts(paper: Paper, template: Published | None) -> list[str]:
    return [str(paper.seller.get("logo_url")), *(template.source.texts if template else ())]


async def printed(paper: Paper, template: Published | None, pictures: Pictures, *, is_void: bool = False) -> str:
    """Write a document's pages: HTML that needs nothing else. Call it outside any transaction."""
    document = document_of(paper)
    if template is None:
        look = einvoices.Look(paper.seller.get("logo_url"), paper.seller.get("brand_color"), pictures)
        return einvoices.render_html(document, look, void=is_void)
    words = templates.labels(document.language)
    page = await templates.render(
        templates.Job(
            template.source,
            document.language,
            shown_to_templates(paper, is_void=is_void),
            title=einvoices.title_of(document),
            watermark=words.void if is_void else "",
            pictures=pictures,
        )
    )
    return page.html


def shown_to_templates(paper: Paper, *, is_void: bool = False) -> dict[str, Any]:
    """Give the variables that a template of people sees (contract §19.2)."""
    brand = {name: paper.seller.get(name) for name in ("logo_url", "brand_color")}
    shown = einvoices.variables(document_of(paper), **brand)
    shown["invoice"]["status"] = "void" if is_void else "finalized"
    return shown


async def print_problems(paper: Paper, template: Published | None, pictures: Pictures) -> list[Reason]:
    """Try to write the pages, and name what the law wants on them and they do not show."""
    try:
        html = await printed(paper, template, pictures)
    except (ControlError, TemplateError) as error:
        return [does_not_render(error)]
    reasons = list(einvoices.unprintable(document_of(paper)))
    if template is None:
        return reasons
    shown, text = shown_to_templates(paper), templates.text_of_html(html)
    return reasons + templates.absent(shown, text, paper.invoice["language"] or "en")


def does_not_render(error: Exception) -> Reason:
    """Say what keeps pages from being written, whatever paper they are of."""
    return Reason("template_error", f"The template does not render: {error}", "template")
