"""Stripe as its documentation describes it, as far as we call it (API 2026-10-28), with its test cards' outcomes."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .server import Body, Declined, FarSide, nested

SECRET = "whsec_stripe"
# docs.stripe.com/testing: what a payment method leads to.
CARDS = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", ""),
    "pm_card_authenticationRequired": ("authentication_required", "authentication_required"),
}
CREATED = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())


def refused(status: int, kind: str, message: str, **more: Any) -> Declined:
    return Declined(status, {"error": {"type": kind, "message": message, **more}})


@dataclass
class StripeServer(FarSide):
    customers: dict[str, Body] = field(default_factory=dict)
    intents: dict[str, Body] = field(default_factory=dict)
    pages: dict[str, Body] = field(default_factory=dict)
    made: dict[str, Body] = field(default_factory=dict)  # refunds
    disputes: dict[str, Body] = field(default_factory=dict)

    def parse(self, raw: bytes) -> Body:
        return nested(raw.decode())

    def turned_away(self, fault: str) -> tuple[int, Body]:
        status, kind = {
            "unauthorized": (401, "invalid_request_error"),
            "busy": (429, "invalid_request_error"),
            "broken": (500, "api_error"),
            "in_use": (409, "idempotency_error"),
        }[fault]
        return status, {"error": {"type": kind, "message": f"Stripe is {fault}."}}

    def misused(self) -> tuple[int, Body]:
        said = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        return 400, {"error": {"type": "idempotency_error", "message": said}}

    async def act(  # noqa: C901, PLR0911, PLR0912  (a table of addresses)
        self, method: str, path: str, given: Mapping[str, Any], query: Mapping[str, Any]
    ) -> Body:
        match method, path.removeprefix("/v1/").split("/"):
            case "POST", ["customers"]:
                return self._add(self.customers, "cus", {"object": "customer", **given})
            case "POST", ["checkout", "sessions"]:
                return self._open_page(given)
            case "GET", ["checkout", "sessions"]:
                return _listed(self._shown(page) for page in self.pages.values() if _within(page, query))
            case "GET", ["checkout", "sessions", name]:
                return self._shown(_get(self.pages, name), expanded=True)
            case "POST", ["payment_intents"]:
                return self._charge(given)
            case "POST", ["payment_intents", name, "confirm"]:
                intent = _get(self.intents, name)
                where = {"url": f"https://hooks.stripe.test/{name}", "return_url": given["return_url"]}
                intent |= {"status": "requires_action", "next_action": {"type": "redirect_to_url"}}
                intent["next_action"]["redirect_to_url"] = where
                intent["last_payment_error"] = None
                return intent
            case "GET", ["payment_intents"]:
                rows = [
                    row for row in self.intents.values() if row["customer"] == query.get("customer", row["customer"])
                ]
                return _listed(row for row in rows if _within(row, query))
            case "GET", ["payment_intents", name]:
                return _get(self.intents, name)
            case "POST", ["refunds"]:
                return self._refund(given)
            case "GET", ["refunds"]:
                return _listed(r for r in self.made.values() if r["payment_intent"] == query["payment_intent"])
            case "GET", ["refunds", name]:
                return _get(self.made, name)
            case "GET", ["disputes"]:
                return _listed(d for d in self.disputes.values() if d["payment_intent"] == query["payment_intent"])
            case "GET", ["disputes", name]:
                return _get(self.disputes, name)
        raise refused(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")

    def _charge(self, given: Mapping[str, Any]) -> Body:
        currency, amount = given["currency"], int(given["amount"])
        if currency in ("xdr", "ves"):
            raise refused(400, "invalid_request_error", f"Invalid currency: {currency}.", param="currency")
        intent = self._intent(amount, currency, given["metadata"], given.get("customer"))
        card = given["payment_method"]
        if card in CARDS:
            code, decline = CARDS[card]
            why = {"type": "card_error", "code": code, "message": "Your card was declined."}
            why |= {"decline_code": decline} if decline else {}
            intent |= {"status": "requires_payment_method", "last_payment_error": why}
            raise Declined(402, {"error": {**why, "payment_intent": intent}})
        if given["payment_method_types"]["0"] == "sepa_debit":
            intent["status"] = "processing"
            return intent
        return self.pay(intent["id"])

    def _intent(self, amount: int, currency: str, metadata: Mapping[str, str], customer: str | None) -> Body:
        return self._add(self.intents, "pi", {
            "object": "payment_intent", "amount": amount, "amount_received": 0, "currency": currency,
            "customer": customer, "metadata": dict(metadata), "status": "requires_confirmation",
            "last_payment_error": None, "next_action": None, "latest_charge": None,
        })  # fmt: skip

    def pay(self, name: str) -> Body:
        """Let the payer, or the payer's bank, agree."""
        intent = self.intents[name]
        charge = {"id": self.new("ch"), "object": "charge", "disputed": False, "payment_intent": name}
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge}
        return intent

    def pay_page(self, name: str) -> Body:
        page = self.pages[name]
        intent = self._intent(page["amount_total"], page["currency"], page["metadata"], None)
        page |= {"status": "complete", "payment_status": "paid", "payment_intent": intent["id"], "url": None}
        return self.pay(intent["id"])

    def _open_page(self, given: Mapping[str, Any]) -> Body:
        page: Body = {
            "object": "checkout.session", "mode": given["mode"], "status": "open", "metadata": given["metadata"],
            "customer": given.get("customer"), "client_reference_id": given.get("client_reference_id"),
            "payment_intent": None, "setup_intent": None, "currency": given.get("currency"), "amount_total": None,
        }  # fmt: skip
        if given["mode"] == "payment":
            price = given["line_items"]["0"]["price_data"]
            page |= {"amount_total": int(price["unit_amount"]), "currency": price["currency"]}
        added = self._add(self.pages, "cs", page)
        added["url"] = f"https://checkout.stripe.test/{added['id']}"
        return added

    def store(self, name: str, method: Body, mandate: Body | None = None) -> None:
        """Let the payer finish a setup page."""
        intent = {"id": self.new("seti"), "object": "setup_intent", "status": "succeeded", "mandate": mandate}
        self.pages[name] |= {"status": "complete", "setup_intent": {**intent, "payment_method": method}, "url": None}

    def _shown(self, page: Body, *, expanded: bool = False) -> Body:
        intent = page["payment_intent"]
        return {**page, "payment_intent": self.intents[intent]} if expanded and intent else page

    def _refund(self, given: Mapping[str, Any]) -> Body:
        intent, amount = _get(self.intents, given["payment_intent"]), int(given["amount"])
        gone = sum(
            r["amount"] for r in self.made.values() if r["payment_intent"] == intent["id"] and r["status"] != "failed"
        )
        if amount > intent["amount_received"] - gone:
            raise refused(400, "invalid_request_error", "Refund amount is greater than unrefunded amount on charge.")
        return self.give_back(intent["id"], amount, given["metadata"])

    def give_back(self, intent: str, amount: int, metadata: Mapping[str, str] | None = None) -> Body:
        """Refund a payment; without metadata of ours as a person does who clicks at Stripe."""
        charge = self.intents[intent]["latest_charge"]
        charge["amount_refunded"] = charge.get("amount_refunded", 0) + amount
        return self._add(self.made, "re", {
            "object": "refund", "amount": amount, "currency": self.intents[intent]["currency"],
            "payment_intent": intent, "status": "succeeded", "metadata": dict(metadata or {}), "failure_reason": None,
        })  # fmt: skip

    def dispute(self, intent: str, *, status: str = "needs_response", fee: int = 2000, currency: str = "eur") -> Body:
        row = self.intents[intent]
        row["latest_charge"]["disputed"] = True
        moved = {"amount": -row["amount"], "fee": fee, "net": -row["amount"] - fee, "currency": currency}
        return self._add(self.disputes, "dp", {
            "object": "dispute", "amount": row["amount"], "currency": row["currency"], "payment_intent": intent,
            "charge": row["latest_charge"]["id"], "reason": "fraudulent", "status": status,
            "balance_transactions": [] if status.startswith("warning") else [moved],
            "evidence_details": {"due_by": CREATED + 864000},
        })  # fmt: skip

    def event(self, kind: str, thing: Body, *, number: int | None = None) -> tuple[dict[str, str], bytes]:
        """Give a signed webhook, of which the same `number` is the same event."""
        name = f"evt_{number}" if number is not None else self.new("evt")
        body = {"id": name, "object": "event", "type": kind, "created": CREATED, "data": {"object": thing}}
        raw = json.dumps(body).encode()
        return signed(raw), raw

    def _add(self, table: dict[str, Body], prefix: str, row: Body) -> Body:
        row |= {"id": self.new(prefix), "created": CREATED}
        table[row["id"]] = row
        return row


def signed(raw: bytes, *, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    moment = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + raw, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v1={digest}"}


def _get(table: Mapping[str, Body], name: str) -> Body:
    if name not in table:
        raise refused(404, "invalid_request_error", f"No such object: '{name}'", code="resource_missing")
    return table[name]


def _listed(rows: Any) -> Body:
    return {"object": "list", "data": list(rows), "has_more": False, "url": "/v1/rows"}


def _within(row: Body, query: Mapping[str, Any]) -> bool:
    created = query.get("created", {})
    return int(created.get("gte", 0)) <= int(row["created"]) <= int(created.get("lte", 2**40))
