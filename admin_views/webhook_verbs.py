"""What is done to subscribers and deliveries from their pages: each function presses one verb of webhooks."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import webhooks
from scaicontrol.services.webhooks.lifecycle import DeliveryStatus
from scaicontrol.services.webhooks.models import WebhookEndpoint
from scaicontrol.services.webhooks.schemas import ReplayIn, WebhookEndpointIn, WebhookEndpointPut

from . import formatting
from .forms import number_of
from .language import gettext
from .moments import moment_of
from .names import Ref
from .verbs import Done

Given = Mapping[str, str]
Arguments = dict[str, Any]  # of a replay, by keyword
SUBSCRIBERS: Final = "webhook-subscriptions"


async def create(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    body = WebhookEndpointIn.model_validate({**_settings(given), "partner_id": given.get("partner_id") or None})
    made, secret = await webhooks.create(backend, actor, body)
    return Done(
        gettext("%(name)s is told from now on. This signs what it gets:", name=made.name),
        Ref(SUBSCRIBERS, made.id),
        secret,
    )


async def edit(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    known, version = await backend.ask(actor, webhooks.get, pk), number_of(given, "version")
    body = {**_settings(given), "partner_id": known.partner_id, "is_active": known.is_active}
    seen = known.version if version is None else version
    changed = await webhooks.update(backend, actor, pk, WebhookEndpointPut.model_validate({**body, "version": seen}))
    return gettext(
        "%(name)s gets %(topics)s at %(target_url)s.",
        name=changed.name,
        topics=", ".join(changed.topics),
        target_url=changed.target_url,
    )


async def pause(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    return gettext(
        "%(name)s is paused; what happens meanwhile waits.",
        name=(await _switched(backend, actor, pk, is_active=False)).name,
    )


async def resume(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    return gettext("%(name)s is served again.", name=(await _switched(backend, actor, pk, is_active=True)).name)


async def _switched(backend: Backend, actor: Actor, pk: str, *, is_active: bool) -> WebhookEndpoint:
    known = await backend.ask(actor, webhooks.get, pk)
    body = WebhookEndpointPut(
        name=known.name,
        target_url=known.target_url,
        topics=known.topics,
        description=known.description,
        partner_id=known.partner_id,
        is_active=is_active,
        version=known.version,
    )
    return await webhooks.update(backend, actor, pk, body)


async def test(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    status, took, error, excerpt = await webhooks.send_test(backend, actor, pk)
    if error:
        return gettext(
            "The test failed after %(took)s ms: %(error)s%(more)s",
            took=took,
            error=error,
            more=gettext(" It said: %(excerpt)s", excerpt=excerpt) if excerpt else "",
        )
    return gettext("It answered %(status)s after %(took)s ms.", status=status, took=took)


async def rotate_secret(backend: Backend, actor: Actor, pk: str, _: Given) -> Done:
    secret, ends_at = await webhooks.rotate_secret(backend, actor, pk)
    return Done(
        gettext("Both secrets sign until %(ends_at)s. The new one is:", ends_at=formatting.moment(ends_at)),
        secret=secret or "",
    )


async def close_rotation(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    await webhooks.rotate_secret(backend, actor, pk, close=True)
    return gettext("Only the new secret signs from now on.")


async def delete(backend: Backend, actor: Actor, pk: str, _: Given) -> Done:
    await webhooks.delete(backend, actor, pk)
    return Done(gettext("It is told nothing any more; what waited for it is dead."), is_gone=True)


async def retry_failed(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    queued = await backend.perform(actor, webhooks.replay, pk, **_since(backend, given))
    return gettext("%(queued)s dead deliveries are back in line.", queued=formatting.count(queued))


async def count_failed(backend: Backend, actor: Actor, pk: str, given: Given) -> Sequence[tuple[str, str]]:
    counted = await backend.ask(actor, webhooks.replayable, pk, **_since(backend, given))
    return [(gettext("Would be retried"), formatting.count(sum(counted.values())))]


def _since(backend: Backend, given: Given) -> Arguments:
    end, dead = backend.clock.now(), [DeliveryStatus.dead.value]
    return {"start": moment_of("since", given.get("since", "")), "end": end, "statuses": dead}


async def replay(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    queued = await backend.perform(actor, webhooks.replay, pk, **_range(backend, given))
    return gettext(
        "%(queued)s deliveries are queued; those that had arrived are marked as replays.",
        queued=formatting.count(queued),
    )


async def count_range(backend: Backend, actor: Actor, pk: str, given: Given) -> Sequence[tuple[str, str]]:
    counted = await backend.ask(actor, webhooks.replayable, pk, **_range(backend, given))
    return [
        (gettext("Would be queued"), formatting.count(sum(counted.values()))),
        *(
            (gettext("of which %(status)s", status=formatting.spoken(status)), formatting.count(count))
            for status, count in sorted(counted.items())
        ),
    ]


def _range(backend: Backend, given: Given) -> Arguments:
    end = given.get("end") or ""
    body = ReplayIn.model_validate(
        {
            "from": moment_of("start", given.get("start", "")),
            "to": moment_of("end", end) if end else backend.clock.now(),
            "topics": given.get("topics", "").split() or None,
            "statuses": given.get("statuses", "").split() or None,
            "resource_id": given.get("resource_id") or None,
        }
    )
    return {
        "start": body.start,
        "end": body.end,
        "topics_like": body.topics,
        "statuses": body.statuses,
        "resource_id": body.resource_id,
    }


async def retry(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    found = await backend.ask(actor, webhooks.find_delivery, pk)
    await backend.perform(actor, webhooks.retry, str(found.subscription_id), pk)
    return gettext("It is back in line, with the same event id and key.")


def _settings(given: Given) -> dict[str, object]:
    return {
        "name": given.get("name", ""),
        "target_url": given.get("target_url", ""),
        "topics": given.get("topics", "").replace(",", " ").split(),
        "description": given.get("description") or None,
    }
