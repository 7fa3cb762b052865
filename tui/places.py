"""Every place of the dashboard: its names, its digit, and what it shows when nothing else is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .screens.bank_statements import BankLinesScreen
from .screens.billing import RunsScreen
from .screens.changes import ChangesScreen
from .screens.credits import ReceivablesScreen
from .screens.disputes import DisputesScreen
from .screens.documents import FilesScreen
from .screens.invoices import InvoicesScreen
from .screens.jobs import JobsScreen
from .screens.lists import ListScreen
from .screens.notifications import MailsScreen
from .screens.payments import PaymentsScreen
from .screens.provisioning import ProvisioningScreen
from .screens.quarantine import QuarantineScreen
from .screens.refunds import RefundsScreen
from .screens.registry import ServicesScreen
from .screens.subscriptions import SubscriptionsScreen
from .screens.tenants import TenantsScreen
from .screens.webhooks import DeliveriesScreen, SubscribersScreen


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A list one goes to by name; `wanted` is its filter where none is given."""

    name: str
    screen: type[ListScreen]
    aliases: Sequence[str] = ()
    digit: str = ""
    wanted: str = ""


PLACES: Final[Sequence[NamedPlace]] = (
    NamedPlace("invoices", InvoicesScreen, ("inv", "documents"), "2"),
    NamedPlace("subscriptions", SubscriptionsScreen, ("sub",), "3"),
    NamedPlace("tenants", TenantsScreen, ("tnt", "customers"), "4"),
    NamedPlace("runs", RunsScreen, ("billing",), "5"),
    NamedPlace("deliveries", DeliveriesScreen, ("dlv", "webhooks"), "6", "dead"),
    NamedPlace("provisioning", ProvisioningScreen, ("wfl", "workflows"), "7"),
    NamedPlace("services", ServicesScreen, ("svc", "registry"), "8"),
    NamedPlace("jobs", JobsScreen, (), "9"),
    NamedPlace("changes", ChangesScreen, ("cpl", "plans", "inbox"), "0"),
    NamedPlace("quarantine", QuarantineScreen, ("qtn",)),
    NamedPlace("payments", PaymentsScreen, ("pay",)),
    NamedPlace("refunds", RefundsScreen, ("rfn",)),
    NamedPlace("disputes", DisputesScreen, ("dsp",)),
    NamedPlace("receivables", ReceivablesScreen, ("rcv",)),
    NamedPlace("lines", BankLinesScreen, ("bln", "bank")),
    NamedPlace("subscribers", SubscribersScreen, ("whs", "endpoints")),
    NamedPlace("files", FilesScreen, ("renders",)),
    NamedPlace("mails", MailsScreen, ("mel",)),
)
HOME: Final = "now"
NAMES: Final = (HOME, *(place.name for place in PLACES), *(alias for place in PLACES for alias in place.aliases))


def place_of(word: str) -> NamedPlace | None:
    """Find a place by its name or alias, or by how one of them begins; exact names win."""
    named = {name: place for place in PLACES for name in (place.name, *place.aliases)}
    if word in named:
        return named[word]
    return next((place for name, place in named.items() if word and name.startswith(word)), None)
