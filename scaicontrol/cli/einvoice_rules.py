"""Official e-invoice rules: which are here, install what was published, and see what it would refuse."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import documents, einvoices
from scaicontrol.services.einvoices import NewRuleSet
from scaicontrol.services.einvoices.models import InstalledRuleSet

from .door import command, progress
from .moments import day_option

app = typer.Typer(name="einvoice-rules", no_args_is_help=True, help="Official rule sets that e-invoices must pass.")

Stylesheet = Annotated[str | None, typer.Option(help="The file to run, where the folder holds several.")]


@command(app, "list")
async def list_(uow: UnitOfWork) -> list[dict[str, Any]]:
    """List the rule sets that documents are held against: those that ship, then those that were installed."""
    shipped = [
        {
            "name": each.name,
            "version": each.version,
            "profiles": " ".join(each.profiles),
            "valid_from": None,
            "state": "ships",
            "digest": each.digest,
            "source": each.source,
            "installed_by": None,
        }
        for each in einvoices.shipped()
    ]
    off = [
        {
            "name": "–",
            "version": None,
            "profiles": None,
            "valid_from": None,
            "state": "off",
            "digest": None,
            "source": why,
        }
        for why in einvoices.missing()
    ]
    return [*shipped, *[_row(row, uow.now.date()) for row in await einvoices.installed(uow)], *off]


def _row(row: InstalledRuleSet, today: date) -> dict[str, Any]:
    state = "retired" if row.retired_at else "waits" if row.valid_from > today else "installed"
    return {
        "name": row.name,
        "version": row.version,
        "profiles": " ".join(row.profiles),
        "valid_from": row.valid_from,
        "state": state,
        "digest": row.digest,
        "source": row.source,
        "installed_by": row.installed_by,
    }


@command(app, changes=True)
async def install(
    backend: Backend,
    actor: Actor,
    folder: Annotated[Path, typer.Argument(help="The unpacked rules: one .xsl or .xslt and what it includes.")],
    name: Annotated[str, typer.Option(help="What the set is called, such as XRechnung.")],
    version: Annotated[str, typer.Option(help="Its version, such as 2.6.0.")],
    valid_from: Annotated[date, day_option(help="First issue date it holds for.")],
    profile: Annotated[list[str], typer.Option(help="Whom it is for, such as ubl-xrechnung; may be repeated.")],
    source: Annotated[str, typer.Option(help="Where it was published.")],
    stylesheet: Stylesheet = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compile and try it, store nothing.")] = False,
) -> dict[str, Any]:
    """Install a rule set: prove that it compiles, keep it, and hold documents against it from its day on."""
    new = NewRuleSet(name, version, tuple(profile), valid_from, source, stylesheet)
    return _row(await einvoices.install(backend, actor, folder, new, dry_run=dry_run), backend.clock.now().date())


@command(app, changes=True)
async def retire(
    uow: UnitOfWork, name: str, version: str, reason: Annotated[str, typer.Option(help="Why; it is kept.")]
) -> dict[str, Any]:
    """Stop holding documents against an installed set; its predecessor is asked again."""
    return _row(await einvoices.retire(uow, name, version, reason), uow.now.date())


@command(app, fails=lambda rehearsal: bool(rehearsal["would_fail"]))
async def rehearse(
    backend: Backend,
    actor: Actor,
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 30,
    rules: Annotated[
        list[str] | None, typer.Option("--set", help="An installed set as 'name version'; default: the newest of each.")
    ] = None,
) -> dict[str, Any]:
    """Hold the last days' documents against rules that do not hold yet, and say which would be refused."""
    wanted = await backend.ask(actor, _named, rules) if rules else None
    with progress("Documents") as moved:
        held = await documents.rehearse_rules(backend, actor, days, wanted, moved)
    return {
        "rules": list(held.rules),
        "documents": held.documents,
        "untouched": held.untouched,
        "would_fail": [
            {
                "number": each.number,
                "invoice_id": each.invoice_id,
                "issue_date": each.issue_date.isoformat(),
                "profile": each.profile,
                "reasons": [reason.as_row() for reason in each.reasons],
            }
            for each in held.would_fail
        ],
    }


async def _named(uow: UnitOfWork, rules: list[str]) -> list[einvoices.RuleSet]:
    rows = [await einvoices.get_rule_set(uow, *_split(each)) for each in rules]
    return await einvoices.with_files(uow, rows)


def _split(words: str) -> tuple[str, str]:
    name, _, version = words.strip().rpartition(" ")
    return name, version
