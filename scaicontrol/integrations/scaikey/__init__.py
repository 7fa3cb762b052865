"""ScaiKey: proof of who calls, login, and the directory of partners, tenants and people (contract §36)."""

from .directory import ScaiKeyDirectory
from .endpoints import Endpoints
from .keys import KeyRing
from .login import LoginStart, ScaiKeyLogin, TokenSet
from .oauth import ClientIdentity, printable_line
from .service_token import ServiceToken
from .tokens import ScaiKeyTokens

__all__ = [
    "ClientIdentity",
    "Endpoints",
    "KeyRing",
    "LoginStart",
    "ScaiKeyDirectory",
    "ScaiKeyLogin",
    "ScaiKeyTokens",
    "ServiceToken",
    "TokenSet",
    "printable_line",
]
