"""One way of answering a question: a text, JSON, folders. Each is a widget that makes a result of what was typed.

A way never sends anything: it says what the result would be, or in one sentence why there is none yet. What it starts
with is kept, so that a dialog knows whether somebody has typed something that must not be lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Vertical

from mcpwatch.session.answers.giving import Unfit, listed
from mcpwatch.session.answers.question import Question
from mcpwatch.text import sanitize
from mcpwatch.tui.call.entry import JsonEntry, LinesEntry
from mcpwatch.view.blank.jsontext import BadJson, json_text, read_json
from mcpwatch.view.editor import CUT, kept
from mcpwatch.view.values import entries, members, text_of

__all__ = ["FoldersWay", "JsonWay", "NotYet", "TextWay", "Way", "sampled"]

MODEL: Final = "a person"
_CONTENT_TYPES: Final = frozenset({"text", "image", "audio", "tool_use", "tool_result", "resource", "resource_link"})


class NotYet(Exception):
    """What was typed is no answer yet; `str(error)` says why, in a sentence for the person."""


def sampled(content: Any, stop: str = "endTurn") -> dict[str, Any]:
    """What a sampling request is answered with."""
    return {"role": "assistant", "content": content, "model": MODEL, "stopReason": stop}


class Way(Vertical):
    """A way of answering `question`. `NAME` is what the dialog calls it."""

    NAME: ClassVar[str] = ""
    SUFFIX: ClassVar[str] = ""
    """Of the file that an editor opens; empty where there is nothing to edit as text."""
    DEFAULT_CSS = """
    Way { height: auto; }
    Way > TextArea { height: auto; min-height: 3; max-height: 12; border: tall $border-blurred; }
    Way > TextArea:focus { border: tall $border; }
    """

    def __init__(self, question: Question, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.question = question

    def result(self) -> Any:
        """What would be sent. Raises `NotYet`."""
        raise NotImplementedError

    def doubt(self, result: Any) -> str:
        """What looks wrong about a result that could be sent all the same; empty for a good one."""
        return ""

    @property
    def touched(self) -> bool:
        """Whether the person has typed something."""
        return False

    def fill(self, result: Any) -> bool:
        """Start from this result (a draft's); False where it cannot be shown here."""
        return False

    def edited(self) -> str:
        """The text that an editor opens."""
        return ""

    def take(self, text: str) -> None:
        """What came back from the editor. Raises `NotYet`."""

    def enter(self) -> None:
        """Give the focus to where one types."""
        for widget in self.query("*"):
            if widget.focusable:
                self.screen.set_focus(widget)  # at once: what is typed behind a key that opens it is meant for it
                return


class _Typed(Way):
    """A way that is one area of text."""

    ENTRY: ClassVar[type[LinesEntry]] = LinesEntry
    PLACEHOLDER: ClassVar[str] = ""

    def __init__(self, question: Question, text: str = "", *, id: str | None = None) -> None:
        super().__init__(question, id=id)
        self._first = text

    def compose(self) -> ComposeResult:
        entry = self.ENTRY(self._first)
        entry.placeholder = self.PLACEHOLDER
        yield entry

    @property
    def area(self) -> LinesEntry:
        return self.query_one(LinesEntry)

    @property
    def text(self) -> str:
        return self.area.text

    @property
    def touched(self) -> bool:
        return self.text != self._first

    def _start(self, text: str) -> None:
        self._first = text
        self.area.text = text

    def edited(self) -> str:
        return self.text

    def take(self, text: str) -> None:
        self.area.text = kept(text)


class TextWay(_Typed):
    """A text in the model's place. A draft that is sent unchanged goes out with its own model and reason to stop."""

    NAME = "text"
    SUFFIX = ".md"
    PLACEHOLDER = "what the model would say"

    def __init__(self, question: Question, *, id: str | None = None) -> None:
        super().__init__(question, id=id)
        self._drafted: Any = None

    def result(self) -> Any:
        text = self.text
        if self._drafted is not None and text == self._first:
            return self._drafted
        if not text.strip():
            raise NotYet('nothing is typed yet: "" is an empty text.')
        return sampled({"type": "text", "text": "" if text.strip() == '""' else text})

    def fill(self, result: Any) -> bool:
        text = _plain_text(members(result).get("content"))
        # What could not be seen as it is would be sent unseen: as JSON it can be.
        if not text or sanitize(text, lines=True) != text:
            return False
        self._drafted = result
        self._start(text)
        return True

    def edited(self) -> str:
        return f"{self.text}\n\n{CUT}\n"


class JsonWay(_Typed):
    """Any result, as JSON: it goes out as it stands."""

    NAME = "JSON"
    SUFFIX = ".json"
    ENTRY = JsonEntry
    PLACEHOLDER = "the result as JSON"

    def result(self) -> Any:
        if not self.text.strip():
            raise NotYet("nothing is typed yet: {} is an empty result.")
        try:
            value = read_json(self.text)
        except BadJson as error:
            raise NotYet(f"{error}.") from None
        if self.question.kind != "sampling":
            return value
        if isinstance(value, str):
            return sampled({"type": "text", "text": value})
        if isinstance(value, list) or members(value).get("type") in _CONTENT_TYPES:
            return sampled(value)
        return value

    def doubt(self, result: Any) -> str:
        said = members(result)
        needed = {"sampling": ("role", "content", "model"), "elicitation": ("action",), "roots": ("roots",)}
        if not isinstance(result, Mapping):
            return "a result is an object"
        lacking = [name for name in needed.get(self.question.kind, ()) if name not in said]
        return f"it has no {', no '.join(lacking)}" if lacking else ""

    def fill(self, result: Any) -> bool:
        self._start(json_text(result))
        return True


class FoldersWay(_Typed):
    """Folders, one in each line; what is a URI stands as it is."""

    NAME = "folders"
    SUFFIX = ".txt"
    PLACEHOLDER = "one folder or URI in each line; none at all is an answer too"

    def result(self) -> Any:
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        try:
            return {"roots": listed(lines, Path.cwd())}
        except Unfit as unfit:
            raise NotYet(str(unfit)) from None

    def fill(self, result: Any) -> bool:
        uris = [text_of(members(root).get("uri")) for root in entries(members(result).get("roots"))]
        self._start("\n".join(uris))
        return True


def _plain_text(content: object) -> str:
    """The text of content that is nothing but one text."""
    parts = entries(content) or (content,)
    one = members(parts[0])
    return text_of(one.get("text")) if len(parts) == 1 and one.get("type") == "text" else ""
