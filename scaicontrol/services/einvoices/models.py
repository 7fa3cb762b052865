from datetime import date, datetime

from sqlalchemy import Date, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, JsonDocument, Model


class InstalledRuleSet(Model):
    """
    An official rule set that an operator installed; the same for everybody.

    Its files travel in the row (`archive`, a zip), so that every process finds them, also inside a transaction, and a
    set is there as a whole or not at all. A set that turned out to be wrong is retired, never deleted: what documents
    passed must stay known.
    """

    __tablename__ = "einvoice_rule_sets"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    version: Mapped[str] = mapped_column(String(40))
    profiles: Mapped[list[str]] = mapped_column(JsonDocument)
    valid_from: Mapped[date] = mapped_column(Date)
    digest: Mapped[str] = mapped_column(String(64))
    stylesheet: Mapped[str] = mapped_column(String(255))
    archive: Mapped[bytes] = mapped_column(LargeBinary(2**24), deferred=True)
    source: Mapped[str] = mapped_column(String(255))
    installed_at: Mapped[datetime]
    installed_by: Mapped[str] = mapped_column(String(100))
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[str | None] = mapped_column(String(100))
    retire_reason: Mapped[str | None] = mapped_column(Text)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
