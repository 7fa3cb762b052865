"""A document's way through all gates: our own, the schema, the official rules."""

from dataclasses import dataclass

from scaicontrol.core.errors import Reason

from . import schema, schematron
from .checks import check
from .document import Document
from .formats import Format, Profile
from .writers import to_xml


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a document was held against: rule sets it passed, reasons it fails for, and sets that could not be run."""

    passed: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    not_run: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        return not self.reasons


async def validate(document: Document, target: Format, profile: Profile | None = None) -> Verdict:
    """
    Hold a document against every gate of a format and collect all failures.

    A gate that fails spares the next ones: the schema says nothing about a document that does not add up.
    """
    own = f"ScaiControl checks for {target}"
    if reasons := check(document, target):
        return Verdict(reasons=tuple(reasons))
    if schema.artefacts() is None:
        return Verdict(passed=(own,), not_run=(schema.NOT_INSTALLED,))
    xml = to_xml(document, target, profile)
    passed = [own]
    if reasons := schema.schema_errors(xml, target):
        return Verdict(passed=tuple(passed), reasons=tuple(reasons))
    passed.append(schema.schema_name(target))
    if not schematron.is_available():
        return Verdict(passed=tuple(passed), not_run=("saxonche is not installed; install scaicontrol[validate].",))
    if reasons := await schematron.rule_violations(xml, target):
        return Verdict(passed=tuple(passed), reasons=tuple(reasons))
    return Verdict(passed=(*passed, schematron.rules_name(target)))
