"""
Drawings without anything that runs, loads or links: written anew from an allow-list of elements and attributes.

What is not on the list is left out, as drawing programs fill their files with it. Refused is what cannot be made safe:
entities, references in a circle, and drawings that grow when they are drawn.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import tinycss2
from lxml import etree

from scaicontrol.media.images import refused

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"
_NAMESPACES: Final[dict[Any, str]] = {None: SVG, "xlink": XLINK}
DRAWN_MOST: Final = 20_000  # elements, each counted as often as it is drawn
_DEEPEST: Final = 40  # elements inside, or referring to, each other

_GRADIENTS: Final = frozenset({"linearGradient", "radialGradient"})
_TEXT: Final = frozenset({"text", "tspan", "title", "desc"})
_ELEMENTS: Final = _GRADIENTS | _TEXT | {
    "svg", "g", "defs", "symbol", "use", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "stop",
    "clipPath", "mask", "style",
}  # fmt: skip
_GEOMETRY: Final = frozenset({
    "class", "clipPathUnits", "cx", "cy", "d", "dx", "dy", "fx", "fy", "fr", "gradientTransform", "gradientUnits",
    "height", "id", "lengthAdjust", "maskContentUnits", "maskUnits", "offset", "pathLength", "points",
    "preserveAspectRatio", "r", "rotate", "rx", "ry", "spreadMethod", "textLength", "transform", "version", "viewBox",
    "width", "x", "x1", "x2", "y", "y1", "y2",
})  # fmt: skip
_LOOKS: Final = frozenset({
    "clip-path", "clip-rule", "color", "display", "dominant-baseline", "fill", "fill-opacity", "fill-rule",
    "font-family", "font-size", "font-style", "font-variant", "font-weight", "letter-spacing", "mask", "mask-type",
    "mix-blend-mode", "opacity", "overflow", "paint-order", "shape-rendering", "stop-color", "stop-opacity", "stroke",
    "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit",
    "stroke-opacity", "stroke-width", "text-anchor", "text-decoration", "text-rendering", "vector-effect",
    "visibility", "word-spacing",
})  # fmt: skip
_COLOURS: Final = frozenset({"rgb", "rgba", "hsl", "hsla"})
_SELECTOR: Final = re.compile(r"[\w\s.,#>:*-]{1,300}")
_INSIDE: Final = re.compile(r"#([\w:.-]{1,200})")
_POINTS_AT: Final = re.compile(r"url\(\s*[\"']?#([\w:.-]{1,200})[\"']?\s*\)")


def looks_like_one(body: bytes) -> bool:
    """Tell whether a file is XML whose first element is a drawing."""
    try:
        return etree.QName(_parsed(body)).localname == "svg"
    except (etree.XMLSyntaxError, ValueError):
        return False


def cleaned(body: bytes) -> bytes:
    """Give a drawing without whatever could run, load or link; the same bytes always give the same bytes."""
    root = _parsed(body)
    if _declares_entities(root):
        raise refused("declares entities; save it as plain SVG")
    known = {found: element for element in root.iter("{*}*") if (found := element.get("id"))}
    clean = etree.Element(f"{{{SVG}}}svg", nsmap=_NAMESPACES)
    _fill(clean, root, known)
    _refuse_what_grows(clean)
    written: bytes = etree.tostring(clean, encoding="utf-8")
    return written


def _parsed(body: bytes) -> etree._Element:
    """Parse without reading anything else, and without growing: an entity stays a reference."""
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(body, parser)


def _declares_entities(root: etree._Element) -> bool:
    dtd: Any = root.getroottree().docinfo.internalDTD  # its stub knows less than the library
    return dtd is not None and bool(dtd.entities())


def _fill(clean: etree._Element, found: etree._Element, known: dict[str, etree._Element]) -> None:
    for name, value in _attributes(found):
        clean.set(name, value)
    local = etree.QName(found).localname
    if local == "style":
        clean.text = "".join(_rules(found.text or "", known))
        return
    if local in _TEXT:
        clean.text = found.text
    for child in found:
        if not isinstance(child.tag, str) or not _is_kept(child):
            kept = None
        else:
            kept = etree.SubElement(clean, f"{{{SVG}}}{etree.QName(child).localname}")
            _fill(kept, child, known)
        if local in _TEXT and kept is not None:
            kept.tail = child.tail


def _is_kept(element: etree._Element) -> bool:
    name = etree.QName(element)
    return name.namespace in (SVG, None) and name.localname in _ELEMENTS


def _attributes(element: etree._Element) -> Iterator[tuple[str, str]]:
    for raw, value in _attribute_pairs(element):
        name = etree.QName(raw)
        if name.localname == "href" and name.namespace in (None, XLINK):
            if _INSIDE.fullmatch(value.strip()):
                yield f"{{{XLINK}}}href", value.strip()
        elif name.namespace is not None:
            continue
        elif name.localname == "style":
            if written := ";".join(_declarations(value)):
                yield "style", written
        elif name.localname in _GEOMETRY or (name.localname in _LOOKS and _is_plain(value)):
            yield name.localname, value


def _attribute_pairs(element: etree._Element) -> Iterator[tuple[str, str]]:
    return ((str(name), str(value)) for name, value in element.attrib.items())


def _rules(css: str, known: dict[str, etree._Element]) -> Iterator[str]:
    """Keep plain rules. One may point at gradients only: whatever else it drew would be drawn without being counted."""
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type != "qualified-rule":
            continue
        selector = tinycss2.serialize(rule.prelude).strip()
        declared = ";".join(
            each
            for each in _declarations(tinycss2.serialize(rule.content))
            if all(_is_gradient(known.get(target)) for target in _POINTS_AT.findall(each))
        )
        if declared and _SELECTOR.fullmatch(selector):
            yield f"{selector}{{{declared}}}"


def _is_gradient(element: etree._Element | None) -> bool:
    return element is not None and etree.QName(element).localname in _GRADIENTS


def _declarations(css: str) -> Iterator[str]:
    for each in tinycss2.parse_blocks_contents(css, skip_comments=True, skip_whitespace=True):
        if each.type == "declaration" and each.lower_name in _LOOKS:
            value = tinycss2.serialize(each.value).strip()
            if _is_plain(value):
                yield f"{each.lower_name}:{value}"


def _is_plain(value: str) -> bool:
    """Tell whether a value fetches nothing: words, numbers, colours, and pointers into the drawing itself."""
    for token in tinycss2.parse_component_value_list(value):
        if token.type == "url" and not _INSIDE.fullmatch(token.value):
            return False
        if token.type == "function":
            target = "".join(part.value for part in token.arguments if part.type == "string")
            if token.lower_name not in _COLOURS and not (token.lower_name == "url" and _INSIDE.fullmatch(target)):
                return False
        if token.type in ("error", "at-keyword", "{} block", "() block", "[] block") or "\\" in value or "<" in value:
            return False
    return True


def _refuse_what_grows(root: etree._Element) -> None:
    """Count what is drawn, with everything that is drawn by reference, before any renderer tries."""
    known = {found: element for element in root.iter("{*}*") if (found := element.get("id"))}
    counted: dict[etree._Element, int] = {}
    inside: set[etree._Element] = set()

    def count(element: etree._Element) -> int:
        if element in counted:
            return counted[element]
        if element in inside:
            raise refused("refers to itself; save it as plain SVG")
        if len(inside) > _DEEPEST:
            raise refused(f"holds more than {_DEEPEST} elements inside each other; flatten it")
        inside.add(element)
        found = 1 + sum(count(each) for each in (*element, *_referred(element, known)))
        inside.discard(element)
        if found > DRAWN_MOST:
            raise refused(f"draws more than {DRAWN_MOST:,} elements; simplify it")
        counted[element] = found
        return found

    count(root)


def _referred(element: etree._Element, known: dict[str, etree._Element]) -> Iterator[etree._Element]:
    for name, value in _attribute_pairs(element):
        targets = [value[1:]] if etree.QName(name).localname == "href" else _POINTS_AT.findall(value)
        yield from (known[target] for target in targets if target in known)
