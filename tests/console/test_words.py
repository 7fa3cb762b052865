"""The console speaks to each operator in their language, and says nothing past the catalogues."""

import ast
import functools
import re
from gettext import NullTranslations
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from admin_views import formatting
from admin_views.designer import SAID
from admin_views.language import ConsoleReader, gettext, ngettext, reader
from scaicontrol.core.i18n import LANGUAGES
from scaicontrol.locales import console as words
from scaicontrol.services import identity
from scaicontrol.services.identity.schemas import UserPreferencesIn, UserPreferencesOut
from tests.factories import ada
from tests.factories.accounting import an_integration
from tests.factories.identity import store_group, store_user
from tests.factories.invoices import a_draft, sent
from tests.factories.templates import draft
from tests.factories.uploads import uploaded
from tests.factories.webhooks import subscriber
from tests.surfaces.console_browser import press, said
from tests.surfaces.test_console_guards import ADDRESSES, NOBODY

PLACE = re.compile(r"%\((\w+)\)s|%%|(%)|\{(\w+)\}")
# Of a template's own text: keys of the keyboard, names of formats and protocols, examples that nobody translates.
UNTRANSLATED = re.compile(
    r"ScaiControl|SHA-256|UTC|VIES|POST|CSS|HTML|PDF|A4|MB|ms|Webhook|"
    r"status:past_due|amount:|tenant:acme|Ctrl K|Enter|PUT /api/v1/registry/register|inv_…|run_…|&\w+;|%"
)
# What stands in functions and is no sentence: headers and names of columns, selectors, log events.
NO_SENTENCES = re.compile(
    r"attachment;|inline;|-src |Path=/|^Value error, $|^Sought$|^Field$|^Sample$|Page$|^admin_views\.$"
)


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


@pytest.fixture
def speaking():
    """Let somebody read: their language, and what else they prefer."""
    tokens = []

    def speak(language: str, **preferred: object) -> None:
        chosen = {"language": language, "time_zone": None, "number_format": None, "date_format": None, "theme": None}
        asked = UserPreferencesOut.model_validate(chosen | preferred)
        tokens.append(reader.set(ConsoleReader().preferring(asked)))

    yield speak
    for token in reversed(tokens):
        reader.reset(token)


@pytest.mark.parametrize(
    ("asks", "speaks"),
    [
        ("", "en"),
        ("pt-BR,de;q=0.8,en;q=0.5", "de"),
        ("en;q=0.2, nl-BE;q=0.9", "nl"),
        ("fr;q=0, *;q=0.1", "en"),
        ("zz, ;q=x, it", "it"),
    ],
)
def test_a_browser_asks_for_a_language(asks, speaks):
    assert ConsoleReader.of_browser(asks).language == speaks


async def test_an_operator_s_own_language_goes_before_the_browser_s(browser, backend):
    await store_user(backend, "ada", tenant_id=None, partner_id=None)
    async with browser("ada") as page:
        german = await page.get("/admin/tenant/list", headers={"accept-language": "de"})
        assert '<html lang="de"' in german.text
        assert "Mandanten" in german.text
        assert '<html lang="en"' in (await page.get("/admin/tenant/list")).text
        form = {
            "language": "fr",
            "time_zone": "Europe/Paris",
            "number_format": "",
            "date_format": "iso",
            "theme": "dark",
        }
        assert (await press(page, "/admin/preferences/do/choose", **form)).status_code == 303
        chosen = await page.get("/admin/preferences", headers={"accept-language": "de"})
        assert '<html lang="fr" data-chosen-theme="dark"' in chosen.text
        assert "2026-01-31" in said(chosen)
        refused = await press(page, "/admin/preferences/do/choose", time_zone="Europe/Mars")
        assert (refused.status_code, "Europe/Mars" in said(refused)) == (422, True)
    assert (await backend.ask(ada, identity.preferences)).language == "fr"
    await backend.perform(ada, identity.set_preferences, UserPreferencesIn())


async def test_strangers_are_spoken_to_as_their_browser_asks(browser):
    async with browser("alice") as page:
        answer = await page.get("/admin/", headers={"accept-language": "nl"})
    assert (answer.status_code, '<html lang="nl"' in answer.text) == (403, True)


