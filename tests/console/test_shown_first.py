"""What is dangerous at the console is exactly one verb, shown before it is done, or it is refused."""

import ast
import inspect
from collections.abc import Callable, Iterator
from textwrap import dedent
from typing import Any

import pytest

from admin_views import site
from admin_views.shown_changes import show_change
from admin_views.verbs import VerbButton
from migrations.schema import described
from scaicontrol.core.errors import Refused
from scaicontrol.core.verbs import VERBS
from scaicontrol.services import subscriptions
from tests.changes.cases import CASES
from tests.factories import petra
from tests.factories.subscriptions import market, show, subscribed

described()  # imports every feature, and with it every verb
DANGEROUS = [
    pytest.param(button, id=f"{view.identity}/{button.name}")
    for view in site.views()
    for button in getattr(view, "verbs", ())
    if button.danger
]


@pytest.fixture
def dialect() -> str:
    """What is shown does not depend on the database."""
    return "sqlite"


def verbs_of(press: Callable[..., Any]) -> set[str]:
    """Name the verbs that a function of the console calls, by itself or through others of the console."""
    known = {verb.run: name for name, verb in VERBS.items()}
    found, seen, open_ = set(), set(), [press]
    while open_:
        function = open_.pop()
        seen.add(function)
        for called in _named_in(function):
            if (run := getattr(called, "__wrapped__", None)) in known:
                found.add(known[run])
            elif inspect.isfunction(called) and called.__module__.startswith("admin_views") and called not in seen:
                open_.append(called)
    return found


def _named_in(function: Callable[..., Any]) -> Iterator[Any]:
    """Give what a function's own text names of its module and of what that imports: `changes.apply`, `_edited`."""
    local = set(function.__code__.co_varnames)
    for node in ast.walk(ast.parse(dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id not in local:
            yield getattr(function.__globals__.get(node.value.id), node.attr, None)
        elif isinstance(node, ast.Name) and node.id not in local:
            yield function.__globals__.get(node.id)


@pytest.mark.parametrize("button", DANGEROUS)
def test_every_dangerous_button_is_one_verb_that_can_be_planned(button: VerbButton):
    called = verbs_of(button.press)
    assert len(called) == 1, f"{button.name} cannot be shown as one change: it calls {sorted(called)}"
    (name,) = called
    planned = {case.partition(" ")[0] for case in CASES}  # `tests/changes/test_every_verb.py` plans and applies each
    assert name in planned
    assert button.is_shown_first or name == "billing.apply"  # a run is a plan itself, and is shown as one


async def test_what_is_not_exactly_one_verb_is_refused_and_leaves_nothing(backend):
    await market(backend)
    one = await subscribed(backend)

    async def both(at):
        await at.perform(petra, subscriptions.suspend, one.id, "Abuse")
        await at.perform(petra, subscriptions.cancel, one.id, "Abuse", immediate=True)

    async def past_the_verbs(uow):
        (await uow.session.get_one(subscriptions.models.Subscription, one.id)).external_reference = "unseen"

    async def no_verb(at):
        await at.perform(petra, past_the_verbs)

    async def looks(at):
        return await at.ask(petra, subscriptions.get, one.id)

    for press in (both, no_verb):
        with pytest.raises(Refused, match="cannot be shown as one change"):
            await show_change(backend, petra, press)
    assert await show_change(backend, petra, looks) is None
    kept = await show(backend, one.id)
    assert (kept.status, kept.external_reference) == ("active", None)
