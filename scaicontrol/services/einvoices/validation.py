"""A document's way through all gates: our own, the schema, the official rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scaicontrol import __version__
from scaicontrol.core.errors import Reason

from . import rule_sets, validator
from .checks import check
from .document import Document
from .formats import Format, Profile, profile_of
from .rule_sets import RuleSet
from .writers import to_xml

# The Factur-X rules admit no specification id but their own; XRechnung's is BR-DE-21, and the writer's constant.
_WAIVED = {"cii-xrechnung": frozenset({"FX-SCH-A-000556"})}
OWN_CHECKS = f"ScaiControl checks {__version__}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a document was held against: rule sets it passed, reasons it fails for, and sets that could not be run."""

    passed: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    not_run: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Written:
    """A document as XML of a profile, and what our own gate has against it."""

    xml: bytes
    profile: Profile
    issue_date: date
    reasons: tuple[Reason, ...]


def write(document: Document, target: Format, profile: Profile | None = None, *, is_sealed: bool = False) -> Written:
    """Write a document, unless our own gate is shut: then there is no XML."""
    profile = profile or profile_of(Format(target))
    reasons = tuple(check(document, target, profile, is_sealed=is_sealed))
    return Written(b"" if reasons else to_xml(document, target, profile), profile, document.issue_date, reasons)


async def validate(
    document: Document, target: Format, profile: Profile | None = None, rules: Sequence[RuleSet] | None = None
) -> Verdict:
    """Write a document and judge it."""
    return await judge(write(document, target, profile), rules)


async def judge(written: Written, rules: Sequence[RuleSet] | None = None) -> Verdict:
    """
    Hold a document against every gate of a format and collect all failures.

    `rules` are the official sets (`rules_for`); left out, they are the ones that ship. A gate that fails spares the
    next ones: the schema says nothing about a document that does not add up. Raises Unavailable when the validator
    gives no answer, which passes nothing.
    """
    profile = written.profile
    if written.reasons:
        return Verdict(reasons=written.reasons)
    if rules is None:
        rules = rule_sets.chosen(profile.key, written.issue_date)
    runnable = [each for each in rules if each.is_schema or rule_sets.is_processor_installed()]
    found = await validator.run_schematron(written.xml, runnable) if runnable else []
    waived = _WAIVED.get(profile.key, frozenset())
    if reasons := [reason for reason in found if reason.rule not in waived]:
        return Verdict(passed=(OWN_CHECKS,), reasons=tuple(reasons))
    return Verdict(passed=(OWN_CHECKS, *map(str, runnable)), not_run=rule_sets.missing())
