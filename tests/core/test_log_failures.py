"""One line for each failure: an expected one says its cause, an unexpected one carries its traceback once."""

import logging

import pytest
from structlog.testing import capture_logs

from scaicontrol.core.errors import OutcomeUnknown, Unavailable
from scaicontrol.core.logging import get_logger, log_failure, pool_in_one_line


@pytest.mark.parametrize("error", [Unavailable("The vault does not answer."), OutcomeUnknown("Nobody knows.")])
def test_what_was_expected_is_one_line_without_a_traceback(error):
    with capture_logs() as lines:
        log_failure(get_logger("tasks"), "task_failed", error, task="relay")
    told = [line for line in lines if line["log_level"] != "debug"]
    assert told == [{"event": "task_failed", "log_level": "warning", "task": "relay", "cause": error.message}]


@pytest.mark.parametrize(("name", "is_short"), [("sqlalchemy.pool.impl.QueuePool", True), ("uvicorn.error", False)])
def test_a_connection_that_is_thrown_away_is_one_line(name, is_short):
    lost = (OSError, OSError("Lost.\nAt COMMIT."), None)
    told = logging.LogRecord(name, logging.ERROR, __file__, 1, "Exception during %s", ("reset",), lost)
    assert pool_in_one_line(told)
    assert (told.exc_info is None, told.getMessage()) == (
        is_short,
        "Exception during reset: Lost." if is_short else "Exception during reset",
    )


def test_what_was_not_carries_its_traceback_once():
    error = KeyError("plan")
    with capture_logs() as lines:
        log_failure(get_logger("tasks"), "task_failed", error, task="relay")
    assert [(line["log_level"], line["cause"], line["exc_info"]) for line in lines] == [
        ("error", "KeyError: 'plan'", error)
    ]
