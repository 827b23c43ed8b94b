"""What holds for every test: asyncio, a home of its own, the real servers, and no skip that nobody notices.

The real servers are installed by `.ci/servers DIR`; `MCPWATCH_TEST_SERVERS=DIR`, or a folder `.servers` in the
checkout, tells where. Without them their tests skip and say so. With `MCPWATCH_REQUIRE_ALL=1`, as in CI, a skip turns
the run red unless its test is marked `platform_only`.
"""

from __future__ import annotations

import itertools
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

CHECKOUT = Path(__file__).parent.parent
REQUIRE_ALL = os.environ.get("MCPWATCH_REQUIRE_ALL", "") not in ("", "0")

_NOT_A_TESTS_BUSINESS = (
    "CI",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_WORKSPACE",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
    "MCPWATCH_SESSIONS",
)
"""Variables that change what the command line does: a test that wants one sets it."""

_WHEN_NOT_IGNORED = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL, "SIGQUIT": signal.SIG_DFL}

_skips: dict[str, str] = {}
_number = itertools.count()

# No test asserts a time, and neither does its generator of examples.
# In CI the examples are the same in every run, so that a change is judged by what it changes; others look for new ones.
settings.register_profile(
    "mcpwatch",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("mcpwatch")
_home = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()


def pytest_configure(config: pytest.Config) -> None:
    # What is ignored stays ignored in every program that is started: a run from nohup or a shell's background has
    # signals that do nothing, and tests send them.
    for signal_name, handler in _WHEN_NOT_IGNORED.items():
        number = getattr(signal, signal_name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
    # Before any fixture of any scope, because those of a package or session start programs too.
    config.stash[_home] = home = tempfile.TemporaryDirectory(prefix="mcpwatch-tests-")
    for name in _NOT_A_TESTS_BUSINESS:
        os.environ.pop(name, None)
    os.environ["HOME"] = home.name
    for name, folder in (
        ("STATE", ".local/state"),
        ("CONFIG", ".config"),
        ("CACHE", ".cache"),
        ("DATA", ".local/share"),
    ):
        os.environ[f"XDG_{name}_HOME"] = f"{home.name}/{folder}"


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_home].cleanup()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def kept_sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where this test's sessions are kept; the first one that is makes it."""
    folder = tmp_path_factory.getbasetemp() / "sessions" / str(next(_number))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCPWATCH_SESSIONS", str(folder))
        yield folder


@pytest.fixture(scope="session")
def servers_folder() -> Path:
    """The folder that `.ci/servers` filled: `node_modules`, `fastmcp3`, `fastmcp4`, `official`, `sqlite`."""
    named = os.environ.get("MCPWATCH_TEST_SERVERS")
    folder = Path(named) if named else CHECKOUT / ".servers"
    if not folder.is_dir():
        pytest.skip("the real servers are not installed: .ci/servers (or MCPWATCH_TEST_SERVERS=DIR)")
    return folder


# ---- no skip that nobody notices


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and "platform_only" not in report.keywords:
        _note_skip(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:  # a whole file
        _note_skip(report)


def _note_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    _skips[report.nodeid] = reason.removeprefix("Skipped: ")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if REQUIRE_ALL and _skips and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if REQUIRE_ALL and _skips:
        terminalreporter.section("skipped, but MCPWATCH_REQUIRE_ALL is set", red=True)
        for name, reason in _skips.items():
            terminalreporter.line(f"{name}: {reason}", red=True)
