"""Any sequence of credit notes, ended by one over the rest, gives back exactly the invoice: net, VAT and every cent."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from scaicontrol.services.invoices import crediting
from scaicontrol.services.invoices.crediting import CreditLine
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.tax import arithmetic

TERMS = [("S", Decimal(21)), ("S", Decimal(9)), ("S", Decimal("5.5")), ("S", Decimal(27)), ("Z", Decimal(0))]


def invoice_lines(items):
    """The lines of a finalized invoice, with the VAT it shares over them."""
    taxable = [arithmetic.TaxableLine(amount, *TERMS[term]) for amount, term in items]
    shares = arithmetic.totals(taxable).line_tax_cents
    return [
        InvoiceLine(
            id=f"ili_{position}", description="x", quantity=Decimal(1), unit_price_cents=abs(line.amount_cents),
            unit_divisor=1, amount_cents=line.amount_cents, tax_category=line.category, tax_rate=line.rate,
            tax_cents=share,
        )
        for position, (line, share) in enumerate(zip(taxable, shares, strict=True))
    ]  # fmt: skip


def a_note(parts):
    note = Invoice(id="inv_n")
    note.lines = [InvoiceLine(**part.as_fields()) for part in parts]
    return note


def by_group(lines):
    sums: dict[tuple[str, Decimal], tuple[int, int]] = {}
    for line in lines:
        net, vat = sums.get((line.tax_category, line.tax_rate), (0, 0))
        sums[line.tax_category, line.tax_rate] = (net + line.amount_cents, vat + line.tax_cents)
    return sums


class Notes:
    """Credit notes one after the other, each finalized before the next is written."""

    def __init__(self, lines):
        self.lines, self.left = lines, crediting.balance(lines, [])

    @property
    def rest(self):
        return [CreditLine(line, self.left.rest_of(line).net_cents) for line in self.left.open_lines()]

    def give(self, parts):
        totals = crediting.totals(self.left, a_note(parts))
        for group in totals.groups:
            assert abs(group.tax_cents - arithmetic.tax_of(group.base_cents, group.rate)) <= 1, group
            assert group.tax_cents * group.base_cents >= 0
        self.left.give(parts, [-each for each in totals.line_tax_cents])
        for key in self.left.vat_groups():
            held, given_back = self.left.group(key), self.left.group_given(key)
            assert crediting.between(given_back.net_cents, held.net_cents)
            assert crediting.between(given_back.tax_cents, held.tax_cents)
        return totals


mixed = st.lists(st.tuples(st.integers(-5000, 20_000).filter(bool), st.integers(0, 4)), min_size=1, max_size=6)
positive = st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 4)), min_size=1, max_size=6)


@settings(max_examples=150, deadline=None)
@given(positive, st.data())
def test_partial_notes_and_the_rest_add_up_to_the_invoice(items, data):
    lines = invoice_lines(items)
    notes = Notes(lines)
    for way in data.draw(st.lists(st.sampled_from(["lines", "net", "gross"]), max_size=8)):
        if not notes.rest:
            break
        if way == "lines":
            line = data.draw(st.sampled_from(notes.left.open_lines()))
            notes.give([CreditLine(line, data.draw(st.integers(1, notes.left.rest_of(line).net_cents)))])
            continue
        whole = sum(part.amount_cents for part in notes.rest)
        if way == "gross":
            whole = sum(notes.left.rest_of(line).gross_cents for line in lines)
        cents = data.draw(st.integers(1, whole))
        parts, reasons = crediting.shared(notes.left, cents, way)
        if reasons:
            assert {reason.code for reason in reasons} == {"amount_too_small"}
            continue
        totals = notes.give(parts)
        assert -(totals.total_cents if way == "gross" else totals.subtotal_cents) == cents
    if notes.rest:
        notes.give(notes.rest)
    given_back = {line.id: notes.left.given[line.id].net_cents for line in lines}
    assert given_back == {line.id: line.amount_cents for line in lines}
    for key, (net, vat) in by_group(lines).items():
        total = notes.left.group_given(key)
        assert (total.net_cents, total.tax_cents) == (net, vat)


@settings(max_examples=75, deadline=None)
@given(positive)
def test_notes_of_a_single_cent_give_back_every_cent_of_vat(items):
    lines = invoice_lines([(1 + amount % 40, term) for amount, term in items])
    notes = Notes(lines)
    while notes.rest:
        notes.give([CreditLine(notes.rest[-1].line, 1)])
    assert sum(each.tax_cents for each in notes.left.given.values()) == sum(line.tax_cents for line in lines)


@settings(max_examples=75, deadline=None)
@given(mixed, st.data())
def test_reductions_are_given_back_in_proportion(items, data):
    """Lines below zero, such as a discount, shrink with the lines they reduce."""
    lines = invoice_lines(items)
    notes = Notes(lines)
    whole = sum(line.amount_cents for line in lines)
    if whole > 1:
        parts, reasons = crediting.shared(notes.left, data.draw(st.integers(1, whole)), "net")
        if not reasons:
            notes.give(parts)
    if notes.rest:
        notes.give(notes.rest)
    assert {line.id: notes.left.given[line.id] for line in lines} == {
        line.id: crediting.Amounts(line.amount_cents, line.tax_cents) for line in lines
    }


def test_the_last_cent_of_vat_is_creditable():
    # 0.03 at 21% is 0.01 of VAT. Each cent by itself would round to none, and the cent would stay for ever.
    notes = Notes(invoice_lines([(3, 0)]))
    taxes = [-notes.give([CreditLine(notes.lines[0], 1)]).tax_cents for _ in range(3)]
    assert (taxes, notes.rest) == ([0, 0, 1], [])


def test_a_gross_amount_that_no_net_amount_reaches_is_met_to_the_cent():
    # 8.26 and 21% are 9.99, 8.27 and 21% are 10.01: ten euros are 8.26 and 1.74.
    notes = Notes(invoice_lines([(100_000, 0)]))
    parts, _ = crediting.shared(notes.left, 1000, "gross")
    totals = notes.give(parts)
    assert (totals.subtotal_cents, totals.tax_cents) == (-826, -174)


def test_more_than_a_vat_group_holds_is_refused_also_where_its_lines_would_allow_it():
    lines = invoice_lines([(1000, 0), (-400, 0), (900, 1)])
    left = crediting.balance(lines, [])
    (reason,) = crediting.group_reasons(left, [CreditLine(lines[0], 1000)])
    assert reason.code == "credit_exceeds_invoice"
    assert "600 cents net; 1000 would be credited" in reason.message


def test_an_amount_beyond_what_is_left_and_a_single_gross_cent_are_refused():
    left = crediting.balance(invoice_lines([(1000, 0)]), [])
    assert [reason.code for reason in crediting.shared(left, 1211, "gross")[1]] == ["credit_exceeds_invoice"]
    assert [reason.code for reason in crediting.shared(left, 1001, "net")[1]] == ["credit_exceeds_invoice"]


def test_an_open_draft_counts_with_the_vat_it_would_give_back():
    lines = invoice_lines([(1000, 0)])
    left = crediting.balance(lines, [a_note([CreditLine(lines[0], 400)])])
    assert left.rest_of(lines[0]) == crediting.Amounts(600, 126)
