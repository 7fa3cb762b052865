"""One class name, one meaning: whoever searches for a class finds one, and a sentence about it needs no path."""

import ast
from collections import defaultdict
from collections.abc import Iterator

from tests.architecture.sources import PRODUCT, ROOT, files, nodes


def _classes() -> Iterator[tuple[str, str]]:
    """Give (name, place) of every class of the product, nested and private ones too."""
    for path in files(*PRODUCT):
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                yield node.name, f"{path.relative_to(ROOT)}:{node.lineno}"


def _collisions() -> dict[str, list[str]]:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for name, place in _classes():
        places[name].append(place)
    return {name: found for name, found in places.items() if len(found) > 1}


def test_every_class_has_a_name_of_its_own():
    found = [f"{name}: {', '.join(places)}" for name, places in _collisions().items()]
    assert found == [], "one class name, one meaning; say of what domain each is"
