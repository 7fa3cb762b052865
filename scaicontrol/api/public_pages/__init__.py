"""Pages that nobody signs in for: one invoice by its signed link. Made by the server, without a script."""

from .frame import root_routes as frame_routes
from .invoice import root_routes as invoice_routes

root_routes = [*frame_routes, *invoice_routes]

__all__ = ["root_routes"]
