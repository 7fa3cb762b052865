"""Mollie as its documentation describes it, as far as we call it (API v2)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .server import Body, Declined, FarSide

KEY = "test_" + "x" * 30
CREATED = "2026-03-01T12:00:00+00:00"
# What Mollie takes, with its decimals (docs.mollie.com, multicurrency).
CURRENCIES = {"EUR": 2, "USD": 2, "GBP": 2, "JPY": 0, "ISK": 0, "HUF": 2}


def refused(status: int, detail: str, **more: Any) -> Declined:
    return Declined(status, {"status": status, "title": "Error", "detail": detail, **more})


@dataclass
class MollieServer(FarSide):
    """`reasons` are the failures of the next recurring payments; a direct debit stays pending."""

    customers: dict[str, Body] = field(default_factory=dict)
    mandates: dict[str, Body] = field(default_factory=dict)
    payments: dict[str, Body] = field(default_factory=dict)
    made: dict[str, Body] = field(default_factory=dict)  # refunds
    chargebacks: dict[str, Body] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def parse(self, raw: bytes) -> Body:
        given: Body = json.loads(raw) if raw else {}
        return given

    def turned_away(self, fault: str) -> tuple[int, Body]:
        if fault == "wordless":
            return 500, {"status": 500}
        status = {"unauthorized": 401, "busy": 429, "broken": 503, "in_use": 409}[fault]
        return status, {"status": status, "title": fault, "detail": f"Mollie is {fault}."}

    def misused(self) -> tuple[int, Body]:
        detail = "The idempotency key was used for another request."
        return 409, {"status": 409, "title": "Conflict", "detail": detail}

    async def act(  # noqa: C901, PLR0911  (a table of addresses)
        self, method: str, path: str, given: Mapping[str, Any], query: Mapping[str, Any]
    ) -> Body:
        match method, path.removeprefix("/v2/").split("/"):
            case "POST", ["customers"]:
                return self._add(self.customers, "cst", {"resource": "customer", **given})
            case "GET", ["customers", customer, "mandates", name]:
                return _of(self.mandates, name, "customerId", customer)
            case "GET", ["customers", customer, "payments"]:
                return self._listed(p for p in self.payments.values() if p.get("customerId") == customer)
            case "POST", ["payments"]:
                return self._pay(given)
            case "GET", ["payments"]:
                return self._listed(self.payments.values())
            case "GET", ["payments", name]:
                return self._shown(_get(self.payments, name), str(query.get("embed", "")))
            case "POST", ["payments", name, "refunds"]:
                return self._refund(_get(self.payments, name), given)
            case "GET", ["payments", name, "refunds"]:
                return _page("refunds", [r for r in self.made.values() if r["paymentId"] == name])
            case "GET", ["payments", payment, "refunds", name]:
                return _of(self.made, name, "paymentId", payment)
            case "GET", ["payments", payment, "chargebacks", name]:
                return _of(self.chargebacks, name, "paymentId", payment)
        raise refused(404, "No such resource.")

    def _pay(self, given: Mapping[str, Any]) -> Body:
        amount = given["amount"]
        digits = CURRENCIES.get(amount["currency"])
        if digits is None:
            raise refused(422, f"The currency {amount['currency']} is not supported.", field="amount")
        if len(amount["value"].partition(".")[2]) != digits:
            raise refused(422, "The amount contains an invalid value.", field="amount")
        payment: Body = {"resource": "payment", "status": "open", "details": None, "_links": {}, **given}
        if given.get("sequenceType") == "recurring":
            if "redirectUrl" in given:
                raise refused(422, "The redirect URL is not allowed for recurring payments.")
            mandate = _of(self.mandates, given["mandateId"], "customerId", given["customerId"])
            payment["status"] = "pending" if mandate["method"] == "directdebit" else "paid"
            if self.reasons:
                payment |= {"status": "failed", "details": {"failureReason": self.reasons.pop(0)}}
            return self._add(self.payments, "tr", payment)
        if Decimal(amount["value"]) == 0 and given.get("method") not in ("creditcard", "paypal"):
            raise refused(422, "The amount is lower than the minimum.", field="amount")
        added = self._add(self.payments, "tr", payment)
        added["_links"]["checkout"] = {"href": f"https://www.mollie.test/checkout/{added['id']}"}
        return added

    def store(self, name: str, *, status: str = "valid", mandate: Body | None = None) -> None:
        """Let the payer finish a first payment."""
        first = self.payments[name]
        card = {"cardNumber": "4242", "cardLabel": "Visa", "cardExpiryDate": "2029-12-31"}
        made = self._add(self.mandates, "mdt", {
            "resource": "mandate", "status": status, "method": "creditcard", "details": card,
            "customerId": first["customerId"], **(mandate or {}),
        })  # fmt: skip
        made["_links"] = {"customer": {"href": f"{self.url}/v2/customers/{first['customerId']}"}}
        first |= {"status": "paid", "mandateId": made["id"], "_links": {}}

    def settle(self, name: str, status: str = "paid", **more: Any) -> None:
        self.payments[name] |= {"status": status, "_links": {}, **more}

    def _refund(self, payment: Body, given: Mapping[str, Any]) -> Body:
        gone = sum(Decimal(r["amount"]["value"]) for r in self.made.values() if r["paymentId"] == payment["id"])
        if gone + Decimal(given["amount"]["value"]) > Decimal(payment["amount"]["value"]):
            raise refused(422, "The amount is higher than the maximum.", field="amount")
        if given["amount"]["currency"] != payment["amount"]["currency"]:
            raise refused(422, "The currency is not that of the payment.", field="amount")
        return self._add(self.made, "re", {"status": "refunded", "paymentId": payment["id"], **given})

    def give_back(self, payment: str, cents: int) -> Body:
        """Refund a payment as a person does who clicks at Mollie: with nothing of ours in it."""
        amount = {"currency": self.payments[payment]["amount"]["currency"], "value": f"{Decimal(cents) / 100:.2f}"}
        return self._add(
            self.made, "re", {"status": "refunded", "paymentId": payment, "amount": amount, "metadata": None}
        )

    def charge_back(self, payment: str, reason: str = "AM04") -> Body:
        amount = self.payments[payment]["amount"]
        row = {"amount": amount, "paymentId": payment, "reason": {"code": reason}, "reversedAt": None}
        return self._add(self.chargebacks, "chb", row)

    def _shown(self, payment: Body, embed: str) -> Body:
        tables = {"refunds": self.made, "chargebacks": self.chargebacks}
        found = {
            name: [row for row in table.values() if row["paymentId"] == payment["id"]]
            for name, table in tables.items()
            if name in embed
        }
        return {**payment, "_embedded": found} if found else payment

    def _listed(self, rows: Iterable[Body]) -> Body:
        return _page("payments", list(rows)[::-1])

    def _add(self, table: dict[str, Body], prefix: str, row: Body) -> Body:
        added = {"createdAt": CREATED, **row, "id": self.new(prefix).replace(f"{prefix}_0", f"{prefix}_a")}
        table[added["id"]] = added
        return added


def _page(name: str, rows: list[Body]) -> Body:
    return {"count": len(rows), "_embedded": {name: rows}, "_links": {"next": None}}


def _get(table: Mapping[str, Body], name: str) -> Body:
    if name not in table:
        raise refused(404, f"No resource exists with token {name}.")
    return table[name]


def _of(table: Mapping[str, Body], name: str, owner: str, whose: str) -> Body:
    row = _get(table, name)
    if row[owner] != whose:
        raise refused(404, f"No resource exists with token {name}.")
    return row
