"""Single wrongs done to a right document, each with the rule that must catch it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from scaicontrol.services import einvoices
from scaicontrol.services.einvoices import Format, Profile
from scaicontrol.services.einvoices.document import Document, Endpoint, InvoicingPeriod

Change = Callable[[Document], Document]
CENT, EURO = Decimal("0.01"), Decimal(1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is done, which rule catches it, and in which profiles it matters (none named: in all)."""

    name: str
    rule: str
    change: Change
    profiles: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def _field(part: str, name: str, value: Any) -> Change:
    return lambda document: replace(document, **{part: replace(getattr(document, part), **{name: value})})


def _shift(part: str, name: str, by: Decimal) -> Change:
    def change(document: Document) -> Document:
        old = getattr(document, part)
        return replace(document, **{part: replace(old, **{name: getattr(old, name) + by})})

    return change


def _line(index: int, **values: Any) -> Change:
    def change(document: Document) -> Document:
        lines = list(document.lines)
        given = {name: value(lines[index]) if callable(value) else value for name, value in values.items()}
        lines[index] = replace(lines[index], **given)
        return replace(document, lines=tuple(lines))

    return change


def _vat(**values: Any) -> Change:
    def change(document: Document) -> Document:
        given = {name: value(document.vat[0]) if callable(value) else value for name, value in values.items()}
        return replace(document, vat=(replace(document.vat[0], **given), *document.vat[1:]))

    return change


def _top(**values: Any) -> Change:
    return lambda document: replace(document, **values)


# Sums. Where the official rule lets a cent or 0.99 pass, ours has an id of its own.
_TOTALS = {
    "lines": "BR-CO-10", "allowances": "BR-CO-11", "charges": "BR-CO-12", "without_tax": "BR-CO-13", "tax": "BR-CO-14",
    "with_tax": "BR-CO-15", "due": "BR-CO-16", "prepaid": "BR-CO-16", "rounding": "BR-CO-16",
}  # fmt: skip
_STEPS = {"a cent": CENT, "a cent less": -CENT, "99 cents": Decimal("0.99"), "a euro": EURO, "ten": Decimal(-10)}


def sums() -> Iterator[Mutation]:
    for name, rule in _TOTALS.items():
        for words, step in _STEPS.items():
            yield Mutation(f"totals.{name} off by {words}", rule, _shift("totals", name, step))
    for index in range(2):
        for words, step in _STEPS.items():
            change = _line(index, net_amount=lambda line, step=step: line.net_amount + step)
            yield Mutation(f"line {index + 1} net off by {words}", "SC-LINE", change)
        yield Mutation(
            f"line {index + 1} price off by a cent", "SC-LINE",
            _line(index, unit_price=lambda line: line.unit_price + 1),
        )  # fmt: skip
        more = _line(index, quantity=lambda line: line.quantity + 1000)
        yield Mutation(f"line {index + 1} quantity off", "SC-LINE", more)
        yield Mutation(f"line {index + 1} base halved", "SC-LINE", _line(index, base_quantity=Decimal(2)))
        yield Mutation(f"line {index + 1} base zero", "PEPPOL-EN16931-R121", _line(index, base_quantity=Decimal(0)))
        yield Mutation(
            f"line {index + 1} base negative", "PEPPOL-EN16931-R121", _line(index, base_quantity=Decimal(-1))
        )
        negative = _line(index, unit_price=lambda line: -line.unit_price, quantity=lambda line: -line.quantity)
        yield Mutation(f"line {index + 1} price negative", "BR-27", negative)
        yield Mutation(
            f"line {index + 1} finer than a cent", "SC-DECIMALS",
            _line(index, net_amount=lambda line: line.net_amount + Decimal("0.001")),
        )  # fmt: skip
    for words, step in _STEPS.items():
        base = _vat(taxable_amount=lambda group, step=step: group.taxable_amount + step)
        yield Mutation(f"VAT base off by {words}", "SC-BASE", base)
        tax = _vat(tax_amount=lambda group, step=step: group.tax_amount + 2 * step)
        yield Mutation(f"VAT off by twice {words}", "SC-TAX", tax)
    yield Mutation("no breakdown", "BR-CO-18", _top(vat=()))
    yield Mutation("a total finer than a cent", "SC-DECIMALS", _shift("totals", "with_tax", Decimal("0.001")))


