"""A real client and a real server over HTTP, with us between them: sockets, and nothing of what is said on them.

Owns the event loop's part: connections are accepted and opened, bytes are read and written, and whoever reads slowly
holds back who writes to him, as if the two were joined directly. Nothing here sets a time limit to an answer. What goes
on, and in which form, is `http_passage`'s.

It is the one module below `session` with an event loop in it, because a thousand open streams are no thousand threads.
"""

from __future__ import annotations

import asyncio
import select
import socket
import struct
from collections.abc import Callable, Collection, Coroutine, Iterable
from contextlib import suppress
from time import perf_counter
from typing import Any, cast

from mcpwatch.wire.address import BACKLOG, netloc, served_names
from mcpwatch.wire.proxy.http_heads import Server
from mcpwatch.wire.proxy.http_opening import Way, open_server, way_to
from mcpwatch.wire.proxy.http_passage import How, Login, Passage
from mcpwatch.wire.proxy.http_told import Teller

__all__ = ["HttpProxy", "url_at"]

_CONNECT = 60.0
"""Seconds that opening a connection to the server may take; a system's own limit is often longer."""
_LINGER = 2.0
"""Seconds that a client has for closing a connection of which we have closed our half."""
_SWEEP = 30.0
_TURNS = 10
"""Of the loop: more than it needs from taking a connection to knowing it."""
_MOST_PENDING = 2**18
"""Bytes of a client that wait while the connection to the server is opened."""
_MOST_UNTOLD = 2**16
"""Bytes of a direction that may have gone on and not have been told of: what a kill can cost."""


class HttpProxy:
    """Serves on `taken`, a listening socket, until `stop`; every request goes to `server`.

    `way` is how it is reached, straight by default; `allowed` are names that requests may be for besides those of
    loopback. `login` is the proxy's own, for clients that have none. `refused` is told why one was not served,
    `trouble` what went wrong on the loop, which goes on.
    """

    def __init__(
        self,
        taken: socket.socket,
        server: Server,
        teller: Teller,
        *,
        way: Way | None = None,
        allowed: Collection[str] = (),
        refused: Callable[[str], object] = lambda why: None,
        trouble: Callable[[str], object] = lambda what: None,
        login: Login | None = None,
    ) -> None:
        self.server = server
        self.teller = teller
        self.allowed = served_names(allowed)
        self.refused = refused
        self.login = login
        self._trouble = trouble
        host, port = taken.getsockname()[:2]
        self.here = netloc(host, port)
        self.way = way or way_to(server, None)
        self.pairs: dict[Pair, None] = {}
        self._taken = taken
        self._over = False
        self._wake: Callable[[], object] = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """End it, from any thread, also before it has begun; every connection is closed."""
        self._over = True
        self._wake()

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        over = asyncio.Event()

        def stop() -> None:
            with suppress(RuntimeError):  # the loop is closed: it has stopped already
                loop.call_soon_threadsafe(over.set)

        def trouble(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            self._trouble(f"{context.get('message')} {context.get('exception') or ''}".strip())

        loop.set_exception_handler(trouble)
        self._wake = stop
        if self._over:
            over.set()
        # It listens already, and asyncio has it listen once more.
        listener = await loop.create_server(lambda: _FromClient(self), sock=self._taken, backlog=BACKLOG)
        sweeping = self.start(self._sweep())
        try:
            await over.wait()
        finally:
            sweeping.cancel()
            try:
                await self._take_no_more()
            finally:
                listener.close()
            await self._close()

    async def before(self, work: Coroutine[Any, Any, object]) -> bool:
        """Do `work` first; False where `stop` came meanwhile, and ended it."""
        doing = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()

        def stop() -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(doing.cancel)

        self._wake = stop
        if self._over:
            stop()
        try:
            await doing
        except asyncio.CancelledError:
            if not self._over:
                raise
        return not self._over

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run it beside, and keep it from being collected."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)
            self.teller.attempt(self.teller.links.sweep)

    async def _take_no_more(self) -> None:
        """Let the loop finish with the clients that it has just taken: it forgets the socket of one whose listener is
        closed meanwhile.
        """
        with suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().remove_reader(self._taken)
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    async def _close(self) -> None:
        for pair in list(self.pairs):
            pair.passage.stop()
            pair.abort()
        self.teller.attempt(self.teller.links.close)
        if self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)
        await asyncio.sleep(0)  # the transports are closed in the next turn of the loop


def url_at(taken: socket.socket, server: Server) -> str:
    """What a client is to use in place of the server's own URL."""
    host, port = taken.getsockname()[:2]
    return f"http://{netloc(host, port)}{server.path}"


