"""A VIES for one machine: the last two digits of a number decide (40 invalid, 50 to 54 unavailable, else valid)."""

import re
import secrets
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from .pages import page

INVALID: Final = "40"
ENDINGS: Final = {
    "50": "MS_UNAVAILABLE",
    "51": "MS_MAX_CONCURRENT_REQ",
    "52": "SERVICE_UNAVAILABLE",
    "53": "TIMEOUT",
    "54": "VAT_BLOCKED",
}
_MAX_SHOWN: Final = 50


def routes() -> list[BaseRoute]:
    asked: list[dict[str, Any]] = []

    async def check(request: Request) -> Response:
        question = await request.json()
        answer = _answer(question)
        asked.insert(0, {"question": question, "answer": answer, "at": datetime.now(UTC).timestamp()})
        del asked[_MAX_SHOWN:]
        return JSONResponse(answer, 500 if "errorWrappers" in answer else 200)

    def overview(_: Request) -> Response:
        return page("vies", asked=asked, endings=ENDINGS, invalid=INVALID)

    return [Route("/", overview), Route("/rest-api/check-vat-number", check, methods=["POST"])]


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    country, number = str(question.get("countryCode", "")), str(question.get("vatNumber", ""))
    if not re.fullmatch(r"[A-Z]{2}", country) or not number:
        return _error("INVALID_INPUT")
    ending = number[-2:]
    if ending in ENDINGS:
        return _error(ENDINGS[ending])
    if str(question.get("requesterNumber", "")).endswith(INVALID):
        return _error("INVALID_REQUESTER_INFO")
    valid = ending != INVALID
    asked_by = bool(question.get("requesterNumber"))
    return {
        "countryCode": country,
        "vatNumber": number,
        "requestDate": datetime.now(UTC).isoformat(),
        "valid": valid,
        "requestIdentifier": f"WAPIAAAA{secrets.token_hex(4).upper()}" if valid and asked_by else "",
        "name": f"Registered business {country}{number}" if valid else "---",
        "address": "1 Register Street" if valid else "---",
    }


def _error(code: str) -> dict[str, Any]:
    return {"actionSucceed": False, "errorWrappers": [{"error": code}]}
