from __future__ import annotations

import pytest

from mcpwatch.view.lines import Look
from mcpwatch.view.plain import PlainStream
from tests.view.scene import HOSTILE, Scene


def test_lines_are_written_at_once_and_whole() -> None:
    scene, written = Scene(), list[str]()
    stream = PlainStream(written.append, scene.timeline)
    scene.call(3, "work", 0.5)
    stream.feed(scene.events)
    stream.tick()
    scene.progress(3, 1, 2, t=0.6)
    stream.feed(scene.events[1:])
    stream.close()

    assert written == [
        "   0.500  → tools/call    work #3\n",
        "   0.600  ← progress      work #3  1/2 50%\n",
    ]


def test_a_pipe_gets_every_progress_message_however_many() -> None:
    scene, written = Scene(), list[str]()
    scene.call(3, "work")
    for n in range(2_000):
        scene.progress(3, n, 2_000)

    PlainStream(written.append, scene.timeline).feed(scene.events)
    assert "".join(written).count("\n") == 2_001


def test_what_has_no_line_is_not_written() -> None:
    scene, written = Scene(), list[str]()
    scene.ask(1, "tools/list", {}, by="mcpwatch")

    PlainStream(written.append, scene.timeline).feed(scene.events)
    assert written == []


def test_hints_go_to_the_talk_once() -> None:
    scene, written, talk = Scene(), list[str](), list[str]()
    scene.opened()
    scene.junk(b"print()")
    stream = PlainStream(written.append, scene.timeline, talk=talk.append)
    stream.feed(scene.events)
    scene.junk(b"print()")
    stream.feed(scene.events[2:])

    assert len(talk) == stream.told == 1
    assert talk[0].startswith("hint: ")
    assert "hint" not in "".join(written)


@pytest.mark.parametrize("colour", [True, False])
def test_colour_is_the_only_escape_there_is(colour: bool) -> None:
    scene, written = Scene(), list[str]()
    scene.log("error", HOSTILE, logger=HOSTILE)

    PlainStream(written.append, scene.timeline, colour=colour, look=Look(width=60)).feed(scene.events)
    text = "".join(written)
    assert ("\x1b[31m" in text) is colour
    for code in ("\x1b[0m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\n"):
        text = text.replace(code, "")
    assert text.isprintable()


def test_an_error_of_the_writer_is_the_callers() -> None:
    def broken(_: str) -> None:
        raise BrokenPipeError

    scene = Scene()
    scene.log("info", "x")
    with pytest.raises(BrokenPipeError):
        PlainStream(broken, scene.timeline).feed(scene.events)
