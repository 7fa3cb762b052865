"""ScaiKey's directory: partners, tenants, people and groups, page by page (contract §36.2)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import httpx2

from scaicontrol.core.errors import Forbidden, NotFound, Unavailable
from scaicontrol.core.ports import DirectoryGroup, DirectoryPartner, DirectoryTenant, DirectoryUser
from scaicontrol.core.settings import Settings
from scaicontrol.integrations.client import body_of, call, retry_after

from .endpoints import Endpoints
from .service_token import ServiceToken

_PER_PAGE: Final = 100
_PAGES_MAX: Final = 10_000  # a directory that never ends is broken, not large
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _OK = 401, 403, 404, 200


class ScaiKeyDirectory:
    """
    Reads the directory with our own client-credentials token.

    With an application id, people are those who effectively have access to ScaiControl, tenant by tenant, and the
    partner's and operator's people beside them; without admin scope, the members of groups.
    """

    def __init__(
        self, settings: Settings, endpoints: Endpoints, bearer: ServiceToken, http: httpx2.AsyncClient
    ) -> None:
        self._endpoints, self._bearer, self._http = endpoints, bearer, http
        self._application = settings.scaikey_app_id

    async def partners(self) -> AsyncIterator[DirectoryPartner]:
        async for row in self._pages("/admin/partners/"):
            yield DirectoryPartner(
                row["id"], _name(row), str(row.get("slug", "")), _status(row), row.get("contact_email")
            )

    async def tenants(self) -> AsyncIterator[DirectoryTenant]:
        async for row in self._pages("/admin/tenants/"):
            yield DirectoryTenant(
                row["id"],
                row["partner_id"],
                _name(row),
                str(row.get("slug", "")),
                _status(row),
                row.get("contact_email"),
            )

    async def users(self) -> AsyncIterator[DirectoryUser]:
        seen: set[str] = set()
        async for row in self._people():
            user = _user(row)
            if user.id not in seen:
                seen.add(user.id)
                yield user

    async def groups(self) -> AsyncIterator[DirectoryGroup]:
        async for row in self._pages("/admin/groups/"):
            members = [_user_id(member) async for member in self._pages(f"/admin/groups/{row['id']}/members")]
            yield DirectoryGroup(row["id"], row.get("tenant_id"), row.get("partner_id"), _name(row), tuple(members))

    async def _people(self) -> AsyncIterator[Mapping[str, Any]]:
        if self._application:
            async for tenant in self.tenants():
                path = f"/tenants/{tenant.id}/applications/{self._application}/effective-users"
                async for row in self._pages(path):
                    yield {"tenant_id": tenant.id, "partner_id": tenant.partner_id, **row}
        try:
            async for row in self._pages("/admin/users/"):
                if not self._application or not row.get("tenant_id"):
                    yield row
        except Forbidden:
            async for group in self._pages("/admin/groups/"):
                async for member in self._pages(f"/admin/groups/{group['id']}/members"):
                    if member.get("email"):
                        yield {"tenant_id": group.get("tenant_id"), "partner_id": group.get("partner_id"), **member}

    async def _pages(self, path: str) -> AsyncIterator[Mapping[str, Any]]:
        seen = 0
        for page in range(1, _PAGES_MAX):
            body = await self._page(path, page)
            rows = _rows(body)
            for row in rows:
                yield row
            seen += len(rows)
            if not rows or _is_last(body, page, seen, len(rows)):
                return
        raise Unavailable(f"ScaiKey's list {path} does not end.")

    async def _page(self, path: str, page: int) -> Any:
        response = await self._get(path, page)
        if response.status_code == _UNAUTHORIZED:  # a revoked token is fetched anew, once
            self._bearer.forget()
            response = await self._get(path, page)
        if response.status_code == _OK:
            return response.json() if response.content.lstrip().startswith(b"[") else body_of(response)
        if response.status_code == _FORBIDDEN:
            raise Forbidden(f"ScaiKey refuses {path}: the application needs admin:read in its GLOBAL scope.")
        if response.status_code == _NOT_FOUND:
            raise NotFound(f"ScaiKey knows no {path}.")
        raise Unavailable(
            f"ScaiKey cannot list {path} (HTTP {response.status_code}).", retry_after=retry_after(response)
        )

    async def _get(self, path: str, page: int) -> httpx2.Response:
        return await call(
            self._http,
            "ScaiKey",
            "GET",
            self._endpoints.api + path,
            params={"page": page, "per_page": _PER_PAGE},
            headers={"Authorization": f"Bearer {await self._bearer()}"},
        )


def _rows(body: Any) -> Sequence[Mapping[str, Any]]:
    rows = body if isinstance(body, list) else next((body[name] for name in ("data", "items") if name in body), None)
    if not isinstance(rows, list):
        raise Unavailable("ScaiKey's directory answered without a list.")
    return rows


def _is_last(body: Any, page: int, seen: int, received: int) -> bool:
    if isinstance(body, list):
        return received < _PER_PAGE
    paging = body.get("pagination") if isinstance(body.get("pagination"), dict) else body
    if isinstance(total := paging.get("total", paging.get("total_items")), int):
        return seen >= total
    if isinstance(pages := paging.get("total_pages", paging.get("pages")), int):
        return page >= pages
    return received < _PER_PAGE


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("display_name") or row.get("name") or row.get("email") or row["id"])


def _status(row: Mapping[str, Any]) -> str:
    if "status" in row:
        return str(row["status"]).lower()
    return "active" if row.get("is_active", True) else "suspended"


def _user_id(row: Mapping[str, Any]) -> str:
    return str(row.get("user_id") or row["id"])


def _user(row: Mapping[str, Any]) -> DirectoryUser:
    return DirectoryUser(
        _user_id(row), row.get("tenant_id"), row.get("partner_id"), str(row.get("email", "")), _name(row), _status(row)
    )
