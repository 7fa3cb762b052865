"""Notifications: notices in the portal and mail, each written once per occasion."""

from .mails import StoredAttachment, dispatch_mail, queue_mail
from .notices import mark_all_read, mark_read, notify
from .queries import get, mail, mails_of, mails_to, page, undelivered, visible, visible_mails

__all__ = [
    "StoredAttachment",
    "dispatch_mail",
    "get",
    "mail",
    "mails_of",
    "mails_to",
    "mark_all_read",
    "mark_read",
    "notify",
    "page",
    "queue_mail",
    "undelivered",
    "visible",
    "visible_mails",
]
