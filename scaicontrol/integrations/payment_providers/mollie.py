"""
Mollie: a first payment of nothing stores a card, recurring payments charge its mandate, a hosted page takes the rest.

The SDK is synchronous and runs in threads. What moves money carries our key: its own would be lost with the time-out.
Keys live for an hour; after that our payment's id in the metadata is looked for. A webhook names a payment and proves
nothing.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import parse_qs

from mollie.api import error as errors
from mollie.api.client import Client
from mollie.api.objects.customer import Customer
from mollie.api.objects.list import PaginationList
from mollie.api.objects.payment import Payment
from mollie.api.resources.chargebacks import PaymentChargebacks
from mollie.api.resources.mandates import CustomerMandates
from mollie.api.resources.payments import CustomerPayments
from mollie.api.resources.refunds import PaymentRefunds

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

from . import mollie_answers as answers
from .account_settings import settings
from .mollie_answers import named, to_mollie

if TYPE_CHECKING:
    from .context import ProviderContext

T = TypeVar("T")
_TIMEOUT_SECONDS: Final = (5, 20)  # to connect, to answer
_SKEW: Final = timedelta(minutes=10)  # between our clock and theirs
_EMBED: Final = "refunds,chargebacks"
_PAGE: Final = 250
_AT_ONCE: Final = 8


class Mollie:
    """One Mollie profile; its key is read from the vault, so that a rotated one is used without a restart."""

    slug = "mollie"
    display_name = "Mollie"
    capabilities = frozenset({"setup", "charge", "refund", "recurring", "redirect", "partial_refund"})
    config_schema = settings({"api_key_vault_path"})
    key_lifetime = timedelta(hours=1)

    def __init__(self, vault: Vault, *, api_key_path: str, webhook_url: str = "", api_base: str = "") -> None:
        self._vault, self._key_path, self._hook, self._base = vault, api_key_path, webhook_url, api_base
        # Its own, so that a slow Mollie holds up nobody else; each has a session, since those are not safe in several.
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="mollie")
        self._of_thread = threading.local()

    def public_config(self, partner_id: str) -> Mapping[str, object]:
        return {}

    async def setup(self, request: SetupRequest) -> SetupStart:
        """Open Mollie's page for a first payment of nothing, which it allows by card and which makes the mandate."""
        tenant = {"tenant_id": request.tenant_id}
        customer = request.external_customer_id
        if customer is None:
            key = f"customer:{request.tenant_id}"
            made = await self._call(lambda c: c.customers.create({"metadata": tenant}, idempotency_key=key))
            customer = made["id"]
        first = self._payment(
            {
                "amount": to_mollie(0, request.currency),
                "customerId": customer,
                "sequenceType": "first",
                "method": "creditcard",
                "description": "Your card",
                "redirectUrl": request.return_url,
                "metadata": tenant,
            }
        )
        opened = await self._call(lambda c: c.payments.create(first, idempotency_key=request.idempotency_key))
        return SetupStart(opened["id"], redirect_url=answers.link(opened, "checkout"))

    async def confirm(self, tenant_id: str, payload: Mapping[str, object]) -> StoredMethod:
        """Store the mandate of a setup; `payload` is `{reference}`."""
        reference = named(payload.get("reference"), "tr")
        first = await self._call(lambda c: c.payments.get(reference))
        is_ours = (first.get("metadata") or {}).get("tenant_id") == tenant_id
        if not is_ours or first.get("sequenceType") != "first":
            raise NotFound(f"Mollie knows no setup {reference!r} of this tenant.")
        if first["status"] != "paid" or not first.get("mandateId"):
            raise Refused("The payer has not finished the page yet.")
        customer, name = str(first["customerId"]), str(first["mandateId"])
        return answers.method(await self._call(lambda c: _mandates(c, customer).get(name)))

    async def charge(self, request: ChargeRequest) -> PaymentResult:
        method = request.method
        if method is None or method.external_customer_id is None:
            raise Refused("Mollie charges a mandate of a customer: set one up, or open a checkout.")
        recurring = self._payment(
            {
                "amount": to_mollie(request.amount_cents, request.currency),
                "customerId": method.external_customer_id,
                "mandateId": method.external_id,
                "sequenceType": "recurring",
                "description": "Invoice",
                "metadata": {**request.metadata, "payment_id": request.payment_id},
            }
        )
        key = request.idempotency_key
        return answers.payment(await self._call(lambda c: c.payments.create(recurring, idempotency_key=key)))

    async def checkout(self, request: ChargeRequest) -> PaymentResult:
        page = self._payment(
            {
                "amount": to_mollie(request.amount_cents, request.currency),
                "description": "Invoice",
                "redirectUrl": request.return_url,
                "metadata": {**request.metadata, "payment_id": request.payment_id},
            }
        )
        key = request.idempotency_key
        return answers.payment(await self._call(lambda c: c.payments.create(page, idempotency_key=key)))

    async def fetch(self, external_id: str) -> PaymentResult:
        name = named(external_id, "tr")
        return answers.payment(await self._call(lambda c: c.payments.get(name, embed=_EMBED)))

    async def find(self, request: ChargeRequest) -> PaymentResult | None:
        if request.called_at is None:
            return None  # nobody has called for it
        since = request.called_at - _SKEW
        customer = request.method.external_customer_id if request.method else None

        def look(client: Client) -> str | None:
            listing = _payments(client, customer) if customer else client.payments
            for row in _newest_first(listing.list(limit=_PAGE)):
                if answers.moment(row["createdAt"]) < since:
                    return None
                if (row.get("metadata") or {}).get("payment_id") == request.payment_id:
                    return str(row["id"])
            return None

        found = await self._call(look)
        return await self.fetch(found) if found else None

    async def refund(self, request: RefundRequest) -> RefundResult:
        payment, key = named(request.payment_external_id, "tr"), request.idempotency_key
        wanted = {
            "amount": to_mollie(request.amount_cents, request.currency),
            "description": "Refund",
            "metadata": {"refund_id": request.refund_id},
        }
        return answers.refund(await self._call(lambda c: _refunds(c, payment).create(wanted, idempotency_key=key)))

    async def fetch_refund(self, payment_external_id: str, external_id: str) -> RefundResult:
        payment, name = named(payment_external_id, "tr"), named(external_id, "re")
        return answers.refund(await self._call(lambda c: _refunds(c, payment).get(name)))

    async def find_refund(self, request: RefundRequest) -> RefundResult | None:
        payment = named(request.payment_external_id, "tr")
        made = await self._call(lambda c: list(_newest_first(_refunds(c, payment).list(limit=_PAGE))))
        found = (each for each in made if (each.get("metadata") or {}).get("refund_id") == request.refund_id)
        return next((answers.refund(each) for each in found), None)

    async def fetch_dispute(self, external_id: str) -> DisputeResult:
        """Give a chargeback, which is named `<payment>/<chargeback>`: Mollie knows none by its own id alone."""
        payment, _, name = external_id.partition("/")
        payment, name = named(payment, "tr"), named(name, "chb")
        told = await self._call(lambda c: _chargebacks(c, payment).get(name))
        return answers.chargeback(payment, told)

    async def check(self) -> None:
        await self._call(lambda client: client.payments.list(limit=1))

    async def verify_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> Sequence[NormalizedEvent]:
        """Give the payment that is named; anybody may name one, so it is only ever asked about."""
        given = parse_qs(raw_body.decode("ascii", "replace")).get("id", [])
        try:
            (name,) = given
            return [NormalizedEvent(None, "payment", named(name, "tr"))]
        except (ValueError, NotFound) as error:
            raise Unauthenticated("A Mollie webhook names one payment, and this one does not.") from error

    def _payment(self, body: dict[str, object]) -> dict[str, object]:
        return body | ({"webhookUrl": self._hook} if self._hook else {})

    async def _call(self, act: Callable[[Client], T]) -> T:
        """Call Mollie in a thread; only an answer about what was asked is no `Unavailable`."""
        key = await self._key()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: act(self._client(key)))
        except (errors.NotFoundError, errors.IdentifierError) as error:
            raise NotFound(f"Mollie does not know it: {error}") from error
        except (errors.BadRequestError, errors.UnprocessableEntityError) as error:
            raise Refused(f"Mollie refuses: {error}") from error
        except errors.UnauthorizedError as error:
            raise Unavailable(f"Mollie does not accept our key; check the secret at {self._key_path}.") from error
        except errors.ResponseError as error:
            if error.status == 410:
                raise NotFound(f"Mollie has it no longer: {error}") from error
            raise Unavailable(f"Mollie gave no answer: {error}") from error
        except (errors.Error, KeyError) as error:  # the SDK reads `detail` of an error that may have none
            raise Unavailable(f"Mollie gave no answer: {error}") from error

    def _client(self, key: str) -> Client:
        if getattr(self._of_thread, "key", None) != key:
            client = Client(api_endpoint=self._base, timeout=_TIMEOUT_SECONDS)
            client.set_api_key(key)
            self._of_thread.key, self._of_thread.client = key, client
        made: Client = self._of_thread.client
        return made

    async def _key(self) -> str:
        try:
            return await self._vault.read(self._key_path)
        except NotFound as error:
            raise Unavailable(f"There is no secret at {self._key_path}: Mollie cannot be called.") from error


