"""
Stripe: a hosted page stores a method, PaymentIntents charge it while the payer is away, Checkout takes the rest.

Nothing is found there by an idempotency key, and its search lags; so our payment's id stands in the metadata and is
looked for in the listing by customer and time, which is complete. Keys live for 24 hours at least.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import stripe
from stripe import SignatureVerificationError, StripeClient, WebhookSignature

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

from . import stripe_answers as answers
from .account_settings import settings
from .stripe_answers import to_stripe

if TYPE_CHECKING:
    from stripe.params._payment_intent_list_params import PaymentIntentListParams, PaymentIntentListParamsCreated

    from .context import ProviderContext

_TIMEOUT_SECONDS: Final = 20
_SKEW: Final = timedelta(minutes=10)  # between our clock and theirs
_LATEST: Final = ["latest_charge"]
_TOLERANCE_SECONDS: Final = 300
_PAYER_MUST_ACT: Final = "authentication_required"


class Stripe:
    """One Stripe account; its keys are read from the vault, so that a rotated one is used without a restart."""

    slug = "stripe"
    display_name = "Stripe"
    capabilities = frozenset({"setup", "charge", "refund", "recurring", "redirect", "partial_refund"})
    config_schema = settings({"secret_key_vault_path", "webhook_secret_vault_path"}, {"publishable_key"})
    key_lifetime = timedelta(hours=24)

    def __init__(
        self,
        vault: Vault,
        *,
        secret_key_path: str,
        publishable_key: str = "",
        webhook_secret_path: str = "",
        api_base: str | None = None,
        network_retries: int = 2,
    ) -> None:
        self._vault, self._key_path, self._hook_path = vault, secret_key_path, webhook_secret_path
        self._publishable, self._base, self._retries = publishable_key, api_base, network_retries
        self._http = stripe.HTTPXClient(timeout=_TIMEOUT_SECONDS, allow_sync_methods=True)
        self._client: tuple[str, StripeClient] | None = None

    def public_config(self, partner_id: str) -> Mapping[str, object]:
        return {"publishable_key": self._publishable}

    async def setup(self, request: SetupRequest) -> SetupStart:
        """Open Stripe's page in setup mode; the tenant is one customer there, however often it adds a method."""
        tenant = {"tenant_id": request.tenant_id}
        async with self._calling() as client:
            customer = request.external_customer_id
            if customer is None:
                made = await client.v1.customers.create_async(
                    {"metadata": tenant}, {"idempotency_key": f"customer:{request.tenant_id}"}
                )
                customer = made.id
            page = await client.v1.checkout.sessions.create_async(
                {
                    "mode": "setup",
                    "customer": customer,
                    "currency": request.currency.lower(),
                    "success_url": request.return_url,
                    "cancel_url": request.return_url,
                    "metadata": tenant,
                    "setup_intent_data": {"metadata": tenant},
                },
                {"idempotency_key": request.idempotency_key},
            )
        return SetupStart(page.id, redirect_url=page.url)

    async def confirm(self, tenant_id: str, payload: Mapping[str, object]) -> StoredMethod:
        """Store the method of a setup page; `payload` is `{reference}`."""
        reference = answers.named(payload.get("reference"), "cs")
        expand = ["setup_intent.payment_method", "setup_intent.mandate"]
        async with self._calling() as client:
            page = await client.v1.checkout.sessions.retrieve_async(reference, {"expand": expand})
        told = page.to_dict()
        if told.get("mode") != "setup" or told.get("metadata", {}).get("tenant_id") != tenant_id:
            raise NotFound(f"Stripe knows no setup {reference!r} of this tenant.")
        return answers.method(told)

    async def charge(self, request: ChargeRequest) -> PaymentResult:
        """
        Charge a stored method while its payer is away.

        Where the bank wants the payer after all, the same PaymentIntent is confirmed once more as if it were present,
        which gives the bank's page to send it to.
        """
        method = request.method
        if method is None:
            raise Refused("Stripe charges a stored method: set one up, or open a checkout.")
        intent: dict[str, object] = {
            "amount": to_stripe(request.amount_cents, request.currency),
            "currency": request.currency.lower(),
            "customer": method.external_customer_id,
            "payment_method": method.external_id,
            "payment_method_types": [method.type],
            "confirm": True,
            "off_session": True,
            "metadata": {**request.metadata, "payment_id": request.payment_id},
            "expand": _LATEST,
        }
        async with self._calling() as client:
            try:
                made = await client.v1.payment_intents.create_async(
                    intent,  # type: ignore[arg-type]  # a TypedDict of two hundred keys
                    {"idempotency_key": request.idempotency_key},
                )
            except stripe.CardError as error:
                declined = answers.declined(error)
                if declined.failure_code != _PAYER_MUST_ACT or declined.external_id is None or not request.return_url:
                    return declined
                made = await client.v1.payment_intents.confirm_async(
                    declined.external_id,
                    {
                        "payment_method": method.external_id,
                        "return_url": request.return_url,
                        "expand": _LATEST,
                    },
                    {"idempotency_key": f"{request.idempotency_key}:present"},
                )
        return answers.payment(made.to_dict())

    async def checkout(self, request: ChargeRequest) -> PaymentResult:
        ours = {**request.metadata, "payment_id": request.payment_id}
        async with self._calling() as client:
            page = await client.v1.checkout.sessions.create_async(
                {
                    "mode": "payment",
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": request.currency.lower(),
                                "unit_amount": to_stripe(request.amount_cents, request.currency),
                                "product_data": {"name": "Invoice"},
                            },
                        }
                    ],
                    "success_url": request.return_url,
                    "cancel_url": request.return_url,
                    "client_reference_id": request.payment_id,
                    "metadata": ours,
                    "payment_intent_data": {"metadata": ours},
                },
                {"idempotency_key": request.idempotency_key},
            )
        return answers.page(page.to_dict())

    async def fetch(self, external_id: str) -> PaymentResult:
        """Give what a PaymentIntent or a page has come to; a page that was paid is known by its PaymentIntent then."""
        name = answers.named(external_id, "pi", "cs")
        async with self._calling() as client:
            if name.startswith("cs_"):
                page = await client.v1.checkout.sessions.retrieve_async(
                    name, {"expand": ["payment_intent.latest_charge"]}
                )
                session = page.to_dict()
                told, intent = answers.page(session), session.get("payment_intent")
            else:
                intent = (await client.v1.payment_intents.retrieve_async(name, {"expand": _LATEST})).to_dict()
                told = answers.payment(intent)
            if answers.is_disputed(intent):
                found = await client.v1.disputes.list_async({"payment_intent": str(told.external_id), "limit": 100})
                told = replace(told, dispute_ids=tuple([each.id async for each in found.auto_paging_iter()]))
            if answers.has_refunds(intent):
                made = await client.v1.refunds.list_async({"payment_intent": str(told.external_id), "limit": 100})
                told = replace(told, refund_ids=tuple([each.id async for each in made.auto_paging_iter()]))
        return told

    async def find(self, request: ChargeRequest) -> PaymentResult | None:
        if request.called_at is None:
            return None  # nobody has called for it
        since = request.called_at - _SKEW
        until = since + self.key_lifetime + 2 * _SKEW
        created: PaymentIntentListParamsCreated = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
        async with self._calling() as client:
            if request.method is None:
                pages = await client.v1.checkout.sessions.list_async({"created": created, "limit": 100})
                async for page in pages.auto_paging_iter():
                    if page.client_reference_id == request.payment_id:
                        return await self.fetch(page.id)
                return None
            wanted: PaymentIntentListParams = {"created": created, "limit": 100}
            if request.method.external_customer_id:
                wanted["customer"] = request.method.external_customer_id
            intents = await client.v1.payment_intents.list_async(wanted)
            async for intent in intents.auto_paging_iter():
                if intent.to_dict().get("metadata", {}).get("payment_id") == request.payment_id:
                    return await self.fetch(intent.id)
        return None

    async def refund(self, request: RefundRequest) -> RefundResult:
        async with self._calling() as client:
            made = await client.v1.refunds.create_async(
                {
                    "payment_intent": answers.named(request.payment_external_id, "pi"),
                    "amount": to_stripe(request.amount_cents, request.currency),
                    "metadata": {"refund_id": request.refund_id},
                },
                {"idempotency_key": request.idempotency_key},
            )
        return answers.refund(made.to_dict())

    async def fetch_refund(self, payment_external_id: str, external_id: str) -> RefundResult:
        async with self._calling() as client:
            told = await client.v1.refunds.retrieve_async(answers.named(external_id, "re", "pyr"))
        if told.payment_intent != payment_external_id:
            raise NotFound(f"Stripe knows no refund {external_id} of {payment_external_id}.")
        return answers.refund(told.to_dict())

    async def find_refund(self, request: RefundRequest) -> RefundResult | None:
        payment = answers.named(request.payment_external_id, "pi")
        async with self._calling() as client:
            made = await client.v1.refunds.list_async({"payment_intent": payment, "limit": 100})
            async for refund in made.auto_paging_iter():
                told = refund.to_dict()
                if (told.get("metadata") or {}).get("refund_id") == request.refund_id:
                    return answers.refund(told)
        return None

    async def fetch_dispute(self, external_id: str) -> DisputeResult:
        async with self._calling() as client:
            told = await client.v1.disputes.retrieve_async(answers.named(external_id, "dp", "du"))
        return answers.dispute(told.to_dict())

    async def check(self) -> None:
        async with self._calling() as client:
            await client.v1.payment_intents.list_async({"limit": 1})

    async def verify_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> Sequence[NormalizedEvent]:
        """
        Give the event of a signed webhook; unknown kinds are `ignored`.

        The body is read by us: an `Event` holds Decimals, which are no JSON, and believes more than a hint needs.
        """
        if not self._hook_path:
            raise Unavailable("Stripe's webhook secret is not configured: set STRIPE_WEBHOOK_SECRET_VAULT_PATH.")
        secret = await self._secret(self._hook_path)
        signature = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), "")
        try:
            WebhookSignature.verify_header(raw_body.decode(), signature, secret, _TOLERANCE_SECONDS)
            event = json.loads(raw_body)
        except (SignatureVerificationError, ValueError) as error:
            raise Unauthenticated("The Stripe webhook's signature is wrong or too old.") from error
        return [answers.event(event)]

    @asynccontextmanager
    async def _calling(self) -> AsyncIterator[StripeClient]:
        """Give the client, and say what its errors mean; only an answer about what was asked is no `Unavailable`."""
        client = self._client_of(await self._secret(self._key_path))
        try:
            yield client
        except stripe.CardError as error:  # where nothing was charged: a page, a refund
            raise Refused(answers.sentence(error)) from error
        except stripe.InvalidRequestError as error:
            kind = NotFound if error.http_status == 404 else Refused
            raise kind(answers.sentence(error)) from error
        except stripe.AuthenticationError as error:
            raise Unavailable("Stripe does not accept our key; check STRIPE_SECRET_KEY_VAULT_PATH.") from error
        except stripe.StripeError as error:
            raise Unavailable(f"Stripe gave no answer: {answers.sentence(error)}") from error

    def _client_of(self, key: str) -> StripeClient:
        if self._client is None or self._client[0] != key:
            # Its own repetitions carry the same idempotency key.
            made = StripeClient(
                key,
                base_addresses={"api": self._base} if self._base else {},
                max_network_retries=self._retries,
                http_client=self._http,
            )
            self._client = (key, made)
        return self._client[1]

    async def _secret(self, path: str) -> str:
        try:
            return await self._vault.read(path)
        except NotFound as error:
            raise Unavailable(f"There is no secret at {path}: Stripe cannot be called.") from error


def create(context: "ProviderContext") -> Stripe | None:
    """Make the provider where its key is configured."""
    path = context.environment.get("STRIPE_SECRET_KEY_VAULT_PATH", "")
    if not path:
        return None
    return Stripe(
        context.vault,
        secret_key_path=path,
        publishable_key=context.environment.get("STRIPE_PUBLISHABLE_KEY", ""),
        webhook_secret_path=context.environment.get("STRIPE_WEBHOOK_SECRET_VAULT_PATH", ""),
    )
