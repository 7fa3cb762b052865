"""
Where an upload lies: its name in the store, which its bytes and its owner decide, and its address.

    icons/<sha256>.<kind>                      the platform's
    template-images/<sha256>.<kind>            the platform's
    template-images/<partner>/<sha256>.<kind>  a partner's
"""

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from .kinds import Picture

ROOT: Final = "/api/v1/uploads/"
ICONS: Final = "icons/"
TEMPLATE_IMAGES: Final = "template-images/"
FOLDERS: Final = (ICONS, TEMPLATE_IMAGES)
PLATFORM: Final = ""

_OWNER: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,35}"
_FILE: Final = r"[0-9a-f]{64}\.(?:png|jpg|webp|svg)"
_NAME: Final = rf"(?:icons|template-images(?:/{_OWNER})?)/{_FILE}"
_WHOLE: Final = re.compile(_NAME)
_ADDRESS: Final = re.compile(rf"{ROOT}({_NAME})")


def name_for(folder: str, owner: str, picture: Picture) -> str:
    """Name a picture by its bytes: the same one again is the same object."""
    inside = f"{folder}{owner}/" if owner else folder
    return f"{inside}{sha256(picture.body).hexdigest()}.{picture.kind}"


def is_name(text: str) -> bool:
    """Tell whether a text names an upload; nothing else in the store has such a name."""
    return _WHOLE.fullmatch(text) is not None


def owner_of(name: str) -> str:
    """Give the partner an upload belongs to, '' for the platform."""
    parts = name.split("/")
    return parts[1] if len(parts) == 3 else PLATFORM


def named_by(address: str | None, base_url: str = "") -> str | None:
    """Give the name behind an address of ours, with or without our own host; None for any other."""
    found = _ADDRESS.fullmatch((address or "").removeprefix(base_url.rstrip("/")) if base_url else address or "")
    return found[1] if found else None


def names_in(texts: Iterable[str]) -> list[str]:
    """List the uploads that texts name by their address, each once."""
    return list(dict.fromkeys(found[1] for text in texts for found in _ADDRESS.finditer(text)))


def url_of(name: str, base_url: str) -> str:
    """Write the address a browser or a mail client asks."""
    return f"{base_url.rstrip('/')}{ROOT}{name}"
