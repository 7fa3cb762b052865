# ruff: noqa: E501, RUF001  (a corpus is read by its entries, disguised digits among them)
"""Nobody makes ScaiControl call what it should not: by spelling, by name, by resolution, by redirect."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from scaicontrol.core.errors import Invalid
from scaicontrol.integrations.addresses import AddressRules
from scaicontrol.integrations.outbound import Outbound

from .conftest import served

STRICT = AddressRules(own=frozenset({"control.example", "93.184.215.99"}))
DEVELOPMENT = AddressRules(allow_private=True)

INNER_HOSTS = """
127.0.0.1 127.1 127.0.1 127.255.255.254 0 0.0.0.0 0x7f.1 0x7f000001 0x7f.0.0.1 2130706433 017700000001 0177.0.0.1 00000177.1
10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 192.168.1.1 169.254.169.254 169.254.0.1 100.64.0.1
100.100.100.200 100.127.255.255 192.0.0.192 192.0.0.1 192.0.2.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 192.88.99.1
224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16 93.184.215.99 0xa9fea9fe 2852039166 0251.0376.0251.0376
[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1] [::ffff:8.8.8.8] [::127.0.0.1] [::ffff:0:127.0.0.1]
[64:ff9b::7f00:1] [64:ff9b::8.8.8.8] [64:ff9b:1::a00:1] [2002:7f00:1::] [2002:a9fe:a9fe::1] [2001::1] [2001:db8::1] [3fff::1]
[fe80::1] [fe80::1%25eth0] [fec0::1] [fc00::1] [fd00:ec2::254] [fd12:3456::1] [ff02::1] [ff0e::1] [100::1] [5f00::1] [0:0:0:0:0:0:0:1]
localhost LOCALHOST localhost. foo.localhost localhost.localdomain printer.local db.internal metadata.google.internal
metadata.goog intranet router.lan wiki.corp nas.home.arpa api.private control.example CONTROL.example control.example.
metadata a 1 256.256.256.256 1.2.3 1.2.3.4.5 example.123 example.0x7f -a.example a-.example a..example .example
""".split()  # noqa: SIM905  (a corpus is read as lines)

ODD_URLS = [
    "", "https://", "https:///path", "//hooks.example/x", "hooks.example", "ftp://hooks.example/", "file:///etc/passwd",
    "gopher://hooks.example/", "data:text/plain,x", "javascript:alert(1)", "http://hooks.example/", "HTTP://hooks.example/",
    "ws://hooks.example/", "unix:///var/run/docker.sock", "https://user@hooks.example/", "https://user:secret@hooks.example/",
    "https://hooks.example@127.0.0.1/", "https://127.0.0.1@hooks.example/", "https://hooks.example:80/", "https://hooks.example:22/",
    "https://hooks.example:1023/", "https://hooks.example:0/", "https://hooks.example:99999/", "https://hooks.example:-1/",
    "https://hooks.example:https/", "https://hooks.example\\@127.0.0.1/", "https://hooks.example\\.evil.example/",
    "https://hooks.example/\r\nHost: x", "https://hooks.example/\tx", "https://hooks .example/", " https://hooks.example/",
    "https://hooks.example/\x00", "https://hooks.example/\x7f", "https://127.0.0.1%00.hooks.example/", "https://%31%32%37.0.0.1/",
    "https://①②⑦.⓪.⓪.①/", "https://１２７.０.０.１/", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "https://127。0。0。1/", "https://[::1", "https://::1/",
    "https://[127.0.0.1]/", "https://[hooks.example]/", "https://hooks.example#@127.0.0.1:22/\\", "https://" + "a" * 64 + ".example/",
    "https://hooks.example/" + "a" * 3000, "https://" + ".".join(["a" * 60] * 5) + "/", "https://?x", "https://#x", "https:hooks.example",
]  # fmt: skip


def test_the_corpus_is_large() -> None:
    assert len(INNER_HOSTS) + len(ODD_URLS) >= 140


@pytest.mark.parametrize("host", INNER_HOSTS)
@pytest.mark.parametrize("pattern", ["https://{}/hook", "https://{}:8443/hook"])
def test_a_host_that_is_not_public_is_refused(host: str, pattern: str) -> None:
    with pytest.raises(Invalid, match=r"not call"):
        STRICT.check_url(pattern.format(host))


@pytest.mark.parametrize("url", ODD_URLS)
def test_a_url_that_can_be_read_two_ways_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="not call"):
        STRICT.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example/", "https://hooks.example:443/a?b=c#d", "https://hooks.example:8443/", "https://hooks.example:1024/",
        "https://a.b-c.example/x%20y", "https://münchen.example/", "https://xn--mnchen-3ya.example/", "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/", "https://hooks.example./", "HTTPS://HOOKS.example/",
    ],
)  # fmt: skip
def test_a_public_url_is_called(url: str) -> None:
    assert STRICT.check_url(url).port >= 443


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/x",
        "http://127.0.0.1:8000/",
        "http://[::1]:8000/",
        "http://localhost/",
        "https://10.0.0.7/",
        "https://nas.local/",
    ],
)
def test_development_calls_this_machine_and_its_network(url: str) -> None:
    assert DEVELOPMENT.check_url(url).host


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/",
        "https://169.254.169.254/",
        "https://[fe80::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://0.0.0.0/",
        "http://hooks.example/",
        "http://10.0.0.7/",
        "https://metadata.google.internal/",
        "http://localhost:22/",
        "https://[fd00:ec2::254]/",
    ],
)
def test_not_even_development_calls_metadata_or_plain_http_elsewhere(url: str) -> None:
    with pytest.raises(Invalid):
        DEVELOPMENT.check_url(url)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "::ffff:192.168.0.1", "fe80::1", "64:ff9b::1", "2002:a00:1::", "100.64.1.1"]
)
def test_an_address_behind_a_name_is_judged_too(address: str) -> None:
    with pytest.raises(Invalid):
        STRICT.check_address(ipaddress.ip_address(address))


@pytest_asyncio.fixture
async def outbound() -> AsyncIterator[Outbound]:
    made = Outbound(STRICT)
    yield made
    await made.close()


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name resolve to these, and remember which were asked."""
    asked: list[str] = []

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return asked


