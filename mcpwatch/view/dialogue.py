"""One question's conversation with a person: what is said, what is typed, and the little language of commands.

A command is a line of a colon and one letter, alone or with something after it, or its whole name, alone; nothing else
ever is one, so `d` and `:-)` are answers, and a leading backslash makes an answer of a line that looks like a command.
What could be one that was misspelled goes out as an answer only when it is typed twice. What ends the question
(`:d`, `:c`, `:r`) works at every prompt and is raised as `Left`; what belongs to one kind of prompt is handed to
whoever asked for the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, TypeAlias

from mcpwatch.view.keyboard import Garbled, Lines
from mcpwatch.view.rows import Row
from mcpwatch.view.screen import Screen
from mcpwatch.view.style import Line, clean, pad, plain, wrap

__all__ = ["COMMANDS", "Command", "Dialogue", "Left", "Reply", "Validate"]

Reply: TypeAlias = dict[str, Any]
Validate: TypeAlias = Callable[[Mapping[str, Any], Any], str | None]
"""(schema, value) to a sentence that says why the value does not fit, or None."""

COMMANDS: Final[dict[str, tuple[str, str, str]]] = {
    "e": (":e", "edit", "write the answer in an editor ($VISUAL, $EDITOR or vi)"),
    "b": (":b [FIELD]", "back", "go back to the field before, or to FIELD"),
    "x": (":x", "leave out", "leave this field out"),
    "t": (":t TOOL k=v …", "tool", "call one of the tools; with the name alone its arguments are asked for"),
    "j": (":j [JSON]", "JSON", "a whole result, content, or one block of it; alone it opens the editor"),
    "o": (":o", "open it", "agree, and open the address in your browser"),
    "d": (":d", "decline", "say no"),
    "c": (":c", "cancel", "turn away without a yes or a no"),
    "r": (":r [CODE] WHY", "refuse", "answer with an error: its code (-1 if none is given) and message"),
    "s": (":s [FILE]", "save", "keep the answer as a rule for --answers"),
    "q": (":q", "question", "show the question again, as it came"),
    "?": (":?", "all", "this list"),
}
"""Letter to what is typed, a word, and what it does, in the order in which they are listed."""
ANYWHERE: Final = "dcrsq?"
_COMMAND: Final = re.compile(r":([a-z?])(?:\s+(.*))?", re.DOTALL)
_NAME: Final = re.compile(r":([a-z]{2,})(\s.*)?", re.DOTALL)
_NAMES: Final = {word.split()[0].lower(): letter for letter, (_, word, _) in COMMANDS.items()} | {"help": "?"}
"""Whole names of the commands."""
_CODE: Final = re.compile(r"([+-]?\d{1,9})(?:\s+(.*))?", re.DOTALL)
_LABEL: Final = 12
_INDENT: Final = "  "
RULES_FILE: Final = "answers.yaml"
"""Where `:s` saves to if no file is named."""


class Command(NamedTuple):
    """A command that the prompt takes itself."""

    letter: str
    rest: str


class Left(Exception):
    """The person ended the question: `reply` goes out, and `words` say so on the screen."""

    def __init__(self, reply: Reply, words: str) -> None:
        super().__init__(words)
        self.reply = reply
        self.words = words


class Dialogue:
    """`no` and `cancel` are the replies that `:d` and `:c` stand for; `show` writes the question again."""

    def __init__(
        self,
        screen: Screen,
        lines: Lines,
        *,
        no: Reply,
        cancel: Reply,
        show: Callable[[Dialogue], None],
        saves_to: str = "",
    ) -> None:
        self.save = ""
        """The file in which the person wants the answer as a rule."""
        self.lines = lines
        self._screen = screen
        self._no = no
        self._cancel = cancel
        self._show = show
        self._saves_to = saves_to
        self._prompt = ""
        self._doubted = ""
        """What was typed and is no command, though it looks like one."""

    # What is said

    def say(self, spans: Line, lead: str = _INDENT) -> None:
        """A line, or as many as it takes."""
        for line in wrap([(lead, ""), *clean(spans)], max(self._screen.width, 30), len(lead)):
            self._screen.write(self._screen.text(line) + "\n")

    def row(self, row: Row) -> None:
        """A row under its label. An address stays in one piece: it has to be looked at as a whole, and copied."""
        lead: Line = [(_INDENT, ""), (pad(clean(((row.what, ""),))[0][0], _LABEL - 1) + " ", "key")]
        spans = [*lead, *clean(row.spans)]
        lines = [spans] if row.what == "url" else wrap(spans, max(self._screen.width, 30), len(_INDENT) + _LABEL)
        for line in lines:
            self._screen.write(self._screen.text(line) + "\n")

    def wrong(self, sentence: str) -> None:
        """Why something did not do."""
        self.say([("  ! ", "warning"), (sentence, "warning")])

    def hint(self, first: str, own: str) -> None:
        """What can be typed, on one dim line: `first`, and as many of the commands as fit."""
        last = " · :? all"
        text, room = first, self._screen.width - len(_INDENT) - len(last)
        for letter in [letter for letter in COMMANDS if letter in own]:
            typed, word, _ = COMMANDS[letter]
            more = f" · {typed.partition(' ')[0]} {word}"
            if len(text) + len(more) <= room:
                text += more
        self.say([(text + last, "dim")])

    def end_line(self) -> None:
        """Begin a new line after a prompt that nobody ended."""
        self._screen.write("\n")

    # What is typed

    def read(self, label: Line, own: str = "") -> str | Command:
        """A line from the person, or one of the commands in `own`. Raises `Left`, `EOFError`, `Interrupted`."""
        while True:
            self._prompt = self._screen.text([(_INDENT, ""), *clean(label), (" › ", "question")])
            self._screen.write(self._prompt)
            try:
                typed = self.lines.readline()
            except Garbled as why:
                self.wrong(str(why))
                continue
            finally:
                self._prompt = ""
            line = typed.strip()
            command, name = _COMMAND.fullmatch(line), _NAME.fullmatch(line)
            if command is not None:
                letter, rest = command[1], (command[2] or "").strip()
            elif name is not None and name[1] in _NAMES and not name[2]:
                letter, rest = _NAMES[name[1]], ""
            elif name is not None and _looks_like_one(line) and self._doubted != line and not self.lines.more():
                self._doubted = line
                self._doubt(name[1])
                continue
            else:
                bare = line.lstrip("\\")
                return typed.lstrip()[1:] if bare != line and _looks_like_one(bare) else typed
            if letter in own:
                return Command(letter, rest)
            self._anywhere(letter, rest, own)

    def _doubt(self, name: str) -> None:
        near = get_close_matches(name, _NAMES, n=1)
        meant = f"; :{_NAMES[near[0]]} is {near[0]}" if near else "; :? lists what there is"
        self.wrong(f"there is no command like that{meant}. Type it again to send it as a text.")

    def again(self) -> None:
        """Show the prompt again: something else was on the screen."""
        if self._prompt:
            self._screen.write(self._prompt)

    def _anywhere(self, letter: str, rest: str, own: str) -> None:
        match letter:
            case "d":
                raise Left(self._no, "declined")
            case "c":
                raise Left(self._cancel, "cancelled")
            case "r":
                code = _CODE.fullmatch(rest)
                number, message = (int(code[1]), code[2] or "") if code else (-1, rest)
                reply = {"action": "error", "code": number, "message": message.strip() or "refused by the person"}
                raise Left(reply, f"refused: {reply['message']} ({number})")
            case "s":
                self.save = rest or self.save or self._saves_to or RULES_FILE
                self.say([(f"the answer will be saved as a rule in {self.save}", "dim")])
            case "q":
                self._show(self)
            case "?":
                self._list(own)
            case _ if letter in COMMANDS:
                self.wrong(f":{letter} means nothing here; :? lists what does.")
            case _:
                self.wrong(f"there is no command :{letter}; \\:{letter} is a text that looks like one.")

    def _list(self, own: str) -> None:
        for letter, (typed, _, about) in COMMANDS.items():
            if letter in own or letter in ANYWHERE:
                self.say([(pad(typed, 15), "command"), (about, "")])
        self.say([(pad("\\:d", 15), "command"), ("the text :d, and so on", "")])
        self.say([(pad("Ctrl-C", 15), "command"), ("end the run", "")])


def _looks_like_one(line: str) -> bool:
    """Whether a line is a command, or may have been meant as one."""
    name = _NAME.fullmatch(line)
    return _COMMAND.fullmatch(line) is not None or (name is not None and (not name[2] or name[1] in _NAMES))


def text_of_row(row: Row) -> str:
    """A row as plain text, for a file that an editor opens."""
    return plain([(pad(row.what, _LABEL), ""), *clean(row.spans)]).rstrip()
