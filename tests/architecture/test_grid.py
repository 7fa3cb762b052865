"""Every empty cell of feature and surface is a decision with a sentence."""

from docs_site import grid


def test_every_empty_cell_says_why_and_no_filled_cell_does():
    cells = [(feature, surface, cell) for feature, row in grid.grid().items() for surface, cell in row.items()]

    assert [f"docs/grid.toml: {row}.{surface} is empty; say why" for row, surface, cell in cells
            if not cell.files and not cell.reason] == []  # fmt: skip
    assert [f"docs/grid.toml: {row}.{surface} is in {cell.files[0]}; remove its reason" for row, surface, cell in cells
            if cell.files and cell.reason] == []  # fmt: skip


def test_reasons_are_of_features_and_surfaces_that_exist():
    reasons = grid.reasons()

    assert sorted(set(reasons) - set(grid.features())) == []
    assert sorted({surface for row in reasons.values() for surface in row} - set(grid.SURFACES)) == []


def test_most_cells_are_found_where_they_are_known_to_be():
    found = grid.grid()

    assert {"admin_views/invoices.py", "admin_views/payments.py"} <= set(found["invoices"]["Console"].files)
    assert found["subscriptions"]["Portal"].files == ("frontend/src/features/subscriptions/",)
    assert "tasks/schedule.py" in found["usage"]["Tasks"].files
