from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.lifecycle import Lifecycle


class MailStatus(StrEnum):
    pending = "pending"
    sending = "sending"
    accepted = "accepted"
    unknown = "unknown"
    failed = "failed"
    delivered = "delivered"
    bounced = "bounced"
    dropped = "dropped"


class MailLifecycle(Lifecycle):
    """One logical mail (contract §32, §38); the transport has no idempotency key, so `unknown` is a state."""

    is_ = States.from_enum(
        MailStatus,
        initial=MailStatus.pending,
        final=[MailStatus.failed, MailStatus.delivered, MailStatus.bounced, MailStatus.dropped],
        use_enum_instance=True,
    )
    begin = is_.pending.to(is_.sending)
    accept = is_.sending.to(is_.accepted) | is_.unknown.to(is_.accepted)
    postpone = is_.sending.to(is_.pending)
    lose = is_.sending.to(is_.unknown)
    resend = is_.unknown.to(is_.pending)
    fail = is_.sending.to(is_.failed) | is_.unknown.to(is_.failed)
    deliver = is_.accepted.to(is_.delivered) | is_.unknown.to(is_.delivered)
    bounce = is_.accepted.to(is_.bounced)
    drop = is_.accepted.to(is_.dropped)
