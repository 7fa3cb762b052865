"""Structured logs: one JSON object a line, carrying request, tenant and actor; secrets never appear."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from .errors import ControlError

_SECRET_WORDS = ("secret", "token", "password", "authorization", "api_key", "service_key", "credentials", "cookie")


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Blank every value whose key sounds like a secret."""
    for key in event:
        if any(word in key.lower() for word in _SECRET_WORDS):
            event[key] = "[redacted]"
    return event


def pool_in_one_line(record: logging.LogRecord) -> bool:
    """Say why the pool throws a connection away, without a traceback: who used it tells of it in a line of its own."""
    if record.name.startswith("sqlalchemy.pool") and record.exc_info:
        cause = str(record.exc_info[1]).partition("\n")[0]
        record.msg, record.args, record.exc_info = f"{record.getMessage()}: {cause}", (), None
    return True


def configure(level: str = "INFO", style: str = "json") -> None:
    """Set up logging for a process; call after building the MCP server, which installs handlers of its own."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
        structlog.processors.format_exc_info,
    ]
    last = structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(pool_in_one_line)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last], foreign_pre_chain=shared
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("asyncmy").setLevel(logging.ERROR)  # it prints every truncation note to the log
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    structlog.configure(
        # What nobody will read is dropped first: every request has such a line.
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def log_failure(log: Any, event: str, error: Exception, **what: Any) -> None:
    """
    Write one line about something that failed: what it was about, the cause, and what to do where the error says it.

    What was to be expected carries its traceback at debug only; what was not carries it once, in that line.
    """
    if isinstance(error, ControlError):
        log.warning(event, **what, cause=error.message)
        log.debug(event, **what, exc_info=error)
    else:
        log.error(event, **what, cause=f"{type(error).__name__}: {error}", exc_info=error)


def get_logger(name: str) -> Any:
    return structlog.get_logger(name)
