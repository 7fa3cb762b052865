"""
The designer's blocks: what a browser may send of each, and the Liquid the server makes of it.

No template code comes from a browser: an element says `data-inv="lines"`, and the table is written here.
"""

import html
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final
from xml.etree.ElementTree import Element

import tinyhtml5

from ..kinds import LEGAL_DOCUMENTS, TemplateType
from . import language
from .catalogue import Variable, variables_of


@dataclass(frozen=True, slots=True)
class Choice:
    """An attribute of a block, with the values it may take and what they are called."""

    name: str
    label: str
    options: dict[str, str]
    many: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the designer's palette; `snippet` is written in its place, nothing means its own content stays."""

    name: str
    label: str
    element: str = "div"
    snippet: str = ""
    is_required: bool = False  # a legal document must show it, so the designer does not let it be removed
    mails: bool = False
    choices: tuple[Choice, ...] = field(default=())


COLUMNS: Final = {
    "description": (
        "{{ labels.description }}",
        '{{ line.description }}{% if line.detail %}<p class="sc-detail">{{ line.detail }}</p>{% endif %}',
    ),
    "period": (
        "{{ labels.period }}",
        "{% if line.period_start %}{{ line.period_start | period: line.period_end }}{% endif %}",
    ),
    "quantity": ("{{ labels.quantity }}", "{{ line.quantity | number }} {{ line.unit_label }}"),
    "unit_price": (
        "{{ labels.unit_price }}",
        (
            "{{ line.unit_price | money }}{% if line.per != 1 %}"
            '<p class="sc-detail">{{ labels.per }} {{ line.per | number }}</p>{% endif %}'
        ),
    ),
    "tax_rate": (
        "{{ labels.vat }}",
        (
            '{% if line.tax_category != "O" %}{{ line.tax_rate | percent }}{% endif %}'
            '{% if line.tax_category != "S" %} {{ line.tax_category }}{% endif %}'
        ),
    ),
    "amount": ("{{ labels.amount }}", "{{ line.amount | money }}"),
}
ALL_COLUMNS: Final = ("description", "quantity", "unit_price", "tax_rate", "amount")
CONDITIONS: Final = {
    "has_logo": ("The seller has a logo", "brand.logo_url"),
    "has_due_date": ("It is due on a day", "invoice.due_date"),
    "has_period": ("It bills a period", "invoice.period_start"),
    "has_notes": ("It has notes", "invoice.notes"),
    "has_buyer_reference": ("The buyer gave a reference", "invoice.buyer_reference"),
    "has_purchase_order": ("The buyer gave an order number", "invoice.purchase_order_ref"),
    "has_legal_note": ("The law asks for a note", "tax.legal_note"),
    "is_reverse_charge": ("The buyer owes the VAT", "tax.reverse_charge"),
    "is_due": ("Something is left to pay", "totals.due > 0"),
    "is_paid": ("Nothing is left to pay", "totals.due <= 0"),
    "has_iban": ("The seller takes transfers", "payment.iban"),
}


def _fact(label: str, value: str, condition: str = "") -> str:
    row = f'<tr><th scope="row">{label}</th><td>{value}</td></tr>'
    return f"{{% if {condition} %}}{row}{{% endif %}}" if condition else row


