"""What is done with a mutated thing: everything that mcpwatch does with one of its kind, in this process.

A reader returns where it got to the end, or raises a `McpwatchError`, which a person sees as one sentence. Nothing is
started here and nothing connected to: what a file names is only read.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple, TypeAlias, cast
from unicodedata import category

import anyio

from mcpwatch.check.mock.core import Mock
from mcpwatch.check.mock.story import story_of
from mcpwatch.check.recorded import read_recorded
from mcpwatch.check.rules import Checker
from mcpwatch.check.script import read_script
from mcpwatch.check.targets import aims, check_links, check_variables, own_rules, roots
from mcpwatch.check.update import rewritten
from mcpwatch.cli import _run  # pyright: ignore[reportPrivateUsage]
from mcpwatch.configs import interpolate, read_servers
from mcpwatch.errors import McpwatchError
from mcpwatch.events import Event, Frame, Opened
from mcpwatch.hub import Hub
from mcpwatch.model import Timeline
from mcpwatch.recording import Filter, Recording, decode, encode
from mcpwatch.recording.query import parse_query
from mcpwatch.recording.scan import Scan, event_at, head_of, partial_event
from mcpwatch.redact import Redactor, redact_argv, redact_url
from mcpwatch.session.answers import Answers, Question
from mcpwatch.session.answers.rules import read_answers
from mcpwatch.session.answers.saving import append_rule
from mcpwatch.session.arguments import read_arguments, split_words
from mcpwatch.session.auth.challenge import challenge_in
from mcpwatch.session.auth.consent import is_web, origin_of
from mcpwatch.session.steps import parse_step
from mcpwatch.session.targets import parse_targets
from mcpwatch.text import clip, sanitize, width
from mcpwatch.tui.folding import Folding
from mcpwatch.view.blank import Blank
from mcpwatch.view.form import form
from mcpwatch.view.lines import Describer, Look
from mcpwatch.view.questions import address, asked
from mcpwatch.view.schema import example, fields, signature
from mcpwatch.view.states import state_lines
from mcpwatch.view.style import ansi
from mcpwatch.view.uritemplate import expand, variables
from mcpwatch.wire.framing import LineSplitter, classify
from mcpwatch.wire.http_exchange import HttpExchange
from mcpwatch.wire.proxy.http_endpoint import EndpointFilter
from mcpwatch.wire.proxy.http_heads import server_at
from mcpwatch.wire.proxy.http_links import Links
from mcpwatch.wire.proxy.http_passage import How, Passage
from mcpwatch.wire.proxy.http_told import Teller
from tests.conftest import CHECKOUT

__all__ = ["READERS", "Bug", "Case", "Reader"]


GOLDEN: Final = CHECKOUT / "tests" / "golden" / "v1-session.mcpw.jsonl"


class Case(NamedTuple):
    """One mutated thing. `path` is where it stands as a file, `random` draws what else has to be chosen."""

    data: bytes
    path: Path
    random: Random


class Bug(AssertionError):
    """A reader came to its end, and what it did is wrong."""


Reader: TypeAlias = Callable[[Case], object]


# ---- commands, as somebody types them


class _Out(io.TextIOWrapper):
    """What a command writes to, as a pipe or as if it were a terminal."""

    def __init__(self, terminal: bool) -> None:
        super().__init__(io.BytesIO(), "utf-8", "surrogateescape", newline="", write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def said(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode("utf-8", "replace")  # pyright: ignore


def _typed(*argv: str, terminal: bool = False) -> tuple[int, str, str]:
    """A command run in this process: its exit code, and what it wrote. Raises what no command may raise."""
    out, err, before = _Out(terminal), _Out(terminal), (sys.stdout, sys.stderr)
    sys.stdout, sys.stderr = out, err
    try:
        code = _run(list(argv))
    finally:
        sys.stdout, sys.stderr = before
    said = out.said(), err.said()
    if terminal:
        for text in said:
            _only_ours(text, argv[0])
    if code not in (0, 1, 2, 6):
        raise Bug(f"exit code {code}")
    return code, *said


def _only_ours(text: str, command: str) -> None:
    """Nothing reaches a terminal but text, line ends and our own colours."""
    for piece in text.split("\x1b")[1:]:
        head = piece[1 : piece.find("m")] if piece.startswith("[") and "m" in piece else "?"
        if not head.replace(";", "").isdigit() and head:
            raise Bug(f"{command} writes an escape sequence that is not ours: {piece[:20]!r}")
    odd = {char for char in text if not char.isprintable() and category(char) != "Zs"} - {"\n", "\x1b", "\t"}
    if odd:
        raise Bug(f"{command} writes to a terminal what does more than be seen: {sorted(odd)[:5]!r}")


def _command(*argv: str) -> Reader:
    """`@` stands for the file, `%` for a recording as it should be. Now and then the output is a terminal."""

    def read(case: Case) -> None:
        stands = {"@": str(case.path), "%": str(GOLDEN)}
        code, _, said = _typed(*(stands.get(word, word) for word in argv), terminal=case.random.random() < 0.4)
        if code in (2, 6):
            raise McpwatchError(said)

    return read


# ---- recordings


def _drafts(case: Case) -> None:
    code, text, _ = _typed("init-script", str(case.path))
    if code == 0:
        made = case.path.with_name("drafted.mcpw.yaml")
        made.write_text(text, encoding="utf-8", errors="replace")
        try:
            read_script(made)
        except McpwatchError as error:
            raise Bug(f"init-script wrote what is no script: {error}") from None


def _redacts(case: Case) -> None:
    made = case.path.with_name("clean.mcpw.jsonl")
    made.unlink(missing_ok=True)
    code, _, _ = _typed("redact", str(case.path), "--key", "text", "--pattern", "a+b", "-o", str(made))
    if code == 0:
        with Recording.open(made) as recording:
            for _ in recording.events():
                pass


def _never_starts(case: Case) -> None:
    """`replay` without a target asks for one, whatever the recording names."""
    code, _, said = _typed("replay", str(case.path), "--no-record", "--allow-errors")
    if code not in (2, 6):
        raise Bug(f"replay went on without a target: exit {code}, {said!r}")


def _indexed(case: Case) -> None:
    """What the list of the screens does: the index, a filter over it, the lines in view, and the fold in pieces."""
    words = (
        "tools",
        "method:tools/* err",
        "-dir:c2s a",
        "ms>1 size<1k",
        "kind:request,junk id:1",
        'link:demo t>0.1 "a b"',
    )
    wanted = parse_query(case.random.choice(words))
    with Recording.open(case.path) as recording:
        index = recording.index
        scan = Scan(index, recording.bytes_at, wanted)
        scan.rows(0, len(index), lambda: False)
        scan.back(0, len(index), lambda: False)
        for row in range(len(index)):
            assert (index.entry(row), index.kind(row)) is not None
            event_at(index, recording.bytes_at, row, 200)
            partial_event(head_of(index, recording.bytes_at, row, 120)[0])
            with suppress(McpwatchError):
                recording.at(row)
        folding = Folding(recording, lambda seconds: None)
        folding.want(0.3, len(index))
        for _ in folding.go_on():
            pass
        state_lines(list(folding.timeline.states().values()))


def _mocked(case: Case) -> None:
    """Be the recorded server for the recorded client, and for another one."""
    with suppress(McpwatchError):
        recorded = read_recorded(case.path, allow_incomplete=True)
        with recorded.recording:
            events = recorded.recording.events(filter=Filter(dirs=("c2s",)))
            said = [event.data for event in events if isinstance(event, Frame)]
            for link in recorded.links[:2]:
                mock = Mock(story_of(link), match=case.random.choice(("strict", "loose", "sequence")), junk=True)
                mock.open(0.0)
                for number, data in enumerate((*said[:60], *_CLIENT)):
                    mock.receive(data, float(number), stream=number % 3)
                    for _ in range(20):
                        if not mock.due(float(number)):
                            break
                    mock.next_due()
                mock.finish()


_CLIENT: Final = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}',
    b'{"jsonrpc":"2.0","id":2,"method":"server/discover","params":{}}',
    b'{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"nonesuch","arguments":{},"_meta":{"progressToken":0}}}',
    b'{"jsonrpc":"2.0","id":3,"result":{}}',
    b"[]",
)


# ---- configs, scripts, answers


def _configured(case: Case) -> None:
    for name, entry in read_servers(case.path).items():
        with suppress(McpwatchError):
            interpolate(entry, where=name)
    for words in ((str(case.path),), (f"{case.path}:weather",)):
        with suppress(McpwatchError):
            parse_targets(words)


def _wraps(case: Case) -> None:
    """`wrap` and `unwrap` again: the servers are what they were, and a copy stands beside."""
    path = case.path.with_name(f"w-{case.path.name}")
    path.write_bytes(case.data)
    with suppress(McpwatchError):
        before = read_servers(path)
        if _typed("wrap", str(path), "--all")[0] == 0 and _typed("unwrap", str(path), "--all")[0] == 0:
            after = read_servers(path)
            changed = [name for name in before if before[name] != after.get(name)]
            wrapped = [name for name in changed if "proxy" in before[name].args]
            if len(changed) > len(wrapped):
                raise Bug(f"wrap and unwrap changed {changed}")
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()


def _scripted(case: Case) -> None:
    script = read_script(case.path)
    check_variables(script)
    made = aims(script)
    check_links(script, made)
    own_rules(script)
    roots(script)
    rewritten(script, [])


def _answered(case: Case) -> None:
    file = read_answers(case.path)

    async def ask() -> None:
        answers = Answers(file.answerers())
        for question in _QUESTIONS:
            with anyio.move_on_after(0.02):  # a rule may say that its answer takes its time
                await answers.answer(question)
        for problem in answers.problems:
            str(problem)

    anyio.run(ask)
    file.unused()


def _saved(case: Case) -> None:
    rule = {"elicitation": {"message": {"equals": "Who?"}}, "accept": {"name": "Ada"}}
    path = case.path.with_name(f"s-{case.path.name}")
    path.write_bytes(case.data)
    try:
        append_rule(path, rule)
    finally:
        path.unlink()


_FORM: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "n": {"type": "integer", "default": 3}},
    "required": ["name"],
}
_SAID: Final = {"messages": [{"role": "user", "content": {"type": "text", "text": "What is the capital of France?"}}]}
_QUESTIONS: Final = (
    Question("a", "sampling/createMessage", {**_SAID, "maxTokens": 9, "systemPrompt": "Be brief."}, 1),
    Question("a", "elicitation/create", {"message": "Who?", "requestedSchema": _FORM}, 2, during="work", nth=2),
    Question("a", "elicitation/create", {"mode": "url", "message": "Log in", "url": "https://example.com/"}, 3),
    Question("b", "roots/list", {}, 4),
    Question("b", "x/custom", {"a": [1, {"b": None}]}, 5),
)


# ---- what crosses a wire


class _Watched:
    """A session that only listens: the hub, the fold, the lines on the screen, the rules, and the file's format."""

    def __init__(self, secrets: tuple[str, ...] = ("s3cr3t-value-1",)) -> None:
        self.timeline, self.checker = Timeline(), Checker()
        self.failure: Exception | None = None
        self.hub = Hub(redact=Redactor(secrets=secrets, keys=("text",)))
        self.describer = Describer(self.timeline, Look(width=79, verbose=True))
        self.hub.attach(self._take)
        self.hub.publish(Opened(link="a", mode="client", transport="stdio", target={"command": "srv", "args": []}))

    def _take(self, event: Event) -> None:
        # The hub drops a sink that raises, with a note: that saves a session, and here it would hide a bug.
        try:
            self._look(event)
        except Exception as error:
            self.failure = self.failure or error

    def _look(self, event: Event) -> None:
        self.timeline.apply(event)
        for line in self.describer.describe(event):
            _only_ours(ansi(line), "a line")
        self.checker.feed(event)
        line = encode(event)
        if line.count(b"\n") != 1:
            raise Bug(f"an event is not one line: {line[:200]!r}")
        read = decode(line)
        again = b"" if read is None else encode(read)
        if again != line:
            raise Bug(f"an event is another one when it is read again: {line[:300]!r} {again[:300]!r}")

    def end(self) -> None:
        if self.failure is not None:
            raise self.failure
        for state in self.timeline.states().values():
            state.document()
        state_lines(list(self.timeline.states().values()))
        for ask in (self.timeline.waiting, self.timeline.bars, self.timeline.changes, self.timeline.used):
            ask()


