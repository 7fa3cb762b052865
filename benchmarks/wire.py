"""The smallest HTTP client that keeps its connection: what it costs must not hide what the servers cost."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Self


class Wire:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def call(self, request: bytes) -> tuple[int, bytes]:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        body = await self._reader.readexactly(length) if length else b""
        return int(head[9:12]), body

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


def written(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        head.append(f"Authorization: Bearer {token}")
    if body:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


async def send_all(port: int, requests: Sequence[bytes], expected: int, connections: int = 8) -> int:
    """Send the requests over some connections; anything but the expected status ends the measurement."""
    waiting: Iterator[bytes] = iter(requests)

    async def one() -> None:
        wire = await Wire.to(port)
        try:
            for request in waiting:
                status, body = await wire.call(request)
                if status != expected:
                    raise RuntimeError(f"HTTP {status}: {body[:500].decode(errors='replace')}")
        finally:
            await wire.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return len(requests)
