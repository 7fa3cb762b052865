import asyncio
from datetime import timedelta

import pytest

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import NotFound, Refused, Unauthenticated, Unavailable
from scaicontrol.core.ports import ServiceReply
from scaicontrol.services import provisioning, subscriptions
from scaicontrol.services.provisioning import ProvisioningAction
from scaicontrol.services.provisioning.schemas import CallbackIn
from scaicontrol.services.provisioning.service.engine import new_workflow
from scaicontrol.services.provisioning.service.running import SWEEP, claim_due
from scaicontrol.services.provisioning.service.starting import follow
from tests.factories import ada, alice
from tests.factories.subscriptions import PROVISIONING_URL, facts, market, show, subscribed, told

OK = ServiceReply(200, {"endpoint": "https://acme.drive.example.com", "credentials": {"key": "s3cret", "id": "42"}})
VAULT = "scaicontrol/tenants/tnt_acme/scaidrive"


async def the_workflow(backend, actor=ada):
    return await backend.ask(actor, provisioning.latest, "scaidrive")


async def statuses(backend):
    return {step.name: str(step.status) for step in (await the_workflow(backend)).steps}


def answer(backend, *replies):
    backend.ports.services.replies[PROVISIONING_URL] = list(replies)


async def sweep(backend, clock, times=1, seconds=0):
    for _ in range(times):
        clock.advance(timedelta(seconds=seconds))
        await provisioning.run_due(backend)


async def started(backend, *replies):
    await market(backend, provisioning_url=PROVISIONING_URL)
    answer(backend, *replies)
    return await subscribed(backend)


def token_of(backend):
    return backend.ports.services.calls[-1][2]["callback_token"]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_whoever_makes_a_step_due_wakes_those_who_carry_it_out(backend, clock):
    waker = backend.ports.waker
    await started(backend, OK)
    assert ("provision", ()) in waker.woken
    for _ in range(10):  # each wake-up makes the next, without a sweep
        if (await the_workflow(backend)).status == "completed":
            break
        assert ("provision", ()) in waker.woken
        waker.woken.clear()
        await provisioning.run_due(backend)
    assert (await the_workflow(backend)).status == "completed"


async def test_without_an_address_all_is_done_in_the_subscribing_transaction(backend):
    await market(backend)
    done = await backend.perform(alice, provisioning.subscribe, "scaidrive.pro")
    assert (done.subscription.status, done.workflow.status) == ("active", "completed")
    assert await statuses(backend) == {
        "validate": "completed",
        "create_account": "skipped",
        "configure_plan": "skipped",
        "issue_credentials": "skipped",
        "register_entrypoint": "completed",
        "activate_subscription": "completed",
        "notify": "completed",
    }
    assert backend.ports.services.calls == []


async def test_a_service_is_called_step_by_step_before_anybody_is_entitled(backend, clock):
    pro = await started(backend, OK, ServiceReply(200))
    assert (await show(backend, pro.id)).status == "pending"
    await sweep(backend, clock, times=2)
    live = await show(backend, pro.id)
    assert (live.status, live.endpoint) == ("active", "https://acme.drive.example.com")
    assert set((await statuses(backend)).values()) == {"completed"}
    sent = [(body["step"], body["action"], body["plan_key"]) for _, _, body, _ in backend.ports.services.calls]
    assert sent == [("create_account", "provision", "scaidrive.pro"), ("configure_plan", "update", "scaidrive.pro")]
    assert backend.ports.vault.secrets[VAULT] == {"key": "s3cret", "id": "42"}


async def test_the_call_carries_what_was_promised(backend, clock):
    pro = await started(backend, OK)
    await sweep(backend, clock)
    method, url, body, key = backend.ports.services.calls[0]
    assert (method, url, key) == ("POST", PROVISIONING_URL, body["idempotency_key"])
    promised = "workflow_id step action tenant_id partner_id plan_key quantity quotas callback_url callback_token"
    assert sorted(body) == sorted([*promised.split(), "idempotency_key"])
    assert (body["tenant_id"], body["quotas"]) == ("tnt_acme", {"storage_gb": 100, "api_calls": 1000})
    assert len(body["callback_token"]) == 43
    assert (await the_workflow(backend)).subscription_id == pro.id


