"""Change plans: a verb is rehearsed, shown, approved where the policy says so, and then does exactly that."""

from .approvals import PolicyApprovals, summary
from .planning import MAILED, without_secrets
from .policy import ApprovalLimits, ApprovalPolicy
from .queries import get, listed, offered, page, platform, policy, shown, visible
from .rehearsing import plan_call, plan_work
from .service import apply, approve, expire, keep, reject, release_interrupted, set_policy

__all__ = [
    "MAILED",
    "ApprovalLimits",
    "ApprovalPolicy",
    "PolicyApprovals",
    "apply",
    "approve",
    "expire",
    "get",
    "keep",
    "listed",
    "offered",
    "page",
    "plan_call",
    "plan_work",
    "platform",
    "policy",
    "reject",
    "release_interrupted",
    "set_policy",
    "shown",
    "summary",
    "visible",
    "without_secrets",
]
