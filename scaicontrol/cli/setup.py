"""
Registering this installation with ScaiKey (contract §36.3).

ScaiKey gives the credentials out once, so they are on disk before anybody is told that it worked.
"""

import asyncio
import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import typer

from scaicontrol.core.errors import Conflict, ControlError, Invalid, NotFound, Refused, Unavailable, invalid
from scaicontrol.core.settings import Settings
from scaicontrol.integrations.client import body_of, call, client

from . import door

app = typer.Typer(name="setup", no_args_is_help=True, help="Register this installation with ScaiKey.")

_APPLICATIONS: Final = "/api/v1/public/register/applications"
_SCOPES: Final = ("admin:read", "secrets:read", "secrets:write", "secrets:delete", "mail.send")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./:@%+,=\-]*")
_MASKED: Final = "••••••••"


class AppScope(StrEnum):
    """Whose people may sign in."""

    GLOBAL = "GLOBAL"
    PARTNER = "PARTNER"
    TENANT = "TENANT"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def registration_file() -> Path:
    """Where the request and its status token are kept between the commands."""
    return Path.home() / ".config" / "scaicontrol" / "registration.json"


def environment_file() -> Path:
    return Path(".env")


@app.command()
def register(
    scaikey_url: Annotated[str, typer.Option("--scaikey-url", "-k", help="ScaiKey's base URL.")],
    url: Annotated[str, typer.Option("--url", "-u", help="Public base URL of this installation.")],
    email: Annotated[str, typer.Option("--email", "-e", help="Whom ScaiKey's operators may ask.")],
    scope: Annotated[AppScope, typer.Option("--scope", "-s")] = AppScope.GLOBAL,
    partner: Annotated[str | None, typer.Option("--partner", "-p", help="With scope PARTNER.")] = None,
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="With scope TENANT.")] = None,
    name: Annotated[str, typer.Option("--name", "-n")] = "ScaiControl",
    as_json: AsJson = False,
) -> None:
    """Ask ScaiKey to know this installation; an operator there approves it."""
    with door.failures_reported(as_json=as_json):
        base, public = _address(scaikey_url, "--scaikey-url"), _address(url, "--url")
        if scope is AppScope.PARTNER and not partner:
            raise invalid("partner", "Scope PARTNER needs --partner.")
        if scope is AppScope.TENANT and not tenant:
            raise invalid("tenant", "Scope TENANT needs --tenant.")
        request = {
            "name": name,
            "application_type": "WEB",
            "scope": scope.value,
            "scopes": list(_SCOPES),
            "redirect_uris": [f"{public}/auth/callback"],
            "contact_email": email,
            "partner_id": partner,
            "tenant_id": tenant,
        }
        given = {key: value for key, value in request.items() if value is not None}
        body = asyncio.run(_ask("POST", base + _APPLICATIONS, json=given))
        filed = {"scaikey_url": base, "request_id": body["request_id"], "status_token": body["status_token"]}
        _write(registration_file(), json.dumps(filed, indent=2) + "\n")
        door.show({**filed, "kept_in": str(registration_file()), "next": "scaicontrol setup status"}, as_json=as_json)


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Ask how it stands; once approved, write the credentials into .env."""
    with door.failures_reported(as_json=as_json):
        filed = _filed()
        env = environment_file()
        _check_writable(env)  # before the credentials are fetched, which works once
        address = f"{filed['scaikey_url']}{_APPLICATIONS}/{filed['request_id']}"
        body = asyncio.run(_ask("GET", address, params={"status_token": filed["status_token"]}))
        state = str(body.get("status", "")).upper()
        if state == "PENDING":
            door.show({"status": state, "next": "Wait for ScaiKey's operators, then ask again."}, as_json=as_json)
            return
        if state != "APPROVED":
            raise Refused(f"The request is {state or 'in no known state'}; register again when that was a mistake.")
        values = _credentials(body, filed)
        if values is None:
            raise Conflict("The credentials were given out before; look into .env, or register again.")
        text = env.read_text("utf-8") if env.exists() else ""
        try:
            _write(env, with_values(text, values))
        except OSError as error:
            typer.echo(with_values("", values), err=True)  # they cannot be fetched again
            raise Unavailable(f"{env} cannot be written ({error}); put the lines above into it by hand.") from error
        door.show({"status": state, "written": str(env.resolve()), **masked(values)}, as_json=as_json)


@app.command()
def show(*, as_json: AsJson = False) -> None:
    """Print the ScaiKey configuration, secrets masked."""
    settings = Settings()
    door.show(
        {
            "SCAIKEY_ISSUER": settings.scaikey_issuer or None,
            "SCAIKEY_CLIENT_ID": settings.scaikey_client_id,
            "SCAIKEY_CLIENT_SECRET": _MASKED if settings.scaikey_client_secret.get_secret_value() else None,
            "SCAIKEY_CLIENT_SECRET_VAULT_PATH": settings.scaikey_client_secret_vault_path or None,
            "SCAIKEY_APP_ID": settings.scaikey_app_id or None,
            "SCAIKEY_ACCEPTED_ISSUERS": ", ".join(settings.scaikey_accepted_issuers) or None,
            "SCAIKEY_AUDIENCE": ", ".join(settings.audiences),
            "redirect_uri": settings.public_base_url.rstrip("/") + "/auth/callback",
        },
        as_json=as_json,
    )


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Give the text of an .env file with these variables set; every other line stays as it is."""
    left = dict(values)
    lines = []
    for line in text.splitlines():
        name = line.removeprefix("export ").partition("=")[0].strip()
        if name in values:
            if name in left:
                lines.append(f"{name}={_quoted(left.pop(name))}")
        else:
            lines.append(line)
    return "\n".join([*lines, *(f"{name}={_quoted(value)}" for name, value in left.items())]) + "\n"


