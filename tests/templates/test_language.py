"""What people may write: everything that prints, and nothing else; what is refused says its line."""

import sys

import pytest

from scaicontrol.core.errors import Invalid
from scaicontrol.services.templates import TemplateType
from scaicontrol.services.templates.engine import rendering, samples, style
from scaicontrol.services.templates.engine.compiler import Source, compile_source
from scaicontrol.services.templates.engine.rendering import PageJob

INVOICE = TemplateType.invoice


def body(html: str, kind: TemplateType = INVOICE, **more: object) -> str:
    page = rendering.run(PageJob(Source(kind, html, **more), "en"))  # type: ignore[arg-type]  # fields of a source
    return page.html.partition("<body>")[2].removesuffix("</body></html>")


def refusal(html: str, kind: TemplateType = INVOICE, **more: object) -> Invalid:
    with pytest.raises(Invalid) as refused:
        body(html, kind, **more)
    assert all(reason.code == "template_error" for reason in refused.value.reasons)
    return refused.value


HOSTILE = {
    "<p>\n<script>alert(1)</script>": (2, "nothing runs in a document"),
    "\n\n<img src='file:///etc/passwd'>": (3, "'file:///etc/passwd' is not allowed"),
    "<img src='http://169.254.169.254/latest'>": (1, "is not allowed"),
    "<p>\n<img src='//evil.example/x.png'>": (2, "is not allowed"),
    "<img src=x onerror=alert(1)>": (1, "'onerror'"),
    "<p>x</p>\n<a href='javascript:alert(1)'>x</a>": (2, "'javascript:alert(1)'"),
    "<p onclick='x'>": (1, "'onclick'"),
    "<iframe src='/'></iframe>": (1, "<iframe>"),
    "<object data='file:///etc/passwd'></object>": (1, "<object>"),
    "<link rel=attachment href='file:///etc/passwd'>": (1, "nothing is loaded"),
    "<base href='http://evil/'>": (1, "<base>"),
    "<form action='/'><input></form>": (1, "<form>"),
    "<svg onload=alert(1)>": (1, "<svg>"),
    "<style>@import url(//evil)</style>": (1, "css_content"),
    "<?xml version='1.0'?>": (1, "Processing instructions"),
    "<p style='position:fixed'>": (1, "'position'"),
    "<p>\n\n<b style='background:url(http://evil/)'>": (3, "url(http://evil/)"),
    "<p style='color: {{ buyer.city }}'>": (1, "brand.color"),
    "{% include 'x' %}": (1, "'include'"),
    "a\n{% render 'x' %}": (2, "'render'"),
    "{% assign x = 1 %}": (1, "'assign'"),
    "{% raw %}{{ x }}{% endraw %}": (1, "'raw'"),
    "{% capture x %}y{% endcapture %}": (1, "'capture'"),
    "{{ 7 | times: 7 }}": (1, "Unknown filter 'times'"),
    "{{ invoice.number | safe }}": (1, "Unknown filter 'safe'"),
    "\n{{ invoice.nummer }}": (2, "'invoice.nummer'; there are buyer_reference"),
    "<p>\n{{ secret_key }}": (2, "'secret_key'"),
    "{{ invoice.__class__ }}": (1, "'invoice.__class__'"),
    "{{ invoice.number.__class__.__mro__ }}": (1, "There is no variable"),
    "{{ lines[0].password }}": (1, "There is no variable"),
    "{% for line in lines %}\n{{ line.price }}{% endfor %}": (2, "'line.price'"),
    "{% if invoice.number %}": (1, "Expected tag endif"),
    "{% endfor %}": (1, "endfor"),
    "{{ invoice.number ": (1, "'{{' begins or ends nothing"),
    "{# note #}": (1, "'{#'"),
    "<p class='{% if invoice %}x{% endif %}'>": (1, "put conditions around whole elements"),
    "<p {{ invoice.number }}>": (1, "must stand in quotes"),
    "<p id='{{ invoice.number }}'>": (1, "cannot hold"),
    "<table>\n{{ invoice.number }}<tr><td>x</td></tr></table>": (2, "outside its cells"),
    "<p>\n\ue0000\ue001</p>": (2, "private-use"),
    "{{ invoice.issue_date | money }}": (1, "Expected a number"),
    "{{ invoice.number | date }}": (1, "Expected a day"),
    "{{ invoice.issue_date | date: '%s' }}": (1, "one of full, long"),
    "<p>\n{% for a in (1..9999999) %}{% for b in (1..9999999) %}x{% endfor %}{% endfor %}": (2, "Loop iteration limit"),
    "<div data-inv='shell'></div>": (1, "'shell' is no block"),
    "<span data-inv='field' data-path='settings.secret'></span>": (1, "'settings.secret' is no value"),
}  # fmt: skip