async def test_secrets_never_reach_the_database(backend, clock):
    await started(backend, OK, ServiceReply(200))
    await sweep(backend, clock, times=3)
    workflow = await the_workflow(backend)
    kept = repr([vars(workflow), *(vars(step) for step in workflow.steps)])
    assert "s3cret" not in kept
    assert (workflow.credentials_path, workflow.credential_fields) == (VAULT, ["id", "key"])


async def test_a_passing_failure_is_tried_again_with_the_same_key(backend, clock):
    await started(backend, ServiceReply(503), ServiceReply(0, error="timed out"), ServiceReply(429), OK)
    for seconds in (0, 12, 72, 360):
        await sweep(backend, clock, seconds=seconds)
    assert (await statuses(backend))["create_account"] == "completed"
    keys = {key for _, _, body, key in backend.ports.services.calls if body["step"] == "create_account"}
    assert len(keys) == 1


async def test_no_retry_comes_early(backend, clock):
    await started(backend, ServiceReply(503), OK)
    await sweep(backend, clock)
    await sweep(backend, clock, seconds=7)
    assert len(backend.ports.services.calls) == 1


async def test_after_the_last_retry_it_fails_waits_and_rolls_back(backend, clock):
    pro = await started(backend, OK, *[ServiceReply(500, {"message": "disk full"})] * 4, ServiceReply(200))
    for seconds in (0, 0, 12, 72, 360):
        await sweep(backend, clock, seconds=seconds)
    failed = await the_workflow(backend)
    assert (failed.status, failed.failed_step, failed.error_code) == ("failed", "configure_plan", "http_500")
    assert (await show(backend, pro.id)).status == "pending"
    await sweep(backend, clock, seconds=899)
    assert (await the_workflow(backend)).status == "failed"
    await sweep(backend, clock, times=3, seconds=1)
    assert (await the_workflow(backend)).status == "rolled_back"
    gone = await show(backend, pro.id)
    assert (gone.status, gone.cancellation_reason, gone.endpoint) == ("cancelled", "It answered 500: disk full", None)
    assert backend.ports.vault.secrets == {}
    assert backend.ports.services.calls[-1][2]["action"] == "deprovision"
    undone = await statuses(backend)
    assert [name for name, status in undone.items() if status == "compensated"] == [
        "create_account", "issue_credentials", "register_entrypoint",
    ]  # fmt: skip
    assert await told(backend, "provisioning.failed") == ["provisioning.failed 1", "provisioning.failed 2"]


async def test_a_refusal_is_not_repeated(backend, clock):
    await started(backend, ServiceReply(422, {"error_message": "unknown plan"}))
    await sweep(backend, clock, times=2, seconds=400)
    assert len(backend.ports.services.calls) == 1
    assert (await the_workflow(backend)).error_message == "It answered 422: unknown plan"


async def test_an_operator_retries_a_failed_step(backend, clock):
    pro = await started(backend, ServiceReply(400), OK, ServiceReply(200))
    await sweep(backend, clock)
    await backend.perform(ada, provisioning.retry_step, (await the_workflow(backend)).id, "create_account")
    await sweep(backend, clock, times=3)
    assert (await show(backend, pro.id)).status == "active"
    first, second = (call[3] for call in backend.ports.services.calls[:2])
    assert first != second


async def test_only_a_failed_step_is_retried(backend):
    await started(backend)
    workflow = await the_workflow(backend)
    with pytest.raises(Refused, match="it is pending, not failed"):
        await backend.perform(ada, provisioning.retry_step, workflow.id, "create_account")
    with pytest.raises(NotFound, match="has no step dance; it has validate"):
        await backend.perform(ada, provisioning.retry_step, workflow.id, "dance")


async def test_force_completes_from_anywhere_and_entitles(backend, clock):
    pro = await started(backend, ServiceReply(400))
    await sweep(backend, clock)
    await backend.perform(ada, provisioning.force_complete, (await the_workflow(backend)).id, "set up by hand")
    assert (await show(backend, pro.id)).status == "active"
    (fact,) = await facts(backend, "provisioning.completed")
    assert fact.payload["forced"] is True
    with pytest.raises(Refused):
        await backend.perform(ada, provisioning.force_complete, (await the_workflow(backend)).id, "again")


