"""One demo server for all tests of an era."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import anyio
import pytest

from tests.demo.client import ERAS, Demo, connected, stdio


@pytest.fixture(scope="package")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="package", params=ERAS)
async def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncGenerator[Demo]:
    errors = tmp_path_factory.mktemp("demo") / "stderr"
    async with connected(stdio(errors), request.param) as demo:
        demo.errors = errors
        yield demo


@pytest.fixture
async def demo(shared: Demo) -> AsyncGenerator[Demo]:
    """A test leaves the server as it found it, and sees only what came since it began."""
    shared.wire.messages.clear()
    shared.wire.junk.clear()
    shared.asked.clear()
    with anyio.fail_after(20):
        yield shared
