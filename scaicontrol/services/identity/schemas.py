"""What crosses an edge about people, groups and roles."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from scaicontrol.core.errors import Invalid
from scaicontrol.core.i18n import Language
from scaicontrol.core.periods import time_zone
from scaicontrol.core.schemas import In, Moment, Out
from scaicontrol.services.partners.schemas import BrandOut

_ALICE: dict[str, Any] = {
    "id": "usr_anna",
    "tenant_id": "tnt_acme",
    "partner_id": "prt_northwind",
    "email": "anna@acme.example",
    "display_name": "Anna Jansen",
    "status": "active",
    "last_login_at": "2026-01-15T09:00:00Z",
    "created_at": "2026-01-01T00:00:00Z",
    "roles": ["tenant_admin"],
}

_VIEW: dict[str, Any] = {
    "id": "pvw_01jd",
    "operator_name": "Ada Operator",
    "reason": "The invoice is said to be missing.",
    "ticket": "SUP-1234",
    "begun_at": "2026-01-15T09:00:00Z",
    "ends_at": "2026-01-15T09:30:00Z",
}


class RoleIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "tenant_admin"}]})

    role: str = Field(max_length=40)


class RoleOut(Out):
    """A role and what it allows."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "tenant_viewer", "level": "tenant", "scopes": ["services:read"], "read_only": False}]
        }
    )

    name: str
    level: str
    scopes: list[str]
    read_only: bool


class UserOut(Out):
    """A person; `roles` are those given to them here, without what groups pass on."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ALICE]})

    id: str
    tenant_id: str | None
    partner_id: str | None
    email: str
    display_name: str
    status: str
    last_login_at: Moment | None
    created_at: Moment
    roles: list[str]


class GroupOut(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "grp_acme_billing",
                    "tenant_id": "tnt_acme",
                    "partner_id": "prt_northwind",
                    "name": "Billing",
                    "role": "tenant_admin",
                    "member_count": 2,
                    "created_at": "2026-01-01T00:00:00Z",
                }
            ]
        }
    )

    id: str
    tenant_id: str | None
    partner_id: str | None
    name: str
    role: str | None
    member_count: int
    created_at: Moment


class GroupDetailOut(GroupOut):
    members: list[UserOut]


class UserDetailOut(UserOut):
    """A person with their groups, and what all their roles together allow."""

    groups: list[GroupOut]
    effective_roles: list[str]
    permissions: list[str]


class PortalViewIn(In):
    """Why an operator looks at a tenant's portal; the tenant reads both."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "The invoice is said to be missing.", "ticket": "SUP-1234"}]}
    )

    reason: str = Field(min_length=3, max_length=500)
    ticket: str = Field(min_length=1, max_length=100)


class PortalViewOut(Out):
    """An operator's look at a tenant's portal: who, why, and until when."""

    model_config = ConfigDict(json_schema_extra={"examples": [_VIEW]})

    id: str
    operator_name: str
    reason: str
    ticket: str
    begun_at: Moment
    ends_at: Moment


class MeOut(Out):
    """Who the caller is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user_id": "usr_anna",
                    "tenant_id": "tnt_acme",
                    "partner_id": "prt_northwind",
                    "email": "anna@acme.example",
                    "display_name": "Anna Jansen",
                    "tenant_name": "Acme Bakeries B.V.",
                    "partner_name": "Northwind Cloud GmbH",
                    "time_zone": "Europe/Berlin",
                    "roles": ["tenant_admin"],
                    "permissions": ["billing:manage", "billing:read"],
                    "portal_view": None,
                    "brand": None,
                }
            ]
        }
    )

    user_id: str
    tenant_id: str | None
    partner_id: str | None
    email: str | None
    display_name: str | None
    tenant_name: str | None
    partner_name: str | None
    time_zone: str = Field(description="The seller's, in which billing periods begin and end at midnight.")
    roles: list[str]
    permissions: list[str]
    portal_view: PortalViewOut | None = Field(description="Of an operator who looks at a tenant's portal.")
    brand: BrandOut | None = Field(description="Of the partner that sells: what the portal shows of it.")


NumberFormat = Literal["comma_point", "point_comma", "space_comma", "apostrophe_point"]
DateFormat = Literal["words", "dots", "slashes", "iso"]
Theme = Literal["light", "dark"]


def _known_zone(name: str) -> str:
    try:
        return time_zone(name).key
    except Invalid as error:
        raise ValueError(error.message) from None


TimeZone = Annotated[str, Field(max_length=64, description="A name of the IANA database."), AfterValidator(_known_zone)]

_PREFERENCES: dict[str, Any] = {
    "language": "de",
    "time_zone": "Europe/Berlin",
    "number_format": "point_comma",
    "date_format": "dots",
    "theme": None,
}


class UserPreferencesIn(In):
    """How pages speak to a person; what is left out or null follows the browser and the language."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PREFERENCES]})

    language: Language | None = None
    time_zone: TimeZone | None = None
    number_format: NumberFormat | None = Field(default=None, description="1,234.5; 1.234,5; 1 234,5; 1’234.5.")
    date_format: DateFormat | None = Field(default=None, description="31 Jan 2026; 31.01.2026; 31/01/2026; 2026-01-31.")
    theme: Theme | None = None


class UserPreferencesOut(Out):
    """What a person chose; null follows the browser and the language."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PREFERENCES]})

    language: Language | None
    time_zone: str | None
    number_format: NumberFormat | None
    date_format: DateFormat | None
    theme: Theme | None


class TokenIn(In):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "grant_type": "authorization_code",
                    "code": "SplxlOBeZQQYbYS6WxSbIA",
                    "redirect_uri": "https://www.scailabs.ai/callback",
                    "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                }
            ]
        }
    )

    grant_type: Literal["authorization_code", "refresh_token"]
    code: str | None = Field(default=None, max_length=2000)
    redirect_uri: str | None = Field(default=None, max_length=2000)
    code_verifier: str | None = Field(default=None, max_length=128)
    refresh_token: str | None = Field(default=None, max_length=4000)
