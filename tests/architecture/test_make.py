"""What make says when something is in its way: one sentence that names the way out."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def said(*command: str | Path, at: Path = ROOT, code: int = 1, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=at, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, (done.stdout, done.stderr)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1, lines
    return lines[0]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A clone before its first make, as far as make looks at it."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    shutil.copy(ROOT / "Makefile", tmp_path)
    return tmp_path


def test_help_lists_every_target_that_a_person_calls():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for target in re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE):
        assert f"make {target} " in listed
    for target in ("run", "test", "check", "docs", "lint", "bench", "reset", "clean"):
        assert f"make {target} " in listed


def test_a_feature_that_is_not_there_is_answered_with_those_that_are():
    assert said(".ci/check-feature", "invoicing", code=2).startswith("There is no feature 'invoicing'; there are: ")
    assert said(".ci/check-feature", "", code=2).startswith("Which feature? make check FEATURE=<one of: accounting ")


def test_a_missing_or_an_old_python_is_named_before_anything_is_installed(tree: Path):
    old = tree / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    assert said("make", "run", "PYTHON=python0", at=tree, code=2).startswith("There is no python0 on this machine")
    assert "needs Python 3.11 or newer" in said("make", "run", f"PYTHON={old}", at=tree, code=2)


def test_an_environment_of_another_folder_or_without_its_python_is_a_sentence(tree: Path):
    programs = tree / ".venv/bin"
    programs.mkdir(parents=True)
    (tree / ".venv/pyvenv.cfg").touch()
    (programs / "python").symlink_to("/nowhere/python")
    assert (
        said(".ci/environment", at=tree)
        == "The Python that .venv was made with is gone: run make clean, then this again."
    )

    (programs / "python").unlink()
    (programs / "python").symlink_to("/bin/true")
    (programs / "pytest").write_text("#!/elsewhere/.venv/bin/python\n")
    sentence = ".venv was made in another folder (/elsewhere): run make clean, then this again."
    assert said(".ci/environment", at=tree) == sentence


def test_a_second_run_in_the_same_folder_is_a_sentence(tree: Path):
    (tree / ".venv").mkdir()
    inner = f"{tree}/.ci/alone 'make test' true"

    assert said(".ci/alone", "make test", "sh", "-c", f"9>&- {inner}", at=tree).startswith(
        "A make test runs in this folder"
    )
    subprocess.run([tree / ".ci/alone", "make test", "true"], cwd=tree, check=True)


def test_what_cannot_be_installed_is_a_sentence():
    assert MAKEFILE.count("|| { $(unreached); }") >= 4
