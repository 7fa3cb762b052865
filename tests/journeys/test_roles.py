"""The roles as processes of their own: two web servers, two workers and a scheduler do the main job over REST."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx2
import pytest

from scaicontrol.demo.world import BUYERS, SELLERS
from scaicontrol.integrations.standins.world import CLIENT_ID, CLIENT_SECRET
from tests.servers import MariaDB, free_port

PATIENCE_SECONDS = 120
SCAICONTROL = Path(sys.executable).with_name("scaicontrol")


def until(question, *, every=0.2):
    """Ask again and again until the answer is something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if found := question():
                return found
        except httpx2.HTTPError:
            pass
        assert time.monotonic() < deadline, f"{question.__name__} never came true"
        time.sleep(every)  # other processes tell us nothing; this is between two looks


class Installation:
    """A development installation in a folder; each role writes its own log."""

    def __init__(self, folder: Path, database: MariaDB, redis_url: str, s3_url: str) -> None:
        self.folder = folder
        self.first, self.second = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.first}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SCAI")},
            "SCAICONTROL_ENV": "development",
            "PUBLIC_BASE_URL": self.url,
            "DATABASE_URL": database.url("roles"),
            "REDIS_URL": redis_url,
            "STORAGE_DIR": str(folder / "storage"),
            "S3_ENDPOINT": s3_url,
            "S3_BUCKET": "roles",
            "S3_ACCESS_KEY": "a",
            "S3_SECRET_KEY": "b",
            "EMBEDDED_WORKER": "false",
        }
        self.running: list[subprocess.Popen[bytes]] = []
        self.people: list[Person] = []

    def run(self, *words: str) -> None:
        subprocess.run(
            [SCAICONTROL, *words], cwd=self.folder, env=self.environment, check=True, timeout=PATIENCE_SECONDS
        )

    def start(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            command: list[str | Path] = ["setpriv", "--pdeathsig", "KILL", SCAICONTROL, *words]
            self.running.append(
                subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)
            )

    def stop(self) -> list[int]:
        """End every role politely, and give how each ended."""
        for person in self.people:
            person.http.close()
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        return [process.wait(40) for process in self.running]


class Person:
    """Somebody who signs in at the stand-in for ScaiKey and speaks to one of the web servers."""

    def __init__(self, installation: Installation, user_id: str, port: int) -> None:
        issuer = f"{installation.url}/_dev/scaikey/api/v1/platform/oauth"
        asked = {"client_id": CLIENT_ID, "redirect_uri": "http://127.0.0.1/back", "response_type": "code"}
        answer = httpx2.get(f"{issuer}/authorize", params={**asked, "scope": "openid", "user": user_id}, timeout=30)
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        form = {**asked, "grant_type": "authorization_code", "code": code, "client_secret": CLIENT_SECRET}
        token = httpx2.post(f"{issuer}/token", data=form, timeout=30).json()["access_token"]
        self.http = httpx2.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        installation.people.append(self)

    def call(self, method: str, path: str, body: object = None):
        answer = self.http.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()["data"]


@pytest.fixture
def installation(tmp_path, mariadb_server, redis_url, s3_url):
    mariadb_server.sql("CREATE OR REPLACE DATABASE roles CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    storage = boto3.client(
        "s3", endpoint_url=s3_url, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    storage.create_bucket(Bucket="roles", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    made = Installation(tmp_path, mariadb_server, redis_url, s3_url)
    with ExitStack() as stack:
        stack.callback(storage.close)
        stack.callback(made.stop)
        made.run("db", "upgrade")
        made.start("web-1", "serve", "--port", str(made.first))
        until(lambda: httpx2.get(f"{made.url}/health/ready", timeout=5).is_success)
        made.start("web-2", "serve", "--port", str(made.second))
        for name in ("worker-1", "worker-2"):
            made.start(name, "worker")
        made.start("scheduler", "scheduler")
        until(lambda: httpx2.get(f"http://127.0.0.1:{made.second}/health/ready", timeout=5).is_success)
        yield made


@pytest.mark.long
@pytest.mark.mariadb
def test_a_subscription_is_billed_paid_and_told_across_the_roles(installation):
    ada = Person(installation, "usr_ada", installation.first)
    until(lambda: [row for row in ada.call("GET", "/admin/tenants?page_size=50") if row["id"] == "tnt_acme"])
    ada.call("PATCH", "/admin/partners/prt_operator/configuration", SELLERS["prt_operator"])
    hook = f"{installation.url}/_dev/subscriber/hooks/roles"
    ada.call("POST", "/admin/webhook-subscriptions", {"name": "Roles", "target_url": hook, "topics": ["*"]})

    registered = httpx2.post(f"{installation.url}/_dev/service/scaidrive/_control/register", timeout=30)
    assert registered.headers["location"].endswith(("status=200", "status=201"))
    [drive] = [row for row in ada.call("GET", "/admin/services?page_size=50") if row["slug"] == "scaidrive"]
    plan = {"service_id": drive["id"], "slug": "pro", "name": "Pro", "billing_period": "monthly",
            "base_price_cents": 1000, "currency": "EUR"}  # fmt: skip
    ada.call("POST", "/admin/plans", plan)

    anna = Person(installation, "usr_anna", installation.second)
    anna.call("PUT", "/billing/billing-profile", BUYERS["tnt_acme"])
    setup = anna.call("POST", "/billing/payment-providers/sandbox/setup", {"return_url": installation.url})
    anna.call("POST", "/billing/payment-providers/sandbox/confirm", {"reference": setup["reference"]})
    anna.call("POST", "/subscriptions", {"plan_key": "scaidrive.pro", "quantity": 3})

    [invoice] = until(lambda: [row for row in anna.call("GET", "/billing/invoices") if row["status"] == "paid"])
    assert (invoice["total_cents"], invoice["amount_due_cents"]) == (3630, 0)
    wanted = {
        "subscription.activated",
        "provisioning.completed",
        "invoice.finalized",
        "invoice.sent",
        "invoice.paid",
        "payment.succeeded",
    }
    until(lambda: wanted <= received(installation))
    assert set(installation.stop()) <= {0, -signal.SIGTERM}
    installation.running.clear()


def received(installation):
    rows = httpx2.get(f"{installation.url}/_dev/subscriber/api/deliveries", timeout=30).json()["data"]
    return {row["headers"]["x-scaicontrol-event-type"] for row in rows}
