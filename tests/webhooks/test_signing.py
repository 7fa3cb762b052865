"""What a subscriber checks: our own client and the public Standard Webhooks library agree with the sender."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from scaicontrol.core.errors import Invalid
from scaicontrol.services.webhooks import TOPICS, retries, signing, topics
from scaicontrol.services.webhooks.retries import DeliveryOutcome, judge
from scaicontrol.webhooks import VerificationError, verify

BODY = json.dumps({"event_type": "invoice.paid", "data": {"name": "Zoë"}}).encode()
NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)


def signed(*keys: str, at: int | None = None, body: bytes = BODY) -> dict[str, str]:
    moment = int(time.time()) if at is None else at
    return signing.headers(body, event_id="evt_1", topic="invoice.paid", timestamp=moment, keys=keys)


def test_a_secret_is_32_random_bytes():
    first, second = signing.new_secret(), signing.new_secret()
    assert first != second
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32


def test_both_ways_to_verify_accept_what_was_sent():
    secret = signing.new_secret()
    headers = signed(secret)
    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)
    assert verify(headers, BODY, [secret]) == json.loads(BODY)
    documented = {name: value for name, value in headers.items() if not name.startswith("webhook-")}
    assert verify(documented, BODY, [secret]) == json.loads(BODY)


@pytest.mark.parametrize("drop", ["", "webhook-signature"])
def test_an_altered_body_is_refused(drop: str):
    secret = signing.new_secret()
    headers = {name: value for name, value in signed(secret).items() if name != drop}
    with pytest.raises(VerificationError):
        verify(headers, BODY + b" ", [secret])
    with pytest.raises(VerificationError):
        verify(headers, BODY, [signing.new_secret()])


def test_another_id_or_time_is_refused():
    secret = signing.new_secret()
    for name, value in (("webhook-id", "evt_2"), ("webhook-timestamp", str(int(time.time()) + 1))):
        with pytest.raises(VerificationError):
            verify({**signed(secret), name: value}, BODY, [secret])
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(BODY, {**signed(secret), name: value})


@pytest.mark.parametrize("timestamp", ["", "yesterday", "²", "-5"])
def test_a_timestamp_that_is_none_is_refused(timestamp: str):
    secret = signing.new_secret()
    with pytest.raises(VerificationError):
        verify({**signed(secret), "webhook-timestamp": timestamp, "X-ScaiControl-Timestamp": timestamp}, BODY, [secret])


@pytest.mark.parametrize(("age", "fresh"), [(300, True), (301, False), (-301, False)])
def test_five_minutes_are_fresh(age: int, fresh: bool):
    secret, headers = signing.new_secret(), {}
    headers = signed(secret, at=1_000_000)
    if fresh:
        assert verify(headers, BODY, [secret], now=lambda: 1_000_000 + age)
    else:
        with pytest.raises(VerificationError, match="five minutes"):
            verify(headers, BODY, [secret], now=lambda: 1_000_000 + age)


def test_during_a_rotation_either_secret_verifies_and_the_documented_header_stays_with_the_old():
    old, new = signing.new_secret(), signing.new_secret()
    headers = signed(old, new)
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, headers)
        assert verify(headers, BODY, [secret])
    assert headers["X-ScaiControl-Signature"] == signing.documented(old, BODY)
    assert headers["X-ScaiControl-Signature-Next"] == signing.documented(new, BODY)


# Answers and waits (contract §23.4)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "dispatched"), (204, "dispatched"), (299, "dispatched"), (409, "dispatched"), (410, "gone"), (400, "dead"),
     (401, "dead"), (404, "dead"), (422, "dead"), (0, "retry"), (301, "retry"), (308, "retry"), (408, "retry"),
     (425, "retry"), (429, "retry"), (500, "retry"), (503, "retry")],
)  # fmt: skip
def test_what_an_answer_makes_of_a_delivery(status: int, outcome: str):
    assert judge(status, 1, NOW).outcome == outcome


def test_seven_attempts_over_38_hours_and_36_minutes():
    waits = [judge(500, attempt, NOW, seed="evt").next_attempt_at for attempt in range(1, 7)]
    minutes = [1, 5, 30, 120, 720, 1440]
    for due, expected in zip(waits, minutes, strict=True):
        assert due is not None
        assert 0.95 * expected <= (due - NOW) / timedelta(minutes=1) <= 1.05 * expected
    assert sum(minutes) == 38 * 60 + 36
    assert judge(500, 7, NOW).outcome is DeliveryOutcome.dead


def test_the_jitter_is_the_same_after_a_crash_and_differs_between_deliveries():
    assert judge(500, 2, NOW, seed="a") == judge(500, 2, NOW, seed="a")
    assert judge(500, 2, NOW, seed="a") != judge(500, 2, NOW, seed="b")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), ("0", 0), ("999999999999999999999", 86_400), ("Thu, 15 Jan 2026 09:10:00 GMT", 600),
     ("Thu, 15 Jan 2015 09:10:00 GMT", 0), ("soon", None), ("", None), ("-5", None), ("٣", None)],
)  # fmt: skip
def test_retry_after_in_seconds_or_as_a_date(header: str, seconds: int | None):
    wished = retries.wait_asked(header, NOW)
    assert wished == (None if seconds is None else timedelta(seconds=seconds))


def test_a_subscriber_may_ask_for_more_time_than_the_table_gives_not_for_less():
    longer = judge(429, 1, NOW, retry_after=timedelta(hours=1)).next_attempt_at
    shorter = judge(429, 4, NOW, retry_after=timedelta(seconds=1)).next_attempt_at
    assert longer == NOW + timedelta(hours=1)
    assert shorter is not None
    assert shorter > NOW + timedelta(hours=1, minutes=50)


# Topics


def test_every_topic_is_named_once():
    assert len(TOPICS) == len(set(TOPICS)) >= 34


@pytest.mark.parametrize(
    ("pattern", "topic", "hit"),
    [("*", "invoice.paid", True), ("invoice.*", "invoice.paid", True), ("invoice.paid", "invoice.paid", True),
     ("subscription.*", "subscription.activated", True), ("subscription.*", "pack_subscription.activated", False),
     ("*.activated", "pack_subscription.activated", True), ("Invoice.*", "invoice.paid", False)],
)  # fmt: skip
def test_globs(pattern: str, topic: str, hit: bool):
    assert topics.matches(topic, [pattern]) is hit


@pytest.mark.parametrize("patterns", [[], ["invoices.*"], ["invoice.paid", "moon"], [""]])
def test_a_pattern_that_names_no_topic_is_refused(patterns: list[str]):
    with pytest.raises(Invalid):
        topics.checked(patterns)
