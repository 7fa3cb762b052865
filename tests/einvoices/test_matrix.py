"""
The matrix: seller, buyer, categories, discounts, currency, language, kind of document, way of paying, format, profile.

Every document of it passes our own checks, the official schema and the official rules, and the PDF that carries its XML
gives it back byte for byte. `make test` takes a slice, `make test-long` two thousand.
"""

from datetime import UTC, datetime
from io import BytesIO
from itertools import islice

import pikepdf
import pytest
import pytest_asyncio

from scaicontrol.integrations.renderer import ProcessRenderer
from scaicontrol.services import einvoices
from tests.factories.document_cases import Case, cases
from tests.factories.documents import pdf_of

MOMENT = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
SLICE, WHOLE, CHUNK = 120, 2000, 100
PAGE = '<html lang="en"><title>x</title><p>What is printed is looked at elsewhere.'


@pytest_asyncio.fixture(scope="module")
async def renderer():
    process = ProcessRenderer(processes=1)
    yield process
    process.close()


async def passes(case: Case) -> None:
    """Hold one document against every gate, and say which of its reasons is in the way."""
    verdict = await einvoices.validate(case.document(), case.target, case.profile)
    assert [reason.said for reason in verdict.reasons] == [], str(case)
    assert verdict.not_run == ()
    assert len(verdict.passed) == 3


async def carries_its_xml(case: Case, renderer: ProcessRenderer, html: str | None = None) -> None:
    document = case.document()
    shows = () if html else einvoices.must_show(document)
    html = html or einvoices.render_html(document)
    pdf = await pdf_of(renderer, document, html, case.target, MOMENT, case.profile, shows)
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert list(opened.attachments) == [case.profile.attachment_name], str(case)
        (spec,) = opened.Root.AF
        assert spec.EF.F.read_bytes() == einvoices.to_xml(document, case.target, case.profile), str(case)


@pytest.mark.parametrize("case", list(cases(SLICE)), ids=str)
async def test_every_document_of_the_slice_passes_every_gate(case):
    await passes(case)


@pytest.mark.parametrize("case", [case for case in cases(SLICE) if case.target.is_pdf][:12], ids=str)
async def test_the_pages_of_a_document_say_and_carry_its_xml(case, renderer):
    await carries_its_xml(case, renderer)


def test_the_matrix_meets_every_value_of_every_dimension():
    found = list(cases(WHOLE))
    assert len(found) >= 2000
    for name in (
        "seller",
        "buyer",
        "mix",
        "discount",
        "currency",
        "language",
        "is_credit",
        "means",
        "target",
        "profile",
    ):
        values = [getattr(case, name) for case in found]
        assert min(values.count(value) for value in set(values)) >= 100, name


@pytest.mark.long
@pytest.mark.parametrize("begin", range(SLICE, WHOLE + SLICE, CHUNK))
async def test_every_document_of_the_matrix_passes_every_gate(begin, renderer):
    for case in islice(cases(WHOLE + SLICE), begin, begin + CHUNK):
        await passes(case)
        if case.target.is_pdf:
            await carries_its_xml(case, renderer, PAGE)
