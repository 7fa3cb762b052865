"""Canonical JSON is RFC 8785 whoever writes it, and the XML inside a PDF is found whoever has written the PDF."""

import io

import pikepdf
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol import verify_archive
from scaicontrol.services.einvoices.document import canonical_bytes

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
def test_the_quick_writer_gives_the_bytes_of_the_standard(value):
    assert canonical_bytes(value) == rfc8785.dumps(value)


def test_keys_beyond_the_basic_plane_are_ordered_as_the_standard_asks():
    value = {"\uffff": 1, "\U0001f600": 2}
    assert canonical_bytes(value) == rfc8785.dumps(value) == '{"\U0001f600":2,"\uffff":1}'.encode()


@pytest.mark.parametrize("value", [2**53, "\ud800"])
def test_what_the_standard_cannot_write_is_refused(value):
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical_bytes({"value": value})


def with_files(files, **options):
    with pikepdf.new() as made:
        made.add_blank_page()
        for name, body in files.items():
            made.attachments[name] = body
        target = io.BytesIO()
        made.save(target, **options)
    return target.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
        {"object_stream_mode": pikepdf.ObjectStreamMode.disable},
        {"linearize": True},
        {"compress_streams": False},
    ],
)
@pytest.mark.parametrize("files", [{}, {"a.xml": b"<a/>"}, {"a.xml": b"<a/>", "b (1).txt": b"b" * 9000, "ü.xml": b""}])
def test_the_files_inside_a_pdf_are_found(files, options):
    pdf = with_files(files, **options)
    assert verify_archive.attachments(pdf) == files
    assert verify_archive.embedded(pdf) == files.get("a.xml")


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7", b"%PDF-1.7\nstartxref\n99\n%%EOF", b"%PDF\nstartxref\n0\n" * 3])
def test_a_broken_pdf_says_so(pdf):
    with pytest.raises(verify_archive.Damaged):
        verify_archive.attachments(pdf)
