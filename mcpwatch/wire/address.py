"""Where something of ours listens, and who may come: a page in a browser must not reach a server on this machine.

Owns the reading of an address, and the check of a request's Host and Origin against names that are served. A page whose
own name is made to lead to this machine (DNS rebinding) still sends that name as the Host, and its origin as Origin.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from mcpwatch.errors import UsageError

__all__ = [
    "BACKLOG",
    "host_name",
    "is_loopback",
    "listener",
    "listening",
    "netloc",
    "proxy_for",
    "refusal",
    "served_names",
]

BACKLOG = 1024
"""Connections that wait to be accepted: a hundred clients that begin at once must not be turned away."""


_HOST = re.compile(r"(?:\[(?P<six>[^\[\]]*)\]|(?P<name>[^:\[\]]*))(?::[0-9]*)?", re.ASCII)
"""What stands before `@` would be a user's name, and behind a second `:` anything: neither is part of a host."""


def is_loopback(host: str) -> bool:
    """Whether nobody outside of this machine reaches an address. A name that only begins like one is none."""
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def listening(text: str) -> tuple[str, int]:
    """`HOST:PORT`, `[::1]:PORT` or `PORT` as both. Raises `UsageError`."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"{text!r} is no address.", hint="Write 127.0.0.1:8000; port 0 takes any free one.")
    return host, int(port)


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises `UsageError` where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"Cannot listen on {host}:{port}: {why}.", hint="Port 0 takes any free one.") from None
    # What is written in pieces must not wait for the reader's acknowledgement: 40 ms each.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this address (`HTTPS_PROXY`, `NO_PROXY`, …), as curl has it."""
    from urllib.request import getproxies, proxy_bypass  # a tenth of a second

    parts = urlsplit(url)
    if parts.hostname is None or proxy_bypass(parts.hostname):
        return None
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{named}" if named and "://" not in named else named


def netloc(host: str, port: int) -> str:
    """Both as they stand in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def refusal(host: str, origin: str | None, allowed: Collection[str]) -> str | None:
    """Why a request is not served that has these headers (`origin` is None where there is none); None if it is.

    Names of loopback are always served, `allowed` ones (of `served_names`) besides; `*` is any.
    """
    if "*" in allowed:
        return None
    name = host_name(host)
    if not is_loopback(name) and name not in allowed:
        return f"The Host {name!r} is not served here."
    if origin is not None:
        name = host_name(origin.partition("://")[2])
        if not is_loopback(name) and name not in allowed:
            return f"The Origin {origin!r} is not served here."
    return None


def served_names(given: Iterable[str]) -> frozenset[str]:
    """The names that a person allows, as `refusal` compares them: a port with one, and capitals, do not matter."""
    names = {one.lower() if one.count(":") > 1 and one[0] != "[" else host_name(one) for one in given}
    return frozenset(names - {""})  # which a request without a name would have


def host_name(host: str) -> str:
    """The name in a Host header in lower case, without the port; all of what is no name with a port, nor without."""
    found = _HOST.fullmatch(host)
    return (host if found is None else found["six"] or found["name"]).lower()
