"""The seventeen jobs of a customer, walked as everybody who comes to the portal, on large and small screens."""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.async_api import expect

from .jobs import JOBS
from .people import LOOKS, PEOPLE, REFUSED
from .visitor import Visitor, visiting

pytestmark = pytest.mark.browser

NAMES, PERSONS = list(JOBS), list(PEOPLE)
ALLOWED = {job: [person for person in PERSONS if job not in REFUSED.get(person, {})] for job in NAMES}


def look_of(person: str, job: str) -> tuple[Any, int, str]:
    """Turn the looks so that each job and each person meets every size, scheme and language."""
    return LOOKS[(NAMES.index(job) + 3 * PERSONS.index(person)) % len(LOOKS)]


def slice_of(person: str) -> list[str]:
    """Give the jobs that this person walks in every run: each job is somebody's, of those who may do it."""
    return [job for number, job in enumerate(NAMES) if ALLOWED[job][number % len(ALLOWED[job])] == person]


async def walk(chromium, site, person: str, jobs: Sequence[str]) -> dict[str, str]:
    """Do each job with a fresh browser; what went wrong is told job by job, so that one does not hide the others."""
    wrong = {}
    for job in jobs:
        scheme, width, language = look_of(person, job)
        try:
            async with visiting(chromium, site, scheme=scheme, width=width, language=language) as visitor:
                await visitor.sign_in(PEOPLE[person])
                if job in REFUSED.get(person, {}):
                    await refused(visitor, *REFUSED[person][job])
                else:
                    await JOBS[job](visitor)
                    await expect(visitor.page.get_by_role("heading", level=1).first).to_be_visible()
                    # The page of the API's description is Swagger UI's own.
                    barriers = [] if job == "api_docs" else await visitor.barriers()
                    overhang = await visitor.overhang()
                    assert (barriers, overhang <= 0) == ([], True), f"{barriers}, {overhang} px too wide"
        except AssertionError as error:
            wrong[f"{job} ({scheme}, {width}, {language})"] = str(error)
    return wrong


async def refused(visitor: Visitor, address: str, sentence: str) -> None:
    """Open the page all the same and read why it is not for this person, in their language."""
    await visitor.open(address)
    await expect(visitor.main.get_by_text(visitor.word(sentence)).first).to_be_visible()
    visitor.troubles[:] = [trouble for trouble in visitor.troubles if "403" not in trouble]


def test_each_job_is_somebodys():
    walked = [job for person in PERSONS for job in slice_of(person)]
    assert sorted(walked) == sorted(NAMES)
    assert all(slice_of(person) or REFUSED.get(person) for person in PERSONS)


@pytest.mark.parametrize("person", PERSONS)
async def test_the_portal_is_walked(chromium, site, person):
    """Each job once, spread over people, sizes, schemes and languages; and one refusal of each who meets any."""
    jobs = [*slice_of(person), *list(REFUSED.get(person, {}))[:1]]
    assert await walk(chromium, site, person, jobs) == {}


@pytest.mark.long
@pytest.mark.parametrize("person", PERSONS)
async def test_the_whole_portal_is_walked(chromium, site, person):
    assert await walk(chromium, site, person, NAMES) == {}
