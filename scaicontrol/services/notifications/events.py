from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class MailFact(DomainEvent):
    resource: ClassVar[str] = "mail_id"
    public: ClassVar[bool] = False

    mail_id: str
    kind: str
    resource_of: str
    tenant_id: str
    partner_id: str


class MailQueued(MailFact):
    topic: ClassVar[str] = "mail.queued"


class MailAccepted(MailFact):
    topic: ClassVar[str] = "mail.accepted"


class MailFailed(MailFact):
    topic: ClassVar[str] = "mail.failed"

    error: str
