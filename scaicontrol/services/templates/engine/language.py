"""
The language people write templates in: Liquid, cut down to what prints.

Closed lists of tags and filters, escaping always on, unknown variables are errors, and limits on loops and output.
Data are dicts, lists and plain values only. It has no time limit of its own: `rendering` runs it in a process.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final

from liquid import BoundTemplate, Environment, Expression, Node, RenderContext, StrictUndefined
from liquid.builtin.expressions import Path
from liquid.builtin.tags.for_tag import ForNode
from liquid.exceptions import FilterArgumentError, LiquidError
from liquid.filter import with_context

from .. import filters
from ..builtin.documents import qr_image
from ..kinds import TemplateType
from .catalogue import Shape, known
from .problems import Problem, line_at

TAGS: Final = frozenset({
    "if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase", "for", "endfor", "break",
    "continue",
})  # fmt: skip
FILTERS: Final = frozenset({
    "capitalize", "date", "default", "downcase", "escape", "first", "join", "last", "money", "newline_to_br", "number",
    "percent", "period", "qr", "size", "strip", "truncate", "upcase",
})  # fmt: skip
LOOPS_MOST: Final = 20_000
OUTPUT_MOST: Final = 20_000_000  # characters (contract §19.2)
_MACHINERY: Final = frozenset({"content", "output", "illegal"})  # how the library names what is no tag of a person
_DAY_FORMS: Final = ("full", "long", "medium", "short")


class _Limited(Environment):
    loop_iteration_limit = LOOPS_MOST
    output_stream_limit = OUTPUT_MOST
    context_depth_limit = 20
    block_nesting_limit = 20


def render(source: str, variables: Mapping[str, Any], language: str) -> str:
    """Render Liquid; raises LiquidError for what it may not do, with the place in `source`."""
    return str(_environment(language).from_string(source).render(**variables))


def check(source: str, field: str, kind: TemplateType) -> list[Problem]:
    """Parse a source and name every variable it asks for that a document of this kind does not have."""
    try:
        parsed = _environment("en").from_string(source)
    except LiquidError as error:
        return [Problem(field, line_of(error, source), error_sentence(error))]
    return [
        Problem(field, line_at(source, wrong.position), f"There is no variable '{wrong.path}'{wrong.hint}.")
        for wrong in _unknown(parsed, known(kind))
    ]


def line_of(error: LiquidError, source: str) -> int:
    return line_at(source, position_of(error))


def position_of(error: LiquidError) -> int:
    """Give where in its source an error happened, or -1 for the end."""
    return error.token.start_index if error.token is not None else -1


def error_sentence(error: LiquidError) -> str:
    """Say a library's error as a sentence."""
    message = str(error.message).strip()
    return f"{message[:1].upper()}{message[1:]}."


@cache
def _environment(language: str) -> Environment:
    environment = _Limited(autoescape=True, undefined=StrictUndefined)
    for name in set(environment.tags) - TAGS - _MACHINERY:
        del environment.tags[name]
    own = _filters(language)
    environment.filters = {name: own.get(name) or environment.filters[name] for name in sorted(FILTERS)}
    return environment


def _filters(language: str) -> dict[str, Any]:
    @with_context
    def money(amount: object, currency: object = None, *, context: RenderContext) -> str:
        if amount is None:
            return ""
        about = "statement" if context.resolve("statement", default=None) else "invoice"
        named = currency or context.get([about, "currency"], token=None)
        return filters.money(_decimal(amount), str(named), language)

    def day(value: object, form: object = "long") -> str:
        if form not in _DAY_FORMS:
            raise FilterArgumentError(f"date takes one of {', '.join(_DAY_FORMS)}, not '{form}'", token=None)
        return "" if value is None else filters.day(_date(value), language, str(form))

    def period(first: object, last: object) -> str:
        if first is None or last is None:
            return ""
        return filters.interval(_date(first), _date(last), language)

    return {
        "money": money,
        "date": day,
        "period": period,
        "number": lambda value: "" if value is None else filters.number(_decimal(value), language),
        "percent": lambda value: "" if value is None else filters.percent(_decimal(value), language),
        "qr": lambda payload: qr_image(str(payload)) if payload else "",
    }


def _decimal(value: object) -> Decimal:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    raise FilterArgumentError(f"expected a number, found '{value}'", token=None)


def _date(value: object) -> date:
    if isinstance(value, date):
        return value
    raise FilterArgumentError(f"expected a day, found '{value}'", token=None)


@dataclass(frozen=True, slots=True)
class _Unknown:
    path: str
    position: int
    hint: str


def _unknown(parsed: BoundTemplate, shape: Shape) -> Iterator[_Unknown]:
    context = RenderContext(parsed)
    for node in parsed.nodes:
        yield from _in_node(node, {**shape}, context)


def _in_node(node: Node, scope: Shape, context: RenderContext) -> Iterator[_Unknown]:
    for expression in node.expressions():
        yield from _in_expression(expression, scope)
    inner = scope
    if isinstance(node, ForNode):
        inner = {**scope, node.expression.identifier: _item(node.expression.iterable, scope), "forloop": _FORLOOP}
    for child in node.children(context):
        yield from _in_node(child, inner, context)


def _in_expression(expression: Expression, scope: Shape) -> Iterator[_Unknown]:
    if isinstance(expression, Path):
        found, hint = _follow(expression, scope)
        if found is None:
            position = expression.token.start_index if expression.token else -1
            yield _Unknown(str(expression), position, hint)
    for child in expression.children():
        yield from _in_expression(child, scope)


def _follow(path: Path, scope: Shape) -> tuple[Any, str]:
    """Walk a path through the shape of the data; None when it leads nowhere, with what there is instead."""
    here: Any = scope
    for part in path.path:
        if isinstance(here, list):
            here = here[0] if isinstance(part, int) or part in ("first", "last") else "" if part == "size" else None
        elif isinstance(here, dict) and isinstance(part, str):
            if part not in here:
                return None, f"; there are {', '.join(sorted(here))}"
            here = here[part]
        else:
            here = None
        if here is None:
            return None, ""
    return here, ""


def _item(iterable: Expression, scope: Shape) -> Any:
    """Give the shape of what a loop walks over; of a range it is a plain number."""
    if not isinstance(iterable, Path):
        return ""
    found, _ = _follow(iterable, scope)
    return found[0] if isinstance(found, list) else ""


_FORLOOP: Final = dict.fromkeys(("index", "index0", "rindex", "rindex0", "first", "last", "length"), "")
