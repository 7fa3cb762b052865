"""The shipped installation is valid and loses nothing."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
NODES = ("db1", "db2", "db3")


def test_the_file_follows_the_compose_specification():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize(
    "setting",
    [
        "--innodb-flush-log-at-trx-commit=1",
        "--innodb-snapshot-isolation=ON",
        "--transaction-isolation=REPEATABLE-READ",
        "--wsrep-sync-wait=1",
        "--wsrep-retry-autocommit=0",
        "--binlog-format=ROW",
    ],
)
def test_every_node_has_the_safe_settings(node: str, setting: str):
    assert setting in SERVICES[node]["command"]


def test_the_nodes_keep_their_own_data():
    volumes = [tuple(SERVICES[node]["volumes"]) for node in NODES]
    assert len(set(volumes)) == len(NODES)


def test_the_proxy_writes_to_one_node_at_a_time():
    servers = [line.split() for line in COMPOSE["configs"]["proxy"]["content"].splitlines() if ":3306" in line]
    writers = [words[1] for words in servers if words[0] == "server" and "backup" not in words]
    assert writers == ["db1"]


def test_roles_and_numbers_of_processes():
    roles = [service["command"][0] for service in SERVICES.values() if "DATABASE_URL" in service.get("environment", {})]
    assert (roles.count("serve"), roles.count("worker"), roles.count("scheduler")) == (2, 2, 1)


def test_every_lasting_service_has_a_health_check():
    lasting = {name for name, service in SERVICES.items() if service["restart"] == "unless-stopped"}
    assert {name for name in lasting if "healthcheck" not in SERVICES[name]} == set()


def test_no_secret_has_a_default():
    assert "PASSWORD:-" not in json.dumps(COMPOSE)
    assert "SECRET_KEY:-" not in json.dumps(COMPOSE)
