"""What a step asks of the outside, and what the answer means. Nothing here touches the database."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, NotFound, Unavailable
from scaicontrol.core.ports import ServiceReply

from ..plan import is_worth_retrying


class Errand(StrEnum):
    """What a claimed step has somebody do outside."""

    call = "call"
    poll = "poll"
    confirm_credentials = "confirm_credentials"
    delete_credentials = "delete_credentials"


@dataclass(frozen=True, slots=True)
class StepClaim:
    """Everything a step needs outside its transaction, and the claim that its record must match."""

    step_id: str
    workflow_id: str
    claimed_by: str
    errand: Errand
    url: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    idempotency_key: str = ""
    credentials_path: str = ""
    credential_fields: tuple[str, ...] = ()
    forgets_credentials: bool = False


class Meaning(StrEnum):
    done = "done"
    callback_follows = "callback_follows"
    poll_follows = "poll_follows"
    try_again = "try_again"
    failed = "failed"


@dataclass(frozen=True, slots=True)
class StepOutcome:
    meaning: Meaning
    code: str = ""
    message: str = ""
    endpoint: str | None = None
    credential_fields: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    location: str | None = None


def new_token() -> str:
    """Give 32 random bytes, base64url: the credential of one callback."""
    return secrets.token_urlsafe(32)


async def send(backend: Backend, claim: StepClaim) -> StepOutcome:
    """Run a claimed errand; every failure is an outcome."""
    try:
        match claim.errand:
            case Errand.confirm_credentials:
                for name in claim.credential_fields:
                    await backend.ports.vault.read(f"{claim.credentials_path}#{name}")
                return StepOutcome(Meaning.done)
            case Errand.delete_credentials:
                await _forget(backend, claim.credentials_path)
                return StepOutcome(Meaning.done)
            case _:
                return await _ask_service(backend, claim)
    except Unavailable as error:
        return StepOutcome(Meaning.try_again, error.code, error.message)
    except ControlError as error:
        return StepOutcome(Meaning.failed, error.code, error.message)


async def _forget(backend: Backend, path: str) -> None:
    try:
        await backend.ports.vault.delete(path)
    except NotFound:
        return  # gone already, which is all that was wanted


async def _ask_service(backend: Backend, claim: StepClaim) -> StepOutcome:
    timeout = backend.settings.provisioning_call_timeout
    if claim.errand is Errand.poll:
        reply = await backend.ports.services.get(claim.url, timeout)
    else:
        reply = await backend.ports.services.post(claim.url, claim.body, claim.idempotency_key, timeout)
    outcome = understand(reply)
    if outcome.meaning is Meaning.done:
        if claim.forgets_credentials:
            await _forget(backend, claim.credentials_path)
        elif outcome.credential_fields:
            # Straight to the vault: a secret never reaches the database, not even until the next step.
            await backend.ports.vault.write(claim.credentials_path, reply.body["credentials"])
    return outcome


def understand(reply: ServiceReply) -> StepOutcome:
    """Read a service's answer: 200 done, 202 to be called back, 202 with a location to be polled, else a failure."""
    if reply.status == 202:
        return StepOutcome(
            Meaning.poll_follows if reply.location else Meaning.callback_follows, location=reply.location
        )
    if 200 <= reply.status < 300:
        return read_result(reply.body)
    message = reply.error or str(reply.body.get("error_message") or reply.body.get("message") or "")[:2000]
    what = f"It answered {reply.status}" if reply.status else "It did not answer"
    meaning = Meaning.try_again if is_worth_retrying(reply.status) else Meaning.failed
    code = f"http_{reply.status}" if reply.status else "no_answer"
    return StepOutcome(meaning, code, f"{what}: {message}" if message else f"{what}.")


def read_result(body: Mapping[str, Any]) -> StepOutcome:
    """Take endpoint, credentials and metadata from an answer or callback; what cannot be used fails the step."""
    endpoint, credentials, metadata = body.get("endpoint"), body.get("credentials"), body.get("metadata")
    if endpoint is not None and not _is_address(endpoint):
        return StepOutcome(Meaning.failed, "bad_endpoint", "It gave an endpoint that is not an http address.")
    if credentials is not None and not _are_texts(credentials):
        return StepOutcome(Meaning.failed, "bad_credentials", "It gave credentials that are not named texts.")
    return StepOutcome(
        Meaning.done,
        endpoint=endpoint,
        credential_fields=tuple(sorted(credentials or ())),
        metadata=metadata if isinstance(metadata, dict) else {},
    )


def _is_address(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 500:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _are_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(k, str) and isinstance(v, str) for k, v in value.items())
