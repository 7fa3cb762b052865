"""What a pack costs is split to the cent, whatever it holds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.services.packs.models import DiscountType, ServicePack
from scaicontrol.services.packs.prices import allocated, pack_price

PRICES = st.lists(st.integers(0, 10**9), min_size=1, max_size=50)


@given(st.integers(0, 10**12), PRICES)
def test_the_parts_add_up_to_the_price_and_none_is_negative(price, items):
    parts = allocated(price, items)
    assert sum(parts) == price
    assert len(parts) == len(items)
    assert min(parts) >= 0


@given(st.integers(0, 10**9), PRICES.filter(any))
def test_each_part_is_within_a_cent_of_its_exact_proportion(price, items):
    for part, item in zip(allocated(price, items), items, strict=True):
        assert abs(Decimal(part) - Decimal(price) * item / sum(items)) < 1


@pytest.mark.parametrize(("price", "items", "parts"), [
    (2500, [1000, 2000], [833, 1667]),  # 833.33 and 1666.67: the cent that is left goes to the larger remainder
    (1000, [1, 1, 1], [334, 333, 333]),  # of equal remainders the first one
    (0, [1000, 2000], [0, 0]),
    (1001, [0, 0], [501, 500]),  # what costs nothing by itself shares alike
])  # fmt: skip
def test_worked_examples(price, items, parts):
    assert allocated(price, items) == parts


@pytest.mark.parametrize(("discount", "items", "price"), [
    ("10", [1000, 2000], 2700), ("12.5", [999], 874), ("0", [999], 999), ("100", [999], 0), ("50", [1], 1),
])  # fmt: skip
def test_a_percentage_is_taken_off_the_sum_and_rounded_half_up_once(discount, items, price):
    pack = ServicePack(discount_type=DiscountType.percentage, discount_percentage=Decimal(discount), base_price_cents=1)
    assert pack_price(pack, items) == price


def test_a_fixed_price_is_the_packs_own():
    pack = ServicePack(discount_type=DiscountType.fixed_price, discount_percentage=None, base_price_cents=2500)
    assert pack_price(pack, [1000, 2000]) == 2500
