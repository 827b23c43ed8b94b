from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.view.handshake import capabilities, connected
from mcpwatch.view.style import plain
from tests.view.scene import Scene


def test_a_modern_server_introduces_itself_in_the_answer_to_discover() -> None:
    scene = Scene()
    scene.ask(1, "server/discover", {}, by="mcpwatch")
    meta = {"io.modelcontextprotocol/serverInfo": {"name": "demo", "version": "2"}}
    result: dict[str, Any] = {
        "supportedVersions": ["2025-11-25", "2026-07-28"],
        "capabilities": {"tools": {}},
        "_meta": meta,
    }
    scene.reply(1, {**result, "instructions": "Call a tool.\nAnd another."}, 0.1)

    assert scene.lines() == [
        "   0.100  ● connected     demo 2 · MCP 2026-07-28 (and 1 more) · modern era · 100 ms",
        "              offers      tools",
        "              says        Call a tool.",
        "                          And another.",
    ]


def test_a_server_of_the_legacy_era_that_refuses_the_modern_handshake_is_no_error() -> None:
    scene = Scene()
    scene.ask(1, "server/discover", {}, by="mcpwatch")
    scene.refuse(1, -32601, "Method not found")

    assert scene.lines() == []
    assert len(scene.lines(verbose=True)) == 2


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"tools": {"listChanged": True}, "logging": {}}, ["tools (list changes)", "logging"]),
        ({"resources": {"subscribe": True, "listChanged": False}}, ["resources (subscribe)"]),
        ({"experimental": {"x/y": {}}}, ["experimental (x/y)"]),
        ({"completions": None, "odd": 7}, ["completions", "odd 7"]),
        (None, []),
    ],
)
def test_capabilities_read_in_words(given: Any, shown: list[str]) -> None:
    assert capabilities(given) == shown


def test_many_capabilities_take_several_rows_of_80_columns() -> None:
    given = {name: {"listChanged": True} for name in ("tools", "prompts", "resources", "completions", "logging", "x")}

    rows = connected("initialize", {"capabilities": given}, "", whole=True)[1:]
    assert [row.what for row in rows] == ["offers", "", ""]
    assert max(len(plain(row.spans)) for row in rows) <= 54


def test_long_instructions_are_shortened_unless_all_is_asked_for() -> None:
    result = {"instructions": "\n".join(str(n) for n in range(30))}

    assert len(connected("initialize", result, "", whole=False)) == 2 + 6
    assert len(connected("initialize", result, "", whole=True)) == 2 + 30


@pytest.mark.parametrize("result", [None, [], {"serverInfo": 3, "capabilities": [], "supportedVersions": {}}])
@pytest.mark.parametrize("method", ["initialize", "server/discover"])
def test_no_shape_of_an_introduction_raises(method: str, result: Any) -> None:
    assert plain(connected(method, result, "", whole=True)[0].spans).startswith("a server without a name · MCP ?")
