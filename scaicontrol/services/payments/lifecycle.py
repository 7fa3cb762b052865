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


class PaymentLifecycle(Lifecycle):
    """Payments (contract §18.3). A pending one may have had its effect: it is asked about, never simply repeated."""

    is_ = States.from_enum(PaymentState, initial=PaymentState.pending, use_enum_instance=True)
    ask_payer = is_.pending.to(is_.requires_action)
    # Money that came is booked whatever was believed before.
    succeed = is_.pending.to(is_.succeeded) | is_.requires_action.to(is_.succeeded) | is_.failed.to(is_.succeeded)
    fail = is_.pending.to(is_.failed) | is_.requires_action.to(is_.failed)
    refund_part = is_.succeeded.to(is_.partially_refunded)
    refund = is_.succeeded.to(is_.refunded) | is_.partially_refunded.to(is_.refunded)
    # A refund that had succeeded failed after all: the money is here again.
    take_back_part = is_.refunded.to(is_.partially_refunded)
    take_back = is_.refunded.to(is_.succeeded) | is_.partially_refunded.to(is_.succeeded)


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
