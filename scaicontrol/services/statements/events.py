"""Facts of payment reminders; they stay in the house."""

from typing import ClassVar

from scaicontrol.services.invoices.events import InternalFact


class ReminderRequested(InternalFact):
    """A person wants a payment reminder mailed; its pages have been made."""

    topic: ClassVar[str] = "invoice.reminder_requested"

    paper_id: str
    level: int

    @property
    def lifecycle_step(self) -> str:
        return str(self.level)
