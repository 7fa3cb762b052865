"""Jinja hidden in comments arrives as Liquid, line by line, or is refused with its line."""

import pytest

from scaicontrol.services.templates import TemplateType
from scaicontrol.services.templates.engine import jinja_import, rendering
from scaicontrol.services.templates.engine.compiler import Source
from scaicontrol.services.templates.engine.rendering import PageJob

STORED = """<h1>{{ labels.invoice }} {{ invoice.number|upper }}</h1>
{# the lines #}
<table><!--JS:{% for line in lines %}-->
<tr><td>{{ loop.index }}</td><td>{{ line.description|e }}</td>
<td>{{ line.amount|money }}</td></tr>
<!--JS: {% endfor %} --></table>
<!--JS:{% if not invoice.notes %}-->no notes<!--JS:{% elif invoice.notes == "x" %}-->x
<!--JS:{% else %}-->{{ invoice.notes }}<!--JS:{% endif %}-->
<!--JS:if invoice.due_date is defined -->due {{ invoice.due_date|day('medium') }}<!--JS:endif-->
<p>{{ seller.address_lines|join(', ') }} {{ buyer.state|default("none") }} {{ lines|length }}</p>
"""


def test_stored_content_becomes_liquid():
    html, problems = jinja_import.to_liquid(STORED)
    assert problems == []
    assert html.count("\n") == STORED.count("\n")
    page = rendering.run(PageJob(Source(TemplateType.invoice, html), "en")).html
    for shown in (
        "Invoice SCAI-2026-000042",
        "<td>1</td><td>ScaiDrive Team",
        "Handbook &lt;second edition&gt; &amp; cover",
        "<td>€1,481.48</td>",
        "Thank you for working with us.",
        "due 15 Nov 2026",
        "Herengracht 101, 1015 BE Amsterdam, Netherlands none 4",
    ):
        assert shown in page
    assert "JS:" not in page
    assert "no notes" not in page


def test_a_negated_condition_is_an_unless():
    html, _ = jinja_import.to_liquid(STORED)
    assert "{% unless invoice.notes %}" in html
    assert html.count("{% endunless %}") == 1
    assert html.count("{% endif %}") == 1


@pytest.mark.parametrize(
    ("jinja", "line", "said"),
    [
        ("\n<!--JS:{% set x = 1 %}-->", 2, "'set' has no twin"),
        ("<!--JS:{% include 'x' %}-->", 1, "'include' has no twin"),
        ("<!--JS:{% macro x() %}-->", 1, "'macro' has no twin"),
        ("\n\n{{ invoice.number.upper() }}", 3, "A call has no twin"),
        ("{{ totals.total * 2 }}", 1, "Arithmetic has no twin"),
        ("{{ 'a' if invoice.notes else 'b' }}", 1, "An inline 'if'"),
        ("{{ invoice.__class__ }}", 1, "two underscores"),
        ("<!--JS:{% if invoice.notes and not invoice.due_date %}-->", 1, "'not' inside a condition"),
        ("<!--JS:{% for line in lines if line.amount %}-->", 1, "An inline 'if'"),
    ],
)
def test_what_liquid_cannot_say_is_refused_with_its_line(jinja, line, said):
    _, problems = jinja_import.to_liquid(jinja)
    assert (problems[0].line, said in problems[0].message) == (line, True)


def test_plain_liquid_is_left_alone():
    assert not jinja_import.is_jinja("{% for line in lines %}{{ line.amount | money }}{% endfor %}<!-- note -->")
    assert jinja_import.is_jinja("<!--JS:{% endfor %}-->")
