"""The links that open an invoice without a sign-in, ended from its page."""

from collections.abc import Mapping
from typing import Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import invoice_links

from .language import gettext, ngettext
from .verbs import VerbButton


async def revoke(backend: Backend, actor: Actor, pk: str, _: Mapping[str, str]) -> str:
    ended = await backend.perform(actor, invoice_links.revoke, pk)
    if not ended:
        return gettext("No link to it works; nothing was changed.")
    return ngettext("%(num)s link opens it no more.", "%(num)s links open it no more.", len(ended))


REVOKE: Final = VerbButton(
    "revoke_links",
    "End its links",
    "invoice_links:revoke",
    "The links in mails that open it without a sign-in lead nowhere from now on; sending it again brings a new one.",
    revoke,
)
