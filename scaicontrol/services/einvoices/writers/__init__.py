"""One writer for each syntax; what differs between its profiles is decided inside. The model knows none of them."""

from ..document import Document
from ..formats import Format, Profile, profile_of
from . import cii, ubl

_WRITERS = {"ubl": ubl.write, "cii": cii.write}


def to_xml(document: Document, target: Format, profile: Profile | None = None) -> bytes:
    """
    Write the XML of a format, in its usual profile unless another is given.

    For `zugferd` and `facturx` this is the CII that travels inside the PDF. The same document gives the same bytes.
    """
    profile = profile or profile_of(target)
    return _WRITERS[profile.syntax](document, profile)
