"""Who shows a notice asks first what its tenant opted out of."""

import ast

from .sources import trees


def test_a_notice_past_the_one_place_that_asks_for_opt_outs_is_one_that_must_be_told():
    """Whoever shows a notice of another kind goes through `posting`, which asks what the tenant opted out of."""
    found = {
        f"{path}:{call.lineno}"
        for path, tree in trees("scaicontrol/services")
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "notifications.notify"
        if not path.endswith("mails/service/posting.py")
        if {each.arg: ast.unparse(each.value) for each in call.keywords}.get("category")
        not in {"'billing'", "'security'"}
    }
    assert found == set()
