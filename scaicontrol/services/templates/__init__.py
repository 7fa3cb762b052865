"""Templates: how documents and mails look, ours and those people write, and which words they print."""

from .builtin.document_variables import DocumentKind, texts
from .builtin.documents import DEFAULT_COLOR, render_html, usable_color
from .builtin.mails import Letterhead
from .engine.compiler import Source
from .engine.mandatory import absent, text_of_html
from .engine.markers import blocks_of, starter
from .engine.pdf_text import text_of_pdf
from .engine.rendering import PageJob, RenderedPage, render
from .engine.tree import variables
from .events import TemplateDeleted, TemplatePublished, TemplateSaved
from .filters import day, money, number, percent
from .kinds import TemplateType
from .labels import labels
from .mail_words import MailKind
from .mails import Letter, write_mail
from .models import InvoiceTemplate, InvoiceTemplateVersion
from .queries import Published, TemplateSelection, get, listing, published, resolve, version, versions, visible
from .schemas import (
    DuplicateIn,
    Imported,
    PublishIn,
    TemplateFile,
    TemplateFilter,
    TemplateGroup,
    TemplateIn,
    TemplateOut,
    TemplatePreviewIn,
    TemplatePreviewOut,
    TemplatePut,
    TemplateVerdict,
    VariableOut,
    VersionOut,
)
from .service.check import missing_in, validate
from .service.preview import Preview, preview
from .service.store import create, delete, duplicate, publish, save
from .service.transfer import export, import_
from .words.kinds import Labels

__all__ = [
    "DEFAULT_COLOR",
    "DocumentKind",
    "DuplicateIn",
    "Imported",
    "InvoiceTemplate",
    "InvoiceTemplateVersion",
    "Labels",
    "Letter",
    "Letterhead",
    "MailKind",
    "PageJob",
    "Preview",
    "PublishIn",
    "Published",
    "RenderedPage",
    "Source",
    "TemplateDeleted",
    "TemplateFile",
    "TemplateFilter",
    "TemplateGroup",
    "TemplateIn",
    "TemplateOut",
    "TemplatePreviewIn",
    "TemplatePreviewOut",
    "TemplatePublished",
    "TemplatePut",
    "TemplateSaved",
    "TemplateSelection",
    "TemplateType",
    "TemplateVerdict",
    "VariableOut",
    "VersionOut",
    "absent",
    "blocks_of",
    "create",
    "day",
    "delete",
    "duplicate",
    "export",
    "get",
    "import_",
    "labels",
    "listing",
    "missing_in",
    "money",
    "number",
    "percent",
    "preview",
    "publish",
    "published",
    "render",
    "render_html",
    "resolve",
    "save",
    "starter",
    "text_of_html",
    "text_of_pdf",
    "texts",
    "usable_color",
    "validate",
    "variables",
    "version",
    "versions",
    "visible",
    "write_mail",
]
