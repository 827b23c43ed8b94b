from __future__ import annotations

import os
import signal
import threading
from collections.abc import Generator

import pytest

from mcpwatch.view.keyboard import Interrupted, Keyboard

pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals to make here")


@pytest.fixture
def terminal() -> Generator[tuple[int, int]]:
    """The two ends of a terminal: the person's, and the program's."""
    person, program = os.openpty()
    yield person, program
    os.close(person)
    os.close(program)


def test_lines_come_without_their_ends_and_those_typed_ahead_wait(terminal: tuple[int, int]) -> None:
    person, program = terminal
    keyboard = Keyboard(program)
    os.write(person, "Grüße\nsecond\n".encode())

    with keyboard.listening():
        assert keyboard.readline() == "Grüße"
    with keyboard.listening():
        assert keyboard.readline() == "second"


def test_ctrl_c_ends_the_question_and_not_the_program(terminal: tuple[int, int]) -> None:
    person, program = terminal
    keyboard = Keyboard(program)

    with keyboard.listening():
        os.write(person, b"half a li\x03")
        with pytest.raises(KeyboardInterrupt):
            keyboard.readline()
        os.write(person, b"next\n")
        assert keyboard.readline() == "next"


def test_ctrl_c_twice_in_a_row_is_for_the_whole_run(terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    person, program = terminal
    times = iter([10.0, 11.0, 20.0])
    keyboard = Keyboard(program, clock=lambda: next(times))
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _pid, number: killed.append(number))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    for expected in ([], [signal.SIGINT], [signal.SIGINT]):
        with keyboard.listening():
            os.write(person, b"\x03")
            with pytest.raises(KeyboardInterrupt):
                keyboard.readline()
        assert killed == expected


def test_the_terminal_is_as_it_was_afterwards(terminal: tuple[int, int]) -> None:
    termios = pytest.importorskip("termios")
    _, program = terminal
    before = termios.tcgetattr(program)

    with Keyboard(program).listening():
        assert termios.tcgetattr(program) != before
    assert termios.tcgetattr(program) == before


def test_another_thread_can_end_the_question(terminal: tuple[int, int]) -> None:
    _, program = terminal
    keyboard = Keyboard(program)

    with keyboard.listening():
        thread = threading.Thread(target=keyboard.interrupt)
        thread.start()
        with pytest.raises(Interrupted):
            keyboard.readline()
        thread.join()


def test_interrupting_nobody_does_nothing_to_the_next_question(terminal: tuple[int, int]) -> None:
    person, program = terminal
    keyboard = Keyboard(program)
    keyboard.interrupt()

    with keyboard.listening():
        os.write(person, b"fine\n")
        assert keyboard.readline() == "fine"


def test_a_pipe_is_read_to_its_end_also_without_a_last_line_end() -> None:
    reads, writes = os.pipe()
    keyboard = Keyboard(reads)
    os.write(writes, b"one\r\ntwo")
    os.close(writes)

    with keyboard.listening():
        assert [keyboard.readline(), keyboard.readline()] == ["one", "two"]
        with pytest.raises(EOFError):
            keyboard.readline()
    os.close(reads)
