"""
Rendering what people wrote, in a process that can be killed.

Five seconds and 20 MB (contract §19.2); nothing is read from disk and nothing fetched. Our own stylesheet comes last:
page size, page numbers and everything PDF/A needs are ours.
"""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from html import escape, unescape
from importlib.resources import files
from typing import Any, Final, overload

from liquid.exceptions import LiquidError

from scaicontrol.core.processes import Workers
from scaicontrol.services import uploads

from ..builtin.documents import usable_color
from ..labels import labels
from . import jinja_import, samples, tokens
from . import language as liquid
from .catalogue import filled
from .compiler import Compiled, Source, compile_source
from .problems import Problem, line_at, refusal

SECONDS: Final = 5.0
_AGAIN: Final = 0.5  # seconds: Python swallows what is raised while an object is destroyed, so one stop may be none
_KILLED_AFTER: Final = 20.0  # seconds, its start included

# In the element itself and important: no stylesheet of a template can hide that a document is void.
_WATERMARK: Final = "; ".join(
    f"{rule} !important"
    for rule in (
        "color: rgb(190 30 45 / 16%)", "display: block", "font-size: 72pt", "font-weight: 700", "height: auto",
        "left: 0", "line-height: 1", "position: fixed", "text-align: center", "top: 95mm", "transform: rotate(-32deg)",
        "width: 172mm",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """What came out: a page that needs nothing else, and the subject of a mail."""

    html: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class PageJob:
    """A template and what it is to say; without `variables` it is tried with the samples of its kind."""

    source: Source
    language: str
    variables: Mapping[str, Any] | None = None
    title: str = ""
    watermark: str = ""
    pictures: uploads.Pictures = field(default_factory=dict)  # the uploads it may show


@dataclass(frozen=True, slots=True)
class Jinja:
    """Content that may hide Jinja in comments."""

    source: str


async def render(job: PageJob) -> RenderedPage:
    """Render in the worker; Invalid names every line that is refused, Unavailable says the process had to be killed."""
    page: RenderedPage = await _workers().call(job)
    return page


async def translated(jinja: Jinja) -> str:
    """Translate in the worker, which ends what takes too long; Invalid names every line that has no twin in Liquid."""
    liquid_source: str = await _workers().call(jinja)
    return liquid_source


@cache
def _workers() -> Workers[PageJob | Jinja, Any]:
    return Workers(run, "template renderer", count=1, time_limit=_KILLED_AFTER, recycle_after=500)


@overload
def run(job: PageJob) -> RenderedPage: ...


@overload
def run(job: Jinja) -> str: ...


def run(job: PageJob | Jinja) -> RenderedPage | str:
    """Do what is asked; in the worker's own process."""
    return _translated(job) if isinstance(job, Jinja) else _rendered_page(job)


def _translated(jinja: Jinja) -> str:
    with _time_limit():
        if not jinja_import.is_jinja(jinja.source):
            return jinja.source
        source, problems = jinja_import.to_liquid(jinja.source)
    if problems:
        raise refusal(problems)
    return source


def _rendered_page(job: PageJob) -> RenderedPage:
    compiled = compile_source(job.source)
    with _time_limit():
        if job.variables is not None:
            return _page(compiled, job, job.variables)
        if compiled.losing:
            raise refusal(compiled.losing)
        _page(compiled, job, samples.bare_sample(job.source.document_type))
        return _page(compiled, job, samples.sample(job.source.document_type))


@contextmanager
def _time_limit() -> Iterator[None]:
    """Stop Liquid, which is Python all the way down, in its tracks."""

    def stop(*_: Any) -> None:
        raise refusal([Problem("html_content", 0, f"It takes longer than {SECONDS:g} seconds.")])

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _page(compiled: Compiled, job: PageJob, variables: Mapping[str, Any]) -> RenderedPage:
    _require_pictures(compiled, job)
    shown = _plain(filled({**variables, "labels": asdict(labels(job.language))}, job.source.document_type))
    shown["brand"]["color"] = usable_color(shown["brand"].get("color"))
    shown["brand"]["logo_url"] = uploads.shown(shown["brand"].get("logo_url"), job.pictures)
    shown["uploads"] = job.pictures
    css = tokens.PICTURE.sub(lambda found: job.pictures.get(found[1], ""), compiled.css)
    body = _rendered(compiled.html, "html_content", shown, job.language, compiled)
    if job.source.document_type.is_mail:
        subject = " ".join(unescape(_rendered(compiled.subject, "subject", shown, job.language)).split())
        return RenderedPage(_mail(subject, body, css, job.language), subject)
    return RenderedPage(_document(body, css, job, shown["brand"]["color"]))


def _require_pictures(compiled: Compiled, job: PageJob) -> None:
    if missing := sorted(compiled.pictures - job.pictures.keys()):
        raise refusal(Problem(*_place(job.source, name), uploads.absent(name)) for name in missing)


def _place(source: Source, name: str) -> tuple[str, int]:
    """Give the field and line a picture is named in."""
    for name_of, text in (("html_content", source.html_content), ("css_content", source.css_content)):
        if (at := text.find(name)) >= 0:
            return name_of, line_at(text, at)
    return "html_content", 0


def _rendered(
    source: str, field: str, variables: Mapping[str, Any], language: str, compiled: Compiled | None = None
) -> str:
    try:
        return liquid.render(source, variables, language)
    except LiquidError as error:
        position = liquid.position_of(error)
        line = compiled.source_line(position) if compiled else 1
        raise refusal([Problem(field, line, liquid.error_sentence(error))]) from None


def _plain(value: Any) -> Any:
    """Let only plain data through; an empty text counts as nothing, which Liquid would take for something."""
    if value is None or value == "":
        return None
    if isinstance(value, str | bool | int | Decimal | date):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} is not for templates.")


def _document(body: str, css: str, job: PageJob, color: str) -> str:
    words = labels(job.language)
    first, _, rest = words.page.partition("{page}")
    between, _, end = rest.partition("{pages}")
    number = f'"{first}" counter(page) "{between}" counter(pages) "{end}"'
    mark = f'<div aria-hidden="true" style="{_WATERMARK}">{escape(job.watermark)}</div>' if job.watermark else ""
    return (
        f'<!DOCTYPE html><html lang="{job.language}"><head><meta charset="utf-8"><title>{escape(job.title)}</title>'
        f"<style>:root {{ --brand: {color} }}\n{_base_style('base.css')}</style><style>{css}</style>"
        f"<style>{_base_style('last.css')}\n@page {{ @bottom-right {{ content: {number} }} }}</style></head>"
        f"<body>{mark}{body}</body></html>"
    )


def _mail(subject: str, body: str, css: str, language: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(subject)}</title><style>{css}</style></head><body>{body}</body></html>"
    )


@cache
def _base_style(name: str) -> str:
    return (files(__package__) / "base_styles" / name).read_text("utf-8")
