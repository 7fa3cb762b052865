"""Mails that reached nobody."""

from collections.abc import Sequence

from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import notifications
from scaicontrol.services.notifications.models import OutgoingMail

from ..columns import TableColumn
from ..verbs import Row
from ..wanted import Wanted
from ..widgets.states import minute, state
from .details import ReadScreen, TitledSection, fields
from .lists import ListScreen

_ABOUT = {"inv": "invoices", "sub": "subscriptions", "dsp": "disputes"}  # by how an id begins


def _row(found: OutgoingMail) -> Row:
    place = _ABOUT.get(found.resource_id[:3])
    return Row(
        found.id,
        f"mail {found.id}",
        str(found.status),
        (
            found.subject,
            state(str(found.status)),
            found.kind.replace("_", " "),
            found.tenant_id,
            found.last_error or "–",
            minute(found.created_at),
        ),
        about=f"{place} {found.resource_id}" if place else "",
        words=found.id,
    )


class MailScreen(ReadScreen):
    """One mail: to whom it was to go, about what, and why it did not arrive."""

    console = "outgoing-mail"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await notifications.mail(uow, row_id)
        said = fields(
            ("subject", found.subject),
            ("state", state(str(found.status))),
            ("id", found.id),
            ("to", ", ".join(to["email"] for to in found.recipients)),
            ("tenant", found.tenant_id),
            ("about", f"{found.resource_id}  (i; s sends it again)"),
            ("why", found.last_error),
            ("attempts", found.attempts),
            ("created", minute(found.created_at)),
        )
        return _row(found), [("Mail", said)]


class MailsScreen(ListScreen):
    """Refused for good, bounced or dropped; what it is about is sent again from its own page."""

    called = "mails that did not arrive"
    console = "outgoing-mail"
    detail = MailScreen
    columns = (
        TableColumn("Subject", 32, grows=True, names=True),
        TableColumn("State", 9),
        TableColumn("Kind", 14),
        TableColumn("Tenant", 15),
        TableColumn("Why", 20, wide=True),
        TableColumn("Created", 16, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        return (await notifications.undelivered(uow, request)).shown(_row)
