"""
Coinbase Business Checkouts: one page per invoice, paid in USDC at a rate that is locked when the page is opened.

There is no stored method, and a checkout that was paid is final: nobody charges it back. Coinbase tells neither for how
long it knows a key nor whether a refund has one, so our names stand in metadata and reasons and are looked for first.
"""

import json
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import urlsplit

import httpx2

from scaicontrol.core.errors import NotFound, Refused, Unauthenticated, Unavailable
from scaicontrol.core.payment_ports import (
    ChargeRequest,
    DisputeResult,
    NormalizedEvent,
    PaymentResult,
    RefundRequest,
    RefundResult,
    SetupRequest,
    SetupStart,
    StoredMethod,
)
from scaicontrol.core.ports import Vault
from scaicontrol.integrations.client import body_of, call, client

from . import coinbase_answers as answers
from .account_settings import settings
from .coinbase_answers import named, to_coinbase
from .coinbase_signatures import bearer, is_signed, is_signed_legacy

if TYPE_CHECKING:
    from .context import ProviderContext

_BASE: Final = "https://business.coinbase.com"
_CHECKOUTS: Final = "/api/v1/checkouts"
_TIMEOUT_SECONDS: Final = 20.0
_SKEW: Final = timedelta(minutes=10)  # between our clock and theirs
_PAGE: Final = 100
_PAGES_MAX: Final = 200
_OURS: Final = uuid.UUID("6a0e3f4c-9a57-5d0c-8f0b-0e6f5a6c2d11")  # Coinbase's keys are UUIDs


