"""What needs another person's approval, asked for, approved and applied."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.backend import Backend
from scaicontrol.services import changes

from . import ada

bob = replace(ada, id="usr_bob", name="Bob", email="bob@scailabs.example")


async def agreed(
    backend: Backend, actor: Actor, verb: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
) -> None:
    """Do something the policy stops: Bob approves of it, and who wanted it applies it."""
    try:
        await backend.perform(actor, verb, *args, **kwargs)
    except ApprovalRequired as refused:
        plan = refused.details["change_plan"]
        await backend.perform(bob, changes.approve, plan["id"])
        await changes.apply(backend, actor, plan["id"], plan["plan_hash"])
    else:
        raise AssertionError("Nobody had to agree.")
