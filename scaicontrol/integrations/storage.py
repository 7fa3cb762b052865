"""Documents and uploads: a folder on one machine, or an S3 bucket for many."""

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from scaicontrol.core.errors import Conflict, NotFound, Unavailable, invalid
from scaicontrol.core.settings import Settings
from scaicontrol.core.side_by_side import side_by_side

_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@+=-]{0,199}(/[A-Za-z0-9][A-Za-z0-9 ._@+=-]{0,199}){0,15}")
_KEY_MAX: Final = 900
_THREADS: Final = 16  # the default pool has six here, shared with everything else that blocks
_READERS: Final = 4  # of a folder: hashing and reading release the interpreter, more would only wait
_TEMPORARY: Final = ".tmp-"

T = TypeVar("T")


def checked_key(key: str) -> str:
    """Return a key that names the same object in a folder and in a bucket, or raise Invalid."""
    if len(key) > _KEY_MAX or not _KEY.fullmatch(key) or ".." in key:
        raise invalid("key", f"{key!r} is not a storage key: plain segments joined by /, no dots that climb.")
    return key


def _clash(key: str) -> Conflict:
    return Conflict(f"The stored object {key} exists with other content; stored documents are never replaced.")


class FolderStore:
    """Objects as files below one folder; a write is whole or absent, and never replaces other bytes."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @cached_property
    def _real_root(self) -> str:
        return os.path.realpath(self._root) + os.sep

    async def put(self, key: str, body: bytes, content_type: str) -> None:
        await asyncio.to_thread(self._put, self._path(key), key, body)

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(self._read, key)

    async def examine(self, keys: Sequence[str], look: Callable[[bytes], T]) -> list[T | None]:
        # A hop to a thread costs more than reading a file: each of a few threads takes a stretch of them.
        stretch = max(1, -(-len(keys) // _READERS))
        stretches = [keys[start : start + stretch] for start in range(0, len(keys), stretch)]
        found = await side_by_side(lambda each: asyncio.to_thread(self._examine, each, look), stretches)
        return [seen for each in found for seen in each]

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(partial(self._path(key).unlink, missing_ok=True))

    async def keys(self, prefix: str) -> AsyncIterator[tuple[str, datetime]]:
        for found in await asyncio.to_thread(lambda: sorted(self._walk(prefix))):
            yield found

    async def check(self) -> None:
        try:
            await asyncio.to_thread(self._probe)
        except OSError as error:
            raise Unavailable(f"The storage folder {self._root} is not writable: {error.strerror}.") from error

    def _path(self, key: str) -> Path:
        path = self._root / checked_key(key)
        # A link laid inside the folder must not lead out of it.
        if not os.path.realpath(path).startswith(self._real_root):
            raise invalid("key", f"{key!r} leads out of the storage folder.")
        return path

    def _read(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFound(f"No object is stored under {key}.") from error
        except OSError as error:
            raise Unavailable(f"The storage folder cannot be read: {error.strerror}.") from error

    def _examine(self, keys: Sequence[str], look: Callable[[bytes], T]) -> list[T | None]:
        seen: list[T | None] = []
        for key in keys:
            try:
                seen.append(look(self._read(key)))
            except NotFound:
                seen.append(None)
        return seen

    def _put(self, path: Path, key: str, body: bytes) -> None:
        temporary = path.with_name(_TEMPORARY + secrets.token_hex(8))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_through(temporary, body)
            try:
                os.link(temporary, path)  # fails when the key is taken, also by a writer of this very moment
            except FileExistsError:
                if path.read_bytes() != body:
                    raise _clash(key) from None
            _sync_folder(path.parent)
        except OSError as error:
            raise Unavailable(f"The object {key} cannot be stored: {error.strerror}.") from error
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _walk(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        for path in self._root.rglob("*"):
            key = path.relative_to(self._root).as_posix()
            if key.startswith(prefix) and not path.name.startswith(_TEMPORARY) and path.is_file():
                yield key, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _probe(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        probe = self._root / (_TEMPORARY + secrets.token_hex(8))
        probe.touch()
        probe.unlink()


def _write_through(path: Path, body: bytes) -> None:
    with path.open("xb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class S3Store:
    """Objects in a bucket. Make it at start: the client takes a third of a second to build."""

    def __init__(self, settings: Settings, access_key: str, secret_key: str) -> None:
        self._bucket = settings.s3_bucket
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="s3")
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint or None,
            region_name=settings.s3_region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"} if settings.s3_endpoint else {},
                connect_timeout=5,
                read_timeout=30,
                retries={"max_attempts": 3, "mode": "standard"},
                max_pool_connections=_THREADS,
                # Older compatible servers refuse the checksums newer clients add of their own accord.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    async def put(self, key: str, body: bytes, content_type: str) -> None:
        try:
            await self._run(
                self._client.put_object,
                Bucket=self._bucket, Key=checked_key(key), Body=body, ContentType=content_type, IfNoneMatch="*",
            )  # fmt: skip
        except Conflict:
            if await self.get(key) != body:
                raise _clash(key) from None

    async def get(self, key: str) -> bytes:
        return await self._run(partial(self._read, checked_key(key)))

    async def examine(self, keys: Sequence[str], look: Callable[[bytes], T]) -> list[T | None]:
        async def one(key: str) -> T | None:
            try:
                return await self._run(lambda: look(self._read(checked_key(key))))
            except NotFound:
                return None

        return await side_by_side(one, keys)  # the pool bounds how many are on their way

    def _read(self, key: str) -> bytes:
        with self._client.get_object(Bucket=self._bucket, Key=key)["Body"] as stream:
            return bytes(stream.read())

    async def delete(self, key: str) -> None:
        await self._run(self._client.delete_object, Bucket=self._bucket, Key=checked_key(key))

    async def keys(self, prefix: str) -> AsyncIterator[tuple[str, datetime]]:
        query: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            page = await self._run(self._client.list_objects_v2, **query)
            for entry in page.get("Contents", []):
                yield entry["Key"], entry["LastModified"]
            if not page.get("IsTruncated"):
                return
            query["ContinuationToken"] = page["NextContinuationToken"]

    async def check(self) -> None:
        await self._run(self._client.head_bucket, Bucket=self._bucket)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    async def _run(self, function: Callable[..., T], **arguments: Any) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, partial(function, **arguments))
        except ClientError as error:
            raise _translated(error, arguments.get("Key", self._bucket)) from error
        except BotoCoreError as error:
            raise Unavailable(f"The bucket {self._bucket} does not answer: {type(error).__name__}.") from error


def _translated(error: ClientError, name: str) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code == "NoSuchKey":
        return NotFound("No object is stored under this key.")
    if code in {"PreconditionFailed", "ConditionalRequestConflict"}:
        return Conflict(f"The stored object {name} exists.")
    return Unavailable(f"The object store refuses {name}: {code}.")
