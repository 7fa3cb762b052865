"""What a VAT decision is made from besides the rates: plain values, stored with it as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, Self

from scaicontrol.core.ports import VatAnswer

ViesPolicy = Literal["off", "advisory", "required"]


@dataclass(frozen=True, slots=True)
class Consulted:
    """What VIES last said about the buyer's number."""

    answer: VatAnswer
    consulted_at: datetime
    consultation_id: str | None = None


@dataclass(frozen=True, slots=True)
class VatFacts:
    """
    Everything a decision depends on besides the rates.

    `tax_point` is the last day of the service period, else the issue date; `supply_days` are the tax points of single
    lines that differ from it. `decided_at` dates the VIES answer's age; `other_proofs` say where the buyer is besides
    its address, by kind (Regulation 282/2011 Art. 24f).
    """

    seller_country: str
    buyer_country: str
    buyer_vat_number: str | None
    is_business: bool
    tax_point: date
    decided_at: datetime
    seller_postal_code: str | None = None
    buyer_postal_code: str | None = None
    oss_registered: bool = False
    export_category: Literal["O", "G"] = "O"
    tax_exempt: bool = False
    tax_exempt_reason: str | None = None
    tax_exempt_reason_code: str | None = None
    vies_policy: ViesPolicy = "advisory"
    vies_max_age_days: int = 30
    vies_override_reason: str | None = None
    consulted: Consulted | None = None
    payment_country: str | None = None
    other_proofs: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    supply_days: tuple[date, ...] = ()

    def as_json(self) -> dict[str, Any]:
        stored = {name: getattr(self, name) for name in self.__slots__}  # `asdict` copies deeply what is plain already
        stored["tax_point"] = self.tax_point.isoformat()
        stored["decided_at"] = self.decided_at.isoformat()
        stored["supply_days"] = [day.isoformat() for day in self.supply_days]
        stored["other_proofs"] = dict(self.other_proofs)
        if self.consulted:
            stored["consulted"] = {
                "answer": self.consulted.answer.value,
                "consulted_at": self.consulted.consulted_at.isoformat(),
                "consultation_id": self.consulted.consultation_id,
            }
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        consulted = stored["consulted"]
        return cls(
            **{
                **stored,
                "tax_point": date.fromisoformat(stored["tax_point"]),
                "decided_at": datetime.fromisoformat(stored["decided_at"]),
                "supply_days": tuple(map(date.fromisoformat, stored.get("supply_days", ()))),
                "consulted": consulted
                and Consulted(
                    VatAnswer(consulted["answer"]),
                    datetime.fromisoformat(consulted["consulted_at"]),
                    consulted["consultation_id"],
                ),
            }
        )

    @property
    def vies_is_fresh(self) -> bool:
        """Tell whether VIES answered recently enough for the seller's policy."""
        return self.consulted is not None and (
            self.decided_at - self.consulted.consulted_at <= timedelta(days=self.vies_max_age_days)
        )