def _without(party: str, **fields: str) -> Iterator[Mutation]:
    for name, rule in fields.items():
        yield Mutation(f"{party} without {name}", rule, _field(party, name, ""))


def terms() -> Iterator[Mutation]:
    yield Mutation("no number", "BR-02", _top(number=""))
    yield Mutation("no lines", "BR-16", _top(lines=()))
    common = {"address_line1": "SC-ADDRESS", "postal_code": "SC-ADDRESS", "city": "SC-ADDRESS"}
    yield from _without("seller", name="BR-06", country_code="BR-09", **common)
    yield from _without("buyer", name="BR-07", country_code="BR-11", **common)
    for index in range(2):
        yield Mutation(f"line {index + 1} without description", "BR-25", _line(index, name=""))
        yield Mutation(f"line {index + 1} in an unknown unit", "BR-CL-23", _line(index, unit_code="hours"))
        yield Mutation(
            f"line {index + 1} begins too early", "PEPPOL-EN16931-R110",
            _line(index, period=lambda line: InvoicingPeriod(line.period.start - DAY, line.period.end)),
        )  # fmt: skip
        yield Mutation(
            f"line {index + 1} ends too late", "PEPPOL-EN16931-R111",
            _line(index, period=lambda line: InvoicingPeriod(line.period.start, line.period.end + DAY)),
        )  # fmt: skip
        yield Mutation(
            f"line {index + 1} ends before it begins", "BR-30",
            _line(index, period=lambda line: InvoicingPeriod(line.period.end, line.period.start)),
        )  # fmt: skip
    for who in ("seller", "buyer"):
        for country in ("XX", "EU", "Germany"):
            yield Mutation(f"{who} in {country}", "BR-CL-14", _field(who, "country_code", country))
        yield Mutation(f"{who} with a number without country", "BR-CO-09", _field(who, "vat_number", "123456782B90"))
        for foreign in ("DE136695976", "FR40303265045", "EL094259216", "ATU13585627", "BE0428759497"):
            yield Mutation(f"{who} with the number {foreign}", "SC-VATID", _field(who, "vat_number", foreign))
        scheme = replace_endpoint(who, "1234")
        yield Mutation(f"{who} at an unknown scheme", "BR-CL-25", scheme)
    yield Mutation("seller with wrong digits", "SC-VATID", _field("seller", "vat_number", "NL123456789B90"))
    for currency in ("EURO", "XXX", "", "eur"):
        yield Mutation(f"currency '{currency}'", "BR-CL-04", _top(currency=currency))
    for code in ("0", "71", "99", "SEPA", ""):
        yield Mutation(f"means of payment '{code}'", "BR-CL-16", _field("payment", "means_code", code))
    yield Mutation("an IBAN with a wrong digit", "SC-IBAN", _field("payment", "iban", "NL91ABNA0417164301"))
    yield Mutation("a period backwards", "BR-29", _top(period=InvoicingPeriod(date(2026, 10, 31), date(2026, 10, 1))))
    for character in ("\x00", "\x08", "\x1f", "\ufffe", "\ud800"):
        text = f"U+{ord(character):04X}"
        yield Mutation(f"{text} in a name", "SC-TEXT", _field("buyer", "name", f"Acme{character}"))
        yield Mutation(f"{text} in a line", "SC-TEXT", _line(0, name=f"Pro{character}"))
        yield Mutation(f"{text} in a note", "SC-TEXT", _top(notes=(f"Note{character}",)))


def replace_endpoint(who: str, scheme: str, number: str = "12345678") -> Change:
    return _field(who, "endpoint", Endpoint(number, scheme))


