from datetime import datetime
from typing import ClassVar

from sqlalchemy import Enum, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.lifecycle import Lifecycle, Lifecycled
from scaicontrol.db import IdString, Model
from scaicontrol.services.catalog.models import version_key

from .lifecycle import PlanMoveLifecycle, PlanMoveStatus


class PlanMove(Lifecycled, Model):
    """
    An announcement to subscribers of a plan that they get its version of then at their first renewal after a notice.

    Each subscription carries what was announced to it; a subscription that took the version, or was told that it does
    not come, has forgotten the move.
    """

    __tablename__ = "plan_moves"
    __table_args__ = (version_key(), Index("ix_plan_moves_history", "plan_id", "created_at"))
    lifecycle: ClassVar[type[Lifecycle]] = PlanMoveLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    plan_id: Mapped[str] = mapped_column(IdString)
    plan_version: Mapped[int]
    partner_id: Mapped[str | None] = mapped_column(IdString)  # of this partner's tenants only
    status: Mapped[PlanMoveStatus] = mapped_column(
        Enum(PlanMoveStatus, native_enum=False, length=20, values_callable=lambda kinds: [k.value for k in kinds]),
        default=PlanMoveStatus.announced,
    )
    notice_days: Mapped[int]
    notice_ends_at: Mapped[datetime]
    subscriptions: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    announced_by: Mapped[str] = mapped_column(String(100))
    cancelled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"plan move {self.id}"
