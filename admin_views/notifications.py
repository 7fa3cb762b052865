from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import notifications, tenants
from scaicontrol.services.notifications.lifecycle import MailStatus
from scaicontrol.services.notifications.models import Notification, OutgoingMail

from . import formatting
from .base import ControlView, ListColumn, ListFilter, known_filter, moment_column, named_column
from .menu import MenuGroup
from .names import Ref


@dataclass(frozen=True, slots=True)
class NoticePage:
    """What the page of a notice shows."""

    notice: Notification
    tenant: str


class NotificationView(ControlView, model=Notification):
    name, name_plural, icon = "Notice", "Notices", "notices"
    category, rank = MenuGroup.operations, 70
    about = "What tenants read in their portal."
    prefix = "ntf"
    permission = "notifications:read"
    details_template = "console/notice.html"
    grows = True
    searched = (Notification.id,)
    search_hint = "id"
    columns = (
        ListColumn("Title", lambda row: row.title, None, "link"),
        ListColumn("Severity", lambda row: row.severity, Notification.severity, "status"),
        ListColumn("Category", lambda row: formatting.spoken(row.category)),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("For", lambda row: row.user_id or "everybody"),
        moment_column("Created", "created_at", Notification.created_at),
    )
    narrowing = (
        known_filter("severity", "Severity", Notification.severity),
        known_filter("category", "Category", Notification.category),
        ListFilter("tenant", "Tenant", lambda value: Notification.tenant_id == value, kind="tenant"),
    )

    def visible(self, uow: UnitOfWork) -> Select[Notification]:
        return notifications.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> NoticePage:
        notice = await notifications.get(uow, pk)
        names = await tenants.names(uow, [notice.tenant_id])
        return NoticePage(notice, names.get(notice.tenant_id, notice.tenant_id))

    def title_of(self, detail: NoticePage) -> str:
        return detail.notice.title

    def actions_of(self, detail: NoticePage) -> Sequence[str]:
        return []


@dataclass(frozen=True, slots=True)
class MailPage:
    """What the page of a mail shows."""

    mail: OutgoingMail
    tenant: str
    about: Ref


def told_of(mail: OutgoingMail) -> Ref:
    """Give the page of what a mail is about, as far as its id tells."""
    return Ref(
        {"inv": "invoice", "sub": "subscription", "dsp": "dispute"}.get(mail.resource_id[:3], ""), mail.resource_id
    )


def to(mail: OutgoingMail) -> str:
    return ", ".join(str(each["email"]) for each in mail.recipients)


class MailView(ControlView, model=OutgoingMail):
    name, name_plural, icon = "Mail", "Mails", "mails"
    category, rank = MenuGroup.operations, 75
    about = "Every mail that was asked for, and whether it left."
    prefix = "mel"
    permission = "notifications:read"
    details_template = "console/mail.html"
    grows = True
    searched = (OutgoingMail.id, OutgoingMail.message_id)
    search_hint = "id or message id"
    columns = (
        ListColumn("Subject", lambda row: row.subject, None, "link"),
        ListColumn("Status", lambda row: row.status, OutgoingMail.status, "status"),
        ListColumn("To", to),
        ListColumn("Kind", lambda row: formatting.spoken(row.kind)),
        ListColumn("About", lambda row: row.resource_id, None, "name", told_of),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("Attempts", lambda row: str(row.attempts), None, "number"),
        ListColumn("Why", lambda row: row.last_error or formatting.NOTHING),
        moment_column("Created", "created_at", OutgoingMail.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: OutgoingMail.status == value, list(MailStatus)),
        known_filter("kind", "Kind", OutgoingMail.kind),
        ListFilter("tenant", "Tenant", lambda value: OutgoingMail.tenant_id == value, kind="tenant"),
    )

    def visible(self, uow: UnitOfWork) -> Select[OutgoingMail]:
        return notifications.visible_mails(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> MailPage:
        mail = await notifications.mail(uow, pk)
        names = await tenants.names(uow, [mail.tenant_id])
        return MailPage(mail, names.get(mail.tenant_id, mail.tenant_id), told_of(mail))

    def title_of(self, detail: MailPage) -> str:
        return detail.mail.subject

    def actions_of(self, detail: MailPage) -> Sequence[str]:
        return []  # mails follow from facts; the buttons that cause one are the document's


VIEWS = (NotificationView, MailView)
