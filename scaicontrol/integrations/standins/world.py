# ruff: noqa: E501  (a table is read by its columns)
"""The people and organizations of the development world, as ScaiKey knows them; ids never change."""

from dataclasses import dataclass
from typing import Final

OPERATOR: Final = "prt_operator"
NORTHWIND: Final = "prt_northwind"
ATELIER: Final = "prt_atelier"

CLIENT_ID: Final = "scaicontrol"
CLIENT_SECRET: Final = "development-client-secret"  # noqa: S105  (of a directory that holds nobody)


@dataclass(frozen=True, slots=True)
class DevPartner:
    id: str
    name: str
    slug: str
    country: str
    contact_email: str
    status: str = "active"


@dataclass(frozen=True, slots=True)
class DevTenant:
    id: str
    partner_id: str
    name: str
    slug: str
    country: str
    about: str
    contact_email: str
    status: str = "active"


@dataclass(frozen=True, slots=True)
class DevPerson:
    id: str
    name: str
    email: str
    role: str
    tenant_id: str
    partner_id: str
    about: str = ""
    status: str = "active"


@dataclass(frozen=True, slots=True)
class DevGroup:
    id: str
    name: str
    tenant_id: str | None
    partner_id: str | None
    member_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Application:
    """An OAuth client; without a secret it is public and must use PKCE."""

    client_id: str
    name: str
    secret: str | None
    scopes: tuple[str, ...] = ()


PARTNERS: Final = (
    DevPartner(OPERATOR, "ScaiLabs B.V.", "scailabs", "NL", "billing@scailabs.example"),
    DevPartner(NORTHWIND, "Northwind Cloud GmbH", "northwind", "DE", "buchhaltung@northwind.example"),
    DevPartner(ATELIER, "Atelier Numérique SARL", "atelier", "FR", "compta@atelier.example"),
)

TENANTS: Final = (
    # The offices of the partners themselves: their people live here, nobody bills them.
    DevTenant("tnt_scailabs", OPERATOR, "ScaiLabs", "scailabs", "NL", "the operator's own people", "office@scailabs.example"),
    DevTenant("tnt_northwind", NORTHWIND, "Northwind Cloud", "northwind", "DE", "the reseller's own people", "office@northwind.example"),
    DevTenant("tnt_atelier", ATELIER, "Atelier Numérique", "atelier", "FR", "the reseller's own people", "bureau@atelier.example"),
    # The customers.
    DevTenant("tnt_acme", OPERATOR, "Acme Bakeries B.V.", "acme", "NL", "business, domestic", "administratie@acme.example"),
    DevTenant("tnt_liberty", OPERATOR, "Liberty Robotics Inc.", "liberty", "US", "business outside the EU", "ap@liberty.example"),
    DevTenant("tnt_stichting", OPERATOR, "Stichting Open Archief", "stichting", "NL", "exempt from VAT", "penningmeester@stichting.example"),
    DevTenant("tnt_zwarte_kat", OPERATOR, "De Zwarte Kat BV", "zwarte-kat", "BE", "business that does not pay", "info@zwartekat.example"),
    DevTenant("tnt_bauwerk", NORTHWIND, "Bauwerk Ingenieure GmbH", "bauwerk", "DE", "business", "rechnung@bauwerk.example"),
    DevTenant("tnt_stadt", NORTHWIND, "Stadt Neuhafen", "stadt", "DE", "public buyer with a Leitweg-ID", "rechnungseingang@neuhafen.example"),
    DevTenant("tnt_verde", NORTHWIND, "Verde Energia S.r.l.", "verde", "IT", "business, another member state", "fatture@verde.example"),
    DevTenant("tnt_lumiere", ATELIER, "Lucie Moreau", "lumiere", "FR", "a consumer", "lucie@lumiere.example"),
    DevTenant("tnt_costa", ATELIER, "Costa Software S.L.", "costa", "ES", "business, another member state", "facturas@costa.example"),
)  # fmt: skip

CUSTOMERS: Final = tuple(
    tenant for tenant in TENANTS if tenant.id.removeprefix("tnt_") not in {"scailabs", "northwind", "atelier"}
)

