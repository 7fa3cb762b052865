"""
Serves the tenant portal: built files, compressed beforehand, under a policy that lets nothing else run.

Its page alone is made for whoever asks: it carries the name of the seller whose portal it is (`app.state.brand_of`).
With its address come the names of the scripts that it needs next (`Link`), which the browser fetches beside the first
script; and for who is signed in, at its end, the answers to what it asks first (`first_answers`).
"""

import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import fields
from functools import lru_cache
from html import escape
from pathlib import Path, PurePosixPath
from typing import Final, TypedDict

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse

from scaicontrol.core.backend import Backend
from scaicontrol.core.logging import get_logger
from scaicontrol.first_answers import first_answers
from scaicontrol.services.partners import Brand
from scaicontrol.services.partners.schemas import BrandOut

log = get_logger(__name__)
MARKER_COOKIE: Final = "sc_signed_in"  # readable by its script: somebody has signed in here
BUNDLE: Final = Path(__file__).parent / "static" / "portal"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_TYPES: Final = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
# The addresses that answer with a page of their own, as in `frontend/src/routes/index.tsx`.
PAGES: Final = (
    "/",
    "/services",
    "/subscriptions",
    "/subscriptions/:id",
    "/usage",
    "/usage/:slug",
    "/catalog",
    "/catalog/:slug",
    "/packs",
    "/packs/:slug",
    "/billing/invoices",
    "/billing/invoices/:id",
    "/billing/payment-methods",
    "/wallet",
    "/notifications",
    "/settings/organization",
    "/settings/billing-profile",
    "/settings/preferences",
    "/settings/portal-views",
)
_TITLE: Final = "<title>Portal</title>"  # as `frontend/index.html` has it
_NOT_PAGES: Final = ("auth", "admin", "mcp", "_dev")
_NO_BUNDLE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>ScaiControl</title>
<h1>ScaiControl is running</h1><p>The portal was not built into this installation: it needs Node.js 20.19 or newer at
install time. Run <code>make portal</code>, or use the <a href="/api/docs">API</a> and the <a href="/admin">console</a>.
</p></html>"""


async def portal(request: Request) -> Response:
    """Answer a built file, or the index page: with status 404 where the portal has no page of that address."""
    asked: str = request.path_params.get("path") or ""
    path = PurePosixPath(asked or "index.html")
    # What begins with a dot tells how the bundle was made, and is not part of it.
    if path.parts and (path.parts[0] in _NOT_PAGES or any(part.startswith(".") for part in path.parts)):
        return Response("There is nothing here.", 404)
    is_page = not path.suffix or path.name == "index.html"
    name = "index.html" if is_page else str(path)
    if not (BUNDLE / "index.html").exists():
        return HTMLResponse(_NO_BUNDLE, headers={"Content-Security-Policy": POLICY})
    found = _found(name)
    if not found:
        return Response("There is nothing here.", 404)
    if not is_page:
        return _file(request, found)
    # The page itself says in the reader's language that there is nothing; search engines and checks read the status.
    page = page_at(asked)
    answer = await _page(request, found, page)
    if links := ", ".join(_needed_next(request, page)):
        answer.headers["Link"] = links
    return answer


def page_at(path: str) -> str | None:
    """Find which of the portal's pages is at this path; whether what it shows exists, only the API can say."""
    parts = path.strip("/").split("/")
    for page in PAGES:
        names = page.strip("/").split("/")
        if len(parts) == len(names) and all(
            part == name or (part and name.startswith(":")) for part, name in zip(parts, names, strict=True)
        ):
            return page
    return None


def _needed_next(request: Request, page: str | None) -> Iterator[str]:
    first = _first_files(BUNDLE / ".vite" / "first.json")
    language = _language(request, first)
    is_known = MARKER_COOKIE in request.cookies  # who has not signed in reads the way in, and no page
    # First what everything waits for: a browser asks for six things at a time where the line is HTTP/1.1.
    for style in first["styles"]:
        yield f"<{style}>; rel=preload; as=style; crossorigin"
    for script in first["entry"]:
        yield f"<{script}>; rel=modulepreload; crossorigin"
    words = (first["languages"] if is_known else first["entrances"]).get(language, ())
    for script in (*words, *(first["pages"].get(page or "", ()) if is_known else ())):
        yield f"<{script}>; rel=modulepreload; crossorigin"


