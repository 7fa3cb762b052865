"""What people write is kept as they meant it, or refused by name, in every body that enters anywhere."""

import importlib
import pkgutil
import unicodedata
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from scaicontrol import api, mcp, services
from scaicontrol.core import text
from scaicontrol.core.errors import Invalid
from scaicontrol.core.schemas import In, MailAddress
from scaicontrol.media import fonts
from scaicontrol.services.catalog.schemas import PlanIn, UsagePriceIn
from scaicontrol.services.invoices.schemas import InvoiceIn, LineIn
from scaicontrol.services.partners import SELLER_FIELDS
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.registry.schemas import MetricIn, MetricKind, RegistrationIn, ServicePatch
from scaicontrol.services.tenants.schemas import AdminBillingProfileIn

CLEANED = {
    "zero width space": ("Scai\u200bCRM\u200b", "ScaiCRM"),
    "byte order mark": ("\ufeffScaiCRM", "ScaiCRM"),
    "word joiner": ("Scai\u2060CRM", "ScaiCRM"),
    "brackets of direction": ("\u202a+31 20 123\u202c \u2068Acme\u2069", "+31 20 123 Acme"),
    "filler": ("Acme\u3164", "Acme"),
    "line separator": ("Floor 3\u2028Door B", "Floor 3\nDoor B"),
    "other systems' line ends": ("a\r\nb\rc\x0bd\x85e", "a\nb\nc\nd\ne"),
    "composition": ("Zoe\u0301 A\u030angstro\u0308m", "Zo\u00e9 \u00c5ngstr\u00f6m"),
    "joiner nobody sees": ("Dampf\u200cschiff\u200d Inc\u200c.", "Dampfschiff Inc."),
    "joiners at the ends": ("\u200dAcme\u200d", "Acme"),
    "twice the joiner": ("می\u200c\u200cخواهم", "می\u200cخواهم"),
}
KEPT = {
    "persian": "می\u200cخواهم",
    "persian final form": "سنهٔ ه\u200d. ق",
    "hindi": "क्\u200dष",
    "sinhala": "ශ්\u200dරී",
    "family": "👩\u200d👩\u200d👧 👩🏽\u200d💻 ❤\ufe0f\u200d🔥 🏳\ufe0f\u200d🌈",
    "right to left mark": "חברה\u200f Ltd",
    "soft hyphen": "Donau\u00addampf",
    "no-break space": "Acme\u00a0B.V.",
    "tab and lines": "a\tb\nc",
    "rare han": "𠮷野家",
}
REFUSED = {
    "nul": ("A\x00B", "U+0000 (a control character)"),
    "bell": ("A\x07B", "U+0007 (a control character)"),
    "c1": ("A\x9fB", "U+009F (a control character)"),
    "surrogate": ("A\ud800B", "U+D800 (half of a surrogate pair)"),
    "private use": ("A\ue000B", "U+E000 (a character for private use)"),
    "noncharacter": ("A\ufffeB", "U+FFFE (no character)"),
    "override": ("A\u202eB", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
    "tag": ("A\U000e0041B", "U+E0041 (TAG LATIN CAPITAL LETTER A)"),
    "hidden variant": ("A\U000e0120B", "U+E0120 (VARIATION SELECTOR-49)"),
    "annotation": ("A\ufff9B", "U+FFF9 (INTERLINEAR ANNOTATION ANCHOR)"),
}


@pytest.mark.parametrize(("written", "meant"), CLEANED.values(), ids=CLEANED)
def test_what_nobody_meant_is_cleaned(written, meant):
    assert text.clean(written) == meant
    assert text.tolerated(written) == meant


@pytest.mark.parametrize("written", KEPT.values(), ids=KEPT)
def test_what_shapes_or_parts_letters_is_kept(written):
    assert text.clean(written) == written


@pytest.mark.parametrize(("written", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused_by_name(written, said):
    with pytest.raises(text.Unprintable) as refused:
        text.clean(written, "company_name")
    assert str(refused.value) == f"company_name contains {said}, which cannot be printed; remove it."
    assert text.tolerated(written) == "AB"


@given(st.text())
def test_what_was_cleaned_is_clean_and_a_gate_finds_nothing_that_entry_lets_in(written):
    kept = text.tolerated(written)
    assert text.clean(kept) == kept
    assert text.not_meant(kept) == ""
    assert unicodedata.is_normalized("NFC", kept)
    assert not [each for each in kept if text.leaves_no_trace(each) and fonts.unprintable(each)]


def _bodies() -> Iterator[type[In]]:
    for package in (services, api, mcp):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("schemas") or package is not services:
                importlib.import_module(module.name)
    pending: list[type[In]] = [In]
    while pending:
        found = pending.pop()
        pending += found.__subclasses__()
        if found.__module__.startswith("scaicontrol."):
            yield found


def _takes_text(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _takes_text(get_args(annotation)[0])
    return annotation is str or any(map(_takes_text, get_args(annotation)))


def _cases() -> Iterator[Any]:
    for body in dict.fromkeys(_bodies()):
        for name, field in body.model_fields.items():
            if _takes_text(field.annotation) and get_origin(field.annotation) is not dict:
                many = get_origin(field.annotation) is list
                yield pytest.param(body, field.alias or name, many, id=f"{body.__module__}.{body.__name__}.{name}")


@pytest.mark.parametrize(("body", "name", "many"), list(_cases()))
def test_no_body_takes_text_that_cannot_be_meant(body, name, many):
    with pytest.raises(ValidationError) as refused:
        body.model_validate({name: ["A\x00B"] if many else "A\x00B"})
    assert f"{name} contains U+0000" in " ".join(
        error["msg"] for error in refused.value.errors() if error["loc"][0] == name
    )


# A coded field has a pattern or a list of its own, which is narrower than any font.
CODED = frozenset({
    "country_code", "seller_country_code", "tax_exempt", "is_business", "peppol_scheme", "leitweg_id", "contact_email",
    "preferred_einvoice_format", "preferred_language", "seller_email", "iban", "bic", "logo_url", "brand_color",
    "sepa_creditor_id", "tax_exempt_reason_code",
})  # fmt: skip


def _free(body: type[In], names: Any) -> list[tuple[type[In], str]]:
    return [(body, name) for name in names if name not in CODED and _takes_text(body.model_fields[name].annotation)]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        *_free(AdminBillingProfileIn, AdminBillingProfileIn.model_fields),
        *_free(PartnerConfigurationPatch, SELLER_FIELDS),
        *_free(InvoiceIn, ("notes", "buyer_reference", "purchase_order_ref", "contract_ref", "payment_terms")),
        *_free(LineIn, ("description", "unit_label", "exemption_reason")),
        *_free(MetricIn, ("name", "unit")),
        (RegistrationIn, "name"),
        (ServicePatch, "name"),
        (PlanIn, "name"),
        (UsagePriceIn, "unit_label"),
    ],
)
def test_what_reaches_documents_is_in_letters_a_font_has(body, name):
    with pytest.raises(ValidationError) as refused:
        body.model_validate({name: "Melting 🫠"})
    (said,) = [error["msg"] for error in refused.value.errors() if error["loc"] == (name,)]
    assert "contains '🫠' (U+1FAE0), which no font has; write it in other letters" in said


def test_a_name_is_one_line():
    assert MetricIn(slug="calls", name="API\r\n calls\u2028 ", unit="call", kind=MetricKind.counter).name == "API calls"


def test_named_values_are_cleaned_or_refused_by_their_name():
    assert text.cleaned({"reason": "\ufeffpaid", "count": 3}) == {"reason": "paid", "count": 3}
    with pytest.raises(Invalid, match="reason contains U\\+0007") as refused:
        text.cleaned({"reason": "ring\x07"})
    assert [(reason.code, reason.field) for reason in refused.value.reasons] == [("unprintable", "reason")]


MAIL = TypeAdapter(MailAddress)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ap@acme.example", "ap@acme.example"),
        ("First.Last+tag@ACME.Example", "First.Last+tag@acme.example"),
        ("ap@BÜCHER.example", "ap@bücher.example"),
        ("ap@xn--bcher-kva.example", "ap@bücher.example"),
        ("o'brien@acme.co.uk", "o'brien@acme.co.uk"),
    ],
)
def test_a_mail_address_is_kept_in_one_way_of_writing(written, kept):
    assert MAIL.validate_python(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "ap@x.example,cfo", "ap@x.example, cfo@x.example", "a@x.example;b@x.example", "ap", "ap@localhost",
        "ap@mailhost", "ap@x.local", "Ann <ap@x.example>", "a b@x.example", "@x.example", "a..b@x.example",
        "ap@[127.0.0.1]", "ap@1.2.3.4", "ап@x.example", '"a b"@x.example', "",
    ],
)  # fmt: skip
def test_what_is_not_one_mail_address_is_refused_in_a_sentence(written):
    with pytest.raises(ValidationError) as refused:
        MAIL.validate_python(written)
    (error,) = refused.value.errors()
    assert f"'{written}' is not one mail address such as ap@acme.example: " in error["msg"]
    assert "pattern" not in error["msg"]
