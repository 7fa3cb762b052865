"""Uploads: pictures people bring, cleaned, kept by their content, and shown to everybody."""

from .kinds import ICON, MEDIA_TYPES, TEMPLATE_IMAGE, Limits
from .names import ROOT, is_name, named_by, names_in, url_of
from .pictures import Pictures, absent, embedded, linked, shown
from .queries import find, get, recorded, require_usable, visible
from .service import StoredPicture, fetch, upload_icon, upload_template_image
from .sweep import sweep_orphans

__all__ = [
    "ICON",
    "MEDIA_TYPES",
    "ROOT",
    "TEMPLATE_IMAGE",
    "Limits",
    "Pictures",
    "StoredPicture",
    "absent",
    "embedded",
    "fetch",
    "find",
    "get",
    "is_name",
    "linked",
    "named_by",
    "names_in",
    "recorded",
    "require_usable",
    "shown",
    "sweep_orphans",
    "upload_icon",
    "upload_template_image",
    "url_of",
    "visible",
]
