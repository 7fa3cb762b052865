"""The menu: the views of the console in the groups of an operator's day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from starlette.requests import Request


class MenuGroup(StrEnum):
    """Where a view stands in the menu: its `category`."""

    customers = "Customers"
    money = "Money"
    catalogue = "Catalogue"
    operations = "Operations"
    oversight = "Oversight"


# The key after `g` that leads to a view; `h` leads home.
SHORTCUTS: Final[Mapping[str, str]] = {
    "tenant": "t",
    "partner": "p",
    "subscription": "s",
    "invoice": "i",
    "payment": "m",
    "dispute": "d",
    "credit": "c",
    "billing-run": "b",
    "quarantine-item": "q",
    "registry": "r",
    "plan": "l",
    "provisioning-workflow": "f",
    "webhook-subscriptions": "w",
    "event": "v",
    "job": "j",
    "notification": "n",
    "change-plan": "a",
    "audit-entry": "o",
    "user": "u",
    "settings": "e",
}


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A view that whoever looks may open."""

    name: str
    about: str
    address: str
    is_here: bool
    shortcut: str  # the key after `g` that leads here


def address_of_view(request: Request, view: Any) -> str:
    if view.is_model:
        return str(request.url_for("admin:list", identity=view.identity))
    return str(request.url_for(f"admin:view-{view.identity}"))


def menu(request: Request) -> Sequence[tuple[MenuGroup, Sequence[MenuEntry]]]:
    """Give each group that has something for whoever looks; `rank` orders the views of one."""
    if not hasattr(request.state, "menu"):
        request.state.menu = list(_groups(request))  # a page shows it twice
    shown: Sequence[tuple[MenuGroup, Sequence[MenuEntry]]] = request.state.menu
    return shown


def _groups(request: Request) -> Iterator[tuple[MenuGroup, Sequence[MenuEntry]]]:
    views = [view for view in request.app.state.console.views if view.is_visible(request)]
    for group in MenuGroup:
        mine = [view for view in views if view.category == group and view.is_accessible(request)]
        if mine:
            mine.sort(key=lambda view: (view.rank, view.name))
            yield group, [_entry(request, view) for view in mine]


def _entry(request: Request, view: Any) -> MenuEntry:
    places = (view.identity, getattr(view, "path", ""))
    here = any(place and f"{request.url.path}/".startswith(f"/admin/{place.strip('/')}/") for place in places)
    name = getattr(view, "name_plural", None) or view.name
    return MenuEntry(name, view.about, address_of_view(request, view), here, SHORTCUTS.get(view.identity, ""))
