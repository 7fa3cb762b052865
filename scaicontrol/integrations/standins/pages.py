"""The pages of the stand-ins: one layout, one stylesheet, nothing from elsewhere."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse

from .context import MOUNT

_FOLDER: Final = Path(__file__).parent / "templates"
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %Y, %H:%M:%S UTC")


def money(cents: int, currency: str) -> str:
    return f"{currency} {cents // 100}.{cents % 100:02d}"


_TEMPLATES.globals["dev"] = MOUNT
_TEMPLATES.filters["moment"] = moment
_TEMPLATES.filters["money"] = money


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(_TEMPLATES.get_template(name + ".html").render(**values), status)


def problem(sentence: str, status: int = 400) -> HTMLResponse:
    return page("problem", status, sentence=sentence)


def back(path: str) -> RedirectResponse:
    """Send the browser to a page of the stand-ins after a form was handled."""
    return RedirectResponse(f"{MOUNT}{path}", 303)


def stylesheet() -> FileResponse:
    return FileResponse(_FOLDER / "dev.css", media_type="text/css")
