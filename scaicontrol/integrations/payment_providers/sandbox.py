"""
A payment provider that moves no money, for development only.

The last two digits of an amount steer it: 01 declined · 02 requires action · 03 succeeds, but the answer is lost ·
04 stays pending and succeeds when fetched after a delay · 05 succeeds and is disputed later · else succeeds at once.
Of a refund: 01 fails · 03 succeeds, but the answer is lost · 04 stays pending and succeeds later · 06 succeeds and
later fails after all · else succeeds at once.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from scaicontrol.core.clock import Clock
from scaicontrol.core.errors import Conflict, NotFound, Refused, Unauthenticated, Unavailable, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.payment_ports import (
    ChargeRequest,
    DisputeResult,
    NormalizedEvent,
    PaymentResult,
    PaymentStatus,
    RefundRequest,
    RefundResult,
    SetupRequest,
    SetupStart,
    StoredMethod,
)
from scaicontrol.core.settings import Settings

from . import sandbox_disputes as disputes
from . import sandbox_refunds as refunds
from .account_settings import settings
from .sandbox_ledger import Ledger, Row, State

if TYPE_CHECKING:
    from .context import ProviderContext

WEBHOOK_SECRET: Final = b"sandbox-development-secret"
SIGNATURE_HEADER: Final = "X-Sandbox-Signature"
DECLINED, REQUIRES_ACTION, LOST, DELAYED, DISPUTED = 1, 2, 3, 4, 5

_KINDS: Final = frozenset({"payment", "refund", "dispute"})
_METHOD_TYPES: Final = {"card": "Sandbox card", "sepa_debit": "Sandbox direct debit"}


class Sandbox:
    """Keeps what it was told, answers the same again for the same idempotency key, and signs its webhooks."""

    slug = "sandbox"
    display_name = "Sandbox (no money moves)"
    capabilities = frozenset({"setup", "charge", "refund", "recurring", "redirect", "partial_refund"})
    config_schema = settings(set())
    key_lifetime = timedelta(days=36500)

    def __init__(
        self,
        clock: Clock,
        ledger: Ledger | None = None,
        pages_url: str = "/_dev/sandbox",
        delay: timedelta = timedelta(days=1),
    ) -> None:
        self._clock, self._ledger, self._pages, self._delay = clock, ledger or Ledger(), pages_url.rstrip("/"), delay

    def public_config(self, partner_id: str) -> Mapping[str, Any]:
        return {"mode": "sandbox"}

    async def setup(self, request: SetupRequest) -> SetupStart:
        with self._ledger.open() as state:
            setups, key = state["setups"], request.idempotency_key
            reference = next((name for name, each in setups.items() if each.get("key") == key), new_id("sbs"))
            setups.setdefault(reference, {"tenant_id": request.tenant_id, "type": None, "key": key})
        return SetupStart(reference, redirect_url=self._page("setup", reference, request.return_url))

    async def confirm(self, tenant_id: str, payload: Mapping[str, Any]) -> StoredMethod:
        """Store the method of a setup; `payload` is `{reference, type?}` with type card or sepa_debit."""
        reference = str(payload.get("reference", ""))
        with self._ledger.open() as state:
            setup = state["setups"].get(reference)
        if setup is None or setup["tenant_id"] != tenant_id:
            raise NotFound(f"The sandbox knows no setup {reference!r} of this tenant.")
        kind = str(payload.get("type") or setup["type"] or "card")
        if kind not in _METHOD_TYPES:
            raise invalid("type", f"The sandbox has no method {kind!r}; it has {' and '.join(_METHOD_TYPES)}.")
        last4 = "4242" if kind == "card" else "4300"
        more: dict[str, Any] = {"expires_month": 12, "expires_year": self._clock.now().year + 3}
        if kind != "card":
            more = {"mandate_reference": f"SANDBOX-{reference[-20:].upper()}", "debtor_iban": "NL91ABNA0417164300"}
        return StoredMethod(
            f"sbm_{reference}",
            f"sbc_{tenant_id}",
            kind,
            f"{_METHOD_TYPES[kind]} ···· {last4}",
            last4,
            country_code="NL",
            **more,
        )

    async def charge(self, request: ChargeRequest) -> PaymentResult:
        ending = request.amount_cents % 100
        with self._ledger.open() as state:
            payment = self._once(state, request)
            if payment["status"] == "new":
                self._decide(state, payment, ending)
        if ending == LOST and not payment["answered"]:
            with self._ledger.open() as state:
                state["payments"][payment["id"]]["answered"] = True
            raise Unavailable("The sandbox took the payment and lost the answer, as amounts ending in 03 ask for.")
        return self._result(payment)

    async def checkout(self, request: ChargeRequest) -> PaymentResult:
        with self._ledger.open() as state:
            payment = self._once(state, request)
            if payment["status"] == "new":
                payment |= {"status": "requires_action", "return_url": request.return_url}
        return self._result(payment)

    async def refund(self, request: RefundRequest) -> RefundResult:
        external_id, amount_cents = request.payment_external_id, request.amount_cents
        idempotency_key, ending = request.idempotency_key, amount_cents % 100
        with self._ledger.open() as state:
            known = state["refunds"].get(idempotency_key)
            is_new = known is None
            if known is None:
                payment = self._get(state, external_id)
                left = refunds.left_of(state, payment)
                if not 0 < amount_cents <= left:
                    raise Refused(f"The sandbox can refund at most {left} of a succeeded payment, not {amount_cents}.")
                known = {
                    "id": new_id("sbr"), "payment_id": external_id, "amount_cents": amount_cents,
                    "refund_id": request.refund_id,
                    "status": {DECLINED: "failed", DELAYED: "pending"}.get(ending, "succeeded"),
                    "changes_at": (self._clock.now() + self._delay).isoformat(),
                }  # fmt: skip
                state["refunds"][idempotency_key] = known
                payment["refunded_cents"] += 0 if ending == DECLINED else amount_cents
                if ending in (DELAYED, refunds.RETURNED):
                    self._add_event(
                        state, payment, "refund", self._clock.now() + self._delay, refund_id=known["id"],
                    )  # fmt: skip
        if known["payment_id"] != external_id or known["amount_cents"] != amount_cents:
            raise Conflict(f"The idempotency key {idempotency_key} was used for another refund.")
        if ending == LOST and is_new:
            raise Unavailable("The sandbox refunded and lost the answer, as amounts ending in 03 ask for.")
        return refunds.told(state, idempotency_key)

    async def fetch_refund(self, payment_external_id: str, external_id: str) -> RefundResult:
        with self._ledger.open() as state:
            key = next((key for key, one in state["refunds"].items() if one["id"] == external_id), None)
            if key is None or state["refunds"][key]["payment_id"] != payment_external_id:
                raise NotFound(f"The sandbox knows no refund {external_id} of {payment_external_id}.")
            refunds.ripen(state, key, self._clock.now())
            return refunds.told(state, key)

    async def find_refund(self, request: RefundRequest) -> RefundResult | None:
        with self._ledger.open() as state:
            known = next((one for one in state["refunds"].values() if one.get("refund_id") == request.refund_id), None)
        return await self.fetch_refund(known["payment_id"], known["id"]) if known else None

    async def fetch(self, external_id: str) -> PaymentResult:
        with self._ledger.open() as state:
            payment = self._get(state, external_id)
            if payment["status"] == "pending" and self._clock.now() >= datetime.fromisoformat(payment["settles_at"]):
                self._settle(state, payment, "succeeded")
            now = self._clock.now()
            known = disputes.of_payment(state, external_id)
            begun = tuple(each["id"] for each in known if datetime.fromisoformat(each["opened_at"]) <= now)
            given_back = tuple(one["id"] for one in state["refunds"].values() if one["payment_id"] == external_id)
        return replace(self._result(payment), dispute_ids=begun, refund_ids=given_back)

    async def fetch_dispute(self, external_id: str) -> DisputeResult:
        with self._ledger.open() as state:
            return disputes.told(disputes.get(state, external_id))

    async def find(self, request: ChargeRequest) -> PaymentResult | None:
        with self._ledger.open() as state:
            payments = state["payments"].values()
            found = next((payment["id"] for payment in payments if payment["key"] == request.idempotency_key), None)
        return await self.fetch(found) if found else None

    async def check(self) -> None:
        """Nothing can be wrong with credentials that there are none of."""

    async def verify_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> Sequence[NormalizedEvent]:
        given = next((value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER.lower()), "")
        if not hmac.compare_digest(given.encode(), sign(raw_body).encode()):
            raise Unauthenticated("The sandbox webhook's signature is wrong.")
        event = json.loads(raw_body)
        status = event.get("status")
        return [
            NormalizedEvent(
                external_event_id=event["id"],
                kind=event["kind"] if event.get("kind") in _KINDS else "ignored",
                external_id=event.get("refund_id") or event.get("payment_id"),
                dispute_id=event.get("dispute_id"),
                payment_external_id=event.get("payment_id") if event.get("kind") == "refund" else None,
                status=PaymentStatus(status) if status else None,
                amount_cents=event.get("amount_cents"),
                currency=event.get("currency"),
                failure_code=event.get("failure_code"),
                occurred_at=datetime.fromisoformat(event["occurred_at"]),
            )
        ]

    # What the sandbox's own pages do; no part of the provider protocol.

    def payments(self) -> list[Row]:
        with self._ledger.open() as state:
            return list(reversed(state["payments"].values()))

    def payment(self, external_id: str) -> Row:
        with self._ledger.open() as state:
            return dict(self._get(state, external_id))

    def choose_method(self, reference: str, kind: str) -> None:
        """Record what the payer chose on the setup page."""
        with self._ledger.open() as state:
            if reference not in state["setups"]:
                raise NotFound(f"The sandbox knows no setup {reference!r}.")
            state["setups"][reference]["type"] = kind

    def complete(self, external_id: str, *, approved: bool) -> Row:
        """Let the payer approve or decline what waits for them, or approve after all what was declined."""
        with self._ledger.open() as state:
            payment = self._get(state, external_id)
            if payment["status"] in {"requires_action", "pending"} or (payment["status"] == "failed" and approved):
                self._settle(state, payment, "succeeded" if approved else "failed")
            return dict(payment)

    def bounce(self, external_id: str) -> None:
        """Let a succeeded payment fail after all, as a direct debit does that the payer's bank returns."""
        with self._ledger.open() as state:
            payment = self._get(state, external_id)
            if payment["status"] != "succeeded":
                raise Refused("Only a succeeded payment can be returned.")
            self._settle(state, payment, "failed")

    def give_back(self, external_id: str, amount_cents: int | None = None) -> str:
        """Refund a payment here, at the provider, where nobody else knows of it; gives the refund's id."""
        with self._ledger.open() as state:
            payment = self._get(state, external_id)
            left = refunds.left_of(state, payment)
            amount = left if amount_cents is None else amount_cents
            if not 0 < amount <= left:
                raise Refused(f"At most {left} of a succeeded payment can be given back.")
            now, refund_id = self._clock.now(), new_id("sbr")
            state["refunds"][f"here:{refund_id}"] = {
                "id": refund_id, "payment_id": external_id, "amount_cents": amount, "refund_id": None,
                "status": "succeeded", "changes_at": (now + self._delay).isoformat(),
            }  # fmt: skip
            payment["refunded_cents"] += amount
            self._add_event(state, payment, "refund", now, refund_id=refund_id)
            return refund_id

    def disputes(self) -> list[disputes.SandboxDispute]:
        with self._ledger.open() as state:
            return list(reversed(state["disputes"].values()))

    def dispute(self, external_id: str, amount_cents: int | None = None) -> str:
        """Let the payer's bank ask a succeeded payment back, now; gives the dispute's id."""
        with self._ledger.open() as state:
            payment = self._get(state, external_id)
            if payment["status"] != "succeeded":
                raise Refused("Only a succeeded payment can be disputed.")
            return self._open_dispute(state, payment, self._clock.now(), amount_cents)

    def close_dispute(self, dispute_id: str, outcome: str) -> None:
        """Decide a dispute: won, lost or withdrawn."""
        with self._ledger.open() as state:
            dispute = disputes.close_one(state, dispute_id, outcome)
            payment = self._get(state, dispute["payment_id"])
            self._add_event(state, payment, "dispute", self._clock.now(), dispute_id=dispute_id)

    def due_events(self) -> list[tuple[str, bytes, dict[str, str]]]:
        """Give the unsent webhooks whose time has come: id, body and signed headers."""
        now = self._clock.now()
        with self._ledger.open() as state:
            due = [event for event in state["events"].values() if datetime.fromisoformat(event["occurred_at"]) <= now]
        bodies = [(event["id"], json.dumps(event).encode()) for event in due]
        return [
            (identifier, body, {"Content-Type": "application/json", SIGNATURE_HEADER: sign(body)})
            for identifier, body in bodies
        ]

    def mark_sent(self, event_id: str) -> None:
        with self._ledger.open() as state:
            state["events"].pop(event_id, None)

    def _once(self, state: State, request: ChargeRequest) -> Row:
        key, amount_cents, currency = request.idempotency_key, request.amount_cents, request.currency
        method = {"method": request.method.external_id} if request.method else {}
        if amount_cents <= 0:
            raise invalid("amount_cents", "The sandbox charges only positive amounts.")
        known: Row | None = next((one for one in state["payments"].values() if one["key"] == key), None)
        if known is not None:
            if (known["amount_cents"], known["currency"]) != (amount_cents, currency):
                raise Conflict(f"The idempotency key {key} was used for another amount.")
            return known
        identifier = new_id("sbp")
        payment: Row = {
            "id": identifier, "key": key, "amount_cents": amount_cents, "currency": currency, "status": "new",
            "metadata": {**method, **request.metadata}, "refunded_cents": 0, "answered": False,
            "created_at": self._clock.now().isoformat(),
        }  # fmt: skip
        state["payments"][identifier] = payment
        return payment

    def _decide(self, state: State, payment: Row, ending: int) -> None:
        now = self._clock.now()
        match ending:
            case 1:
                self._settle(state, payment, "failed")
            case 2:
                payment["status"] = "requires_action"
            case 4:
                payment |= {"status": "pending", "settles_at": (now + self._delay).isoformat()}
            case _:
                self._settle(state, payment, "succeeded")
        if ending == DISPUTED:
            self._open_dispute(state, payment, now + self._delay)

    def _open_dispute(
        self, state: State, payment: Mapping[str, object], at: datetime, amount_cents: int | None = None
    ) -> str:
        dispute = disputes.open_one(state, payment, at, amount_cents)
        self._add_event(state, payment, "dispute", at, dispute_id=dispute["id"])
        return str(dispute["id"])

    def _settle(self, state: State, payment: Row, status: str) -> None:
        payment["status"] = status
        code = "card_declined" if status == "failed" else None
        self._add_event(state, payment, "payment", self._clock.now(), status=status, failure_code=code)

    @staticmethod
    def _add_event(state: State, payment: Mapping[str, Any], kind: str, at: datetime, **more: Any) -> None:
        event = {"id": new_id("sbe"), "kind": kind, "payment_id": payment["id"], "occurred_at": at.isoformat()}
        amounts = {"amount_cents": payment["amount_cents"], "currency": payment["currency"]}
        state["events"][event["id"]] = {**event, **amounts, **more}

    @staticmethod
    def _get(state: State, external_id: str) -> Row:
        try:
            payment: Row = state["payments"][external_id]
        except KeyError as error:
            raise NotFound(f"The sandbox knows no payment {external_id}.") from error
        return payment

    def _result(self, payment: Row) -> PaymentResult:
        status = PaymentStatus(payment["status"])
        failed, waits = status is PaymentStatus.failed, status is PaymentStatus.requires_action
        return PaymentResult(
            status,
            payment["id"],
            payment["amount_cents"],
            payment["currency"],
            failure_code="card_declined" if failed else None,
            failure_message="The sandbox declines this payment." if failed else None,
            redirect_url=self._page("checkout", payment["id"], payment.get("return_url", "")) if waits else None,
        )

    def _page(self, kind: str, identifier: str, return_url: str) -> str:
        return f"{self._pages}/{kind}/{identifier}" + (
            f"?{urlencode({'return_url': return_url})}" if return_url else ""
        )


def sign(raw_body: bytes) -> str:
    """Give the signature header of a sandbox webhook."""
    return "sha256=" + hmac.new(WEBHOOK_SECRET, raw_body, hashlib.sha256).hexdigest()


def create(context: "ProviderContext") -> Sandbox | None:
    """Make the sandbox in development; a production installation never has it."""
    if not context.settings.is_development:
        return None
    return of(context.settings, context.clock)


def of(settings: Settings, clock: Clock) -> Sandbox:
    """Make the sandbox of an installation; all of them share what it remembers."""
    base = settings.public_base_url.rstrip("/")
    return Sandbox(clock, Ledger(settings.storage_dir.parent / "dev" / "sandbox.json"), f"{base}/_dev/sandbox")
