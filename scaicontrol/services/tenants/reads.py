"""
What other features ask tenants for, by name: rows of plain values, one statement a question.

No permission of their own: the calling verb has authorized.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from scaicontrol.core.work import UnitOfWork

from . import opt_outs
from .models import BillingProfile, Tenant


class BilledTenant(NamedTuple):
    """A billing profile as far as it decides what a tenant is charged, and what it still lacks."""

    tenant_id: str
    country_code: str | None
    postal_code: str | None
    vat_number: str | None
    is_business: bool
    tax_exempt: bool
    tax_exempt_reason: str | None
    tax_exempt_reason_code: str | None
    preferred_language: str | None
    company_name: str | None
    address_line1: str | None
    city: str | None


async def billed(uow: UnitOfWork, tenant_ids: Sequence[str]) -> list[BilledTenant]:
    """Give the billing profiles of these tenants; who has none is left out."""
    columns = [getattr(BillingProfile, name) for name in BilledTenant._fields]
    rows = await uow.session.execute(select(*columns).where(BillingProfile.tenant_id.in_(tenant_ids)))
    return [BilledTenant._make(row) for row in rows]


async def has_billing_profile(uow: UnitOfWork, tenant_id: str) -> bool:
    """Tell whether a tenant has said whom to bill."""
    profile = select(BillingProfile.tenant_id).where(BillingProfile.tenant_id == tenant_id)
    return await uow.session.scalar(profile) is not None


async def with_payment_means(uow: UnitOfWork, tenant_ids: Collection[str]) -> set[str]:
    """Name those of these tenants that have something stored to pay with."""
    query = select(Tenant.id).where(Tenant.id.in_(tenant_ids), Tenant.payment_means.is_not(None))
    return set(await uow.session.scalars(query))


async def count_of(uow: UnitOfWork, partner_id: str) -> int:
    """Count a partner's tenants."""
    query = select(func.count()).select_from(Tenant)
    counted = await uow.session.scalar(query.where(Tenant.partner_id == partner_id, Tenant.deleted_at.is_(None)))
    return counted or 0


async def lock(uow: UnitOfWork, tenant_id: str) -> None:
    """Let nobody else begin a subscription for a tenant, also one that was deleted, until this transaction ends."""
    (await uow.session.scalars(select(Tenant).where(Tenant.id == tenant_id).with_for_update())).one()


async def find(uow: UnitOfWork, tenant_id: str) -> Tenant | None:
    """Find a tenant, also one that was deleted."""
    found: Tenant | None = await uow.session.get(Tenant, tenant_id)
    return found


async def is_told(uow: UnitOfWork, tenant_id: str, category: str, topic: str) -> bool:
    """Tell whether a tenant hears of a fact: it may have opted out of what is not always told."""
    chosen = await uow.session.scalar(select(Tenant.notification_opt_outs).where(Tenant.id == tenant_id))
    return opt_outs.is_told(chosen or (), category, topic)


async def partners_of(uow: UnitOfWork, tenant_ids: Collection[str]) -> dict[str, str]:
    """Tell whose each of these tenants is."""
    rows = await uow.session.execute(select(Tenant.id, Tenant.partner_id).where(Tenant.id.in_(tenant_ids)))
    return {tenant_id: partner_id for tenant_id, partner_id in rows}  # noqa: C416  # rows are not pairs to the type checker


def is_in_country(tenant_id: InstrumentedAttribute[str], code: str) -> ColumnElement[bool]:
    """Say in SQL that rows are of tenants whose documents go to a country, by its ISO code in any capitals."""
    return tenant_id.in_(select(BillingProfile.tenant_id).where(BillingProfile.country_code == code.upper()))
