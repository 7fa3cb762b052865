"""The catalogue of variables as the tree that a picker shows."""

from datetime import date
from decimal import Decimal
from typing import Any

from ..kinds import TemplateType
from ..labels import labels
from ..schemas import VariableOut
from . import samples
from .catalogue import Variable, variables_of

_ABOUT = {
    "invoice": "The document",
    "lines": "The lines",
    "totals": "Sums",
    "payment": "How to pay",
    "tax": "VAT",
    "buyer": "Buyer",
    "seller": "Seller",
    "brand": "The seller's look",
    "labels": "Words in the reader's language",
    "recipient": "Reader",
    "subscription": "Subscription",
    "failure": "The failed payment",
    "reminder": "The reminder",
    "statement": "The statement",
}


def variables(kind: TemplateType) -> list[VariableOut]:
    """Give every variable of a type with a sample and the Liquid that prints it."""
    roots: list[VariableOut] = []
    for variable in variables_of(kind):
        _place(roots, variable, kind)
    return roots


def _place(roots: list[VariableOut], variable: Variable, kind: TemplateType) -> None:
    here, path = roots, ""
    *parents, last = variable.path.split(".")
    for part in parents:
        path = f"{path}.{part}".lstrip(".")
        here = _branch(here, part.removesuffix("[]"), path.removesuffix("[]")).children
    if variable.kind == "list":
        _branch(here, last, variable.path).kind = "list"
        return
    here.append(
        VariableOut(
            name=last,
            path=variable.path,
            kind=variable.kind,
            about=variable.about,
            liquid=variable.liquid,
            sample=_sample(variable.path, kind),
            children=[],
        )
    )


def _branch(here: list[VariableOut], name: str, path: str) -> VariableOut:
    found = next((each for each in here if each.name == name), None)
    if found is None:
        about = _ABOUT.get(name, name.replace("_", " "))
        found = VariableOut(name=name, path=path, kind="group", about=about, liquid=None, sample=None, children=[])
        here.append(found)
    return found


def _sample(path: str, kind: TemplateType) -> str | None:
    value: Any = {**samples.sample(kind), "labels": labels("en")}
    for part in path.split("."):
        name = part.removesuffix("[]")
        value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
        if part.endswith("[]"):
            value = value[0] if value else {}
    return str(value) if isinstance(value, str | int | Decimal | date) else None
