from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.model import Identity, Server
from tests.model.story import META, MODERN, Story


def server_of(story: Story, link: str = "server") -> Server:
    return story.timeline.links[link]


def test_an_initialize_result_is_the_legacy_era() -> None:
    server = server_of(Story().legacy())
    assert (server.era, server.protocol_version) == ("legacy", "2025-11-25")
    assert server.identity == Identity("weather") and server.client == Identity("mcpwatch")
    assert server.capabilities == {"tools": {}} and server.client_capabilities == {"sampling": {}}


def test_a_discover_result_is_the_modern_era() -> None:
    server = server_of(Story().modern())
    assert (server.era, server.protocol_version) == ("modern", "2026-07-28")
    assert server.supported_versions == ("2025-11-25", "2026-07-28")
    assert server.identity == Identity("weather", "Weather", "3")
    assert server.instructions == "Be kind." and server.capabilities == {"tools": {"listChanged": True}}
    assert server.client == Identity("mcpwatch", None, "0") and server.client_capabilities == {"sampling": {}}


def test_a_modern_request_that_succeeds_is_the_modern_era_without_any_discovery() -> None:
    story = Story()
    story.opened()
    story.call(id=1, more={"_meta": MODERN})
    story.result({"content": [], "_meta": {META + "serverInfo": {"name": "quiet"}}}, id=1)
    server = server_of(story)
    assert (server.era, server.protocol_version, server.identity) == ("modern", "2026-07-28", Identity("quiet"))


@pytest.mark.parametrize(
    "answer", [{}, {"supportedVersions": ["2025-06-18"]}, {"supportedVersions": "2026-07-28"}, "yes", None, [1]]
)
def test_a_discover_result_that_names_no_modern_version_decides_nothing(answer: Any) -> None:
    story = Story()
    story.opened()
    story.request("server/discover", {"_meta": MODERN}, id=0)
    story.result(answer, id=0)
    assert server_of(story).era is None


def test_a_refused_probe_and_a_handshake_is_the_legacy_era() -> None:
    story = Story()
    story.opened()
    story.request("server/discover", {"_meta": MODERN}, id=0)
    story.error("Method not found", code=-32601, id=0)
    assert server_of(story).era is None
    story.request("initialize", {}, id=1)
    story.result({"protocolVersion": "2025-06-18"}, id=1)
    assert (server_of(story).era, server_of(story).protocol_version) == ("legacy", "2025-06-18")


def test_the_end_of_a_link_keeps_how_it_ended() -> None:
    story = Story().legacy()
    story.stderr(b"oh ")
    story.stderr(b"no\n")
    story.closed(reason="signal", signal="SIGSEGV")
    server = server_of(story)
    assert (server.open, server.reason, server.signal, server.code) == (False, "signal", "SIGSEGV", None)
    assert (server.last_words, server.stderr_bytes) == (b"oh no\n", 6)
    assert (server.mode, server.transport, server.pid) == ("client", "stdio", 7)


def test_last_words_are_the_last_ones() -> None:
    story = Story().legacy()
    story.stderr(b"x" * 100_000 + b"end")
    assert len(server_of(story).last_words) == 4096 and server_of(story).last_words.endswith(b"xend")
    assert server_of(story).stderr_bytes == 100_003


def test_frames_and_bytes_are_counted_by_direction_and_method() -> None:
    story = Story().legacy()
    story.call(id=1)
    story.result({}, id=1)
    story.call(id=2)
    story.error("no", id=2)
    story.invalid(b"print")
    server = server_of(story)
    count = server.methods["tools/call"]
    assert (count.requests, count.responses, count.errors) == (2, 1, 1)
    sizes = [len(getattr(event, "data", b"")) for event in story.events if getattr(event, "dir", "") == "s2c"]
    assert (server.s2c.frames, server.s2c.bytes, server.c2s.frames) == (4, sum(sizes), 4)
    assert server.junk == 1


def test_logs_are_counted_by_level_and_unknown_levels_are_kept() -> None:
    story = Story().legacy()
    for level in ("info", "info", "loud", None, 3, ["x"], {"deep": 1}):
        story.log(level)
    assert server_of(story).logs == {"info": 2, "loud": 1, "None": 1, "3": 1, "[…]": 1, "{…}": 1}


def test_a_server_cannot_fill_memory_with_names() -> None:
    story = Story(fetch=False).legacy()
    for n in range(1200):
        story.log(f"level {n}")
        story.tell(f"notifications/x{n}")
        story.tell("notifications/resources/updated", {"uri": f"u:{n}"})
        story.progress(f"token {n}", 1)
    server = server_of(story)
    kept = [server.logs, server.unknown_notifications, server.updates, server.unknown_progress, server.methods]
    assert all(len(one) <= 1001 for one in kept)
    assert server.logs["(others)"] == 200 and server.updates["(others)"].count == 200