def categories() -> Iterator[Mutation]:
    for category in ("AE", "E", "Z", "K", "G", "O"):
        name = {"K": "IC"}.get(category, category)
        yield Mutation(f"a line taxed as {category}", f"BR-{name}-05", _line(0, category=category))
        yield Mutation(f"VAT stated as {category}", f"BR-{name}-01", _vat(category=category))
    for category in ("X", "SS", "", "s"):
        yield Mutation(f"a line in category '{category}'", "BR-CL-17", _line(0, category=category))
    for rate in (Decimal(0), Decimal(-19)):
        yield Mutation(f"a line at {rate} %", "BR-S-05", _line(0, rate=rate))
    for rate in (Decimal(20), Decimal("21.5"), Decimal(9)):
        yield Mutation(f"a line at {rate} % without breakdown", "BR-S-01", _line(0, rate=rate))
        yield Mutation(f"a breakdown at {rate} % without lines", "BR-S-01", _vat(rate=rate))
    yield Mutation("a standard rate with a reason", "BR-S-10", _vat(exemption_reason="Because."))
    yield Mutation("a standard rate with a code", "BR-S-10", _vat(exemption_code="VATEX-EU-132"))
    for code, rule in {
        "VATEX-EU-G": "P0104", "VATEX-EU-O": "P0105", "VATEX-EU-IC": "P0106", "VATEX-EU-AE": "P0107",
        "VATEX-EU-D": "P0108", "VATEX-EU-F": "P0109", "VATEX-EU-I": "P0110", "VATEX-EU-J": "P0111",
    }.items():  # fmt: skip
        yield Mutation(f"{code} on a standard rate", f"PEPPOL-EN16931-{rule}", _vat(exemption_code=code))
    double = lambda d: replace(d, vat=(d.vat[0], *d.vat))  # noqa: E731  it reads as the others do
    yield Mutation("the same breakdown twice", "BR-S-01", double)
    yield Mutation("one line outside the scope", "BR-O-12", _line(0, category="O", rate=Decimal(0)))
    yield Mutation("no VAT number of the seller", "BR-S-02", _field("seller", "vat_number", ""))


def payments() -> Iterator[Mutation]:
    for code in ("30", "58"):
        change = lambda d, code=code: replace(d, payment=replace(d.payment, means_code=code, iban=""))  # noqa: E731  as above
        yield Mutation(f"a transfer ({code}) to no account", "BR-61", change)
        yield Mutation(f"a transfer ({code}) to no account, XR", "BR-DE-23-a", change, ("xrechnung",))
        for name, value in (("card_last4", "4242"), ("mandate_reference", "MND-1")):
            extra = lambda d, n=name, v=value, c=code: replace(d, payment=replace(d.payment, means_code=c, **{n: v}))  # noqa: E731  as above
            yield Mutation(f"a transfer ({code}) and {name}", "BR-DE-23-b", extra, ("xrechnung",))
    for code in ("48", "54", "55"):
        yield Mutation(f"a card ({code}) without digits", "BR-51", _field("payment", "means_code", code))
        yield Mutation(
            f"a card ({code}) without digits, XR", "BR-DE-24-a", _field("payment", "means_code", code), ("xrechnung",)
        )
        both = lambda d, c=code: replace(d, payment=replace(d.payment, means_code=c, card_last4="4242"))  # noqa: E731  as above
        yield Mutation(f"a card ({code}) and an account", "BR-DE-24-b", both, ("xrechnung",))
        full = lambda d, c=code: replace(d, payment=replace(d.payment, means_code=c, card_last4="4242424242424242"))  # noqa: E731  as above
        yield Mutation(f"a card ({code}) with all its digits", "BR-51", full)
    for code in ("49", "59"):
        yield Mutation(f"a direct debit ({code}) without mandate", "SC-MANDATE", _field("payment", "means_code", code))
    yield Mutation("a mandate missing, XR", "BR-DE-25-a", _field("payment", "means_code", "59"), ("xrechnung",))
    yield Mutation(
        "a mandate missing, Peppol", "PEPPOL-EN16931-R061", _field("payment", "means_code", "49"), ("peppol",)
    )
    mandate = {"means_code": "59", "iban": "", "mandate_reference": "MND-1", "creditor_id": "NL79ZZZ999999990000",
               "debtor_iban": "DE02120300000000202051"}  # fmt: skip
    for name, rule in (("creditor_id", "BR-DE-30"), ("debtor_iban", "BR-DE-31"), ("mandate_reference", "BR-DE-25-a")):
        lacking = lambda d, n=name: replace(d, payment=replace(d.payment, **{**mandate, n: ""}))  # noqa: E731  as above
        yield Mutation(f"a direct debit without {name}", rule, lacking, ("xrechnung",))
    wrong = lambda d: replace(d, payment=replace(d.payment, **{**mandate, "debtor_iban": "DE02120300000000202052"}))  # noqa: E731  as above
    yield Mutation("a debtor's IBAN with a wrong digit", "SC-IBAN", wrong)
    account = lambda d: replace(d, payment=replace(d.payment, **{**mandate, "iban": "NL91ABNA0417164300"}))  # noqa: E731  as above
    yield Mutation("a mandate and an account", "BR-DE-25-b", account, ("xrechnung",))
    for words in ("#SKONTO#TAGE=14#PROZENT=2#\n", "#SKONTO#TAGE=14#PROZENT=2,00#\n", "#skonto#TAGE=14#PROZENT=2.00#\n",
                  "#SKONTO#TAGE=-1#PROZENT=2.00#\n", "#SKONTO#PROZENT=2.00#\n", "#SKONTO#TAGE=14#PROZENT=2.00#",
                  "#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=10#\n"):  # fmt: skip
        yield Mutation(f"cash discount {words!r}", "BR-DE-18", _field("payment", "terms", words), ("xrechnung",))