async def test_a_rollback_that_fails_can_be_repeated(backend, clock):
    pro = await started(backend, OK, ServiceReply(400), ServiceReply(403), ServiceReply(200))
    await sweep(backend, clock, times=2)
    workflow = await the_workflow(backend)
    await backend.perform(ada, provisioning.rollback, workflow.id)
    await sweep(backend, clock, times=3)
    assert (await the_workflow(backend)).status == "rollback_failed"
    assert (await show(backend, pro.id)).status == "pending"
    await backend.perform(ada, provisioning.rollback, workflow.id)
    await sweep(backend, clock, times=2)
    assert (await the_workflow(backend)).status == "rolled_back"
    assert (await show(backend, pro.id)).status == "cancelled"


async def test_a_callback_ends_the_wait_once(backend, clock):
    pro = await started(backend, ServiceReply(202), ServiceReply(200))
    await sweep(backend, clock)
    assert (await statuses(backend))["create_account"] == "waiting_callback"
    report = CallbackIn(
        callback_token=token_of(backend),
        status="success",
        endpoint="https://acme.drive.example.com",
        credentials={"key": "s3cret"},
    )
    await provisioning.callback(backend, report)
    await provisioning.callback(backend, report)
    with pytest.raises(Unauthenticated):
        await provisioning.callback(backend, report.model_copy(update={"status": "failed"}))
    await sweep(backend, clock, times=2)
    assert (await show(backend, pro.id)).status == "active"
    assert backend.ports.vault.secrets[VAULT] == {"key": "s3cret"}


async def test_a_callback_that_comes_before_the_answer_wins(backend, clock):
    """A quick service reports while its own 202 is still on the way."""
    await started(backend, ServiceReply(202))
    services = backend.ports.services
    plain_post = services.post

    async def post(url, body, idempotency_key, timeout):
        reply = await plain_post(url, body, idempotency_key, timeout)
        await provisioning.callback(backend, CallbackIn(callback_token=body["callback_token"], status="success"))
        return reply

    services.post = post
    await sweep(backend, clock)
    assert (await statuses(backend))["create_account"] == "completed"


@pytest.mark.parametrize("token", ["", "wrong", "x" * 43])
async def test_a_wrong_token_is_nobody(backend, clock, token):
    await started(backend, ServiceReply(202))
    await sweep(backend, clock)
    with pytest.raises(Unauthenticated):
        await provisioning.callback(backend, CallbackIn.model_construct(callback_token=token, status="success"))


async def test_a_silent_callback_times_out_and_its_token_with_it(backend, clock):
    await started(backend, ServiceReply(202))
    await sweep(backend, clock)
    await sweep(backend, clock, seconds=900)
    workflow = await the_workflow(backend)
    assert (workflow.status, workflow.error_code) == ("failed", "callback_timeout")
    with pytest.raises(Unauthenticated):
        await provisioning.callback(backend, CallbackIn(callback_token=token_of(backend), status="success"))


async def test_in_progress_extends_the_wait_four_times(backend, clock):
    await started(backend, ServiceReply(202))
    await sweep(backend, clock)
    report = CallbackIn(callback_token=token_of(backend), status="in_progress")
    for _ in range(4):
        await provisioning.callback(backend, report)
    with pytest.raises(Refused, match="extended 4 times"):
        await provisioning.callback(backend, report)
    await sweep(backend, clock, seconds=5 * 900 - 1)
    assert (await statuses(backend))["create_account"] == "waiting_callback"


async def test_a_reported_failure_says_why(backend, clock):
    await started(backend, ServiceReply(202))
    await sweep(backend, clock)
    report = CallbackIn(callback_token=token_of(backend), status="failed", error_message="no capacity in region")
    await provisioning.callback(backend, report)
    workflow = await the_workflow(backend)
    assert (workflow.status, workflow.error_message) == ("failed", "no capacity in region")


