from collections.abc import Mapping, Sequence
from typing import Final

from starlette.requests import Request

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import changes
from scaicontrol.services.changes import ApprovalLimits, ApprovalPolicy
from scaicontrol.services.changes.schemas import PlatformSettingsIn, PlatformSettingsOut

from . import formatting
from .forms import number_of, whole
from .language import gettext
from .lists import Context
from .menu import MenuGroup
from .pages import ConsolePage
from .request_context import console_of
from .verbs import Field, VerbButton

Given = Mapping[str, str]
_WHO: Final = {"people": "People", "agents": "Agents"}
_EMPTY: Final = "Empty: never asks for one."
_WORDS: Final = {
    "given_back": "Money given back above",
    "documents": "Documents above",
    "documents_amount": "Sum of documents above",
    "subscriptions": "Subscriptions above",
    "immediate_cancel": "Cancelling at once",
    "voids": "Voiding",
    "terms": "Changing terms",
    "admin_roles": "Granting administrators' roles",
    "webhook_targets": "Changing where webhooks go",
    "force": "Forcing a workflow",
}
_SWITCHES: Final = frozenset(name for name, field in ApprovalLimits.model_fields.items() if field.annotation is bool)


_COUNTS: Final = frozenset({"documents", "subscriptions"})
_NEEDS: Final = (("yes", "needs another person"), ("no", "does not"))


def _fields(who: str) -> Sequence[Field]:
    return [
        Field(f"{who}_{name}", words, "choice", group=_WHO[who], choices=_NEEDS)
        if name in _SWITCHES
        else Field(f"{who}_{name}", words, required=False, group=_WHO[who], hint=_EMPTY)
        for name, words in _WORDS.items()
    ]


async def set_policy(backend: Backend, actor: Actor, _: str, given: Given) -> str:
    known, version = await backend.ask(actor, changes.platform), number_of(given, "version")
    policy = {who: {name: _given(name, given.get(f"{who}_{name}", "")) for name in _WORDS} for who in _WHO}
    body = PlatformSettingsIn.model_validate(
        {
            "settings": {"approval_policy": policy},
            "version": known.version if version is None else version,
        }
    )
    kept = await backend.perform(actor, changes.set_policy, body.settings.approval_policy, body.version)
    return gettext("The policy is at version %(kept)s, for the changes that follow.", kept=kept)


def _given(name: str, text: str) -> bool | int | str | None:
    if name in _SWITCHES:
        return text == "yes"
    if not text:
        return None
    return whole(name, text) if name in _COUNTS else text


def said(limits: ApprovalLimits, name: str) -> str:
    """Say a limit as a person reads it."""
    value = getattr(limits, name)
    if name in _SWITCHES:
        return gettext("another person") if value else gettext("alone")
    return gettext("alone") if value is None else formatting.number(value)


def known(platform: PlatformSettingsOut) -> Mapping[str, str]:
    """Fill the form with the policy in force; `version` lets a colleague's edit be noticed."""
    values = {"version": str(platform.version)}
    for who in _WHO:
        limits = getattr(platform.settings.approval_policy, who)
        for name in _WORDS:
            value = getattr(limits, name)
            if name in _SWITCHES:
                values[f"{who}_{name}"] = "yes" if value else "no"
            else:
                values[f"{who}_{name}"] = "" if value is None else formatting.exact(value)
    return values


class SettingsPage(ConsolePage):
    name, identity, icon = "Settings", "settings", "settings"
    category, rank = MenuGroup.oversight, 50
    about = "What holds for the whole platform, and which tier has set it."
    permission = "platform:read"
    template = "console/settings.html"
    verbs = (
        VerbButton(
            "set_policy",
            "Change the approval policy",
            "platform:update",
            "It decides which changes need another person from now on; the one that holds until then decides on this.",
            set_policy,
            [*_fields("people"), *_fields("agents"), Field("version", "Version", "hidden", required=False)],
            known=known,
        ),
    )

    async def content(self, request: Request) -> Context:
        console = console_of(request)
        platform = await console.backend.ask(console.actor, changes.platform)
        return {
            "platform": platform,
            "default": ApprovalPolicy(),
            "limits": _WORDS,
            "said": said,
            "installation": console.backend.settings.told(),
        }

    async def detail(self, request: Request) -> PlatformSettingsOut:
        """What is in force now."""
        console = console_of(request)
        return await console.backend.ask(console.actor, changes.platform)


VIEWS = (SettingsPage,)