def addresses() -> Iterator[Mutation]:
    peppol, xrechnung = ("peppol",), ("xrechnung",)
    for who, rule in (("buyer", "R010"), ("seller", "R020")):
        yield Mutation(f"{who} without address", f"PEPPOL-EN16931-{rule}", _field(who, "endpoint", None), peppol)
        yield Mutation(f"{who} without address, XR", f"PEPPOL-EN16931-{rule}", _field(who, "endpoint", None), xrechnung)
        for scheme in ("EM", "AN", "AQ", "AS", "AU", "0219", "0220"):
            yield Mutation(
                f"{who} at {scheme}", "PEPPOL-EN16931-CL008", replace_endpoint(who, scheme, "a@b.example"), peppol
            )
        for scheme, rule_id, numbers in (
            ("0088", "PEPPOL-COMMON-R040", ("7601234567891", "760123456789", "GLN")),
            ("0192", "PEPPOL-COMMON-R041", ("987654321", "98765432")),
            ("0184", "PEPPOL-COMMON-R042", ("1234567", "ABCDEFGH")),
            ("0208", "PEPPOL-COMMON-R043", ("0428759498", "428759497", "BE0428759497")),
            ("0007", "PEPPOL-COMMON-R049", ("5560360794", "556036079")),
            ("0151", "PEPPOL-COMMON-R050", ("51824753557", "5182475355")),
            ("0106", "SC-EAS", ("1234567", "KVK12345")),
            ("0204", "SC-EAS", ("04011000-1234512345-07",)),
            ("9930", "SC-EAS", ("DE123456789", "FR40303265045")),
        ):
            for number in numbers:
                yield Mutation(f"{who} at {scheme}:{number}", rule_id, replace_endpoint(who, scheme, number), peppol)


def profiles() -> Iterator[Mutation]:
    peppol, xrechnung = ("peppol",), ("xrechnung",)
    nothing = _top(buyer_reference="", purchase_order_ref="")
    yield Mutation("no reference, Peppol", "PEPPOL-EN16931-R003", nothing, peppol)
    yield Mutation("no reference, XR", "BR-DE-15", _top(buyer_reference=""), xrechnung)
    yield from addresses()
    for name, number in {"contact_name": 5, "phone": 6, "email": 7}.items():
        yield Mutation(f"seller without {name}, XR", f"BR-DE-{number}", _field("seller", name, ""), xrechnung)
    for party, city, code in (("seller", 3, 4), ("buyer", 8, 9)):
        yield Mutation(f"{party} without city, XR", f"BR-DE-{city}", _field(party, "city", ""), xrechnung)
        yield Mutation(f"{party} without postal code, XR", f"BR-DE-{code}", _field(party, "postal_code", ""), xrechnung)
    no_contact = lambda d: replace(d, seller=replace(d.seller, phone="", email=""))  # noqa: E731  it reads as the others do
    yield Mutation("no contact, XR", "BR-DE-2", no_contact, xrechnung)
    for phone in ("none", "+", "12"):
        yield Mutation(f"phone '{phone}'", "BR-DE-27", _field("seller", "phone", phone), xrechnung)
    for email in ("nobody", "a@b", "a b@c.example", "a@@b.example", "@b.example", "a@b."):
        yield Mutation(f"e-mail '{email}'", "BR-DE-28", _field("seller", "email", email), xrechnung)
    for reference in ("04011000-1234512345-07", "991-01234-45", "04011000-1234512345-00"):
        yield Mutation(f"Leitweg-ID {reference}", "SC-LEITWEG", _top(buyer_reference=reference), xrechnung)
    no_way = lambda d: replace(d, payment=replace(d.payment, means_code="1", iban=""))  # noqa: E731  as above
    yield Mutation("no way to pay, XR", "BR-DE-1", no_way, xrechnung)
    yield Mutation("no way to pay between Dutch parties", "NL-R-008", no_way, peppol)
    for who, rule in (("seller", "NL-R-003"), ("buyer", "NL-R-005")):
        yield Mutation(f"{who} in no Dutch register", rule, _field(who, "registration_number", "HRB 1"), peppol)


