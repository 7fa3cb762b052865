"""Our own mails: one layout, one sentence a kind, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from scaicontrol.core.i18n import say

from ..kinds import MailKind
from .documents import usable_color


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the seller's name, colour and the line at the foot; `links` are (words, address)."""

    seller: str
    color: str | None = None
    footer: str = ""
    logo: str = ""  # its address
    links: Sequence[tuple[str, str]] = ()


def render_mail(
    kind: MailKind,
    language: str,
    about: Mapping[str, str],
    *,
    name: str,
    link: str,
    sender: Letterhead,
    notices: Sequence[Mapping[str, str | None]] = (),
    button: str = "button",
) -> tuple[str, str]:
    """
    Give subject and HTML of a mail. `about` holds what its sentences name, already formatted for the reader; `notices`
    (`title`, `body`, `link`) are listed under them.

    A name the sentences need and `about` lacks raises KeyError: such a mail is never sent half-said.
    """
    given = {**about, "seller": sender.seller}
    subject = say(f"mails.{kind}.subject", language, **given)
    html = (
        _environment()
        .get_template("mail.html")
        .render(
            language=language,
            subject=subject,
            greeting=say("mails.frame.greeting", language, name=name),
            body=say(f"mails.{kind}.body", language, **given),
            notices=notices,
            button=say(f"mails.frame.{button}", language),
            regards=say("mails.frame.regards", language),
            link=link,
            seller=sender.seller,
            color=usable_color(sender.color),
            footer=sender.footer or sender.seller,
            logo=sender.logo,
            links=sender.links,
        )
    )
    return subject, html


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader(__package__, "."), autoescape=True, undefined=StrictUndefined)
