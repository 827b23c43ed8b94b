from __future__ import annotations

from typing import Any, cast

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.client import Client
from mcpwatch.session.dispatch import Reply
from mcpwatch.session.perform import Done, perform
from mcpwatch.session.steps import Step, StepKind, parse_step

pytestmark = pytest.mark.anyio

NOTHING: dict[str, Any] = {}
WORK = {"name": "work", "inputSchema": {"properties": {"n": {"type": "integer"}, "s": {"type": "string"}}}}
GREET = {"name": "greet", "arguments": [{"name": "age"}, {"name": "first.name"}, 5]}


class Catalogue:
    """Lists that are there once they have been fetched; one that is None is refused."""

    def __init__(self, lists: dict[str, Any]) -> None:
        self.rows: dict[str, Any] = {}
        self.refused: dict[str, Reply] = {}
        self.lists = lists
        self.asked: list[str] = []

    async def fetch(self, kind: str) -> Any:
        self.asked.append(kind)
        rows = self.lists.get(kind)
        if rows is not None:
            self.rows[kind] = rows
        return rows

    async def fetch_all(self, capabilities: dict[str, Any], *, by: str) -> None:
        self.asked.append(f"all of {sorted(capabilities)} by {by}")

    def find(self, kind: str, name: str) -> Any:
        return next((row for row in self.rows.get(kind, ()) if row["name"] == name), None)


class Doing:
    """A client that only writes down what it is told."""

    def __init__(self, lists: dict[str, Any] | None = None, capabilities: tuple[str, ...] = ("tools", "prompts")):
        self.catalogue = Catalogue({"tools": [WORK], "prompts": [GREET]} if lists is None else lists)
        self.server_capabilities = dict.fromkeys(capabilities, NOTHING)
        self.negotiated = self
        self.did: list[tuple[Any, ...]] = []
        self.link = "alpha"

    def __getattr__(self, name: str) -> Any:
        def note(*args: Any) -> None:
            self.did.append((name, *args))

        async def reply(*args: Any) -> Reply:
            note(*args)
            return Reply(1, result={})

        return note if name == "notify" else reply

    async def do(self, kind: StepKind, text: str) -> Done:
        return await perform(cast("Client", self), parse_step(kind, text))


@pytest.mark.parametrize(
    ("kind", "text", "did"),
    [
        ("call", "work n=5 s=5", ("call", "work", {"n": 5, "s": "5"})),
        ("call", 'work {"n": "odd"}', ("call", "work", {"n": "odd"})),
        ("prompt", "greet age=5 first.name=Ada", ("prompt", "greet", {"age": "5", "first.name": "Ada"})),
        ("read", "file:///x", ("read", "file:///x")),
        ("complete", "greet first.name=A", ("complete", "greet", "first.name", "A")),
        ("subscribe", "file:///x", ("subscribe", "file:///x")),
        ("request", 'x/y {"a": 1}', ("request", "x/y", {"a": 1})),
        ("request", "x/y", ("request", "x/y", None)),
        ("notify", "x/y a=1", ("notify", "x/y", {"a": "1"})),
    ],
)
async def test_a_step_is_done_by_what_it_names(kind: StepKind, text: str, did: tuple[Any, ...]) -> None:
    doing = Doing()
    done = await doing.do(kind, text)
    assert doing.did == [did]
    assert (done.reply is None) == (kind == "notify")
    assert not done.failed


async def test_a_list_is_of_all_that_the_server_declares() -> None:
    doing = Doing()
    assert await doing.do("list", "") == Done(Step("list"), link="alpha")
    assert doing.catalogue.asked == ["all of ['prompts', 'tools'] by user"]


async def test_what_was_listed_is_not_listed_again() -> None:
    doing = Doing()
    await doing.do("call", "work")
    await doing.do("call", "work")
    assert doing.catalogue.asked == ["tools"]


@pytest.mark.parametrize(("kind", "text", "hint"), [("call", "wrok", "work"), ("prompt", "great", "greet")])
async def test_what_is_not_offered_is_a_usage_error_with_what_was_meant(kind: StepKind, text: str, hint: str) -> None:
    doing = Doing()
    with pytest.raises(UsageError, match=text) as caught:
        await doing.do(kind, text)
    assert caught.value.hint == f"Did you mean '{hint}'?"
    assert doing.did == []


@pytest.mark.parametrize(
    ("lists", "capabilities"), [({"tools": None}, ("tools",)), ({"tools": []}, ()), ({"tools": None}, ())]
)
async def test_a_server_that_lists_nothing_is_asked_all_the_same(
    lists: dict[str, Any], capabilities: tuple[str, ...]
) -> None:
    doing = Doing(lists, capabilities)
    await doing.do("call", "hidden n=5")
    assert doing.did == [("call", "hidden", {"n": "5"})]


async def test_words_that_do_not_fit_are_refused_before_anything_is_sent() -> None:
    doing = Doing()
    with pytest.raises(UsageError, match="n='five'"):
        await doing.do("call", "work n=five")
    assert doing.did == []


@pytest.mark.parametrize(
    ("reply", "failed"),
    [
        (None, False),
        (Reply(1, result={}), False),
        (Reply(1, result={"isError": False}), False),
        (Reply(1, result={"isError": "yes"}), False),
        (Reply(1, result={"isError": True}), True),
        (Reply(1, error={"code": 1}), True),
        (Reply(1, result=[1]), True),
        (Reply(1, result={"content": "text"}), True),
        (Reply(1, result={"content": ["text"]}), True),
    ],
)
def test_a_step_failed_where_the_server_said_so_or_cannot_be_understood(reply: Reply | None, failed: bool) -> None:
    assert Done(Step("call", "work"), reply).failed is failed
