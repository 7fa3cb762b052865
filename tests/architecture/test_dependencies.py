"""What is imported is declared, what is declared is pinned, and a pin is a name and a version."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.architecture.sources import ROOT, files, nodes

OURS = {"scaicontrol", "admin_views", "tui", "tasks", "migrations", "tests", "benchmarks", "docs_site"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-")


RUN = {_name(each) for each in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["validate"]}
DOCS = {_name(each) for each in PROJECT["optional-dependencies"]["docs"]}
DEV = RUN | {_name(each) for each in PROJECT["optional-dependencies"]["dev"]}


def _pins(file: str) -> set[str]:
    lines = (ROOT / file).read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[\w.]+", line)] == []
    return {_name(line) for line in lines}


def _undeclared(folders: set[str], declared: set[str]) -> set[str]:
    distributions = packages_distributions()
    missing = set()
    for path in files(*sorted(folders)):
        for node in nodes(path):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            for module in {name.split(".")[0] for name in modules} - OURS - sys.stdlib_module_names:
                if not {_name(each) for each in distributions.get(module, ["?"])} & declared:
                    missing.add(f"{path.relative_to(ROOT)} imports {module}")
    return missing


def test_the_product_declares_what_it_imports():
    assert _undeclared(OURS - {"tests", "benchmarks"}, RUN) == set()


def test_tests_declare_what_they_import():
    assert _undeclared({"tests", "benchmarks"}, DEV) == set()


def test_every_dependency_is_pinned_by_name_and_version():
    assert _pins("requirements.txt") >= RUN
    assert _pins("requirements.txt") | _pins("requirements-dev.txt") >= DEV
    assert _pins("requirements-docs.txt") >= DOCS