_FACTS: Final = (
    '<table class="sc-facts">'
    + _fact("{{ labels.number }}", "{{ invoice.number }}")
    + _fact("{{ labels.issue_date }}", "{{ invoice.issue_date | date }}")
    + _fact("{{ labels.due_date }}", "{{ invoice.due_date | date }}", "invoice.due_date")
    + _fact(
        "{{ labels.corrects }}",
        "{{ invoice.referenced_number }} {{ invoice.referenced_date | date }}",
        "invoice.referenced_number",
    )
    + _fact("{{ labels.tax_point }}", "{{ invoice.delivery_date | date }}", "invoice.delivery_date")
    + _fact("{{ labels.period }}", "{{ invoice.period_start | period: invoice.period_end }}", "invoice.period_start")
    + _fact("{{ labels.buyer_reference }}", "{{ invoice.buyer_reference }}", "invoice.buyer_reference")
    + _fact("{{ labels.purchase_order }}", "{{ invoice.purchase_order_ref }}", "invoice.purchase_order_ref")
    + "</table>"
)
_TOTALS: Final = (
    '<table class="sc-totals">'
    '<tr><th scope="row">{{ labels.subtotal }}</th><td class="sc-number">{{ totals.subtotal | money }}</td></tr>'
    "{% for adjustment in totals.adjustments %}"
    '<tr><th scope="row">{{ adjustment.reason }}</th><td class="sc-number">{{ adjustment.amount | money }}</td></tr>'
    "{% endfor %}{% for group in totals.groups %}"
    '<tr><th scope="row">{{ labels.vat }} {% if group.category != "O" %}{{ group.rate | percent }}{% endif %}'
    '{% if group.category != "S" %} {{ group.category }}{% endif %}'
    ' <span class="sc-detail">({{ group.base | money }})</span></th>'
    '<td class="sc-number">{{ group.tax | money }}</td></tr>{% endfor %}'
    "{% if totals.groups.size > 1 %}"
    '<tr><th scope="row">{{ labels.total_vat }}</th><td class="sc-number">{{ totals.tax | money }}</td></tr>{% endif %}'
    '<tr><th scope="row">{{ labels.total }}</th><td class="sc-number">{{ totals.total | money }}</td></tr>'
    "{% if totals.paid != 0 %}"
    '<tr><th scope="row">{{ labels.paid }}</th><td class="sc-number">{{ totals.paid | money }}</td></tr>'
    '<tr class="sc-due"><th scope="row">{{ labels.amount_due }}</th>'
    '<td class="sc-number">{{ totals.due | money }}</td></tr>{% endif %}'
    '{% if totals.tax_currency %}<tr class="sc-detail">'
    '<th scope="row">{{ labels.vat }} ({{ totals.tax_currency }})</th>'
    '<td class="sc-number">{{ totals.tax_in_tax_currency | money: totals.tax_currency }}</td></tr>{% endif %}</table>'
)
_ACCOUNT: Final = (
    '{% if payment.iban %}<div class="sc-payment">'
    '{% if payment.qr_payload %}<img src="{{ payment.qr_payload | qr }}" alt="{{ labels.scan }}">{% endif %}'
    "<h3>{{ labels.pay }}</h3><table>"
    + _fact("IBAN", "{{ payment.iban_grouped }}")
    + _fact("BIC", "{{ payment.bic }}", "payment.bic")
    + _fact("{{ labels.account_holder }}", "{{ payment.account_holder }}")
    + _fact("{{ labels.reference }}", "{{ payment.reference }}", "payment.reference")
    + "</table></div>{% endif %}"
)
# Nobody is asked to pay a credit note, nor what was cancelled.
_PAYMENT: Final = (
    '{% if totals.due > 0 and invoice.status != "void" and invoice.referenced_number == nil %}'
    + _ACCOUNT
    + "{% endif %}"
)
_ENTRIES: Final = (
    '<table class="sc-lines"><thead><tr><th>{{ labels.date }}</th><th>{{ labels.document }}</th>'
    '<th>{{ labels.description }}</th><th class="sc-number">{{ labels.debit }}</th>'
    '<th class="sc-number">{{ labels.credit_side }}</th><th class="sc-number">{{ labels.balance }}</th></tr></thead>'
    "<tbody>{% for entry in statement.entries %}<tr><td>{{ entry.date | date }}</td><td>{{ entry.document }}</td>"
    '<td>{{ entry.text }}</td><td class="sc-number">{{ entry.debit | money }}</td>'
    '<td class="sc-number">{{ entry.credit | money }}</td><td class="sc-number">{{ entry.balance | money }}</td></tr>'
    "{% endfor %}</tbody></table>"
)
_SELLER: Final = (
    '<p class="sc-name">{{ seller.legal_name }}</p>'
    "{% for part in seller.address_lines %}<p>{{ part }}</p>{% endfor %}"
    "{% if seller.seller_vat_number %}<p>{{ labels.vat_number }} {{ seller.seller_vat_number }}</p>{% endif %}"
    "{% if seller.seller_registration_number %}"
    "<p>{{ labels.registration_number }} {{ seller.seller_registration_number }}</p>{% endif %}"
    "{% if seller.seller_tax_number %}<p>{{ labels.tax_number }} {{ seller.seller_tax_number }}</p>{% endif %}"
)
_BUYER: Final = (
    '<p class="sc-name">{{ buyer.company_name }}</p>'
    "{% for part in buyer.address_lines %}<p>{{ part }}</p>{% endfor %}"
    "{% if buyer.vat_number %}<p>{{ labels.vat_number }} {{ buyer.vat_number }}</p>{% endif %}"
)
_LOGO: Final = (
    '{% if brand.logo_url %}<img src="{{ brand.logo_url }}" alt="{{ seller.legal_name }}">'
    "{% else %}<p>{{ seller.trade_name | default: seller.legal_name }}</p>{% endif %}"
)
_FOOTER: Final = (
    '<footer class="sc-footer">{{ seller.legal_name }} · {{ seller.address_lines | join: ", " }}'
    "{% if seller.seller_vat_number %} · {{ labels.vat_number }} {{ seller.seller_vat_number }}{% endif %}</footer>"
)
BLOCKS: Final = {
    block.name: block
    for block in (
        Block("text", "Text", mails=True),
        Block("field", "Value", "span", mails=True),
        Block("logo", "Logo", snippet=_LOGO, mails=True),
        Block("seller", "Seller", snippet=_SELLER, is_required=True),
        Block("buyer", "Buyer", snippet=_BUYER, is_required=True),
        Block("facts", "Number, dates and references", snippet=_FACTS, is_required=True),
        Block("lines", "Lines", is_required=True),
        Block("totals", "Totals with VAT", snippet=_TOTALS, is_required=True),
        Block(
            "tax_note", "Legal note", is_required=True,
            snippet='{% for note in tax.notes %}<p class="sc-legal">{{ note.text }}</p>{% endfor %}',
        ),
        Block("notes", "Notes", snippet='{% if invoice.notes %}<p class="sc-note">{{ invoice.notes }}</p>{% endif %}'),
        Block("payment", "How to pay", snippet=_PAYMENT),
        Block("account", "Bank account", snippet=_ACCOUNT),
        Block("entries", "Entries of the account", snippet=_ENTRIES),
        Block("footer", "Footer", snippet=_FOOTER),
        Block("condition", "Shown only when", mails=True),
    )
}  # fmt: skip


