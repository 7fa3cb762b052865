import hashlib
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from scaicontrol.core.actor import ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Unauthenticated
from scaicontrol.core.outbox import Outbox
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services import registry
from scaicontrol.services.registry.lifecycle import ServiceLifecycle, ServiceStatus
from scaicontrol.services.registry.schemas import HeartbeatIn, RegistrationIn, ServicePatch
from tests.factories import ada, alice, nobody, petra, service
from tests.factories.registry import store_service

drive = service("", "drive-client")
mallory = service("", "mallory-client")


def asks(slug: str = "scaidrive", **fields) -> RegistrationIn:
    return RegistrationIn(slug=slug, name="ScaiDrive", version="1.0.0", base_url="https://drive.example.com", **fields)


async def facts(backend: Backend, topic: str) -> list[dict[str, Any]]:
    async def read(uow):
        rows = await uow.session.scalars(select(Outbox).where(Outbox.event_type == topic).order_by(Outbox.id))
        return [row.payload for row in rows]

    return await backend.ask(ada, read)


async def test_a_known_slug_is_approved_at_once_and_its_key_is_shown_once(backend):
    done = await registry.register(backend, drive, asks())
    assert (done.auto_approved, done.service.status) == (True, ServiceStatus.active)
    assert done.service_key is not None
    assert done.service_key.startswith("sck_")
    assert len(done.service_key) == 47
    again = await registry.re_register(backend, drive, asks())
    assert again.service_key is None
    assert (
        await backend.ports.vault.read(
            registry.vault_path("scaidrive", hashlib.sha256(done.service_key.encode()).hexdigest())
        )
        == done.service_key
    )
    found = await backend.ask(ada, registry.by_key, done.service_key)
    assert found is not None
    assert found.slug == "scaidrive"
    assert await backend.ask(ada, registry.by_key, done.service_key + "x") is None


async def test_a_client_nobody_knows_yet_may_register_and_nothing_else(backend):
    newcomer = replace(drive, scope=Scope.none())
    assert (await registry.register(backend, newcomer, asks())).service.status is ServiceStatus.active
    assert (await registry.register(backend, nobody_knows("weather-client"), asks("weather"))).service.app_id
    with pytest.raises(NotFound):
        await backend.perform(nobody_knows("third-client"), registry.heartbeat, HeartbeatIn(slug="scaidrive"))
    with pytest.raises(Unauthenticated):
        await registry.register(backend, nobody, asks("scaiwave"))


def nobody_knows(client_id: str):
    return replace(service("", client_id), scope=Scope.none())


async def test_an_unknown_slug_waits_for_an_operator(backend):
    done = await registry.register(backend, drive, asks("weather"))
    assert (done.auto_approved, done.service.status, done.service_key) == (False, ServiceStatus.pending, None)
    approved, key = await registry.approve(backend, ada, done.service.id)
    assert (approved.status, approved.approved_by) == (ServiceStatus.active, ada.id)
    assert key is not None
    with pytest.raises(Refused, match="Cannot approve service weather: it is active"):
        await registry.approve(backend, ada, done.service.id)


async def test_a_client_bound_to_one_slug_does_not_get_a_second_by_itself(backend):
    await registry.register(backend, drive, asks())
    second = await registry.register(backend, drive, asks("scaiwave"))
    assert second.service.status is ServiceStatus.pending
    with pytest.raises(Conflict, match="speaks for 'scaidrive' already"):
        await registry.approve(backend, ada, second.service.id)


async def test_only_a_service_account_registers_and_only_in_its_own_name(backend):
    with pytest.raises(Forbidden, match="Only a service account"):
        await registry.register(backend, ada, asks())
    with pytest.raises(Forbidden):
        await registry.register(backend, alice, asks())
    with pytest.raises(Forbidden, match="app_id is 'other'"):
        await registry.register(backend, drive, asks(app_id="other"))


async def test_a_service_touches_its_own_slug_only(backend):
    await registry.register(backend, drive, asks())
    with pytest.raises(NotFound):
        await registry.re_register(backend, mallory, asks())
    with pytest.raises(NotFound):
        await backend.perform(mallory, registry.deregister, "scaidrive", "gone")
    with pytest.raises(NotFound):
        await backend.perform(mallory, registry.heartbeat, HeartbeatIn(slug="scaidrive"))
    with pytest.raises(Conflict, match="update it with PUT"):
        await registry.register(backend, mallory, asks())


async def test_registering_again_records_the_release_and_what_came_with_it(backend):
    first = await registry.register(backend, drive, asks())
    told = asks(capabilities=["metering"]).model_copy(update={"version": "2.0.0"})
    await registry.re_register(backend, drive, told)
    await registry.re_register(backend, drive, told)
    versions = await backend.ask(ada, registry.versions, first.service.id)
    assert (versions[0].version, versions[0].changed_fields) == ("2.0.0", ["capabilities"])
    assert len(versions) == 2
    assert len(await facts(backend, "service.updated")) == 1


