"""
What a plan is computed from: immutable, complete, and the only thing the computation may look at.

Everything is plain data, so a snapshot can be hashed, kept, replayed, and computed on a machine without a database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from scaicontrol.core.periods import BillingPeriod, Period
from scaicontrol.services.tax import RateTable
from scaicontrol.services.usage import Bracket


@dataclass(frozen=True, slots=True)
class Seller:
    """The partner's terms as far as they shape a plan."""

    partner_id: str
    country: str
    postal_code: str | None
    zone: str
    grouping: str
    payment_terms_days: int
    oss_registered: bool
    export_category: str
    vies_policy: str
    vies_max_age_days: int
    usage_close_hours: int


@dataclass(frozen=True, slots=True)
class Buyer:
    """The tenant's billing profile as far as it shapes a plan; `missing` names what finalisation will ask for."""

    tenant_id: str
    country: str
    postal_code: str | None
    vat_number: str | None
    is_business: bool
    tax_exempt: bool
    tax_exempt_reason: str | None
    tax_exempt_reason_code: str | None
    language: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    slug: str
    name: str
    unit_label: str
    brackets: tuple[Bracket, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """A subscription as it is billed: what it is, what it costs, how far it has been charged, when it ends."""

    subject_id: str
    kind: str
    tenant_id: str
    service_id: str
    service_name: str
    plan_id: str
    plan_key: str
    plan_name: str
    plan_version: int
    every: BillingPeriod
    anchor_day: int
    quantity: int
    unit_price_cents: int
    currency: str
    base_from: datetime | None
    usage_from: datetime | None
    ends_at: datetime | None
    metrics: tuple[Metric, ...] = ()
    # A plan or quantity that takes effect with the period starting here (contract §9.4).
    next_from: datetime | None = None
    next_quantity: int | None = None
    next_unit_price_cents: int | None = None
    adjustments: tuple["Adjustment", ...] = ()


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A prorated plan change of one period: what is given back and what is charged for the days that remain."""

    moment: datetime
    period: Period
    share: Decimal
    old_amount_cents: int
    new_amount_cents: int
    old_plan_key: str
    new_plan_key: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One chunk of a partner's tenants as of one moment. `usage` maps (subject, metric, period start) to a quantity."""

    as_of: datetime
    seller: Seller
    buyers: Mapping[str, Buyer]
    subjects: tuple[Subject, ...]
    usage: Mapping[tuple[str, str, datetime], Decimal] = field(default_factory=dict)
    rates: RateTable | None = None