def test_numbers_days_and_moments_are_written_as_the_reader_prefers(speaking, backend):
    now = backend.clock.now().replace(month=1, day=5, hour=23, minute=30)
    assert (formatting.money(123456, "EUR"), formatting.day(now.date())) == ("1,234.56 EUR", f"05 Jan {now.year}")
    speaking("de", time_zone="Europe/Berlin")
    assert formatting.money(-123456, "EUR") == "-1.234,56 EUR"
    assert formatting.moment(now) == f"6. Jan. {now.year}, 00:30 CET"
    speaking("de", number_format="apostrophe_point", date_format="dots")
    assert (formatting.count(1234567), formatting.day(now.date())) == ("1’234’567", f"05.01.{now.year}")
    assert formatting.exact(1234) == "1234"


def test_each_language_counts_in_its_own_way(speaking):
    told = {}
    for language in LANGUAGES:
        speaking(language)
        told[language] = [ngettext("%(num)s day", "%(num)s days", number) for number in (0, 1, 2)]
    assert told["en"] == ["0 days", "1 day", "2 days"]
    assert told["fr"] == ["0 jour", "1 jour", "2 jours"]
    assert told["de"] == ["0 Tage", "1 Tag", "2 Tage"]


def test_what_somebody_typed_is_only_text(speaking):
    speaking("de")
    assert "100% %(name)s" in gettext("%(name)s takes nothing any more; what waited is skipped.", name="100% %(name)s")


def test_the_designer_says_only_what_the_console_gives_it():
    sources = sorted((words.ROOT / "frontend" / "src" / "designer").glob("*.ts"))
    asked = [each for path in sources for each in re.findall(r'worded\(\s*"([^"]*)"', path.read_text("utf-8"))]
    assert sorted(set(asked)) == sorted(SAID)


def _templates():
    return sorted(Path(words.CONSOLE / "templates").rglob("*.html"))