def _language(request: Request, first: "_FirstFiles") -> str:
    spoken = (part.split(";")[0].strip()[:2] for part in request.headers.get("accept-language", "").split(","))
    return next((code for code in spoken if code in first["languages"]), "en")


class _FirstFiles(TypedDict):
    entry: list[str]
    styles: list[str]
    pages: dict[str, list[str]]
    languages: dict[str, list[str]]
    entrances: dict[str, list[str]]


def _first_files(path: Path) -> _FirstFiles:
    """Read what the build wrote down: for each page and language, the scripts it needs beside the first ones."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return {"entry": [], "styles": [], "pages": {}, "languages": {}, "entrances": {}}


@lru_cache(maxsize=2)
def _read(path: Path, _: int) -> _FirstFiles:
    read: _FirstFiles = json.loads(path.read_bytes())
    return read


def _found(name: str) -> Path | None:
    try:
        found = (BUNDLE / name).resolve()
        return found if found.is_relative_to(BUNDLE.resolve()) and found.is_file() else None
    except (OSError, ValueError):  # longer than a name may be, or with a NUL in it
        return None


async def _page(request: Request, found: Path, page: str | None) -> Response:
    """
    Write the page with the seller's name, colours and legal links.

    Its head goes out at once, and with it the names of its scripts; what it asks first follows when that is known.
    """
    brand_of: Callable[[Request, Backend], Awaitable[Brand]] = request.app.state.brand_of
    brand = await brand_of(request, request.app.state.backend)
    headers = {"Cache-Control": "private, no-cache", "Content-Security-Policy": POLICY, "Vary": "Cookie"}
    written = _written(found, brand)
    # A view that its address narrows asks for itself, as in `frontend/src/routes/firstData.ts`.
    if page is None or MARKER_COOKIE not in request.cookies or request.method != "GET" or request.url.query:
        return HTMLResponse(written, 200 if page else 404, headers)
    headers["Cache-Control"] = "no-store"  # what a person may read stays in no cache
    parts = _with_answers(request, page, written)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"], parts = "gzip", _compressed(parts)
    return StreamingResponse(parts, 200, headers, "text/html")


async def _with_answers(request: Request, page: str, written: str) -> AsyncIterator[bytes]:
    head, end, rest = written.partition("</body>")
    yield head.encode()
    try:
        language = _language(request, _first_files(BUNDLE / ".vite" / "first.json"))
        answers = await first_answers(request, page, language)
    except Exception:  # the page is half sent, works without them, and asks by itself what it lacks
        log.exception("first_answers_failed", page=page)
        answers = {}
    # Read by the portal's own script, run by nobody; no `<` in it can end the element that holds it.
    told = b",".join(orjson.dumps(address) + b":" + body for address, body in answers.items()).replace(b"<", b"\\u003c")
    yield b'<script type="application/json" id="first-answers">{' + told + b"}</script>" + (end + rest).encode()


async def _compressed(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    gzip = zlib.compressobj(4, wbits=31)
    async for part in parts:
        yield gzip.compress(part) + gzip.flush(zlib.Z_SYNC_FLUSH)  # nothing waits in here for what follows
    yield gzip.flush()


def _written(found: Path, brand: Brand) -> str:
    return found.read_text("utf-8").replace(_TITLE, _branded(brand), 1)


def _branded(brand: Brand) -> str:
    shown = {field.name: getattr(brand, field.name) for field in fields(brand) if field.name in BrandOut.model_fields}
    told = escape(orjson.dumps(shown).decode(), quote=True)
    return (
        f'<title>{escape(brand.name)}</title><meta name="brand" content="{told}">'
        '<link rel="stylesheet" href="/brand.css">'
    )


def _file(request: Request, found: Path) -> Response:
    hashed = found.parent.name == "assets"
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if hashed else "no-cache",
        "Content-Security-Policy": POLICY,
        "Vary": "Accept-Encoding",
    }
    accepted = request.headers.get("accept-encoding", "")
    chosen = found
    for encoding, suffix in _ENCODINGS:
        compressed = found.with_name(found.name + suffix)
        if encoding in accepted and compressed.exists():
            headers["Content-Encoding"], chosen = encoding, compressed
            break
    media = _TYPES.get(found.suffix, "application/octet-stream")
    if not hashed:  # a new build may replace it between its size and its body
        return Response(chosen.read_bytes(), headers=headers, media_type=media)
    return FileResponse(chosen, headers=headers, media_type=media)
