"""What readiness says about a server that would lose money, or that is outside its cluster."""

import pytest

from scaicontrol.db.engine import _unsafe

NODE = {
    "innodb_flush_log_at_trx_commit": "1",
    "read_only": "OFF",
    "wsrep_provider": "/usr/lib/galera/libgalera_smm.so",
    "wsrep_on": "ON",
    "binlog_format": "ROW",
}
WELL = {"wsrep_cluster_status": "Primary", "wsrep_ready": "ON", "wsrep_cluster_size": "3"}
ALONE = {**NODE, "wsrep_provider": "none", "wsrep_on": "OFF"}


@pytest.mark.parametrize(
    ("variables", "status", "said"),
    [
        (NODE, WELL, []),
        (ALONE, {}, []),
        (NODE | {"wsrep_on": "OFF"}, WELL, ["wsrep_on is OFF on a node of a cluster"]),
        (NODE, WELL | {"wsrep_cluster_status": "non-Primary"}, ["not part of the primary cluster"]),
        (NODE, WELL | {"wsrep_ready": "OFF"}, ["not ready"]),
        (NODE | {"read_only": "1"}, WELL, ["read-only"]),
        (NODE | {"innodb_flush_log_at_trx_commit": "0"}, WELL, ["acknowledged commits die"]),
    ],
    ids=["a node", "a server alone", "wsrep off", "no quorum", "joining", "read-only", "careless"],
)
def test_each_danger_is_said(variables, status, said):
    problems = _unsafe(variables, status, names_writer=True)
    assert len(problems) == len(said)
    assert all(words in problem for words, problem in zip(said, problems, strict=True))
