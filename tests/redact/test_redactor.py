from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from threading import Thread
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.errors import UsageError
from mcpwatch.events import BatchItem, Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.redact import REDACTED, Redactor
from mcpwatch.redact import redactor as module
from tests.hostile.canaries import encodings

SECRET = "hunter2-s3cr3t"


def frame(message: Any, **fields: Any) -> Frame:
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    try:
        parsed = json.loads(data)
    except ValueError:
        parsed = None
    values: dict[str, Any] = {"dir": "s2c", "type": "response", "size": len(data), "message": parsed, **fields}
    return Frame(link="a", data=data, **values)


def redacted(redactor: Redactor, event: Event) -> Any:
    once = redactor(event)
    assert redactor(once) == once
    return once


# --- frames


def test_a_frame_loses_the_values_bytes_and_nothing_else() -> None:
    data = b'{ "jsonrpc":"2.0", "id": 7,\t"result":{"n":1E2,"content":[{"text":"a hunter2-s3cr3t b","n":1,"n":2}]} }'
    before = frame(data, method="tools/call", id=7, re=3, ms=1.5, name="add", xid=4, seq=9, t=2.5)
    after = redacted(Redactor(secrets=[SECRET]), before)
    assert after.data == data.replace(SECRET.encode(), b"[redacted]")
    assert after.message == json.loads(after.data)
    assert (after.size, after.redacted) == (len(data), 1)
    assert replace(after, data=data, redacted=0) == before


def test_a_frame_without_a_secret_is_the_same_frame() -> None:
    before = frame({"jsonrpc": "2.0", "method": "x", "params": {"a": '\u00e9\n"hunter2'}}, name="x", error="NaN")
    for redactor in (Redactor(), Redactor(secrets=[SECRET]), Redactor(keys=["ssn"]), Redactor(patterns=["[0-9]{9}"])):
        assert redactor(before) is before


def test_a_secret_that_is_a_method_an_id_or_a_key_does_no_harm() -> None:
    message = {
        "jsonrpc": "2.0",
        "id": "call-000001",
        "method": "tools/call",
        "params": {"name": "structured", "arguments": {"structured": 1}, "_meta": {"progressToken": "call-000001"}},
    }
    before = frame(message, type="request", method="tools/call", id="call-000001")
    after = redacted(Redactor(secrets=["tools/call", "call-000001", "structured-not", "arguments"]), before)
    assert after == before


def test_numbers_are_never_touched_by_a_secret() -> None:
    before = frame({"result": {"n": 1234567890, "f": 1234567890.5, "s": "1234567890"}})
    after = redacted(Redactor(secrets=["1234567890"]), before)
    assert after.message == {"result": {"n": 1234567890, "f": 1234567890.5, "s": REDACTED}}


def test_names_say_what_the_data_says() -> None:
    redactor = Redactor(secrets=[SECRET])
    name = f"file:///{SECRET}/x"
    request = redacted(redactor, frame({"id": 1, "params": {"uri": name}}, method="resources/read", name=name))
    assert request.name == request.message["params"]["uri"] == "file:///[redacted]/x"
    response = redacted(redactor, frame({"id": 1, "result": {}}, method="resources/read", name=name))
    assert (response.name, response.redacted) == ("file:///[redacted]/x", 0)
    batch = redacted(redactor, frame([], type="batch", items=(BatchItem("request", "resources/read", 1, name),)))
    assert batch.items == (BatchItem("request", "resources/read", 1, "file:///[redacted]/x"),)


def test_names_known_before_a_secret_was_learned_are_looked_at_again() -> None:
    redactor = Redactor(secrets=["something-else"])
    response = frame({"id": 1, "result": {}}, name=SECRET)
    assert redactor(response) is response
    assert redactor.learn(SECRET)
    assert redacted(redactor, response).name == REDACTED


def test_a_key_that_names_what_a_frame_is_about_redacts_its_name_too() -> None:
    redactor = Redactor(keys=["name"])
    request = redacted(redactor, frame({"id": 1, "params": {"name": "add"}}, method="tools/call", name="add"))
    assert (request.name, request.message["params"]["name"]) == (REDACTED, REDACTED)
    resource = frame({"id": 1, "params": {"uri": "file:///x"}}, method="resources/read", name="file:///x")
    assert redactor(resource) is resource
    assert redacted(Redactor(keys=["URI"]), resource).name == REDACTED


