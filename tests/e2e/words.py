"""What the portal says, by key, in any of its languages: read from the dictionaries that it is built from."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

DICTIONARIES = Path(__file__).parents[2] / "frontend" / "src" / "i18n"
_TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:[^"\\\\]|\\\\.)*"|[A-Za-z_$][\w$]*|[{}:,]""", re.DOTALL)
_HOLE = re.compile(r"\{\{ (\w+) \}\}")


@cache
def phrases(language: str) -> dict[str, str]:
    """Every phrase of a language under its full key, such as `nav.invoices`."""
    found: dict[str, str] = {}
    for file in sorted((DICTIONARIES / language).glob("*.ts")):
        if file.name not in {"index.ts", "entrance.ts"}:  # which join the others
            _flatten(_read(file), "", found)
    return found


def phrase(language: str, key: str, **holes: str) -> str | re.Pattern[str]:
    """One phrase, exactly as it is shown; where a hole is not given, a pattern that takes anything there."""
    text = phrases(language)[key]
    filled = _HOLE.sub(lambda hole: holes.get(hole[1], hole[0]), text)
    if not _HOLE.search(filled):
        return filled
    return re.compile("^" + ".+".join(re.escape(part) for part in _HOLE.split(filled)[::2]) + "$")


def _read(file: Path) -> dict[str, Any]:
    """Read `export default { … }`, an object of objects and double-quoted strings, as JSON."""
    body = file.read_text().partition("export default")[2]
    written: list[str] = []
    for token in _TOKEN.findall(body):
        if token.startswith(("//", "/*")):
            continue
        if token in {"}", "{", ":", ","} or token.startswith('"'):
            if token == "}" and written[-1] == ",":
                written.pop()
            written.append(token)
        elif written[-1:] != ["}"] or written.count("{") > written.count("}"):
            written.append(f'"{token}"')
        else:  # `as const`, `satisfies …`
            break
    read: dict[str, Any] = json.loads("".join(written))
    return read


def _flatten(words: dict[str, Any], before: str, into: dict[str, str]) -> None:
    for name, value in words.items():
        if isinstance(value, str):
            into[before + name] = value
        else:
            _flatten(value, f"{before}{name}.", into)
