"""
What a plan is computed from: immutable, complete, and the only thing the computation may look at.

Everything is plain data, so a snapshot can be hashed, kept, replayed, and computed on a machine without a database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from scaicontrol.services.catalog import Bracket
from scaicontrol.services.coupons import Discount
from scaicontrol.services.invoices.creditable import Creditable
from scaicontrol.services.tax import Consulted, RateTable


@dataclass(frozen=True, slots=True)
class Seller:
    """The partner's terms as far as they shape a plan."""

    partner_id: str
    country: str
    postal_code: str | None
    zone: str
    grouping: str
    oss_registered: bool
    export_category: str
    vies_policy: str
    vies_max_age_days: int


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
    consulted: Consulted | None = None  # what VIES last said, where the seller's policy asks for it


@dataclass(frozen=True, slots=True)
class Metric:
    slug: str
    name: str
    unit_label: str
    brackets: tuple[Bracket, ...]


@dataclass(frozen=True, slots=True)
class UseMinimum:
    """What the use of a period is charged at least, and what was charged for it so far: as use, and to fill it up."""

    cents: int
    charged_use_cents: int = 0
    charged_cents: int = 0


@dataclass(frozen=True, slots=True)
class DuePeriod:
    """
    One paid period of a subscription with the terms it began under, and which parts of it are due.

    `start` names its charges; what is shown and taxed are its civil days from `first_day` on. `end` is None for a
    one-time plan; `days` is below `full_days` only where a fixed term cuts the period short.
    """

    row_id: str
    subscription_id: str
    tenant_id: str
    start: datetime
    end: datetime | None
    first_day: date
    usage_from: datetime
    service_id: str
    service_name: str
    plan_key: str
    plan_name: str
    plan_version: int
    quantity: int
    unit_price_cents: int
    currency: str
    days: int
    full_days: int
    base_is_due: bool
    usage_until: datetime | None  # the end of the use that is due, earlier than `end` where the subscription ended
    metrics: tuple[Metric, ...] = ()
    pack_subscription_id: str | None = None
    setup_price_cents: int = 0  # due with the base
    discounts: tuple[Discount, ...] = ()  # off the base
    minimum: UseMinimum | None = None  # due with the use

    @property
    def is_one_time(self) -> bool:
        return self.end is None


@dataclass(frozen=True, slots=True)
class PackPart:
    """What one service has of the price of a pack, and the period of its child that it is charged for."""

    row_id: str
    service_name: str
    plan_key: str
    plan_name: str
    plan_version: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class DuePack:
    """
    The price of one period of a pack subscription: one charge, allocated to the services in it.

    `subscription_id` is that of the pack; its parts add up to the price.
    """

    row_id: str
    subscription_id: str
    tenant_id: str
    start: datetime
    first_day: date
    days: int
    pack_slug: str
    pack_name: str
    currency: str
    parts: tuple[PackPart, ...]

    @property
    def pack_subscription_id(self) -> str:
        return self.subscription_id

    @property
    def amount_cents(self) -> int:
        return sum(part.amount_cents for part in self.parts)


@dataclass(frozen=True, slots=True)
class CorrectedMetric:
    """A metric of a charged period, with what its use was charged for so far, corrections included."""

    metric: Metric
    charged_cents: int
    charged_quantity: Decimal


@dataclass(frozen=True, slots=True)
class DueCorrection:
    """A charged period of which use became known since; `number` counts its corrections from 1."""

    row_id: str
    subscription_id: str
    tenant_id: str
    start: datetime
    end: datetime | None
    first_day: date
    days: int
    usage_from: datetime
    usage_until: datetime
    service_id: str
    service_name: str
    plan_key: str
    plan_version: int
    currency: str
    number: int
    metrics: tuple[CorrectedMetric, ...]
    pack_subscription_id: str | None = None
    minimum: UseMinimum | None = None


@dataclass(frozen=True, slots=True)
class Charged:
    """A line of a finalized invoice that charged a subscription, under the kind and moment of its charge."""

    found: Creditable
    charge_kind: str
    charge_start: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class DueChange:
    """A prorated change within a paid period; credit and charge are positive amounts."""

    row_id: str
    subscription_id: str
    tenant_id: str
    changed_at: datetime
    service_name: str
    old_plan_name: str
    new_plan_name: str
    old_plan_version: int
    new_plan_version: int
    old_amount_cents: int
    new_amount_cents: int
    remaining_days: int
    charged_days: int
    old_period_days: int
    new_period_days: int
    credit_cents: int
    charge_cents: int
    currency: str

    @property
    def pack_subscription_id(self) -> None:
        """A pack has no prorated changes."""
        return


@dataclass(frozen=True, slots=True)
class Consumed:
    """The closed usage of one metric in one period, with the digest of what it was added up from."""

    quantity: Decimal
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    One chunk of a partner's tenants as of one moment, read at `known_at`.

    `usage` maps (period row, metric) to what was consumed, `charged` a subscription with a credit to what charged it,
    the newest first.
    """

    as_of: datetime
    known_at: datetime
    seller: Seller
    buyers: Mapping[str, Buyer]
    periods: tuple[DuePeriod, ...]
    packs: tuple[DuePack, ...] = ()
    changes: tuple[DueChange, ...] = ()
    usage: Mapping[tuple[str, str], Consumed] = field(default_factory=dict)
    rates: RateTable | None = None
    corrections: tuple[DueCorrection, ...] = ()
    charged: Mapping[str, tuple[Charged, ...]] = field(default_factory=dict)
