"""Notifications: notices in the portal and mail, each written once per occasion."""

from .mails import MailSender, StoredAttachment, dispatch_mail, queue_mail
from .notices import mark_all_read, mark_read, notify, record_mailed
from .queries import (
    get,
    mail,
    mails_of,
    mails_to,
    page,
    shown,
    tenants_to_mail,
    undelivered,
    visible,
    visible_mails,
    waiting_for_mail,
)

__all__ = [
    "MailSender",
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
    "record_mailed",
    "shown",
    "tenants_to_mail",
    "undelivered",
    "visible",
    "visible_mails",
    "waiting_for_mail",
]