def masked(values: Mapping[str, str]) -> dict[str, str]:
    """Blank what is secret."""
    return {name: _MASKED if "SECRET" in name else value for name, value in values.items()}


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _credentials(body: Mapping[str, Any], filed: Mapping[str, str]) -> dict[str, str] | None:
    found = body.get("credentials")
    given = found if isinstance(found, Mapping) else body
    if not given.get("client_id") or not given.get("client_secret"):
        return None
    return {
        "SCAIKEY_CLIENT_ID": str(given["client_id"]),
        "SCAIKEY_CLIENT_SECRET": str(given["client_secret"]),
        "SCAIKEY_APP_ID": str(given.get("app_id") or given.get("application_id") or given["client_id"]),
        "SCAIKEY_ISSUER": str(given.get("issuer") or filed["scaikey_url"]),
    }


def _filed() -> dict[str, str]:
    try:
        filed: dict[str, str] = json.loads(registration_file().read_text("utf-8"))
    except FileNotFoundError:
        raise NotFound("No registration was filed from here; run `scaicontrol setup register` first.") from None
    except ValueError:
        raise Invalid(f"{registration_file()} is damaged; register again.") from None
    return filed


def _address(url: str, option: str) -> str:
    parts = urlsplit(url)
    is_local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_local) or parts.query or parts.fragment:
        raise invalid(option, f"{option} is not an https address: {url}")
    return url.rstrip("/")


async def _ask(method: str, url: str, **arguments: Any) -> Mapping[str, Any]:
    async with client(timeout=15) as http:
        response = await call(http, "ScaiKey", method, url, **arguments)
    body = body_of(response)
    if response.is_success:
        return body
    said = body.get("detail") or body.get("message") or f"HTTP {response.status_code}"
    kind: Callable[[str], ControlError] = {404: NotFound, 409: Conflict, 429: Unavailable}.get(
        response.status_code, Unavailable if response.status_code >= 500 else Refused
    )
    raise kind(f"ScaiKey answered: {said}.")


def _check_writable(path: Path) -> None:
    try:
        with tempfile.NamedTemporaryFile(dir=path.resolve().parent, prefix=".env."):
            pass
    except OSError as error:
        raise Refused(f"{path.resolve().parent} cannot be written: {error}.") from error


def _write(path: Path, text: str) -> None:
    """Replace a file at once, readable by its owner only; whoever looks sees the old one or the new one, whole."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # made with 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
