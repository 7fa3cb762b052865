"""
The fonts documents are set in: named files of well-kept packages, and no other font a machine may have.

One list makes both the renderer's configuration and the answer to which characters can be printed, so that the gate in
front of a number and the renderer behind it agree. Debian: fonts-noto-core, fonts-dejavu-core, fonts-wqy-microhei
(Chinese, Japanese, Korean), fonts-symbola (symbols and emoji in one colour).
"""

import re
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

from pydantic import (
    AfterValidator,
)

from scaicontrol.core.errors import Unavailable
from scaicontrol.core.text import SHAPING, leaves_no_trace, not_meant

_FOLDERS = tuple(
    Path(folder).expanduser()
    for folder in ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "/opt/homebrew/share/fonts")
)
# A character comes from the first family that has it, whatever a stylesheet asks for: the family and its files' stem.
_FAMILIES = {
    "Noto Sans": "NotoSans",
    "Noto Sans Arabic": "NotoSansArabic",
    "Noto Sans Hebrew": "NotoSansHebrew",
    "DejaVu Sans": "DejaVuSans",
    "Noto Sans Symbols": "NotoSansSymbols",
    "Noto Sans Symbols2": "NotoSansSymbols2",
    "Noto Sans Math": "NotoSansMath",
    "WenQuanYi Micro Hei": "wqy-microhei",
    "Symbola": "Symbola_hint",
}
_OTHER_SCRIPTS = re.compile(r"NotoSans[A-Z]\w+-(Regular|Bold)")
_UPRIGHT, _STYLED = ("-Regular", ""), ("-Bold", "-Italic", "-BoldItalic")

_WHITE = frozenset("\t\n\r ")


def unprintable(text: str) -> str:
    """
    Give the characters of `text`, each once, that a document cannot show: no font has them, or nobody would see them.

    The latter are controls, and invisible characters that would make the printed text read unlike the stored one.
    """
    return "".join(character for character in dict.fromkeys(text) if not _is_printable(character))


def drawn(text: str) -> str:
    """Give text that documents can show, or raise ValueError naming the character that no font has."""
    if text.isascii():
        return text
    with suppress(Unavailable):  # without fonts nothing is printed at all, and the gate says so
        if missing := unprintable(text):
            raise ValueError(f"it contains {undrawn(missing[0])}; write it in other letters")
    return text


def undrawn(character: str) -> str:
    """Say in a sentence's part what is wrong with a character that no font has."""
    return f"'{character}' (U+{ord(character):04X}), which no font has"


def load() -> None:
    """Read what all fonts can draw, which takes a second, before somebody writes in letters that are looked up."""
    with suppress(Unavailable):  # without fonts nothing is printed, and whoever prints is told so
        for path in _files():
            _characters_of(path)


@cache
def configuration() -> str:
    """Write the fontconfig file (fonts.dtd) that knows these fonts only."""
    accepted = "".join(f"<glob>{escape(str(path))}</glob>" for path in _files())
    folders = "".join(f"<dir>{escape(str(path))}</dir>" for path in sorted({path.parent for path in _files()}))
    families = "".join(f"<string>{family}</string>" for family in _FAMILIES)
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
        f'{folders}<cachedir prefix="xdg">fontconfig</cachedir><cachedir>/var/cache/fontconfig</cachedir>'
        # By kind of file: a pattern that matches a folder would shut out what is in it.
        "<selectfont><rejectfont><glob>*.?t?</glob><glob>*.woff*</glob><glob>*.pf?</glob><glob>*.pcf*</glob>"
        f"<glob>*.t1</glob></rejectfont><acceptfont>{accepted}</acceptfont></selectfont>"
        f'<match target="pattern"><edit name="family" mode="append" binding="strong">{families}</edit></match>'
        "</fontconfig>"
    )


@lru_cache(maxsize=20_000)
def _is_printable(character: str) -> bool:
    if character in _WHITE or character in SHAPING:
        return True
    if leaves_no_trace(character) or not_meant(character):
        return False
    return any(ord(character) in _characters_of(path) for path in _files() if not path.stem.endswith(_STYLED))


@cache
def _files() -> tuple[Path, ...]:
    """Find the files in the order in which they are asked; a name that is in two folders counts in the first."""
    named = {path.stem: path for folder in reversed(_FOLDERS) for path in sorted(folder.rglob("*.tt[fc]"))}
    stems = [stem + style for stem in _FAMILIES.values() for style in (*_UPRIGHT, *_STYLED)]
    found = [named[stem] for stem in stems if stem in named]
    if not found or not found[0].stem.startswith("NotoSans"):
        raise Unavailable("Noto Sans, the font of documents, is not installed: install fonts-noto-core.")
    return tuple(dict.fromkeys([*found, *(named[stem] for stem in sorted(named) if _OTHER_SCRIPTS.fullmatch(stem))]))


@cache
def _characters_of(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415  nobody who writes in plain letters waits for it

    with TTFont(path, fontNumber=0, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


Printed = AfterValidator(drawn)
