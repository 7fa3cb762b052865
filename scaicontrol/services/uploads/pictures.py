"""
Uploads inside pages: each address of ours that a text names becomes what the reader of the page can open.

A document carries its pictures, since a renderer has no network; a mail links to them, since mail clients show no
embedded ones. A page shows what its partner or the platform uploaded; a name that is not given was not found there.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Final

from scaicontrol.core.errors import NotFound, invalid
from scaicontrol.core.ports import ObjectStore

from . import names
from .kinds import MEDIA_TYPES

Pictures = Mapping[str, str]  # the name of an upload → what stands in the page for it
MOST: Final = 20  # pictures a page may show


async def embedded(objects: ObjectStore, owner: str | None, texts: Iterable[str]) -> Pictures:
    """
    Fetch the uploads that texts name, as data: URIs. Call it outside any transaction.

    `owner` is the partner whose page it is, '' the platform; None is whoever may show everybody's.
    """
    found = {}
    for name in _usable(owner, texts):
        try:
            body = await objects.get(name)
        except NotFound:
            continue
        kind = MEDIA_TYPES[name.rsplit(".", 1)[1]]
        found[name] = f"data:{kind};base64,{base64.b64encode(body).decode()}"
    return found


def linked(base_url: str, owner: str | None, texts: Iterable[str]) -> Pictures:
    """Give the uploads that texts name as addresses a mail client can ask."""
    return {name: names.url_of(name, base_url) for name in _usable(owner, texts)}


def shown(address: str | None, pictures: Pictures) -> str | None:
    """Give what stands in the page for an address; Invalid when it is ours and its picture is not there."""
    name = names.named_by(address)
    if name is None:
        return address
    if name not in pictures:
        raise invalid("logo_url", f"The logo cannot be shown. {absent(name)}", "image_missing")
    return pictures[name]


def absent(name: str) -> str:
    """Say that a picture is not there, in words that lead to it."""
    return f"There is no upload {name} of this partner or the platform; upload the picture again."


def _usable(owner: str | None, texts: Iterable[str]) -> list[str]:
    found = names.names_in(texts)
    if len(found) > MOST:
        raise invalid("html_content", f"It shows {len(found)} uploaded pictures; a page can hold {MOST}.")
    return [name for name in found if owner is None or names.owner_of(name) in (owner, names.PLATFORM)]
