"""An archive proves itself with nothing but the standard library, and names everything that is done to it."""

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from scaicontrol import verify_archive
from scaicontrol.services import accounting, documents, invoices
from scaicontrol.services.accounting import Artefact
from scaicontrol.services.einvoices import Format
from scaicontrol.services.invoices.schemas import CreditIn, CreditLineIn
from tests.factories import GLOBEX, NORTHWIND, petra
from tests.factories.invoices import RENDERER, a_line, finalized
from tests.factories.tenants import store_tenant

Files = dict[str, bytes]
Mutation = tuple[str, Files, str]  # what was done, to which files, and a word the verifier must say
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def dialect() -> str:
    """What is exported is the same from both databases."""
    return "sqlite"


@pytest.fixture
def with_pages() -> bool:
    return True


async def archive(backend, first=YEAR[0], last=YEAR[1]) -> Artefact:
    return (await accounting.export(backend, petra, "ubl_archive", NORTHWIND, first, last)).artefact


@pytest.fixture
async def packed(backend) -> bytes:
    """Three invoices, one of them a ZUGFeRD, and two credit notes."""
    await store_tenant(backend, "tnt_hybrid", NORTHWIND, preferred_einvoice_format="zugferd")
    first = await finalized(backend, a_line(1900), a_line(500), a_line(-100))
    await finalized(backend, a_line(2900), tenant_id="tnt_hybrid")
    await finalized(backend, a_line(3900), tenant_id=GLOBEX)
    for line in first.lines[:2]:
        credit = CreditIn(lines=[CreditLineIn(line_id=line.id, amount_cents=100)], reason="Outage", finalize=False)
        note = await backend.perform(petra, invoices.draft_credit, first.id, credit)
        await invoices.finalize(backend, petra, note.id)
    while await documents.render_due(backend, RENDERER):
        pass
    return (await archive(backend)).body


