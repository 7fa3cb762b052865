"""A real server on loopback, and a connection to it that says exactly what a test writes."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import uvicorn
from starlette.types import ASGIApp


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Wire:
    """One connection; it stays open for as long as the server keeps it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, text: str | bytes) -> None:
        self.writer.write(text.encode() if isinstance(text, str) else text)
        await self.writer.drain()

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        said = {"Host": "scaicontrol.test", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body:
            said |= {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        await self.say(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        return await self.answer()

    async def answer(self) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split(" ")[1]), headers, body)

    async def is_closed(self) -> bool:
        """Wait for the other side to close; nothing else may come before."""
        return await self.reader.read(1) == b""


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """Serve an application on a port of loopback, as `scaicontrol serve` does."""
    sock = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
