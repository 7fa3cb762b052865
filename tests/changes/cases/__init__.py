"""One case for every verb; `test_every_verb` says which verb has none."""

from . import (
    bank,
    coupons,
    documents,
    ground,
    money,
    outside,
    packs,
    payment_files,
    provider_accounts,
    selling,
    wallets,
)
from .case import CASES, Case, Stage

__all__ = [
    "CASES",
    "Case",
    "Stage",
    "bank",
    "coupons",
    "documents",
    "ground",
    "money",
    "outside",
    "packs",
    "payment_files",
    "provider_accounts",
    "selling",
    "wallets",
]
