"""
Which addresses ScaiControl may call on somebody else's word (contract §23.6): webhooks, provisioning, probes.

A URL is judged by what will be connected to, not by how it is spelt; names are judged again by what they resolve to.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Self

from yarl import URL

from scaicontrol.core.errors import Invalid, invalid
from scaicontrol.core.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_HTTPS_PORT: Final = 443
_HTTP_PORT: Final = 80
_FIRST_FREE_PORT: Final = 1024
_URL_MAX: Final = 2048
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_LOCAL_SUFFIXES: Final = (
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "lan",
    "home.arpa",
    "corp",
    "private",
)

_REFUSED_V4: Final = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's host, a public address that is not
    )
)  # fmt: skip
_PUBLIC_V6: Final = ipaddress.IPv6Network("2000::/3")  # mapped, translated, local and multicast ones all lie outside
_REFUSED_V6: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")  # Teredo and kin, examples, 6to4
)
# Even a development machine's cloud host hands out credentials here.
_METADATA: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "100.100.100.200/32", "168.63.129.16/32")
)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be called, with the host as it will be connected to."""

    url: URL
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class AddressRules:
    """
    The rules of one installation.

    `allow_private` is the development switch: private addresses, and plain http on this machine. `own` are names and
    addresses of this installation, which nobody may make it call.
    """

    allow_private: bool = False
    own: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        host = (URL(settings.public_base_url).raw_host or "").lower()
        return cls(settings.webhook_allow_private or settings.is_development, frozenset({host, *_addresses_here()}))

    def check_url(self, url: str) -> Target:
        """Return what will be called, or raise Invalid with the reason; a name must still be resolved and checked."""
        return _judged(self, url)

    def _judge(self, url: str) -> Target:
        parsed = _parsed(url)
        host = (parsed.raw_host or "").rstrip(".").lower()
        if not host:
            raise _refused(url, "it names no host")
        address = _literal(url, host)
        if address is not None:
            self.check_address(address)
        else:
            self._check_name(url, host)
        self._check_scheme(url, parsed, host, address)
        return Target(parsed, host, parsed.port or _HTTPS_PORT)

    def check_address(self, address: Address) -> None:
        """Raise Invalid unless a connection to this address is allowed."""
        if (reason := self.refusal(address)) is not None:
            raise invalid("url", f"ScaiControl does not call {address}: it is {reason}.")

    def refusal(self, address: Address) -> str | None:
        """Say why an address is not called, or None."""
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        real = mapped or address
        if any(real in network for network in _METADATA if network.version == real.version):
            return "a link-local or metadata address"
        if real.is_multicast or real.is_unspecified:
            return "a multicast or unspecified address"
        if self.allow_private:
            return None
        if mapped is not None:
            return "an IPv4 address in IPv6 clothes"
        if str(real) in self.own:
            return "an address of this installation"
        return None if _is_public(real) else "a loopback, private or reserved address"

    def _check_name(self, url: str, host: str) -> None:
        labels = host.split(".")
        if not all(_LABEL.fullmatch(label) for label in labels) or len(host) > 253:
            raise _refused(url, "its host is not a domain name")
        if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]):
            raise _refused(url, "its host is a number in disguise")
        if host in self.own and not self.allow_private:
            raise _refused(url, "it is this installation")
        if not self.allow_private and (len(labels) == 1 or host.endswith(tuple(f".{s}" for s in _LOCAL_SUFFIXES))):
            raise _refused(url, "its host is a local name")
        if host in {"metadata.google.internal", "metadata.goog"}:
            raise _refused(url, "its host is a metadata service")

    def _check_scheme(self, url: str, parsed: URL, host: str, address: Address | None) -> None:
        port = parsed.port or 0
        here = host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback)
        if parsed.scheme == "http" and self.allow_private and here:
            if port != _HTTP_PORT and port < _FIRST_FREE_PORT:
                raise _refused(url, "its port must be 80 or at least 1024")
            return
        if parsed.scheme != "https":
            raise _refused(url, "it must begin with https://")
        if port != _HTTPS_PORT and port < _FIRST_FREE_PORT:
            raise _refused(url, "its port must be 443 or at least 1024")


@lru_cache(maxsize=4096)
def _judged(rules: AddressRules, url: str) -> Target:
    """Remember what may be called: the verdict rests on nothing but the rules and the spelling."""
    return rules._judge(url)  # noqa: SLF001  the other half of check_url


def _parsed(url: str) -> URL:
    if len(url) > _URL_MAX:
        raise _refused(url, f"it is longer than {_URL_MAX} characters")
    # Two parsers read these differently, and one of them is the wrong one.
    if any(ord(character) <= 0x20 or ord(character) == 0x7F or character == "\\" for character in url):
        raise _refused(url, "it contains spaces, control characters or backslashes")
    try:
        parsed = URL(url)
        _ = parsed.port
    except ValueError as error:
        raise _refused(url, "it cannot be read") from error
    authority = url.partition("://")[2].split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    if not parsed.scheme or "@" in authority:
        raise _refused(url, "it carries credentials" if "@" in authority else "it must begin with https://")
    if "%" in authority:
        raise _refused(url, "its host is percent-encoded")
    return parsed


def _literal(url: str, host: str) -> Address | None:
    if "%" in host:
        raise _refused(url, "its host names a network interface")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _REFUSED_V6)


def _addresses_here() -> set[str]:
    try:
        return {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    except OSError:
        return set()


def _refused(url: str, reason: str) -> Invalid:
    shown = url if len(url) <= 200 else url[:200] + "…"
    return invalid("url", f"{shown!r} is not called: {reason}.")
