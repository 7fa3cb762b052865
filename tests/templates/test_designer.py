"""The designer: what leaves for the canvas comes back whole, and what is drawn is checked like all else."""

import pytest

from scaicontrol.core.errors import Conflict, Forbidden, Invalid
from scaicontrol.services import templates
from scaicontrol.services.templates import Source, TemplateType, starter
from scaicontrol.services.templates.engine.compiler import compile_source
from scaicontrol.services.templates.engine.designer import lift, lower
from scaicontrol.services.templates.engine.style import clean
from scaicontrol.services.templates.schemas import DesignedLanguage, DesignIn, TemplatePreviewIn
from tests.factories import NORTHWIND, ada, petra, pim
from tests.factories.templates import BY_HAND, INVOICE, REMINDER, STATEMENT, draft
from tests.pdfs import papers

A4, LETTER = (210, 297), (216, 279)  # mm
DESIGNED = (
    '<div data-inv="text"><p>{words}</p></div>{{% if invoice.notes %}}<p>{{{{ invoice.notes }}}}</p>{{% endif %}}'
)
TROUBLE = (
    "<div>{% if invoice.notes %}<p style='color: red; color: blue'>a</p>{% endif %} x &amp; &lt; <b>y</b> <i>z</i>"
    "</div><p style='color: {{ brand.color }}'>q</p>"
    "<ul>{% for line in lines %}<li>{{ line.description }}</li>{% endfor %}</ul>"
)
ACROSS = "{% if invoice.notes %}<div>a{% if totals.due > 0 %}</div>{% endif %}b{% endif %}"
PAGES = [
    *((kind, starter(kind)) for kind in TemplateType),
    (INVOICE, BY_HAND),
    (TemplateType.payment_reminder, REMINDER),
    (TemplateType.statement, STATEMENT),
    (INVOICE, TROUBLE),
    (INVOICE, DESIGNED.format(words="Hello")),
]


@pytest.mark.parametrize(("kind", "page"), PAGES)
def test_what_comes_back_untouched_prints_the_same(kind, page):
    lifted = lift(page, "en")
    assert "{{" not in lifted.html
    assert "{%" not in lifted.html

    def printed(html):
        return compile_source(Source(kind, html, subject="Hello" if kind.is_mail else "")).html

    back = lower(lifted.html, lifted.kept)
    assert printed(back) == printed(page)
    assert lift(back, "en") == lifted


def test_a_control_tag_whose_end_is_elsewhere_keeps_the_whole_page():
    assert list(lift(ACROSS, "en").kept) == ["en-0"]


def test_only_the_paper_may_be_chosen_by_a_page_rule():
    assert clean("@page { size: Letter; }") == ("@page{size:letter}", [])
    for wrong in ("@page { size: A5 }", "@page :first { size: A4 }", "@page { size: A4; margin: 0 }"):
        assert clean(wrong)[1], wrong


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_pdf_of_what_came_back_untouched_is_the_same_and_letter_is_letter(backend):
    async def pdf(kind, html, css=""):
        asked = TemplatePreviewIn(document_type=kind, html_content=html, css_content=css, output="pdf")
        return (await templates.preview(backend, petra, asked)).pdf

    for kind, page in [each for each in PAGES if not each[0].is_mail]:
        lifted = lift(page, "en")
        before = await pdf(kind, page)
        assert await pdf(kind, lower(lifted.html, lifted.kept)) == before
        assert papers(before) == {A4}
    assert papers(await pdf(INVOICE, BY_HAND, "@page { size: letter }")) == {LETTER}


async def opened(backend, by=petra, name="fancy"):
    return await backend.ask(by, templates.design, name, INVOICE, NORTHWIND)


def as_drawn(shown, **changes):
    return [
        DesignedLanguage(
            **{
                "language": each.language,
                "version": each.version,
                "html_content": each.lifted.html,
                "css_content": each.css,
                "untranslated": each.untranslated,
                **changes,
            }
        )
        for each in shown.languages
    ]


async def stored(backend, languages, by=petra, owner=NORTHWIND):
    work = DesignIn(name="fancy", document_type=INVOICE, owner_partner_id=owner, languages=languages)
    return await templates.save_design(backend, by, work)


async def test_what_was_not_changed_is_not_saved_and_what_was_keeps_its_code(backend):
    await draft(backend, language="en", html_content=DESIGNED.format(words="Hello"))
    shown = await opened(backend)
    assert [each.outcome for each in await stored(backend, as_drawn(shown))] == ["unchanged"]
    (english,) = as_drawn(shown)
    english.html_content = english.html_content.replace("Hello", "Welcome")
    german = english.model_copy(update={"language": "de", "version": 0, "untranslated": [0]})
    made = await stored(backend, [english, german])
    assert [(each.language, each.version, each.outcome) for each in made] == [("en", 2, "saved"), ("de", 1, "created")]
    rows = await backend.ask(petra, templates.listing)
    assert {row.html_content for row in rows} == {DESIGNED.format(words="Welcome")}
    again = {each.language: each for each in (await opened(backend)).languages}
    assert (again["de"].untranslated, again["en"].untranslated) == ([0], [])
    assert [each.outcome for each in await stored(backend, as_drawn(await opened(backend)))] == ["unchanged"] * 2

    with pytest.raises(Conflict, match="at version 2; you saw version 1"):
        await stored(backend, [english])
    (refused,) = [each for each in as_drawn(await opened(backend)) if each.language == "en"]
    for html, why in (
        ("<p>{% for line in lines %}{% endfor %}</p>", "template code"),
        ("<script>x</script>", "script"),
        ('<div data-inv="kept" data-key="en-9"></div>', "last version does not have"),
    ):
        refused.html_content = html
        with pytest.raises(Invalid, match=why):
            await stored(backend, [as_drawn(await opened(backend))[0], refused])
    assert [row.version for row in await backend.ask(petra, templates.listing)] == [1, 2]


async def test_the_platforms_own_is_the_platforms_and_a_viewer_draws_nothing(backend):
    await draft(backend, by=ada)
    with pytest.raises(Forbidden, match="it is the platform's"):
        await opened(backend)
    fresh = [DesignedLanguage(version=0, html_content="<p>x</p>")]
    with pytest.raises(Forbidden, match="it is the platform's"):
        await stored(backend, fresh, owner="")
    with pytest.raises(Forbidden):
        await opened(backend, by=pim)
    begun = await opened(backend, name="new")
    assert [(each.version, each.lifted.kept) for each in begun.languages] == [(0, {})]