def test_no_template_says_a_word_past_gettext():
    found = []
    for path in _templates():
        text = re.sub(r"\{#.*?#\}|<(script|style)\b.*?</\1>", "", path.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
        attributes = [value for _, value in re.findall(r'\b(aria-label|placeholder|title|alt)="([^"]*)"', text)]
        shown = re.sub(r"<(kbd|code)\b[^>]*>.*?</\1>|<[^<]*?>", "\n", text, flags=re.DOTALL).split("\n")
        bare = [each for each in (*attributes, *shown) if re.search(r"[A-Za-z]{2}", UNTRANSLATED.sub("", each))]
        found += [f"{path.name}: {each.strip()}" for each in bare]
    assert found == [], 'write {{ _("…") }}'


def test_no_function_says_a_sentence_past_gettext():
    found = []
    for path in sorted(words.CONSOLE.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                found += [f"{path.name}: {each}" for each in _bare(function) if not NO_SENTENCES.search(each)]
    assert sorted(set(found)) == [], "say it by gettext"


def _bare(node: ast.AST):
    """Find sentences that no call of gettext, no log and no docstring holds."""
    for child in ast.iter_child_nodes(node):
        called = child.func if isinstance(child, ast.Call) else None
        name = getattr(called, "id", getattr(called, "attr", ""))
        if name in {"gettext", "ngettext", "translated", "exception", "Chart"} or isinstance(child, ast.Expr | ast.arg):
            if isinstance(child, ast.Expr) and not isinstance(child.value, ast.Constant):
                yield from _bare(child)
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            if re.search(r"^[A-Z][a-z]+ [a-z]|[a-z]{2} [a-z]{2,} [a-z]{2}|[a-z]\.$", child.value):
                yield child.value
            continue
        yield from _bare(child)


def test_every_sentence_is_given_the_values_it_names():
    wrong = [said_so for said_so, wanted, given in _calls() if wanted != given]
    assert wrong == []


def _calls():
    """Give every sentence with the values it names and those it is given."""
    for path in words.CONSOLE.glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
            name, first = getattr(call.func, "id", ""), call.args[0]
            if name in {"gettext", "ngettext"} and isinstance(first, ast.Constant):
                yield first.value, _named(str(first.value), name), {each.arg for each in call.keywords}
    pages = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in _templates():
        for asked in pages.parse(path.read_text("utf-8")).find_all(nodes.Call):
            name = getattr(asked.node, "name", "")
            if name in {"_", "ngettext"} and isinstance(said_so := asked.args[0], nodes.Const):
                yield said_so.value, _named(said_so.value, name), {each.key for each in asked.kwargs}


def _named(sentence: str, function: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", sentence)) - ({"num"} if function == "ngettext" else set())


@functools.cache
def _found():
    return words.messages()


@pytest.mark.parametrize("language", words.TRANSLATED)
def test_every_sentence_is_translated_and_none_is_left_over(language):
    kept = {_message(each): words.forms(each.string) for each in words.read(language) if each.id}
    assert (kept.keys() ^ _found().keys()) == set(), "run python -m scaicontrol.locales.console"
    assert [message.one for message, said_so in kept.items() if not all(said_so)] == []
    wrong = [
        (message.one, translation)
        for message, said_so in kept.items()
        for translation in said_so
        if _places(translation) != _places(message.one)
        or (message.one[0] == " " != translation[:1])
        or (message.one[-1] == " " != translation[-1:])
    ]
    assert wrong == [], "the same named places, percent signs and spaces around"


def _message(entry):
    one, many = (entry.id, None) if isinstance(entry.id, str) else entry.id
    return words.Message(one, many, entry.context)


def _places(text: str) -> list[str]:
    return sorted(match[0] for match in PLACE.finditer(text))


class Pseudo(NullTranslations):
    """A language in which whatever is translated stands between brackets."""

    def gettext(self, message):
        return f"⟦{message}⟧"

    def ngettext(self, msgid1, msgid2, n):
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context, message):
        return f"⟦{message}⟧"


# What a page says that is no sentence of ours: names, ids, codes and values of the cast's rows.
WITHIN = re.compile(r"<(dt|label|button|h2|h3|summary|legend|option|th)\b([^>]*)>(.*?)</\1>", re.DOTALL)
SPOKEN_ATTRIBUTES = re.compile(r'\b(?:aria-label|placeholder)="([^"]*)"')
DATA = re.compile(
    r"[a-z]{3}_[\w…]+|\b(?:EUR|USD|VIES|UTC|CSV|JSON|SHA-256|IBAN|BIC|OSS|Peppol)\b|&[\w#]+;|\{\w+\}|"
    r"English|Nederlands|Deutsch|Français|Español|Italiano|\b(?:en|nl|de|fr|es|it)\b|https?://\S+|"
    r"Pro plan|Scaidrive|\b[a-z_]+\.[a-z_.]+\b|[A-Z]{2,}-[\w-]+"
)


def _untranslated(page: str) -> set[str]:
    body = re.sub(r"<kbd>.*?</kbd>", "", page[page.index("<body") :])
    ours = [text for tag, attributes, text in WITHIN.findall(body) if tag != "th" or 'scope="col"' in attributes]
    texts = [re.sub(r"<[^>]*>", " ", text) for text in ours] + SPOKEN_ATTRIBUTES.findall(body)
    bare = set()
    for text in texts:
        left, before = text, ""
        while left != before:
            before, left = left, re.sub(r"⟦[^⟦⟧]*⟧", "", left)
        if re.search(r"[^\W\d_]{3}", DATA.sub("", left)):
            bare.add(" ".join(text.split()))
    return bare


async def _walked(client, addresses):
    found = {}
    for address in addresses:
        answer = await client.get(address)
        assert answer.status_code == 200, address
        if left := _untranslated(answer.text):
            found[address] = left
    return found


async def test_no_page_shows_a_word_past_the_catalogue(browser, backend, monkeypatch):
    monkeypatch.setattr("admin_views.language.catalogue", lambda _: Pseudo())
    monkeypatch.setattr("admin_views.site.catalogue", lambda _: Pseudo())
    invoice = await sent(backend)
    pages = ["", "search", "preferences/do/choose", "tenant/list", "invoice/list", f"invoice/details/{invoice.id}"]
    async with browser("ada") as client:
        assert await _walked(client, [f"/admin/{page}" for page in pages]) == {}


@pytest.mark.long
async def test_no_page_at_all_shows_a_word_past_the_catalogue(browser, backend, monkeypatch):
    monkeypatch.setattr("admin_views.language.catalogue", lambda _: Pseudo())
    monkeypatch.setattr("admin_views.site.catalogue", lambda _: Pseudo())
    await sent(backend)
    await a_draft(backend)
    await subscriber(backend)
    await draft(backend, by=ada)
    await an_integration(backend)
    await uploaded(backend)
    await store_user(backend, "tom", "tenant_admin")
    await store_group(backend, "books", ["tom"])
    async with browser("ada") as client:
        listed = [address for address, _ in ADDRESSES if NOBODY not in address and "/export/" not in address]
        shown = []
        for address in [each for each in listed if each.endswith("/list")]:
            row = re.search(r'href="([^"]*/details/[^"]+)" data-id', (await client.get(address)).text)
            shown += [row[1]] if row else []
        acts = [link for page in shown for link in re.findall(r'href="([^"?]*/do/\w+)"', (await client.get(page)).text)]
        assert len(shown) > 10
        assert await _walked(client, [*listed, *shown, *acts]) == {}