PEOPLE: Final = (
    DevPerson("usr_ada", "Ada Lindqvist", "ada@scailabs.example", "super_admin", "tnt_scailabs", OPERATOR, "may do everything"),
    DevPerson("usr_bert", "Bert de Vries", "bert@scailabs.example", "platform_billing", "tnt_scailabs", OPERATOR, "runs the billing"),
    DevPerson("usr_nina", "Nina Hartmann", "nina@northwind.example", "partner_admin", "tnt_northwind", NORTHWIND, "runs the reseller"),
    DevPerson("usr_nils", "Nils Brandt", "nils@northwind.example", "partner_viewer", "tnt_northwind", NORTHWIND, "looks, changes nothing"),
    DevPerson("usr_amelie", "Amélie Laurent", "amelie@atelier.example", "partner_admin", "tnt_atelier", ATELIER, "runs the reseller"),
    DevPerson("usr_antoine", "Antoine Mercier", "antoine@atelier.example", "partner_viewer", "tnt_atelier", ATELIER, "looks, changes nothing"),
    DevPerson("usr_anna", "Anna Jansen", "anna@acme.example", "tenant_admin", "tnt_acme", OPERATOR, "buys and pays"),
    DevPerson("usr_tom", "Tom Bakker", "tom@acme.example", "tenant_user", "tnt_acme", OPERATOR, "uses the services"),
    DevPerson("usr_vera", "Vera Smit", "vera@acme.example", "tenant_viewer", "tnt_acme", OPERATOR, "browses the catalogue"),
    DevPerson("usr_liam", "Liam Carter", "liam@liberty.example", "tenant_admin", "tnt_liberty", OPERATOR),
    DevPerson("usr_sanne", "Sanne Visser", "sanne@stichting.example", "tenant_admin", "tnt_stichting", OPERATOR),
    DevPerson("usr_karel", "Karel Peeters", "karel@zwartekat.example", "tenant_admin", "tnt_zwarte_kat", OPERATOR),
    DevPerson("usr_bruno", "Bruno Keller", "bruno@bauwerk.example", "tenant_admin", "tnt_bauwerk", NORTHWIND),
    DevPerson("usr_sabine", "Sabine Vogt", "sabine@neuhafen.example", "tenant_admin", "tnt_stadt", NORTHWIND),
    DevPerson("usr_vittoria", "Vittoria Greco", "vittoria@verde.example", "tenant_admin", "tnt_verde", NORTHWIND),
    DevPerson("usr_lucie", "Lucie Moreau", "lucie@lumiere.example", "tenant_admin", "tnt_lumiere", ATELIER),
    DevPerson("usr_carmen", "Carmen Ortega", "carmen@costa.example", "tenant_admin", "tnt_costa", ATELIER),
)  # fmt: skip

GROUPS: Final = (
    DevGroup("grp_finance", "Finance", None, OPERATOR, ("usr_bert",)),
    DevGroup("grp_northwind_sales", "Sales", None, NORTHWIND, ("usr_nina", "usr_nils")),
    DevGroup("grp_atelier_bureau", "Bureau", None, ATELIER, ("usr_amelie", "usr_antoine")),
    DevGroup("grp_acme_billing", "Billing", "tnt_acme", OPERATOR, ("usr_anna", "usr_vera")),
    DevGroup("grp_stadt_kasse", "Stadtkasse", "tnt_stadt", NORTHWIND, ("usr_sabine",)),
)

SERVICES: Final = {
    "scaigrid": "ScaiGrid",
    "scaiflow": "ScaiFlow",
    "scaiwave": "ScaiWave",
    "scaidrive": "ScaiDrive",
    "scaicrm": "ScaiCRM",
}

# What each service measures, as it declares at registration: slug, name, unit, kind.
METRICS: Final = {
    "scaigrid": (("cpu_hours", "CPU hours", "h", "counter"), ("storage_gb", "Storage", "GB", "gauge")),
    "scaiflow": (("workflow_runs", "Workflow runs", "run", "counter"),),
    "scaiwave": (
        ("messages", "Messages", "message", "counter"),
        ("meeting_minutes", "Meeting minutes", "min", "counter"),
    ),
    "scaidrive": (("storage_gb", "Storage", "GB", "gauge"), ("transfer_gb", "Transfer", "GB", "counter")),
    "scaicrm": (("contacts", "Contacts", "contact", "gauge"), ("api_calls", "API calls", "call", "counter")),
}


def service_client_id(slug: str) -> str:
    """Give the client id a service registers with (`service_registry.app_id`)."""
    return f"app_{slug}"


def service_secret(slug: str) -> str:
    return f"development-secret-{slug}"


APPLICATIONS: Final = (
    Application(
        CLIENT_ID,
        "ScaiControl",
        CLIENT_SECRET,
        ("admin:read", "secrets:read", "secrets:write", "secrets:delete", "mail.send", "services:read"),
    ),
    Application("scaicontrol-cli", "ScaiControl on the command line", None),
    Application("scaicontrol-agent", "An agent that acts for a person", "development-secret-agent"),
    *(Application(service_client_id(slug), name, service_secret(slug), ("registry:manage",)) for slug, name in SERVICES.items()),
)  # fmt: skip