def run(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier alone: isolated, without site-packages, from the archive's own copy where there is one."""
    program = path / "verify.py" if path.is_dir() else verify_archive.__file__
    command = [sys.executable, "-I", "-S", str(program), str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)


async def test_an_intact_archive_is_accepted_as_zip_and_as_folder(packed, tmp_path):
    path = tmp_path / "archive.zip"
    path.write_bytes(packed)
    files, wrong = verify_archive.unpacked(packed)
    assert wrong == []
    done = run(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Intact: 5 documents in {len(files)} files.")
    folder = tmp_path / "unpacked"
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    fingerprint = hashlib.sha256(files["manifest.json"]).hexdigest()
    told = run(folder, "--json", "--expect", fingerprint)
    assert told.returncode == 0
    assert json.loads(told.stdout) == {
        "intact": True, "documents": 5, "files": len(files), "fingerprint": fingerprint, "findings": [], "notes": [],
    }  # fmt: skip
    assert run(folder, "--expect", "0" * 64).returncode == 1
    assert run(tmp_path / "nowhere.zip").returncode == 2


async def test_the_same_range_is_the_same_bytes_and_a_part_of_it_says_where_it_begins(backend, packed):
    assert (await archive(backend)).body == packed
    invoice = await backend.ask(petra, invoices.find_number, NORTHWIND, "SCAI-2026-000002")
    await documents.einvoice(backend, petra, invoice.id, Format.facturx)  # made on demand is no part of it
    assert (await archive(backend)).body == packed


def test_every_seeded_mutation_is_named(packed, tmp_path):
    files, _ = verify_archive.unpacked(packed)
    cases = missed = 0
    for number, (done, changed, word) in enumerate(mutations(files)):
        cases += 1
        report = verify_archive.verify(changed) if "manifest.json" in changed else None
        said = "\n".join(report.findings) if report else "manifest.json"
        if word not in said:
            missed += 1
            print(f"{done}: {word!r} is not in {said!r}")
        if number % 40 == 0 and report:
            path = tmp_path / f"{number}.zip"
            path.write_bytes(verify_archive.packed(changed))
            assert word in run(path).stdout
    chance = random.Random(3)
    for _ in range(80):
        cases += 1
        position = chance.randrange(len(packed))
        broken = packed[:position] + bytes([packed[position] ^ 1 << chance.randrange(8)]) + packed[position + 1 :]
        try:
            again, wrong = verify_archive.unpacked(broken)
            missed += not (wrong or verify_archive.verify(again).findings)
        except verify_archive.Unusable:
            pass
    assert cases >= 200
    assert missed == 0


def mutations(files: Files) -> Iterator[Mutation]:
    chance = random.Random(20260115)
    manifest = json.loads(files["manifest.json"])
    yield from flips(files, chance)
    for name in files:
        yield f"{name} deleted", {key: body for key, body in files.items() if key != name}, name
    yield "a file added", {**files, "documents/extra.pdf": b"%PDF"}, "documents/extra.pdf"
    names = sorted(set(files) - {"manifest.json"})
    for _ in range(30):
        one, other = chance.sample(names, 2)
        if files[one] != files[other]:
            yield f"{one} and {other} swapped", {**files, one: files[other], other: files[one]}, one
    yield from edits(files, manifest)
    yield from rewrites(files, manifest)


def flips(files: Files, chance: random.Random) -> Iterator[Mutation]:
    """Flip one bit, in three places of every file; a manifest that cannot be read any more is named too."""
    for name, body in files.items():
        for position in sorted(chance.sample(range(len(body)), 3)):
            changed = body[:position] + bytes([body[position] ^ 1 << chance.randrange(8)]) + body[position + 1 :]
            yield f"bit of {name} at {position}", {**files, name: changed}, name


def edits(files: Files, manifest) -> Iterator[Mutation]:
    """Edit one value of the manifest and give it a fitting digest, as somebody would who has read the program."""
    values = {
        "number": "SCAI-2026-000099", "serial": 77, "issue_date": "2026-01-01", "currency": "USD", "total_cents": 1,
        "canonical_digest": "f" * 64, "previous_digest": "e" * 64, "fiscal_year": 2025,
    }  # fmt: skip
    for place, document in enumerate(manifest["documents"]):
        for name, value in values.items():
            changed = [*manifest["documents"]]
            changed[place] = {**document, name: value}
            yield f"{name} of {document['number']}", forged(files, manifest, documents=changed), document["number"]
    for place, head in enumerate(manifest["series"]):
        for name in ("documents", "first_serial", "last_serial", "previous_digest", "last_digest"):
            changed = [*manifest["series"]]
            changed[place] = {**head, name: 9 if isinstance(head[name], int) else "d" * 64}
            yield f"{name} of a series", forged(files, manifest, series=changed), name.replace("_", " ")
    yield "another format", forged(files, manifest, format="other/1"), "other/1"
    yield "the digest alone", {**files, "manifest.json": files["manifest.json"].replace(b'"complete":true', b'"complete":false')}, "edited"  # fmt: skip  # noqa: E501  # one line each


def rewrites(files: Files, manifest) -> Iterator[Mutation]:
    """Change a document and everything in the manifest that speaks of it, but not what stands on its seal."""
    for document in manifest["documents"]:
        folder = f"documents/{document['number']}/"
        rest = {name: body for name, body in files.items() if not name.startswith(folder)}
        others = [each for each in manifest["documents"] if each is not document]
        yield f"{document['number']} removed", forged(rest, manifest, documents=others), "was packed with"
        said = json.loads(files[folder + "canonical.json"])
        said["buyer_snapshot"]["company_name"] = "Another B.V."
        body = verify_archive.canonical(said)
        told = replaced(document, folder + "canonical.json", body, canonical_digest=hashlib.sha256(body).hexdigest())
        changed = [told if each is document else each for each in manifest["documents"]]
        word = "does not stand on the seal" if document["serial"] == 1 else "last digest"
        if document["serial"] == 2 and document["document_type"] == "invoice":
            word = "does not stand on the seal"
        yield f"{document['number']} rewritten", forged({**files, folder + "canonical.json": body}, manifest, documents=changed), word  # fmt: skip  # noqa: E501  # one line each
        for one in (each["path"] for each in document["files"] if each["kind"] == "xml"):
            xml = files[one].replace(document["number"].encode(), b"SCAI-2026-000098")
            told = replaced(document, one, xml)
            changed = [told if each is document else each for each in manifest["documents"]]
            yield f"{one} of another number", forged({**files, one: xml}, manifest, documents=changed), one
        for one in (each["path"] for each in document["files"] if each["kind"] == "zugferd"):
            for other in (each["path"] for each in document["files"] if each["format"] == "cii"):
                xml = files[other].replace(b"Acme", b"Acne")
                changed = [
                    replaced(document, other, xml) if each is document else each for each in manifest["documents"]
                ]
                yield (
                    f"{other} differs",
                    forged({**files, other: xml}, manifest, documents=changed),
                    f"The XML inside {one}",
                )


def replaced(document, path: str, body: bytes, **values):
    entry = {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
    held = [{**each, **entry} if each["path"] == path else each for each in document["files"]]
    return {**document, "files": held, **values}


def forged(files: Files, manifest, **values) -> Files:
    told = {name: value for name, value in {**manifest, **values}.items() if name != "digest"}
    return {**files, "manifest.json": verify_archive.with_digest(told)}


async def test_a_last_document_removed_without_a_trace_is_missed_by_its_fingerprint(packed):
    files, _ = verify_archive.unpacked(packed)
    manifest = json.loads(files["manifest.json"])
    kept = [each for each in manifest["documents"] if each["number"] != "SCAI-2026-000003"]
    series = [
        {**head, "documents": 2, "last_serial": 2, "last_digest": kept[-1]["canonical_digest"]}
        if head["document_type"] == "invoice"
        else head
        for head in manifest["series"]
    ]
    rest = {name: body for name, body in files.items() if "SCAI-2026-000003" not in name}
    clean = forged(rest, manifest, documents=kept, series=series)
    assert verify_archive.verify(clean).findings == []
    expected = hashlib.sha256(files["manifest.json"]).hexdigest()
    assert verify_archive.verify(clean, expect=expected).findings != []


@pytest.mark.parametrize("raw", [b"", b"PK", b"not a zip", verify_archive.packed({"a": b"b"})])
def test_what_is_no_archive_is_told_apart(raw, tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(raw)
    assert run(path).returncode == 2
