"""Accounts that sellers have at providers: added, changed, preferred and closed; never removed."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, ControlError, Refused, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.payment_ports import AccountSettings
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners

from . import queries, reads
from .events import (
    ProviderAccountClosed,
    ProviderAccountCreated,
    ProviderAccountFact,
    ProviderAccountPreferred,
    ProviderAccountUpdated,
)
from .models import ProviderAccount
from .opening import opened
from .schemas import ProviderAccountIn, ProviderAccountPut, ProviderCheckOut

_ADDED: Final = "account"
_REFERENCE: Final = "_vault_path"
Fact = TypeVar("Fact", bound=ProviderAccountFact)


@verb
async def create(backend: Backend, actor: Actor, body: ProviderAccountIn) -> ProviderAccount:
    """
    Add an account; it takes new money at once where no other of the seller's serves it.

    Raises Invalid for settings the provider does not have or lacks, Unavailable where they cannot be used here.
    """
    actor.require("provider_accounts:manage")
    if added := backend.reached(_ADDED):
        return await backend.ask(actor, queries.get, added)
    account_id = new_id("pac")
    _hold(backend, body.provider, body.config)
    backend.ports.provider_accounts.open(AccountSettings(account_id, body.provider, body.config, 1))
    return await backend.perform(actor, _add, backend, account_id, body)


async def _add(uow: UnitOfWork, backend: Backend, account_id: str, body: ProviderAccountIn) -> ProviderAccount:
    uow.authorize("provider_accounts:manage")
    partner_id = body.partner_id or uow.actor.partner_id or uow.settings.operator_partner_id
    if not partner_id:
        raise invalid("partner_id", "Name the seller whose account it is.")
    await partners.get(uow, partner_id)
    _hold_references(uow, partner_id, body.config)
    account = ProviderAccount(
        id=account_id,
        partner_id=partner_id,
        provider=body.provider,
        name=body.name,
        config=body.config,
        currencies=sorted(set(body.currencies)),
        countries=sorted(set(body.countries)),
        preference=0,
        version=1,
    )
    uow.session.add(account)
    uow.emit(_fact(ProviderAccountCreated, account), after=_settings_of(account))
    await uow.session.flush()
    await backend.keep(uow, _ADDED, account.id)
    return account


@verb
async def update(backend: Backend, actor: Actor, account_id: str, body: ProviderAccountPut) -> ProviderAccount:
    """
    Replace what an account is called with and what it serves; what it took is asked about with it from now on.

    Raises NotFound, Invalid for settings the provider does not have or lacks, Conflict for a stale `version`.
    """
    actor.require("provider_accounts:manage")
    known = await backend.ask(actor, queries.get, account_id)
    _hold(backend, known.provider, body.config)
    return await backend.perform(actor, _change, account_id, body)


async def _change(uow: UnitOfWork, account_id: str, body: ProviderAccountPut) -> ProviderAccount:
    uow.authorize("provider_accounts:manage")
    account = await queries.get(uow, account_id, lock=True)
    if account.version != body.version:
        raise Conflict(f"{account} was changed meanwhile: it is at version {account.version}.")
    _hold_references(uow, account.partner_id, body.config)
    before = _settings_of(account)
    account.name, account.config = body.name, body.config
    account.currencies, account.countries = sorted(set(body.currencies)), sorted(set(body.countries))
    if _settings_of(account) == before:
        return account
    account.version += 1
    uow.emit(_fact(ProviderAccountUpdated, account), before=before, after=_settings_of(account))
    return account


@verb
async def prefer(uow: UnitOfWork, account_id: str) -> ProviderAccount:
    """
    Let an account take what is new in everything it serves, before the seller's others at that provider.

    Raises NotFound, and Refused for one that is closed.
    """
    uow.authorize("provider_accounts:manage")
    account = await queries.get(uow, account_id, lock=True)
    if not account.is_open:
        raise Refused(f"Cannot prefer {account}: it is closed.")
    others = [
        each for each in await reads.of_provider(uow, account.partner_id, account.provider) if each is not account
    ]
    highest = max((each.preference for each in others), default=-1)
    if account.preference > highest:
        return account
    account.preference, account.version = highest + 1, account.version + 1
    uow.emit(_fact(ProviderAccountPreferred, account))
    return account


@verb
async def close(uow: UnitOfWork, account_id: str) -> ProviderAccount:
    """
    Let an account take nothing new; what it took is still asked about, given back and told of by its webhook.

    Stored methods of it are charged no more. Raises NotFound.
    """
    uow.authorize("provider_accounts:manage")
    account = await queries.get(uow, account_id, lock=True)
    if not account.is_open:
        return account
    account.closed_at, account.version = uow.now, account.version + 1
    uow.emit(_fact(ProviderAccountClosed, account))
    return account


async def check(backend: Backend, actor: Actor, account_id: str) -> ProviderCheckOut:
    """
    Ask the provider whether it accepts the credentials; nothing is moved or kept.

    Raises NotFound.
    """
    actor.require("provider_accounts:manage")
    account = await backend.ask(actor, queries.get, account_id)
    try:
        await (await opened(backend, account.provider, account.id)).check()
    except ControlError as error:
        return ProviderCheckOut(is_accepted=False, problem=error.message)
    return ProviderCheckOut(is_accepted=True, problem=None)


def _hold(backend: Backend, provider: str, config: Mapping[str, str]) -> None:
    """Raise Invalid unless the settings are those that the provider asks for."""
    schema = backend.ports.provider_accounts.schema(provider)
    if schema is None:
        raise invalid("provider", f"Sellers have no accounts of their own at {provider}.")
    known, required = schema.get("properties"), schema.get("required")
    names = sorted(known) if isinstance(known, Mapping) else []
    unknown = sorted(set(config) - set(names))
    missing = [name for name in required if name not in config] if isinstance(required, Sequence) else []
    if unknown:
        raise invalid("config", f"{provider} has no setting {unknown[0]}; it has {', '.join(names) or 'none'}.")
    if missing:
        raise invalid("config", f"{provider} needs the setting {missing[0]}.")


def _hold_references(uow: UnitOfWork, partner_id: str, config: Mapping[str, str]) -> None:
    """
    Raise Invalid for what is no reference to the vault, and for one into what is not the seller's.

    Else whoever may name a path could charge through the account of somebody else.
    """
    own = f"partners/{partner_id}/"
    for name, path in config.items():
        if not name.endswith(_REFERENCE):
            continue
        if any(part in ("", ".", "..") for part in path.partition("#")[0].split("/")) or not path.isprintable():
            raise invalid(f"config.{name}", f"{name} is no path in the vault, such as {own}key.")
        if uow.actor.partner_id is not None and not path.startswith(own):
            raise invalid(f"config.{name}", f"{name} is a path in the vault below {own}; give no secret here.")


def _fact(kind: type[Fact], account: ProviderAccount) -> Fact:
    return kind(
        account_id=account.id, partner_id=account.partner_id, provider=account.provider, version=account.version
    )


def _settings_of(account: ProviderAccount) -> dict[str, object]:
    return {name: getattr(account, name) for name in ("name", "config", "currencies", "countries")}
