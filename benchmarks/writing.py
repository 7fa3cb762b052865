"""The XML of a document: our writers against drafthorse, factur-x and a bare lxml tree of the same content."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from typing import Any

import facturx
from drafthorse.models.document import Document as DrafthorseDocument
from lxml import etree

from scaicontrol.services import einvoices
from scaicontrol.services.einvoices import Format
from scaicontrol.services.einvoices.document import Document
from tests.factories.documents import LINES, rows_for

from .measure import Goal, Result, Side, compare, profiled
from .world import World

Written = Callable[[], bytes]


async def xml(_: World, quick: bool) -> list[Result]:
    """
    Documents of 5 and of 100 lines in both syntaxes.

    The yardsticks are favoured: the bare tree gets its texts ready-made, drafthorse its objects and factur-x its
    dictionary; their checks are off.
    """
    results = []
    for count in (5, 100):
        document = _document(count)
        repeats = max(1, (200 if quick else 2000) // count)
        for target, theirs, writer in _pairs(document):
            ours = partial(einvoices.to_xml, document, target)
            result = await compare(
                f"w. {count} lines in {target}, over {theirs}",
                _side("ours", ours, repeats),
                _side(theirs, writer, max(1, repeats // 10)),
                sizes=f"{count} lines, {len(ours()):,} bytes",
                kind="speed",
                goal=Goal(least=5),
            )
            results.append(result)
    with profiled(results[-1].notes):
        for _ in range(20):
            ours()
    return results


def _pairs(document: Document) -> Iterator[tuple[Format, str, Written]]:
    yield Format.cii, "lxml", _by_lxml(einvoices.to_xml(document, Format.cii))
    yield Format.ubl, "lxml", _by_lxml(einvoices.to_xml(document, Format.ubl))
    yield Format.cii, "factur-x", _by_factur_x(document, facturx.generate_cii_xml)
    yield Format.ubl, "factur-x", _by_factur_x(document, facturx.generate_ubl_xml)
    yield Format.cii, "drafthorse", _by_drafthorse(document)


def _side(name: str, write: Written, times: int) -> Side:
    async def run() -> int:
        for _ in range(times):
            write()
        return times

    return Side(name, run)


def _document(count: int) -> Document:
    rows = rows_for("domestic")
    rows["lines"] = [dict(LINES[position % len(LINES)]) for position in range(count)]
    return einvoices.document_from(**rows)


def _by_lxml(xml: bytes) -> Written:
    """Build the same tree element by element and write it out; every tag, attribute and text is ready-made."""
    root = etree.fromstring(xml)
    recorded, namespaces = _recorded(root), root.nsmap

    def write() -> bytes:
        tag, attributes, _, children = recorded
        built = etree.Element(tag, attributes, nsmap=namespaces)
        _append(built, children)
        return etree.tostring(built, xml_declaration=True, encoding="UTF-8")

    return write


def _recorded(element: Any) -> Any:
    return element.tag, dict(element.attrib), element.text, [_recorded(child) for child in element]


def _append(parent: Any, children: Any) -> None:
    for tag, attributes, text, inside in children:
        element = etree.SubElement(parent, tag, attributes)
        element.text = text
        if inside:
            _append(element, inside)


def _by_factur_x(document: Document, generate: Callable[..., Any]) -> Written:
    """Hand its generator the document as the dictionary it wants; its own checks are off."""
    parsed = facturx.parse_ubl_cii_xml(einvoices.to_xml(document, Format.cii), check_xsd=False)
    return lambda: generate(deepcopy(parsed), check_xsd=False, check_schematron=False)


def _by_drafthorse(document: Document) -> Written:
    """Let its objects, already filled, write themselves."""
    filled = DrafthorseDocument.parse(einvoices.to_xml(document, Format.cii), strict=False)
    return lambda: filled.serialize(schema=None)
