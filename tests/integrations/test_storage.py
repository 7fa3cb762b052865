"""A stored document is whole, stays what it was, and lies nowhere else."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from scaicontrol.core.errors import Conflict, Invalid, NotFound, Unavailable
from scaicontrol.core.ports import ObjectStore
from scaicontrol.core.settings import Settings
from scaicontrol.integrations.storage import FolderStore, S3Store, checked_key

KEY = "documents/tnt_acme/2026/SCAI-2026-000001.pdf"


@pytest.fixture
def bucket(s3_url: str) -> Iterator[S3Store]:
    """An empty bucket at a real port."""
    name = f"bucket-{os.urandom(4).hex()}"
    admin = boto3.client(
        "s3", endpoint_url=s3_url, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    admin.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    admin.close()
    store = S3Store(Settings(_env_file=None, s3_endpoint=s3_url, s3_bucket=name), "a", "b")
    yield store
    store.close()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "storage")
    made: ObjectStore = request.getfixturevalue("bucket")
    return made


async def test_what_was_put_is_got(store: ObjectStore) -> None:
    await store.put(KEY, b"%PDF", "application/pdf")
    assert await store.get(KEY) == b"%PDF"


async def test_the_same_bytes_again_are_fine_and_other_bytes_a_conflict(store: ObjectStore) -> None:
    await store.put(KEY, b"first", "application/pdf")
    await store.put(KEY, b"first", "application/pdf")
    with pytest.raises(Conflict, match="never replaced"):
        await store.put(KEY, b"second", "application/pdf")
    assert await store.get(KEY) == b"first"


async def test_of_many_writers_one_wins_and_the_rest_are_told(store: ObjectStore) -> None:
    bodies = [f"writer {number}".encode() for number in range(12)]
    results = await asyncio.gather(*(store.put(KEY, body, "text/plain") for body in bodies), return_exceptions=True)
    winners = [body for body, result in zip(bodies, results, strict=True) if result is None]
    assert winners == [await store.get(KEY)]
    assert sum(isinstance(result, Conflict) for result in results) == 11


async def test_a_missing_object_is_not_found(store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        await store.get(KEY)


async def test_many_are_examined_in_order_and_a_missing_one_is_none(store: ObjectStore) -> None:
    for number in range(20):
        await store.put(f"many/{number}", bytes(number), "text/plain")
    keys = [f"many/{number}" for number in (*range(20), 99)]
    assert await store.examine(keys, len) == [*range(20), None]
    assert await store.examine([], len) == []


async def test_deleting_twice_is_fine(store: ObjectStore) -> None:
    await store.put(KEY, b"x", "text/plain")
    await store.delete(KEY)
    await store.delete(KEY)
    with pytest.raises(NotFound):
        await store.get(KEY)


async def test_keys_are_listed_below_a_prefix_with_their_moment(store: ObjectStore) -> None:
    for name in ("a/1.pdf", "a/2.pdf", "b/1.pdf"):
        await store.put(name, b"x", "application/pdf")
    found = [(key, at) async for key, at in store.keys("a/")]
    assert [key for key, _ in found] == ["a/1.pdf", "a/2.pdf"]
    assert all(at.tzinfo for _, at in found)


async def test_a_working_store_says_so(store: ObjectStore) -> None:
    await store.check()


ESCAPES = [
    "", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "a//b", "a/", "./a", ".hidden", "a/.hidden",
    "a\\b", "a\x00b", "a\nb", "a/" * 20 + "b", "a" * 201, "é", "a:b", "a*", "~root", "C:/x", "a/b..c/../d",
]  # fmt: skip


@pytest.mark.parametrize("key", ESCAPES)
def test_a_key_that_climbs_or_means_two_things_is_refused(key: str) -> None:
    with pytest.raises(Invalid):
        checked_key(key)


async def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "storage"
    outside.mkdir()
    root.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (root / "link").symlink_to(outside)
    with pytest.raises(Invalid, match="leads out"):
        await FolderStore(root).get("link/secret")


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    store = FolderStore(tmp_path)
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(Unavailable, match="No space left"):
        await store.put(KEY, b"x", "text/plain")
    monkeypatch.undo()
    assert [key async for key, _ in store.keys("")] == []
    assert [path.name for path in files_below(tmp_path)] == []


async def test_an_unreachable_bucket_is_unavailable() -> None:
    settings = Settings(_env_file=None, s3_endpoint="http://127.0.0.1:9", s3_bucket="none")
    store = S3Store(settings, "a", "b")
    with pytest.raises(Unavailable, match="does not answer"):
        await store.check()
    store.close()
