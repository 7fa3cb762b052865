"""
The catalogues of the console: every sentence of templates and classes found, and kept in `<language>/console.po`.

`python -m scaicontrol.locales.console` adds what is new, without a translation, and drops what nobody says any more;
a test finds the language that lacks one. Nothing is marked beside a declaration: what reads as words at the level of
a module or class is said to people, and so are the names of states, kinds and topics.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Final, NamedTuple, TypeVar

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

import scaicontrol.core
import scaicontrol.services
from scaicontrol.core.events import DomainEvent
from scaicontrol.core.i18n import LANGUAGES
from scaicontrol.services.attention import ONE
from scaicontrol.services.identity import ROLES

Kind = TypeVar("Kind")

HERE: Final = Path(__file__).parent
# Enumerations of other packages are known only where somebody has imported them.
_SAID: Final = ("scaicontrol.core.", "scaicontrol.services.")
ROOT: Final = HERE.parents[1]
CONSOLE: Final = ROOT / "admin_views"
_FINDINGS: Final = ROOT / "scaicontrol" / "services" / "attention" / "findings.py"
_MANY: Final = 2  # which argument of a finding names many
TRANSLATED: Final = tuple(language for language in LANGUAGES if language != "en")
BUTTON: Final = "button"
# In templates: gettext's own, and macros whose first argument is a label.
_IN_TEMPLATES: Final = ("_", "gettext", "ngettext", "pgettext", "fact", "said")
# Which argument is the words of a button, to which English gives no form of their own.
_BUTTONS: Final = {"VerbButton": 1, "FindingAct": 2, "_configures": 1}
_WORDS: Final = re.compile(r"^[A-Z][a-z]|[A-Za-z]{2}[,;:.]? [A-Za-z]")
# What reads as words and is said to no person: headers, and names of the file formats.
_NO_WORDS: Final = re.compile(r"^(public, max-age|text/csv)|MMM")
# Names that pages say and no enumeration holds.
_NAMES: Final = (
    *("yes", "no", "alone", "operator", "built in", "environment", "live", "default", "off sale", "stopped", "outlier"),
    *(
        "status",
        "amount due",
        "amount paid",
        "amount credited",
        "unit price",
        "quantity",
        "reference",
        "iban",
        "no billing profile",
        "profile incomplete",
        "seller incomplete",
        "price missing",
        "vat undecidable",
        "credit exceeds charges",
        "input changed",
        "overflow",
        "partner",
        "subscriber",
        "plan key",
        "due date",
        "issue date",
        "number",
        "paid at",
        "sent at",
        "ends at",
        "settlement",
        "reason",
        "language",
        "time zone",
        "number format",
        "date format",
        "theme",
        "role",
        "name",
        "kind",
        "ticket",
        "on time",
        "live, with a newer draft",
        "good",
        "late",
        "running",
        "paused",
        "failing",
        "disabled",
        "not configured",
        "unresolved",
        "open",
        "info",
    ),
    *("warning", "error", "critical", "success", "added", "removed", "changed", "new", "same", "retry", "waive"),
    *("manual", "released", "waived", "base", "usage", "trial", "tenant", "subscription", "service", "metric"),
    *("reopen", "write off", "require", "warn", "ignore", "business", "consumer", "standard", "reduced", "never"),
)
_ALWAYS: Final = datetime(2026, 1, 1, tzinfo=UTC)  # the history is git's
_UNSAID: Final = frozenset({"RefusalCode", "RejectionCode", "Errand", "Meaning", "Work", "Medium", "Format"})


class Message(NamedTuple):
    """A sentence as its key: English, with its plural and the context that tells it from the same letters elsewhere."""

    one: str
    many: str | None = None
    context: str | None = None


def messages() -> dict[Message, set[str]]:
    """Find all sentences of the console, with the files that say them."""
    found: dict[Message, set[str]] = {}
    for path in sorted(CONSOLE.glob("*.py")):
        for message in _of_module(ast.parse(path.read_text("utf-8"))):
            found.setdefault(message, set()).add(str(path.relative_to(ROOT)))
    for path in sorted((CONSOLE / "templates").rglob("*.html")):
        for message in _of_template(path):
            found.setdefault(message, set()).add(str(path.relative_to(ROOT)))
    for name in _names():
        found.setdefault(Message(name), set()).add("scaicontrol/services")
    for heading in _headings():
        found.setdefault(Message(heading), set()).add("scaicontrol/services/attention")
    return found


def _headings() -> Iterator[str]:
    """Find what home says of a finding, of one and of many; many are the third word of each finding."""
    yield from ONE.values()
    for node in ast.walk(ast.parse(_FINDINGS.read_text("utf-8"))):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if isinstance(node, ast.Call) and name in {"Finding", "_subscriptions"} and len(node.args) > _MANY:
            many = node.args[_MANY]
            if isinstance(many, ast.Constant):
                yield str(many.value)


def _of_template(path: Path) -> Iterator[Message]:
    with path.open("rb") as source:
        for _, function, words, _ in babel_extract(source, _IN_TEMPLATES, [], {}):
            given = [word for word in ((words,) if isinstance(words, str) else words or ()) if word]
            if function == "ngettext":
                yield Message(given[0], given[1])
            elif function == "pgettext":
                yield Message(given[1], context=given[0])
            elif given:
                yield Message(given[0])


def _of_module(tree: ast.Module) -> Iterator[Message]:
    yield from _called(tree)
    yield from _declared(tree)


def _called(tree: ast.AST) -> Iterator[Message]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            said = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
            if name in {"gettext", "marked"} and said and isinstance(said[0], str):
                yield Message(said[0])
            elif name == "ngettext":
                yield Message(str(said[0]), str(said[1]))
            elif name in _BUTTONS and len(said) > _BUTTONS[name] and isinstance(said[_BUTTONS[name]], str):
                yield Message(str(said[_BUTTONS[name]]), context=BUTTON)


def _declared(node: ast.AST, *, is_button: bool = False) -> Iterator[Message]:
    """Find what is declared: words outside of functions, docstrings and type hints."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and not is_button and reads_as_words(node.value):
            yield Message(node.value)
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Expr | ast.arg) or _is_all(node):
        return
    buttons = _BUTTONS.get(node.func.id) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
    for name, value in ast.iter_fields(node):
        if name not in {"annotation", "keys"}:
            for place, child in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(child, ast.AST):
                    yield from _declared(child, is_button=name == "args" and place == buttons)


