"""
The cast of every test.

The platform is operated by ada; bert does its billing. Northwind is a partner, run by petra and watched by pim.
Acme (run by alice, used by tom) and Globex (run by gina) are Northwind's tenants; Initech (run by ian) belongs to the
other partner, Southbay (run by sam): what Northwind sees of Southbay, or Acme of Globex, is a leak.
"""

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.db.tenant_filter import Scope

NORTHWIND, SOUTHBAY = "prt_northwind", "prt_southbay"
ACME, GLOBEX, INITECH = "tnt_acme", "tnt_globex", "tnt_initech"
SCAIDRIVE = "svc_scaidrive"

_TENANT_ADMIN = frozenset(
    {"billing:manage", "billing:read", "subscriptions:read", "subscriptions:manage", "services:read"}
)
_PLATFORM_BILLING = frozenset(
    {"admin:billing", "admin:tenants", "admin:subscriptions", "admin:usage", "admin:accounting", "admin:audit"}
)
_PARTNER_ADMIN = _TENANT_ADMIN | _PLATFORM_BILLING | {"admin:partners", "admin:users", "admin:groups", "admin:approve"}
_PARTNER_VIEWER = frozenset({"admin:tenants", "admin:usage", "billing:read", "subscriptions:read", "services:read"})


def person(name: str, scope: Scope, role: str, scopes: frozenset[str], *, read_only: bool = False) -> Actor:
    """Make a signed-in person; the mail address follows from the name."""
    return Actor(
        id=f"usr_{name}",
        kind=ActorKind.user,
        scope=scope,
        scopes=scopes,
        roles=frozenset({role}),
        name=name.capitalize(),
        email=f"{name}@example.com",
        read_only=read_only,
        surface="api",
    )


def tenant_admin(name: str, tenant_id: str, partner_id: str) -> Actor:
    """Make the administrator of a tenant."""
    return person(name, Scope.tenant(partner_id, tenant_id), "tenant_admin", _TENANT_ADMIN)


def partner_admin(name: str, partner_id: str) -> Actor:
    """Make the administrator of a partner."""
    return person(name, Scope.partner(partner_id), "partner_admin", _PARTNER_ADMIN)


def service(service_id: str, client_id: str) -> Actor:
    """Make a service that registers, beats and meters in its own name."""
    return Actor(
        id=client_id,
        kind=ActorKind.service,
        scope=Scope.service(service_id),
        scopes=frozenset({"registry:manage"}),
        roles=frozenset({"service"}),
        name=client_id,
        client_id=client_id,
        surface="api",
    )


ada = person("ada", Scope.platform(), "super_admin", frozenset({"*"}))
bert = person("bert", Scope.platform(), "platform_billing", _PLATFORM_BILLING)

petra = partner_admin("petra", NORTHWIND)
pim = person("pim", Scope.partner(NORTHWIND), "partner_viewer", _PARTNER_VIEWER, read_only=True)
sam = partner_admin("sam", SOUTHBAY)

alice = acme_admin = tenant_admin("alice", ACME, NORTHWIND)
tom = person("tom", Scope.tenant(NORTHWIND, ACME), "tenant_user", frozenset({"subscriptions:read", "services:read"}))
gina = globex_admin = tenant_admin("gina", GLOBEX, NORTHWIND)
ian = initech_admin = tenant_admin("ian", INITECH, SOUTHBAY)

scaidrive = service(SCAIDRIVE, "scaidrive")
nobody = Actor.nobody()
