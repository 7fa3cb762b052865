"""One class name, one meaning: whoever searches for a class finds one, and a sentence about it needs no path."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("scaicontrol", "admin_views", "tui", "tasks")
# Names that still mean two things, each with what is to become of it. The list only shrinks.
OWED = {
    "Content": "templates: what a document must say, and what is stored",
    "Document": "the input of a billing run, and an e-invoice",
    "Job": "the timetable keeps it; what renders and validates takes a name of its own",
    "MailQueued": "the fact keeps it; the answer about a queued mail takes another",
    "Page": "the page of a list keeps it; the page of a document takes another",
    "Payment": "the entity keeps it; how an e-invoice is to be paid takes another",
    "Plan": "the entity keeps it; what a billing run computes with takes another",
    "Verdict": "of a template, and of an e-invoice",
}


def _classes() -> Iterator[tuple[str, str]]:
    """Give (name, place) of every class of the product, nested and private ones too."""
    for folder in PRODUCT:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    yield node.name, f"{path.relative_to(ROOT)}:{node.lineno}"


def _collisions() -> dict[str, list[str]]:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for name, place in _classes():
        places[name].append(place)
    return {name: found for name, found in places.items() if len(found) > 1}


def test_every_class_has_a_name_of_its_own():
    found = [f"{name}: {', '.join(places)}" for name, places in _collisions().items() if name not in OWED]
    assert found == [], "one class name, one meaning; say of what domain each is"


def test_names_that_were_mended_leave_the_list():
    assert sorted(OWED.keys() - _collisions().keys()) == []
