"""The pytest plugin: a watched session or a mock as a fixture, and recordings that make a test need no server.

This module is what pytest loads at every start, in projects that never heard of mcpwatch as well, so it imports nothing
but pytest: neither the session nor anyio. It owns the hooks, the options and the fixtures, and leaves to the modules
beside it which recording a test has (`marks`), what is done with it (`takes`), who opens a session (`opening`,
`blocking`), the server that is played (`mocks`), and what a failure says (`telling`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from mcpwatch.api import Session
    from mcpwatch.testing.blocking import BlockingSession
    from mcpwatch.testing.mocks import Mock
    from mcpwatch.testing.takes import Takes

__all__ = ["mcpwatch_blocking", "mcpwatch_mock", "mcpwatch_open", "mcpwatch_options", "mcpwatch_session"]

MODES = ("once", "none", "all", "new")
MARKER = (
    "mcpwatch(recording, *, target, answers, era, …): the recording of this test's session, served where it is there "
    "and made with target where it is not; the options are those of mcpwatch.watch()"
)
_takes = pytest.StashKey["Takes"]()
_anew = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mcpwatch", "sessions with MCP servers")
    group.addoption(
        "--mcpwatch-record",
        choices=MODES,
        default="once",
        help="once: record where there is no recording, else serve it (default); none: never record; "
        "all: record everything anew; new: as once, and record anew what does not hold all that its test asks",
    )
    group.addoption(
        "--mcpwatch-artifacts",
        metavar="DIR",
        default=None,
        help="copy the recording of each test that fails into this folder",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


# ---- fixtures


@pytest.fixture
def mcpwatch_options() -> Mapping[str, Any]:
    """Options for every session of the tests that see this fixture; define one of your own to change them.

    What a marker says comes before.
    """
    return {}


@pytest.fixture
def mcpwatch_session(mcpwatch_takes: Takes) -> Session:
    """A watched session that is open while the test runs, for async tests."""
    from mcpwatch.testing.opening import Awaited, refuse_sync

    refuse_sync(mcpwatch_takes.item)
    take = mcpwatch_takes.of_marker()
    return cast("Session", Awaited(take))


@pytest.fixture
def mcpwatch_blocking(mcpwatch_takes: Takes) -> Iterator[BlockingSession]:
    """The same for tests that are no coroutines."""
    from mcpwatch.testing.blocking import blocking

    with blocking(mcpwatch_takes.of_marker()) as session:
        yield session


@pytest.fixture
def mcpwatch_open(mcpwatch_takes: Takes) -> Callable[..., AbstractAsyncContextManager[Session]]:
    """`async with mcpwatch_open(recording, **options) as session`: a session in a fixture, or one more in a test."""
    from mcpwatch.testing.opening import hosted

    def open(recording: str | None = None, **options: Any) -> AbstractAsyncContextManager[Session]:
        return hosted(mcpwatch_takes.named(recording, options))

    return open


@pytest.fixture
def mcpwatch_mock(mcpwatch_takes: Takes) -> Iterator[Mock]:
    """The recorded server, for any client: the command that starts it, or its URL."""
    from mcpwatch.testing.mocks import mock

    with mock(mcpwatch_takes) as found:
        yield found


@pytest.fixture
def mcpwatch_takes(
    request: pytest.FixtureRequest, mcpwatch_options: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Takes]:
    """The sessions of one test, for the other fixtures: it ends after them, and then keeps what is to be kept."""
    from mcpwatch.testing.takes import Takes

    item = request.node
    takes = Takes(item, mcpwatch_options, tmp_path_factory, anew=item.stash.get(_anew, False))
    item.stash[_takes] = takes
    yield takes
    takes.end()


# ---- what happens to tests that use them


def _takes_of(item: pytest.Item) -> Takes | None:
    return item.stash.get(_takes, None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """With `new`, a test whose recording does not hold what it asks runs once more, against its server."""
    if item.config.getoption("--mcpwatch-record") != "new" or item.get_closest_marker("mcpwatch") is None:
        return None
    from mcpwatch.testing.again import run_again

    item.stash[_anew] = False
    run_again(item, nextitem, _is_stale)
    return True


def _is_stale(item: pytest.Item) -> bool:
    takes = _takes_of(item)
    stale = item.stash[_anew] = takes is not None and takes.stale
    return stale


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    takes = _takes_of(item)
    if takes is None:
        return (yield)
    from mcpwatch.testing.opening import opened

    try:
        with opened(item):
            found = yield
    finally:
        takes.close()
    takes.check()
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    takes = _takes_of(item)
    if takes is not None:
        takes.reported(report)
    return report
