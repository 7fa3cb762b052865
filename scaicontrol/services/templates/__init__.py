"""Templates: how documents and mails look, ours and those people write, and which words they print."""

from .builtin.document_variables import DocumentKind, texts
from .builtin.documents import qr_image, render_html
from .builtin.mails import Letterhead
from .engine.compiler import Source
from .engine.mandatory import absent, meant, must_show, text_of_html
from .engine.markers import starter
from .engine.rendering import PageJob, render
from .engine.tree import variables
from .kinds import MailKind, TemplateType
from .labels import labels
from .mails import Letter, write_mail
from .queries import Published, TemplateSelection, get, listing, published, resolve, versions, visible
from .service.check import validate
from .service.designing import design, drawn, save_design
from .service.preview import Preview, preview
from .service.store import create, delete, duplicate, publish, save
from .service.transfer import export, import_

__all__ = [
    "DocumentKind",
    "Letter",
    "Letterhead",
    "MailKind",
    "PageJob",
    "Preview",
    "Published",
    "Source",
    "TemplateSelection",
    "TemplateType",
    "absent",
    "create",
    "delete",
    "design",
    "drawn",
    "duplicate",
    "export",
    "get",
    "import_",
    "labels",
    "listing",
    "meant",
    "must_show",
    "preview",
    "publish",
    "published",
    "qr_image",
    "render",
    "render_html",
    "resolve",
    "save",
    "save_design",
    "starter",
    "text_of_html",
    "texts",
    "validate",
    "variables",
    "versions",
    "visible",
    "write_mail",
]
