"""
Which CSS people may write: plain rules with properties that print, and nothing that fetches, hides or covers.

What is not allowed is refused with its line; what comes out is written anew from the parsed tokens.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import tinycss2

from .problems import Problem
from .tokens import mark_of

CSS_MOST: Final = 200_000  # characters
_SELECTOR: Final = re.compile(r"[\w\s#.,:>*+~()\[\]=\"'-]{1,500}")
_FUNCTIONS: Final = frozenset({"rgb", "rgba", "hsl", "hsla", "calc", "min", "max", "clamp", "var", "repeat", "minmax"})
_PROPERTIES: Final = frozenset({
    "align-content", "align-items", "align-self", "background", "background-color", "background-image",
    "background-position", "background-repeat", "background-size", "border-collapse", "border-radius",
    "border-spacing", "box-sizing", "break-after", "break-before", "break-inside", "caption-side", "clear", "color",
    "column-gap", "content", "display", "empty-cells", "flex", "flex-basis", "flex-direction", "flex-grow",
    "flex-shrink", "flex-wrap", "float", "font", "font-family", "font-feature-settings", "font-size", "font-style",
    "font-variant", "font-variant-numeric", "font-weight", "gap", "grid-column", "grid-gap", "grid-row",
    "grid-template-columns", "height", "hyphens", "justify-content", "letter-spacing", "line-height", "list-style",
    "list-style-type", "max-height", "max-width", "min-height", "min-width", "order", "orphans", "overflow-wrap",
    "padding", "row-gap", "table-layout", "text-align", "text-decoration", "text-transform", "vertical-align",
    "white-space", "widows", "width", "word-break", "word-spacing",
})  # fmt: skip
_FAMILIES: Final = ("border", "border-top", "border-right", "border-bottom", "border-left", "margin", "padding")
_SIDED: Final = re.compile(rf"(?:{'|'.join(_FAMILIES)})(?:-(?:top|right|bottom|left|width|style|color))?")
IMAGE: Final = re.compile(r"data:image/(?:png|jpeg|webp|gif|svg\+xml)[;,][^\s<>\"']*")
# A mail may hide the line that clients show as its preview; a document hides nothing.
_HIDING: Final = {("display", "none"), ("white-space", "collapse")}

# Boxes that WeasyPrint (70) never breaks between pages: what does not fit is dropped.
_LOSING: Final = frozenset({
    "inline-block", "inline-flex", "inline-grid", "inline-table", "table-header-group", "table-footer-group",
})  # fmt: skip


def clean(css: str, *, is_mail: bool = False) -> tuple[str, list[Problem]]:
    """Give the stylesheet as we would write it, and everything in it that is refused."""
    if len(css) > CSS_MOST:
        return "", [_problem(0, f"It is longer than {CSS_MOST:,} characters.")]
    problems: list[Problem] = []
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "\n".join(_rules(rules, problems, is_mail=is_mail)), problems


def declarations(text: str, line: int, *, is_mail: bool = False) -> tuple[str, list[Problem]]:
    """Check what stands in a `style` attribute on this line of the HTML."""
    problems: list[Problem] = []
    written = "; ".join(_declarations(tinycss2.parse_blocks_contents(text), problems, is_mail=is_mail))
    return written, [Problem("html_content", line, problem.message) for problem in problems]


def losing(css: str) -> list[Problem]:
    """
    Name what makes layout lose lines without a word, once they are higher than a page.

    It keeps a template from being saved and from going live. What was made before stays as it is: its pages are read
    before they are kept.
    """
    return list(_losing_rules(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)))


def losing_inline(text: str, line: int) -> list[Problem]:
    """Name the same in a `style` attribute on this line of the HTML."""
    found = _losing_declarations(tinycss2.parse_blocks_contents(text))
    return [Problem("html_content", line, problem.message) for problem in found]


def _losing_rules(rules: Sequence[Any]) -> Iterator[Problem]:
    for rule in rules:
        if rule.type == "at-rule" and rule.content is not None:
            yield from _losing_rules(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True))
        elif rule.type == "qualified-rule":
            yield from _losing_declarations(tinycss2.parse_blocks_contents(rule.content))


def _losing_declarations(contents: Sequence[Any]) -> Iterator[Problem]:
    for each in contents:
        if each.type != "declaration" or each.lower_name != "display":
            continue
        written = tinycss2.serialize(each.value).strip().lower()
        if written in _LOSING:
            message = f"'display: {written}' loses what is higher than a page; use 'block', 'table' or 'flex' instead."
            yield _problem(each.source_line, message)


def _rules(rules: Sequence[Any], problems: list[Problem], *, is_mail: bool) -> Iterator[str]:
    for rule in rules:
        if rule.type == "error":
            problems.append(_problem(rule.source_line, f"This is not CSS: {rule.message}."))
        elif rule.type == "at-rule":
            yield from _at_rule(rule, problems, is_mail=is_mail)
        elif rule.type == "qualified-rule":
            selector = tinycss2.serialize(rule.prelude).strip()
            if not _SELECTOR.fullmatch(selector):
                problems.append(_problem(rule.source_line, f"The selector '{selector[:60]}' is not allowed."))
            contents = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
            yield f"{selector}{{{';'.join(_declarations(contents, problems, is_mail=is_mail))}}}"


def _at_rule(rule: Any, problems: list[Problem], *, is_mail: bool) -> Iterator[str]:
    if (
        rule.lower_at_keyword == "page"
        and not is_mail
        and (paper := _paper(tinycss2.serialize([*rule.prelude, *(rule.content or ())])))
    ):
        yield f"@page{{size:{paper}}}"
        return
    if rule.lower_at_keyword != "media" or rule.content is None:
        why = {
            "import": "nothing is loaded from elsewhere",
            "font-face": "documents use the fonts that are installed",
            "page": "margins and page numbers are set by us, and its size is A4 or letter",
        }.get(rule.lower_at_keyword, "only @media is")
        problems.append(_problem(rule.source_line, f"@{rule.at_keyword} is not allowed: {why}."))
        return
    condition = tinycss2.serialize(rule.prelude).strip()
    if not re.fullmatch(r"[\w\s(),:.-]{1,200}", condition):
        problems.append(_problem(rule.source_line, f"The condition '{condition[:60]}' is not allowed."))
    inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
    yield f"@media {condition}{{{' '.join(_rules(inner, problems, is_mail=is_mail))}}}"


def _paper(rule: str) -> str:
    """Give the paper that a page rule asks for, nothing when it asks for anything else."""
    asked = re.fullmatch(r"size ?: ?(a4|letter) ?;?", " ".join(rule.lower().split()))
    return {"a4": "A4", "letter": "letter"}[asked[1]] if asked else ""


def _declarations(contents: Sequence[Any], problems: list[Problem], *, is_mail: bool) -> Iterator[str]:
    for each in contents:
        if each.type in ("whitespace", "comment"):
            continue
        if each.type != "declaration":
            problems.append(_problem(each.source_line, "This is not a CSS declaration."))
        elif wrong := _wrong(each, is_mail=is_mail):
            problems.append(_problem(each.source_line, wrong))
        else:
            important = " !important" if each.important else ""
            _mark_pictures(each.value)
            yield f"{each.name}:{tinycss2.serialize(each.value).strip()}{important}"


def _wrong(declaration: Any, *, is_mail: bool) -> str:
    name = declaration.lower_name
    written = tinycss2.serialize(declaration.value).strip()
    if not (name in _PROPERTIES or _SIDED.fullmatch(name) or name.startswith("--")):
        return f"The property '{declaration.name}' is not allowed."
    if not is_mail and _hides(name, written.lower()):
        return f"'{name}: {written[:40]}' would hide what the document must show."
    return next(_wrong_tokens(declaration.value), "")


def _hides(name: str, written: str) -> bool:
    if (name, written) in _HIDING:
        return True
    if name in ("font-size", "font", "max-height", "height", "max-width", "line-height"):
        return re.search(r"(?<![\d.#])0+(?:\.0+)?(?:pt|px|mm|cm|em|rem|%|$|\s|/)", written) is not None
    return (name.startswith("margin") or name == "letter-spacing") and "-" in written


def _wrong_tokens(tokens: Sequence[Any]) -> Iterator[str]:
    for token in tokens:
        if token.type == "url":
            yield from _wrong_url(token.value)
        elif token.type == "error":
            yield f"This is not CSS: {token.message}."
        elif token.type == "{} block":
            yield "A value cannot hold a block."
        elif token.type == "string" and ("<" in token.value or "\x00" in token.value):
            yield "A text in CSS cannot hold '<'."
        elif token.type == "function":
            if token.lower_name == "url":
                yield from _wrong_url("".join(part.value for part in token.arguments if part.type == "string"))
            elif token.lower_name not in _FUNCTIONS:
                yield f"The function {token.name}() is not allowed."
            else:
                yield from _wrong_tokens(token.arguments)
        elif token.type in ("() block", "[] block"):
            yield from _wrong_tokens(token.content)


def _wrong_url(address: str) -> Iterator[str]:
    if not is_picture(address):
        yield (
            f"url({address[:60]}) is not allowed: nothing is loaded from elsewhere; upload the image and name it as"
            " /api/v1/uploads/…, or embed it as data:image/…."
        )


def is_picture(address: str) -> bool:
    """Tell whether an address is a picture inside the page, or one of our uploads."""
    return IMAGE.fullmatch(address) is not None or mark_of(address) is not None


def _mark_pictures(tokens: Sequence[Any]) -> None:
    """Put the mark of an upload where its address stands, however the address was written."""
    for token in tokens:
        if token.type == "url" and (mark := mark_of(token.value)):
            token.representation = f"url({mark})"
        elif token.type == "function" and token.lower_name == "url":
            for part in token.arguments:
                if part.type == "string" and (mark := mark_of(part.value)):
                    part.representation = f'"{mark}"'
        elif token.type == "function":
            _mark_pictures(token.arguments)
        elif token.type in ("() block", "[] block"):
            _mark_pictures(token.content)


def _problem(line: int, message: str) -> Problem:
    return Problem("css_content", line, message)
