"""Documents of every kind, drawn by a seed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any

from scaicontrol.core import i18n
from scaicontrol.core.money import half_up
from scaicontrol.services import einvoices, tax
from scaicontrol.services.einvoices.document import Document
from scaicontrol.services.tax import arithmetic
from tests.factories.documents import AMERICA, BUYER, GERMANY, SELLER

_SELLERS: dict[str, dict[str, Any]] = {
    # country: what its seller is; names with letters that people there use
    "NL": {},
    "DE": {
        "legal_name": "Nordlicht Wolke GmbH", "trade_name": "Nordlicht", "seller_address_line1": "Jungfernstieg 7",
        "seller_postal_code": "20354", "seller_city": "Hamburg", "seller_vat_number": "DE136695976",
        "seller_tax_number": "27/123/45678", "seller_registration_number": "HRB 86891",
        "iban": "DE02120300000000202051", "bic": "BYLADEM1001", "timezone": "Europe/Berlin",
        "peppol_id": "DE136695976", "peppol_scheme": "9930", "sepa_creditor_id": "DE98ZZZ09999999999",
    },
    "FR": {
        "legal_name": "Nuée & Cie SAS", "trade_name": "", "seller_address_line1": "8 rue de l’Échiquier",
        "seller_postal_code": "75010", "seller_city": "Paris", "seller_vat_number": "FR40303265045",
        "seller_registration_number": "303265045", "iban": "FR1420041010050500013M02606", "bic": "PSSTFRPPPAR",
        "timezone": "Europe/Paris", "peppol_id": "303265045", "peppol_scheme": "0002",
    },
    "AT": {
        "legal_name": "Bergwolke Österreich GmbH", "seller_address_line1": "Mariahilfer Straße 1",
        "seller_postal_code": "1060", "seller_city": "Wien", "seller_vat_number": "ATU13585627",
        "seller_registration_number": "FN 123456a", "iban": "AT611904300234573201", "bic": "BKAUATWW",
        "timezone": "Europe/Vienna", "peppol_id": "ATU13585627", "peppol_scheme": "9914",
    },
    "BE": {
        "legal_name": "Wolk België NV", "seller_address_line1": "Naamsestraat 10", "seller_postal_code": "3000",
        "seller_city": "Leuven", "seller_vat_number": "BE0428759497", "seller_registration_number": "0428759497",
        "iban": "BE71096123456769", "bic": "GKCCBEBB", "timezone": "Europe/Brussels",
        "peppol_id": "0428759497", "peppol_scheme": "0208",
    },
    "CH": {
        "legal_name": "Wölkli AG", "seller_address_line1": "Bahnhofstrasse 1", "seller_postal_code": "8001",
        "seller_city": "Zürich", "seller_vat_number": "", "seller_registration_number": "CHE-105.805.649",
        "seller_tax_number": "CHE-105.805.649 MWST",
        "iban": "CH9300762011623852957", "bic": "POFICHBE", "timezone": "Europe/Zurich",
        "peppol_id": "4006381333931", "peppol_scheme": "0088",
    },
}  # fmt: skip
_BUYER_IN: dict[str, dict[str, Any]] = {
    "NL": {},
    "DE": GERMANY,
    "FR": {
        "company_name": "Société Générique", "address_line1": "1 place de l’Hôtel-de-Ville", "postal_code": "69001",
        "city": "Lyon", "country_code": "FR", "vat_number": "FR83404833048", "peppol_id": "404833048",
        "peppol_scheme": "0002",
    },
    "AT": {
        "company_name": "Müller & Söhne <Handel> KG", "address_line1": "Hauptplatz 3", "postal_code": "8010",
        "city": "Graz", "country_code": "AT", "vat_number": "ATU13585627", "peppol_id": "ATU13585627",
        "peppol_scheme": "9914",
    },
    "BE": {
        "company_name": '"Chocolat" d’Ailleurs SA', "address_line1": "Grand-Place 1", "postal_code": "1000",
        "city": "Bruxelles", "country_code": "BE", "vat_number": "BE0428759497", "peppol_id": "0428759497",
        "peppol_scheme": "0208",
    },
    "CH": {
        "company_name": "Käserei Gruyère AG", "address_line1": "Dorfstrasse 2", "postal_code": "3000", "city": "Bern",
        "country_code": "CH", "vat_number": None, "peppol_id": "7601234567890", "peppol_scheme": "0088",
    },
    "US": AMERICA,
}  # fmt: skip

# The dimensions of the matrix; "buyer kind" decides the VAT rule together with the seller's country.
_BUYER_KINDS = ("domestic", "business_abroad", "consumer_abroad", "oss_consumer", "export", "goods_export", "exempt",
                "authority", "goods")  # fmt: skip
_MIXES = ("one_rate", "two_rates", "with_zero_rated", "with_exempt", "two_reasons")
_DISCOUNTS = ("none", "line", "line_share", "document", "document_share", "charge", "everything")
_CURRENCIES = ("EUR", "EUR", "USD", "SEK", "PLN", "JPY", "GBP")
# Euro cents for one minor unit, roughly.
IN_EURO = {"USD": Decimal("0.86"), "SEK": Decimal("0.09"), "PLN": Decimal("0.235"), "JPY": Decimal("0.56"),
           "GBP": Decimal("1.15")}  # fmt: skip
_MEANS = ("transfer", "transfer", "no_account", "bank_card", "credit_card", "direct_debit")
_TARGETS = tuple((target, profile) for target in einvoices.Format for profile in einvoices.PROFILES[target])
_CONTENT = ("lean", "lean", "references", "prepaid", "everything")


@dataclass(frozen=True, slots=True)
class Case:
    """One cell of the matrix: what the document is, and in which format and profile it is written."""

    number: int
    seller: str
    buyer: str
    mix: str
    discount: str
    currency: str
    language: i18n.Language
    is_credit: bool
    means: str
    content: str
    target: einvoices.Format
    profile: einvoices.Profile

    def __str__(self) -> str:
        kind = "credit-note" if self.is_credit else "invoice"
        words = (self.seller, self.buyer, self.mix, self.discount, self.currency, self.language, kind, self.means)
        return "-".join((f"{self.number:04}", *words, self.content, self.target, self.profile.id))

    def rows(self) -> dict[str, Any]:
        """Give the arguments of `einvoices.document_from`; the same case gives the same rows."""
        return _Rows(self).all()

    def document(self) -> Document:
        return einvoices.document_from(**self.rows())


def cases(count: int, seed: int = 2026) -> Iterator[Case]:
    """
    Give the first `count` cells of the matrix, always the same: a test can name one, and a longer run extends it.

    Every value of a dimension comes equally often and the combinations are mixed; each case writes a document that must
    pass every gate of its format.
    """
    random = Random(seed)
    columns: list[Iterator[Any]] = [
        _cycle(values, random)
        for values in (
            _SELLERS, _BUYER_KINDS, _MIXES, _DISCOUNTS, _CURRENCIES, i18n.LANGUAGES, (False, False, True), _MEANS,
            _CONTENT, _TARGETS,
        )
    ]  # fmt: skip
    for number in range(count):
        values = [next(column) for column in columns]
        yield Case(number, *values[:-1], *values[-1])


def _cycle(values: Iterable[Any], random: Random) -> Iterator[Any]:
    """Give all values again and again, each round in an order of its own."""
    deck = list(values)
    while True:
        random.shuffle(deck)
        yield from deck


class _Rows:
    """Fills one case with lines, amounts and parties."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.random = Random(case.number * 7919 + 17)
        self.sign = -1 if case.is_credit else 1
        self.seller = SELLER | {"sepa_creditor_id": "NL79ZZZ999999990000"} | _SELLERS[case.seller]
        self.seller["seller_country_code"] = case.seller

    def all(self) -> dict[str, Any]:
        buyer = self._buyer()
        decision = self._decision(buyer)
        lines = self._lines(decision)
        invoice = self._invoice(lines, decision) | {"payment_means": self._means(self._means_kind(buyer))}
        seller = dict(self.seller)
        if self._means_kind(buyer) == "no_account":
            seller |= {"iban": None, "bic": None}
        rows = {"invoice": invoice, "lines": lines, "seller": seller, "buyer": buyer, "decision": decision}
        self._second_currency(rows)
        return rows

    # --- Who and which VAT

    def _buyer(self) -> dict[str, Any]:
        kind, home = self.case.buyer, self.case.seller
        abroad = self.random.choice([each for each in _BUYER_IN if each not in {home, "US", "CH"}])
        country = {"export": "US", "goods_export": "US", "domestic": home, "exempt": home, "authority": home}.get(
            kind, abroad
        )
        buyer = BUYER | _BUYER_IN[country] | {"preferred_language": self.case.language}
        if "consumer" in kind:
            buyer |= {"is_business": False, "vat_number": None, "company_name": "Zoë Ångström"}
        if kind == "authority":
            buyer |= {"leitweg_id": "04011000-1234512345-06", "buyer_reference": None}
        if kind == "exempt":
            buyer |= {"tax_exempt": True}
        return buyer

    def _decision(self, buyer: dict[str, Any]) -> dict[str, Any]:
        kind = self.case.buyer
        facts = tax.VatFacts(
            self.seller["seller_country_code"],
            buyer["country_code"],
            buyer["vat_number"],
            bool(buyer["is_business"]),
            date(2026, 10, 31),
            datetime(2026, 11, 1, tzinfo=UTC),
            language=self.case.language,
            oss_registered=kind == "oss_consumer" and self.case.seller != "CH",
            export_category="G" if kind == "goods_export" and self.case.seller != "CH" else "O",
            tax_exempt=kind == "exempt",
            tax_exempt_reason="Art. 151 Directive 2006/112/EC" if kind == "exempt" else None,
            tax_exempt_reason_code="VATEX-EU-151" if kind == "exempt" else None,
        )
        decision = dict(tax.decide(facts).as_columns())
        if kind == "goods" and decision["category"] == "AE":
            # The rules decide services; an intra-Community supply of goods is stated by hand.
            decision |= {"category": "K", "reverse_charge": False, "exemption_code": "VATEX-EU-IC"}
            decision |= {"legal_note": "Intra-Community supply", "exemption_reason": "Intra-Community supply"}
        return decision

    # --- What

    def _lines(self, decision: dict[str, Any]) -> list[dict[str, Any]]:
        count = self.random.choice((1, 2, 3, 3, 5, 8, 40))
        lines = [self._line(position) for position in range(count)]
        if decision["category"] == "S":
            self._mix(lines, Decimal(decision["rate"]))
        return lines

    def _line(self, position: int) -> dict[str, Any]:
        random = self.random
        divisor = random.choice((1, 1, 1, 7, 1000))
        quantity = Decimal(random.randint(1, 5000 * divisor)).scaleb(-random.choice((0, 0, 1, 3)))
        name = random.choice(("ScaiDrive Pro", "Größe & Zubehör", "API calls", "Café “<XL>”"))
        line: dict[str, Any] = {
            "description": f"{name} {position}",
            "quantity": str(quantity),
            "unit_label": random.choice(("user", "hour", "GB", "month", "", "calls")),
            "unit_price_cents": random.randint(1, 20_000),
            "unit_divisor": divisor,
        }
        if random.random() < 0.6:
            line["period_start"] = datetime(2026, 9, 30, 22, tzinfo=UTC)
            line["period_end"] = datetime(2026, 10, 31, 23, tzinfo=UTC)
        gross = half_up(quantity * line["unit_price_cents"] / divisor)
        less, more = self._of_line(gross)
        # Tiers and minimums: an amount that quantity times price does not give.
        tier = random.randint(1, 99) if random.random() < 0.15 and not less else 0
        net = gross + tier - sum(each["amount_cents"] for each in less) + sum(each["amount_cents"] for each in more)
        signed = {"allowances": self._signed(less) or None, "charges": self._signed(more) or None}
        return line | signed | {"amount_cents": self.sign * net, "quantity": str(self.sign * quantity)}

    def _of_line(self, gross: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        wanted = self.case.discount
        less, more = [], []
        if wanted in {"line", "everything"}:
            less.append({"amount_cents": gross // 10, "reason": "Volume discount", "reason_code": "95"})
        if wanted in {"line_share", "everything"}:
            less.append(_share("12.5", gross) | {"reason": "Loyalty", "reason_code": "95"})
        if wanted in {"charge", "everything"}:
            more.append({"amount_cents": 250, "reason": "Handling", "reason_code": "ABL"})
        return less, more

    def _mix(self, lines: list[dict[str, Any]], rate: Decimal) -> None:
        exempt = {"tax_category": "E", "exemption_reason": "Art. 132(1)(i): education"}
        by_turns: dict[str, tuple[dict[str, Any], ...]] = {
            "one_rate": ({},),
            "two_rates": ({}, {"tax_category": "S", "tax_rate": rate / 2}),
            "with_zero_rated": ({}, {"tax_category": "Z"}),
            "with_exempt": ({}, exempt),
            "two_reasons": ({}, exempt, exempt | {"exemption_reason": "Art. 132(1)(b): health"}),
        }
        turns = by_turns[self.case.mix]
        for position, line in enumerate(lines):
            line.update(turns[position % len(turns)])

    # --- The document

    def _invoice(self, lines: list[dict[str, Any]], decision: dict[str, Any]) -> dict[str, Any]:
        case = self.case
        invoice: dict[str, Any] = {
            "number": f"SCAI-2026-{case.number + 1:06}",
            "document_type": "credit_note" if case.is_credit else "invoice",
            "issue_date": date(2026, 11, 1),
            "due_date": None if case.is_credit else date(2026, 11, 15),
            "currency": case.currency,
            "language": case.language,
        }
        if case.is_credit:
            invoice |= {"referenced_number": "SCAI-2026-000001", "referenced_issue_date": date(2026, 10, 1)}
        if case.content in {"references", "everything"}:
            invoice |= {
                "purchase_order_ref": "PO-7781 & Co",
                "contract_ref": "C-2026/9",
                "payment_terms": "Net 14 days",
                "notes": "Thank you.\nMerci – grüße € <b>",
                "delivery_date": date(2026, 10, 30),
            }
        if decision["category"] == "K":
            invoice["delivery_date"] = date(2026, 10, 30)  # BR-IC-11
        self._discount(invoice, lines)
        parts = einvoices.taxable_parts(invoice, lines, decision)
        if case.content in {"prepaid", "everything"} and not case.is_credit:
            invoice["prepaid_cents"] = arithmetic.totals(parts).total_cents // 3
        return invoice

    def _discount(self, invoice: dict[str, Any], lines: list[dict[str, Any]]) -> None:
        """Discount what bears the terms of the first line, so that no category falls below zero."""
        terms = {name: lines[0].get(name) for name in ("tax_category", "tax_rate")}
        covered = (line for line in lines if {name: line.get(name) for name in terms} == terms)
        base = sum(self.sign * line["amount_cents"] for line in covered)
        wanted, less = self.case.discount, []
        if wanted in {"document", "everything"}:
            less.append({"amount_cents": base // 20, "reason": "Goodwill", "reason_code": "95"} | terms)
        if wanted in {"document_share", "everything"}:
            less.append(_share("10", base) | {"reason": "Partner discount", "reason_code": "95"} | terms)
        more = [{"amount_cents": 999, "reason": "Express", "reason_code": "ABL"} | terms] if wanted == "charge" else []
        invoice |= {"allowances": self._signed(less) or None, "charges": self._signed(more) or None}

    def _means_kind(self, buyer: dict[str, Any]) -> str:
        """Give the way of paying, but where the format knows none like it (BR-DE-1, NL-R-008)."""
        wanted, is_dutch = self.case.means, self.case.seller == buyer["country_code"] == "NL"
        if wanted == "no_account" and (is_dutch or self.case.profile.id == "xrechnung"):
            return "transfer"
        return "bank_card" if wanted == "credit_card" and is_dutch else wanted

    def _means(self, kind: str) -> dict[str, Any] | None:
        means: dict[str, dict[str, Any]] = {
            "bank_card": {"kind": "card", "last4": "4242", "network": "VISA"},
            "credit_card": {"kind": "card", "last4": "0005", "is_credit": True, "holder": "Ada Lovelace"},
            "direct_debit": {
                "kind": "direct_debit",
                "last4": "4300",
                "mandate_reference": "MNDT-2026-17",
                "debtor_iban": "NL91ABNA0417164300",
            },
        }
        return means.get(kind)

    def _second_currency(self, rows: dict[str, Any]) -> None:
        """Give the VAT in euros where the invoice is in another currency and has any (Directive Art. 230)."""
        decision = rows["decision"]
        if self.case.currency == "EUR" or decision["category"] != "S":
            return
        cents = arithmetic.totals(einvoices.taxable_parts(rows["invoice"], rows["lines"], decision)).tax_cents
        rows["decision"] = decision | {
            "tax_currency": "EUR",
            "tax_in_tax_currency_cents": round(cents * IN_EURO[self.case.currency]),
        }

    def _signed(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        cents = ("amount_cents", "base_cents")
        return [each | {name: self.sign * each[name] for name in cents if name in each} for each in items]


def _share(percent: str, base: int) -> dict[str, Any]:
    return {"amount_cents": half_up(base * Decimal(percent) / 100), "percent": percent, "base_cents": base}
