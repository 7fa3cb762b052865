"""A feature's own error is answered as the kind it is."""

import pytest

from admin_views.flash import status_of
from scaicontrol.api.errors import STATUS
from scaicontrol.cli.door import EXIT
from scaicontrol.core import errors
from scaicontrol.core.errors import ControlError, kind_of


def every_error(kind: type[ControlError] = ControlError) -> list[type[ControlError]]:
    """Name all kinds and what features make of them, as far as they are imported."""
    return [each for below in kind.__subclasses__() for each in (below, *every_error(below))]


@pytest.mark.parametrize("kind", list(STATUS))
def test_a_narrower_error_has_the_status_of_its_kind(kind: type[ControlError]):
    narrower = type("Narrower", (kind,), {})("It is narrower.")
    assert kind_of(narrower) is kind_of(kind("It is plain.")) is kind
    assert status_of(narrower) == STATUS[kind]


def test_every_error_of_a_service_has_a_status_and_keeps_its_exit_code():
    services = [each for each in every_error() if each.__module__.startswith("scaicontrol.services")]
    assert services
    assert [each for each in services if kind_of(each("x")) not in STATUS] == []
    conflict = next(each for each in services if issubclass(each, errors.Conflict))
    assert EXIT[kind_of(conflict("x"))] == 4
