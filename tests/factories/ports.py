"""The outside as a test sees it: kept in memory, told what to answer, and open to be looked into."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import Conflict, NotFound, Unauthenticated, Unavailable, invalid
from scaicontrol.core.payment_ports import AccountSettings, PaymentProvider
from scaicontrol.core.ports import (
    Attachment,
    DirectoryGroup,
    DirectoryPartner,
    DirectoryTenant,
    DirectoryUser,
    Mail,
    MailOutcome,
    MailResult,
    PageContent,
    Ports,
    ServiceReply,
    VatAnswer,
    VatConsulted,
)
from scaicontrol.integrations.payment_providers.sandbox import Sandbox
from scaicontrol.media import page_text
from scaicontrol.services import templates

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class MemoryObjects:
    stored: dict[str, bytes] = field(default_factory=dict)
    down: bool = False

    async def put(self, key: str, body: bytes, content_type: str) -> None:
        await self.check()
        if self.stored.setdefault(key, body) != body:
            raise Conflict(f"{key} is stored already with other content.")

    async def get(self, key: str) -> bytes:
        await self.check()
        if key not in self.stored:
            raise NotFound(f"There is no object {key}.")
        return self.stored[key]

    async def examine(self, keys: Sequence[str], look: Callable[[bytes], Any]) -> list[Any]:
        await self.check()
        return [look(self.stored[key]) if key in self.stored else None for key in keys]

    async def delete(self, key: str) -> None:
        await self.check()
        self.stored.pop(key, None)

    async def keys(self, prefix: str) -> AsyncIterator[tuple[str, datetime]]:
        for key in sorted(self.stored):
            if key.startswith(prefix):
                yield key, LONG_AGO

    async def check(self) -> None:
        if self.down:
            raise Unavailable("The object store does not answer.")


@dataclass
class MemoryVault:
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    down: bool = False

    async def read(self, reference: str) -> str:
        if self.down:
            raise Unavailable("The vault does not answer.")
        path, _, wanted = reference.partition("#")
        data = self.secrets.get(path, {})
        name = wanted or ("value" if "value" in data else next(iter(data), ""))
        if name not in data:
            raise NotFound(f"There is no secret at {reference}.")
        return data[name]

    async def write(self, path: str, data: Mapping[str, str]) -> None:
        self.secrets[path] = dict(data)

    async def delete(self, path: str) -> None:
        self.secrets.pop(path, None)


@dataclass
class MemoryMail:
    """Accepts everything, unless `answers` says what comes next."""

    sent: list[Mail] = field(default_factory=list)
    answers: list[MailResult] = field(default_factory=list)

    async def send(self, mail: Mail) -> MailResult:
        result = self.answers.pop(0) if self.answers else MailResult(MailOutcome.accepted, f"msg_{len(self.sent)}")
        if result.outcome in (MailOutcome.accepted, MailOutcome.unknown):
            self.sent.append(mail)
        return result


@dataclass
class MemoryDirectory:
    all_partners: list[DirectoryPartner] = field(default_factory=list)
    all_tenants: list[DirectoryTenant] = field(default_factory=list)
    all_users: list[DirectoryUser] = field(default_factory=list)
    all_groups: list[DirectoryGroup] = field(default_factory=list)

    async def partners(self) -> AsyncIterator[DirectoryPartner]:
        for row in self.all_partners:
            yield row

    async def tenants(self) -> AsyncIterator[DirectoryTenant]:
        for row in self.all_tenants:
            yield row

    async def users(self) -> AsyncIterator[DirectoryUser]:
        for row in self.all_users:
            yield row

    async def groups(self) -> AsyncIterator[DirectoryGroup]:
        for row in self.all_groups:
            yield row


@dataclass
class KnownTokens:
    claims: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    async def verify(self, token: str, *, resource: str | None = None) -> Mapping[str, Any]:
        if token not in self.claims:
            raise Unauthenticated("The token is not known.")
        return self.claims[token]


@dataclass
class MemoryVatRegister:
    """Answers `valid` for numbers in `valid`, `unavailable` while `down`, else `invalid`."""

    valid: set[str] = field(default_factory=set)
    down: bool = False
    asked: list[str] = field(default_factory=list)

    async def consult(self, vat_number: str, requester_vat_number: str | None) -> VatConsulted:
        self.asked.append(vat_number)
        if self.down:
            return VatConsulted(VatAnswer.unavailable, LONG_AGO)
        if vat_number not in self.valid:
            return VatConsulted(VatAnswer.invalid, LONG_AGO)
        return VatConsulted(VatAnswer.valid, LONG_AGO, consultation_number="WAPIAAAAX1")


@dataclass
class MemoryServices:
    """Subscribed services: `replies[url]` are given one after the other, then 204 for ever."""

    replies: defaultdict[str, list[ServiceReply]] = field(default_factory=lambda: defaultdict(list))
    calls: list[tuple[str, str, Mapping[str, Any], str]] = field(default_factory=list)

    async def post(self, url: str, body: Mapping[str, Any], idempotency_key: str, timeout: float) -> ServiceReply:
        self.calls.append(("POST", url, body, idempotency_key))
        return self._reply(url)

    async def get(self, url: str, timeout: float) -> ServiceReply:
        self.calls.append(("GET", url, {}, ""))
        return self._reply(url)

    def _reply(self, url: str) -> ServiceReply:
        return self.replies[url].pop(0) if self.replies[url] else ServiceReply(204)


@dataclass
class TextRenderer:
    """Gives bytes that begin like a PDF and hold the HTML, so that a test can read them."""

    rendered: list[str] = field(default_factory=list)

    async def pdf(
        self,
        html: str,
        *,
        title: str,
        created_at: datetime,
        attachments: Sequence[Attachment] = (),
        shows: Sequence[PageContent] = (),
    ) -> bytes:
        page_text.require(shows, page_text.ReadText(templates.text_of_html(html)))
        self.rendered.append(html)
        return b"%PDF-1.7\n" + html.encode()


@dataclass
class RememberingWaker:
    woken: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    is_away: bool = False

    async def wake(self, job: str, *ids: str) -> None:
        self.woken.append((job, ids))

    async def check(self) -> None:
        if self.is_away:
            raise ConnectionRefusedError


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP answer as the outbound port gives it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str | None = None


class MemoryOutbound:
    """Remembers what was posted and answers from a script: by URL, else 200."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mapping[str, str], bytes]] = []
        self.answers: dict[str, list[Answered]] = {}

    def check(self, url: str) -> None:
        if not url.startswith("https://"):
            raise invalid("target_url", f"{url} is not https.")

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout: float,
        max_bytes: int = 4096,
    ) -> Answered:
        assert method == "POST"
        self.sent.append((url, headers, body or b""))
        script = self.answers.get(url)
        if not script:
            return Answered(200)
        return script.pop(0) if len(script) > 1 else script[0]