def _pieces(case: Case) -> list[bytes]:
    size = case.random.choice((1 if len(case.data) < 5_000 else 7, 7, 100, 4096, 1 << 20))
    return [case.data[at : at + size] for at in range(0, len(case.data), size)]


def _lines_of_a_pipe(case: Case) -> None:
    splitter, watched, found = LineSplitter(), _Watched(), list[tuple[bytes, str]]()
    for piece in _pieces(case):
        found += splitter.feed(piece)
    if (last := splitter.close()) is not None:
        found.append(last)
    if b"".join(data + eol.encode() for data, eol in found) != case.data:
        raise Bug("the lines are not what was read")
    for number, (data, eol) in enumerate(found):
        frame = classify(data, link="a", dir="s2c" if number % 3 else "c2s", eol=eol)
        if frame.data != data:
            raise Bug("a frame is not the bytes that it was")
        watched.hub.publish(frame)
    watched.end()


def _exchange(content_type: str, coding: str = "") -> Reader:
    def read(case: Case) -> None:
        watched = _Watched()
        headers = [(b"content-type", content_type.encode())]
        if coding:
            headers.append((b"content-encoding", coding.encode()))
        exchange = HttpExchange("a", 1, watched.hub.publish, lambda frame: None, lambda frame: "user")
        exchange.asks("POST", "http://a/mcp", [(b"content-type", b"application/json")])
        exchange.sends(b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}')
        exchange.answered(200, headers)
        for piece in _pieces(case):
            exchange.receives(piece)
        exchange.ends()
        watched.end()

    return read


