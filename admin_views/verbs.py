"""A service verb as a page: what it says, what it asks, and that it is pressed once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

import orjson
from pydantic import ValidationError

from scaicontrol.core import keyed_tries
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Invalid, Reason, invalid
from scaicontrol.core.keyed_procedures import held, record
from scaicontrol.core.money import exponent
from scaicontrol.core.work import UnitOfWork

from . import formatting
from .language import gettext, ngettext, within
from .names import PICKED, Ref, chosen
from .request_context import ConsoleRequest
from .shown_changes import ShownChange

Detail = Any  # what a view gathers of one object for its page


@dataclass(frozen=True, slots=True)
class Field:
    """What a verb asks the person who presses it."""

    name: str
    label: str
    # text, long, lines, date, number, email, check, choice, hidden; tenant, partner, service, plan (by name)
    kind: str = "text"
    required: bool = True
    value: str = ""
    hint: str = ""
    group: str = ""  # what the field is one of, said before its label
    # Of a choice: its values, or (value, words); what they are may depend on the object.
    choices: Sequence[str | tuple[str, str]] | Callable[[Detail], Sequence[str | tuple[str, str]]] = ()

    def of(self, detail: Detail) -> "Field":
        """The same field, with the choices that this object gives."""
        return replace(self, choices=self.choices(detail)) if callable(self.choices) else self


@dataclass(frozen=True, slots=True)
class Done:
    """What a verb has done, where more than a sentence is to be said of it."""

    said: str
    at: Ref | None = None  # the object to look at next; without one, the page the button was on
    secret: str = ""  # shown on the answer itself, once, and kept nowhere
    is_gone: bool = False  # the object is no more: what comes next is its list
    portal_view: str = ""  # a view of a tenant's portal, which this browser goes to next


Press = Callable[[Backend, Actor, str, Mapping[str, str]], Awaitable[str | Done]]


@dataclass(frozen=True, slots=True)
class VerbButton:
    """
    A service verb as a button; `press` runs it and says what happened in a sentence.

    One that is `of_list` stands on the list and is pressed without an object, such as one that makes a new one.
    """

    name: str
    label: str
    permission: str
    effect: str
    press: Press
    fields: Sequence[Field] = ()
    danger: bool = False
    ready: Callable[[Backend, Actor, str], Awaitable[Any]] | None = None  # a report to read before pressing
    known: Callable[[Detail], Mapping[str, str]] | None = None  # what the fields hold at first, by the object
    # What would come of what is typed, as (label, value); asked by a second button, changes nothing.
    preview: Callable[[Backend, Actor, str, Mapping[str, str]], Awaitable[Sequence[tuple[str, str]]]] | None = None
    of_list: bool = False
    bulk: bool = False  # may be pressed on many rows chosen on the list, one after the other
    makes: str = ""  # the topic of what is looked at next, where it was shown first, and done exactly so
    is_plan: bool = False  # its object is a plan that was shown already, and whose hash the form holds

    @property
    def is_shown_first(self) -> bool:
        """What is dangerous is planned and shown, and done once somebody has read it."""
        return self.danger and not self.is_plan


@dataclass(slots=True)
class Typed:
    """What somebody has typed into a verb's page so far, and what was wrong with it."""

    values: Mapping[str, str] = field(default_factory=dict)
    error: ControlError | None = None
    preview: Sequence[tuple[str, str]] = ()
    change: ShownChange | None = None  # what it would do, to be agreed to


async def once(
    console: ConsoleRequest,
    key: str,
    path: str,
    form: Mapping[str, str],
    press: Callable[[Backend], Awaitable[str | Done]],
) -> Done:
    """Press once for each page handed out: a second click is told what the first one did."""
    body = urlencode(sorted(form.items())).encode()
    backend, actor = console.backend, console.actor
    mine = await backend.perform(actor, keyed_tries.claim, key, "POST", path, body)
    if mine.answer is not None:
        said, at, is_gone, *views = orjson.loads(mine.answer)
        return Done(said, Ref(*at) if at else None, is_gone=is_gone, portal_view="".join(views))
    async with held(backend, actor, mine) as stage:
        try:
            pressed = await press(stage)
        except ValidationError as error:
            raise sentence(error) from error
    done = pressed if isinstance(pressed, Done) else Done(pressed)
    at = list(done.at) if done.at else None
    views = [done.portal_view] if done.portal_view else []  # only where there is one: older processes read three
    answer = orjson.dumps([done.said, at, done.is_gone, *views])  # never the secret: it is shown once
    await record(backend, actor, mine, 303, answer)
    return done


async def with_picks(console: ConsoleRequest, verb: VerbButton, form: Mapping[str, str]) -> Mapping[str, str]:
    """Put ids in the place of names that were picked; Invalid names the field of one that none or several have."""
    picks = [one for one in verb.fields if one.kind in PICKED and form.get(one.name)]

    async def ids(uow: UnitOfWork) -> dict[str, str]:
        return {one.name: await chosen(uow, one.kind, one.name, form[one.name]) for one in picks}

    return {**form, **await console.backend.ask(console.actor, ids)} if picks else form


def complete(verb: VerbButton, form: Mapping[str, str]) -> None:
    missing = [one for one in verb.fields if one.required and not form.get(one.name)]
    if missing:
        what = gettext(" and ").join(within(one.label) for one in missing)
        raise Invalid(
            ngettext(
                "Nothing was done: %(what)s is missing.",
                "Nothing was done: %(what)s are missing.",
                len(missing),
                what=what,
            )
        )


def sentence(error: ControlError | ValidationError) -> ControlError:
    if isinstance(error, ControlError):
        return error
    found = error.errors(include_url=False, include_context=False, include_input=False)
    reasons = [Reason(e["type"], e["msg"].removeprefix("Value error, "), ".".join(map(str, e["loc"]))) for e in found]
    return Invalid(f"{formatting.spoken(reasons[0].field)}: {reasons[0].message}.", reasons=reasons[1:])


def cents_of(text: str, currency: str) -> int | None:
    """Read an amount in major units exactly; more digits than the currency has are an error, not a rounding."""
    if not text:
        return None
    whole, _, part = text.partition(".")
    digits = exponent(currency)
    if not (whole + part).isdecimal() or not whole or len(part) > digits:
        raise invalid(
            "amount",
            gettext(
                "'%(text)s' is not an amount of %(currency)s; write it as 1234%(more)s.",
                text=text,
                currency=currency,
                more=".50" if digits == 2 else "",
            ),
        )
    return int(whole + part.ljust(digits, "0"))


def day_of(field: str, text: str) -> date:
    """Read a day as a date field sends it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(field, gettext("Say on which day the money moved, such as 2026-01-31.")) from None