class MemoryAccounts:
    """Accounts at the sandbox, each with books of its own once a test has put a provider behind it."""

    def __init__(self) -> None:
        self.opened: dict[str, PaymentProvider] = {}
        self.settings: dict[str, AccountSettings] = {}

    def schema(self, provider: str) -> Mapping[str, object] | None:
        if provider != "sandbox":
            return None
        known = {"api_key_vault_path": {"type": "string"}, "colour": {"type": "string"}}
        return {"properties": known, "required": ["api_key_vault_path"]}

    def open(self, account: AccountSettings) -> PaymentProvider:
        self.settings[account.id] = account
        return self.opened.setdefault(account.id, Sandbox(FrozenClock(datetime(2026, 1, 5, 9, tzinfo=UTC))))


def memory_ports() -> Ports:
    """Everything outside, in memory; payment providers are added by the tests that need one."""
    return Ports(
        objects=MemoryObjects(),
        vault=MemoryVault(),
        mail=MemoryMail(),
        directory=MemoryDirectory(),
        tokens=KnownTokens(),
        vat_register=MemoryVatRegister(),
        services=MemoryServices(),
        outbound=MemoryOutbound(),
        renderer=TextRenderer(),
        waker=RememberingWaker(),
        provider_accounts=MemoryAccounts(),
        payment_providers={},
    )
