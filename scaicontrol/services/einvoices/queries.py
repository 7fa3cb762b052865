from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import undefer

from scaicontrol.core.errors import NotFound
from scaicontrol.core.work import UnitOfWork

from . import packages
from .models import InstalledRuleSet
from .rule_sets import RuleSet, chosen


async def installed(uow: UnitOfWork) -> list[InstalledRuleSet]:
    """List every installed rule set, by name and in the order they follow each other."""
    uow.authorize("einvoice_rules:read")
    ordered = select(InstalledRuleSet).order_by(InstalledRuleSet.name, InstalledRuleSet.valid_from)
    return list(await uow.session.scalars(ordered))


async def get_rule_set(uow: UnitOfWork, name: str, version: str) -> InstalledRuleSet:
    uow.authorize("einvoice_rules:read")
    wanted = select(InstalledRuleSet).where(InstalledRuleSet.name == name, InstalledRuleSet.version == version)
    found = await uow.session.scalar(wanted)
    if found is None:
        raise NotFound(f"No rule set {name} {version} is installed; `einvoice-rules list` shows those that are.")
    return found


async def rules_for(
    uow: UnitOfWork, profile: str, issue_date: date, sealed_at: datetime | None = None
) -> tuple[RuleSet, ...]:
    """
    Choose what a document is held against, with the files at hand.

    A sealed document is judged by what was installed when it was sealed, so that making its files again never fails by
    a rule that came later.
    """
    uow.authorize("einvoice_rules:read")
    at = sealed_at or uow.now
    known = select(InstalledRuleSet).where(
        InstalledRuleSet.valid_from <= issue_date,
        InstalledRuleSet.installed_at <= at,
        or_(InstalledRuleSet.retired_at.is_(None), InstalledRuleSet.retired_at > at),
    )
    rows = [row for row in await uow.session.scalars(known) if profile in row.profiles]
    return chosen(profile, issue_date, await with_files(uow, rows))


async def with_files(uow: UnitOfWork, rows: Sequence[InstalledRuleSet]) -> list[RuleSet]:
    """Bring the files of installed sets to this process, the first time it meets them."""
    uow.authorize("einvoice_rules:read")
    found = []
    for row in rows:
        folder = packages.unpacked(row.digest)
        if folder is None:
            query = (
                select(InstalledRuleSet).where(InstalledRuleSet.id == row.id).options(undefer(InstalledRuleSet.archive))
            )
            full = (await uow.session.scalars(query.execution_options(populate_existing=True))).one()
            folder = packages.unpack(full.digest, full.archive)
        found.append(
            RuleSet(
                name=row.name,
                version=row.version,
                digest=row.digest,
                profiles=tuple(row.profiles),
                path=folder / row.stylesheet,
                valid_from=row.valid_from,
                source=row.source,
            )
        )
    return found
