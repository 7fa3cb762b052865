"""
What the product asks of the outside, as protocols; `integrations` implements them and `main.py` chooses.

Nothing here may be called inside a transaction. Every implementation raises `core.errors.Unavailable` when the other
side does not answer, and never returns a guess.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from .payment_ports import PaymentProvider, ProviderAccounts

T = TypeVar("T")


class ObjectStore(Protocol):
    """Documents and uploads: an S3 bucket, or a folder."""

    async def put(self, key: str, body: bytes, content_type: str) -> None:
        """Store `body` under a key that is free; the same bytes again are fine, other bytes are a Conflict."""
        ...

    async def get(self, key: str) -> bytes:
        """Give the stored bytes, or raise NotFound."""
        ...

    async def examine(self, keys: Sequence[str], look: Callable[[bytes], T]) -> list[T | None]:
        """
        Let `look` see the bytes of many objects, a bounded number side by side; None stands for one that is missing.

        `look` runs in threads of the store: it must not touch what the loop owns.
        """
        ...

    async def delete(self, key: str) -> None: ...

    def keys(self, prefix: str) -> AsyncIterator[tuple[str, datetime]]:
        """List keys below `prefix` with the moment each was stored."""
        ...

    async def check(self) -> None:
        """Raise Unavailable when the store cannot be reached."""
        ...


class Vault(Protocol):
    """Secrets by path (ScaiVault)."""

    async def read(self, reference: str) -> str:
        """Give the value behind `path#field`; without a field, `value` or the only one. NotFound, Unavailable."""
        ...

    async def write(self, path: str, data: Mapping[str, str]) -> None: ...

    async def delete(self, path: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Conformance:
    """How a Factur-X file describes the XML inside: a level such as EN 16931 and the version of its schema."""

    level: str
    version: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside a mail or a PDF; with `conformance` it is the document itself, as XML."""

    filename: str
    content_type: str
    body: bytes
    conformance: Conformance | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """One logical mail; `mail_id` and the ids in `references` travel as custom arguments."""

    mail_id: str
    to: Sequence[tuple[str, str]]  # (address, name)
    subject: str
    html: str
    attachments: Sequence[Attachment] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    sender_name: str | None = None  # beside the installation's address; None: the installation's name
    reply_to: str | None = None


class MailOutcome(StrEnum):
    accepted = "accepted"
    refused = "refused"  # will never be accepted as it is
    busy = "busy"  # not accepted, safe to try again
    unknown = "unknown"  # the answer was lost: it may have been accepted


@dataclass(frozen=True, slots=True)
class MailResult:
    outcome: MailOutcome
    message_id: str | None = None
    detail: str | None = None
    retry_after: int | None = None


class MailTransport(Protocol):
    """Mail (ScaiSend). It has no idempotency key, so an unknown outcome is told apart from a refusal."""

    async def send(self, mail: Mail) -> MailResult: ...


@dataclass(frozen=True, slots=True)
class DirectoryPartner:
    id: str
    name: str
    slug: str
    status: str
    contact_email: str | None = None


@dataclass(frozen=True, slots=True)
class DirectoryTenant:
    id: str
    partner_id: str
    name: str
    slug: str
    status: str
    contact_email: str | None = None


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    id: str
    tenant_id: str | None
    partner_id: str | None
    email: str
    display_name: str
    status: str


@dataclass(frozen=True, slots=True)
class DirectoryGroup:
    id: str
    tenant_id: str | None
    partner_id: str | None
    name: str
    member_ids: tuple[str, ...] = ()


class Directory(Protocol):
    """Partners, tenants, people and groups as ScaiKey knows them."""

    def partners(self) -> AsyncIterator[DirectoryPartner]: ...

    def tenants(self) -> AsyncIterator[DirectoryTenant]: ...

    def users(self) -> AsyncIterator[DirectoryUser]: ...

    def groups(self) -> AsyncIterator[DirectoryGroup]: ...


class TokenVerifier(Protocol):
    """Proof of who calls (ScaiKey's JWTs)."""

    async def verify(self, token: str, *, resource: str | None = None) -> Mapping[str, Any]:
        """
        Give the claims of a valid token, or raise Unauthenticated with the reason.

        `resource` is the address it was sent to, where that takes tokens made for it alone (RFC 8707).
        """
        ...


class VatAnswer(StrEnum):
    valid = "valid"
    invalid = "invalid"
    unavailable = "unavailable"


@dataclass(frozen=True, slots=True)
class VatConsulted:
    answer: VatAnswer
    consulted_at: datetime
    consultation_number: str | None = None
    name: str | None = None
    address: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None  # why it is unavailable, in a sentence


class VatRegister(Protocol):
    """VIES. A member state that does not answer is `unavailable`, never `invalid`."""

    async def consult(self, vat_number: str, requester_vat_number: str | None) -> VatConsulted: ...


@dataclass(frozen=True, slots=True)
class ServiceReply:
    """What a subscribable service answered to a provisioning call or poll; `status` is the HTTP status, 0 for none."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    location: str | None = None
    error: str | None = None


class ServiceCaller(Protocol):
    """Calls to subscribed services: provisioning, polls and health probes, with the address rules of webhooks."""

    async def post(self, url: str, body: Mapping[str, Any], idempotency_key: str, timeout: float) -> ServiceReply: ...

    async def get(self, url: str, timeout: float) -> ServiceReply: ...


class OutboundAnswer(Protocol):
    """An HTTP answer, or none: `status` 0 with the reason in `error`."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def body(self) -> bytes: ...

    @property
    def error(self) -> str | None: ...


class OutboundHttp(Protocol):
    """HTTP to addresses that others chose: connections are pinned to checked public addresses (contract §23.6)."""

    def check(self, url: str) -> None:
        """Raise Invalid with the reason when `url` may not be called."""
        ...

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout: float,
        max_bytes: int = 4096,
    ) -> OutboundAnswer: ...


@dataclass(frozen=True, slots=True)
class PageContent:
    """
    Something the text of pages must hold: any of `forms`, at least `times` times.

    `what` names it in a sentence, `source` is where it is asked for. A number must not run into other digits.
    """

    field: str
    what: str
    source: str
    forms: tuple[str, ...]
    is_number: bool = False
    times: int = 1


class DocumentRenderer(Protocol):
    """Turns HTML into PDF in a process that can be killed."""

    async def pdf(
        self,
        html: str,
        *,
        title: str,
        created_at: datetime,
        attachments: Sequence[Attachment] = (),
        shows: Sequence[PageContent] = (),
    ) -> bytes:
        """Give a PDF in whose text all of `shows` was found; Invalid names what the pages lack or cannot be."""
        ...


class Waker(Protocol):
    """Tells workers that something is due. It may be lost: the database is the truth and a sweep follows."""

    async def wake(self, job: str, *ids: str) -> None: ...

    async def check(self) -> None:
        """Raise where what carries wake-ups does not answer; where nothing carries them, nothing is wrong."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside that this process can reach."""

    objects: ObjectStore
    vault: Vault
    mail: MailTransport
    directory: Directory
    tokens: TokenVerifier
    vat_register: VatRegister
    services: ServiceCaller
    outbound: OutboundHttp
    renderer: DocumentRenderer
    waker: Waker
    provider_accounts: ProviderAccounts
    payment_providers: Mapping[str, PaymentProvider] = field(default_factory=dict)
