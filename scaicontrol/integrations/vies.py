"""
VIES, the register of VAT numbers of the European Union, over its REST interface.

Only the register itself says that a number is invalid; whatever else goes wrong is `unavailable`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import httpx2

from scaicontrol.core.clock import Clock
from scaicontrol.core.errors import Unavailable, invalid
from scaicontrol.core.ports import VatAnswer, VatConsulted
from scaicontrol.core.settings import Settings

from .client import body_of, call

MEMBER_STATES: Final = frozenset(
    "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split()  # noqa: SIM905
)
_NUMBER: Final = re.compile(r"([A-Z]{2})([0-9A-Z+*]{2,12})")
_SEPARATORS: Final = re.compile(r"[\s.\-/]")
_NOT_SAID: Final = "---"

# What VIES may answer instead of yes or no.
INVALID_INPUT: Final = "INVALID_INPUT"
INVALID_REQUESTER: Final = "INVALID_REQUESTER_INFO"
TRY_LATER: Final = frozenset({
    "GLOBAL_MAX_CONCURRENT_REQ", "GLOBAL_MAX_CONCURRENT_REQ_TIME", "MS_MAX_CONCURRENT_REQ",
    "MS_MAX_CONCURRENT_REQ_TIME", "MS_UNAVAILABLE", "SERVICE_UNAVAILABLE", "SERVER_BUSY", "TIMEOUT",
})  # fmt: skip
BLOCKED: Final = frozenset({"VAT_BLOCKED", "IP_BLOCKED"})


class Vies:
    """Asks VIES; the consultation number proves that we asked and is given only with our own number."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient, clock: Clock) -> None:
        self._url = settings.vies_url.rstrip("/") + "/check-vat-number"
        self._timeout = settings.vies_timeout
        self._http, self._clock = http, clock

    async def consult(self, vat_number: str, requester_vat_number: str | None) -> VatConsulted:
        country, number = split_vat_number(vat_number)
        question = {"countryCode": country, "vatNumber": number}
        if requester_vat_number:
            own_country, own_number = split_vat_number(requester_vat_number)
            asked_by = {"requesterMemberStateCode": own_country, "requesterNumber": own_number}
            body = await self._ask({**question, **asked_by})
            if error_of(body) != INVALID_REQUESTER:
                return self._answer(body)
        # A seller whose own number VIES does not know still learns about the buyer's, without a consultation number.
        return self._answer(await self._ask(question))

    async def _ask(self, question: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            response = await call(self._http, "VIES", "POST", self._url, json=dict(question), timeout=self._timeout)
        except Unavailable as error:
            return {"errorWrappers": [{"error": "SERVICE_UNAVAILABLE", "message": error.message}]}
        body = body_of(response)
        if response.is_success or error_of(body):
            return body
        return {"errorWrappers": [{"error": "SERVICE_UNAVAILABLE", "message": f"HTTP {response.status_code}"}]}

    def _answer(self, body: Mapping[str, Any]) -> VatConsulted:
        return VatConsulted(
            answer=_answer_of(body),
            consulted_at=self._clock.now(),
            consultation_number=_said(body.get("requestIdentifier")),
            name=_said(body.get("name")),
            address=_said(body.get("address")),
            raw=dict(body),
        )


def split_vat_number(vat_number: str) -> tuple[str, str]:
    """Split `NL 0044.95.445.B01` into member state and number; `GR` is `EL` here. Other countries are Invalid."""
    match = _NUMBER.fullmatch(_SEPARATORS.sub("", vat_number).upper())
    country = "EL" if match and match[1] == "GR" else match[1] if match else ""
    if match is None or country not in MEMBER_STATES:
        raise invalid(
            "vat_number", f"{vat_number!r} is not a VAT number that VIES knows: it begins with a member state's code."
        )
    return country, match[2]


def error_of(body: Mapping[str, Any]) -> str:
    """Name the error VIES answered with, or an empty string."""
    wrappers = body.get("errorWrappers")
    if isinstance(wrappers, list) and wrappers and isinstance(wrappers[0], dict):
        return str(wrappers[0].get("error", "SERVICE_UNAVAILABLE"))
    user_error = str(body.get("userError", ""))
    return "" if user_error in {"", "VALID", "INVALID"} else user_error


def _answer_of(body: Mapping[str, Any]) -> VatAnswer:
    error = error_of(body)
    if error == INVALID_INPUT:  # the register's word on the number's form, not on its own state
        return VatAnswer.invalid
    verdict = body.get("valid", body.get("isValid"))
    if error or not isinstance(verdict, bool):
        return VatAnswer.unavailable
    return VatAnswer.valid if verdict else VatAnswer.invalid


def _said(value: object) -> str | None:
    text = str(value).strip() if value is not None else ""
    return None if text in {"", _NOT_SAID} else text