@pytest.mark.parametrize("html", HOSTILE)
def test_hostile_html_is_refused_with_its_line(html):
    line, said = HOSTILE[html]
    refused = refusal(html)
    assert f"Line {line}: " in refused.reasons[0].message
    assert any(said in reason.message for reason in refused.reasons)
    assert {reason.field for reason in refused.reasons} == {"html_content"}


@pytest.mark.parametrize(
    ("css", "line", "said"),
    [
        ("@import url(http://evil/x.css);", 1, "@import"),
        ("p { color: red }\n@font-face { font-family: x; src: url(//evil/f) }", 2, "@font-face"),
        ("@page { margin: 0 }", 1, "@page"),
        ("p { color: red;\n background: url('http://evil/') }", 2, "url(http://evil/)"),
        ("p { background-image: url(file:///etc/passwd) }", 1, "file:///etc/passwd"),
        ("p { --x: url(//evil) }", 1, "url(//evil)"),
        ("p::before { content: attr(title) }", 1, "attr()"),
        ("p { width: expression(alert(1)) }", 1, "expression()"),
        ("p { background: image-set('a.png' 1x) }", 1, "image-set()"),
        ("p { position: absolute }", 1, "'position'"),
        ("p { behavior: x }", 1, "'behavior'"),
        ("p { color: red } </style><script>alert(1)</script>", 1, "not"),
        ("p::after { content: '</style>' }", 1, "'<'"),
        (".total { display: none }", 1, "would hide"),
        (".total { font-size: 0 }", 1, "would hide"),
        (".total { margin-left: -90cm }", 1, "would hide"),
        ("p { color: red", 1, ""),
    ],
)
def test_hostile_css_is_refused_with_its_line(css, line, said):
    _, problems = style.clean(css)
    if said:
        assert problems[0].line == line
        assert said in problems[0].message
        assert all(problem.field == "css_content" for problem in problems)
    assert "<" not in style.clean(css)[0]


def test_everything_that_is_wrong_is_said_at_once():
    refused = refusal("<script></script>\n{{ nope }}\n<iframe></iframe>", css_content="@import 'x';")
    assert [reason.message.partition(":")[0] for reason in refused.reasons] == ["Line 1", "Line 2", "Line 3", "Line 1"]
    assert "(3 more)" in refused.message


def test_output_is_limited():
    megabyte = "data:image/png;base64," + "A" * 1_000_000
    refused = refusal(f"<p>x</p>\n{{% for n in (1..100) %}}<img src='{megabyte}'>{{% endfor %}}")
    assert "Output stream limit" in refused.message
    assert "Line 2" in refused.message


def test_what_takes_too_long_is_stopped(monkeypatch):
    monkeypatch.setattr(rendering, "SECONDS", 0.2)
    busy = "{{ lines | join: 'x' | upcase | downcase }}"
    slow = f"{{% for a in (1..140) %}}{{% for b in (1..140) %}}{busy}{{% endfor %}}{{% endfor %}}"
    assert "longer than 0.2 seconds" in refusal(slow).message


def test_a_stop_that_comes_while_an_object_is_destroyed_comes_again(monkeypatch):
    monkeypatch.setattr(rendering, "SECONDS", 0.01)
    monkeypatch.setattr(rendering, "_AGAIN", 0.01)
    swallowed: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", swallowed.append)  # pytest's own takes longer than till the next stop

    class Dying:
        def __del__(self):
            while True:
                pass

    def busy(*_):
        Dying()
        while True:
            pass

    monkeypatch.setattr(rendering, "_page", busy)
    assert "longer than 0.01 seconds" in refusal("<p>x</p>").message
    assert swallowed


