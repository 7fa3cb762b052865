"""What the public pages share: the seller's frame, the reader's language, careful headers and a limit."""

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, kind_of
from scaicontrol.core.i18n import LANGUAGES, Language, language_or_english, say
from scaicontrol.services.partners import Brand

from ..branding import brand_of_request
from ..errors import STATUS
from ..rate_limits import RateLimit

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# Nobody keeps such a page, finds it by searching, or tells another site where it was.
CAREFUL: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_STYLES: Final = Path(__file__).parent / "pages.css"
_LIMIT: Final = RateLimit(60)

Handler = Callable[[Request, Backend], Awaitable[Response]]


def language_of(request: Request, brand: Brand) -> Language:
    """Give the language somebody reads: what they chose, else what their browser prefers, else the seller's."""
    chosen = request.query_params.get("lang", "")
    if chosen in LANGUAGES:
        return language_or_english(chosen)
    for preferred in request.headers.get("accept-language", "").split(","):
        short = preferred.split(";")[0].strip().lower()[:2]
        if short in LANGUAGES:
            return language_or_english(short)
    return language_or_english(brand.language)


def page(
    request: Request, template: str, brand: Brand, language: Language, title: str, *, status: int = 200, **shown: object
) -> Response:
    """Write a page in the seller's frame; `title` is its heading."""

    def words(key: str, **values: object) -> str:
        return say(f"pages.{key}", language, **values)

    here = request.url.path
    html = (
        _environment()
        .get_template(template)
        .render(
            brand=brand, language=language, title=title, t=words, here=here, languages=LANGUAGES,
            spoken=_SPOKEN, **shown,
        )
    )  # fmt: skip
    return HTMLResponse(html, status, CAREFUL)


_SPOKEN: Final = {
    "en": "English", "nl": "Nederlands", "de": "Deutsch", "fr": "Français", "es": "Español", "it": "Italiano",
}  # fmt: skip


async def notice(request: Request, backend: Backend, status: int, key: str, said: str = "") -> Response:
    """Write a page that only says something: a heading and a sentence of `pages.<key>`, or what was said."""
    brand = await brand_of_request(request, backend)
    language = language_of(request, brand)
    title = say(f"pages.{key}.title", language)
    return page(
        request, "notice.html", brand, language, title, status=status, text=said or say(f"pages.{key}.text", language)
    )


def public(handler: Handler, limit: RateLimit = _LIMIT) -> Callable[[Request], Awaitable[Response]]:
    """Open a page to everybody, so many times a minute for each address, and say what goes wrong in a page."""

    async def handle(request: Request) -> Response:
        backend: Backend = request.app.state.backend
        try:
            limit(request)
        except HTTPException as error:
            answer = await notice(request, backend, 429, "too_many")
            answer.headers.update(error.headers or {})
            return answer
        try:
            return await handler(request, backend)
        except ControlError as error:
            return await notice(request, backend, STATUS[kind_of(error)], "failed")

    return handle


async def _styles(_: Request) -> Response:
    return Response(_STYLES.read_bytes(), headers={"Cache-Control": "public, max-age=300"}, media_type="text/css")


root_routes = [Route("/pages.css", _styles)]


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
