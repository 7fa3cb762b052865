"""The description for people at /api/docs: Swagger UI from an installed package, under the console's own policy."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ScaiControl API</title>
<link rel="icon" href="/api/docs/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="stylesheet" href="/api/docs/narrow.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"""
_START: Final = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
})
"""
# Links between operations we describe none; on a telephone their empty column pushed the others out of sight.
_NARROW: Final = """.swagger-ui .response-col_links { display: none; }
.swagger-ui .opblock-summary { flex-wrap: wrap; }
.swagger-ui .opblock-summary-path { max-width: 100%; }
@media (width < 40rem) {
  .swagger-ui .wrapper, .swagger-ui .scheme-container .schemes { padding: 0 8px; }
  .swagger-ui table, .swagger-ui tbody, .swagger-ui tr.response { table-layout: fixed; width: 100%; }
  .swagger-ui :is(pre, code, td, .renderedMarkdown) { overflow-wrap: anywhere; }
}
"""
_FILES: Final = Path(str(files("fastapi_swagger") / "resources"))


async def page(_: Request) -> Response:
    return HTMLResponse(_PAGE, headers=_HEADERS)


async def start(_: Request) -> Response:
    return Response(_START, headers=_HEADERS, media_type="text/javascript")


async def narrow(_: Request) -> Response:
    return Response(_NARROW, headers=_HEADERS, media_type="text/css")


def _file(name: str) -> Route:
    async def serve(_: Request) -> Response:
        return FileResponse(_FILES / name, headers=_HEADERS)

    return Route(f"/api/docs/{name}", serve, include_in_schema=False)


routes: Final = [
    Route("/api/docs", page, include_in_schema=False),
    Route("/api/docs/start.js", start, include_in_schema=False),
    Route("/api/docs/narrow.css", narrow, include_in_schema=False),
    *(_file(name) for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")),
]
