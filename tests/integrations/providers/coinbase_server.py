"""Coinbase Business Checkouts as its reference describes them, as far as we call them."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .server import Body, Declined, FarSide

KEY_NAME = "organizations/1/apiKeys/2"
KEY = ECKey.generate_key("P-256")
SECRET = "whsec_coinbase"
LEGACY_SECRET = "commerce"
RATE = Decimal("1.085")  # USDC for one of every other currency


def refused(status: int, message: str) -> Declined:
    return Declined(status, {"errorType": "error", "errorMessage": message})


@dataclass
class CoinbaseServer(FarSide):
    """Prices are locked when a checkout is opened; keys are known by its own header, for new checkouts only."""

    key_header: ClassVar[str] = "x-idempotency-key"
    checkouts: dict[str, Body] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)

    async def answer(self, request: Request) -> Response:
        if not self.fault and not self._is_signed(request):
            return JSONResponse({"errorMessage": "unauthorized"}, 401)
        if request.url.path.endswith("/refund"):
            request.scope["headers"] = [(n, v) for n, v in request.scope["headers"] if n != self.key_header.encode()]
        return await super().answer(request)

    def _is_signed(self, request: Request) -> bool:
        token = request.headers["authorization"].removeprefix("Bearer ")
        told = jwt.decode(token, KEY, registry=JWSRegistry(algorithms=["ES256"], strict_check_header=False))
        nonce = told.header["nonce"]
        is_new = nonce not in self.nonces
        self.nonces.add(nonce)
        uri = f"{request.method} {request.headers['host']}{request.url.path}"
        mine = (told.header["kid"], told.claims["sub"], told.claims["iss"], told.claims["uri"])
        return is_new and mine == (KEY_NAME, KEY_NAME, "cdp", uri) and told.claims["exp"] - told.claims["nbf"] == 120

    def parse(self, raw: bytes) -> Body:
        given: Body = json.loads(raw) if raw else {}
        return given

    def turned_away(self, fault: str) -> tuple[int, Body]:
        status = {"unauthorized": 401, "busy": 429, "broken": 503}[fault]
        return status, {"errorType": fault, "errorMessage": f"Coinbase is {fault}."}

    def misused(self) -> tuple[int, Body]:
        return 409, {"errorType": "conflict", "errorMessage": "The key was used for another request."}

    async def act(self, method: str, path: str, given: Mapping[str, Any], query: Mapping[str, Any]) -> Body:
        match method, path.removeprefix("/api/v1/").split("/"):
            case "POST", ["checkouts"]:
                return self._open(given)
            case "GET", ["checkouts"]:
                return self._page(int(query["pageSize"]), int(query.get("pageToken") or 0))
            case "GET", ["checkouts", name]:
                return self._get(name)
            case "POST", ["checkouts", name, "refund"]:
                return {"checkout": self._refund(self._get(name), given)}
        raise refused(404, "No such resource.")

    def _open(self, given: Mapping[str, Any]) -> Body:
        if given["currency"] not in {"USD", "EUR", "GBP", "SGD"}:
            raise refused(400, "The currency is not supported.")
        self.counter += 1
        name = f"{self.counter:024x}"
        self.checkouts[name] = {
            "id": name, "url": f"https://payments.coinbase.test/{name}", "status": "ACTIVE", "network": "base",
            "amount": str((Decimal(given["amount"]) * RATE).quantize(Decimal("0.01"))), "currency": "USDC",
            "fiatAmount": given["amount"], "fiatCurrency": given["currency"], "metadata": given.get("metadata"),
            "createdAt": "2026-03-01T12:00:00Z", "refunds": [],
        }  # fmt: skip
        return self.checkouts[name]

    def _page(self, size: int, start: int) -> Body:
        rows = list(self.checkouts.values())
        more = str(start + size) if start + size < len(rows) else ""
        return {"checkouts": rows[start : start + size], "nextPageToken": more}

    def _get(self, name: str) -> Body:
        if name not in self.checkouts:
            raise refused(404, "The checkout was not found.")
        return self.checkouts[name]

    def pay(self, name: str, *, usdc: str = "") -> None:
        """Let the payer send what is asked for, or something else."""
        row = self.checkouts[name]
        row |= {"status": "COMPLETED", "settlement": {"totalAmount": usdc or row["amount"], "currency": "USDC"}}

    def settle(self, name: str, status: str) -> None:
        self.checkouts[name]["status"] = status

    def _refund(self, row: Body, given: Mapping[str, Any]) -> Body:
        gone = sum(Decimal(each["fiatAmount"]) for each in row["refunds"])
        if row["status"] not in {"COMPLETED", "PARTIALLY_REFUNDED"} or gone + Decimal(given["amount"]) > Decimal(
            row["fiatAmount"]
        ):
            raise refused(400, "The refund is more than what is left.")
        if given["currency"] != row["fiatCurrency"]:
            raise refused(400, "The currency is not that of the checkout.")
        self.give_back(row["id"], int(Decimal(given["amount"]) * 100), reason=given.get("reason", ""))
        return row

    def give_back(self, name: str, cents: int, reason: str = "A person said so.") -> None:
        row = self.checkouts[name]
        amount = Decimal(cents) / 100
        row["refunds"].append({
            "id": f"{name}-{len(row['refunds']) + 1}", "status": "COMPLETED", "reason": reason, "currency": "USDC",
            "amount": str((amount * RATE).quantize(Decimal("0.01"))), "fiatAmount": f"{amount:.2f}",
            "fiatCurrency": row["fiatCurrency"],
        })  # fmt: skip
        gone = sum(Decimal(each["fiatAmount"]) for each in row["refunds"])
        row["status"] = "REFUNDED" if gone == Decimal(row["fiatAmount"]) else "PARTIALLY_REFUNDED"

    def event(self, name: str) -> tuple[dict[str, str], bytes]:
        raw = json.dumps({"eventType": "checkout.payment.success", "id": name, "status": "COMPLETED"}).encode()
        return signed(raw), raw


def signed(raw: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers that Coinbase signs a webhook with."""
    moment = str(int(time.time() if at is None else at))
    names, values = "content-type x-hook0-id", "application/json.1"
    text = f"{moment}.{names}.{values}.".encode() + raw
    mac = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json", "X-Hook0-Id": "1", "X-Hook0-Signature": f"t={moment},h={names},v1={mac}"
    }  # fmt: skip


def signed_legacy(raw: bytes) -> dict[str, str]:
    return {"X-CC-Webhook-Signature": hmac.new(LEGACY_SECRET.encode(), raw, hashlib.sha256).hexdigest()}
