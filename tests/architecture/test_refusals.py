"""
Every refusal a customer meets has a code, so that the portal can say it in the reader's language.

What a customer can come to is followed from the portal's own operations: each endpoint, and every function it can lead
to by name. That is more than it ever calls; what of it no customer comes to is named here, with the reason.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from scaicontrol.api import app
from scaicontrol.cli.openapi import PORTAL
from scaicontrol.core.refusals import RefusalCode
from tests.e2e.words import phrases

ROOT = Path(__file__).parents[2]
REFUSING = {"Refused", "Conflict", "Invalid", "invalid"}
# Function → why no customer reads its sentence.
NEVER_MET = {
    # They write these errors, or pass on what has a code.
    "core.errors.invalid": "makes the error",
    "core.refusals.conflict": "makes the error",
    "core.refusals.refused": "makes the error",
    "core.schemas.invalid_of": "of fields, which the portal marks in its own words",
    "services.billing.lines.refused": "an amount beyond what a document may carry, found when it is written",
    # The portal never asks so.
    "services.credits.holding.refuse_held": "the portal names no credit, and of those that are open none is held",
    "core.cursors._foreign": "the portal turns pages by number",
    "core.pagination.paginate": "the portal turns pages by number",
    "core.pagination.sorted_by": "the portal sorts by nothing else",
    "services.einvoices.formats.profile_of": "the portal asks for formats only",
    "services.subscriptions.service.subscribing._agreed": "a price is agreed by operators",
    "services.subscriptions.service.subscribing._trial_days": "trial days are agreed by operators",
    "services.packs.service.subscribing.begin": "a tenant subscribes for itself",
    "services.subscriptions.service.subscribing._whose": "a tenant subscribes for itself",
    "services.subscriptions.service.subscribing.begin": "terms are agreed by operators",
    "services.subscriptions.service.ending.resume": "a suspended one is resumed by operators",
    "services.tenants.service._check_exemption": "an exemption is an operator's to give",
    "services.billing.service.quotes.quotes": "who is at the portal belongs to a tenant",
    "services.documents.service.hand_out._found": "who is at the portal belongs to a tenant",
    "services.payments.service.methods._tenant_of": "who is at the portal belongs to a tenant",
    "services.payments.service.methods.store": "who is at the portal belongs to a tenant",
    "services.tax.service.look_up._own_question": "who is at the portal belongs to a tenant",
    "services.tenants.opt_outs.check": "the portal offers what can be left out, and nothing else",
    # Of two who change the same at once; without a code a conflict is said in the portal's own words.
    "core.backend.perform": "said as a conflict",
    "core.backend.until_it_holds": "said as a conflict",
    "core.rehearsal.until_it_holds": "said as a conflict",
    # Checked before, or by the rows that a customer can see.
    "core.money.exponent": "of a currency that is stored",
    "core.periods.time_zone": "of a seller that is stored",
    "services.credits.service._take": "no more is asked for than there is, under a lock",
    "services.credits.service.lower": "no more is asked for than there is, under a lock",
    "services.documents.service.deliver.require_files": "the portal says that it is still being prepared",
    "services.documents.service.download._stored_einvoice": "a customer sees no draft",
    "services.invoices.models.require_sealed": "a customer sees no draft",
    "services.invoices.service.balance._fitting": "a customer's own credit, in the currency of the invoice",
    "services.invoices.service.settle.record_payment": "a customer sees no draft",
    "services.invoices.service.settle.book": "what is booked is what the provider took",
    "services.payments.service.collect._begin_payment": "a customer's own method",
    # The verbs of operators, and what runs by itself.
    **dict.fromkeys(
        (
            "services.invoices.service.balance.reverse_payment",
            "services.invoices.service.balance.withdraw_of_note",
            "services.invoices.service.void._nothing_rests_on",
        ),
        "an operator's verb",
    ),
    "services.provisioning.service.engine._validate": "kept with the workflow, which goes on by itself",
    # Templates and files, which operators mend; the portal says that something went wrong.
    **dict.fromkeys(
        (
            "services.einvoices.packages.unpack",
            "services.invoices.page_rendering._builtin_page",
            "services.statements.service.store._printed",
            "services.statements.service.store._written",
            "services.templates.builtin.document_variables.require",
            "services.uploads.pictures._usable",
            "services.uploads.pictures.shown",
        ),
        "a page that does not render",
    ),
}


def _endpoints() -> Iterator[FunctionType]:
    """The endpoints behind the portal's operations, out of the doors around them."""
    for router in app.routers():
        for path, door, _ in router._published:
            if f"/api/v1{path}" in PORTAL:
                yield _inside(door)


