from __future__ import annotations

from mcpwatch.model.hints import Hint
from mcpwatch.text import width
from mcpwatch.view.style import plain
from mcpwatch.view.summary import hint_lines, last_words, summary
from tests.view.scene import HOSTILE, Scene, handshake


def _summary(scene: Scene, **more: object) -> list[str]:
    return [plain(line) for line in summary(scene.timeline, **more)]  # type: ignore[arg-type]


def test_what_was_used_and_what_a_client_needs_for_it() -> None:
    scene = Scene()
    scene.opened()
    scene.call(3, "work")
    for n in range(12):
        scene.log("info", "x")
        scene.progress(3, n)
    scene.ask(0, "sampling/createMessage", {"messages": [], "maxTokens": 1}, dir="s2c")
    scene.reply(0, {}, dir="c2s")
    scene.reply(3, {})

    assert _summary(scene, recording="t.mcpw.jsonl") == [
        "used: logging 12 · progress 1 · sampling 1 — a client needs: sampling",
        "recording: t.mcpw.jsonl",
    ]


def test_a_session_that_was_kept_says_how_to_see_it_again() -> None:
    assert _summary(Scene(), recording="~/x.jsonl", kept=True) == [
        "used: nothing but requests and their answers",
        "recording: ~/x.jsonl  (mcpwatch show last)",
    ]


def test_the_command_that_shows_it_again_is_never_broken() -> None:
    path = "~/.local/state/mcpwatch/sessions/20261121-073545-demo-t84h.mcpw.jsonl"
    assert _summary(Scene(), recording=path, kept=True, limit=90)[1:] == [
        f"recording: {path}",
        "      (mcpwatch show last)",
    ]


def test_what_went_wrong_comes_first() -> None:
    scene = Scene()
    scene.opened()
    scene.call(4, "slow", 1.0)
    asked = scene.ask(1, "elicitation/create", {"message": "Who?", "requestedSchema": {}}, dir="s2c")
    scene.note("unanswered", re=asked.seq, wanted="--elicit accept")
    scene.reply(1, {"action": "decline"}, dir="c2s")
    scene.closed("signal", 3.0, signal="SIGSEGV")

    assert _summary(scene)[:3] == [
        "✗ server was ended by signal SIGSEGV",
        "! tools/call slow #4 was never answered · the link closed",
        "! elicitation had no answer: answer it with --elicit accept",
    ]


def test_a_connection_that_was_lost_is_told_with_why_once_there_was_one() -> None:
    scene = Scene()
    handshake(scene)
    scene.closed("lost", 3.0, error="nobody answers at h:80")
    assert _summary(scene)[0] == "✗ server was lost: nobody answers at h:80"

    scene = Scene()
    scene.opened()
    scene.closed("lost", 3.0, error="an error has said this already")
    assert len(_summary(scene)) == 1


def test_the_same_unanswered_question_is_counted() -> None:
    scene = Scene()
    for n in range(3):
        asked = scene.ask(n, "sampling/createMessage", {"messages": []}, dir="s2c")
        scene.note("unanswered", re=asked.seq, wanted="--sampling TEXT")
        scene.refuse(n, -1, "no", dir="c2s")

    assert "! sampling ×3 had no answer: answer it with --sampling TEXT" in _summary(scene)


def test_a_server_that_we_ended_did_not_die() -> None:
    scene = Scene()
    scene.opened()
    scene.closed("closed", signal="SIGTERM")

    assert len(_summary(scene)) == 1


def test_many_requests_without_an_answer_are_counted() -> None:
    scene = Scene()
    for n in range(25):
        scene.call(n, "slow")

    lines = [line for line in _summary(scene) if line.startswith("!")]
    assert len(lines) == 11
    assert lines[-1] == "! 15 more were never answered"


def test_each_link_used_something_else() -> None:
    scene = Scene()
    scene.notify("notifications/message", {"level": "info", "data": 1}, link="alpha")
    scene.notify("x/y", None, link="beta")

    assert _summary(scene) == ["alpha  used: logging 1", "beta  used: other notifications 1"]


def test_a_hint_is_a_sentence_and_a_command_that_can_be_pasted() -> None:
    hint = Hint("x", "server", 1, 0.0, "The server waits for our answer " * 4, f"mcpwatch run {'x' * 100}")

    lines = [plain(line) for line in hint_lines([hint], 60)]
    assert lines[0].startswith("hint: The server waits")
    assert all(line.startswith("      ") for line in lines[1:])
    assert max(map(width, lines[:-1])) <= 60
    assert lines[-1] == f"      mcpwatch run {'x' * 100}"


def test_hostile_text_is_made_visible() -> None:
    scene = Scene()
    scene.opened(link=HOSTILE)
    scene.ask(HOSTILE, HOSTILE, {"name": HOSTILE}, link=HOSTILE)
    asked = scene.ask(1, HOSTILE, {}, dir="s2c")
    scene.note("unanswered", re=asked.seq, wanted=HOSTILE)
    scene.closed("exit", code=3, link=HOSTILE)

    assert len(_summary(scene)) > 4
    assert all(line.isprintable() for line in _summary(scene, recording=HOSTILE))
    assert all(plain(line).isprintable() for line in hint_lines([Hint("x", "l", 1, 0.0, HOSTILE, HOSTILE)]))


def test_what_an_error_has_told_is_not_told_again() -> None:
    scene = Scene()
    scene.opened()
    scene.call(4, "slow", 1.0)
    scene.call(5, "slow", 1.0)
    scene.closed("exit", 3.0, code=7)
    said = ("The server exited with code 7.", "tools/call (#4) got no answer within 2 s.")
    assert _summary(scene, said=said)[:-1] == ["! tools/call slow #5 was never answered · the link closed"]
    assert "✗ server ended with exit code 7" in _summary(scene, said=("The server exited with code 71.",))


def test_the_last_words_are_those_of_a_server_that_died() -> None:
    scene = Scene()
    handshake(scene)
    scene.stderr(b"hello\nbye\n")
    assert last_words(scene.timeline) == []
    scene.closed("exit", 3.0, code=7)
    assert [plain(line) for line in last_words(scene.timeline)] == ["server's last words:", "  hello", "  bye"]