def test_the_level_that_was_asked_for_is_known_in_both_eras() -> None:
    story = Story().legacy("old").modern("new")
    story.request("logging/setLevel", {"level": "warning"}, link="old")
    story.call(link="new", more={"_meta": {**MODERN, META + "logLevel": "debug"}})
    assert (server_of(story, "old").log_level, server_of(story, "new").log_level) == ("warning", "debug")


def test_list_changes_and_updates_are_counted_with_first_and_last() -> None:
    story = Story().legacy()
    for kind in ("tools", "prompts", "resources"):
        story.tell(f"notifications/{kind}/list_changed", at=float(len(kind)))
    story.tell("notifications/tools/list_changed", at=50.0)
    story.tell("notifications/roots/list_changed", dir="c2s")
    story.tell("notifications/resources/updated", {"uri": "a:b"}, at=51.0)
    server = server_of(story)
    tools = server.list_changes["tools"]
    assert (tools.count, tools.first, tools.last) == (2, 5.0, 50.0)
    assert {kind: seen.count for kind, seen in server.list_changes.items()} == {
        "tools": 2,
        "prompts": 1,
        "resources": 1,
        "roots": 1,
    }
    assert server.updates["a:b"].first == 51.0


def test_subscriptions_are_open_from_the_answer_to_the_unsubscribe() -> None:
    story = Story().legacy()
    story.request("resources/subscribe", {"uri": "a:b"}, id=1)
    assert server_of(story).subscriptions == {}
    story.result({}, id=1)
    story.request("resources/subscribe", {"uri": "refused"}, id=2)
    story.error("no", id=2)
    assert [one.uris for one in server_of(story).subscriptions.values()] == [("a:b",)]
    story.request("resources/unsubscribe", {"uri": "a:b"}, id=3)
    story.result({}, id=3)
    assert server_of(story).subscriptions == {} and server_of(story).used().subscriptions == 1


def test_a_listen_stream_is_acknowledged_with_what_the_server_honours() -> None:
    story = Story().modern()
    wanted = {"toolsListChanged": True, "promptsListChanged": True, "resourceSubscriptions": ["a:b", 4]}
    story.request("subscriptions/listen", {"notifications": wanted}, id="listen-1")
    (stream,) = server_of(story).subscriptions.values()
    assert (stream.listen, stream.acknowledged, stream.lists, stream.uris) == (
        True,
        False,
        ("tools", "prompts"),
        ("a:b",),
    )
    story.tell("notifications/subscriptions/acknowledged", {"notifications": {"toolsListChanged": True}})
    assert (stream.acknowledged, stream.lists, stream.uris) == (True, ("tools",), ())
    story.result({}, id="listen-1")
    assert server_of(story).subscriptions == {}


def test_what_was_used_is_summed_over_links() -> None:
    story = Story().legacy("alpha").legacy("beta")
    story.call(token=1, link="alpha")
    for n in range(3):
        story.progress(1, n, link="alpha")
        story.log(link="beta")
    story.ask("sampling/createMessage", {"tools": []}, id=1, link="alpha")
    story.ask("elicitation/create", {"mode": "url"}, id=2, link="alpha")
    story.ask("elicitation/create", {}, id=1, link="beta")
    story.ask("roots/list", id=2, link="beta")
    story.ask("ping", id=3, link="beta")
    story.ask("x/custom", id=4, link="beta")
    story.tell("notifications/chat", link="beta")
    story.tell("chat.message", link="beta")
    story.tell("notifications/tools/list_changed", link="beta")
    alpha, both = story.timeline.used("alpha"), story.timeline.used()
    assert (alpha.progress, alpha.sampling, alpha.elicitation_url, alpha.logging) == (1, 1, 1, 0)
    assert alpha.needs == ("elicitation.url", "sampling", "sampling.tools")
    assert (both.logging, both.elicitation_form, both.roots, both.pings, both.other_requests) == (3, 1, 1, 1, 1)
    assert (both.other_notifications, both.list_changes) == (2, 1)
    assert both.needs == ("elicitation", "elicitation.url", "roots", "sampling", "sampling.tools")


def test_questions_inside_results_are_used_too() -> None:
    story = Story().modern()
    story.call(id=1)
    story.result({"resultType": "input_required", "inputRequests": {"k": {"method": "roots/list"}}}, id=1)
    story.call("other", id=2)
    story.error("URL elicitation required", code=-32042, data={"elicitations": [{"url": "https://x"}]}, id=2)
    used = story.timeline.used()
    assert (used.roots, used.elicitation_url, used.needs) == (1, 1, ("elicitation.url", "roots"))
