"""
Checks an archive of invoices and credit notes offline: nothing added, taken away, exchanged or altered.

    python verify.py archive.zip        (or the folder it was unpacked to)

One file, standard library only: every archive carries a copy, so that it can be checked years later by anyone with
Python 3.11. It says what it finds in sentences and ends with 0 (intact), 1 (not intact) or 2 (not an archive).

What is held together: the seals (SHA-256 over RFC 8785 JSON of all a document says and of the seal before it), the
numbers of each series, the digest of every file, the XML against the XML inside the PDF, and the manifest against
what is there. Who removes the last documents and writes the whole manifest anew is betrayed only by the fingerprint:
compare it with the one ScaiControl keeps, or give it as --expect.
"""

import argparse
import hashlib
import io
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

FORMAT = "scaicontrol-archive/1"
MANIFEST = "manifest.json"
FIRST_DIGEST = "0" * 64
_EPOCH = (1980, 1, 1, 0, 0, 0)
_INFLATED_MAX = 64 * 1024 * 1024


class Unusable(Exception):
    """This is not an archive at all; the message says why."""


# --- Reading and writing an archive ----------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """Write plain values as RFC 8785 JSON; there are no floats, and no keys beyond the basic plane, in an archive."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def packed(files: Mapping[str, bytes]) -> bytes:
    """Pack files as a ZIP whose bytes follow from them alone: sorted, stored, no dates."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name])
    return target.getvalue()


def with_digest(manifest: Mapping[str, Any]) -> bytes:
    """Write a manifest with the digest of all else that it says."""
    return canonical({**manifest, "digest": hashlib.sha256(canonical(dict(manifest))).hexdigest()})


def read(path: Path) -> tuple[dict[str, bytes], list[str]]:
    """Give the files of a ZIP or a folder, and what is wrong with the packing itself."""
    if path.is_dir():
        found = sorted(each for each in path.rglob("*") if each.is_file())
        return {each.relative_to(path).as_posix(): each.read_bytes() for each in found}, []
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from None
    return unpacked(raw)


def unpacked(raw: bytes) -> tuple[dict[str, bytes], list[str]]:
    files: dict[str, bytes] = {}
    wrong: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for entry in archive.infolist():
                if entry.filename in files:
                    wrong.append(f"The ZIP holds {entry.filename} twice.")
                try:
                    files[entry.filename] = archive.read(entry)
                except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
                    wrong.append(f"{entry.filename} cannot be unpacked: {error}")
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unusable(f"This is not a readable ZIP: {error}.") from None
    if not wrong and packed(files) != raw:
        wrong.append(
            "The ZIP was changed outside its files, or packed anew by another program; unpack it and check the folder."
        )
    return files, wrong


# --- The checks ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Report:
    """What was found wrong, and what a reader should know although nothing is wrong."""

    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    documents: int = 0
    files: int = 0
    fingerprint: str = ""

    @property
    def intact(self) -> bool:
        return not self.findings


def verify(files: Mapping[str, bytes], *, expect: str | None = None) -> Report:
    """Check everything and name everything that does not hold."""
    report = Report(files=len(files))
    if MANIFEST not in files:
        raise Unusable(f"There is no {MANIFEST}: this is not an archive of ScaiControl, or it was removed.")
    report.fingerprint = hashlib.sha256(files[MANIFEST]).hexdigest()
    if expect is not None and expect.lower() != report.fingerprint:
        report.findings.append(f"The fingerprint of {MANIFEST} is not the expected one; it is another manifest.")
    try:
        manifest = _manifest(files[MANIFEST], report)
        report.documents = len(manifest["documents"])
        _listed(manifest, files, report)
        for document in manifest["documents"]:
            _document(document, files, report)
        _series(manifest, report)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        report.findings.append(f"{MANIFEST} does not have the shape of a manifest: {error!r}.")
    return report


def _manifest(raw: bytes, report: Report) -> dict[str, Any]:
    manifest = json.loads(raw)
    if manifest.get("format") != FORMAT:
        report.findings.append(f"{MANIFEST} names the format {manifest.get('format')!r}; this program knows {FORMAT}.")
    rest = {name: value for name, value in manifest.items() if name != "digest"}
    if with_digest(rest) != raw:
        report.findings.append(f"{MANIFEST} was edited: its digest does not fit what it says.")
    return dict(manifest)


def _listed(manifest: dict[str, Any], files: Mapping[str, bytes], report: Report) -> None:
    """Hold every file against its entry: each is there, is the one that was packed, and none is there besides."""
    entries = [*manifest["files"], *(one for document in manifest["documents"] for one in document["files"])]
    names = [entry["path"] for entry in entries]
    report.findings += [f"{MANIFEST} lists {name} twice." for name in sorted({n for n in names if names.count(n) > 1})]
    report.findings += [f"{name} is in no list of the manifest." for name in sorted({*files} - {*names, MANIFEST})]
    for entry in entries:
        body = files.get(entry["path"])
        if body is None:
            report.findings.append(f"{entry['path']} is missing.")
        elif hashlib.sha256(body).hexdigest() != entry["sha256"] or len(body) != entry["bytes"]:
            report.findings.append(f"{entry['path']} is not the file that was packed: its digest differs.")


_SAME = ("number", "document_type", "fiscal_year", "serial", "issue_date", "currency", "previous_digest")


def _document(document: dict[str, Any], files: Mapping[str, bytes], report: Report) -> None:
    number = document["number"]
    sealed = _of_kind(document, files, "canonical")
    if len(sealed) != 1:
        report.findings.append(f"{number} has {len(sealed)} canonical documents instead of one.")
    for _, body in sealed:
        report.findings += _seal(document, body)
    written = _of_kind(document, files, "xml")
    if not written:
        report.findings.append(f"{number} has no XML.")
    for entry, body in written:
        report.findings += _xml(document, entry["path"], body)
    pages = _of_kind(document, files, "pdf") + _of_kind(document, files, "zugferd")
    if not pages:
        report.findings.append(f"{number} has no PDF.")
    for entry, body in pages:
        report.findings += _pdf(number, entry, body, written)


def _of_kind(document: dict[str, Any], files: Mapping[str, bytes], kind: str) -> list[tuple[dict[str, Any], bytes]]:
    return [(one, files[one["path"]]) for one in document["files"] if one["kind"] == kind and one["path"] in files]


def _seal(document: dict[str, Any], body: bytes) -> Iterator[str]:
    number = document["number"]
    if hashlib.sha256(body).hexdigest() != document["canonical_digest"]:
        yield f"{number} does not say what was sealed: the digest of its canonical document differs."
    try:
        said = json.loads(body)
        lines, totals = said["lines"], said["totals"]
        subtotal, tax = (sum(line[name] for line in lines) for name in ("amount_cents", "tax_cents"))
        if (subtotal, tax, subtotal + tax) != tuple(totals[f"{name}_cents"] for name in ("subtotal", "tax", "total")):
            yield f"The lines of {number} do not add up to its totals."
        if totals["total_cents"] != document["total_cents"]:
            yield f"{number} is over {totals['total_cents']} minor units; the manifest says {document['total_cents']}."
        for name in _SAME:
            if said[name] != document[name]:
                words = name.replace("_", " ")
                yield f"The {words} of {number} is {said[name]!r} in its seal and {document[name]!r} in the manifest."
    except (ValueError, KeyError, TypeError) as error:
        yield f"The canonical document of {number} cannot be read: {error!r}."


_NUMBER = ("./{*}ExchangedDocument/{*}ID", "./{*}ID")
_TOTAL = (".//{*}GrandTotalAmount", "./{*}LegalMonetaryTotal/{*}TaxInclusiveAmount")


def _xml(document: dict[str, Any], path: str, body: bytes) -> Iterator[str]:
    """Hold number and total of an e-invoice, of either syntax, against the sealed document."""
    if b"<!DOCTYPE" in body:
        yield f"{path} declares a document type; no e-invoice does."
        return
    try:
        root = ET.fromstring(body)  # noqa: S314  # without a document type there are no entities to expand
        number = next(text for place in _NUMBER if (text := root.findtext(place)) is not None)
        total = Decimal(next(text for place in _TOTAL if (text := root.findtext(place)) is not None))
    except (ET.ParseError, StopIteration, InvalidOperation) as error:
        yield f"{path} cannot be read as an e-invoice: {error!r}."
        return
    if number != document["number"]:
        yield f"{path} is the e-invoice of {number}, not of {document['number']}."
    if abs(total) != abs(Decimal(document["total_cents"]).scaleb(-document["exponent"])):
        yield f"{path} is over {total}, which is not what {document['number']} is over."


def _pdf(number: str, entry: dict[str, Any], body: bytes, written: Sequence[tuple[dict[str, Any], bytes]]) -> list[str]:
    """Hold the XML inside a PDF, where there is one, against the XML beside it."""
    path = entry["path"]
    if not body.startswith(b"%PDF"):
        return [f"{path} is not a PDF."]
    try:
        inside = [xml for name, xml in attachments(body).items() if name.endswith(".xml")]
    except Damaged as error:
        return [f"{path} cannot be read: {error}"]
    if not inside:
        return [f"{path} has no XML inside."] if entry["kind"] == "zugferd" else []
    cii = [xml for one, xml in written if one["format"] == "cii"]
    if cii and inside[0] not in cii:
        return [f"The XML inside {path} is not the XML beside it."]
    return [] if number.encode() in inside[0] else [f"The XML inside {path} does not name {number}."]


def _series(manifest: dict[str, Any], report: Report) -> None:
    """Walk each series: no place twice, none left out, each document on the seal of the one before it."""
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for document in manifest["documents"]:
        found.setdefault((document["document_type"], document["fiscal_year"]), []).append(document)
    heads = {(head["document_type"], head["fiscal_year"]): head for head in manifest["series"]}
    for kind, year in sorted(found.keys() ^ heads.keys()):
        report.findings.append(f"The {kind} series of {year} is listed without documents, or has some and is not.")
    for key in sorted(found.keys() & heads.keys()):
        documents = sorted(found[key], key=lambda one: int(one["serial"]))
        _chain(documents, report, complete=bool(manifest["complete"]))
        _head(documents, heads[key], report)


def _chain(documents: Sequence[dict[str, Any]], report: Report, *, complete: bool) -> None:
    first = documents[0]
    if first["serial"] == 1 and first["previous_digest"] != FIRST_DIGEST:
        report.findings.append(f"{first['number']} is the first of its series, but stands on another seal.")
    elif first["serial"] != 1:
        report.notes.append(f"The series begins with {first['number']} here, on the seal {first['previous_digest']}.")
    for before, after in pairwise(documents):
        if before["serial"] == after["serial"]:
            report.findings.append(f"{before['number']} and {after['number']} share place {after['serial']}.")
        elif after["serial"] == before["serial"] + 1:
            if after["previous_digest"] != before["canonical_digest"]:
                report.findings.append(f"{after['number']} does not stand on the seal of {before['number']}.")
            if after["issue_date"] < before["issue_date"]:
                report.findings.append(f"{after['number']} is dated before {before['number']}.")
        else:
            gap = f"Between {before['number']} and {after['number']} documents are missing"
            (report.findings if complete else report.notes).append(f"{gap}.")


def _head(documents: Sequence[dict[str, Any]], head: dict[str, Any], report: Report) -> None:
    first, last = documents[0], documents[-1]
    names = ("documents", "first_serial", "last_serial", "previous_digest", "last_digest")
    seen = (len(documents), first["serial"], last["serial"], first["previous_digest"], last["canonical_digest"])
    for name, wanted, there in zip(names, (head[name] for name in names), seen, strict=True):
        if wanted != there:
            words = name.replace("_", " ")
            report.findings.append(
                f"The {head['document_type']} series of {head['fiscal_year']} has {words} {there}; "
                f"it was packed with {wanted}."
            )


# --- The file inside a PDF -------------------------------------------------------------------------------------------


class Damaged(Exception):
    """A PDF that cannot be followed to its attachments."""


@dataclass(frozen=True, slots=True)
class ArchiveRef:
    number: int


@dataclass(slots=True)
class Stream:
    head: dict[str, Any]
    raw: bytes


def attachments(pdf: bytes) -> dict[str, bytes]:
    """Give the files embedded in a PDF by name, found as a viewer finds them: trailer, catalogue, name tree, AF."""
    try:
        return _Pdf(pdf).attachments()
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError, zlib.error) as error:
        raise Damaged(f"its structure is broken ({error!r}).") from None


_EMBEDDED = re.compile(rb"/EmbeddedFile(?![a-zA-Z])")
_CONTENT = re.compile(rb"[\0\t\n\f\r ]*stream(\r\n|\n)")
_TOKEN = re.compile(
    rb"[\0\t\n\f\r ]*(?:%[^\r\n]*[\0\t\n\f\r ]*)*"
    rb"(<<|>>|\[|\]|/[^\0\t\n\f\r ()<>\[\]{}/%]*|<[0-9A-Fa-f\s]*>|\(|[+-]?[0-9.]+|[a-zA-Z*'\"]+)"
)
_REFERENCE = re.compile(rb"[\0\t\n\f\r ]+([0-9]+)[\0\t\n\f\r ]+R(?![a-zA-Z])")


class _Parser:
    """Reads the values PDF is made of: names as text with their slash, strings as bytes."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def token(self) -> bytes:
        match = _TOKEN.match(self.data, self.at)
        if match is None:
            raise ValueError(f"nothing readable at byte {self.at}")
        self.at = match.end()
        return match[1]

    def value(self, depth: int = 0) -> Any:
        token = self.token()
        if depth > 50:
            raise ValueError("nested too deeply")
        if token == b"<<":
            return self._mapping(depth)
        if token == b"[":
            return self._array(depth)
        if token == b"(":
            return self._text()
        if token[:1] == b"/":
            return re.sub(rb"#([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), token).decode("latin-1")
        if token[:1] == b"<":
            digits = b"".join(token[1:-1].split())
            return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
        return self._plain(token)

    def _plain(self, token: bytes) -> Any:
        words = {b"true": True, b"false": False, b"null": None}
        if token in words:
            return words[token]
        if token.isdigit() and (match := _REFERENCE.match(self.data, self.at)):
            self.at = match.end()
            return ArchiveRef(int(token))
        return float(token) if b"." in token else int(token)

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while True:
            start = self.at
            token = self.token()
            if token == b">>":
                return found
            self.at = start
            name = self.value(depth + 1)
            found[name] = self.value(depth + 1)

    def _array(self, depth: int) -> list[Any]:
        found: list[Any] = []
        while True:
            start = self.at
            if self.token() == b"]":
                return found
            self.at = start
            found.append(self.value(depth + 1))

    def _text(self) -> bytes:
        found, depth = bytearray(), 1
        escapes = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
        while True:
            byte = self.data[self.at : self.at + 1]
            self.at += 1
            if not byte:
                raise ValueError("a string does not end")
            if byte == b"\\":
                octal = re.match(rb"[0-7]{1,3}", self.data[self.at : self.at + 3])
                if octal:
                    found.append(int(octal[0], 8) & 255)
                    self.at += len(octal[0])
                else:
                    escaped = self.data[self.at : self.at + 1]
                    found += escapes.get(escaped, b"" if escaped in b"\r\n" else escaped)
                    self.at += 1
                continue
            depth += (byte == b"(") - (byte == b")")
            if depth == 0:
                return bytes(found)
            found += byte


@dataclass(frozen=True, slots=True)
class _Crossings:
    """A cross-reference stream: rows of big-endian fields, read when one is asked for."""

    body: bytes
    widths: list[int]
    ranges: list[int]

    def place(self, number: int) -> tuple[int, int, int] | None:
        row = 0
        for first, count in zip(self.ranges[::2], self.ranges[1::2], strict=True):
            if first <= number < first + count:
                at, fields = (row + number - first) * sum(self.widths), []
                for width in self.widths:
                    fields.append(int.from_bytes(self.body[at : at + width], "big"))
                    at += width
                kind = fields[0] if self.widths[0] else 1
                return (kind, fields[1], fields[2]) if kind else None
            row += count
        return None


class _Pdf:
    """Follows references through cross-reference tables and streams, and through object streams."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.tables: list[dict[int, int] | _Crossings] = []  # the newest first
        self.trailer: dict[str, Any] = {}
        self.packs: dict[int, tuple[list[int], bytes]] = {}
        start = data.rfind(b"startxref")
        if start < 0:
            raise ValueError("it does not end like a PDF")
        self._follow(_Parser(data, start + 9).value())

    def _follow(self, start: Any) -> None:
        waiting, seen = [start], set()
        while waiting:
            at = waiting.pop()
            if not isinstance(at, int) or at in seen:
                continue
            seen.add(at)
            head = self._table(at) if self.data[at : at + 4] == b"xref" else self._stream(at)
            self.trailer = {**head, **self.trailer}
            waiting += [head.get("/Prev"), head.get("/XRefStm")]

    def _table(self, at: int) -> dict[str, Any]:
        parser, offsets = _Parser(self.data, at + 4), {}
        while (token := parser.token()) != b"trailer":
            first, count = int(token), int(parser.token())
            for number in range(first, first + count):
                offset, _, kind = int(parser.token()), parser.token(), parser.token()
                if kind == b"n":
                    offsets[number] = offset
        self.tables.append(offsets)
        return dict(parser.value())

    def _stream(self, at: int) -> dict[str, Any]:
        found = self._object_at(at)
        head = found.head
        self.tables.append(_Crossings(self.body(found), head["/W"], head.get("/Index", [0, head["/Size"]])))
        return dict(head)

    def _place(self, number: int) -> tuple[int, int, int]:
        """Say where an object lies: (1, its offset, –) or (2, the object stream it is in, its place there)."""
        for table in self.tables:
            found = table.place(number) if isinstance(table, _Crossings) else (1, table.get(number, 0), 0)
            if found and found[1]:
                return found
        raise KeyError(f"object {number}")

    def _object_at(self, at: int) -> Any:
        parser = _Parser(self.data, at)
        parser.token(), parser.token()
        if parser.token() != b"obj":
            raise ValueError(f"no object at byte {at}")
        value = parser.value()
        match = _CONTENT.match(self.data, parser.at)
        if match is None:
            return value
        length = self.get(value["/Length"])
        return Stream(value, self.data[match.end() : match.end() + length])

    def get(self, value: Any) -> Any:
        """Give the object behind a reference, or the value itself."""
        hops = 0
        while isinstance(value, ArchiveRef):
            hops += 1
            if hops > 20:
                raise ValueError("references in a circle")
            kind, where, place = self._place(value.number)
            value = self._object_at(where) if kind == 1 else self._packed(where, place)
        return value

    def _packed(self, number: int, place: int) -> Any:
        if number not in self.packs:
            kind, where, _ = self._place(number)
            if kind != 1:
                raise ValueError("an object stream inside another")
            stream = self._object_at(where)
            body, first = self.body(stream), stream.head["/First"]
            offsets = [int(each) for each in body[:first].split()][1::2]
            self.packs[number] = ([first + offset for offset in offsets], body)
        starts, body = self.packs[number]
        return _Parser(body, starts[place]).value()

    def body(self, stream: Stream) -> bytes:
        """Give the content of a stream; only Flate is used around attachments."""
        filters, options = self.get(stream.head.get("/Filter", [])), self.get(stream.head.get("/DecodeParms", {}))
        filters = filters if isinstance(filters, list) else [filters]
        options = options if isinstance(options, list) else [options]
        raw = stream.raw
        for place, name in enumerate(filters):
            if name != "/FlateDecode":
                raise ValueError(f"a stream packed by {name}")
            inflater = zlib.decompressobj()
            raw = inflater.decompress(raw, _INFLATED_MAX)
            if inflater.unconsumed_tail:
                raise ValueError("a stream that is far too large")
            told = self.get(options[place]) if place < len(options) else None
            if told and told.get("/Predictor", 1) >= 10:
                raw = _unpredicted(raw, told.get("/Columns", 1) * told.get("/Colors", 1))
        return raw

    def attachments(self) -> dict[str, bytes]:
        catalogue = self.get(self.trailer["/Root"])
        tree = self.get(self.get(catalogue.get("/Names", {})).get("/EmbeddedFiles"))
        specs = [*self._leaves(tree), *self.get(catalogue.get("/AF", []))]
        found: dict[str, bytes] = {}
        for spec in map(self.get, specs):
            name = self.get(spec.get("/UF", spec.get("/F")))
            files = self.get(spec["/EF"])
            found[_text(name)] = self.body(self.get(files.get("/F", files.get("/UF"))))
        return found

    def _leaves(self, node: Any, depth: int = 0) -> Iterator[Any]:
        if node is None or depth > 20:
            return
        yield from self.get(node.get("/Names", []))[1::2]
        for kid in self.get(node.get("/Kids", [])):
            yield from self._leaves(self.get(kid), depth + 1)


def embedded(pdf: bytes) -> bytes | None:
    """
    Give the XML inside a PDF, or None; found by its type where there is only one file, else as `attachments` does.

    A quarter of the work: for checking thousands of PDFs whose own digests are known.
    """
    marks = [match.start() for match in _EMBEDDED.finditer(pdf)]
    if len(marks) != 1:
        return next((body for name, body in attachments(pdf).items() if name.endswith(".xml")), None) if marks else None
    try:
        parser = _Parser(pdf, pdf.rindex(b"obj", 0, marks[0]) + 3)
        head = parser.value()
        match = _CONTENT.match(pdf, parser.at)
        if match and isinstance(head["/Length"], int) and head.get("/Filter") == "/FlateDecode":
            return zlib.decompressobj().decompress(pdf[match.end() : match.end() + head["/Length"]], _INFLATED_MAX)
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise Damaged(f"its attachment is broken ({error!r}).") from None
    return next(iter(attachments(pdf).values()), None)


def _text(raw: bytes) -> str:
    return raw[2:].decode("utf-16-be") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")


def _unpredicted(data: bytes, width: int) -> bytes:
    """Undo the PNG filters that some writers lay over cross-reference streams (one byte a component)."""
    above, out = bytearray(width), bytearray()
    for start in range(0, len(data), width + 1):
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + width])
        for i in range(len(row)):
            left, up, corner = (row[i - 1] if i else 0), above[i], (above[i - 1] if i else 0)
            guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
            row[i] = (row[i] + guess) & 255
        out += row
        above = row
    return bytes(out)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))


# --- The command -----------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="verify.py", description="Check an archive of invoices offline.")
    parser.add_argument("archive", type=Path, nargs="?", help="the ZIP or its folder; default: where this file lies")
    parser.add_argument("--expect", metavar="SHA256", help="the fingerprint that ScaiControl keeps of this archive")
    parser.add_argument("--json", action="store_true", help="print JSON instead of sentences")
    given = parser.parse_args(arguments)
    try:
        files, wrong = read(given.archive or Path(__file__).parent)
        report = verify(files, expect=given.expect)
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2
    report.findings[:0] = wrong
    print("\n".join(_as_json(report) if given.json else _as_sentences(report)))
    return 0 if report.intact else 1


def _as_json(report: Report) -> list[str]:
    names = ("intact", "documents", "files", "fingerprint", "findings", "notes")
    return [json.dumps({name: getattr(report, name) for name in names}, indent=2, ensure_ascii=False)]


def _as_sentences(report: Report) -> list[str]:
    looked = f"{report.documents} documents in {report.files} files"
    verdict = f"Intact: {looked}." if report.intact else f"NOT INTACT: {looked}, {len(report.findings)} findings:"
    return [
        verdict,
        *(f"  - {finding}" for finding in report.findings),
        *report.notes,
        f"Fingerprint: {report.fingerprint}",
    ]


if __name__ == "__main__":
    sys.exit(main())
