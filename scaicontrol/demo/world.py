# ruff: noqa: E501  (a table is read by its columns)
"""The demo world as plain data: sellers, buyers, plans, and who subscribes to what on which day."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from scaicontrol.core.i18n import Language

DAYS: Final = 92

# What one euro buys in this world, of the currencies its people might write a document in.
EUROS: Final = {
    "USD": "1.1589", "GBP": "0.8802", "CHF": "0.9334", "SEK": "10.968", "DKK": "7.4689", "NOK": "11.782",
    "PLN": "4.2385", "CZK": "24.182", "HUF": "383.15", "RON": "5.0881", "JPY": "181.22", "CAD": "1.6296",
}  # fmt: skip

SELLERS: Final[dict[str, dict[str, Any]]] = {
    "prt_operator": {
        "legal_name": "ScaiLabs B.V.", "trade_name": "ScaiLabs", "seller_country_code": "NL", "seller_address_line1": "Keizersgracht 241",
        "seller_postal_code": "1016 EA", "seller_city": "Amsterdam", "seller_vat_number": "NL628194821B01", "seller_registration_number": "81234567",
        "seller_email": "billing@scailabs.example", "seller_phone": "+31 20 555 0142", "iban": "NL91ABNA0417164300", "bic": "ABNANL2A",
        "bank_name": "ABN AMRO", "account_holder": "ScaiLabs B.V.", "default_language": "nl", "timezone": "Europe/Amsterdam",
        "brand_color": "#1d4ed8", "peppol_id": "81234567", "peppol_scheme": "0106", "payment_providers": ["bank_transfer", "sandbox"], "allow_pay_by_invoice": True, "proration": "day",
    },
    "prt_northwind": {
        "legal_name": "Northwind Cloud GmbH", "trade_name": "Northwind Cloud", "seller_country_code": "DE", "seller_address_line1": "Speicherstraße 12",
        "seller_postal_code": "20457", "seller_city": "Hamburg", "seller_vat_number": "DE342366712", "seller_registration_number": "HRB 148211",
        "seller_email": "buchhaltung@northwind.example", "seller_phone": "+49 40 555 0199", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX",
        "bank_name": "Commerzbank", "account_holder": "Northwind Cloud GmbH", "default_language": "de", "timezone": "Europe/Berlin",
        "brand_color": "#0f766e", "peppol_id": "DE342366712", "peppol_scheme": "9930", "payment_providers": ["bank_transfer", "sandbox"], "number_prefix": "NWC", "allow_pay_by_invoice": True,
        "imprint_url": "https://northwind.example/impressum", "privacy_url": "https://northwind.example/datenschutz",
    },
    "prt_atelier": {
        "legal_name": "Atelier Numérique SARL", "trade_name": "Atelier Numérique", "seller_country_code": "FR", "seller_address_line1": "18 rue des Capucins",
        "seller_postal_code": "69001", "seller_city": "Lyon", "seller_vat_number": "FR79868282880", "seller_registration_number": "868 282 880",
        "seller_email": "compta@atelier.example", "seller_phone": "+33 4 55 55 01 77", "iban": "FR1420041010050500013M02606", "bic": "PSSTFRPPLYO",
        "bank_name": "La Banque Postale", "account_holder": "Atelier Numérique SARL", "default_language": "fr", "timezone": "Europe/Paris",
        "brand_color": "#9d174d", "peppol_id": "FR79868282880", "peppol_scheme": "9957", "payment_providers": ["bank_transfer", "sandbox"], "number_prefix": "ATN", "oss_registered": True, "allow_pay_by_invoice": True,
        "sells_to_consumers": True, "imprint_url": "https://atelier.example/mentions-legales", "privacy_url": "https://atelier.example/confidentialite",
    },
}  # fmt: skip

BUYERS: Final[dict[str, dict[str, Any]]] = {
    "tnt_acme": {"company_name": "Acme Bakeries B.V.", "address_line1": "Herengracht 88", "postal_code": "1015 BS", "city": "Amsterdam", "country_code": "NL", "vat_number": "NL252760189B01", "is_business": True, "contact_email": "administratie@acme.example", "preferred_language": "nl", "preferred_einvoice_format": "ubl", "peppol_id": "64291377", "peppol_scheme": "0106", "buyer_reference": "PO-2291"},
    "tnt_liberty": {"company_name": "Liberty Robotics Inc.", "address_line1": "450 Harbor Blvd", "postal_code": "94002", "city": "Belmont", "state": "CA", "country_code": "US", "is_business": True, "contact_email": "ap@liberty.example", "preferred_language": "en"},
    "tnt_stichting": {"company_name": "Stichting Open Archief", "address_line1": "Plantage Middenlaan 2", "postal_code": "1018 DD", "city": "Amsterdam", "country_code": "NL", "is_business": True, "tax_exempt": True, "tax_exempt_reason": "Vrijgesteld op grond van artikel 11 Wet OB", "contact_email": "penningmeester@stichting.example", "preferred_language": "nl"},
    "tnt_zwarte_kat": {"company_name": "De Zwarte Kat BV", "address_line1": "Vlaamsekaai 14", "postal_code": "2000", "city": "Antwerpen", "country_code": "BE", "vat_number": "BE0246770968", "is_business": True, "contact_email": "info@zwartekat.example", "preferred_language": "nl"},
    "tnt_bauwerk": {"company_name": "Bauwerk Ingenieure GmbH", "address_line1": "Lindenallee 7", "postal_code": "10115", "city": "Berlin", "country_code": "DE", "vat_number": "DE676122202", "is_business": True, "contact_email": "rechnung@bauwerk.example", "preferred_language": "de", "preferred_einvoice_format": "zugferd"},
    "tnt_stadt": {"company_name": "Stadt Neuhafen", "address_line1": "Rathausplatz 1", "postal_code": "23552", "city": "Neuhafen", "country_code": "DE", "is_business": True, "leitweg_id": "04011000-1234512345-06", "peppol_id": "04011000-1234512345-06", "peppol_scheme": "0204", "preferred_einvoice_format": "xrechnung", "contact_email": "rechnungseingang@neuhafen.example", "preferred_language": "de"},
    "tnt_verde": {"company_name": "Verde Energia S.r.l.", "address_line1": "Via Garibaldi 21", "postal_code": "20121", "city": "Milano", "state": "MI", "country_code": "IT", "vat_number": "IT22817180023", "is_business": True, "contact_email": "fatture@verde.example", "preferred_language": "it"},
    "tnt_lumiere": {"company_name": "Lucie Moreau", "address_line1": "3 place Bellecour", "postal_code": "69002", "city": "Lyon", "country_code": "FR", "is_business": False, "contact_email": "lucie@lumiere.example", "preferred_language": "fr", "invoice_template_name": "Maison"},
    "tnt_costa": {"company_name": "Costa Software S.L.", "address_line1": "Calle Mayor 45", "postal_code": "28013", "city": "Madrid", "country_code": "ES", "vat_number": "ESB37343373", "is_business": True, "contact_email": "facturas@costa.example", "preferred_language": "es", "preferred_einvoice_format": "cii"},
}  # fmt: skip

# An invoice of Atelier's own as the designer writes it: one layout, a greeting in two languages, a third not yet said.
LETTERHEAD: Final = (
    '<div data-inv="logo" class="sc-logo"></div>'
    '<h1><span data-inv="field" data-path="labels.invoice"></span></h1>'
    '<table class="sc-parties"><tbody><tr><td data-inv="buyer"></td><td data-inv="seller"></td></tr></tbody></table>'
    '<div data-inv="text"><p>{greeting}</p></div>'
    '<div data-inv="facts"></div>'
    '<div data-inv="lines" data-cols="description,quantity,unit_price,tax_rate,amount"></div>'
    '<div data-inv="totals"></div><div data-inv="tax_note"></div><div data-inv="notes"></div>'
    '<div data-inv="payment"></div><div data-inv="footer"></div>'
)
GREETINGS: Final[dict[Language, str]] = {
    "fr": "Merci de votre confiance. Une question sur cette facture ? Répondez simplement à notre message.",
    "en": "Thank you for your trust. A question about this invoice? Just answer our message.",
}
UNTRANSLATED: Final[Language] = "nl"

# How ScaiLabs books, in the accounts of its bookkeeper.
BOOKS: Final[dict[str, Any]] = {
    "provider": "csv_journal", "name": "Grootboek",
    "mapping": {
        "debtor_account": "1300", "disputed_account": "1370", "dispute_fee_account": "4970", "loss_account": "2400",
        "wallet_account": "1760",
        "revenue_accounts": {"default": "8000", "usage": "8010"}, "payment_accounts": {"default": "1100", "sandbox": "1150"},
        "vat_codes": [
            {"category": "S", "rate": "21", "country": "NL", "code": "1", "account": "1500"}, {"category": "AE", "code": "94"},
            {"category": "G", "code": "21"}, {"category": "E", "code": "10"}, {"category": "O", "code": "12"},
        ],
    },
}  # fmt: skip
SIGNATURE: Final = (  # the icon of a service
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="14" fill="#1d4ed8"/>'
    '<path d="M12 44c10-2 12-26 18-26s-4 24 4 24 8-12 12-12 2 10 8 10" fill="none" stroke="#fff" stroke-width="4"/></svg>'
)


@dataclass(frozen=True, slots=True)
class PlanRow:
    slug: str
    name: str
    cents: int
    every: str = "monthly"
    trial_days: int = 0
    quotas: dict[str, int] = field(default_factory=dict)
    # metric → (units included free, price per unit beyond, divisor, label)
    usage: dict[str, tuple[int, int, int, str]] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    term_months: int | None = None
    price_model: str = "graduated"
    setup_cents: int = 0
    minimum_cents: int = 0


PLANS: Final[dict[str, tuple[PlanRow, ...]]] = {
    "scaigrid": (
        PlanRow("starter", "Starter", 4900, trial_days=14, quotas={"cpu_hours": 200}, usage={"cpu_hours": (200, 45, 10, "h")}, features=("2 regions", "E-mail support")),
        PlanRow("pro", "Pro", 19900, quotas={"cpu_hours": 1500}, usage={"cpu_hours": (1500, 38, 10, "h")}, features=("5 regions", "Autoscaling")),
        PlanRow("enterprise", "Enterprise", 990000, "yearly", quotas={"cpu_hours": 20000}, features=("All regions", "Dedicated support"), term_months=12),
    ),
    "scaiflow": (
        PlanRow("starter", "Starter", 2900, trial_days=14, quotas={"workflow_runs": 10000}, usage={"workflow_runs": (10000, 12, 100, "run")}),
        PlanRow("pro", "Pro", 9900, quotas={"workflow_runs": 250000}, usage={"workflow_runs": (100000, 9, 100, "run")}, features=("Unlimited workflows",)),
        PlanRow("setup", "Onboarding workshop", 75000, "one_time"),
    ),
    "scaiwave": (
        PlanRow("team", "Team", 700, usage={"messages": (50000, 2, 100, "message")}, features=("Per seat",)),
        PlanRow("business", "Business", 1400, usage={"messages": (200000, 1, 100, "message"), "meeting_minutes": (5000, 3, 10, "min")}),
        PlanRow("quarterly", "Business, quarterly", 3900, "quarterly"),
    ),
    "scaidrive": (
        PlanRow("starter", "Starter", 999, trial_days=30, quotas={"storage_gb": 100}, usage={"storage_gb": (100, 4, 1, "GB")}),
        PlanRow("pro", "Pro", 2999, quotas={"storage_gb": 1000}, usage={"storage_gb": (1000, 3, 1, "GB"), "transfer_gb": (500, 2, 1, "GB")}),
        PlanRow("archive", "Archive", 12000, "yearly", quotas={"storage_gb": 5000}),
    ),
    "scaicrm": (
        PlanRow("starter", "Starter", 1900, trial_days=14, quotas={"contacts": 1000}),
        PlanRow("pro", "Pro", 4900, usage={"api_calls": (10000, 5, 1000, "call")}),
        PlanRow("enterprise", "Enterprise", 24900, usage={"api_calls": (1000000, 3, 1000, "call")}, price_model="package", setup_cents=45000, minimum_cents=2500),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PackRow:
    """Plans that are sold together; the price is in euro cents."""

    slug: str
    name: str
    description: str
    cents: int
    plan_keys: tuple[str, ...]
    features: tuple[str, ...] = ()


PACKS: Final = (
    PackRow("workplace", "Workplace", "Files and messages for a team that begins.", 2900, ("scaidrive.pro", "scaiwave.team"), ("One invoice", "One cancellation")),
    PackRow("customers", "Customers", "Contacts, and the work that follows from them.", 12900, ("scaicrm.pro", "scaiflow.pro")),
)  # fmt: skip
PACK_TAKEN: Final = (30, "tnt_verde", "workplace")  # day, buyer, pack


# What sellers take off for whoever has the code: partner, code, name, per cent, periods (None: all).
COUPONS: Final = (
    ("prt_atelier", "AUTUMN15", "Autumn offer", 15, 2),
    ("prt_operator", "WELCOME10", "Welcome", 10, None),
)


@dataclass(frozen=True, slots=True)
class PlannedSubscription:
    """On `day` a tenant subscribes; `daily` is what it then uses a day, per metric."""

    day: int
    tenant_id: str
    plan_key: str
    quantity: int = 1
    daily: dict[str, Decimal] = field(default_factory=dict)
    coupon: str | None = None


PLANNED_SUBSCRIPTIONS: Final = (
    PlannedSubscription(0, "tnt_acme", "scaiflow.pro", daily={"workflow_runs": Decimal(4200)}),
    PlannedSubscription(1, "tnt_acme", "scaiwave.team", 24, daily={"messages": Decimal(2600)}),
    PlannedSubscription(
        2, "tnt_bauwerk", "scaidrive.pro", 12, daily={"storage_gb": Decimal(1180), "transfer_gb": Decimal("21.5")}
    ),
    PlannedSubscription(3, "tnt_stadt", "scaicrm.enterprise"),
    PlannedSubscription(4, "tnt_verde", "scaigrid.pro", daily={"cpu_hours": Decimal("61.25")}),
    PlannedSubscription(5, "tnt_lumiere", "scaidrive.starter", daily={"storage_gb": Decimal(64)}),
    PlannedSubscription(6, "tnt_costa", "scaiflow.starter", daily={"workflow_runs": Decimal(510)}),
    PlannedSubscription(7, "tnt_liberty", "scaigrid.enterprise"),
    PlannedSubscription(8, "tnt_stichting", "scaicrm.pro", 3, daily={"api_calls": Decimal(900)}),
    PlannedSubscription(9, "tnt_zwarte_kat", "scaiwave.business", 8, daily={"messages": Decimal(4000)}),
    PlannedSubscription(12, "tnt_acme", "scaicrm.starter"),
    PlannedSubscription(20, "tnt_costa", "scaiwave.quarterly", 6, coupon="AUTUMN15"),
    PlannedSubscription(26, "tnt_bauwerk", "scaigrid.starter", daily={"cpu_hours": Decimal("9.5")}),
    PlannedSubscription(34, "tnt_verde", "scaiflow.setup"),
    PlannedSubscription(45, "tnt_liberty", "scaidrive.archive"),
    PlannedSubscription(60, "tnt_stadt", "scaiflow.starter", daily={"workflow_runs": Decimal(150)}),
)

# Tenants that pay by a stored method of the sandbox; the others pay by bank transfer, and one does not pay.
STORED_METHODS: Final = {"tnt_acme": "sepa_debit", "tnt_bauwerk": "sepa_debit", "tnt_verde": "card", "tnt_lumiere": "card", "tnt_costa": "card", "tnt_liberty": "card"}  # fmt: skip
TRANSFERS_AFTER_DAYS: Final = {"tnt_stadt": 9, "tnt_stichting": 12}
ROUNDS_UP: Final = "tnt_stichting"  # pays its first invoice a little too generously