async def test_a_rejected_service_may_ask_again_and_waits(backend):
    asked = await registry.register(backend, drive, asks("weather"))
    await backend.perform(ada, registry.reject, asked.service.id, "unknown operator")
    again = await registry.register(backend, mallory, asks("weather"))
    assert (again.service.id, again.service.status) == (asked.service.id, ServiceStatus.pending)
    assert again.service.app_id == "mallory-client"
    assert again.service.rejected_reason is None


async def test_a_deregistered_service_loses_its_key_and_needs_an_operator_to_return(backend):
    done = await registry.register(backend, drive, asks())
    await backend.perform(drive, registry.deregister, "scaidrive", "moved")
    assert await backend.ask(ada, registry.by_key, done.service_key or "") is None
    back = await registry.re_register(backend, drive, asks())
    assert (back.service.status, back.auto_approved) == (ServiceStatus.pending, False)


async def test_registration_does_not_wait_for_the_vault(backend):
    backend.ports.vault.down = True
    backend.ports.vault.write = _away
    done = await registry.register(backend, drive, asks())
    assert (done.service.status, done.service_key) == (ServiceStatus.active, None)
    del backend.ports.vault.write
    assert (await registry.re_register(backend, drive, asks())).service_key is not None


async def _away(path, data):
    from scaicontrol.core.errors import Unavailable

    raise Unavailable("The vault does not answer.")


async def test_bad_addresses_and_double_metrics_are_named_together(backend):
    metric = {"slug": "calls", "name": "Calls", "unit": "call", "kind": "counter"}
    bad = asks(health_check_url="http://drive.example.com/health", metrics=[metric, metric])
    with pytest.raises(Invalid) as refused:
        await registry.register(backend, drive, bad)
    assert [reason.field for reason in refused.value.reasons] == ["health_check_url", "metrics"]


async def test_operators_move_the_status_along_the_drawn_lines_only(backend):
    stored = await store_service(backend)
    changed = await backend.perform(
        ada, registry.update, stored.id, ServicePatch(status=ServiceStatus.suspended, reason="maintenance")
    )
    assert changed.status is ServiceStatus.suspended
    with pytest.raises(Refused, match="it is suspended, which allows active, deregistered"):
        await backend.perform(ada, registry.update, stored.id, ServicePatch(status=ServiceStatus.deprecated))
    with pytest.raises(Forbidden):
        await backend.perform(petra, registry.update, stored.id, ServicePatch(name="Mine"))
    assert (await facts(backend, "service.status_changed"))[0]["reason"] == "maintenance"


@pytest.mark.parametrize("status", list(ServiceStatus))
def test_every_status_allows_what_the_contract_draws(status):
    drawn = {
        "pending": {"active", "rejected"},
        "rejected": {"pending"},
        "active": {"suspended", "deprecated", "deregistered"},
        "suspended": {"active", "deregistered"},
        "deprecated": {"active", "deregistered"},
        "deregistered": {"pending"},
    }
    targets = {to for source, _, to in ServiceLifecycle.transitions() if source == status}
    assert targets == drawn[status]


async def test_the_client_id_names_the_approved_service_first(backend):
    await store_service(backend, "waiting", app_id="one-client", status=ServiceStatus.pending, approved_at=None)
    await store_service(backend, "approved", app_id="one-client")
    found = await backend.ask(ada, registry.service_of, "one-client")
    assert found is not None
    assert found.slug == "approved"
    assert drive.kind is ActorKind.service


async def test_a_name_is_kept_as_it_was_meant_and_what_cannot_be_meant_is_refused(backend):
    await registry.register(backend, drive, asks())
    told = asks().model_dump() | {
        "name": "\ufeffScai\u200bDrive\u2060\r\n",
        "metrics": [_metric("Sto\u200brage", "G\u2060B")],
    }
    done = await registry.re_register(backend, drive, RegistrationIn.model_validate(told))
    assert (done.service.name, done.service.metrics[0]["name"], done.service.metrics[0]["unit"]) == (
        "ScaiDrive", "Storage", "GB",
    )  # fmt: skip
    with pytest.raises(ValidationError) as refused:
        RegistrationIn.model_validate(told | {"name": "Scai\x00Drive", "metrics": [_metric("Sto\u202erage", "GB")]})
    assert {(".".join(map(str, error["loc"])), error["msg"].split(", ", 1)[1]) for error in refused.value.errors()} == {
        ("name", "name contains U+0000 (a control character), which cannot be printed; remove it."),
        ("metrics.0.name", "name contains U+202E (RIGHT-TO-LEFT OVERRIDE), which cannot be printed; remove it."),
    }


def _metric(name: str, unit: str) -> dict[str, str]:
    return {"slug": "storage_gb", "name": name, "unit": unit, "kind": "gauge"}


async def test_a_launch_link_asks_only_for_what_can_be_filled_in(backend):
    link = {"label": "Open", "url_template": "https://drive.example.com/{customer}", "entry_type": "web"}
    with pytest.raises(Invalid, match=r"asks for \{customer\}; what can be filled in is tenant_id"):
        await registry.register(backend, drive, asks(entrypoints=[link]))