def _endpoint(case: Case) -> None:
    """The only place where the proxy changes a body: nothing else of it may change."""
    whole = EndpointFilter(lambda url: None)
    out = b"".join(whole.feed(piece) for piece in _pieces(case)) + whole.close()
    if out != case.data:
        raise Bug("a stream is not what it was")
    changing = EndpointFilter(lambda url: "http://127.0.0.1:1/messages")
    for piece in _pieces(case):
        changing.feed(piece)
    changing.close()


class _Ends:
    def begin(self) -> None: ...
    def to_client(self, data: bytes) -> None: ...
    def to_server(self, data: bytes) -> None: ...
    def end_client(self, how: How) -> None: ...
    def end_server(self, how: How) -> None: ...
    def hold_client(self, hold: bool) -> None: ...


def _passage(case: Case) -> None:
    """The HTTP proxy: a client or a server that speaks as no other."""
    watched, server = _Watched(), server_at("http://127.0.0.1:9/mcp")
    teller = Teller(
        Links("web", "http://127.0.0.1:9/mcp", watched.hub.publish, lambda: 0.0),
        watched.hub.publish,
        server.origin,
        failed=_raised,
    )
    passage = Passage(_Ends(), server, teller, peer="127.0.0.1", here="localhost")
    if case.data.startswith(b"HTTP/"):
        passage.client_data(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", 0.0)
        for piece in _pieces(case):
            passage.server_data(piece, 0.1)
        passage.server_gone()
    else:
        for piece in _pieces(case):
            passage.client_data(piece, 0.0)
    passage.client_gone()
    teller.links.close()
    watched.end()


def _raised(error: Exception) -> None:
    raise error


# ---- texts and forms


def _text(case: Case) -> None:
    for text in (case.data.decode("utf-8", "surrogateescape"), case.data.decode("latin-1")):
        for shown in (sanitize(text), clip(sanitize(text), 40), sanitize(text, lines=True)):
            _only_ours(shown, "sanitize")
        width(sanitize(text))
        redact_url(text)
        challenge_in([text, f"Bearer {text}"])
        if is_web(text):
            origin_of(text)
        redact_argv(text.split(" "))
        Redactor(secrets=["s3cr3t-value-1"]).text(text)
        asked("elicitation/create", {"mode": "url", "url": text, "message": text}, whole=True)
        address(text)
        expand(text, dict.fromkeys(variables(text), "a/b"))
        for words in (text, text[:200]):
            with suppress(McpwatchError):
                parse_query(words)
            with suppress(McpwatchError):
                read_arguments(split_words(words), _FORM)
            for kind in ("call", "request", "complete", "notify"):
                with suppress(McpwatchError):
                    parse_step(kind, words, ("a",))
        if "\0" not in text:
            with suppress(McpwatchError):
                parse_targets([text])


def _schema(case: Case) -> None:
    try:
        schema: Any = json.loads(case.data)
    except (ValueError, RecursionError):
        return
    signature(schema)
    form(schema)
    if not isinstance(schema, dict):
        return
    schema = cast("dict[str, Any]", schema)
    fields(schema)
    example(schema, schema)
    asked("elicitation/create", {"message": "?", "requestedSchema": schema}, whole=True)
    blank = Blank(schema)
    values: tuple[Any, ...] = ({}, {"name": "Ada", "n": "x"}, [], None)
    for value in values:
        blank.put(value)
        assert (blank.value, blank.errors, blank.error, blank.text) is not None
    blank.type_text('{"name": [1, {"a": null}], "n": 1e400}')
    assert blank.errors is not None
    blank.drop_text()
    with suppress(McpwatchError):
        read_arguments(["name=Ada", "n=3", "a.b.c=1", "n:=[1]"], schema)


READERS: Final[Mapping[str, Mapping[str, Reader]]] = {
    "recording": {
        "show": _command("show", "@"),
        "show -v --errors": _command("show", "@", "-v", "--errors"),
        "show --summary": _command("show", "@", "--summary"),
        "show --summary --json": _command("show", "@", "--summary", "--json"),
        "show --raw": _command("show", "@", "--raw"),
        "show --events": _command("show", "@", "--events", "--method", "tools/*", "--text", "a", "--since", "1ms"),
        "check": _command("check", "@", "-v", "--allow-incomplete"),
        "check --json": _command("check", "@", "--json", "--by", "server"),
        "diff": _command("diff", "%", "@", "-v"),
        "diff --markdown": _command("diff", "@", "%", "--markdown", "--latency", "2"),
        "diff --forwarded": _command("diff", "--forwarded", "@", "%"),
        "init-script": _drafts,
        "redact": _redacts,
        "replay without a target": _never_starts,
        "mock": _mocked,
        "index, filter and fold": _indexed,
    },
    "config": {
        "read": _configured,
        "servers": _command("servers", "@"),
        "servers --json": _command("servers", "@", "--json"),
        "wrap --dry-run": _command("wrap", "@", "--all", "--dry-run"),
        "wrap and unwrap": _wraps,
    },
    "script": {"read": _scripted, "check --expect": _command("check", "%", "--expect", "@")},
    "answers": {"read and ask": _answered, "save a rule": _saved},
    "line": {"a pipe": _lines_of_a_pipe},
    "stream": {"server-sent events": _exchange("text/event-stream"), "the proxy's filter": _endpoint},
    "body": {
        "JSON": _exchange("application/json; charset=utf-16"),
        "gzip": _exchange("application/json", "gzip"),
        "text": _exchange("text/html; charset=nonesuch", "br, gzip"),
        "the proxy": _passage,
    },
    "text": {"shown, redacted, typed": _text},
    "schema": {"forms": _schema},
}
