"""The REST surface as it is described to those who generate clients of it."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from scaicontrol.api.app import build_api
from scaicontrol.cli.openapi import PORTAL, as_text, part

COMMITTED = Path(__file__).parents[2] / "frontend" / "openapi.json"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # FastAPI only warns of two operations with one id
        return build_api().openapi()


def test_the_portal_is_built_against_what_the_code_exports(schema):
    assert COMMITTED.read_text() == as_text(part(schema, PORTAL)), "run `make openapi`"


def test_no_two_schemas_share_a_name(schema):
    clashing = [name for name in schema["components"]["schemas"] if name.startswith("scaicontrol__")]
    assert clashing == []


def test_a_part_mentions_no_schema_it_lacks(schema):
    kept = part(schema, PORTAL)
    assert set(kept["paths"]) == set(PORTAL)
    mentioned = {ref.split('"')[0] for ref in json.dumps(kept).split("#/components/schemas/")[1:]}
    assert mentioned == set(kept["components"]["schemas"])


def test_an_answer_always_has_all_its_fields(schema):
    answer = schema["components"]["schemas"]["SubscriptionOut"]
    assert set(answer["required"]) == set(answer["properties"])
