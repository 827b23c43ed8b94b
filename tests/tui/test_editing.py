"""The person's own editor in place of the screens."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from textual.drivers.headless_driver import HeadlessDriver

from mcpwatch.session.answers.over import Over
from mcpwatch.tui.editing import edit, is_lent
from mcpwatch.view.editor import EditorFailed
from tests.session.answers.asking import form, question, roots, sampling
from tests.tui.conftest import opened, wait_until
from tests.tui.questions.asking import at_desk

pytestmark = pytest.mark.anyio


def editor(monkeypatch: pytest.MonkeyPatch, folder: Path, does: str, *, lends: bool = True) -> Path:
    """An editor that does this with the text of its file (`text`, `file`), in a terminal that can be lent."""
    script = folder / "editor.py"
    script.write_text(
        f"import pathlib, sys, time\nfile = pathlib.Path(sys.argv[1])\ntext = file.read_text()\n{does}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    monkeypatch.setattr(HeadlessDriver, "can_suspend", lends)
    return script


async def test_the_text_is_what_the_editor_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    editor(monkeypatch, tmp_path, "file.write_text(text + 'two')")
    async with opened() as screens:
        before = signal.getsignal(signal.SIGINT)
        assert await edit(screens.app, "one ", ".md") == "one two"
        assert signal.getsignal(signal.SIGINT) is before
        await screens.shows("1 Traffic")


async def test_an_editor_that_fails_changes_nothing_and_the_screens_are_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    editor(monkeypatch, tmp_path, "sys.exit(3)")
    async with opened() as screens:
        with pytest.raises(EditorFailed, match="ended with 3"):
            await edit(screens.app, "one", ".md")
        await screens.shows("1 Traffic")


async def test_a_terminal_that_cannot_be_lent_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    editor(monkeypatch, tmp_path, "", lends=False)
    async with opened() as screens:
        with pytest.raises(EditorFailed, match="cannot be lent"):
            await edit(screens.app, "one", ".md")


async def test_the_editor_ends_when_its_text_is_not_wanted_any_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opens = tmp_path / "opens"
    editor(monkeypatch, tmp_path, f"pathlib.Path({str(opens)!r}).touch()\ntime.sleep(600)")
    async with opened() as screens:
        over = Over()
        editing = asyncio.get_running_loop().create_task(edit(screens.app, "one", ".md", over))
        await wait_until(opens.exists)
        assert is_lent(screens.app)
        over.set("the server has gone")
        with pytest.raises(EditorFailed, match="the question is over"):
            await editing
        assert not is_lent(screens.app)


@pytest.mark.parametrize(
    ("kind", "does", "sent"),
    [
        ("sampling", "file.write_text('Rayleigh\\n' + text)", "Rayleigh"),
        ("form", "file.write_text(text.replace('{', '{\"name\": \"Ada\",', 1))", "Ada"),
        ("roots", "file.write_text('file:///from/the/editor')", "file:///from/the/editor"),
        ("custom", "file.write_text('{\"made\": 1}')", "made"),
    ],
)
async def test_every_answer_can_be_written_in_an_editor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, does: str, sent: str
) -> None:
    editor(monkeypatch, tmp_path, does)
    put = {"sampling": sampling(), "form": form(), "roots": roots(), "custom": question("x/y")}[kind]
    async with at_desk(size=(120, 40)) as person:
        await person.is_asked(put)
        await person.press("ctrl+e")
        await person.shows(sent)
        await person.press("ctrl+j")
        assert sent in str((await person.heard()).result)


async def test_what_the_editor_left_and_is_no_json_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    editor(monkeypatch, tmp_path, "file.write_text('{')")
    async with at_desk() as person:
        await person.is_asked(form())
        await person.press("ctrl+e")
        await person.shows("not JSON")
        assert person.desk.waiting == 1


async def test_no_bell_rings_while_an_editor_has_the_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opens = tmp_path / "opens"
    editor(monkeypatch, tmp_path, f"pathlib.Path({str(opens)!r}).touch()\ntime.sleep(600)")
    rung: list[bool] = []
    async with at_desk() as person:
        monkeypatch.setattr(person.app, "bell", lambda: rung.append(is_lent(person.app)))
        await person.is_asked(sampling())
        await person.press("ctrl+e")
        await wait_until(opens.exists)
        person.put(form())
        await person.waits(2)
        await person.pilot.pause()
        person.tasks[0].cancel()
        await person.until(lambda: not is_lent(person.app))
    assert True not in rung


async def test_a_question_that_goes_ends_its_editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opens = tmp_path / "opens"
    editor(monkeypatch, tmp_path, f"pathlib.Path({str(opens)!r}).touch()\ntime.sleep(600)")
    async with at_desk() as person:
        await person.is_asked(sampling())
        await person.press("ctrl+e")
        await wait_until(opens.exists)
        person.tasks[0].cancel()
        await person.shows("no longer asked")
