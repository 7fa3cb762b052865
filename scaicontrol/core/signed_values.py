"""Values a browser carries for us and cannot change: signed with the installation's secret key, for a while."""

from datetime import timedelta
from typing import Any, Final

from itsdangerous import BadSignature, URLSafeTimedSerializer

from .backend import Backend
from .errors import Unavailable

_SHORTEST: Final = 16


async def secret_key(backend: Backend) -> str:
    """Give the installation's secret key (SECRET_KEY, or what SECRET_KEY_VAULT_PATH names)."""
    settings = backend.settings
    given = settings.secret_key.get_secret_value()
    if not given and settings.secret_key_vault_path:
        given = await backend.ports.vault.read(settings.secret_key_vault_path)
    if len(given) < _SHORTEST:
        raise Unavailable(f"SECRET_KEY is missing or shorter than {_SHORTEST} characters; nobody can sign in.")
    return given


async def sign(backend: Backend, purpose: str, value: Any) -> str:
    """Sign a JSON value for one purpose; it can be read by whoever holds it, and not changed."""
    return str(URLSafeTimedSerializer(await secret_key(backend), salt=purpose).dumps(value))


async def unsign(backend: Backend, purpose: str, signed: str, max_age: timedelta) -> Any:
    """Give a signed value back, or None when it is too old, was changed or was signed for something else."""
    try:
        return URLSafeTimedSerializer(await secret_key(backend), salt=purpose).loads(
            signed, max_age=int(max_age.total_seconds())
        )
    except BadSignature:
        return None
