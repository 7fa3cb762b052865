"""
A ZIP that proves itself: every document as UBL, PDF and canonical JSON, a manifest, and the program that checks them.

Nothing in it is compressed or dated: the same documents give the same bytes, whoever packs them.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scaicontrol import verify_archive
from scaicontrol.core.errors import Reason

from ..journal_input import DOCUMENTS, DocumentProof, JournalInput
from ..schemas import LedgerMapping
from .provider import Artefact, Exported
from .settings import NoSettings, wrong_with

README = """\
This archive holds invoices and credit notes as they were sealed.

Each document has a folder: canonical.json is what the seal was made of (RFC 8785 JSON; its SHA-256 is the seal, and
it names the seal of the document before it), v1, v2 ... hold the files as they were stored, and there is the document
as UBL 2.1. manifest.json lists every document and every file with its SHA-256.

To check it, offline, with Python 3.11 or newer:

    python verify.py this-archive.zip

It ends with 0 when nothing was added, taken away, exchanged or altered, and else says what was. The fingerprint it
prints is that of the manifest: compare it with the one that ScaiControl keeps for this export.
"""


class UblArchive:
    slug = "ubl_archive"
    display_name = "Archive with UBL, PDF and proof"
    config_schema: Mapping[str, Any] = NoSettings.model_json_schema()
    kinds = DOCUMENTS
    needs_files = True

    async def test(self, config: Mapping[str, Any]) -> Sequence[Reason]:
        return wrong_with(NoSettings, config)

    def problems(self, document: JournalInput, mapping: LedgerMapping) -> Sequence[Reason]:
        if document.sealed is None or not document.sealed.files:
            text = f"The files of {document.number} are still being made."
            return [Reason("files_missing", text)]
        return []

    async def export(
        self,
        documents: Sequence[JournalInput],
        mapping: LedgerMapping,
        config: Mapping[str, Any],
        *,
        complete: bool = False,
    ) -> Exported:
        ordered = sorted(documents, key=_place)
        body, fingerprint = await asyncio.to_thread(packed, ordered, complete=complete)
        name = f"archive-{ordered[0].booked_on}-{ordered[-1].booked_on}.zip" if ordered else "archive.zip"
        return Exported((Artefact(name, "application/zip", body, tuple(each.id for each in ordered), fingerprint),))


def packed(documents: Sequence[JournalInput], *, complete: bool) -> tuple[bytes, str]:
    """
    Pack documents with their manifest and the verifier; gives the ZIP and its fingerprint.

    `complete` makes a number that is left out a finding, else it is a note.
    """
    ordered = sorted(documents, key=_place)
    files = {"README.txt": README.encode(), "verify.py": Path(verify_archive.__file__).read_bytes()}
    manifest: dict[str, Any] = {
        "format": verify_archive.FORMAT,
        "complete": complete,
        "sellers": sorted({document.partner_id for document in ordered}),
        "files": [_entry(name, body) for name, body in sorted(files.items())],
        "documents": [],
    }
    for document in ordered:
        held = _files(document, _seal(document))
        files |= {name: body for name, (body, _) in held.items()}
        manifest["documents"].append(_listed(document, _seal(document), held))
    manifest["series"] = _series(ordered)
    files[verify_archive.MANIFEST] = verify_archive.with_digest(manifest)
    return verify_archive.packed(files), hashlib.sha256(files[verify_archive.MANIFEST]).hexdigest()


def _seal(document: JournalInput) -> DocumentProof:
    if document.sealed is None:
        raise ValueError(f"{document.number} is not sealed.")
    return document.sealed


def _place(document: JournalInput) -> tuple[str, int, int]:
    seal = _seal(document)
    return (document.kind, seal.fiscal_year, seal.serial)


def _files(document: JournalInput, seal: DocumentProof) -> dict[str, tuple[bytes, dict[str, Any]]]:
    folder = f"documents/{document.number}"
    held: dict[str, tuple[bytes, dict[str, Any]]] = {
        f"{folder}/canonical.json": (seal.canonical, {"kind": "canonical", "format": "json", "version": 1})
    }
    for file in sorted(seal.files, key=lambda each: (each.version, each.kind, each.format)):
        extension = "xml" if file.kind == "xml" else "pdf"
        name = f"{folder}/v{file.version}/{document.number}-{file.format}.{extension}"
        held[name] = (file.body, {"kind": file.kind, "format": file.format, "version": file.version})
    if not any(file.format == "ubl" for file in seal.files):
        held[f"{folder}/{document.number}-ubl.xml"] = (seal.ubl, {"kind": "xml", "format": "ubl", "version": 1})
    return held


def _entry(path: str, body: bytes, **more: Any) -> dict[str, Any]:
    return {"path": path, "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body), **more}


def _listed(
    document: JournalInput, seal: DocumentProof, held: Mapping[str, tuple[bytes, dict[str, Any]]]
) -> dict[str, Any]:
    return {
        "number": document.number,
        "document_type": str(document.kind),
        "fiscal_year": seal.fiscal_year,
        "serial": seal.serial,
        "issue_date": document.booked_on.isoformat(),
        "currency": document.currency,
        "exponent": document.exponent,
        "total_cents": document.total_cents,
        "canonical_digest": seal.canonical_digest,
        "previous_digest": seal.previous_digest,
        "files": [_entry(path, body, **about) for path, (body, about) in sorted(held.items())],
    }


def _series(ordered: Sequence[JournalInput]) -> list[dict[str, Any]]:
    """Say of each series where it begins and ends here, so that a document missing at an end is missed."""
    series: dict[tuple[str, int], list[JournalInput]] = {}
    for document in ordered:
        series.setdefault((str(document.kind), _seal(document).fiscal_year), []).append(document)
    return [
        {
            "document_type": kind,
            "fiscal_year": year,
            "documents": len(held),
            "first_serial": _seal(held[0]).serial,
            "last_serial": _seal(held[-1]).serial,
            "previous_digest": _seal(held[0]).previous_digest,
            "last_digest": _seal(held[-1]).canonical_digest,
        }
        for (kind, year), held in sorted(series.items())
    ]
