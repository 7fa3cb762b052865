"""What a person chose for themselves: their own, also of whoever only reads, and nobody else's."""

import pytest

from scaicontrol.core.errors import Forbidden, Invalid, NotFound
from scaicontrol.core.schemas import checked
from scaicontrol.services import identity
from scaicontrol.services.identity.schemas import PortalViewIn, UserPreferencesIn
from tests.factories import ACME, ada, alice, petra, pim, scaidrive, tom
from tests.factories.identity import store_user
from tests.factories.tenants import store_cast

GERMAN = UserPreferencesIn(language="de", time_zone="Europe/Berlin", number_format="point_comma", date_format="dots")


async def chosen(backend, by):
    return (await backend.ask(by, identity.preferences)).model_dump(exclude_none=True)


async def choose(backend, by, **wanted):
    return await backend.perform(by, identity.set_preferences, UserPreferencesIn(**wanted))


async def test_everybody_chooses_for_themselves(backend):
    await store_cast(backend)
    await store_user(backend, "alice", "tenant_admin")
    await store_user(backend, "tom", "tenant_viewer")
    await store_user(backend, "pim", "partner_viewer", tenant_id=None)
    for who in (alice, tom, pim):
        await backend.perform(who, identity.set_preferences, GERMAN)
        assert await chosen(backend, who) == GERMAN.model_dump(exclude_none=True)
    await choose(backend, tom, language="fr")  # all of it is replaced
    assert await chosen(backend, tom) == {"language": "fr"}
    assert (await chosen(backend, alice))["language"] == "de"


async def test_what_nobody_knows_is_refused_and_changes_nothing(backend):
    await store_cast(backend)
    await store_user(backend, "alice", "tenant_admin")
    await choose(backend, alice, language="nl")
    for wrong in ({"time_zone": "Europe/Mars"}, {"time_zone": "Europe"}, {"language": "pt"}, {"date_format": "%d"}):
        with pytest.raises(Invalid, match=next(iter(wrong))):
            checked(UserPreferencesIn, **wrong)
    for stranger in (ada, scaidrive):  # neither is in this directory
        assert await chosen(backend, stranger) == {}
        with pytest.raises((NotFound, Forbidden)):
            await choose(backend, stranger, language="de")
    assert await chosen(backend, alice) == {"language": "nl"}


async def test_a_view_of_a_portal_changes_no_preferences(backend):
    await store_cast(backend)
    await store_user(backend, "petra", "partner_admin", tenant_id=None)
    view = await backend.perform(petra, identity.begin_portal_view, ACME, PortalViewIn(reason="Help", ticket="SUP-1"))
    looking = await backend.ask(petra, identity.portal_viewer, view.id)
    with pytest.raises(Forbidden, match="as an operator"):
        await choose(backend, looking, language="de")
    assert await chosen(backend, petra) == {}