@pytest.mark.parametrize("keys", [["ssn"], ["SSN"], ["other", "sSn"]])
def test_keys_are_compared_without_case_and_however_they_are_written(keys: list[str]) -> None:
    redactor = Redactor(keys=keys)
    for written in (b"ssn", b"Ssn", rb"s\u0073n"):
        after = redacted(redactor, frame(b'{"result":{"%s":{"a":[1]},"x":"ssn"}}' % written))
        assert after.data == b'{"result":{"%s":"[redacted]","x":"ssn"}}' % written
        assert after.redacted == 1


def test_keys_that_json_may_escape_are_found() -> None:
    after = redacted(Redactor(keys=["größe"]), frame({"result": {"größe": 1}}))
    assert after.message == {"result": {"größe": REDACTED}}


def test_patterns_are_searched_in_every_string_value() -> None:
    redactor = Redactor(patterns=[r"\d{3}-\d{2}-\d{4}", "^x.$"])
    after = redacted(redactor, frame({"id": "123-45-6789", "result": {"a": "\n123-45-6789 é", "xy": "xé", "n": 1}}))
    assert after.message == {"id": "123-45-6789", "result": {"a": "\n[redacted] é", "xy": REDACTED, "n": 1}}


def test_a_pattern_that_is_no_regular_expression_is_refused_with_its_reason() -> None:
    with pytest.raises(UsageError, match=r"'\(' is no regular expression: missing \)"):
        Redactor(patterns=["("])


@pytest.mark.parametrize(
    "data",
    [
        b"DEBUG token hunter2-s3cr3t\xff",
        b'{"a":"hunter2-s3cr3t',
        b'{"a":"hunter2-s3cr3t"} and hunter2-s3cr3t',
        rb"{'a': 'hunter2\u002ds3cr3t'",
    ],
)
def test_a_line_that_is_no_json_is_searched_as_it_is(data: bytes) -> None:
    after = redacted(Redactor(secrets=[SECRET]), frame(data, type="invalid", error="not JSON: hunter2-s3cr3t"))
    assert b"s3cr3t" not in after.data
    assert after.error == "not JSON: [redacted]"
    assert after.redacted == after.data.count(b"[redacted]") >= 1
    assert (after.size, after.message) == (len(data), None)


def test_json_that_a_recording_cannot_splice_is_json_all_the_same() -> None:
    data = b'\xef\xbb\xbf{"id":"hunter2-s3cr3t","result":[NaN,1e999,"\\ud800","hunter2-s3cr3t"]}'
    after = redacted(Redactor(secrets=[SECRET]), replace(frame(data, error="NaN"), message={}))
    assert after.data == data[:30] + data[30:].replace(SECRET.encode(), b"[redacted]")
    assert after.message["result"][3] == REDACTED


def test_deep_nesting_is_redacted_where_python_cannot_parse_it() -> None:
    data = b'{"a":' * 20_000 + b'"hunter2-s3cr3t"' + b"}" * 20_000
    after = Redactor(secrets=[SECRET])(replace(frame(b"0"), data=data, message={}))
    assert isinstance(after, Frame)
    assert after.data == data.replace(SECRET.encode(), b"[redacted]")
    assert after.message is None


# Everything in a message that must survive, beside values in which a secret may stand.
_payloads = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.lists(st.one_of(st.just(SECRET), st.text(max_size=8)), max_size=4).map("".join),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(st.text(max_size=6), st.sampled_from([SECRET, "id", "x" + SECRET])), inner, max_size=4
        ),
    ),
    max_leaves=12,
)
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')


