"""The console's own files: their address changes with what is in them, so a browser may keep them for good."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request

FOLDER: Final = Path(__file__).parent / "static"
KEPT: Final = "public, max-age=31536000, immutable"


@cache
def _versions() -> Mapping[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in FOLDER.iterdir()}


def asset(name: str) -> str:
    return f"/admin/statics/{name}?v={_versions()[name]}"


def is_kept(request: Request) -> bool:
    """Tell whether the address names the version that is served, so that its answer never changes."""
    folder, _, name = request.url.path.rpartition("/")
    asked = request.query_params.get("v", "")
    return folder == "/admin/statics" and bool(asked) and asked == _versions().get(name)