def _payments(client: Client, customer: str) -> CustomerPayments:
    return CustomerPayments(client, _known(Customer, named(customer, "cst"), client))


def _mandates(client: Client, customer: str) -> CustomerMandates:
    return CustomerMandates(client, _known(Customer, named(customer, "cst"), client))


def _refunds(client: Client, payment: str) -> PaymentRefunds:
    return PaymentRefunds(client, _known(Payment, payment, client))


def _chargebacks(client: Client, payment: str) -> PaymentChargebacks:
    return PaymentChargebacks(client, _known(Payment, payment, client))


def _known(kind: Callable[[dict[str, str], Client], T], name: str, client: Client) -> T:
    """Give a thing of Mollie's by its name alone, without asking for it."""
    return kind({"id": name}, client)


def _newest_first(page: PaginationList | None) -> Iterator[answers.Said]:
    while page is not None:
        yield from page
        page = page.get_next()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped


def create(context: "ProviderContext") -> Mollie | None:
    """Make the provider where its key is configured."""
    path = context.environment.get("MOLLIE_API_KEY_VAULT_PATH", "")
    if not path:
        return None
    base = context.settings.public_base_url.rstrip("/")
    # Mollie refuses a payment whose webhook it cannot reach.
    path_of_account = f"/{context.account_id}" if context.account_id else ""
    hook = f"{base}/api/v1/webhooks/mollie{path_of_account}" if base.startswith("https://") else ""
    return Mollie(context.vault, api_key_path=path, webhook_url=hook)
