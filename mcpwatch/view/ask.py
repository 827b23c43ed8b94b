"""A person at the terminal as the one who answers: the whole question, then a prompt that follows its form.

Nothing is opened, fetched or guessed; a URL is accepted only by an explicit yes, and opened only where the person says
so. Answers come back as what goes over the wire. How lines are read is left to `keyboard`, the little language of
commands to `dialogue`, forms to `filling`, sampling to `sampled`.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final, cast

from mcpwatch.session.answers.over import Over
from mcpwatch.session.auth.browser import open_page
from mcpwatch.session.auth.consent import is_web
from mcpwatch.text import size
from mcpwatch.view.dialogue import Command, Dialogue, Left, Reply, Validate, text_of_row
from mcpwatch.view.editor import CUT, Editor, EditorFailed, kept
from mcpwatch.view.filling import GoneBack, fill_in
from mcpwatch.view.form import form
from mcpwatch.view.keyboard import Interrupted, Lines, listening
from mcpwatch.view.questions import ASKED, asked
from mcpwatch.view.sampled import Sampled
from mcpwatch.view.screen import Screen
from mcpwatch.view.style import Line, clean, plain
from mcpwatch.view.values import entries, members, text_of

__all__ = ["TerminalAsker", "Validate"]

_REFUSED: Final[Reply] = {"action": "refuse"}
_BLOB: Final = 200
"""Characters of base64 that are still shown as they are."""


@dataclass(frozen=True, slots=True)
class _Means:
    """What every question of one terminal is asked with."""

    screen: Screen
    validate: Validate | None
    editor: Editor
    opener: Callable[[str], bool]
    saves_to: str


class TerminalAsker:
    """Asks on stderr and reads from stdin. `ask` blocks, so it wants a thread of its own; one question at a time.

    `lines` is where lines come from, by default the keyboard. `validate` has the last word on a form. `around` is
    entered while a question is on the screen (`TerminalStream.paused`). `opener` opens an address that the person
    wants opened, and says whether it could. `saves_to` names the file that gets every answer anyway.
    """

    def __init__(
        self,
        *,
        write: Callable[[str], object] | None = None,
        lines: Lines | None = None,
        validate: Validate | None = None,
        colour: bool | None = None,
        around: Callable[[], AbstractContextManager[object]] = nullcontext,
        editor: Editor | None = None,
        opener: Callable[[str], bool] | None = None,
        saves_to: str = "",
    ) -> None:
        screen = Screen.of(sys.stderr)
        if colour is None:
            colour = screen.colour and write is None
        self._screen = Screen(screen.write if write is None else write, False, colour, screen.size)
        self._means = _Means(self._screen, validate, editor or Editor(), opener or open_page, saves_to)
        self._lines = lines
        self._around = around
        self._turn = threading.Lock()
        self._asked: _Asked | None = None

    def ask(self, question: Mapping[str, Any], over: Over) -> Reply:
        """Put a question to the person; see `session.answers.ask.Asker` for its members and for the reply.

        Never raises over what is asked or typed.
        """
        # Making room may take its time, and the question may be over by then.
        with self._turn, self._around():
            try:
                if self._lines is not None:
                    return self._put(question, over, self._lines)
                with listening() as keyboard, over.calls(keyboard.interrupt):
                    return self._put(question, over, keyboard)
            finally:
                self._asked = None

    def _put(self, question: Mapping[str, Any], over: Over, lines: Lines) -> Reply:
        self._asked = _Asked(self._means, question, over, lines)
        return self._asked.reply()

    def tell(self, sentence: str) -> None:
        """Say something, between the lines of whatever else is on the screen."""
        with self._turn, self._around():
            self._screen.write(self._screen.text(clean([("  ", ""), (sentence, "dim")])) + "\n")

    def redraw(self) -> None:
        """Show the prompt again, if there is one: the terminal was somebody else's meanwhile. From any thread."""
        if (asked := self._asked) is not None:
            asked.dialogue.again()


