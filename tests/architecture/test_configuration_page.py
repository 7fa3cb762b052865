"""The page of settings says what the code says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from scaicontrol.core.settings import Environment, Settings

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs/operating/configuration.md").read_text("utf-8")
_ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in _PAGE.splitlines()
    if line.startswith("| `") and len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 4
}


def _sources() -> Iterator[str]:
    for folder in ("scaicontrol", "tasks", "admin_views", "tui"):
        for path in (_ROOT / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            yield text.replace("self.", "settings.") if path.name == "settings.py" else text


_SOURCE = "\n".join(_sources())


def _shown(default: object) -> str:
    if default is None:
        return "unset"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        default = ",".join(default)
    return f"`{default}`" if str(default) else "empty"


def test_every_setting_has_a_row_and_no_other():
    assert sorted(_ROWS) == sorted(name.upper() for name in Settings.model_fields)


@pytest.mark.parametrize("name", sorted(_ROWS))
def test_a_row_says_default_unit_and_meaning(name: str):
    default, unit, meaning = _ROWS[name]

    assert default == _shown(Settings.model_fields[name.lower()].default)
    assert unit
    assert len(meaning) > 5
    assert re.search(rf"\bsettings\.{name.lower()}\b", _SOURCE), f"{name} is read by nothing: use it or remove it."


def test_what_production_needs_is_said_to_be_needed():
    problems = Settings(scaicontrol_env=Environment.production, _env_file=None).problems()
    needed = _PAGE.split("## What production cannot do without")[1].split("##")[0]

    assert [problem for problem in problems if problem.split(" is not set")[0] not in needed] == []