class Coinbase:
    """One Coinbase Business account; its key is read from the vault, so that a rotated one is used at once."""

    slug = "coinbase"
    display_name = "Coinbase"
    capabilities = frozenset({"refund", "redirect", "partial_refund"})
    config_schema = settings(
        {"api_key_name", "api_key_vault_path", "webhook_secret_vault_path"}, {"legacy_webhook_secret_vault_path"}
    )
    key_lifetime = timedelta(0)

    def __init__(
        self,
        vault: Vault,
        *,
        api_key_name: str,
        api_key_path: str,
        webhook_secret_path: str = "",
        legacy_webhook_secret_path: str = "",
        api_base: str = _BASE,
    ) -> None:
        self._vault, self._name, self._key_path = vault, api_key_name, api_key_path
        self._hook_path, self._legacy_hook_path = webhook_secret_path, legacy_webhook_secret_path
        self._base = api_base.rstrip("/")
        self._http = client(_TIMEOUT_SECONDS)

    def public_config(self, partner_id: str) -> Mapping[str, object]:
        return {}

    async def setup(self, request: SetupRequest) -> SetupStart:
        _stores_nothing()

    async def confirm(self, tenant_id: str, payload: Mapping[str, object]) -> StoredMethod:
        _stores_nothing()

    async def charge(self, request: ChargeRequest) -> PaymentResult:
        _stores_nothing()

    async def checkout(self, request: ChargeRequest) -> PaymentResult:
        wanted = {
            **to_coinbase(request.amount_cents, request.currency),
            "description": "Invoice",
            "metadata": {**request.metadata, "payment_id": request.payment_id},
        }
        if request.return_url.startswith("https://"):  # the only kind it sends a payer back to
            wanted |= {"successRedirectUrl": request.return_url, "failRedirectUrl": request.return_url}
        return answers.payment(await self._call("POST", _CHECKOUTS, wanted, key=request.idempotency_key))

    async def fetch(self, external_id: str) -> PaymentResult:
        return answers.payment(await self._checkout(external_id))

    async def find(self, request: ChargeRequest) -> PaymentResult | None:
        if request.called_at is None:
            return None  # nobody has called for it
        since = request.called_at - _SKEW
        async for told in self._listed():
            is_ours = (told.get("metadata") or {}).get("payment_id") == request.payment_id
            if is_ours and answers.moment(told["createdAt"]) >= since:
                return answers.payment(told)
        return None

    async def refund(self, request: RefundRequest) -> RefundResult:
        """Give back in the money of the invoice, at the rate of the payment; what goes by our name has gone already."""
        if found := await self.find_refund(request):
            return found
        path = f"{_CHECKOUTS}/{named(request.payment_external_id)}/refund"
        wanted = {**to_coinbase(request.amount_cents, request.currency), "reason": request.refund_id}
        done = await self._call("POST", path, wanted, key=request.idempotency_key)
        told = answers.refunds(done.get("checkout") or done)
        made = next((each for each in told if each.refund_id == request.refund_id), None)
        if made is None:
            raise Unavailable("Coinbase answered a refund without telling of it; it is asked about later.")
        return made

    async def fetch_refund(self, payment_external_id: str, external_id: str) -> RefundResult:
        told = answers.refunds(await self._checkout(payment_external_id))
        found = next((each for each in told if each.external_id == external_id), None)
        if found is None:
            raise NotFound(f"Coinbase knows no refund {external_id!r} of {payment_external_id}.")
        return found

    async def find_refund(self, request: RefundRequest) -> RefundResult | None:
        told = answers.refunds(await self._checkout(request.payment_external_id))
        return next((each for each in told if each.refund_id == request.refund_id), None)

    async def fetch_dispute(self, external_id: str) -> DisputeResult:
        raise NotFound("Coinbase knows no disputes: what was paid in USDC is not charged back.")

    async def check(self) -> None:
        await self._call("GET", _CHECKOUTS, query={"pageSize": "1"})

    async def verify_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> Sequence[NormalizedEvent]:
        """Give the event of a signed webhook, of Checkouts or of Commerce, which went before it."""
        given = {name.lower(): value for name, value in headers.items()}
        if legacy := given.get("x-cc-webhook-signature"):
            secret = await self._hook(self._legacy_hook_path, "COINBASE_LEGACY_WEBHOOK_SECRET_VAULT_PATH")
            genuine, read = is_signed_legacy(legacy, raw_body, secret), answers.legacy_event
        else:
            secret = await self._hook(self._hook_path, "COINBASE_WEBHOOK_SECRET_VAULT_PATH")
            genuine, read = is_signed(given, raw_body, secret), answers.event
        if not genuine:
            raise Unauthenticated("The Coinbase webhook's signature is wrong or too old.")
        try:
            return [read(json.loads(raw_body), raw_body)]
        except (ValueError, AttributeError, LookupError, TypeError) as error:
            raise Unauthenticated("The Coinbase webhook is signed and no event that can be read.") from error

    async def _checkout(self, name: str) -> answers.Said:
        return await self._call("GET", f"{_CHECKOUTS}/{named(name)}")

    async def _listed(self) -> AsyncIterator[answers.Said]:
        """Give every checkout: nothing is said of their order, so that none may be taken for the last."""
        token = ""
        for _ in range(_PAGES_MAX):
            query = {"pageSize": str(_PAGE), **({"pageToken": token} if token else {})}
            page = await self._call("GET", _CHECKOUTS, query=query)
            for told in page.get("checkouts") or []:
                yield told
            token = str(page.get("nextPageToken") or "")
            if not token:
                return
        raise Unavailable(f"Coinbase lists more than {_PAGES_MAX * _PAGE:,} checkouts: look this payment up there.")

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str = "",
        query: Mapping[str, str] | None = None,
    ) -> answers.Said:
        """Call Coinbase; only an answer about what was asked is no `Unavailable`."""
        signed = bearer(self._name, await self._secret(self._key_path), method, urlsplit(self._base).netloc, path)
        headers = {"Authorization": f"Bearer {signed}"}
        if key:
            headers["X-Idempotency-Key"] = str(uuid.uuid5(_OURS, key))
        answer = await call(self._http, "Coinbase", method, self._base + path, headers=headers, json=body, params=query)
        if answer.is_success:
            return body_of(answer)
        raise _refusal(answer)

    async def _hook(self, path: str, variable: str) -> str:
        if not path:
            raise Unavailable(f"Coinbase's webhook secret is not configured: set {variable}.")
        return await self._secret(path)

    async def _secret(self, path: str) -> str:
        try:
            return await self._vault.read(path)
        except NotFound as error:
            raise Unavailable(f"There is no secret at {path}: Coinbase cannot be called.") from error


def _refusal(answer: httpx2.Response) -> Exception:
    said = answers.sentence(body_of(answer), answer.status_code)
    if answer.status_code in {401, 403}:
        return Unavailable(
            "Coinbase does not accept our key; check COINBASE_API_KEY_NAME and COINBASE_API_KEY_VAULT_PATH."
        )
    if answer.status_code == 404:
        return NotFound(f"Coinbase does not know it: {said}")
    if answer.status_code in {400, 422}:
        return Refused(f"Coinbase refuses: {said}")
    return Unavailable(f"Coinbase gave no answer: {said}")


def _stores_nothing() -> NoReturn:
    raise Refused("Coinbase stores no method and charges nobody who is away: open a checkout for each invoice.")


def create(context: "ProviderContext") -> Coinbase | None:
    """Make the provider where its key is configured."""
    given = context.environment
    name, path = given.get("COINBASE_API_KEY_NAME", ""), given.get("COINBASE_API_KEY_VAULT_PATH", "")
    if not name or not path:
        return None
    return Coinbase(
        context.vault,
        api_key_name=name,
        api_key_path=path,
        webhook_secret_path=given.get("COINBASE_WEBHOOK_SECRET_VAULT_PATH", ""),
        legacy_webhook_secret_path=given.get("COINBASE_LEGACY_WEBHOOK_SECRET_VAULT_PATH", ""),
    )