def _inside(door: Any, depth: int = 0) -> Any:
    held = inspect.getclosurevars(door).nonlocals
    if "endpoint" in held:
        return held["endpoint"]
    inner = (value for value in held.values() if isinstance(value, FunctionType) and depth < 4)
    return next(filter(None, (_inside(value, depth + 1) for value in inner)), None)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _led_to(function: FunctionType) -> Iterator[FunctionType]:
    """Whatever of ours a function names: functions, those of a module it names, and the methods of a class."""
    for code in _codes(function.__code__):
        named = [function.__globals__.get(name) for name in code.co_names]
        named += [vars(m).get(name) for m in named if isinstance(m, ModuleType) for name in code.co_names]
        for value in named:
            if not str(getattr(value, "__module__", None)).startswith("scaicontrol."):
                continue
            members = vars(value).values() if isinstance(value, type) else [value]
            unwrapped = (getattr(each, "__func__", getattr(each, "fget", each)) for each in members)
            yield from (each for each in unwrapped if isinstance(each, FunctionType))


@cache
def _reached() -> frozenset[FunctionType]:
    reached: set[FunctionType] = set()
    waiting = list(_endpoints())
    while waiting:
        function = inspect.unwrap(waiting.pop())
        if function not in reached:
            reached.add(function)
            waiting += _led_to(function)
    return frozenset(reached)


def _without_code() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for function in _reached():
        name = f"{function.__module__}.{function.__name__}".removeprefix("scaicontrol.")
        if not name.startswith(("services.", "core.")) or not Path(function.__code__.co_filename).exists():
            continue  # what a dataclass writes for itself refuses nothing
        source = inspect.getsource(function)
        for node in ast.walk(ast.parse(textwrap.dedent(source))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSING:
                said = ast.unparse(node)
                if "RefusalCode." not in (source if "reasons=" in said else said):
                    found.setdefault(name, []).append(said)
    return found


def test_what_a_customer_comes_to_refuses_with_a_code():
    assert len(_reached()) > 1000, "the way from the portal's operations to their verbs is lost"
    found = _without_code()
    assert {name: said for name, said in found.items() if name not in NEVER_MET} == {}
    assert sorted(NEVER_MET.keys() - found.keys()) == [], "these refuse nothing any more"


def test_each_code_is_used_with_the_values_that_its_sentence_names():
    used: dict[str, set[str]] = {}
    for path in (ROOT / "scaicontrol").rglob("*.py"):
        if "RefusalCode." in (text := path.read_text()):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    used.setdefault(node.attr, set()) if node.value.id == "RefusalCode" else None
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"refused", "conflict", "Reason"}:
                    for code in re.findall(r"RefusalCode\.(\w+)", ast.unparse(node.args[0]) if node.args else ""):
                        used.setdefault(code, set()).update(_values(node))
    assert sorted(code for code in RefusalCode if code not in used) == []
    assert [code for code in RefusalCode if code.name != code.value] == []
    words = phrases("en")
    named = {code: set(re.findall(r"\{\{ (\w+) \}\}", words[f"refusal.{code}"])) for code in RefusalCode}
    assert {code: (holes, used[code]) for code, holes in named.items() if holes - used[code]} == {}


def _values(call: ast.Call) -> set[str]:
    given = {keyword.arg for keyword in call.keywords if keyword.arg}
    for keyword in call.keywords:
        if keyword.arg == "values" and isinstance(keyword.value, ast.Dict):
            given |= {str(key.value) for key in keyword.value.keys if isinstance(key, ast.Constant)}
    return given
