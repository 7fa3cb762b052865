from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.lifecycle import Lifecycle


class PaymentState(StrEnum):
    pending = "pending"
    requires_action = "requires_action"
    succeeded = "succeeded"
    failed = "failed"
    partially_refunded = "partially_refunded"
    refunded = "refunded"
    reversed = "reversed"


class MismatchDecision(StrEnum):
    """What a person says counts where provider and books disagree."""

    accept = "accept"  # what the provider says
    keep = "keep"  # what is booked


class PaymentLifecycle(Lifecycle):
    """
    Payments (contract §18.3). A pending one may have had its effect: it is asked about, never simply repeated.

    No state is the last word: what failed may be captured later, and what came may be taken back by the payer's bank.
    """

    is_ = States.from_enum(PaymentState, initial=PaymentState.pending, use_enum_instance=True)
    ask_payer = is_.pending.to(is_.requires_action)
    succeed = (
        is_.pending.to(is_.succeeded)
        | is_.requires_action.to(is_.succeeded)
        | is_.failed.to(is_.succeeded)
        | is_.reversed.to(is_.succeeded)
    )
    fail = is_.pending.to(is_.failed) | is_.requires_action.to(is_.failed)
    refund_part = is_.succeeded.to(is_.partially_refunded)
    refund = is_.succeeded.to(is_.refunded) | is_.partially_refunded.to(is_.refunded)
    # A refund that had succeeded failed after all: the money is here again.
    take_back_part = is_.refunded.to(is_.partially_refunded)
    take_back = is_.refunded.to(is_.succeeded) | is_.partially_refunded.to(is_.succeeded)
    reverse = is_.succeeded.to(is_.reversed) | is_.partially_refunded.to(is_.reversed) | is_.refunded.to(is_.reversed)


class MethodState(StrEnum):
    pending = "pending"
    active = "active"
    expired = "expired"
    removed = "removed"


class MethodLifecycle(Lifecycle):
    is_ = States.from_enum(
        MethodState,
        initial=MethodState.pending,
        final=[MethodState.expired, MethodState.removed],
        use_enum_instance=True,
    )
    activate = is_.pending.to(is_.active)
    expire = is_.active.to(is_.expired)
    remove = is_.pending.to(is_.removed) | is_.active.to(is_.removed)


class RefundState(StrEnum):
    pending = "pending"
    succeeded = "succeeded"
    failed = "failed"


class RefundLifecycle(Lifecycle):
    """Refunds (contract §18.3). Providers take days: one that succeeded may fail after all."""

    is_ = States.from_enum(RefundState, initial=RefundState.pending, use_enum_instance=True)
    succeed = is_.pending.to(is_.succeeded)
    fail = is_.pending.to(is_.failed) | is_.succeeded.to(is_.failed)
    retry = is_.failed.to(is_.pending)


class DisputeState(StrEnum):
    opened = "opened"
    won = "won"
    lost = "lost"
    withdrawn = "withdrawn"


class DisputeLifecycle(Lifecycle):
    """Disputes (contract §18.5). Banks change their minds, so that each outcome can become the other one."""

    is_ = States.from_enum(DisputeState, initial=DisputeState.opened, use_enum_instance=True)
    win = is_.opened.to(is_.won) | is_.lost.to(is_.won) | is_.withdrawn.to(is_.won)
    lose = is_.opened.to(is_.lost) | is_.won.to(is_.lost) | is_.withdrawn.to(is_.lost)
    withdraw = is_.opened.to(is_.withdrawn) | is_.won.to(is_.withdrawn) | is_.lost.to(is_.withdrawn)
    reopen = is_.won.to(is_.opened) | is_.lost.to(is_.opened) | is_.withdrawn.to(is_.opened)
