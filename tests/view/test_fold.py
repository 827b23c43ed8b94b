from __future__ import annotations

from mcpwatch.events import Event
from mcpwatch.view.fold import Folded, fold, folded_row
from mcpwatch.view.lines import Describer
from mcpwatch.view.style import plain
from tests.view.scene import Scene


def _shown(scene: Scene, most: int) -> list[str]:
    describer = Describer(scene.timeline)
    lines = [
        line
        for entry in fold(scene.events, most)
        for line in (
            describer.lines([folded_row(entry, recorded=True)], entry.t, entry.event.link)
            if isinstance(entry, Folded)
            else describer.describe(entry)
        )
    ]
    return [plain(line) for line in lines]


def test_what_can_be_read_is_not_folded() -> None:
    scene = Scene()
    for n in range(10):
        scene.log("info", f"message {n}")

    assert fold(scene.events, 10) == scene.events


def test_a_flood_becomes_one_line_a_kind_and_what_matters_stays_in_its_place() -> None:
    scene = Scene()
    scene.call(3, "work", 0.1)
    for n in range(4_500):
        scene.log("debug", f"message {n}", 0.2)
        scene.notify("x/tick", None, 0.2)
    scene.log("error", "this one counts", 0.25)
    scene.note("answered", 0.3, rule="--sampling")
    for _ in range(12):
        scene.stderr(b"x" * 512 + b"\n", 0.4)
    scene.junk(b"one line of junk", 0.5)
    scene.reply(3, {"content": []}, 0.6)

    assert _shown(scene, 500) == [
        "   0.100  → tools/call    work #3",
        "   0.200  ← log debug     ×4,500 · 434 KiB  (all in the recording)",
        "   0.200  ← x/tick        ×4,500 · 154 KiB  (all in the recording)",
        "   0.250  ← log error     this one counts",
        "   0.300  ↳ answered      by --sampling (auto)",
        "   0.400    stderr      │ ×12 · 6.0 KiB  (all in the recording)",
        "   0.500  ! not protocol: one line of junk",
        "   0.600  ← tools/call    work #3  ok 500 ms",
    ]


def test_even_requests_and_errors_are_folded_when_they_are_too_many_to_read() -> None:
    scene = Scene()
    for n in range(200):
        scene.ask(n, "tools/call", {"name": "x"}, 0.1)
        scene.reply(n, {}, 0.1)
        scene.refuse(n, -1, "no", 0.1)
    scene.closed("signal", 0.2, signal="SIGKILL")

    assert [line[10:60].rstrip() for line in _shown(scene, 100)] == [
        "→ tools/call    ×200 · 14 KiB  (all in the recordi",
        "← tools/call    ok ×200 · 7.3 KiB  (all in the rec",
        "← tools/call    error ×200 · 12 KiB  (all in the r",
        "✗ died          signal SIGKILL (killed, perhaps fo",
    ]


def test_folding_again_adds_up() -> None:
    scene = Scene()
    for n in range(100):
        scene.log("info", f"message {n}", n / 10)
    entries: list[Event | Folded] = list(fold(scene.events[:60], 10))

    (folded,) = fold([*entries, *scene.events[60:]], 10)
    assert isinstance(folded, Folded)
    assert (folded.count, folded.t, folded.bytes) == (100, 9.9, sum(event.size for event in scene.events))  # type: ignore[union-attr]


def test_without_a_recording_none_is_promised() -> None:
    scene = Scene()
    for _ in range(5):
        scene.log("info", "x")

    (folded,) = fold(scene.events, 2)
    assert isinstance(folded, Folded)
    assert "recording" not in plain(folded_row(folded, recorded=False).spans)
