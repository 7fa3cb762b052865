"""Notifications: notices in the portal and mail, each written once per occasion."""

from .lifecycle import MailLifecycle, MailStatus
from .mails import StoredAttachment, dispatch_mail, queue_mail
from .models import Notification, NotificationRead, OutgoingMail
from .notices import mark_all_read, mark_read, notify
from .queries import get, mails_of, page, visible
from .schemas import MarkedOut, NotificationOut

__all__ = [
    "MailLifecycle",
    "MailStatus",
    "MarkedOut",
    "Notification",
    "NotificationOut",
    "NotificationRead",
    "OutgoingMail",
    "StoredAttachment",
    "dispatch_mail",
    "get",
    "mails_of",
    "mark_all_read",
    "mark_read",
    "notify",
    "page",
    "queue_mail",
    "visible",
]
