from collections.abc import Mapping
from datetime import date
from typing import Final

from babel import Locale
from starlette.requests import Request

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.i18n import LANGUAGES
from scaicontrol.services import identity
from scaicontrol.services.identity.schemas import UserPreferencesIn, UserPreferencesOut

from .forms import sent_of, typed
from .language import gettext
from .lists import Context
from .menu import MenuGroup
from .pages import ConsolePage
from .request_context import console_of
from .verbs import Field, VerbButton

_SPOKEN: Final[Mapping[str, str]] = {
    language: str(Locale(language).language_name).capitalize() for language in LANGUAGES
}
_NUMBERS: Final = {
    "comma_point": "1,234.50",
    "point_comma": "1.234,50",
    "space_comma": "1 234,50",
    "apostrophe_point": "1’234.50",
}
_DATES: Final = {
    "words": "the month by name",
    "dots": "31.01.2026",
    "slashes": "31/01/2026",
    "iso": "2026-01-31",
}
_CHOSEN: Final = (
    Field(
        "language",
        "Language",
        "choice",
        required=False,
        choices=tuple(_SPOKEN.items()),
        hint="Empty: as the browser asks.",
    ),
    Field("time_zone", "Time zone", required=False, hint="Such as Europe/Amsterdam; empty: UTC."),
    Field(
        "number_format",
        "Numbers",
        "choice",
        required=False,
        choices=tuple(_NUMBERS.items()),
        hint="Empty: as in the language.",
    ),
    Field(
        "date_format",
        "Days",
        "choice",
        required=False,
        choices=tuple(_DATES.items()),
        hint="Empty: with the month by name.",
    ),
    Field("theme", "Theme", "choice", required=False, choices=("light", "dark"), hint="Empty: as the machine."),
)


async def choose(backend: Backend, actor: Actor, _: str, given: Mapping[str, str]) -> str:
    await backend.perform(actor, identity.set_preferences, UserPreferencesIn.model_validate(sent_of(given)))
    return gettext("Your pages speak so from now on.")


def known(chosen: UserPreferencesOut) -> Mapping[str, str]:
    return {field.name: typed(getattr(chosen, field.name)) for field in _CHOSEN}


class PreferencesPage(ConsolePage):
    name, identity, icon = "Preferences", "preferences", "preferences"
    category, rank = MenuGroup.oversight, 90
    about = "How the console speaks to you: nobody else sees it differently."
    template = "console/preferences.html"
    verbs = (
        VerbButton(
            "choose",
            "Change",
            "preferences:set",
            "Your pages speak so from now on, here and in the portal; files for machines stay as they are.",
            choose,
            _CHOSEN,
            known=known,
        ),
    )

    async def content(self, request: Request) -> Context:
        chosen = await self.detail(request)
        return {
            "chosen": chosen,
            "spoken": _SPOKEN.get(chosen.language or ""),
            "numbers": _NUMBERS.get(chosen.number_format or ""),
            "today": date(2026, 1, 31),
        }

    async def detail(self, request: Request) -> UserPreferencesOut:
        console = console_of(request)
        return await console.backend.ask(console.actor, identity.preferences)


VIEWS = (PreferencesPage,)
