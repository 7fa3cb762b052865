"""Invoice links: whoever has the link in a mail opens that one document, and pays it, without a sign-in."""

from .queries import of_invoice
from .service import PATH, Opened, address, open_link, prepare, revoke, ways_to_pay

__all__ = ["PATH", "Opened", "address", "of_invoice", "open_link", "prepare", "revoke", "ways_to_pay"]
