"""Templates: how documents and mails look, ours and those people write, and which words they print."""

from .builtin_documents import DEFAULT_COLOR, render_html, usable_color
from .builtin_mails import Letterhead
from .compiler import Source
from .document_variables import DocumentKind, texts
from .events import TemplateDeleted, TemplatePublished, TemplateSaved
from .filters import day, money, number, percent
from .kinds import TemplateType
from .labels import labels
from .mail_words import MailKind
from .mails import Letter, write_mail
from .mandatory import absent, text_of_html
from .markers import blocks_of, starter
from .models import InvoiceTemplate, InvoiceTemplateVersion
from .pdf_text import text_of_pdf
from .queries import Published, Wish, get, listing, published, resolve, version, versions, visible
from .rendering import Job, Page, render
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
    VariableOut,
    Verdict,
    VersionOut,
)
from .service.check import missing_in, validate
from .service.preview import Preview, preview
from .service.store import create, delete, duplicate, publish, save
from .service.transfer import export, import_
from .tree import variables
from .words.kinds import Labels

__all__ = [
    "DEFAULT_COLOR",
    "DocumentKind",
    "DuplicateIn",
    "Imported",
    "InvoiceTemplate",
    "InvoiceTemplateVersion",
    "Job",
    "Labels",
    "Letter",
    "Letterhead",
    "MailKind",
    "Page",
    "Preview",
    "PublishIn",
    "Published",
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
    "TemplateType",
    "VariableOut",
    "Verdict",
    "VersionOut",
    "Wish",
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
