"""Every sentence stands in all six languages, asks for the same values there, and is asked for by somebody."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from scaicontrol import locales
from scaicontrol.core import i18n
from scaicontrol.services.templates.labels import Labels

PACKAGE = Path(locales.__file__).parent
PRODUCT = PACKAGE.parent
AREAS = sorted(path.stem for path in (PACKAGE / "en").glob("*.toml"))
ALL = [(area, key) for area in AREAS for key in i18n.words(area, "en")]


def test_there_is_a_folder_for_each_language_and_the_same_files_in_each():
    assert {each.name for each in PACKAGE.iterdir() if each.is_dir() and each.name != "__pycache__"} == set(
        i18n.LANGUAGES
    )
    for language in i18n.LANGUAGES:
        assert sorted(path.name for path in (PACKAGE / language).glob("*.toml")) == [f"{area}.toml" for area in AREAS]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("area", AREAS)
def test_no_sentence_is_missing_or_left_over(area, language):
    # In the same order too, to be read side by side.
    assert list(i18n.words(area, language)) == list(i18n.words(area, "en"))


@pytest.mark.parametrize(("area", "key"), ALL)
def test_a_sentence_asks_for_the_same_values_in_every_language(area, key):
    english = i18n.places(i18n.words(area, "en")[key])
    for language in i18n.LANGUAGES:
        text = i18n.words(area, language)[key]
        assert i18n.places(text) == english, f"{language}: {text}"
        assert text.count("{") == text.count("}") == len(english), f"a brace that is no place, {language}: {text}"
        assert text == text.strip() != ""


def _strings(folder: Path) -> set[str]:
    """Give every string of a folder's code; of one with values in it, what stands before the first."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                found.add(str(node.values[0].value))
    return found


def test_no_sentence_stands_there_for_nobody():
    named = _strings(PRODUCT) | {f"documents.{each.name}" for each in fields(Labels)}
    begun = tuple(each for each in named if each.endswith(".") and each.partition(".")[0] in AREAS)
    steps = _strings(PRODUCT / "services" / "explanations")  # a step names its sentence without the area
    left = {
        f"{area}.{key}"
        for area, key in ALL
        if f"{area}.{key}" not in named
        and not (area == "explanations" and {key, key.removesuffix("_per")} & steps)
        and not f"{area}.{key}".startswith(tuple(each for each in begun if each != "explanations."))
    }
    assert left == set()


def test_what_somebody_typed_is_text_and_nothing_else():
    typed = "{seller.__class__} %s {number}"
    said = i18n.say("mails.email_invoice.subject", "en", number=typed, seller="{0}")
    assert said == f"Invoice {typed} from {{0}}"


def test_a_value_that_is_missing_is_an_error_and_never_left_out():
    with pytest.raises(KeyError, match="seller"):
        i18n.say("mails.email_invoice.subject", "nl", number="1")


@pytest.mark.parametrize("code", ["pl", "", None, "en-GB", "EN"])
def test_a_language_we_do_not_speak_is_english(code):
    assert i18n.say("mails.frame.regards", code) == "Kind regards,"


def test_a_region_speaks_its_language():
    assert i18n.say("mails.frame.regards", "de-AT") == "Mit freundlichen Grüßen"