@cache
def blocks_of(kind: TemplateType) -> tuple[Block, ...]:
    """Give the palette of a kind: each block that finds its data there, with the choices it offers."""
    fields = Choice("data-path", "Value", {each.path: each.about for each in _fields(kind)})
    columns = Choice("data-cols", "Columns", {name: name.replace("_", " ") for name in COLUMNS}, many=True)
    conditions = Choice("data-if", "When", _conditions(kind))
    offered = {"field": (fields,), "lines": (columns,), "condition": (conditions,)}
    return tuple(
        replace(block, is_required=block.is_required and kind in LEGAL_DOCUMENTS, choices=offered.get(block.name, ()))
        for block in BLOCKS.values()
        if (block.mails or not kind.is_mail) and _finds(kind, _written(block))
    )


def _conditions(kind: TemplateType) -> dict[str, str]:
    return {
        name: label
        for name, (label, condition) in CONDITIONS.items()
        if _finds(kind, f"{{% if {condition} %}}{{% endif %}}")
    }


def _finds(kind: TemplateType, snippet: str) -> bool:
    return not language.check(snippet, "", kind)


def _written(block: Block) -> str:
    return _lines(list(ALL_COLUMNS)) if block.name == "lines" else block.snippet


def starter(kind: TemplateType) -> str:
    """Give the blocks a new template begins with."""
    if kind.is_mail:
        return '<div data-inv="logo"></div><div data-inv="text"><p></p></div>'
    body = {
        TemplateType.payment_reminder: '<div data-inv="text"><p></p></div><div data-inv="account"></div>',
        TemplateType.statement: '<div data-inv="entries"></div><div data-inv="account"></div>',
    }.get(kind, _BODY)
    title = {"payment_reminder": "reminder_first"}.get(kind, str(kind))
    return (
        '<div data-inv="logo" class="sc-logo"></div>'
        f'<h1><span data-inv="field" data-path="labels.{title}"></span></h1>'
        '<table class="sc-parties"><tbody><tr>'
        '<td data-inv="buyer"></td><td data-inv="seller"></td></tr></tbody></table>'
        f'{body}<div data-inv="footer"></div>'
    )


