"""Streams that break, end, are resumed, or say what they should not; large events."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tests.faults.web import (
    SSE,
    Answer,
    Faults,
    Heard,
    Make,
    Replies,
    Site,
    WebFault,
    answer_of,
    chunks,
    event,
    plain,
    says,
    typed,
)
from tests.servers.http.raw import Request, Wire

FAULTS = Faults()
MIB = 1 << 20
LOG = b'{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"on its way"}}'
NO_ANSWER = "the response stream ended without an answer"
NOT_RESUMED = "was lost and could not be resumed"
ANSWERED = 'work #4  ok … "done"'


@FAULTS.made("resets the connection in the middle of a stream", NO_ANSWER, 1)
def reset_in_mid_stream(site: Site) -> Replies:
    heard = Heard()

    async def work(wire: Wire, request: Request) -> None:
        await heard.begin(wire)
        wire.reset()

    return {"work": work, "answer": heard.answer}


@FAULTS.made("resets the connection inside an event", NO_ANSWER, 1, cut=True)
def reset_inside_an_event(site: Site) -> Replies:
    heard = Heard()

    async def work(wire: Wire, request: Request) -> None:
        await heard.begin(wire)
        await wire.chunk(b'data: {"jsonrpc":')
        wire.reset()

    return {"work": work, "answer": heard.answer}


def resumed(answer: Answer) -> Answer:
    """Only behind an event: there is no standing stream."""

    async def get(wire: Wire, request: Request) -> None:
        none = plain("405 Method Not Allowed")
        await (answer if "last-event-id" in request.headers else none)(wire, request)

    return get


@FAULTS.made("loses a stream that has event ids, and sends the rest of it when asked", ANSWERED)
def lost_and_resumed(site: Site) -> Replies:
    heard = Heard()
    asked: list[Request] = []

    async def work(wire: Wire, request: Request) -> None:
        asked.append(request)
        await heard.begin(wire, "id: 7", "retry: 10")
        wire.reset()

    async def rest(wire: Wire, request: Request) -> None:
        assert request.headers["last-event-id"] == "7"
        await chunks(event(LOG, "id: 8"), event(answer_of(asked[0]), "id: 9"), answer=False)(wire, request)

    return {"work": work, "answer": heard.answer, "GET": resumed(rest)}


@FAULTS.made("loses the resumed stream too, and again, before it ends well", ANSWERED)
def lost_again_and_again(site: Site) -> Replies:
    heard = Heard()
    asked: list[Request] = []

    async def work(wire: Wire, request: Request) -> None:
        asked.append(request)
        await heard.begin(wire, "id: 1", "retry: 10")
        wire.reset()

    async def rest(wire: Wire, request: Request) -> None:
        last = int(request.headers["last-event-id"])
        data = LOG if last < 5 else answer_of(asked[0])
        await chunks(event(data, f"id: {last + 1}"), answer=False)(wire, request)

    return {"work": work, "answer": heard.answer, "GET": resumed(rest)}


PART = chunks(event(LOG, "id: 1", "retry: 10"), answer=False)
FAULTS.work("lost_and_refused", "ends a stream early and refuses to resume it", NOT_RESUMED, 1, PART)
FAULTS.site(
    *("lost_and_resumed_with_nothing", "ends every resumed stream without a word", NOT_RESUMED, 1),
    {"work": PART, "GET": chunks(answer=False)},
)
FAULTS.work(
    *("ends_without_an_answer", "ends a stream in order, without an answer", NO_ANSWER, 1),
    chunks(event(LOG), answer=False),
)
FAULTS.work("empty_stream", "answers with an empty stream", NO_ANSWER, 1, chunks(answer=False))
FAULTS.work(
    "comments_for_ever",
    "keeps a stream open with comments, and says nothing",
    "tools/call (#4) got no answer within 3 s.",
    5,
    chunks(b": still here\n\n" * 3, answer=False, stays=True),
    scripted=True,
    timeout=3.0,
)


def _odd(request: Request) -> bytes:
    log = event(LOG, "id: a\0b", "retry: soon").replace(b"\n", b"\r")
    return b"\xef\xbb\xbf: hello\r\rfoo: bar\r" + log + event(answer_of(request).replace(b", ", b",\ndata: "))


FAULTS.work(
    *("odd_stream", "writes a mark first, CR line ends, unknown fields, and data in many lines", ANSWERED, 0),
    typed(SSE, _odd),
)
FAULTS.work(
    *("no_blank_line_at_the_end", "ends a stream inside the event that is the answer", ANSWERED, 0),
    typed(SSE, lambda request: event(answer_of(request)).rstrip()),
)
FAULTS.work(
    *("answer_to_another_id", "answers another id on the stream of a call", "answers nothing that was asked", 1),
    typed(SSE, lambda request: event(answer_of(request).replace(b'"id": 4', b'"id": 99'))),
)
FAULTS.work(
    *("two_answers", "answers twice on one stream", "answers nothing that was asked", 0),
    typed(SSE, lambda request: event(answer_of(request)) * 2),
)
FAULTS.work(
    *("events_that_are_no_json", "sends events that are no JSON", "! not protocol: oops", 0),
    chunks(event(b"oops"), event(b"\xff\xfe")),
)
FAULTS.work(
    *("absurd_retry", "asks for a pause of three billion years", ANSWERED, 0),
    chunks(event(LOG, "retry: 99999999999999999999")),
)


def event_of(mib: int) -> Make:
    """Made only when it is asked for: a large one takes its time."""

    def make(site: Site) -> Replies:
        text = "x" * (mib * MIB)
        return {"work": typed(SSE, lambda r: event(answer_of(r, {"content": [{"type": "text", "text": text}]})))}

    return make


for _mib in (1, 8, 64):
    _does, _says = f"answers with an event of {_mib} MiB", "work #4  ok …xxxxxxxx"
    FAULTS.append(
        WebFault(f"event_of_{_mib}_mib", _does, _says, make=event_of(_mib), heavy=_mib > 1, timeout=300.0),
    )


@FAULTS.made(
    "sends an event that does not end", "a message of more than 4 MiB: the rest is not read", 1, cut=True, limit=4 * MIB
)
def event_without_end(site: Site) -> Replies:
    async def work(wire: Wire, request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        with suppress(OSError):
            await wire.chunk(b"data: ")
            while True:
                await wire.chunk(b"x" * 65536)

    return {"work": work}


@FAULTS.made("breaks the standing stream again and again", "the standing stream was given up")
def standing_stream_breaks(site: Site) -> Replies:
    tries: list[int] = []
    given_up = asyncio.Event()

    async def get(wire: Wire, request: Request) -> None:
        tries.append(1)
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        if len(tries) == 3:
            given_up.set()
        wire.reset()

    async def work(wire: Wire, request: Request) -> None:
        await given_up.wait()
        await says()(wire, request)

    return {"GET": get, "work": work}