async def test_a_poll_asks_every_fifteen_seconds_until_it_is_done(backend, clock):
    url = "https://scaidrive.example.com/jobs/1"
    pro = await started(backend, ServiceReply(202, location=url), ServiceReply(200))
    backend.ports.services.replies[url] = [ServiceReply(202), ServiceReply(503), OK]
    await sweep(backend, clock)
    assert (await statuses(backend))["create_account"] == "waiting_poll"
    await sweep(backend, clock, times=5, seconds=15)
    assert [call[0] for call in backend.ports.services.calls].count("GET") == 3
    assert (await show(backend, pro.id)).status == "active"


async def test_a_poll_without_end_times_out(backend, clock):
    url = "https://scaidrive.example.com/jobs/1"
    await started(backend, ServiceReply(202, location=url))
    backend.ports.services.replies[url] = [ServiceReply(202)] * 200
    await sweep(backend, clock)
    await sweep(backend, clock, times=2, seconds=900)
    assert (await the_workflow(backend)).error_code == "poll_timeout"


async def test_an_abandoned_lease_is_taken_over(backend, clock):
    pro = await started(backend, OK, ServiceReply(200))
    await backend.perform(SWEEP, claim_due, "worker that dies", 10)
    await sweep(backend, clock)
    assert backend.ports.services.calls == []
    await sweep(backend, clock, times=2, seconds=61)
    assert (await show(backend, pro.id)).status == "active"


async def test_two_sweeps_at_once_call_once(backend):
    await started(backend, OK, ServiceReply(200))
    await asyncio.gather(*(provisioning.run_due(backend) for _ in range(3)))
    steps = [body["step"] for _, _, body, _ in backend.ports.services.calls]
    assert steps.count("create_account") == 1


async def test_a_lost_vault_makes_the_call_repeat(backend, clock):
    await started(backend, OK, OK, ServiceReply(200))
    vault = backend.ports.vault
    plain_write, down = vault.write, [True]

    async def write(path, data):
        if down:
            raise Unavailable("The vault does not answer.")
        await plain_write(path, data)

    vault.write = write
    await sweep(backend, clock)
    assert (await statuses(backend))["create_account"] == "running"
    down.clear()
    await sweep(backend, clock, times=2, seconds=12)
    assert vault.secrets[VAULT]["key"] == "s3cret"


@pytest.mark.parametrize("endpoint", ["javascript:alert(1)", 7, "https://", "ftp://x"])
async def test_an_endpoint_nobody_may_open_fails_the_step(backend, clock, endpoint):
    await started(backend, ServiceReply(200, {"endpoint": endpoint}))
    await sweep(backend, clock)
    assert (await the_workflow(backend)).error_code == "bad_endpoint"


async def test_later_changes_follow_in_their_order_once_per_fact(backend, clock):
    pro = await started(backend, OK, ServiceReply(200))
    await sweep(backend, clock, times=2)
    backend.ports.services.calls.clear()
    relay = Actor.system("relay")
    for action, cause in (
        (ProvisioningAction.suspend, "evt_1"),
        (ProvisioningAction.resume, "evt_2"),
        (ProvisioningAction.suspend, "evt_1"),
    ):
        await backend.perform(relay, follow, pro.id, action, cause)
    answer(backend, ServiceReply(503), ServiceReply(200), ServiceReply(200))
    for seconds in (0, 12, 0, 0):
        await sweep(backend, clock, seconds=seconds)
    assert [body["action"] for _, _, body, _ in backend.ports.services.calls] == ["suspend", "suspend", "resume"]


async def test_a_workflow_left_behind_is_started_by_the_sweep(backend, clock):
    pro = await started(backend, OK, ServiceReply(200))
    await sweep(backend, clock, times=2)

    async def leave_behind(uow):
        subscription = await subscriptions.get(uow, pro.id)
        uow.session.add_all(
            new_workflow(subscription, action, action)
            for action in (ProvisioningAction.suspend, ProvisioningAction.resume)
        )

    await backend.perform(ada, leave_behind)
    await sweep(backend, clock, times=2)
    assert [body["action"] for _, _, body, _ in backend.ports.services.calls[2:]] == ["suspend", "resume"]
