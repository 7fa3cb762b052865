"""
Pages that nobody signs in for: one invoice by its signed link, withdrawing from a contract, cancelling one.

The server makes them, and they need no script.
"""

from .declarations import root_routes as declaration_routes
from .frame import root_routes as frame_routes
from .invoice import root_routes as invoice_routes

root_routes = [*frame_routes, *invoice_routes, *declaration_routes]

__all__ = ["root_routes"]
