"""Serves the tenant portal: built files, compressed beforehand, under a policy that lets nothing else run."""

from pathlib import Path, PurePosixPath
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

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
    "/subscriptions",
    "/subscriptions/:id",
    "/catalog",
    "/catalog/:slug",
    "/billing/invoices",
    "/billing/invoices/:id",
    "/billing/payment-methods",
    "/settings/billing-profile",
    "/settings/portal-views",
)
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
    # The page itself says in the reader's language that there is nothing; search engines and checks read the status.
    return _file(request, found, is_page=is_page, status=200 if not is_page or is_address(asked) else 404)


def is_address(path: str) -> bool:
    """Tell whether the portal has a page at this path; whether what it shows exists, only the API can say."""
    parts = path.strip("/").split("/")
    return any(
        len(parts) == len(names)
        and all(part == name or (part and name.startswith(":")) for part, name in zip(parts, names, strict=True))
        for names in (page.strip("/").split("/") for page in PAGES)
    )


def _found(name: str) -> Path | None:
    try:
        found = (BUNDLE / name).resolve()
        return found if found.is_relative_to(BUNDLE.resolve()) and found.is_file() else None
    except (OSError, ValueError):  # longer than a name may be, or with a NUL in it
        return None


def _file(request: Request, found: Path, *, is_page: bool, status: int) -> Response:
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
    media = _TYPES.get(".html" if is_page else found.suffix, "application/octet-stream")
    if not hashed:  # a new build may replace it between its size and its body
        return Response(chosen.read_bytes(), status, headers=headers, media_type=media)
    return FileResponse(chosen, status, headers=headers, media_type=media)
