from __future__ import annotations

import os
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mcpwatch.session.answers.over import Over
from mcpwatch.view.editor import CUT, Editor, EditorFailed, kept
from tests.view.person import UPPER, program


def test_the_editor_is_the_one_that_the_environment_names(tmp_path: Path) -> None:
    upper = program(tmp_path, UPPER)
    for environ in ({"VISUAL": upper, "EDITOR": "false"}, {"VISUAL": "", "EDITOR": upper}):
        assert Editor(environ=environ).edit("käse\n", ".md", Over()) == "KÄSE\n"


def test_the_file_is_for_the_person_alone_and_goes_with_the_editor(tmp_path: Path) -> None:
    code = "(folder / 'seen').write_text(f'{file} {file.parent.stat().st_mode & 0o777:o}')"
    Editor(environ={"EDITOR": program(tmp_path, code)}).edit("text", ".yaml", Over())
    file, mode = (tmp_path / "seen").read_text().split()
    assert file.endswith(".yaml")
    assert mode == "700"
    assert not Path(file).parent.exists()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("/nowhere/vi", "/nowhere/vi could not be used: No such file"),
        ("vi '", "No closing quotation"),
        ("false", "false ended with 1, so nothing has changed"),
    ],
)
def test_without_an_editor_that_works_it_says_why(command: str, reason: str) -> None:
    with pytest.raises(EditorFailed, match=re.escape(reason)):
        Editor(environ={"EDITOR": command}).edit("text", ".md", Over())


def test_bytes_that_are_no_text_change_nothing(tmp_path: Path) -> None:
    with pytest.raises(EditorFailed, match="not UTF-8"):
        Editor(environ={"EDITOR": program(tmp_path, "file.write_bytes(b'\\xff')")}).edit("text", ".md", Over())


def test_ctrl_c_is_the_editors_while_it_is_open(tmp_path: Path) -> None:
    steps: list[str] = []

    @contextmanager
    def around() -> Generator[None]:
        steps.append("open")
        yield
        steps.append("closed")

    Editor(environ={"EDITOR": "true"}, around=around).edit("text", ".md", Over())
    assert steps == ["open", "closed"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_question_that_is_over_closes_the_editor_and_keeps_what_was_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "written")
    code = "file.write_text('half an answer')\n(folder / 'written').write_text('yes')\nimport signal; signal.pause()"
    over = Over()

    def end() -> None:
        (tmp_path / "written").read_text()
        over.set("the server took the question back")

    thread = threading.Thread(target=end)
    thread.start()
    with pytest.raises(EditorFailed, match="over"):
        Editor(environ={"EDITOR": program(tmp_path, code)}).edit("text", ".md", over)
    thread.join()
    assert over.why.startswith("the server took the question back. What you wrote is in ")
    file = Path(over.why.rpartition(" ")[2])
    assert file.read_text() == "half an answer"
    file.unlink()
    file.parent.rmdir()


def test_from_the_cut_on_nothing_counts() -> None:
    assert kept(f"one\n\n two\n\n\n{CUT}\nthree\n") == "one\n\n two"
    assert kept("one\r\n") == "one"
    assert kept(f"{CUT}\nthree") == ""
