"""
The outside of a rehearsal: what leaves a trace there is only noted, what can be read is read, and all goes well.

Nothing waits for others while the rehearsal's transaction holds a lock: a procedure reads before it writes.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any, TypeVar

from .payment_ports import (
    AccountSettings,
    ChargeRequest,
    DisputeResult,
    NormalizedEvent,
    PaymentProvider,
    PaymentResult,
    PaymentStatus,
    ProviderAccounts,
    RefundRequest,
    RefundResult,
    SetupRequest,
    SetupStart,
    StoredMethod,
)
from .ports import Mail, MailOutcome, MailResult, ObjectStore, OutboundAnswer, OutboundHttp, Ports, ServiceReply, Vault
from .recording import OutsideCall, Recording

T = TypeVar("T")


def rehearsed(ports: Ports, recording: Recording) -> Ports:
    """Give ports through which nothing happens; what would have is noted in `recording`."""
    counted = count(1)

    def note(service: str, call: str) -> str:
        recording.outside.append(OutsideCall(service, call))
        return f"(assumed {next(counted)})"

    return replace(
        ports,
        objects=_Objects(ports.objects, note),
        vault=_Vault(ports.vault, note),
        mail=_Mail(note),
        services=_Services(note),
        outbound=_Outbound(ports.outbound, note),
        waker=_Waker(note),
        provider_accounts=_Accounts(ports.provider_accounts, note),
        payment_providers={slug: _Provider(real, note) for slug, real in ports.payment_providers.items()},
    )


Note = Callable[[str, str], str]  # gives a name only the other side could give


@dataclass(slots=True)
class _Objects:
    real: ObjectStore
    note: Note
    added: dict[str, bytes] = field(default_factory=dict)

    async def put(self, key: str, body: bytes, content_type: str) -> None:
        self.added[key] = body
        self.note("object store", f"store {content_type}")  # how many bytes may depend on the moment

    async def get(self, key: str) -> bytes:
        return self.added[key] if key in self.added else await self.real.get(key)

    async def examine(self, keys: Sequence[str], look: Callable[[bytes], T]) -> list[T | None]:
        return await self.real.examine(keys, look)

    async def delete(self, key: str) -> None:
        self.note("object store", f"delete {key}")

    def keys(self, prefix: str) -> AsyncIterator[tuple[str, datetime]]:
        return self.real.keys(prefix)

    async def check(self) -> None:
        await self.real.check()


@dataclass(slots=True)
class _Vault:
    real: Vault
    note: Note

    async def read(self, reference: str) -> str:
        return await self.real.read(reference)

    async def write(self, path: str, data: Mapping[str, str]) -> None:
        self.note("ScaiVault", "keep a secret")

    async def delete(self, path: str) -> None:
        self.note("ScaiVault", "delete a secret")


@dataclass(slots=True)
class _Mail:
    note: Note

    async def send(self, mail: Mail) -> MailResult:
        return MailResult(MailOutcome.accepted, self.note("ScaiSend", f"mail {len(mail.to)} recipients"))


@dataclass(slots=True)
class _Services:
    note: Note

    async def post(self, url: str, body: Mapping[str, Any], idempotency_key: str, timeout: float) -> ServiceReply:
        self.note(url, "POST")
        return ServiceReply(200)

    async def get(self, url: str, timeout: float) -> ServiceReply:
        self.note(url, "GET")
        return ServiceReply(200)


@dataclass(frozen=True, slots=True)
class _EmptyReply:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str | None = None


@dataclass(slots=True)
class _Outbound:
    real: OutboundHttp
    note: Note

    def check(self, url: str) -> None:
        self.real.check(url)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout: float,
        max_bytes: int = 4096,
    ) -> OutboundAnswer:
        self.note(url, method)
        return _EmptyReply()


@dataclass(slots=True)
class _Waker:
    note: Note

    async def wake(self, job: str, *ids: str) -> None:
        if job not in ("relay", "provision"):  # every fact wakes the one, every due step the other
            self.note("worker", " ".join((job, *ids)))

    async def check(self) -> None:
        return


class _Accounts:
    def __init__(self, real: ProviderAccounts, note: Note) -> None:
        self._real, self._note = real, note

    def schema(self, provider: str) -> Mapping[str, object] | None:
        return self._real.schema(provider)

    def open(self, account: AccountSettings) -> PaymentProvider:
        return _Provider(self._real.open(account), self._note)


class _Provider:
    """A provider that does what it is asked at once, without being asked."""

    def __init__(self, real: PaymentProvider, note: Note) -> None:
        self._real, self._note = real, note
        self.slug, self.display_name = real.slug, real.display_name
        self.capabilities, self.config_schema = real.capabilities, real.config_schema
        self.key_lifetime = real.key_lifetime

    def public_config(self, partner_id: str) -> Mapping[str, Any]:
        return self._real.public_config(partner_id)

    async def setup(self, request: SetupRequest) -> SetupStart:
        return SetupStart(self._note(self.display_name, "begin to add a payment method"))

    async def confirm(self, tenant_id: str, payload: Mapping[str, Any]) -> StoredMethod:
        stored = self._note(self.display_name, "confirm a payment method")
        return StoredMethod(stored, None, "other", f"as {self.display_name} names it")

    async def charge(self, request: ChargeRequest) -> PaymentResult:
        amount, currency = request.amount_cents, request.currency
        charged = self._note(self.display_name, f"charge {amount} {currency} in minor units")
        return PaymentResult(PaymentStatus.succeeded, charged, amount, currency)

    async def checkout(self, request: ChargeRequest) -> PaymentResult:
        told = f"open a checkout over {request.amount_cents} {request.currency} in minor units"
        return PaymentResult(PaymentStatus.requires_action, self._note(self.display_name, told))

    async def refund(self, request: RefundRequest) -> RefundResult:
        refunded = self._note(self.display_name, f"refund {request.amount_cents} in minor units")
        return RefundResult(PaymentStatus.succeeded, refunded)

    async def fetch_refund(self, payment_external_id: str, external_id: str) -> RefundResult:
        return RefundResult(PaymentStatus.pending, external_id)

    async def find_refund(self, request: RefundRequest) -> RefundResult | None:
        return None

    async def fetch(self, external_id: str) -> PaymentResult:
        return PaymentResult(PaymentStatus.pending, external_id)

    async def find(self, request: ChargeRequest) -> PaymentResult | None:
        return None

    async def fetch_dispute(self, external_id: str) -> DisputeResult:
        return await self._real.fetch_dispute(external_id)

    async def check(self) -> None:
        self._note(self.display_name, "check the credentials")

    async def verify_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> Sequence[NormalizedEvent]:
        return await self._real.verify_webhook(headers, raw_body)
