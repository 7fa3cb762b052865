from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import invalid
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provider_accounts
from scaicontrol.services.provider_accounts.models import ProviderAccount
from scaicontrol.services.provider_accounts.schemas import ProviderAccountIn, ProviderAccountPut

from . import formatting
from .base import ControlView, ListColumn, ListFilter, day_column, named_column
from .forms import number_of
from .language import gettext
from .menu import MenuGroup
from .names import Ref, names_of
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton

Given = Mapping[str, str]
_CONTENT: Final = (
    Field("name", "Name"),
    Field("config", "Settings", "lines", required=False, value="{}", hint="JSON; secrets are paths in the vault."),
    Field("currencies", "Currencies", required=False, hint="With commas, such as EUR, GBP; empty: all."),
    Field("countries", "Countries", required=False, hint="Of buyers, with commas, such as NL, BE; empty: all."),
)


async def create(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    named = {"provider": given.get("provider", ""), "partner_id": given.get("partner_id") or None}
    body = ProviderAccountIn.model_validate({**_content(given), **named})
    made = await provider_accounts.create(backend, actor, body)
    return Done(gettext("%(name)s takes payments, too.", name=made.name), Ref("provider-account", made.id))


async def edit(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    known, version = await backend.ask(actor, provider_accounts.get, pk), number_of(given, "version")
    seen = {"version": known.version if version is None else version}
    body = ProviderAccountPut.model_validate({**_content(given), **seen})
    changed = await provider_accounts.update(backend, actor, pk, body)
    return gettext("%(name)s is used so from now on.", name=changed.name)


async def prefer(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    preferred = await backend.perform(actor, provider_accounts.prefer, pk)
    return gettext("%(name)s takes what is new in everything it serves.", name=preferred.name)


async def close(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    closed = await backend.perform(actor, provider_accounts.close, pk)
    return gettext("%(name)s takes nothing new any more.", name=closed.name)


async def check(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    told = await provider_accounts.check(backend, actor, pk)
    if told.is_accepted:
        return gettext("The provider accepts the credentials.")
    return gettext("The provider cannot be used so: %(problem)s", problem=told.problem)


def _content(given: Given) -> dict[str, object]:
    return {
        "name": given.get("name", ""),
        "config": _json("config", given.get("config", "")),
        "currencies": _words(given.get("currencies", "")),
        "countries": _words(given.get("countries", "")),
    }


def _words(text: str) -> list[str]:
    return [word.strip().upper() for word in text.split(",") if word.strip()]


def _json(field: str, text: str) -> object:
    try:
        return orjson.loads(text or "{}")
    except orjson.JSONDecodeError as error:
        raise invalid(field, gettext("The %(field)s is no JSON: %(error)s.", field=field, error=error)) from error


@dataclass(frozen=True, slots=True)
class ProviderAccountPage:
    """What the page of an account shows."""

    account: ProviderAccount
    config: str
    names: Mapping[str, str]
    timeline: Timeline


def _known(detail: ProviderAccountPage) -> dict[str, str]:
    account = detail.account
    return {
        "name": account.name,
        "config": detail.config,
        "currencies": ", ".join(account.currencies),
        "countries": ", ".join(account.countries),
        "version": str(account.version),
    }


class ProviderAccountView(ControlView, model=ProviderAccount):
    name, name_plural, icon = "Provider account", "Provider accounts", "payments"
    category, rank = MenuGroup.money, 36
    about = "The accounts that sellers have at payment providers."
    when_empty = "All sellers take payments through the accounts of this installation. Add one for a seller of its own."
    prefix = "pac"
    permission = "provider_accounts:read"
    details_template = "console/provider_account.html"
    searched = (ProviderAccount.id, ProviderAccount.name)
    search_hint = "name or id"
    columns = (
        ListColumn("Name", lambda row: row.name, ProviderAccount.name, "link"),
        ListColumn("Status", lambda row: "active" if row.is_open else "closed", None, "status"),
        named_column("Seller", "partner", "partner_id"),
        ListColumn("Provider", lambda row: formatting.spoken(row.provider), ProviderAccount.provider),
        ListColumn("Currencies", lambda row: ", ".join(row.currencies) or formatting.NOTHING),
        day_column("Created", "created_at", ProviderAccount.created_at),
    )
    narrowing = (ListFilter("partner", "Seller", lambda value: ProviderAccount.partner_id == value, kind="partner"),)
    verbs = (
        VerbButton(
            "create",
            "Add an account",
            "provider_accounts:manage",
            "It takes payments of its seller where none of the others is preferred.",
            create,
            [
                Field("partner_id", "Seller", "partner", required=False, hint="Empty: your own."),
                Field("provider", "Provider", hint="Such as stripe, mollie or coinbase."),
                *_CONTENT,
            ],
            of_list=True,
        ),
        VerbButton(
            "edit",
            "Edit",
            "provider_accounts:manage",
            "New payments and what is asked about earlier ones go with these settings.",
            edit,
            [*_CONTENT, Field("version", "Version", "hidden", required=False)],
            known=_known,
        ),
        VerbButton(
            "prefer",
            "Make the default",
            "provider_accounts:manage",
            "It takes what is new in everything it serves, before the seller's others at that provider.",
            prefer,
        ),
        VerbButton(
            "check",
            "Check the credentials",
            "provider_accounts:manage",
            "The provider is asked for something that moves nothing.",
            check,
        ),
        VerbButton(
            "close",
            "Close",
            "provider_accounts:manage",
            "It takes nothing new and its stored methods are charged no more; what it took is still given back there.",
            close,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[ProviderAccount]:
        uow.authorize(self.permission)
        return provider_accounts.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> ProviderAccountPage:
        uow.authorize(self.permission)
        account = await provider_accounts.get(uow, pk)
        names = await names_of(uow, [Ref("partner", account.partner_id)])
        config = orjson.dumps(account.config, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
        return ProviderAccountPage(account, config, names, await timeline_of(uow, pk))

    def title_of(self, detail: ProviderAccountPage) -> str:
        return detail.account.name

    def actions_of(self, detail: ProviderAccountPage) -> Sequence[str]:
        return ["edit", "prefer", "check", "close"] if detail.account.is_open else ["edit", "check"]


VIEWS = (ProviderAccountView,)
