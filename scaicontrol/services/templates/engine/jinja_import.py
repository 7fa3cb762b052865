"""
Templates from elsewhere: Jinja whose control tags are hidden in HTML comments (`<!--JS:{% for … %}-->`) becomes Liquid.

Only what has a twin in Liquid is translated; the rest is refused with its line. Line breaks stay where they are.
"""

import re
from typing import Final

from .problems import Problem, line_at

_HIDDEN: Final = re.compile(r"<!--\s*JS:\s*(.*?)\s*-->", re.DOTALL)
_NOTE: Final = re.compile(r"\{#.*?#\}", re.DOTALL)
_CODE: Final = re.compile(r"\{\{(-?)(.*?)(-?)\}\}|\{%(-?)(.*?)(-?)%\}", re.DOTALL)
_QUOTED: Final = re.compile(r"('[^']*'|\"[^\"]*\")")
_CALL: Final = re.compile(r"\|\s*(\w+)\s*\(\s*((?:'[^']*'|\"[^\"]*\"|[^()'\"])*)\)")
_NAMES: Final = {
    "upper": "upcase", "lower": "downcase", "length": "size", "count": "size", "trim": "strip", "e": "escape",
    "title": "capitalize", "day": "date", "d": "default",
}  # fmt: skip
_LOOP: Final = {
    "index": "index",
    "index0": "index0",
    "first": "first",
    "last": "last",
    "length": "length",
    "revindex": "rindex",
}
_SAME: Final = frozenset({"for", "endfor", "if", "else", "break", "continue"})


def may_be_jinja(source: str) -> bool:
    """Tell at a glance whether `is_jinja` is worth asking, whose answer may take long."""
    return "<!--" in source and "JS:" in source


def is_jinja(source: str) -> bool:
    """Tell whether control tags are hidden in comments, as stored Jinja-style content has them."""
    return _HIDDEN.search(source) is not None


def to_liquid(source: str, field: str = "html_content") -> tuple[str, list[Problem]]:
    """Translate a source and name everything in it that Liquid cannot say."""
    return _Translation(field).of(source)


class _Translation:
    def __init__(self, field: str) -> None:
        self.field = field
        self.problems: list[Problem] = []
        self.ends: list[str] = []  # what the open conditions end with

    def of(self, source: str) -> tuple[str, list[Problem]]:
        shown = _HIDDEN.sub(lambda found: _padded(found[0], _as_tag(found[1])), source)
        shown = _NOTE.sub(lambda found: "\n" * found[0].count("\n"), shown)
        at, written = 0, []
        for found in _CODE.finditer(shown):
            written.append(shown[at : found.start()])
            written.append(_padded(found[0], self._code(found, line_at(shown, found.start()))))
            at = found.end()
        return "".join([*written, shown[at:]]), self.problems

    def _code(self, found: re.Match[str], line: int) -> str:
        if found[2] is not None:
            return f"{{{{{found[1]} {self._expression(found[2], line)} {found[3]}}}}}"
        word, _, rest = found[5].strip().partition(" ")
        return f"{{%{found[4]} {self._tag(word, rest.strip(), line)} {found[6]}%}}"

    def _tag(self, word: str, rest: str, line: int) -> str:
        if word == "if":
            negated = re.fullmatch(r"not\s+(\S.*)", rest, re.DOTALL)
            word = "unless" if negated else "if"
            rest = negated[1] if negated else rest
            self.ends.append(f"end{word}")
        elif word == "endif":
            word = self.ends.pop() if self.ends else "endif"
        elif word == "elif":
            word = "elsif"
        elif word not in _SAME:
            self._complain(line, f"'{word}' has no twin in Liquid; print the variable where it is needed.")
        return f"{word} {self._expression(rest, line)}".strip()

    def _expression(self, text: str, line: int) -> str:
        text = _CALL.sub(
            lambda found: f"| {found[1]}: {found[2].strip()}" if found[2].strip() else f"| {found[1]}", text
        )
        parts = _QUOTED.split(text.strip())
        return "".join(part if part[:1] in ("'", '"') else self._plain(part, line) for part in parts)

    def _plain(self, text: str, line: int) -> str:
        text = re.sub(r"\s+is\s+defined\b|\s+is\s+not\s+none\b", "", text)
        text = re.sub(r"\bloop\.(\w+)", lambda found: f"forloop.{_LOOP.get(found[1], found[1])}", text)
        text = re.sub(r"\|\s*(\w+)", lambda found: f"| {_NAMES.get(found[1], found[1])}", text)
        text = re.sub(r"\bTrue\b", "true", re.sub(r"\bFalse\b", "false", re.sub(r"\bNone\b", "nil", text)))
        for pattern, what in _UNTRANSLATABLE:
            if pattern.search(text):
                self._complain(line, f"{what} has no twin in Liquid: '{text.strip()[:60]}'.")
                break
        return text

    def _complain(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.field, line, message))


_UNTRANSLATABLE: Final = (
    (re.compile(r"\w\s*\("), "A call"),
    (re.compile(r"\bnot\b"), "'not' inside a condition"),
    (re.compile(r"\s[-+*/%~]\s"), "Arithmetic"),
    (re.compile(r"\bif\b"), "An inline 'if'"),
    (re.compile(r"__"), "A name with two underscores"),
)


def _as_tag(hidden: str) -> str:
    return hidden if hidden.startswith(("{%", "{{", "{#")) else f"{{% {hidden} %}}"


def _padded(before: str, after: str) -> str:
    """Keep the lines that follow where they were."""
    return after + "\n" * max(0, before.count("\n") - after.count("\n"))