async def test_the_worker_refuses_in_the_same_words():
    with pytest.raises(Invalid, match="Line 2: There is no variable 'nope'"):
        await rendering.render(PageJob(Source(INVOICE, "\n{{ nope }}"), "en"))
    page = await rendering.render(PageJob(Source(INVOICE, "<p>{{ invoice.number }}</p>"), "en"))
    assert "<p>SCAI-2026-000042</p>" in page.html


def test_data_cannot_become_code_or_markup():
    shown = samples.sample(INVOICE)
    shown["buyer"]["company_name"] = "<img src=x onerror=1>{{ invoice.number }}{% for %}"
    html = rendering.run(
        PageJob(Source(INVOICE, '<p title="{{ buyer.company_name }}">{{ buyer.company_name }}'), "en", shown)
    ).html
    assert "<img" not in html
    assert "&lt;img src=x onerror=1&gt;{{ invoice.number }}{% for %}" in html


def test_only_plain_data_goes_in():
    with pytest.raises(TypeError, match="object is not for templates"):
        rendering.run(PageJob(Source(INVOICE, "<p>"), "en", samples.sample(INVOICE) | {"tax": {"label": object()}}))


def test_amounts_days_and_words_are_in_the_readers_language():
    html = "<p>{{ labels.total }} {{ totals.total | money }} {{ invoice.due_date | date: 'medium' }}"
    html += " {{ lines[1].quantity | number }}"
    html += " {{ lines[0].period_start | period: lines[0].period_end }} {{ totals.groups[0].rate | percent }}</p>"
    german = rendering.run(PageJob(Source(INVOICE, html), "de")).html
    assert "Gesamtbetrag 2.044,09\u00a0€ 15.11.2026 1.234.567 1.–31. Okt. 2026 21\u00a0%" in german


def test_what_a_document_does_not_have_is_nothing():
    bare = samples.bare_sample(INVOICE)
    html = "<p>[{% if invoice.notes %}notes{% endif %}{{ invoice.due_date | date }}{{ payment.terms_days | number }}]"
    assert "<p>[]</p>" in rendering.run(PageJob(Source(INVOICE, html), "en", bare)).html
    older = {name: value for name, value in bare.items() if name != "tax"}
    assert "<p>-</p>" in rendering.run(PageJob(Source(INVOICE, "<p>-{{ tax.legal_note }}"), "en", older)).html


def test_a_loop_may_stand_where_a_table_has_its_rows():
    rows = body("<table>{% for line in lines %}<tr><td>{{ line.amount | money }}</td></tr>{% endfor %}</table>")
    assert rows.count("<td>") == 4
    assert "€1,481.48" in rows


def test_a_line_of_the_source_is_named_for_what_only_shows_with_the_data():
    source = Source(INVOICE, "<p>{{ invoice.number }}</p>\n\n<p\n class='a'>{{ totals.total | date }}</p>")
    with pytest.raises(Invalid, match="Line 4: Expected a day"):
        rendering.run(PageJob(source, "en"))


def test_our_stylesheet_comes_last_and_pages_are_numbered():
    html = rendering.run(PageJob(Source(INVOICE, "<p>x", ".a { color: red }"), "nl", watermark="VERVALLEN")).html
    own, ours = html.index(".a{color:red}"), html.rindex("@page { @bottom-right { content:")
    assert own < html.index("image-rendering: crisp-edges") < ours
    assert '"Pagina " counter(page) " van " counter(pages)' in html
    assert "VERVALLEN</div>" in html


def test_a_mail_has_a_subject_of_one_line():
    kind = TemplateType.email_invoice
    page = rendering.run(PageJob(Source(kind, "<p>x", subject="{{ buyer.company_name }} & {{ invoice.number }}"), "en"))
    assert page.subject == "Müller & Söhne Maschinenbau GmbH & SCAI-2026-000042"
    assert "needs a subject" in refusal("<p>x", kind).message
    assert "variables only" in refusal("<p>x", kind, subject="{% if invoice %}x{% endif %}").message
    assert refusal("<p>x", kind, subject="{{ nope }}").reasons[0].field == "subject"
    assert "Only mails" in refusal("<p>x", subject="x").message


def test_the_same_source_is_compiled_once():
    source = Source(INVOICE, "<p>{{ invoice.number }}")
    assert compile_source(source) is compile_source(Source(INVOICE, "<p>{{ invoice.number }}"))
