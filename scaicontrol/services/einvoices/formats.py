"""The five formats people choose, and which syntax and profile each one is."""

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    ubl = "ubl"
    xrechnung = "xrechnung"
    cii = "cii"
    zugferd = "zugferd"
    facturx = "facturx"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a document declares about itself (BT-23, BT-24) and who wrote it."""

    customization_id: str
    process_id: str = ""
    writer: str = ""
    is_pdf: bool = False


BILLING_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
EN16931 = "urn:cen.eu:en16931:2017"

# A writer's version goes up whenever the same document would give other bytes.
PROFILES = {
    Format.ubl: Profile(
        f"{EN16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0", BILLING_PROCESS, "ubl-peppol-bis-3/1"
    ),
    Format.xrechnung: Profile(
        f"{EN16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0", BILLING_PROCESS, "ubl-xrechnung-3.0/1"
    ),
    Format.cii: Profile(EN16931, writer="cii-en16931/1"),
    Format.zugferd: Profile(EN16931, writer="cii-en16931/1", is_pdf=True),
    Format.facturx: Profile(EN16931, writer="cii-en16931/1", is_pdf=True),
}

ATTACHMENT_NAME = "factur-x.xml"
