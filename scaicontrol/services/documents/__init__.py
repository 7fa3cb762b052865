"""Documents: the files of sealed invoices and credit notes, made, kept, sent, handed out and proven."""

from .queries import detail, versions
from .sealed import SealedDocument, sealed
from .service.deliver import MailMaterial, mail_material, record_delivery, send
from .service.download import DocumentFile, einvoice, pdf
from .service.hand_out import listed, zipped
from .service.rehearse_rules import RulesRehearsal, WouldFail, rehearse_rules
from .service.render import late_renders, regenerate_pdf, render_due
from .service.sweep import sweep_orphans
from .service.verify_every import SeriesBroken, verify_every_series
from .service.verify_files import verify_files
from .service.verify_series import series, verify_series

__all__ = [
    "DocumentFile",
    "MailMaterial",
    "RulesRehearsal",
    "SealedDocument",
    "SeriesBroken",
    "WouldFail",
    "detail",
    "einvoice",
    "late_renders",
    "listed",
    "mail_material",
    "pdf",
    "record_delivery",
    "regenerate_pdf",
    "rehearse_rules",
    "render_due",
    "sealed",
    "send",
    "series",
    "sweep_orphans",
    "verify_every_series",
    "verify_files",
    "verify_series",
    "versions",
    "zipped",
]
