"""What other features ask of coupons within a question of their own, by name."""

from typing import Final

from sqlalchemy.orm import selectinload

from .models import CouponRedemption

# Loads the coupon of each redemption with it: its name is what documents say.
WITH_COUPON: Final = selectinload(CouponRedemption.coupon)
