"""In development time can be moved, and every process of the installation moves with it."""

from datetime import UTC, datetime, timedelta

from scaicontrol.core.clock import KeptClock


def test_processes_that_share_a_file_tell_one_time_also_after_a_restart(tmp_path):
    path = tmp_path / "dev" / "clock.json"
    serving, working = KeptClock(path), KeptClock(path)
    serving.advance(timedelta(days=3))
    assert working.now() >= serving.now() - timedelta(seconds=1)
    working.advance(timedelta(hours=1))
    for clock in (serving, working, KeptClock(path)):
        ahead = clock.now() - datetime.now(UTC)
        assert timedelta(days=3, hours=1) - timedelta(seconds=1) < ahead <= timedelta(days=3, hours=1)
    assert [each.name for each in path.parent.iterdir()] == ["clock.json"]
