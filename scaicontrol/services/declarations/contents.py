"""What a declaration says, in its reader's words: on the page, in the receipt and in the mail."""

from scaicontrol.core.i18n import say
from scaicontrol.core.periods import time_zone
from scaicontrol.services.templates import filters

from .lifecycle import DeclarationKind
from .models import Declaration


def contents(declaration: Declaration, zone: str) -> list[tuple[str, str]]:
    """List what was declared, with the moment it was received, as (label, value) in its own language."""
    language = declaration.language

    def word(name: str) -> str:
        return say(f"declarations.{name}", language)

    received = declaration.submitted_at.astimezone(time_zone(zone))
    day = filters.day(received.date(), language)
    said = [
        (word("what"), word(f"kind.{declaration.kind}")),
        (word("received"), f"{day}, {received:%H:%M:%S} ({received.tzname()})"),
        (word("name"), declaration.name),
        (word("identification"), declaration.identification or ""),
        (word("contract"), declaration.contract),
        (word("email"), declaration.email),
    ]
    if declaration.kind == DeclarationKind.cancellation:
        end = declaration.wanted_end
        said += [
            (word("cancellation_kind"), word(f"cancellation.{declaration.cancellation_kind}")),
            (word("reason"), declaration.reason or ""),
            (word("wanted_end"), filters.day(end, language) if end else word("earliest")),
        ]
    return [*((label, value) for label, value in said if value), (word("reference"), declaration.id)]
