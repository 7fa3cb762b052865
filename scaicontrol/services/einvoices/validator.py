"""
Warm processes that hold XML against the official schema and rules, and can be killed.

A document crosses over once; the schema runs first and spares the rules a document they cannot read. A process has a
time limit, is replaced after 500 documents, and a call that ends without an answer is Unavailable: the gate stays shut.
Long documents have a process of their own, which is started for the first of them: nobody else waits behind one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from scaicontrol.core.errors import Invalid, Reason
from scaicontrol.core.processes import Workers

from . import schema, schematron
from .business_terms import field_of
from .checks.reasons import broken
from .rule_sets import RuleSet
from .schema import Finding

TIME_LIMIT = 60.0  # seconds; a document takes less than one, compiling all sets a few
LONG = 200_000  # bytes, some hundred lines
LONG_TIME_LIMIT = (
    600.0  # seconds; the rules take ten for five thousand lines, and more for each line the more there are
)


@dataclass(frozen=True, slots=True)
class ValidationJob:
    """A document and the files it is held against; without a document the rules are compiled and tried."""

    xml: bytes | None
    schema: str | None
    rules: tuple[str, ...]


async def run_schematron(xml: bytes, sets: Sequence[RuleSet]) -> list[Reason]:
    """Give every violation of the official sets by a document, in our words; in our words."""
    schemas = [str(each.path) for each in sets if each.is_schema]
    rules = tuple(str(each.path) for each in sets if not each.is_schema)
    process = _process() if len(xml) < LONG else _process_of_the_long()
    found = await process.call(ValidationJob(xml, schemas[0] if schemas else None, rules))
    return [_reason(*finding) for finding in found]


async def try_rules(stylesheet: str) -> None:
    """Compile a stylesheet and run it on a bare document, or raise Invalid with what the processor says."""
    found = await _process().call(ValidationJob(None, None, (stylesheet,)))
    if found:
        raise Invalid(f"The rule set cannot be used. {found[0][1]}")


@cache
def _process() -> Workers[ValidationJob, list[Finding]]:
    return Workers(run, "e-invoice validator", count=1, time_limit=TIME_LIMIT, recycle_after=500)


@cache
def _process_of_the_long() -> Workers[ValidationJob, list[Finding]]:
    return Workers(run, "validator of long e-invoices", count=1, time_limit=LONG_TIME_LIMIT, recycle_after=50)


def run(job: ValidationJob) -> list[Finding]:
    """Hold one document against its schema and rules; in the validator's own process."""
    if job.xml is None:
        return [finding for stylesheet in job.rules for finding in _trial(stylesheet)]
    tree = schema.parsed(job.xml)
    if isinstance(tree, list):
        return tree
    if job.schema and (found := schema.schema_findings(tree, job.schema)):
        return found
    if not job.rules:
        return []
    node = schematron.parse(job.xml)
    return [finding for stylesheet in job.rules for finding in schematron.rule_findings(node, stylesheet)]


def _trial(stylesheet: str) -> list[Finding]:
    try:
        schematron.compiled(stylesheet)
    except Exception as error:  # noqa: BLE001 - Saxon has one exception for everything
        return [("compile-error", f"It does not compile: {error}", "")]
    bare = schematron.parse(b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>')
    found = schematron.rule_findings(bare, stylesheet)
    return [finding for finding in found if finding[0] in {"dynamic-error", "no-report"}]


def _reason(rule: str, text: str, place: str) -> Reason:
    if rule == "XSD":
        return broken(rule, text, fix="The writer of this format is at fault; keep the document and report it.")
    field, words = field_of(text, place)
    said = text.removeprefix(f"[{rule}]").lstrip("- ")
    return broken(rule, f"{words[0].upper()}{words[1:]}: {said}", field, f"Correct {words}.")
