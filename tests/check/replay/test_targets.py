"""What a recording knows of its server, and what has to be said anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcpwatch.check.recorded import RecordedLink
from mcpwatch.check.replay.targets import recorded_target
from mcpwatch.errors import UsageError
from mcpwatch.events import Opened
from mcpwatch.session.target import Target
from tests.check.recordings import Session, read


def link(folder: Path, target: dict[str, Any], transport: Any = "stdio") -> RecordedLink:
    """The link of a recording that was made with `target`."""
    story = Session()
    story.events[0] = Opened(link="server", mode="client", transport=transport, target=target, seq=1)
    return read(story.ends(), folder / "t.mcpw.jsonl").link()


def target(one: RecordedLink, warned: list[str] | None = None, **given: dict[str, str]) -> Target:
    warnings: list[str] = [] if warned is None else warned
    return recorded_target(one, given.get("env", {}), given.get("headers", {}), warnings.append)


def test_a_command_is_started_as_it_was(tmp_path: Path) -> None:
    described = {"command": "python", "args": ["a.py", "-v"], "cwd": str(tmp_path)}
    found = target(link(tmp_path, described))
    assert (found.name, found.command, found.args, found.cwd) == ("server", "python", ("a.py", "-v"), str(tmp_path))


def test_a_url_is_opened_over_its_transport(tmp_path: Path) -> None:
    found = target(link(tmp_path, {"url": "http://h/sse"}, "sse"), headers={"A": "b"})
    assert (found.url, found.transport, found.headers) == ("http://h/sse", "sse", {"A": "b"})


def test_an_entry_of_the_environment_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = link(tmp_path, {"command": "x", "env_keys": ["MY_KEY"]})
    warned: list[str] = []
    target(one, warned)
    assert len(warned) == 1
    assert "MY_KEY" in warned[0]
    target(one, warned, env={"MY_KEY": "v"})
    monkeypatch.setenv("MY_KEY", "v")
    target(one, warned)
    assert len(warned) == 1


@pytest.mark.parametrize(
    "described",
    [{"command": "x", "args": ["--token=[redacted]"]}, {"url": "http://me:[redacted]@h/mcp"}],
    ids=["command", "url"],
)
def test_a_redacted_credential_has_to_be_named(described: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a credential is redacted in"):
        target(link(tmp_path, described, "http" if "url" in described else "stdio"))


def test_what_does_not_fit_is_a_usage_error(tmp_path: Path) -> None:
    command, url = link(tmp_path, {"command": "x"}), {"url": "http://h/mcp"}
    with pytest.raises(UsageError, match="--header is for URLs"):
        target(command, headers={"A": "b"})
    with pytest.raises(UsageError, match="--env is for processes"):
        target(link(tmp_path, url, "http"), env={"A": "b"})
    with pytest.raises(UsageError, match="which is not there"):
        target(link(tmp_path, {"command": "x", "cwd": str(tmp_path / "gone")}))
    with pytest.raises(UsageError, match="without its command"):
        target(link(tmp_path, {}))
