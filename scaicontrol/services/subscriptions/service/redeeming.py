"""A coupon for a subscription that runs already."""

from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from ..lifecycle import CHANGEABLE
from ..models import Subscription
from .steps import catch_up, changeable
from .subscribing import redeem


@verb
async def redeem_coupon(uow: UnitOfWork, subscription_id: str, code: str) -> Subscription:
    """
    Let a coupon make a subscription cheaper from its next period on.

    Raises NotFound, and Refused for a state that has no next period, for what is bought once or belongs to a pack, and
    for a coupon that it cannot have.
    """
    uow.authorize("coupons:redeem")
    subscription = await changeable(uow, subscription_id)
    await catch_up(uow, subscription)
    if subscription.status not in CHANGEABLE:
        raise refused(
            RefusalCode.wrong_status,
            f"Cannot redeem a coupon for {subscription}: it is {subscription.status}, and has no next period.",
            status=str(subscription.status),
        )
    if subscription.is_one_time:
        raise refused(RefusalCode.bought_once, f"Cannot redeem a coupon for {subscription}: it was bought once.")
    await redeem(uow, code, subscription)
    return subscription
