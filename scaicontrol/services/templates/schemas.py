"""Bodies and answers; `editor_data` is the designer's own and opaque here."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from scaicontrol.core.i18n import Language
from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import In, JsonObject, Moment, Out, RowVersion

from .kinds import TemplateType

Name = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[\w .()-]+$")]
Subject = Annotated[str, StringConstraints(max_length=300)]
EditorData = Annotated[JsonObject | None, Field(description="The designer's project; kept as it is.")]
_VERSION = Field(description="The version you saw; a stale one is 409.")
_EXAMPLE: JsonDict = {
    "name": "northwind",
    "document_type": "email_invoice",
    "language": "en",
    "subject": "Invoice {{ invoice.number }}",
    "html_content": "<p>Dear {{ recipient.name }}, please pay {{ totals.due | money }}.</p>",
    "css_content": "p { font-size: 14px }",
}


class TemplateContent(In):
    """What is written: Liquid over the variables of the type, and the blocks of the designer (`data-inv`)."""

    model_config = ConfigDict(str_strip_whitespace=False)

    subject: Subject | None = Field(default=None, description="Of a mail; variables are filled in.")
    html_content: str = Field(max_length=2_000_000)
    css_content: str = Field(default="", max_length=200_000)
    editor_data: EditorData = None


class TemplateIn(TemplateContent):
    """A new template; it prints nothing until it is published."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: Name
    document_type: TemplateType
    language: Language | None = Field(default=None, description="None for any.")
    owner_partner_id: Id | None = Field(default=None, description="Platform actors: for this partner, else for all.")


class TemplatePut(TemplateContent):
    """A save: what it says anew, as the next version. Name, type and language stay; duplicate it to change them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": 1, "html_content": "<p>Hello</p>", "css_content": ""}]}
    )

    version: RowVersion = _VERSION
    name: Name | None = None
    document_type: TemplateType | None = None
    language: Language | None = None


class TemplateFilter(In):
    """Which templates; what is left out does not narrow it."""

    name: Name | None = None
    document_type: TemplateType | None = None
    language: Language | None = None


class PublishIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1}]})

    version: RowVersion | None = Field(default=None, description="The last when left out; an earlier one goes back.")


class DuplicateIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "northwind winter"}]})

    name: Name | None = None
    language: Language | None = None


class TemplatePreviewIn(TemplateContent):
    """Unsaved content to look at, with the sample or with a document of yours."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"document_type": "invoice", "html_content": "<p>{{ invoice.number }}</p>"}]}
    )

    document_type: TemplateType
    language: Language | None = None
    invoice_id: Id | None = Field(default=None, description="Show this document instead of the sample.")
    output: Literal["html", "pdf"] = "html"


class TemplatePreviewOut(Out):
    """How it looks, and what keeps it from being published."""

    html: str
    subject: str | None
    missing: list[str]


class TemplateOut(Out):
    id: str
    owner_partner_id: str = Field(description="Empty for the platform's, which everybody may use.")
    name: str
    document_type: TemplateType
    language: str | None
    subject: str | None
    version: int
    published_version: int | None
    published_at: Moment | None
    created_at: Moment
    updated_at: Moment
    html_content: str | None = Field(default=None, description="With include=content.")
    css_content: str | None = None
    editor_data: EditorData = None


class TemplateGroup(Out):
    """The languages of one template."""

    name: str
    document_type: TemplateType
    owner_partner_id: str
    languages: list[TemplateOut]


class VersionOut(Out):
    id: str
    template_id: str
    version: int
    subject: str | None
    html_content: str
    css_content: str
    sha256: str
    created_by: str
    created_at: Moment
    published_at: Moment | None
    published_by: str | None


class VariableOut(Out):
    """One variable; `children` are below it, of each item where it is a list."""

    name: str
    path: str
    kind: str
    about: str
    liquid: str | None
    sample: str | None
    children: list["VariableOut"]


class TemplateVerdict(Out):
    """What a check found in one stored template."""

    id: str
    owner_partner_id: str
    name: str
    document_type: TemplateType
    language: str | None
    version: int
    published_version: int | None
    is_valid: bool
    problems: list[str]


class TemplateFile(In):
    """A template on its way from one installation to another."""

    model_config = ConfigDict(str_strip_whitespace=False)

    name: Name
    document_type: TemplateType
    language: Language | None = None
    subject: Subject | None = None
    html_content: str = Field(max_length=2_000_000)
    css_content: str = Field(default="", max_length=200_000)
    editor_data: EditorData = None
    published: bool = False
    version: int | None = Field(
        default=None, ge=0, description="The version you saw, 0 for none; a stale one is 409. Left out: any."
    )


class DesignedLanguage(In):
    """One language as it was drawn: blocks and text, with a hole for each piece that the canvas cannot hold."""

    model_config = ConfigDict(str_strip_whitespace=False)

    language: Language | None = None
    version: int = Field(ge=0, description="The version you saw, 0 for none.")
    subject: Subject | None = None
    html_content: str = Field(max_length=2_000_000)
    css_content: str = Field(default="", max_length=200_000)
    untranslated: list[int] = Field(default=[], max_length=1_000, description="Which texts are another language's.")


class DesignIn(In):
    """A template as it was drawn, in one or more languages."""

    name: Name
    document_type: TemplateType
    owner_partner_id: str = Field(default="", max_length=40)
    languages: list[DesignedLanguage] = Field(min_length=1, max_length=20)


class Imported(Out):
    id: str
    name: str
    document_type: TemplateType
    language: str | None
    version: int
    outcome: Literal["created", "saved", "unchanged"]
