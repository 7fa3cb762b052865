"""Our own mails: one layout, one sentence a kind, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..mail_words import MailKind, words
from .documents import usable_color


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the seller's name, colour and the line at the foot."""

    seller: str
    color: str | None = None
    footer: str = ""


def render_mail(
    kind: MailKind, language: str, about: Mapping[str, str], *, name: str, link: str, sender: Letterhead
) -> tuple[str, str]:
    """
    Give subject and HTML of a mail. `about` holds what its sentences name, already formatted for the reader.

    A name the sentences need and `about` lacks raises KeyError: such a mail is never sent half-said.
    """
    frame, said = words(kind, language)
    given = {**about, "seller": sender.seller}
    subject = said.subject.format_map(given)
    html = (
        _environment()
        .get_template("mail.html")
        .render(
            language=language,
            subject=subject,
            greeting=frame.greeting.format(name=name),
            body=said.body.format_map(given),
            button=frame.button,
            regards=frame.regards,
            link=link,
            seller=sender.seller,
            color=usable_color(sender.color),
            footer=sender.footer or sender.seller,
        )
    )
    return subject, html


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader(__package__, "."), autoescape=True, undefined=StrictUndefined)
