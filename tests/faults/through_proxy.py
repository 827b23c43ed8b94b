"""The same faults with `mcpwatch proxy` in between: a client meets what it met without, byte for byte."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcpwatch.events import Event
from tests.cli.proxied import Said, behind_proxy, raw, say
from tests.cli.running import Running, events, running
from tests.faults import over_http, over_stdio
from tests.faults.fault import Outcome
from tests.faults.web import Answer, Exchange, Replies, Site, WebFault, serve

__all__ = ["AT_A_URL", "MORE_ON_PIPES", "ON_PIPES", "Between", "between", "faults_at_a_url", "on_a_pipe", "unlike"]

ON_PIPES = (
    *("binary", "carriage_returns", "not_utf8_in_a_result", "nested_10000_deep", "line_of_4_mib", "flood"),
    *("unterminated_then_exit", "exit_3_in_a_call", "segmentation_fault"),
)
"""Faults that need no client that answers; those that run with every change."""
MORE_ON_PIPES = (
    *("byte_order_mark", "crlf", "pretty_printed", "utf16", "nan", "duplicate_keys", "id_null", "batch"),
    *("line_of_64_mib", "loud_stderr"),
)
AT_A_URL = (
    *("reset_in_mid_stream", "lost_and_resumed", "lost_again_and_again", "odd_stream", "event_of_1_mib"),
    *("events_that_are_no_json", "slow_drip", "gzip", "gzip_that_is_none", "body_too_short", "no_http", "html"),
    *("too_many_requests", "unauthorized", "five_redirects", "expired_session"),
)
"""Those that run with every change."""
UNLIKE = frozenset({"bad_chunk", "endless_header", "many_headers", "header_that_is_none", "dies_in_a_call"})
"""What is no HTTP any more ends at the proxy, and its client meets an end and not the reason."""
CALLS: tuple[dict[str, Any], ...] = (
    {"method": "initialize", "id": 1, "params": {"protocolVersion": "2025-11-25", "capabilities": {}}},
    {"method": "notifications/initialized"},
    {"method": "tools/call", "id": 5, "params": {"name": "work", "_meta": {"progressToken": 5}}},
    {"method": "tools/call", "id": 6, "params": {"name": "after"}},
)


def on_a_pipe(name: str, folder: Path) -> tuple[Said, Said, bytes]:
    """What a client hears without the proxy and with it, and what the proxy recorded of the server."""
    server = [sys.executable, "-S", "-E", str(over_stdio.SERVER), name]
    lines = b"".join(json.dumps({"jsonrpc": "2.0", **call}).encode() + b"\n" for call in CALLS)
    file = folder / "t.mcpw.jsonl"
    direct = say(server, lines)
    through = say(behind_proxy("-o", str(file), server=server), lines)
    return direct, through, raw(file, "s2c")


def unlike(direct: Said, through: Said, recorded: bytes) -> list[str]:
    """What is not the same with the proxy."""
    wrong = [] if through.out == direct.out else ["the client hears other bytes"]
    wrong += [] if recorded == direct.out else ["the recording has other bytes"]
    return wrong + ([] if through.code == direct.code else [f"it ends with {through.code}, not {direct.code}"])


class Turning(dict[str, Answer]):
    """The answers of one fault after the other, on one server."""

    def turn(self, replies: Replies) -> None:
        self.clear()
        self.update(replies)


@dataclass
class Between:
    """A server with changing faults, and a proxy before it at `url`."""

    site: Site
    answers: Turning
    url: str
    proxy: Running
    file: Path

    def run(self, fault: WebFault, folder: Path) -> Outcome:
        """What `mcpwatch run` makes of a fault behind the proxy."""
        self.answers.turn(fault.make(self.site))
        there = replace(self.site, url=self.url)
        return over_http.meet(fault, there, folder)

    def end(self) -> tuple[list[Exchange], list[Event]]:
        """End the proxy: what the server wrote in all, and what was recorded of it."""
        self.proxy.signal(signal.SIGTERM)
        assert self.proxy.end().code == 143
        return self.site.exchanges, events(self.file)


@contextmanager
def between(folder: Path) -> Generator[Between]:
    answers = Turning()
    file = folder / "proxy.mcpw.jsonl"
    with serve(lambda site: answers) as site, running("proxy", site.url, "-o", str(file)) as proxy:
        proxy.wait_for("\n", "err")
        url = proxy.read("err").splitlines()[0].rpartition(" ")[2]
        yield Between(site, answers, url, proxy, file)


def faults_at_a_url(*, every: bool = False) -> Sequence[WebFault]:
    """Those that a proxy passes on: the chosen ones, or every one."""
    if not every:
        return [fault for fault in over_http.FAULTS if fault.name in AT_A_URL]
    faults = [fault for fault in over_http.FAULTS if fault.name not in UNLIKE]
    return [fault for fault in faults if fault.transport == "http" and not fault.limit and not fault.heavy]
