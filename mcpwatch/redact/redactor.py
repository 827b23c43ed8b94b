"""The redactor: one event in, the same event out, without what must not leave this process.

Owns the policy: which parts of each kind of event are searched, what is learned from them, and what happens if a part
of this room fails (the event is emptied: better a hole in a recording than a password in it). Where secrets stand and
how they are found is known by its neighbours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, cast
from weakref import WeakSet

from mcpwatch.errors import UsageError
from mcpwatch.events import BatchItem, Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.redact.commands import credentials, redact_argv
from mcpwatch.redact.emptied import emptied
from mcpwatch.redact.headers import redact_body, redact_headers
from mcpwatch.redact.literals import MARK, Literals, cut, find_escaped, finder, hides, string_finder
from mcpwatch.redact.naming import REDACTED, secret_name
from mcpwatch.redact.splice import Area, splice
from mcpwatch.redact.urls import redact_url, redact_urls
from mcpwatch.strictjson import from_json

# Learned from what we sent: refreshed by every request. Learned from what came: a server could fill it with cookies.
_SENT, _RECEIVED = "sent", "received"
# Copies of what frames say, or of what the protocol fixes: a hit in them would be a coincidence that breaks replaying.
_FIXED_HEADERS = frozenset({"mcp-method", "mcp-protocol-version", "content-type", "content-length"})
_FIXED_NOTES = frozenset({"method", "id"})
_DEEPEST = 64
_MOST_NAMES = 1000
_alive: WeakSet[Redactor] = WeakSet()


def alive() -> list[Redactor]:
    """Those that are in use: what is said of a crash passes all of them."""
    return list(_alive)


class Redactor:
    """A callable `Event -> Event` that replaces secrets by `[redacted]`, and never raises.

    `secrets` are literal values; `keys` names of JSON members whose whole value goes (compared without case);
    `patterns` regular expressions, searched in every string value and in stderr; `names` further names of environment
    entries, headers, options and parameters that hold secrets. A pattern that does not compile is a `UsageError`.

    Called by one thread at a time (under the hub's lock). `learn` may be called by any.
    """

    def __init__(
        self,
        *,
        secrets: Iterable[str] = (),
        keys: Iterable[str] = (),
        patterns: Iterable[str] = (),
        names: Iterable[str] = (),
    ) -> None:
        _alive.add(self)
        self._off = False
        self._literals = Literals()
        self._keys = frozenset(key.lower() for key in keys if key)
        self._key_hints = _hints(self._keys)
        self._patterns = tuple(map(_compiled, patterns))
        self._extra_names = frozenset(_plain(name) for name in names)
        self._only_literals = not self._keys and not self._patterns
        self._names: dict[str, str] = {}
        extras = {"keys": self._keys, "patterns": self._patterns, "names": self._extra_names}
        self._policy = "+".join(["default", *(word for word, given in extras.items() if given)])
        for value in secrets:
            self.learn(value)

    @classmethod
    def off(cls) -> Redactor:
        """A redactor that lets every event pass as it is, with the policy `off`."""
        redactor = cls()
        redactor._off = True
        redactor._policy = "off"
        return redactor

    @property
    def policy(self) -> str:
        """What a recording's header says: `default`, `default+keys+patterns+names` (what was given), or `off`."""
        return self._policy

    def learn(self, value: str) -> bool:
        """Replace `value` wherever it is met from now on. Returns whether it is new and fit to be searched for.

        A value that would wreck a recording is refused: under 6 characters, few digits only, or a word such as
        `password`. Of `Bearer abc` only what follows the scheme is learned, of `Basic …` the password too, of a URL
        also its parts.
        """
        return self._learn(value, None) if value else False

    def text(self, value: str) -> str:
        """Any other text (a line for stderr, a message of an error) without the secrets known so far."""
        return value if self._off else self._text(value)

    def passes(self, data: bytes) -> bool:
        """Whether there is nothing to redact in any frame made of some of these bytes. False where that cannot be told
        without a look at the events. `name` says what becomes of the names that frames have from their requests."""
        if self._off:
            return True
        return not (self._patterns or self._holds_key(data) or self._literals.may_hold(data))

    def name(self, name: str, method: str | None) -> str:
        """The `name` of a frame, as it may be shown; `method` is the frame's. Never raises."""
        if self._off:
            return name
        try:
            return self._name(name, method)
        except Exception:  # as for events
            return REDACTED

    def __call__(self, event: Event) -> Event:
        """The event, or a copy without its secrets. If that fails, the event without anything that was written."""
        if self._off:
            return event
        try:
            if isinstance(event, Frame):
                return self._frame(event)
            if isinstance(event, Stderr):
                return self._stderr(event)
            if isinstance(event, Http):
                return self._http(event)
            if isinstance(event, Opened):
                return self._opened(event)
            if isinstance(event, Note):
                return self._note(event)
            return self._closed(event)
        except Exception:  # Whatever it is: observers cannot break traffic, and what was not searched is not shown.
            return emptied(event)

    # --- what is learned

    def _learn(self, value: str, ring: str | None) -> bool:
        learned = [self._literals.add(literal, ring=ring) for literal in credentials(value)]
        if not any(learned):
            return False
        self._names = {}
        return True

    def _found(self, ring: str | None) -> Callable[[str], object]:
        return lambda value: value == REDACTED or self._learn(value, ring)

    def _secret(self, name: str) -> bool:
        return secret_name(name) or _plain(name) in self._extra_names

    # --- frames

    def _frame(self, frame: Frame) -> Frame:
        data, count = frame.data, 0
        if not self._only_literals or self._literals.may_hold(data):
            data, count = self._spliced(data)
        elif frame.name is None and frame.error is None and not frame.items:
            return frame
        name = frame.name if frame.name is None else self._name(frame.name, frame.method)
        error = frame.error if frame.error is None else self._text(frame.error)
        items = tuple(map(self._item, frame.items)) if frame.items else frame.items
        if not count and name == frame.name and error == frame.error and items == frame.items:
            return frame
        return replace(
            frame,
            data=data,
            message=_parsed(data) if count and frame.message is not None else frame.message,
            name=name,
            error=error,
            items=items,
            size=frame.size or len(frame.data),
            redacted=frame.redacted + count,
        )

    def _spliced(self, data: bytes, area: Area = Area.MESSAGE) -> tuple[bytes, int]:
        keyed = self._is_key if self._holds_key(data) else None
        needles = self._literals.candidates(data) if self._literals.may_hold(data) else ()
        find = string_finder(needles, self._patterns) if needles or self._patterns else None
        if find is None and keyed is None:
            return data, 0
        spliced = splice(data, find, keyed, area=area)
        return self._bytes(data) if spliced is None else spliced

    def _holds_key(self, data: bytes) -> bool:
        if not self._keys:
            return False
        if self._key_hints is None or b"\\u00" in data:
            return True
        lower = data.lower()
        return any(hint in lower for hint in self._key_hints)

    def _is_key(self, key: str) -> bool:
        return key.lower() in self._keys

    def _name(self, name: str, method: str | None) -> str:
        """What a frame is about, as its own data or its request's say it once they are redacted."""
        if self._keys and not self._keys.isdisjoint(_name_keys(method)):
            return REDACTED
        if self._only_literals and not self._literals:
            return name
        names = self._names
        if (known := names.get(name)) is None:
            if len(names) >= _MOST_NAMES:
                names.clear()
            known = names[name] = self._text(name)
        return known

    def _item(self, item: BatchItem) -> BatchItem:
        return item if item.name is None else replace(item, name=self._name(item.name, item.method))

    # --- the other events

    def _stderr(self, event: Stderr) -> Stderr:
        data, count = self._bytes(event.data)
        return replace(event, data=data) if count else event

    def _http(self, event: Http) -> Http:
        found = self._found(_SENT if event.phase == "request" else _RECEIVED)
        url = event.url and redact_url(event.url, secret=self._secret, found=found)
        # A server chooses the cookies that we send back: they are its own, whichever way they go.
        received = self._found(_RECEIVED)
        headers = tuple(
            redact_headers([header], secret=self._secret, found=received if _is_cookie(header) else found)[0]
            for header in event.headers
        )
        return replace(
            event,
            url=url and self._text(url),
            headers=tuple((n, v if n.lower() in _FIXED_HEADERS else self._text(v)) for n, v in headers),
            text=event.text and self._body(redact_body(event.text, secret=self._secret, found=found)),
            event_id=event.event_id and self._text(event.event_id),
            comment=event.comment and self._text(event.comment),
            error=event.error and self._said(event.error),
        )

    def _body(self, text: str) -> str:
        if text.lstrip()[:1] not in ("{", "["):
            return self._text(text)
        data, _ = self._spliced(text.encode("utf-8", "surrogatepass"), area=Area.FREE)
        return data.decode("utf-8", "surrogatepass")

    def _opened(self, event: Opened) -> Opened:
        found = self._found(None)
        target: dict[str, Any] = {}
        for name, value in event.target.items():
            if name == "args" and isinstance(value, list | tuple):
                args = cast("list[Any] | tuple[Any, ...]", value)
                value = redact_argv([str(arg) for arg in args], secret=self._secret, found=found)
            elif name == "headers":
                value = self._target_headers(value, found)
            elif name == "env" and isinstance(value, Mapping):
                # Not asked for (`env_keys` is), so not trusted either.
                value = dict.fromkeys(cast("Mapping[str, Any]", value), REDACTED)
            elif name == "command" and isinstance(value, str):
                value = redact_argv([value], secret=self._secret, found=found)[0]
            elif isinstance(value, str):
                value = redact_urls(value, secret=self._secret, found=found)
            target[name] = value
        return replace(event, target={n: v if n == "env_keys" else self._data(v) for n, v in target.items()})

    def _target_headers(self, headers: Any, found: Callable[[str], object]) -> Any:
        pairs = cast("Any", headers.items() if isinstance(headers, Mapping) else headers)
        redacted = redact_headers([(str(n), str(v)) for n, v in pairs], secret=self._secret, found=found)
        return dict(redacted) if isinstance(headers, Mapping) else [list(pair) for pair in redacted]

    def _note(self, event: Note) -> Note:
        return replace(event, data=self._data(event.data)) if event.data else event

    def _closed(self, event: Closed) -> Closed:
        return replace(event, error=self._said(event.error)) if event.error else event

    def _data(self, value: Any, depth: int = 0) -> Any:
        if isinstance(value, str):
            return self._said(value)
        if depth > _DEEPEST:
            return REDACTED if isinstance(value, Mapping | list | tuple | bytes) else value
        if isinstance(value, bytes):
            return self._bytes(value)[0]
        if isinstance(value, Mapping):
            members = cast("Mapping[Any, Any]", value)
            return {key: self._member(key, member, depth) for key, member in members.items()}
        if isinstance(value, list | tuple):
            items = cast("list[Any] | tuple[Any, ...]", value)
            return [self._data(item, depth + 1) for item in items]
        return value

    def _member(self, key: Any, value: Any, depth: int) -> Any:
        if key in _FIXED_NOTES:
            return value
        return REDACTED if str(key).lower() in self._keys else self._data(value, depth + 1)

    # --- text that is no JSON

    def _said(self, value: str) -> str:
        """What mcpwatch itself, or a library, says: an error's text names the URL that it is about."""
        return self._text(redact_urls(value, secret=self._secret) if "://" in value else value)

    def _text(self, value: str) -> str:
        data, count = self._bytes(value.encode("utf-8", "surrogatepass"))
        if spans := self._literals.cut_off(data):
            data, count = cut(data, ((start, end, MARK) for start, end in spans)), count + len(spans)
        return data.decode("utf-8", "surrogatepass") if count else value

    def _bytes(self, data: bytes) -> tuple[bytes, int]:
        may_hold = self._literals.may_hold(data)
        if not may_hold and not self._patterns:
            return data, 0
        find = finder(self._literals.candidates(data) if may_hold else (), self._patterns)
        spans = find(data)
        data, count = cut(data, ((start, end, MARK) for start, end in spans)), len(spans)
        if hides(data):  # A log line in JSON, say; what stood there unescaped is gone by now.
            spans = find_escaped(find, data)
            data, count = cut(data, ((start, end, MARK) for start, end in spans)), count + len(spans)
        return data, count


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(
            f"The redaction pattern {pattern!r} is no regular expression: {error}.",
            hint="Patterns are Python's; escape what is meant literally with a backslash.",
        ) from None


def _plain(name: str) -> str:
    return name.strip().lstrip("-").lower().replace("-", "_")


def _hints(keys: frozenset[str]) -> tuple[bytes, ...] | None:
    """What a message that has one of these members must contain; None where that cannot be told (it may be escaped)."""
    if all(key.isascii() and key.isprintable() and not set(key) & set('"\\/') for key in keys):
        return tuple(key.encode() for key in keys)
    return None


def _name_keys(method: str | None) -> tuple[str, ...]:
    if method is not None and method.startswith("resources/"):
        return ("uri",)
    return ("name", "uri", "ref") if method == "completion/complete" else ("name",)


def _is_cookie(header: tuple[str, str]) -> bool:
    return header[0].lower() in ("cookie", "set-cookie")


def _parsed(data: bytes) -> Any:
    try:
        return from_json(data)
    except ValueError:
        try:
            return json.loads(data.decode("utf-8-sig", "replace"), strict=False)
        except (ValueError, RecursionError):
            return None
