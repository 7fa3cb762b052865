"""VIES says yes, no, or nothing; nothing is never no."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import Invalid
from scaicontrol.core.ports import VatAnswer
from scaicontrol.integrations.vies import ERRORS, Vies, split_vat_number

from .conftest import World, development_settings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OURS = "NL004495445B01"


def asked(answer: Any) -> Vies:
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return Vies(development_settings("http://localhost:1"), http, FrozenClock(NOON))


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("DE123456788", VatAnswer.valid),
        ("DE123456740", VatAnswer.invalid),
        ("DE123456750", VatAnswer.unavailable),
        ("DE123456751", VatAnswer.unavailable),
        ("DE123456752", VatAnswer.unavailable),
        ("DE123456753", VatAnswer.unavailable),
        ("DE123456754", VatAnswer.unavailable),
    ],
)
async def test_the_register_answers(dev_world: World, number: str, answer: VatAnswer) -> None:
    consulted = await Vies(dev_world.settings, dev_world.http, FrozenClock(NOON)).consult(number, OURS)
    assert (consulted.answer, consulted.consulted_at) == (answer, NOON)
    assert (consulted.consultation_number is not None) == (answer is VatAnswer.valid)


async def test_an_unknown_requester_still_learns_about_the_buyer(dev_world: World) -> None:
    vies = Vies(dev_world.settings, dev_world.http, FrozenClock(NOON))
    consulted = await vies.consult("DE123456788", "NL123456740")
    assert (consulted.answer, consulted.consultation_number) == (VatAnswer.valid, None)


def test_all_eleven_documented_errors_have_a_sentence() -> None:
    assert len(ERRORS) == 11
    assert all(sentence.endswith(".") for sentence in ERRORS.values())


@pytest.mark.parametrize("error", [*ERRORS, "SOMETHING_NEW"])
async def test_no_error_is_a_no(error: str) -> None:
    for shape in (
        {"errorWrappers": [{"error": error}]},
        {"userError": error, "isValid": False},
        {"valid": False, "errorWrappers": [{"error": error, "message": "x"}]},
    ):
        for status in (200, 400, 500):
            vies = asked(lambda _, body=shape, code=status: httpx2.Response(code, json=body))
            consulted = await vies.consult("DE123456788", OURS)
            assert consulted.answer is VatAnswer.unavailable
            assert consulted.problem == ERRORS.get(error, "VIES answered 'SOMETHING_NEW', which it does not document.")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"valid": "yes"}', b'{"valid": null}', b"{}"])
async def test_an_answer_that_says_nothing_is_nothing(body: bytes) -> None:
    for status in (200, 302, 404, 500):
        vies = asked(lambda _, code=status: httpx2.Response(code, content=body))
        assert (await vies.consult("DE123456788", None)).answer is VatAnswer.unavailable


async def test_silence_is_unavailable() -> None:
    def silent(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("silent", request=request)

    assert (await asked(silent).consult("DE123456788", OURS)).answer is VatAnswer.unavailable


async def test_only_the_register_itself_says_no() -> None:
    vies = asked(lambda _: httpx2.Response(200, json={"valid": False, "requestIdentifier": "", "name": "---"}))
    consulted = await vies.consult("DE123456788", None)
    assert (consulted.answer, consulted.name, consulted.problem) == (VatAnswer.invalid, None, None)


async def test_the_question_carries_the_sellers_own_number_and_gives_a_consultation_number() -> None:
    questions: list[Any] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        questions.append(json.loads(request.content))
        return httpx2.Response(200, json={"valid": True, "requestIdentifier": "WAPIAAAAX1", "name": "Acme GmbH"})

    consulted = await asked(answer).consult("DE123456788", OURS)
    assert (consulted.consultation_number, consulted.name) == ("WAPIAAAAX1", "Acme GmbH")
    assert questions == [
        {
            "countryCode": "DE",
            "vatNumber": "123456788",
            "requesterMemberStateCode": "NL",
            "requesterNumber": "004495445B01",
        }
    ]


@pytest.mark.parametrize(
    ("written", "split"),
    [
        ("NL 0044.95.445.B01", ("NL", "004495445B01")),
        ("GR123456783", ("EL", "123456783")),
        ("el123456783", ("EL", "123456783")),
        ("XI123456789", ("XI", "123456789")),
        ("FR-XX 123 456 789", ("FR", "XX123456789")),
    ],
)
def test_a_number_is_split_as_vies_wants_it(written: str, split: tuple[str, str]) -> None:
    assert split_vat_number(written) == split


@pytest.mark.parametrize("written", ["", "NL", "GB123456789", "CHE123456789", "123456789", "US12", "NL" + "1" * 20])
def test_a_number_of_elsewhere_is_not_asked_about(written: str) -> None:
    with pytest.raises(Invalid):
        split_vat_number(written)
