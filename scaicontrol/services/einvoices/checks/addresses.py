"""
Electronic addresses (BT-34, BT-49) and register numbers, held to the form of whoever issues them.

A document sent to a number with a wrong digit reaches nobody, or somebody else.
"""

from collections.abc import Callable, Iterator

from stdnum import ean
from stdnum.au import abn
from stdnum.be import vat as be_number
from stdnum.de import leitweg
from stdnum.dk import cvr
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus
from stdnum.fr import siren, siret
from stdnum.it import codicefiscale, iva
from stdnum.no import orgnr as no_orgnr
from stdnum.se import orgnr as se_orgnr

from scaicontrol.core.errors import Reason
from scaicontrol.services.tax import numbers

from ..document import Endpoint
from .reasons import broken

Validate = Callable[[str], object]


def _digits(*lengths: int) -> Validate:
    def validate(number: str) -> None:
        if not (number.isascii() and number.isdigit() and len(number) in lengths):
            raise ValidationError

    return validate


def _compact(validate: Validate, *lengths: int) -> Validate:
    """Demand that a number stands without the separators that `validate` would forgive."""

    def strict(number: str) -> None:
        if len(number) not in lengths or not number.isalnum():
            raise ValidationError
        validate(number)

    return strict


_ISSUED: dict[str, tuple[str, str, Validate]] = {
    "0002": ("SIREN", "SC-EAS", _compact(siren.validate, 9)),
    "0007": ("Swedish organisation number", "PEPPOL-COMMON-R049", _compact(se_orgnr.validate, 10)),
    "0009": ("SIRET", "SC-EAS", _compact(siret.validate, 14)),
    "0088": ("GLN", "PEPPOL-COMMON-R040", _compact(ean.validate, 13)),
    "0106": ("KvK number", "SC-EAS", _digits(8)),
    "0151": ("Australian Business Number", "PEPPOL-COMMON-R050", _compact(abn.validate, 11)),
    "0184": ("Danish CVR number", "PEPPOL-COMMON-R042", _compact(cvr.validate, 8, 10)),
    "0190": ("Dutch OIN", "SC-EAS", _digits(20)),
    "0192": ("Norwegian organisation number", "PEPPOL-COMMON-R041", _compact(no_orgnr.validate, 9)),
    "0204": ("Leitweg-ID", "SC-EAS", leitweg.validate),
    "0208": ("Belgian enterprise number", "PEPPOL-COMMON-R043", _compact(be_number.validate, 10)),
    "0210": ("Codice Fiscale", "PEPPOL-COMMON-R045", _compact(codicefiscale.validate, 11, 16)),
    "0211": ("Partita IVA", "PEPPOL-COMMON-R047", _compact(iva.validate, 11, 13)),
    "0212": ("Finnish organisation number", "SC-EAS", ytunnus.validate),
}
# The schemes 99xx are national VAT numbers with their prefix.
_VAT_SCHEMES = {
    "9910": "HU", "9914": "AT", "9915": "AT", "9920": "ES", "9925": "BE", "9926": "BG", "9928": "CY",
    "9929": "CZ", "9930": "DE", "9931": "EE", "9933": "GR", "9934": "HR", "9935": "IE", "9937": "LT", "9938": "LU",
    "9939": "LV", "9943": "MT", "9944": "NL", "9945": "PL", "9946": "PT", "9947": "RO", "9949": "SI", "9950": "SK",
    "9957": "FR",
}  # fmt: skip
_UNCHECKED = frozenset({"9910", "9914", "9915", "9920", "9926", "9928"})  # other numbers live under these too


def check(endpoint: Endpoint, who: str) -> Iterator[Reason]:
    """Hold a party's electronic address against the rule of its scheme; schemes nobody checks pass."""
    field = f"{who}.peppol_id"
    name, rule, validate = _ISSUED.get(endpoint.scheme, ("", "", None))
    if validate is not None and not _passes(validate, endpoint.id):
        message = f"The {who}'s electronic address {endpoint.id} is no valid {name} (scheme {endpoint.scheme})."
        yield broken(rule, message, field)
    country = _VAT_SCHEMES.get(endpoint.scheme)
    if country and endpoint.scheme not in _UNCHECKED and (wrong := numbers.problem(endpoint.id, country)):
        yield broken("SC-EAS", f"The {who}'s electronic address (scheme {endpoint.scheme}): {wrong}", field)


def is_register_number(scheme: str, number: str) -> bool:
    """Tell whether a number has the form its ISO 6523 scheme issues; unknown schemes issue anything."""
    known = _ISSUED.get(scheme)
    return known is None or _passes(known[2], number)


def _passes(validate: Validate, number: str) -> bool:
    try:
        validate(number)
    except ValidationError:
        return False
    return True
