"""Documents that wait for their files."""

from collections.abc import Sequence

from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import documents, invoices
from scaicontrol.services.invoices.models import DocumentRender

from ..columns import TableColumn
from ..verbs import REASON, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import minute, state
from .details import ReadScreen, TitledSection, fields, story
from .lists import ListScreen

VERBS = (
    VerbKey(
        "r",
        "regenerate_pdf",
        "invoices:regenerate_pdf",
        "Asks for the files anew, as a next version of what was sealed; what waits goes on being tried.",
        lambda door, row, given: door.perform(documents.regenerate_pdf, row.id, given.text),
        asks=REASON,
    ),
)


def _row(found: DocumentRender) -> Row:
    return Row(
        found.invoice_id,
        f"the files of {found.invoice_id}, version {found.version}",
        "late",
        (
            found.invoice_id,
            f"v{found.version}",
            state("late"),
            minute(found.requested_at),
            str(found.attempts),
            found.last_error or "not tried yet",
        ),
        frozenset(["regenerate_pdf"]),
        about=f"invoices {found.invoice_id}",
    )


class FileScreen(ReadScreen, verbs=VERBS):
    """The files that one document waits for, and why."""

    console = "invoice"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        invoice = await invoices.get(uow, row_id)
        waiting = [each for each in await documents.late_renders(uow) if each.invoice_id == row_id]
        if not waiting:
            there = Row(row_id, str(invoice), "ready", about=f"invoices {row_id}")
            return there, [("Files", state("ready", "Its files are there.")), *await story(uow, row_id)]
        late = waiting[0]
        said = fields(
            ("document", f"{invoice}  (i)"),
            ("version", late.version),
            ("asked for", f"{minute(late.requested_at)} by {late.requested_by}"),
            ("attempts", late.attempts),
            ("tried again", minute(late.due_at)),
            ("why", late.last_error or "nobody tried: is a worker running? :jobs document_render"),
        )
        return _row(late), [("Files", said), *await story(uow, row_id)]


class FilesScreen(ListScreen, verbs=VERBS):
    """What has waited for its files for more than a quarter of an hour."""

    called = "late files"
    console = "invoice"
    detail = FileScreen
    columns = (
        TableColumn("Document", 30),
        TableColumn("Version", 7),
        TableColumn("State", 7),
        TableColumn("Asked for", 16, wide=True),
        TableColumn("Tries", 5, right=True),
        TableColumn("Why", 19, grows=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        rows = {render.invoice_id: _row(render) for render in await documents.late_renders(uow)}
        return Page([*rows.values()], len(rows), 1, len(rows) or 1)
