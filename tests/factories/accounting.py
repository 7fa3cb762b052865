"""Integrations, and a mapping that knows every account."""

from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import accounting
from scaicontrol.services.accounting.models import AccountingIntegration
from scaicontrol.services.accounting.schemas import IntegrationIn, LedgerMapping

from . import petra

MAPPING = LedgerMapping.model_validate(
    {
        "debtor_account": "1300",
        "debtor_accounts": {"tnt_globex": "13002"},
        "revenue_accounts": {"default": "8000", "usage": "8010"},
        "payment_accounts": {"default": "1100", "sandbox": "1150"},
        "disputed_account": "1370",
        "dispute_fee_account": "4970",
        "loss_account": "2400",
        "wallet_account": "1760",
        "vat_codes": [
            {"category": "S", "code": "9", "account": "1599"},
            {"category": "S", "rate": "21", "country": "NL", "code": "1", "account": "1500"},
            {"category": "AE", "code": "94"},
            {"category": "G", "code": "21"},
            {"category": "E", "code": "10"},
            {"category": "Z", "code": "11"},
            {"category": "O", "code": "12"},
        ],
    }
)
DATEV = {"consultant": 1001, "client": 1}


async def an_integration(
    backend: Backend, provider: str = "csv_journal", by: Actor = petra, **fields: Any
) -> AccountingIntegration:
    """Northwind's books, unless somebody else adds them."""
    config = DATEV if provider == "datev_csv" else {}
    given = {"provider": provider, "name": "Books", "config": config, "mapping": MAPPING, **fields}
    return await accounting.create(backend, by, IntegrationIn(**given))