async def test_a_name_that_resolves_inward_is_never_connected_to(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolve_to(monkeypatch, "93.184.215.14", "10.0.0.5")
    reply = await outbound.request("POST", "https://rebind.example/", headers={}, body=b"{}", timeout=30)
    assert asked == ["rebind.example"]
    assert (reply.status, reply.refused) == (0, True)
    assert "10.0.0.5" in str(reply.error)


async def test_a_refused_url_is_not_even_resolved(outbound: Outbound, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolve_to(monkeypatch, "93.184.215.14")
    for url in ("https://127.0.0.1/", "https://2130706433/", "http://hooks.example/"):
        with pytest.raises(Invalid):
            outbound.check(url)
        assert (await outbound.request("GET", url, headers={}, timeout=30)).refused
    assert asked == []


@pytest_asyncio.fixture
async def local() -> AsyncIterator[str]:
    """A server on this machine that redirects, floods, and reports what it was asked."""

    async def slow(_: Request) -> Response:
        await asyncio.Event().wait()
        return Response()

    app = Starlette(
        routes=[
            Route("/echo", lambda request: PlainTextResponse(request.headers.get("x-mark", ""))),
            Route("/away", lambda _: RedirectResponse("http://169.254.169.254/")),
            Route("/flood", lambda _: PlainTextResponse("x" * 1_000_000)),
            Route("/slow", slow),
        ]
    )
    sock = socket.create_server(("127.0.0.1", 0))
    async with served(app, sock):
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


@pytest_asyncio.fixture
async def development() -> AsyncIterator[Outbound]:
    made = Outbound(DEVELOPMENT)
    yield made
    await made.close()


async def test_a_call_brings_back_what_was_answered(development: Outbound, local: str) -> None:
    reply = await development.request("GET", f"{local}/echo", headers={"X-Mark": "seen"}, timeout=30)
    assert (reply.status, reply.body) == (200, b"seen")
    assert reply.headers["CONTENT-length"] == "4"


async def test_redirects_are_not_followed(development: Outbound, local: str) -> None:
    reply = await development.request("GET", f"{local}/away", headers={}, timeout=30)
    assert (reply.status, reply.error) == (307, None)


async def test_only_four_kilobytes_are_read(development: Outbound, local: str) -> None:
    assert len((await development.request("GET", f"{local}/flood", headers={}, timeout=30)).body) == 4096


async def test_a_slow_answer_is_given_up(development: Outbound, local: str) -> None:
    reply = await development.request("GET", f"{local}/slow", headers={}, timeout=0.2)
    assert (reply.status, reply.error) == (0, "No answer within 0.2 s.")


async def test_a_closed_port_is_an_answer_not_an_accident(development: Outbound) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/"
    reply = await development.request("GET", url, headers={}, timeout=30)
    assert (reply.status, reply.refused) == (0, False)
    assert reply.error
