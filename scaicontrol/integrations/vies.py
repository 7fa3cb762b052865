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

INVALID_REQUESTER: Final = "INVALID_REQUESTER_INFO"
SILENCE: Final = "SERVICE_UNAVAILABLE"

# Everything VIES documents that it may answer instead of yes or no. None of it says that a number is invalid.
ERRORS: Final[Mapping[str, str]] = {
    "INVALID_INPUT": "VIES could not read the number as it was sent, which says nothing about the number.",
    INVALID_REQUESTER: "VIES does not know the seller's own VAT number, so it gives no consultation number.",
    SILENCE: "VIES is not available.",
    "MS_UNAVAILABLE": "The register of the member state does not answer.",
    "TIMEOUT": "The register of the member state did not answer in time.",
    "VAT_BLOCKED": "VIES refuses requests in the name of the seller's VAT number; its operator must ask why.",
    "IP_BLOCKED": "VIES refuses requests from this installation's address; its operator must ask why.",
    "GLOBAL_MAX_CONCURRENT_REQ": "VIES has too many requests at once.",
    "GLOBAL_MAX_CONCURRENT_REQ_TIME": "VIES had too many requests within a short time.",
    "MS_MAX_CONCURRENT_REQ": "The register of the member state has too many requests at once.",
    "MS_MAX_CONCURRENT_REQ_TIME": "The register of the member state had too many requests within a short time.",
}


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
            return {"errorWrappers": [{"error": SILENCE, "message": error.message}]}
        body = body_of(response)
        if response.is_success or error_of(body):
            return body
        return {"errorWrappers": [{"error": SILENCE, "message": f"HTTP {response.status_code}"}]}

    def _answer(self, body: Mapping[str, Any]) -> VatConsulted:
        answer = _answer_of(body)
        return VatConsulted(
            answer=answer,
            consulted_at=self._clock.now(),
            consultation_number=_given_text(body.get("requestIdentifier")),
            name=_given_text(body.get("name")),
            address=_given_text(body.get("address")),
            raw=dict(body),
            problem=_problem_of(body) if answer is VatAnswer.unavailable else None,
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
        return str(wrappers[0].get("error", SILENCE))
    user_error = str(body.get("userError", ""))
    return "" if user_error in {"", "VALID", "INVALID"} else user_error


def _answer_of(body: Mapping[str, Any]) -> VatAnswer:
    verdict = body.get("valid", body.get("isValid"))
    if error_of(body) or not isinstance(verdict, bool):
        return VatAnswer.unavailable
    return VatAnswer.valid if verdict else VatAnswer.invalid


def _problem_of(body: Mapping[str, Any]) -> str:
    error = error_of(body)
    if not error:
        return "VIES gave an answer that says neither yes nor no."
    return ERRORS.get(error, f"VIES answered '{error}', which it does not document.")


def _given_text(value: object) -> str | None:
    text = str(value).strip() if value is not None else ""
    return None if text in {"", _NOT_SAID} else text