@given(
    payload=_payloads,
    schema=_payloads,
    where=st.sampled_from(["arguments", "structuredContent", "content", "data", "other"]),
    ascii_only=st.booleans(),
    escaped=st.sets(st.integers(0, 400)),
)
def test_any_message_stays_json_differs_in_values_only_and_keeps_no_secret(
    payload: Any, schema: Any, where: str, ascii_only: bool, escaped: set[int]
) -> None:
    fixed: dict[str, Any] = {
        "progressToken": SECRET,
        "requestState": SECRET,
        "maxTokens": 5,
        "inputSchema": schema,
        "outputSchema": {"a": schema},
        "requestedSchema": [schema],
    }
    message = {"jsonrpc": "2.0", "id": SECRET, "method": SECRET, "params": {where: payload, "deep": [fixed], **fixed}}
    data = _escape_some(json.dumps(message, ensure_ascii=ascii_only), escaped).encode("utf-8", "surrogatepass")
    before = frame(b"0", type="request", id=SECRET, method=SECRET)
    before = replace(before, data=data, message=message)

    after = redacted(Redactor(secrets=[SECRET]), before)

    expected = {**message, "params": {where: _without(payload), "deep": [fixed], **fixed}}
    assert json.loads(after.data.decode("utf-8", "surrogatepass")) == expected
    assert after.message == expected
    assert _STRING.sub(b'""', after.data) == _STRING.sub(b'""', data)
    assert (after.id, after.method) == (SECRET, SECRET)
    assert (after.redacted == 0) == (after.data == data)


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(SECRET, REDACTED)
    if isinstance(value, list):
        return [_without(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _without(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


def _escape_some(text: str, places: set[int]) -> str:
    """The same JSON, with some letters and digits inside of its strings written as escapes."""

    def escape(match: re.Match[str]) -> str:
        return re.sub(
            r"\\u....|\\.|[a-z0-9]",
            lambda m: m[0] if len(m[0]) > 1 or match.start() + m.start() not in places else f"\\u{ord(m[0]):04x}",
            match[0],
            flags=re.S,
        )

    return re.sub(r'"(?:[^"\\]|\\.)*"', escape, text, flags=re.S)


# --- the other events


def test_stderr_loses_secrets_and_patterns() -> None:
    redactor = Redactor(secrets=[SECRET], patterns=["id=[0-9]+"])
    event = Stderr(link="a", data=b'token hunter2-s3cr3t id=12\n\xff {"t":"hunter2-s3cr3\\u0074"}', seq=1, t=2.0)
    after = redacted(redactor, event)
    assert after == replace(event, data=b'token [redacted] [redacted]\n\xff {"t":"[redacted]"}')
    clean = Stderr(link="a", data=b"hello\n")
    assert redactor(clean) is clean


def test_a_command_line_is_redacted_and_what_it_held_is_looked_for_from_then_on() -> None:
    redactor = Redactor()
    opened = Opened(
        link="a",
        mode="client",
        transport="stdio",
        target={
            "command": "npx",
            "args": ["srv", "--api-key", SECRET, "https://me:p%40ssword@h/"],
            "env_keys": ["API_KEY"],
            "cwd": f"/home/{SECRET}",
        },
        pid=7,
    )
    after = redacted(redactor, opened)
    assert after.target == {
        "command": "npx",
        "args": ["srv", "--api-key", "[redacted]", "https://me:[redacted]@h/"],
        "env_keys": ["API_KEY"],
        "cwd": "/home/[redacted]",
    }
    assert (after.pid, after.link) == (7, "a")
    assert redacted(redactor, Stderr(link="a", data=b"hunter2-s3cr3t p@ssword\n")).data == b"[redacted] [redacted]\n"


def test_a_targets_url_headers_and_environment_are_redacted() -> None:
    target: Mapping[str, Any] = {
        "url": "https://h/mcp?token=abc",
        "headers": {"Authorization": "Bearer abc", "Accept": "*/*"},
        "env": {"LANG": "C"},
    }
    after = redacted(Redactor(), Opened(link="a", mode="client", transport="http", target=target))
    assert after.target == {
        "url": "https://h/mcp?token=[redacted]",
        "headers": {"Authorization": "Bearer [redacted]", "Accept": "*/*"},
        "env": {"LANG": "[redacted]"},
    }


def test_an_http_exchange_loses_its_credentials_and_teaches_them() -> None:
    redactor = Redactor()
    basic = base64.b64encode(b"me:pa55word").decode()
    request = redacted(
        redactor,
        Http(
            link="a",
            phase="request",
            xid=1,
            verb="POST",
            url="https://h/mcp?api_key=k3y-k3y",
            headers=(("authorization", f"Basic {basic}"), ("cookie", "sid=c00kie-c00kie"), ("mcp-session-id", "s-1")),
        ),
    )
    assert request.url == "https://h/mcp?api_key=[redacted]"
    assert request.headers == (
        ("authorization", "Basic [redacted]"),
        ("cookie", "sid=[redacted]"),
        ("mcp-session-id", "s-1"),
    )
    body = Http(link="a", phase="body", xid=2, text='{"access_token":"t0ken-t0ken","token_type":"Bearer"}', size=9)
    assert redacted(redactor, body).text == '{"access_token":"[redacted]","token_type":"Bearer"}'
    form = Http(link="a", phase="body", xid=2, text="grant_type=refresh_token&refresh_token=r3fresh-r3fresh")
    assert redacted(redactor, form).text == "grant_type=refresh_token&refresh_token=[redacted]"
    moved = Http(link="a", phase="response", xid=3, status=302, headers=(("location", "/cb?code=c0de-c0de-c0de"),))
    assert redacted(redactor, moved).headers == (("location", "/cb?code=[redacted]"),)

    learned = f"{basic} pa55word k3y-k3y c00kie-c00kie t0ken-t0ken r3fresh-r3fresh c0de-c0de-c0de"
    echoed = redacted(redactor, frame({"result": {"content": [{"type": "text", "text": learned}]}}))
    assert echoed.message["result"]["content"][0]["text"] == " ".join([REDACTED] * 7)


def test_every_text_of_an_http_event_is_searched() -> None:
    event = Http(
        link="a",
        phase="sse",
        xid=1,
        event="message",
        event_id=SECRET,
        comment=f": {SECRET}",
        error=f"failed: https://u:abc@h/?token=def {SECRET}",
        text=f'{{"id":"{SECRET}","x":"\\n{SECRET}"}}',
        headers=(("x", SECRET), ("Mcp-Method", SECRET)),
    )
    assert redacted(Redactor(secrets=[SECRET]), event) == replace(
        event,
        event_id=REDACTED,
        comment=": [redacted]",
        error="failed: https://u:[redacted]@h/?token=[redacted] [redacted]",
        text='{"id":"[redacted]","x":"\\n[redacted]"}',
        headers=(("x", REDACTED), ("Mcp-Method", SECRET)),
    )


def test_named_keys_go_from_bodies_and_notes_as_well() -> None:
    redactor = Redactor(keys=["ssn"])
    assert redacted(redactor, Http(link="a", phase="body", xid=1, text='{"ssn":[1],"a":2}')).text == (
        '{"ssn":"[redacted]","a":2}'
    )
    assert redacted(redactor, Note(link="a", what="x", data={"a": [{"SSN": 1}]})).data == {"a": [{"SSN": REDACTED}]}


def test_notes_and_ends_lose_secrets_but_not_methods() -> None:
    redactor = Redactor(secrets=[SECRET])
    note = Note(link="a", what="unanswered", data={"method": SECRET, "option": [SECRET, {"x": f"-{SECRET}-", "n": 1}]})
    assert redacted(redactor, note).data == {"method": SECRET, "option": [REDACTED, {"x": "-[redacted]-", "n": 1}]}
    assert redacted(redactor, Closed(link="a", reason="lost", error=f"x {SECRET}")).error == "x [redacted]"
    closed = Closed(link="a", reason="exit", code=1)
    assert redactor(closed) is closed


def test_a_note_deeper_than_anyone_would_read_is_cut() -> None:
    data: Any = SECRET
    for _ in range(5000):
        data = [data]
    after = Redactor(secrets=[SECRET])(Note(link="a", what="x", data={"a": data}))
    assert SECRET not in repr(after)


def test_further_names_hold_secrets_too() -> None:
    redactor = Redactor(names=["X-Tenant", "--seed-phrase"])
    opened = Opened(
        link="a", mode="client", transport="stdio", target={"args": ["--seed-phrase", "abc", "SEED_PHRASE=d"]}
    )
    assert redacted(redactor, opened).target == {"args": ["--seed-phrase", REDACTED, f"SEED_PHRASE={REDACTED}"]}
    request = Http(link="a", phase="request", xid=1, url="/?x_tenant=a", headers=(("x-tenant", "b"),))
    assert redacted(redactor, request) == replace(
        request, url=f"/?x_tenant={REDACTED}", headers=(("x-tenant", REDACTED),)
    )


# --- policy, learning, failure


def test_the_policy_says_what_was_asked_for() -> None:
    assert Redactor(secrets=[SECRET]).policy == "default"
    assert Redactor(keys=["a"], patterns=["b"], names=["c"]).policy == "default+keys+patterns+names"
    assert Redactor.off().policy == "off"


def test_what_is_off_lets_everything_pass() -> None:
    redactor = Redactor.off()
    redactor.learn(SECRET)
    events: list[Event] = [
        frame({"result": SECRET}),
        Stderr(link="a", data=SECRET.encode()),
        Http(link="a", phase="request", xid=1, headers=(("authorization", "Bearer abc"),)),
        Opened(link="a", mode="client", transport="stdio", target={"args": ["--token=abc"]}),
    ]
    assert all(redactor(event) is event for event in events)
    assert redactor.text(SECRET) == SECRET


def test_learning_says_whether_there_is_something_to_look_for() -> None:
    redactor = Redactor()
    assert redactor.learn(SECRET)
    assert not any(map(redactor.learn, (SECRET, "", "true", "password", "1234567", "abc")))
    assert redactor.learn("Bearer t0ken-t0ken")
    assert redactor.text(f"Bearer t0ken-t0ken {SECRET}") == "Bearer [redacted] [redacted]"


def test_secrets_may_be_learned_in_any_thread_while_events_pass() -> None:
    redactor = Redactor()
    secrets = [f"s3cr3t-{number:04}-{letter}" for number in range(40) for letter in "abcd"]

    def learn(part: int) -> None:
        for secret in secrets[part::4]:
            redactor.learn(secret)

    threads = [Thread(target=learn, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        redactor(frame({"result": secrets[0]}))
    for thread in threads:
        thread.join()
    assert redactor.text(" ".join(secrets)) == " ".join([REDACTED] * len(secrets))


@pytest.mark.parametrize(
    "event",
    [
        frame({"result": SECRET}, name=SECRET, error=SECRET, items=(BatchItem("request", name=SECRET),)),
        Stderr(link="a", data=SECRET.encode()),
        Http(link="a", phase="request", xid=1, url=SECRET, headers=(("a", SECRET),), text=SECRET, error=SECRET),
        Opened(link="a", mode="client", transport="stdio", target={"args": [SECRET]}),
        Note(link="a", what="x", data={"a": SECRET}),
        Closed(link="a", reason="lost", error=SECRET),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_that_cannot_be_redacted_is_emptied(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise MemoryError("no")

    for name in ("_frame", "_stderr", "_http", "_opened", "_note", "_closed"):
        monkeypatch.setattr(module.Redactor, name, fail)
    after = Redactor(secrets=[SECRET])(event)
    assert SECRET not in repr(after)
    assert type(after) is type(event)
    assert after.link == "a"


def test_what_nobody_foresaw_neither_raises_nor_leaks() -> None:
    odd: Any = Opened(link="a", mode="client", transport="stdio", target={"headers": 5, "cwd": SECRET})
    after = Redactor(secrets=[SECRET])(odd)
    assert isinstance(after, Opened)
    assert dict(after.target) == {"headers": REDACTED, "cwd": REDACTED}


@pytest.mark.parametrize("form", ["raw", "percent", "percent-lower", "percent-twice", "json", "json-hex", "base64"])
def test_a_secret_that_a_sentence_was_cut_in_is_taken_out_all_the_same(form: str) -> None:
    """Whoever quotes a long text cuts it before it is redacted: what is left of the secret is none of its forms."""
    secret = "k25d37ba7752ae1d95b/9+q?z"
    redactor = Redactor(secrets=[secret, "another-of-them"])
    whole = dict(encodings(secret))[form]
    for length in range(len(whole) + 1):
        said = redactor.text(f"it was {whole[:length]}… (line 3)")
        assert said.endswith("… (line 3)")
        assert len(said.replace(REDACTED, "")) < len("it was … (line 3)") + len(dict(encodings("k25d37"))[form])


def test_what_is_not_cut_short_is_no_secret_because_it_begins_like_one() -> None:
    redactor = Redactor(secrets=["github_pat_11ABCDEFG0"])
    assert redactor.text("github_pat_ is how they begin, and so on…") == "github_pat_ is how they begin, and so on…"
