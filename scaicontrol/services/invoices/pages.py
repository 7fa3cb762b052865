"""The pages of a document: its content in the template of its kind, dressed as the seller wants."""

from dataclasses import dataclass

from jinja2 import TemplateError

from scaicontrol.core.errors import ControlError, Reason
from scaicontrol.services import einvoices

from .paper import Paper, document_of


@dataclass(frozen=True, slots=True)
class Printed:
    """HTML that needs nothing else, and which published template made it; none means the built-in one."""

    html: str
    template_id: str | None = None
    template_version: int | None = None


def printed(paper: Paper, *, is_void: bool = False) -> Printed:
    """Write a document's pages."""
    look = einvoices.Look(logo_url=paper.seller.get("logo_url"), brand_color=paper.seller.get("brand_color"))
    return Printed(einvoices.render_html(document_of(paper), look, void=is_void))


def print_problems(paper: Paper) -> list[Reason]:
    """Try to write the pages and say why they cannot be written."""
    try:
        printed(paper)
    except (ControlError, TemplateError) as error:
        return [Reason("template_error", f"The template does not render: {error}", "template")]
    return einvoices.unprintable(document_of(paper))
