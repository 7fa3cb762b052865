"""
Mails: who is written to about what, and when not.

Facts call it, by its `reactions`, and the timetable: what only the portal has said is mailed in the morning.
"""

from .service.digest import mail_digests

__all__ = ["mail_digests"]