def wrong(name: str, value: str, kind: TemplateType) -> str:
    """Say what is wrong with a marker's attribute, or nothing."""
    known: dict[str, set[str]] = {
        "data-inv": {block.name for block in blocks_of(kind)},
        "data-path": {each.path for each in _fields(kind)},
        "data-cols": set(COLUMNS),
        "data-if": set(_conditions(kind)),
    }
    for given in value.split(",") if name == "data-cols" else [value]:
        if given not in known[name]:
            return f"'{given[:60]}' is no {_WHAT[name]}; there are {', '.join(sorted(known[name]))}."
    return ""


_WHAT: Final = {"data-inv": "block", "data-path": "value", "data-cols": "column", "data-if": "condition"}
_BODY: Final = (
    f'<div data-inv="facts"></div><div data-inv="lines" data-cols="{",".join(ALL_COLUMNS)}"></div>'
    '<div data-inv="totals"></div><div data-inv="tax_note"></div><div data-inv="notes"></div>'
    '<div data-inv="payment"></div>'
)
_NUMBER: Final = ' class="sc-number"'
_LOOKS: Final = {"description": "", "period": ""}
_VOID: Final = frozenset({"br", "hr", "img", "col"})


def expand(markup: str, kind: TemplateType) -> str:
    """Write Liquid where markers stand; markup without markers stays as it is."""
    if "data-inv=" not in markup and "data-if=" not in markup:
        return markup
    root = tinyhtml5.parse(f"<body><div>{markup}</div>", namespace_html_elements=False)
    (holder,) = root.find("body")
    printed = {each.path: each.liquid for each in _fields(kind)}
    return _inside(holder, printed)


def _fields(kind: TemplateType) -> list[Variable]:
    return [each for each in variables_of(kind) if each.kind not in ("list", "image") and "[]" not in each.path]


def _inside(element: Element, liquid: dict[str, str]) -> str:
    written = html.escape(element.text or "", quote=False)
    return written + "".join(_one(child, liquid) + html.escape(child.tail or "", quote=False) for child in element)


def _one(element: Any, liquid: dict[str, str]) -> str:
    if not isinstance(element.tag, str):
        return f"<!--{element.text}-->"  # the mark of a tag
    condition = CONDITIONS.get(element.get("data-if", ""))
    written = _element(element, liquid)
    return f"{{% if {condition[1]} %}}{written}{{% endif %}}" if condition else written


def _element(element: Element, liquid: dict[str, str]) -> str:
    kept = "".join(
        f' {name}="{html.escape(value)}"' for name, value in element.attrib.items() if not name.startswith("data-")
    )
    if element.tag in _VOID:
        return f"<{element.tag}{kept}>"
    return f"<{element.tag}{kept}>{_content(element, liquid)}</{element.tag}>"


def _content(element: Element, liquid: dict[str, str]) -> str:
    match element.get("data-inv"):
        case "field":
            return liquid.get(element.get("data-path", ""), "")
        case "lines":
            return _lines((element.get("data-cols") or ",".join(ALL_COLUMNS)).split(","))
        case str(name) if BLOCKS[name].snippet:
            return BLOCKS[name].snippet
    return _inside(element, liquid)


def _lines(columns: list[str]) -> str:
    def cells(tag: str, which: int) -> str:
        return "".join(f"<{tag}{_LOOKS.get(name, _NUMBER)}>{COLUMNS[name][which]}</{tag}>" for name in columns)

    return (
        f'<table class="sc-lines"><thead><tr>{cells("th", 0)}</tr></thead>'
        f"<tbody>{{% for line in lines %}}<tr>{cells('td', 1)}</tr>{{% endfor %}}</tbody></table>"
    )