class _Asked:
    """One question while it is asked."""

    def __init__(self, means: _Means, question: Mapping[str, Any], over: Over, lines: Lines) -> None:
        self._means = means
        self._question = question
        self._over = over
        self._method, self._params = text_of(question.get("method")), question.get("params")
        self._is_elicitation = self._method == "elicitation/create"
        self._no = _result({"action": "decline"}) if self._is_elicitation else dict(_REFUSED)
        self._cancel = _result({"action": "cancel"}) if self._is_elicitation else dict(_REFUSED)
        self.dialogue = Dialogue(
            means.screen,
            lines,
            no=self._no,
            cancel=self._cancel,
            show=self._show_as_it_came,
            saves_to=means.saves_to,
        )

    def reply(self) -> Reply:
        """Show it, have it answered, and say what became of it where that is not plain to see."""
        dialogue = self.dialogue
        try:
            if self._over.is_set:
                raise Interrupted
            self._show()
            given = self._answered()
        except Left as left:
            dialogue.say([(left.words, "dim")])
            given = dict(left.reply)
        except (EOFError, KeyboardInterrupt):
            dialogue.end_line()
            dialogue.say([("cancelled", "dim")])
            given = dict(self._cancel)
        except Interrupted:
            why = f": {self._over.why}" if self._over.why else ""
            dialogue.end_line()
            dialogue.say([(f"no longer asked{why}", "warning")])
            return dict(self._cancel)
        return {**given, "save": dialogue.save} if dialogue.save else given

    # What is asked

    def _show(self) -> None:
        dialogue, question = self.dialogue, self._question
        word = ASKED.get(self._method, self._method)
        head: Line = [("? ", "question"), (word, "question")]
        if link := text_of(question.get("link")):
            head.append((f"  {link} asks", "dim"))
        if during := text_of(question.get("during")):
            head.append((f" during {during}", "dim"))
        if waiting := question.get("waiting"):
            head.append((f" · {waiting} more wait{'s' if waiting == 1 else ''} after this", "warning"))
        dialogue.end_line()
        dialogue.say(head, lead="")
        spans, rows = asked(self._method, self._params, whole=True)
        if any(text for text, _ in spans):
            dialogue.say(spans)
        # The fields of a form are shown one by one, when they are asked for.
        for row in rows if not self._is_elicitation or self._is_url else ():
            dialogue.row(row)
        draft = members(question.get("draft"))
        if problem := text_of(draft.get("problem")):
            dialogue.say([("no draft: ", "warning"), (problem, "")])

    def _show_as_it_came(self, dialogue: Dialogue) -> None:
        shown = json.dumps(_without_blobs(self._params), indent=2, ensure_ascii=False, default=str)
        for line in shown.split("\n"):
            dialogue.say([(line, "")])

    def _about(self) -> str:
        """The question as plain text, for the file that an editor opens."""
        spans, rows = asked(self._method, self._params, whole=True)
        return "\n".join([plain(clean(spans)), *map(text_of_row, rows)])

    # How it is answered

    def _answered(self) -> Reply:
        if self._method == "sampling/createMessage":
            draft = members(self._question.get("draft"))
            sampled = Sampled(self.dialogue, members(self._params), self._edit, self._means.validate, self._about())
            return _result(sampled.ask(draft.get("result"), text_of(draft.get("rule"))))
        if self._is_url:
            return _result(self._agreed())
        if self._is_elicitation:
            return _result({"action": "accept", "content": self._filled_in()})
        return _result(self._json())

    @property
    def _is_url(self) -> bool:
        params = members(self._params)
        return self._is_elicitation and (
            params.get("mode") == "url" or ("url" in params and "requestedSchema" not in params)
        )

    def _edit(self, text: str, suffix: str) -> str:
        return self._means.editor.edit(text, suffix, self._over)

    def _agreed(self) -> Reply:
        url = text_of(members(self._params).get("url"))
        can_open = is_web(url)
        self.dialogue.hint("nothing opens by itself", "odcr" if can_open else "dcr")
        if self._yes("do you agree to go there?", "o" if can_open else "") == "o" and not self._means.opener(url):
            self.dialogue.wrong("no browser could be started: open the address yourself.")
        return {"action": "accept"}

    def _yes(self, what: str, own: str = "") -> str:
        """A yes, typed as such: Enter alone, which a hurried hand may have typed ahead, is a no. Or a command."""
        while True:
            typed = self.dialogue.read([(what, "key"), (" y/N", "dim")], own)
            if isinstance(typed, Command):
                return typed.letter
            low = typed.strip().lower()
            if low in ("y", "yes"):
                return low
            if low in ("", "n", "no"):
                raise Left(self._no, "declined")
            self.dialogue.wrong("type y or n; :c cancels.")

    def _filled_in(self) -> dict[str, Any]:
        schema = members(members(self._params).get("requestedSchema"))
        if not form(schema):
            self.dialogue.hint("there is nothing to fill in", "dcr")
            self._yes("accept?")
            return {}
        about = text_of(members(self._params).get("message"))
        while True:
            try:
                return fill_in(self.dialogue, schema, validate=self._means.validate, edit=self._edit, about=about)
            except GoneBack:
                self.dialogue.wrong("this is the first field; :d declines, :c cancels.")

    def _json(self) -> Any:
        self.dialogue.hint("the result as JSON on one line", "edrs")
        text = "{}"
        while True:
            typed = self.dialogue.read([("result", "key")], "e")
            if isinstance(typed, Command):
                try:
                    about = "".join(f"# {line}\n" for line in self._about().split("\n"))
                    typed = text = kept(self._edit(f"{text}\n\n{CUT}\n{about}", ".json"))
                except EditorFailed as failed:
                    self.dialogue.wrong(str(failed))
                    continue
            if not typed.strip():
                self.dialogue.wrong("nothing there yet: {} is an empty result, :d refuses.")
                continue
            try:
                return json.loads(typed)
            except (ValueError, RecursionError) as error:
                self.dialogue.wrong(f"that is not JSON: {error}.")


def _result(result: Any) -> Reply:
    return {"action": "result", "result": result}


def _without_blobs(value: object) -> object:
    """The same with long base64 data named by its size."""
    if isinstance(value, Mapping):
        kept_members = members(cast("object", value))
        return {
            key: f"({size(len(item))} of base64)"
            if key in ("data", "blob") and isinstance(item, str) and len(item) > _BLOB
            else _without_blobs(item)
            for key, item in kept_members.items()
        }
    items = entries(value)
    return [_without_blobs(item) for item in items] if items else value
