from __future__ import annotations

import os
import select
import threading
from collections.abc import Generator

import pytest

from mcpwatch.session.answers.over import Over
from mcpwatch.view.keyboard import Garbled, Interrupted, listening

pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals to make here")


@pytest.fixture
def terminal() -> Generator[tuple[int, int]]:
    """The two ends of a terminal: the person's, and the program's."""
    person, program = os.openpty()
    yield person, program
    os.close(person)
    os.close(program)


def test_lines_come_without_their_ends(terminal: tuple[int, int]) -> None:
    person, program = terminal
    with listening(program) as keyboard:
        os.write(person, "Grüße\nsecond\tone\n".encode())
        assert keyboard.readline() == "Grüße"
        assert keyboard.more()
        assert keyboard.readline() == "second\tone"
        assert not keyboard.more()


def test_what_was_typed_before_a_question_is_no_answer_to_it(terminal: tuple[int, int]) -> None:
    person, program = terminal
    os.write(person, b"yes\nye")

    with listening(program) as keyboard:
        os.write(person, b"no\n")
        assert keyboard.readline() == "no"
        os.write(person, b"yes\n")
    with listening(program) as keyboard:
        os.write(person, b"never\n")
        assert keyboard.readline() == "never"


def test_the_terminal_keeps_its_own_keys(terminal: tuple[int, int]) -> None:
    termios = pytest.importorskip("termios")
    _, program = terminal
    before = termios.tcgetattr(program)

    with listening(program):
        assert termios.tcgetattr(program) == before
    assert termios.tcgetattr(program) == before


def test_a_line_that_ctrl_c_drops_at_the_last_moment_keeps_nobody_waiting(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    termios = pytest.importorskip("termios")
    person, program = terminal

    with listening(program) as keyboard:
        look = select.poll

        class LooksTooEarly:
            """What was there when it looked is dropped before anybody takes it, as the terminal does on Ctrl-C."""

            def __init__(self) -> None:
                self.real = look()
                self.register = self.real.register

            def poll(self, timeout: float | None) -> list[tuple[int, int]]:
                found = self.real.poll(timeout)
                termios.tcflush(program, termios.TCIFLUSH)
                monkeypatch.setattr(select, "poll", look)
                keyboard.interrupt()
                return found

        monkeypatch.setattr(select, "poll", LooksTooEarly)
        os.write(person, b"dropped\n")
        with pytest.raises(Interrupted):
            keyboard.readline()


def test_another_thread_can_end_the_question(terminal: tuple[int, int]) -> None:
    _, program = terminal
    with listening(program) as keyboard:
        thread = threading.Thread(target=keyboard.interrupt)
        thread.start()
        with pytest.raises(Interrupted):
            keyboard.readline()
        thread.join()


def test_a_question_that_is_over_before_the_prompt_is_not_read_for(terminal: tuple[int, int]) -> None:
    person, program = terminal
    over = Over()
    over.set("the server took it back")

    with listening(program) as keyboard, over.calls(keyboard.interrupt):
        os.write(person, b"too late\n")
        with pytest.raises(Interrupted):
            keyboard.readline()


def test_ending_one_question_late_leaves_the_next_alone(terminal: tuple[int, int]) -> None:
    person, program = terminal
    first, second = Over(), Over()

    with listening(program) as keyboard, first.calls(keyboard.interrupt):
        os.write(person, b"one\n")
        assert keyboard.readline() == "one"
    first.set()
    with listening(program) as keyboard, second.calls(keyboard.interrupt):
        os.write(person, b"two\n")
        assert keyboard.readline() == "two"


@pytest.mark.parametrize("line", [b"Par\x1b[Dis\n", b"a\x01b\n"])
def test_a_key_that_the_terminal_does_not_know_is_no_part_of_an_answer(terminal: tuple[int, int], line: bytes) -> None:
    person, program = terminal
    with listening(program) as keyboard:
        os.write(person, line)
        with pytest.raises(Garbled, match="arrow key"):
            keyboard.readline()
        os.write(person, b"Paris\n")
        assert keyboard.readline() == "Paris"


def test_a_line_that_the_terminal_cut_is_not_taken_for_whole() -> None:
    reads, writes = os.pipe()
    os.write(writes, b"x" * 4_095 + b"\n")
    with listening(reads) as keyboard, pytest.raises(Garbled, match="4,095"):
        keyboard.readline()
    os.close(reads)
    os.close(writes)


def test_a_pipe_is_read_to_its_end_also_without_a_last_line_end() -> None:
    reads, writes = os.pipe()
    os.write(writes, b"one\r\ntwo")
    os.close(writes)

    with listening(reads) as keyboard:
        assert [keyboard.readline(), keyboard.readline()] == ["one", "two"]
        with pytest.raises(EOFError):
            keyboard.readline()
    os.close(reads)
