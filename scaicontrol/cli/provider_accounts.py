"""Accounts that sellers have at payment providers."""

from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound
from scaicontrol.core.schemas import invalid_of
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provider_accounts
from scaicontrol.services.provider_accounts.schemas import (
    ProviderAccountIn,
    ProviderAccountOut,
    ProviderAccountPut,
    ProviderCheckOut,
)

from .door import command

app = typer.Typer(
    name="provider-accounts", no_args_is_help=True, help="Accounts that sellers have at payment providers."
)
Body = TypeVar("Body", bound=BaseModel)
_File = Annotated[Path, typer.Argument(help="JSON, as REST takes it; secrets are paths in the vault.")]


@command(app, "list")
async def list_(
    uow: UnitOfWork, partner: Annotated[str | None, typer.Option(help="Of this seller only.")] = None
) -> list[ProviderAccountOut]:
    """List provider accounts, oldest first, closed ones too."""
    return [ProviderAccountOut.model_validate(each) for each in await provider_accounts.listing(uow, partner)]


@command(app)
async def show(uow: UnitOfWork, account_id: str) -> ProviderAccountOut:
    """Show a provider account, with where its webhooks are sent to."""
    return ProviderAccountOut.model_validate(await provider_accounts.get(uow, account_id))


@command(app, changes=True)
async def create(backend: Backend, actor: Actor, file: _File) -> ProviderAccountOut:
    """Add a provider account."""
    return ProviderAccountOut.model_validate(
        await provider_accounts.create(backend, actor, _read(ProviderAccountIn, file))
    )


@command(app, changes=True)
async def update(backend: Backend, actor: Actor, account_id: str, file: _File) -> ProviderAccountOut:
    """Change a provider account: name, credentials, and what it serves."""
    body = _read(ProviderAccountPut, file)
    return ProviderAccountOut.model_validate(await provider_accounts.update(backend, actor, account_id, body))


@command(app, changes=True)
async def prefer(uow: UnitOfWork, account_id: str) -> ProviderAccountOut:
    """Make a provider account the default for everything it serves."""
    preferred = await provider_accounts.prefer(uow, account_id)
    await uow.write()
    return ProviderAccountOut.model_validate(preferred)


@command(app, changes=True)
async def close(uow: UnitOfWork, account_id: str) -> ProviderAccountOut:
    """Let a provider account take nothing new; what it took is still given back there."""
    closed = await provider_accounts.close(uow, account_id)
    await uow.write()
    return ProviderAccountOut.model_validate(closed)


@command(app)
async def check(backend: Backend, actor: Actor, account_id: str) -> ProviderCheckOut:
    """Ask the provider whether it accepts the credentials; nothing is moved."""
    return await provider_accounts.check(backend, actor, account_id)


def _read(model: type[Body], file: Path) -> Body:
    try:
        return model.model_validate_json(file.read_bytes())
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise invalid_of(error) from error