class Pair:
    """A client's connection and the one to the server, once there is one: the `Ends` of a passage."""

    def __init__(self, proxy: HttpProxy, client: asyncio.Transport) -> None:
        self.proxy = proxy
        self.client = client
        self.server: asyncio.Transport | None = None
        self.from_server: _FromServer | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._pending = bytearray()
        self._holds: set[str] = set()
        self._ending = False
        peer = client.get_extra_info("peername")
        here = client.get_extra_info("sockname")
        self.passage = Passage(
            self,
            proxy.server,
            proxy.teller,
            peer=str(peer[0]) if peer else "",
            here=netloc(*here[:2]) if here else proxy.here,
            absolute=proxy.way.absolute,
            asks=proxy.way.asks if proxy.way.absolute else (),
            allowed=proxy.allowed,
            refused=proxy.refused,
            login=proxy.login,
        )
        proxy.pairs[self] = None

    # What the passage asks for

    def begin(self) -> None:
        server = self.server
        if server is not None and (server.is_closing() or _has_something(server)):
            self._let_go()

    def to_client(self, data: bytes) -> None:
        self.client.write(data)

    def to_server(self, data: bytes) -> None:
        if self.server is not None:
            self.server.write(data)
            return
        self._pending += data
        self.hold("connecting", len(self._pending) > _MOST_PENDING)
        if self._connecting is None:
            self._connecting = self.proxy.start(self._connect())

    def end_client(self, how: How) -> None:
        if how == "reset":
            _reset(self.client)
        elif not self.client.is_closing() and not self._ending:
            # Were it closed while the client still sends, what was written last could be lost with the connection.
            self._ending = True
            self._holds.clear()
            self.client.resume_reading()
            with suppress(OSError):
                self.client.write_eof()
            self._linger()

    def _linger(self) -> None:
        """Abort it some time after all was written: a client that reads slowly has not been told of the end before."""
        unwritten = self.client.get_write_buffer_size()
        asyncio.get_running_loop().call_later(_LINGER, self._linger if unwritten else self.client.abort)

    def end_server(self, how: How) -> None:
        self._let_go(reset=how == "reset")

    def _let_go(self, *, reset: bool = False) -> None:
        """Whatever comes of this connection to the server is nobody's any more."""
        connecting, server = self._connecting, self.server
        self._connecting = self.server = self.from_server = None
        if connecting is not None:
            connecting.cancel()
        if server is not None:
            _reset(server) if reset else server.close()
        self.hold("server", False)

    def hold_client(self, hold: bool) -> None:
        self.hold("ahead", hold)

    def hold(self, why: str, hold: bool) -> None:
        """Read nothing from the client as long as there is a reason."""
        held = bool(self._holds)
        if hold:
            self._holds.add(why)
        else:
            self._holds.discard(why)
        if held != bool(self._holds) and not self.client.is_closing() and not self._ending:
            if self._holds:
                self.client.pause_reading()
            else:
                self.client.resume_reading()

    def hold_server(self, hold: bool) -> None:
        if self.server is not None and not self.server.is_closing():
            if hold:
                self.server.pause_reading()
            else:
                self.server.resume_reading()

    def abort(self) -> None:
        """Let go of both connections at once, with what was written to them."""
        if self.client.get_write_buffer_size():
            self.client.abort()
        else:
            self.client.close()

    # The connection to the server

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(_CONNECT):
                await open_server(self.proxy.server, self.proxy.way, lambda: _FromServer(self))
        except TimeoutError:
            self.passage.server_unreachable(TimeoutError(f"no connection within {_CONNECT:g} s"))
        except Exception as error:  # whatever it is: the client must not wait for ever
            self.passage.server_unreachable(error)

    def connected(self, server: asyncio.Transport, protocol: _FromServer) -> None:
        if self.client.is_closing():
            server.abort()
            return
        self.server, self.from_server = server, protocol
        pending, self._pending = bytes(self._pending), bytearray()
        server.write(pending)
        self.hold("connecting", False)


class _FromClient(asyncio.Protocol):
    def __init__(self, proxy: HttpProxy) -> None:
        self._proxy = proxy

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._pair = Pair(self._proxy, cast("asyncio.Transport", transport))

    def data_received(self, data: bytes) -> None:
        at = perf_counter()
        for piece in _pieces(data):
            self._pair.passage.client_data(piece, at)

    def eof_received(self) -> None:
        self._pair.passage.client_gone()

    def connection_lost(self, exc: Exception | None) -> None:
        self._pair.passage.client_gone(exc)
        self._proxy.pairs.pop(self._pair, None)

    def pause_writing(self) -> None:
        self._pair.hold_server(True)

    def resume_writing(self) -> None:
        self._pair.hold_server(False)


class _FromServer(asyncio.Protocol):
    def __init__(self, pair: Pair) -> None:
        self._pair = pair

    @property
    def _passage(self) -> Passage | None:
        """None once the passage has let go of this connection."""
        return self._pair.passage if self._pair.from_server is self else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._pair.connected(cast("asyncio.Transport", transport), self)

    def data_received(self, data: bytes) -> None:
        at = perf_counter()
        for piece in _pieces(data):
            if (passage := self._passage) is not None:
                passage.server_data(piece, at)

    def eof_received(self) -> None:
        if (passage := self._passage) is not None:
            passage.server_gone()

    def connection_lost(self, exc: Exception | None) -> None:
        if (passage := self._passage) is not None:
            passage.server_gone(exc)

    def pause_writing(self) -> None:
        if self._passage is not None:
            self._pair.hold("server", True)

    def resume_writing(self) -> None:
        if self._passage is not None:
            self._pair.hold("server", False)


def _pieces(data: bytes) -> Iterable[bytes]:
    """What came at once, as much of it at a time as may go on before it is told of."""
    if len(data) <= _MOST_UNTOLD:
        return (data,)
    return (data[at : at + _MOST_UNTOLD] for at in range(0, len(data), _MOST_UNTOLD))


def _has_something(transport: asyncio.Transport) -> bool:
    """Whether there is something to read: on a connection that nobody uses that is its end, or nothing good."""
    raw = transport.get_extra_info("socket")
    try:
        if raw is None or not hasattr(select, "poll"):  # Windows, where a descriptor is never too large for `select`
            return raw is None or bool(select.select((raw,), (), (), 0)[0])
        looking = select.poll()
        looking.register(raw, select.POLLIN)
        return bool(looking.poll(0))
    except (OSError, ValueError):
        return True


def _reset(transport: asyncio.Transport) -> None:
    """End a connection so that the other side meets a reset one, behind what was written to it."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if transport.get_write_buffer_size():
        transport.close()
    else:
        transport.abort()
