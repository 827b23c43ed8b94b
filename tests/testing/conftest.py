"""A project of somebody else's: a folder with tests, in which pytest runs as a process of its own."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from mcpwatch import watch
from tests.conftest import CHECKOUT

QUICK = CHECKOUT / "tests" / "servers" / "good" / "quick.py"
PLUGINS_OF_OURS = ("textual-snapshot", "syrupy", "hypothesispytest", "xdist", "xdist.looponfail", "timeout")
"""Plugins that nobody needs who tests with mcpwatch; to load them takes a second of each run of pytest."""
WITHOUT_OURS = " ".join(f"-p no:{name}" for name in PLUGINS_OF_OURS)
INI = f"""
[pytest]
addopts = --strict-markers --strict-config -p no:cacheprovider {WITHOUT_OURS}
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""
CONFTEST = """
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
HEAD = f"""
import asyncio, sys
import pytest

QUICK = [{sys.executable!r}, {str(QUICK)!r}]
"""


@dataclass
class Project:
    """A folder with tests. `run` gives what pytest printed and its counts."""

    pytester: pytest.Pytester

    @property
    def path(self) -> Path:
        return self.pytester.path

    def write(self, body: str, name: str = "test_it.py") -> None:
        """A file of tests, which know `QUICK`, the command of a server."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + body, encoding="utf-8")

    def run(self, *args: str, **outcomes: int) -> str:
        """What pytest prints; its outcomes are these."""
        result = self.pytester.runpytest_subprocess("-q", *args)
        result.assert_outcomes(**outcomes)
        return str(result.stdout)

    def with_workers(self) -> None:
        """Let `run` take `-n`."""
        ini = self.path / "pytest.ini"
        ini.write_text(ini.read_text().replace("-p no:xdist ", "").replace("-p no:xdist.looponfail ", ""))


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    (pytester.path / "pytest.ini").write_text(INI)
    (pytester.path / "conftest.py").write_text(CONFTEST)
    return Project(pytester)


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The recording of a session with `QUICK`, in which the tools were listed and `say` was called with WORD."""
    path = tmp_path_factory.mktemp("recording") / "it.mcpw.jsonl"

    async def record() -> None:
        async with watch([sys.executable, str(QUICK)], record=path) as session:
            await session.list()
            await session.call("say", text="WORD")

    asyncio.run(record())
    return path.read_bytes()
