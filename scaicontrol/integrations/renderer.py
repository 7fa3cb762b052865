"""The port `DocumentRenderer`: warm processes that make PDFs and can be killed."""

import gc
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from scaicontrol.core.ports import Attachment, PageContent
from scaicontrol.core.processes import Workers

from .pdfa import PdfJob, render

TIME_LIMIT = 30.0  # seconds; a page of forty lines takes a third of one
RECYCLE_AFTER = 500  # documents, so that memory of native libraries cannot creep

_WARMING = '<html lang="en"><title>-</title><style>p { font: 700 9pt "Noto Sans" }</style><p>-<table><tr><th>-</table>'


def render_warm(job: PdfJob) -> bytes:
    """Render a job in a process that has been made ready for many."""
    _get_ready()
    return render(job)


@cache
def _get_ready() -> None:
    """
    Load fonts and styles once, and keep the collector from walking through them and through half-made pages again.

    A document is a web of objects that all go together: looking for garbage while it grows finds none, and costs a
    tenth of the time of a long one.
    """
    render(PdfJob(_WARMING, "-", datetime(2000, 1, 1, tzinfo=UTC)))
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


class ProcessRenderer:
    """Renders in up to `processes` spawned workers; by default half the processors, at least one."""

    def __init__(self, processes: int | None = None, time_limit: float = TIME_LIMIT) -> None:
        self._workers: Workers[PdfJob, bytes] = Workers(
            render_warm,
            "document renderer",
            count=processes or max(1, (os.cpu_count() or 1) // 2),
            time_limit=time_limit,
            recycle_after=RECYCLE_AFTER,
        )

    async def pdf(
        self,
        html: str,
        *,
        title: str,
        created_at: datetime,
        attachments: Sequence[Attachment] = (),
        shows: Sequence[PageContent] = (),
    ) -> bytes:
        """Give PDF/A-3a; Invalid says what in the document cannot be rendered, Unavailable that it took too long."""
        return await self._workers.call(PdfJob(html, title, created_at, tuple(attachments), tuple(shows)))

    def close(self) -> None:
        """End the worker processes."""
        self._workers.close()
