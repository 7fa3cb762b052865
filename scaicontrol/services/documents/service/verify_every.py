"""Proving every series that there is: what the weekly job runs."""

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Disproved

from ..schemas import Verification
from .verify_series import series, verify_series


class SeriesBroken(Disproved):
    """A sealed series is not as it was sealed."""


async def verify_every_series(backend: Backend, actor: Actor) -> str:
    """
    Re-compute every series the actor may verify, each in a transaction of its own, and say how many are intact.

    Raises SeriesBroken, after all were read, naming each broken series and what was found first in it.
    """
    verdicts = [
        await backend.ask(actor, verify_series, head.partner_id, head.document_type, head.fiscal_year)
        for head in await backend.ask(actor, series)
    ]
    if broken := [_said(verdict) for verdict in verdicts if not verdict.intact]:
        raise SeriesBroken(f"{'; '.join(broken)}. Run `scaicontrol admin invoices verify` for all of it.")
    return f"{sum(verdict.documents for verdict in verdicts)} documents in {len(verdicts)} series intact"


def _said(verdict: Verification) -> str:
    first, *more = verdict.violations
    named = f"{verdict.document_type.replace('_', ' ')}s of {verdict.partner_id} in {verdict.fiscal_year}"
    return f"{named}: {first.message.rstrip('.')}{f' (and {len(more)} more)' if more else ''}"