def invoices_only() -> Iterator[Mutation]:
    yield Mutation("due before it is issued", "SC-DUE", lambda d: replace(d, due_date=d.issue_date - DAY))
    yield Mutation("neither due date nor terms", "SC-TERMS", _top(due_date=None))


def credit_notes_only() -> Iterator[Mutation]:
    yield Mutation("of no invoice", "SC-CREDIT", _top(preceding=None))
    undated = lambda d: replace(d, preceding=replace(d.preceding, issue_date=None))  # noqa: E731  it reads as the others do
    yield Mutation("of an undated invoice", "SC-CREDIT", undated)


def reverse_charge_only() -> Iterator[Mutation]:
    yield Mutation("without the buyer's number", "BR-AE-02", _field("buyer", "vat_number", ""))
    yield Mutation("without the seller's number", "BR-AE-02", _field("seller", "vat_number", ""))
    yield Mutation("without reason", "BR-AE-10", _vat(exemption_reason="", exemption_code=""))
    yield Mutation("at a rate", "BR-AE-05", _line(0, rate=Decimal(19)))
    yield Mutation("with a wrong digit", "SC-VATID", _field("buyer", "vat_number", "DE123456789"))
    yield Mutation("with a number of a third state", "SC-VATID", _field("buyer", "vat_number", "FR40303265045"))
    same = lambda d: replace(d, buyer=replace(d.buyer, vat_number="NL004495445B01", country_code="NL"))  # noqa: E731  as above
    yield Mutation("within one state", "SC-STATE", same)
    for code, rule in {"VATEX-EU-G": "P0104", "VATEX-EU-O": "P0105", "VATEX-EU-IC": "P0106"}.items():
        yield Mutation(f"with {code}", f"PEPPOL-EN16931-{rule}", _vat(exemption_code=code))
    yield Mutation("with tax", "SC-TAX", _vat(tax_amount=CENT))


@dataclass(frozen=True, slots=True)
class Wrong:
    """One mutation of one kind of document in one format; `expected` is the rule that must be among the reasons."""

    kind: str
    document: Document
    target: Format
    profile: Profile
    mutation: Mutation

    def __str__(self) -> str:
        return f"{self.kind}, {self.profile.key}: {self.mutation}"


def every(documents: dict[str, Document]) -> Iterator[Wrong]:
    """Do every mutation to every document and profile it matters for."""
    common = [*sums(), *terms(), *categories(), *payments(), *profiles()]
    special = {
        "invoice": [*common, *invoices_only()],
        "credit note": [*common, *credit_notes_only()],
        "reverse charge": list(reverse_charge_only()),
    }
    formats = (Format.ubl, Format.xrechnung, Format.cii)
    for kind, mutations in special.items():
        for target in formats:
            profile = einvoices.profile_of(target)
            for mutation in mutations:
                if not mutation.profiles and target is not Format.cii and kind != "invoice":
                    continue  # what holds for all profiles is tried in one of them
                if not mutation.profiles or profile.id in mutation.profiles:
                    yield Wrong(kind, documents[kind], target, profile, mutation)
