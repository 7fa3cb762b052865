"""A notice ends on a civil day of the seller's, wherever the seller is and whatever its clocks do meanwhile."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scaicontrol.services import plan_moves
from scaicontrol.services.plan_moves.planning import notice_end
from tests.factories import ada, ian
from tests.factories.plan_moves import announced, edited
from tests.factories.subscriptions import market, show, subscribed

# From UTC-11 to UTC+14, with half hours, and clocks that go forward at midnight.
ZONES = [
    "Pacific/Pago_Pago", "America/Los_Angeles", "America/Santiago", "America/St_Johns", "UTC", "Europe/Amsterdam",
    "Africa/Cairo", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati",
]  # fmt: skip
NOTICES = [0, 1, 14, 30, 90, 180, 365]
MOMENTS = 40
SEED = 20261130


@pytest.mark.parametrize("zone", ZONES)
def test_the_day_after_the_notice_begins_at_the_sellers_midnight(zone):
    """Of any moment in two years, the last day of the notice is that many days after today as the seller counts."""
    chance, there = random.Random(f"{SEED}{zone}"), ZoneInfo(zone)
    for _ in range(MOMENTS):
        now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(2 * 365 * 1440))
        today = now.astimezone(there).date()
        for days in NOTICES:
            end = notice_end(now, days, zone)
            within, after = (end - timedelta(seconds=1)).astimezone(there).date(), end.astimezone(there).date()
            assert after == today + timedelta(days=days + 1 if days else 0)
            assert within == after - timedelta(days=1)
            assert (end > now) is (days > 0)


@pytest.mark.by_turns
@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Europe/Amsterdam", "Pacific/Kiritimati"])
async def test_a_renewal_on_the_day_after_the_notice_takes_it(backend, clock, zone):
    """One day more of notice, and it is the renewal after that; a seller elsewhere counts by days of its own."""
    await market(backend, timezone=zone)
    mine, other = await subscribed(backend), await subscribed(backend, actor=ian)
    await edited(backend)
    there = ZoneInfo(zone)
    renewed = (await show(backend, mine.id)).current_period_end
    assert renewed is not None
    until = (renewed.astimezone(there).date() - clock.now().astimezone(there).date()).days - 1
    for days, takes_it in ((until, True), (until + 1, False)):
        planned = await backend.ask(ada, plan_moves.preview, "pln_pro", notice_days=days)
        at = {each.subscription_id: each.effective_at for each in planned.subscriptions}
        assert (at[mine.id] == renewed) is takes_it
        assert at[other.id] >= notice_end(clock.now(), days, "Europe/Amsterdam")
        assert planned.notice_ends_at == max(notice_end(clock.now(), days, each) for each in (zone, "Europe/Amsterdam"))
    await announced(backend, notice_days=until)
    assert (await show(backend, mine.id)).next_plan_version_at == renewed
