"""The seventeen jobs that people come to the portal for, each a function of a visitor, in any language and look."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tests.e2e.visitor import Visitor

from . import account, buying, documents, paying, reading, using

JOBS: Final[Mapping[str, Callable[[Visitor], Awaitable[None]]]] = {
    job.__name__: job
    for job in (
        buying.find_and_buy,
        buying.upgrade_with_proration_first,
        buying.cancel_and_undo,
        paying.payment_method,
        paying.pay_an_open_invoice,
        documents.why_a_line_costs_what_it_costs,
        using.usage_and_quota,
        account.profile_with_a_bad_vat_id,
        documents.several_invoices,
        documents.statement,
        account.notifications,
        account.people,
        account.organisation,
        reading.api_docs,
        reading.language,
        reading.keyboard_only,
        reading.landmarks,
    )
}
