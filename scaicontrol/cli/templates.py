"""Templates of documents and mails."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import TypeAdapter, ValidationError

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Invalid, NotFound, Reason, Refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import templates
from scaicontrol.services.templates import TemplateType
from scaicontrol.services.templates.schemas import Imported, TemplateFile, TemplateVerdict

from .door import DryRun, command

app = typer.Typer(name="templates", no_args_is_help=True, help="Templates of documents and mails.")

Name = Annotated[str | None, typer.Option("--name", help="Only templates of this name.")]
Type = Annotated[TemplateType | None, typer.Option("--type", help="Only templates of this type.")]
Lang = Annotated[str | None, typer.Option("--lang", help="Only templates in this language.")]
_FILES: TypeAdapter[list[TemplateFile]] = TypeAdapter(list[TemplateFile])


@command(app, "list")
async def list_(uow: UnitOfWork, name: Name = None, kind: Type = None, lang: Lang = None) -> list[dict[str, Any]]:
    """List templates, the platform's first."""
    rows = await templates.listing(uow, name=name, document_type=kind, language=lang)
    return [
        {
            "id": row.id,
            "owner": row.owner_partner_id or "platform",
            "name": row.name,
            "document_type": str(row.document_type),
            "language": row.language,
            "version": row.version,
            "published_version": row.published_version,
        }
        for row in rows
    ]


@command(app)
async def validate(
    backend: Backend, actor: Actor, name: Name = None, kind: Type = None, lang: Lang = None
) -> list[TemplateVerdict]:
    """Check templates as they were saved last; the exit code is 1 when one of them must not go live."""
    verdicts = await templates.validate(backend, actor, name=name, document_type=kind, language=lang)
    wrong = [verdict for verdict in verdicts if not verdict.is_valid]
    if wrong:
        raise Refused(
            f"{len(wrong)} of {len(verdicts)} templates must not go live.",
            reasons=[
                Reason("template_error", f"{_named(v)}: {problem}", v.id) for v in wrong for problem in v.problems
            ],
        )
    return verdicts


@command(app)
async def export(
    uow: UnitOfWork,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file to write; default: print.")] = None,
    name: Name = None,
    kind: Type = None,
    lang: Lang = None,
) -> list[TemplateFile] | str:
    """Write templates, as they were saved last, to a file that `import` reads."""
    found = await templates.export(uow, name=name, document_type=kind, language=lang)
    if output is None:
        return found
    output.write_bytes(orjson.dumps([each.model_dump(mode="json") for each in found], option=orjson.OPT_INDENT_2))
    return f"Wrote {len(found)} templates to {output}."


@command(app, "import", changes=True)
async def import_(
    backend: Backend,
    actor: Actor,
    file: Path,
    partner: Annotated[str | None, typer.Option(help="Whose they become; default: the platform's.")] = None,
    *,
    dry_run: DryRun = False,
) -> list[Imported]:
    """Store the templates of a file as drafts, all or none; Jinja hidden in comments is translated."""
    return await templates.import_(backend, actor, _read(file), owner_partner_id=partner, dry_run=dry_run)


def _read(file: Path) -> list[TemplateFile]:
    try:
        return _FILES.validate_json(file.read_bytes())
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        reasons = [Reason(each["type"], each["msg"], ".".join(map(str, each["loc"]))) for each in found]
        raise Invalid(f"{file} holds no templates: {reasons[0].message}.", reasons=reasons) from error


def _named(verdict: TemplateVerdict) -> str:
    return f"{verdict.name} ({verdict.document_type}{f', {verdict.language}' if verdict.language else ''})"
