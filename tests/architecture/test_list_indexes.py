"""
Lists of what comes with every day's business are read by an index, and so is whatever a search looks at.

There is none by partner or status, on purpose: where most rows have one value, MariaDB 10.11 takes `ref` on it and
reads past all that lie before a cursor, instead of the range behind it.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import pytest
from sqlalchemy import Table, UniqueConstraint, inspect

from admin_views.base import ControlView
from admin_views.site import views

ROOT: Final = Path(__file__).parents[2]
GROWING = {
    "accounting_sync_items", "audit_log", "bank_lines", "billing_quarantine", "credits", "disputes", "event_outbox",
    "invoices", "notifications", "outgoing_mail", "payments", "provisioning_workflows", "receivables", "refunds",
    "subscriptions", "wallet_lots",
}  # fmt: skip


def table_of(view: type[ControlView]) -> Table:
    return cast("Table", inspect(view.model).local_table)


LISTS = [view for view in views() if issubclass(view, ControlView) and table_of(view).name in GROWING]


def begins(table: Table, wanted: Sequence[str]) -> bool:
    """Say whether an index of the table begins with these columns."""
    unique = [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    held = [table.primary_key.columns, *unique, *(one.columns for one in table.indexes)]
    return any([column.name for column in columns][: len(wanted)] == list(wanted) for columns in held)


def test_every_table_that_grows_has_a_list():
    assert {table_of(view).name for view in LISTS} == GROWING


@pytest.mark.parametrize("view", LISTS, ids=lambda view: view.__name__)
def test_the_first_page_and_each_search_end_early(view):
    table, kinds = table_of(view), inspect(view.model).polymorphic_on
    order = [view.newest.removeprefix("-"), "id"]
    assert begins(table, order if kinds is None else [kinds.name, *order])
    assert [column.key for column in view.searched if not begins(table, [column.key])] == []


def test_the_ids_of_its_rows_lead_to_each_list():
    """The search box goes by the prefix of an id: one that nothing makes leads nowhere."""
    made = "".join(file.read_text() for file in (ROOT / "scaicontrol").rglob("*.py"))
    made += "".join(file.read_text() for file in (ROOT / "migrations").rglob("*.py"))
    listed = [view for view in views() if issubclass(view, ControlView) and view.prefix]
    assert [view.prefix for view in listed if not re.search(rf'["\'{{]{view.prefix}(_|["\'])', made)] == []
