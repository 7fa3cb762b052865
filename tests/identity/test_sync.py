"""ScaiKey's directory, mirrored."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Unavailable
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.ports import DirectoryGroup, DirectoryPartner, DirectoryTenant, DirectoryUser
from scaicontrol.services import identity, identity_sync
from scaicontrol.services.identity.models import Group, GroupMember, RoleAssignment, User
from scaicontrol.services.partners.models import Partner
from scaicontrol.services.tenants import save_billing_profile
from scaicontrol.services.tenants.models import BillingProfile, Tenant
from scaicontrol.services.tenants.schemas import BillingProfileIn
from tests.factories import ACME, GLOBEX, INITECH, NORTHWIND, SOUTHBAY, ada, petra


@pytest.fixture
def directory(backend):
    world = backend.ports.directory
    world.all_partners = [DirectoryPartner(p, p[4:].capitalize(), p[4:], "active") for p in (NORTHWIND, SOUTHBAY)]
    homes = {ACME: NORTHWIND, GLOBEX: NORTHWIND, INITECH: SOUTHBAY}
    world.all_tenants = [DirectoryTenant(t, p, t[4:].capitalize(), t[4:], "active") for t, p in homes.items()]
    people = {"alice": ACME, "tom": ACME, "gina": GLOBEX, "ian": INITECH}
    world.all_users = [
        DirectoryUser(f"usr_{name}", tenant, None, f"{name}@example.com", name.capitalize(), "active")
        for name, tenant in people.items()
    ]
    world.all_groups = [DirectoryGroup("grp_billing", ACME, None, "Billing", ("usr_alice", "usr_tom", "usr_stranger"))]
    return world


async def rows(backend, kind, **filters):
    async def read(uow):
        return list(await uow.session.scalars(select(kind).filter_by(**filters)))

    return await backend.ask(ada, read)


async def live(backend, kind):
    return {row.id for row in await rows(backend, kind) if row.deleted_at is None}


async def test_everything_arrives_where_it_belongs(backend, directory):
    report = (await identity_sync.sync(backend)).as_dict()
    assert [report[f"{kind}_added"] for kind in ("partners", "tenants", "users", "groups", "memberships")] == [
        2,
        3,
        4,
        1,
        2,
    ]
    (alice,) = await rows(backend, User, id="usr_alice")
    assert (alice.tenant_id, alice.partner_id, alice.email) == (ACME, NORTHWIND, "alice@example.com")
    assert {row.user_id for row in await rows(backend, GroupMember)} == {"usr_alice", "usr_tom"}


async def test_a_second_sync_changes_nothing(backend, directory):
    await identity_sync.sync(backend)
    again = (await identity_sync.sync(backend)).as_dict()
    assert {name for name, value in again.items() if value and not name.endswith("_seen")} <= {"duration_seconds"}
    assert len(await rows(backend, Outbox, event_type="directory.synced")) == 1


async def test_a_dry_run_counts_and_writes_nothing(backend, directory):
    report = (await identity_sync.sync(backend, dry_run=True)).as_dict()
    assert (report["users_added"], report["memberships_added"], report["dry_run"]) == (4, 2, True)
    assert await rows(backend, Partner) == []


async def test_changes_are_taken_over(backend, directory):
    await identity_sync.sync(backend)
    directory.all_users[1] = replace(directory.all_users[1], display_name="Thomas", status="suspended")
    directory.all_groups[0] = replace(directory.all_groups[0], member_ids=("usr_alice",))
    report = (await identity_sync.sync(backend)).as_dict()
    assert (report["users_updated"], report["memberships_removed"]) == (1, 1)
    (tom,) = await rows(backend, User, id="usr_tom")
    assert (tom.display_name, tom.is_active) == ("Thomas", False)


async def test_who_vanished_is_marked_and_keeps_roles_for_a_return(backend, directory):
    await identity_sync.sync(backend)
    await backend.perform(petra, identity.grant, "usr_tom", "tenant_admin")
    tom = directory.all_users.pop(1)
    assert (await identity_sync.sync(backend)).as_dict()["users_soft_deleted"] == 1
    assert "usr_tom" not in await live(backend, User)
    assert len(await rows(backend, RoleAssignment, user_id="usr_tom")) == 1
    directory.all_users.append(tom)
    await identity_sync.sync(backend)
    assert "usr_tom" in await live(backend, User)


async def test_a_deleted_entry_counts_as_vanished(backend, directory):
    await identity_sync.sync(backend)
    directory.all_users[0] = replace(directory.all_users[0], status="deleted")
    assert (await identity_sync.sync(backend)).as_dict()["users_soft_deleted"] == 1


async def test_a_directory_that_lost_most_people_deletes_nobody(backend, directory):
    await identity_sync.sync(backend)
    del directory.all_users[1:]
    directory.all_groups.clear()
    report = await identity_sync.sync(backend)
    assert (report.deletions_aborted, len(await live(backend, User)), len(await live(backend, Group))) == (True, 4, 1)
    assert len(await rows(backend, GroupMember)) == 2
    forced = await identity_sync.sync(backend, force_deletes=True)
    assert (forced.deletions_aborted, await live(backend, User)) == (False, {"usr_alice"})


async def test_exactly_half_is_believed(backend, directory):
    await identity_sync.sync(backend)
    del directory.all_users[2:]
    assert (await identity_sync.sync(backend)).as_dict()["users_soft_deleted"] == 2


async def test_a_directory_that_fails_half_way_changes_nothing(backend, directory):
    async def groups():
        raise Unavailable("ScaiKey does not answer.")
        yield

    directory.groups = groups
    with pytest.raises(Unavailable):
        await identity_sync.sync(backend)
    assert await rows(backend, Partner) == []


async def test_a_tenant_moves_with_its_people_and_profile(backend, directory):
    await identity_sync.sync(backend)
    await backend.perform(petra, save_billing_profile, ACME, BillingProfileIn(company_name="Acme"))
    directory.all_tenants[0] = replace(directory.all_tenants[0], partner_id=SOUTHBAY)
    await identity_sync.sync(backend)
    for kind in (BillingProfile, User, GroupMember):
        assert {row.partner_id for row in await rows(backend, kind, tenant_id=ACME)} == {SOUTHBAY}
    assert [row.partner_id for row in await rows(backend, Tenant, id=ACME)] == [SOUTHBAY]


async def test_a_tenant_whose_people_speak_for_the_partner_stays(backend, directory):
    await identity_sync.sync(backend)
    await backend.perform(petra, identity.grant, "usr_alice", "partner_admin")
    directory.all_tenants[0] = replace(directory.all_tenants[0], partner_id=SOUTHBAY)
    report = await identity_sync.sync(backend)
    assert report.problems == [
        f"tenant Acme ({ACME}) stays with partner {NORTHWIND}: it has partner roles of its people."
    ]
    for kind in (Tenant, User, Group):
        assert {row.partner_id for row in await rows(backend, kind) if ACME in (row.id, row.tenant_id)} == {NORTHWIND}


async def test_entries_without_a_home_are_reported(backend, directory):
    directory.all_tenants.append(DirectoryTenant("tnt_lost", "prt_unknown", "Lost", "lost", "active"))
    directory.all_users.append(DirectoryUser("usr_lost", "tnt_nowhere", None, "", "Lost", "active"))
    report = await identity_sync.sync(backend)
    assert len(report.problems) == 2
    assert "usr_lost" not in await live(backend, User)


async def test_a_sign_in_notes_the_moment_and_greets_newcomers(backend, directory, clock):
    await identity_sync.sync(backend)
    claims = {"sub": "usr_new", "tenant_id": ACME}
    await identity_sync.refresh_user_at_login(backend, claims, {"email": "new@example.com", "name": "New"})
    (new,) = await rows(backend, User, id="usr_new")
    assert (new.partner_id, new.email, new.last_login_at) == (NORTHWIND, "new@example.com", clock.now())
    await identity_sync.refresh_user_at_login(backend, {"sub": "usr_x", "tenant_id": "tnt_unknown"}, {})
    assert await rows(backend, User, id="usr_x") == []
