"""A person at the terminal as the one who answers: the whole question, then a prompt that follows its form.

A slip of the fingers costs a line, never the call: what does not fit is explained and asked again. Nothing is opened,
fetched or guessed; a URL is accepted only by an explicit yes. Answers come back as what goes over the wire.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final, TypeAlias

from mcpwatch.view.form import Field, Mistyped, form, wants
from mcpwatch.view.keyboard import Interrupted, Keyboard
from mcpwatch.view.questions import ASKED, asked
from mcpwatch.view.rows import Row
from mcpwatch.view.screen import Screen
from mcpwatch.view.style import Line, clean, pad
from mcpwatch.view.values import compact, members, text_of

__all__ = ["TerminalAsker", "Validate"]

Validate: TypeAlias = Callable[[Mapping[str, Any], Any], str | None]
"""(schema, value) to a sentence that says why the value does not fit, or None."""
Answer: TypeAlias = dict[str, Any]

_LABEL: Final = 12
_INDENT: Final = "  "
_REFUSED: Final[Answer] = {"action": "refuse"}
_KEYBOARD: Final = Keyboard()
"""One for all: what was typed ahead must not get lost between two questions."""


class _Decline(Exception):
    """The person says no."""


class _Cancel(Exception):
    """The person turns away without saying yes or no."""


class TerminalAsker:
    """Asks on stderr and reads from stdin. `ask` blocks, so it wants a thread of its own; one question at a time.

    `readline` returns a line without its end and raises `EOFError` at the end of the input; Ctrl-C is
    `KeyboardInterrupt`. `validate` has the last word on a form. `around` is entered while a question is on the screen
    (`TerminalStream.paused`).
    """

    def __init__(
        self,
        *,
        write: Callable[[str], object] | None = None,
        readline: Callable[[], str] | None = None,
        validate: Validate | None = None,
        colour: bool | None = None,
        around: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        screen = Screen.of(sys.stderr)
        self._write = screen.write if write is None else write
        if colour is None:
            colour = screen.colour and write is None
        self._screen = Screen(self._write, False, colour, screen.size)
        self._readline = readline
        self._validate = validate
        self._around = around
        self._turn = threading.Lock()
        self._over = False

    def ask(self, question: Mapping[str, Any]) -> Answer:
        """Put `{"link", "kind", "method", "params"}` to the person.

        The answer is `{"action": "result", "result": …}` with the result for the wire (an elicitation's decline and
        cancel are results), or `{"action": "refuse"}`. Never raises over what is asked or typed.
        """
        with self._turn:
            self._over = False
            # Making room may take its time, and the question may be over by then.
            with self._around(), nullcontext() if self._readline is not None else _KEYBOARD.listening():
                return self._ask(question)

    def interrupt(self) -> None:
        """The question is no longer wanted: `ask` returns at once. From any thread; nothing happens if nobody is
        asked."""
        self._over = True
        _KEYBOARD.interrupt()

    def _ask(self, question: Mapping[str, Any]) -> Answer:
        method, params = text_of(question.get("method")), question.get("params")
        elicitation = method == "elicitation/create"
        try:
            if self._over:
                raise Interrupted
            self._question(text_of(question.get("link")), method, params)
            if method == "sampling/createMessage":
                return self._sampling()
            if elicitation:
                return _result({"action": "accept", **self._elicitation(members(params))})
            if method == "roots/list":
                return self._roots()
            return self._anything()
        except _Decline:
            answer = _result({"action": "decline"}) if elicitation else dict(_REFUSED)
            words = "declined"
        except (_Cancel, KeyboardInterrupt, EOFError):
            answer = _result({"action": "cancel"}) if elicitation else dict(_REFUSED)
            words = "cancelled"
        except Interrupted:
            answer = _result({"action": "cancel"}) if elicitation else dict(_REFUSED)
            words = "no longer asked"
        self._say([("", ""), (words, "dim")])
        return answer

    # What is asked

    def _question(self, link: str, method: str, params: object) -> None:
        spans, rows = asked(method, params)
        word = ASKED.get(method, method)
        self._write("\n")
        self._say([("? ", "question"), (word, "question"), (f"  {link} asks" if link else "", "dim")], lead="")
        if any(text for text, _ in spans):
            self._say(spans)
        for row in rows if method != "elicitation/create" or members(params).get("mode") == "url" else ():
            self._row(row)

    def _row(self, row: Row) -> None:
        self._say([(pad(clean(((row.what, ""),))[0][0], _LABEL - 1) + " ", "key"), *row.spans])

    def _say(self, spans: Line, lead: str = _INDENT) -> None:
        self._write(self._screen.text([(lead, ""), *clean(spans)]) + "\n")

    def _prompt(self, spans: Line) -> str:
        """One line from the person. `:d` declines and `:c` cancels anywhere; a leading `\\` takes that meaning away."""
        self._write(self._screen.text([(_INDENT, ""), *clean(spans), (" › ", "question")]))
        typed = self._readline() if self._readline is not None else _KEYBOARD.readline()
        if typed.strip() == ":d":
            raise _Decline
        if typed.strip() == ":c":
            raise _Cancel
        return typed[1:] if typed[:2] in ("\\:", "\\d", "\\.") else typed

    # Sampling, roots, anything

    def _sampling(self) -> Answer:
        self._say([("your answer; a line with only . ends it, d declines, Ctrl-C cancels", "dim")])
        lines: list[str] = []
        while True:
            try:
                line = self._raw("answer" if not lines else "")
            except EOFError:
                if not lines:
                    raise
                break
            if not lines and line.strip() in ("d", ":d"):
                raise _Decline
            if not lines and line.strip() == ":c":
                raise _Cancel
            if line.strip() == ".":
                break
            lines.append(line[1:] if line[:2] in ("\\d", "\\:", "\\.") else line)
        text = "\n".join(lines)
        content = {"type": "text", "text": text}
        return _result({"role": "assistant", "content": content, "model": "a person", "stopReason": "endTurn"})

    def _raw(self, label: str) -> str:
        self._write(self._screen.text([(_INDENT, ""), (pad(label, 6), "key"), (" › ", "question")]))
        return self._readline() if self._readline is not None else _KEYBOARD.readline()

    def _roots(self) -> Answer:
        self._say([("folders, one a line; an empty line ends the list, :d refuses", "dim")])
        roots: list[dict[str, str]] = []
        while typed := self._prompt([("folder", "key")]).strip():
            folder = Path(typed).expanduser().absolute()
            if folder.is_dir():
                roots.append({"uri": folder.as_uri(), "name": folder.name or str(folder)})
            else:
                self._wrong(f"{compact(str(folder))} is no folder.")
        return _result({"roots": roots})

    def _anything(self) -> Answer:
        self._say([("the result as JSON on one line; an empty line refuses", "dim")])
        while typed := self._prompt([("result", "key")]).strip():
            try:
                return _result(json.loads(typed))
            except (ValueError, RecursionError) as error:
                self._wrong(f"that is not JSON: {error}.")
        raise _Decline

    def _wrong(self, sentence: str) -> None:
        self._say([("  ! ", "warning"), (sentence, "warning")])

    # Elicitation

    def _elicitation(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The members of an accepted elicitation beside its action. Raises for any other end."""
        if params.get("mode") == "url" or ("url" in params and "requestedSchema" not in params):
            self._say([("nothing is opened for you; yes says that you agree to go there", "dim")])
            self._agree("agree?")
            return {}
        schema = members(params.get("requestedSchema"))
        fields = form(schema)
        if not fields:
            self._agree("accept?")
            return {"content": {}}
        self._say([("Enter takes the default or skips; :d declines, :c or Ctrl-C cancels", "dim")])
        given: dict[str, Any] = {}
        while True:
            given = self._fields(fields, schema, given)
            wrong = self._validate(schema, given) if self._validate is not None else None
            if wrong is None:
                return {"content": given}
            self._wrong(f"the form does not fit yet: {wrong}")
            self._say([("once more; Enter keeps what you gave", "dim")])

    def _agree(self, what: str) -> None:
        """A yes, typed as such: Enter alone, which a hurried hand may have typed ahead, is a no."""
        while True:
            typed = self._prompt([(what, "key"), (" y/N, c cancels", "dim")]).strip().lower()
            if typed in ("y", "yes"):
                return
            if typed in ("", "n", "no", "d"):
                raise _Decline
            if typed == "c":
                raise _Cancel
            self._wrong("type y, n or c.")

    def _fields(self, fields: Sequence[Field], schema: Mapping[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for field in fields:
            found, value = self._field(field, schema, before)
            if found:
                given[field.name] = value
        return given

    def _field(self, field: Field, schema: Mapping[str, Any], before: dict[str, Any]) -> tuple[bool, Any]:
        """The value of one field; (False, None) when it is skipped."""
        self._introduce(field, schema)
        kept = before.get(field.name, field.default)
        has_kept = field.name in before or field.has_default
        hint = f" [{compact(kept, 60)}]" if has_kept else ""
        if field.kind == "boolean":
            hint = " Y/n" if kept is True else " y/N" if kept is False else " y/n"
        while True:
            typed = self._prompt([(field.name, "name"), (hint, "dim")])
            if not typed.strip():
                if has_kept:
                    return True, kept
                if not field.required:
                    return False, None
                self._wrong(
                    "this one is required" + (', type "" for an empty text.' if field.kind == "string" else ".")
                )
                continue
            try:
                value = field.read("" if field.kind == "string" and typed.strip() == '""' else typed)
            except Mistyped as error:
                self._wrong(str(error))
                continue
            wrong = (
                self._validate(field.schema, value)
                if self._validate is not None and "$ref" not in field.schema
                else None
            )
            if wrong is None:
                return True, value
            self._wrong(wrong)

    def _introduce(self, field: Field, schema: Mapping[str, Any]) -> None:
        """What the field is, and its options by number."""
        about = text_of(field.schema.get("description") or field.schema.get("title"))
        line: Line = [(field.name, "name"), ("  ", ""), (wants(field, schema), "dim")]
        self._say([*line, (f"  {about}", "")] if about and about != field.name else line)
        for index, (value, title) in enumerate(field.options, 1):
            name = text_of(value)
            also = f"  ({name})" if name != title else ""
            self._say([(f"  {index:2}  ", "key"), (title, ""), (also, "dim")])
        if field.many:
            self._say([("  several: numbers or names with commas between", "dim")])


def _result(result: Any) -> Answer:
    return {"action": "result", "result": result}
