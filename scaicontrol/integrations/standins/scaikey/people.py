"""The directory's contents: the development world, and whatever was changed in it since."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from scaicontrol.integrations.standins import signing, world
from scaicontrol.integrations.standins.context import Context

WEBHOOK_SECRET: Final = "development-scaikey-webhook-secret"  # noqa: S105  (signs events of nobody)
KINDS: Final = {"partners": "partner", "tenants": "tenant", "users": "user", "groups": "group"}
ADMIN_ROLES: Final = {"super_admin": "SUPER_ADMIN", "partner_admin": "PARTNER_ADMIN", "tenant_admin": "TENANT_ADMIN"}

Row = dict[str, Any]


class People:
    """Partners, tenants, users, groups, applications and webhook subscriptions, changed through the directory API."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._memory = context.memory("scaikey-directory", _first_contents())

    def rows(self, resource: str) -> dict[str, Row]:
        rows: dict[str, Row] = self._memory.data[resource]
        return rows

    def user(self, user_id: str) -> Row | None:
        row = self.rows("users").get(user_id)
        return row if row and row["status"] == "active" else None

    def application(self, client_id: str) -> Row | None:
        return self.rows("applications").get(client_id)

    def authenticated(self, client_id: str, secret: str) -> Row | None:
        """Give the application when its secret is right; a public one has none to give."""
        application = self.application(client_id)
        if application is None:
            return None
        if application["secret"] is None:
            return application if not secret else None
        return application if hmac.compare_digest(application["secret"].encode(), secret.encode()) else None

    def store(self, resource: str, row: Row) -> None:
        self.rows(resource)[row["id"]] = row
        self._memory.save()

    async def announce(self, resource: str, event: str, row: Mapping[str, Any]) -> int:
        """Send a signed event about a row to ScaiControl; give its answer's status, 0 when nobody listens."""
        kind = KINDS[resource]
        return await signing.send(
            self._context,
            "scaikey",
            WEBHOOK_SECRET,
            {
                "event_id": f"evt_{secrets.token_hex(10)}",
                "event_type": f"{kind}.{event}",
                "timestamp": int(self._context.now()),
                "resource": {"type": kind, "id": row["id"]},
                "actor": {"id": "usr_ada", "type": "admin"},
                "data": dict(row),
                "tenant_id": row["id"] if kind == "tenant" else row.get("tenant_id"),
                "partner_id": row["id"] if kind == "partner" else row.get("partner_id"),
            },
        )

    def save(self) -> None:
        self._memory.save()


def claims_of(user: Mapping[str, Any]) -> Row:
    """Say who a person is as ScaiKey's access tokens do: partner people carry their partner, others only a tenant."""
    role = user["role"]
    claims: Row = {"sub": user["id"], "tenant_id": user["tenant_id"], "roles": [role]}
    if role in ADMIN_ROLES:
        claims["role"] = ADMIN_ROLES[role]
    if not role.startswith("tenant_"):
        claims["partner_id"] = user["partner_id"]
    if role in {"super_admin", "platform_billing"}:
        claims["platform_token"] = True
    return claims


def _first_contents() -> Row:
    return {
        "partners": {partner.id: asdict(partner) for partner in world.PARTNERS},
        "tenants": {tenant.id: asdict(tenant) for tenant in world.TENANTS},
        "users": {person.id: {**asdict(person), "display_name": person.name} for person in world.PEOPLE},
        "groups": {group.id: {**asdict(group), "member_ids": list(group.member_ids)} for group in world.GROUPS},
        "applications": {
            app.client_id: {**asdict(app), "scopes": list(app.scopes), "id": app.client_id}
            for app in world.APPLICATIONS
        },
        "webhooks": {},
        "requests": {},
        "refresh_tokens": {},
    }
