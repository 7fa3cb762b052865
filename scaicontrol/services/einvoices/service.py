"""Verbs on rule sets: install, retire."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Refused, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from . import packages, queries, rule_sets, validator
from .events import RuleSetInstalled, RuleSetRetired
from .formats import every_profile
from .models import InstalledRuleSet


@dataclass(frozen=True, slots=True)
class NewRuleSet:
    """What an operator says about the rules in a folder; `source` is where they were published."""

    name: str
    version: str
    profiles: tuple[str, ...]
    valid_from: date
    source: str
    stylesheet: str | None = None


@verb
async def install(
    backend: Backend, actor: Actor, folder: Path, new: NewRuleSet, *, dry_run: bool = False
) -> InstalledRuleSet:
    """
    Install a rule set: read it, prove that it compiles and runs, and store it.

    Documents issued from `valid_from` on are then held against it. Raises Invalid for a folder or rules that cannot be
    used, Conflict for a set that is there already or would not follow the last one of its name. Refused where the
    processor is not installed.
    """
    actor.require("einvoice_rules:manage")
    package = packages.read_folder(folder, new.stylesheet)
    _sensible(new)
    if rule_sets.missing():
        raise Refused(f"Without the processor no rule set can be tried. {rule_sets.NO_PROCESSOR}")
    files = packages.unpack(package.digest, package.archive)
    await validator.try_rules(str(files / package.stylesheet))
    if dry_run:
        return await backend.ask(actor, would_add, new, package)
    return await backend.perform(actor, add_rule_set, new, package)


def _sensible(new: NewRuleSet) -> None:
    if not (new.name.strip() and new.version.strip() and new.source.strip()):
        raise invalid("name", "A rule set has a name, a version and the source it was published at.")
    known = every_profile()
    if not new.profiles or (unknown := sorted(set(new.profiles) - set(known))):
        wrong = f"'{', '.join(unknown)}' is" if new.profiles else "None is"
        raise invalid("profiles", f"{wrong} no profile; a rule set is for some of {', '.join(known)}.")


async def add_rule_set(uow: UnitOfWork, new: NewRuleSet, package: packages.Package) -> InstalledRuleSet:
    """Store a rule set that was tried."""
    uow.authorize("einvoice_rules:manage")
    row = await would_add(uow, new, package)
    uow.session.add(row)
    uow.emit(
        RuleSetInstalled(
            rule_set_id=row.id,
            name=row.name,
            version=row.version,
            profiles=row.profiles,
            valid_from=row.valid_from.isoformat(),
            digest=row.digest,
        )
    )
    return row


async def would_add(uow: UnitOfWork, new: NewRuleSet, package: packages.Package) -> InstalledRuleSet:
    """Give the row that `add_rule_set` would store, or refuse as it would."""
    uow.authorize("einvoice_rules:manage")
    known = await uow.session.scalars(select(InstalledRuleSet).where(InstalledRuleSet.name == new.name))
    _follows(known.all(), new, package)
    return InstalledRuleSet(
        id=new_id("rls"),
        name=new.name,
        version=new.version,
        profiles=list(new.profiles),
        valid_from=new.valid_from,
        digest=package.digest,
        stylesheet=package.stylesheet,
        archive=package.archive,
        source=new.source,
        installed_at=uow.now,
        installed_by=uow.actor.id,
    )


def _follows(known: Iterable[InstalledRuleSet], new: NewRuleSet, package: packages.Package) -> None:
    """Refuse a set that is there already, and one that begins before the last of its name: that one has been used."""
    for row in known:
        if row.version == new.version:
            raise Conflict(
                f"{row} is installed already, since {row.installed_at:%Y-%m-%d}, with digest {row.digest[:12]}."
            )
        if row.retired_at is not None:
            continue
        if row.digest == package.digest and set(row.profiles) & set(new.profiles):
            raise Conflict(f"These are the files of {row}, which is installed already.")
        if row.valid_from >= new.valid_from:
            message = (
                f"{row} is valid from {row.valid_from}; {new.version} must begin later, or {row.version} be retired."
            )
            raise Conflict(message)


@verb
async def retire(uow: UnitOfWork, name: str, version: str, reason: str) -> InstalledRuleSet:
    """
    Stop holding documents against a set; its predecessor is asked again. What passed it stays as it is.

    Raises NotFound, and Refused for a set that was retired already.
    """
    uow.authorize("einvoice_rules:manage")
    row = await queries.get_rule_set(uow, name, version)
    if row.retired_at is not None:
        raise Refused(f"{row} was retired on {row.retired_at:%Y-%m-%d}.")
    row.retired_at, row.retired_by, row.retire_reason = uow.now, uow.actor.id, reason
    uow.emit(RuleSetRetired(rule_set_id=row.id, name=row.name, version=row.version), reason=reason)
    return row