def _is_all(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)


def reads_as_words(text: str) -> bool:
    """Tell whether a literal is something for people rather than a name of the code."""
    return bool(_WORDS.search(text)) and not _NO_WORDS.search(text)


def _names() -> set[str]:
    """Name the states, kinds, roles and topics as pages say them."""
    for package in (scaicontrol.core, scaicontrol.services):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    kinds = [each for each in _below(StrEnum) if each.__module__.startswith(_SAID)]
    states = {str(state) for kind in kinds if kind.__name__ not in _UNSAID for state in kind}
    topics = {each.topic for each in _below(DomainEvent) if "topic" in vars(each)}
    names = {*states, *topics, *ROLES, *_NAMES}
    return {name.replace("_", " ").replace(".", " ") for name in names}


def _below(kind: type[Kind]) -> Iterator[type[Kind]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def read(language: str) -> Catalog:
    """Read the catalogue of a language; an empty one where there is none yet."""
    path = HERE / language / "console.po"
    if not path.exists():
        return Catalog(language)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def renewed(language: str, found: dict[Message, set[str]]) -> Catalog:
    """Make the catalogue of a language anew: what is said now, with the translations there are."""
    before = read(language)
    after = Catalog(
        language,
        project="ScaiControl",
        version="1",
        header_comment=f"# The console in {Locale.parse(language).english_name}; English is the key.",
        copyright_holder="ScaiControl",
        msgid_bugs_address="",
        creation_date=_ALWAYS,
        revision_date=_ALWAYS,
        last_translator="",
        language_team="",
        fuzzy=False,
    )
    for message in sorted(found, key=lambda each: (each.one.lower(), each.one, each.context or "")):
        key = (message.one, message.many) if message.many else message.one
        known = before.get(message.one, message.context)
        kept = known.string if known is not None and known.id == key else None
        places = [(place, 0) for place in sorted(found[message])]
        after.add(key, kept or "", places, context=message.context)
    return after


def main() -> None:
    found = messages()
    for language in TRANSLATED:
        catalogue = renewed(language, found)
        with (HERE / language / "console.po").open("wb") as target:
            write_po(target, catalogue, width=120, include_lineno=False, ignore_obsolete=True)
        lacking = sum(1 for each in catalogue if each.id and not all(forms(each.string)))
        print(f"{language}: {len(catalogue)} sentences, {lacking} without a translation.")  # noqa: T201


def forms(string: str | Sequence[str] | None) -> Sequence[str]:
    """Give all forms of a translation, which has several where there is a plural."""
    return (string or "",) if isinstance(string, str | None) else string


if __name__ == "__main__":
    main()
