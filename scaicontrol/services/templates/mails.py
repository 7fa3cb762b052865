"""A mail from its facts: in the template that was chosen for it, else in ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scaicontrol.core.errors import ControlError
from scaicontrol.core.logging import get_logger
from scaicontrol.services.uploads import Pictures

from .builtin.mails import Letterhead, render_mail
from .engine.rendering import PageJob, render
from .kinds import MailKind
from .queries import Published

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """
    What a mail is about. `about` holds what our own sentences name, already formatted; `variables` are what a template
    of people sees (contract §19.2); `template` is None where our own words are used.
    """

    kind: MailKind
    language: str
    about: Mapping[str, str]
    name: str
    link: str
    sender: Letterhead
    variables: Mapping[str, Any] = field(default_factory=dict)
    template: Published | None = None
    pictures: Pictures = field(default_factory=dict)  # the uploads its template may link to
    button: str = "button"  # what our own words call the link


async def write_mail(letter: Letter) -> tuple[str, str]:
    """
    Give subject and HTML. Call it outside any transaction.

    A template that fails on this occasion is logged and our own words go out: a reminder must not be lost with it.
    """
    if letter.template is not None:
        try:
            page = await render(
                PageJob(letter.template.source, letter.language, letter.variables, pictures=letter.pictures)
            )
        except ControlError:
            log.exception(
                "mail_template_failed",
                template_id=letter.template.template_id,
                version=letter.template.version,
            )
        else:
            return page.subject, page.html
    return render_mail(
        letter.kind,
        letter.language,
        letter.about,
        name=letter.name,
        link=letter.link,
        sender=letter.sender,
        notices=letter.variables.get("notices", ()),
        button=letter.button,
    )
