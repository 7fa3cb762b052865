"""The five formats people choose, the profiles each can be written in, and who writes them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from scaicontrol.core.errors import invalid
from scaicontrol.services.tenants import BuyerSnapshot


class Format(StrEnum):
    ubl = "ubl"
    xrechnung = "xrechnung"
    cii = "cii"
    zugferd = "zugferd"
    facturx = "facturx"

    @property
    def is_pdf(self) -> bool:
        """Tell whether the XML travels inside a PDF."""
        return self in {Format.zugferd, Format.facturx}


@dataclass(frozen=True, slots=True)
class Profile:
    """
    What a document declares about itself (BT-23, BT-24), who wrote it, and how a PDF carries it.

    `writer` is stored with every file and goes up whenever the same document would give other bytes.
    """

    id: str
    syntax: Literal["ubl", "cii"]
    writer: str
    customization_id: str
    process_id: str = ""
    attachment_name: str = "factur-x.xml"
    conformance_level: str = ""  # of the Factur-X XMP schema, with the version it names
    conformance_version: str = "1.0"

    @property
    def key(self) -> str:
        """Name the profile in its syntax, `ubl-peppol` or `cii-xrechnung`: what official rule sets are written for."""
        return f"{self.syntax}-{self.id}"


_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_EN16931 = "urn:cen.eu:en16931:2017"
_XRECHNUNG = f"{_EN16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"

PEPPOL = Profile(
    "peppol", "ubl", "ubl-peppol-bis-3/3", f"{_EN16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0", _PROCESS
)
XRECHNUNG_UBL = Profile("xrechnung", "ubl", "ubl-xrechnung-3.0/3", _XRECHNUNG, _PROCESS)
EN16931 = Profile("en16931", "cii", "cii-en16931/2", _EN16931, conformance_level="EN 16931")
BASIC = Profile(
    "basic", "cii", "cii-basic/2", f"{_EN16931}#compliant#urn:factur-x.eu:1p0:basic", conformance_level="BASIC"
)
XRECHNUNG_CII = Profile(
    "xrechnung", "cii", "cii-xrechnung-3.0/2", _XRECHNUNG, _PROCESS, "xrechnung.xml", "XRECHNUNG", "3.0"
)

# The first profile of a format is the one it is written in unless another is asked for.
PROFILES: dict[Format, tuple[Profile, ...]] = {
    Format.ubl: (PEPPOL,),
    Format.xrechnung: (XRECHNUNG_UBL,),
    Format.cii: (EN16931, XRECHNUNG_CII),
    Format.zugferd: (EN16931, BASIC, XRECHNUNG_CII),
    Format.facturx: (EN16931, BASIC, XRECHNUNG_CII),
}


def every_profile() -> tuple[str, ...]:
    """List the keys of all profiles that documents are written in."""
    return tuple(dict.fromkeys(profile.key for profiles in PROFILES.values() for profile in profiles))


def profile_of(target: Format, wanted: str | None = None) -> Profile:
    """Give the profile of a format, its usual one unless another is wanted; Invalid when it has no such profile."""
    known = PROFILES[target]
    for profile in known:
        if wanted is None or profile.id == wanted:
            return profile
    names = " and ".join(profile.id for profile in known)
    raise invalid("profile", f"{target} is written in profile {names}, not in '{wanted}'.")


def format_of(buyer: BuyerSnapshot) -> Format:
    """Give the e-invoice format a buyer wants; who wants none gets EN 16931 CII in the archive."""
    return Format(buyer.get("preferred_einvoice_format") or Format.cii)


def prefers_einvoice(buyer: BuyerSnapshot) -> bool:
    return bool(buyer.get("preferred_einvoice_format"))
