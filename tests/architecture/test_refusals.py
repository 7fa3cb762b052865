"""Every refusal a customer meets has a code, so that the portal can say it in the reader's language."""

import ast
from collections.abc import Iterator
from pathlib import Path

from scaicontrol.core.refusals import RefusalCode

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "scaicontrol" / "services"
# Where the verbs of the portal refuse.
OF_THE_PORTAL = (
    *(f"subscriptions/service/{name}.py" for name in ("changing", "ending", "steps", "subscribing")),
    *(f"payments/service/{name}.py" for name in ("attempts", "collect", "methods")),
    "invoices/service/balance.py",
    "statements/service/statement.py",
    "tenants/queries.py",
)
# Sentences no tenant can come to: each belongs to operators, or to somebody else's rows.
OF_OPERATORS = (
    "an invoice is past due since",
    "with an invoice past due without a reason",
    "Only an operator agrees",
    "is added by its tenant",
    "sign in as one of its people",
    "belongs to another tenant",
    "Cannot retry",
    "it is of another",
    "it was never booked there",
    "with credit:",
    "Cannot void",
)


def _without_code(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name)):
            continue
        said = ast.unparse(node.exc)
        explained = any(words in said for words in ("RefusalCode.", *OF_OPERATORS))
        if node.exc.func.id in {"Refused", "Conflict"} and not explained:
            yield f"{path.name}:{node.lineno} {said}"


def test_what_a_tenant_may_call_refuses_with_a_code():
    assert [each for name in OF_THE_PORTAL for each in _without_code(SERVICES / name)] == []


def test_each_code_is_used():
    written = "".join(path.read_text() for path in (ROOT / "scaicontrol").rglob("*.py"))
    assert [code for code in RefusalCode if f"RefusalCode.{code.name}" not in written] == []
    assert [code for code in RefusalCode if code.name != code.value] == []
