"""Wrong bytes: what stands on stdout beside the messages, and messages that are not written as they should be."""

from __future__ import annotations

import json
import os

from _talk import Message, dump, log, messages, reply, say, serve, token, write
from wrong_fault import Faults, done

FAULTS = Faults()


def replaced(message: Message, *pairs: tuple[bytes, bytes]) -> None:
    """The answer with some of its bytes replaced."""
    data = dump(done(message, "caf~"))
    for old, new in pairs:
        assert old in data, old
        data = data.replace(old, new)
    write(data + b"\n")


# ---- beside the messages


@FAULTS.server
def banner_first() -> None:
    write(b"Starting server on stdio...\n")
    serve(tools=("work", "after"))


@FAULTS.server
def byte_order_mark() -> None:
    write(b"\xef\xbb\xbf")
    serve(tools=("work", "after"))


@FAULTS.server
def farewell() -> None:
    serve(tools=("work", "after"))
    write(b"Done in 0.1 s\nbye")


@FAULTS.work
def print_in_a_call(message: Message) -> None:
    write(b"working on it...\n")
    say(done(message))


@FAULTS.work
def colours(message: Message) -> None:
    write(b"\x1b[31mred\x1b[0m\x1b]0;owned\x07\n")
    say(done(message))


@FAULTS.work
def blank_lines(message: Message) -> None:
    write(b"\n\n   \n\t\n\r\n")
    say(done(message))


@FAULTS.work
def json_log_lines(message: Message) -> None:
    write(b'{"level":"info","msg":"a logger on stdout","pid":7}\n')
    say(done(message))


@FAULTS.work
def scalars(message: Message) -> None:
    write(b'"just a string"\n42\nnull\ntrue\n{}\n')
    say(done(message))


@FAULTS.work
def progress_bar(message: Message) -> None:
    write(b"".join(b"\r%3d%% done" % n for n in range(0, 101, 10)) + b"\n")
    say(done(message))


@FAULTS.work
def glued_in_front(message: Message) -> None:
    """No client can know where the message begins."""
    write(b"[INFO] " + dump(done(message)) + b"\n")


@FAULTS.work
def glued_behind(message: Message) -> None:
    write(dump(done(message)) + b" [INFO] answered\n")


@FAULTS.work
def binary(message: Message) -> None:
    write(bytes(range(256)).replace(b"\n", b"") * 256 + b"\n")
    say(done(message))


@FAULTS.work
def nul_bytes(message: Message) -> None:
    write(b"\0\0\0\n")
    say(done(message))


@FAULTS.work
def long_junk(message: Message) -> None:
    write(b"x" * (1 << 20) + b"\n")
    say(done(message))


# ---- lines and their ends


@FAULTS.work
def crlf(message: Message) -> None:
    write(dump(log("two characters end this line")) + b"\r\n" + dump(done(message)) + b"\r\n")


@FAULTS.work
def carriage_returns(message: Message) -> None:
    """Lines that end in CR alone are one line."""
    write(dump(log("one")) + b"\r" + dump(log("two")) + b"\r\n")
    say(done(message))


@FAULTS.work
def two_on_a_line(message: Message) -> None:
    write(dump(log("one")) + dump(done(message)) + b"\n")


@FAULTS.work
def byte_by_byte(message: Message) -> None:
    for byte in dump(done(message)) + b"\n":
        write(bytes((byte,)))


@FAULTS.work
def pretty_printed(message: Message) -> None:
    write(json.dumps(done(message), indent=2).encode() + b"\n")


@FAULTS.work
def unterminated_then_exit(message: Message) -> None:
    write(dump(done(message)))
    os._exit(0)


@FAULTS.work
def language_server_framing(message: Message) -> None:
    data = dump(done(message))
    write(b"Content-Length: %d\r\n\r\n%s\n" % (len(data), data))


@FAULTS.work
def event_stream_framing(message: Message) -> None:
    write(b"event: message\ndata: " + dump(done(message)) + b"\n\n")


# ---- what is no JSON


@FAULTS.work
def cut_answer(message: Message) -> None:
    """Ends in the middle, like a buffer that was too small."""
    write(dump(done(message))[:-5] + b"\n")


@FAULTS.work
def cut_before_the_id(message: Message) -> None:
    write(b'{"jsonrpc":"2.0",\n')
    say(done(message))


@FAULTS.work
def python_dict(message: Message) -> None:
    write(repr(done(message)).encode() + b"\n")


@FAULTS.work
def trailing_comma(message: Message) -> None:
    replaced(message, (b"}}", b"},}"))


@FAULTS.work
def json_with_comments(message: Message) -> None:
    replaced(message, (b'"result":', b'/* the result */"result":'))


@FAULTS.work
def control_character_in_a_string(message: Message) -> None:
    replaced(message, (b"caf~", b"a\tb\x01c"))


@FAULTS.work
def not_utf8_in_a_log(message: Message) -> None:
    write(dump(log("caf~")).replace(b"~", b"\xe9") + b"\n")
    say(done(message))


@FAULTS.work
def not_utf8_in_a_result(message: Message) -> None:
    replaced(message, (b"~", b"\xe9"))


@FAULTS.work
def overlong_utf8(message: Message) -> None:
    replaced(message, (b"~", b"\xc0\xaf"))


@FAULTS.work
def utf16(message: Message) -> None:
    write(json.dumps(done(message)).encode("utf-16") + b"\n")


@FAULTS.work
def lone_surrogate_in_a_text(message: Message) -> None:
    replaced(message, (b"~", rb"\ud83d"))


@FAULTS.work
def lone_surrogate_in_a_key(message: Message) -> None:
    replaced(message, (b'"result":{', rb'"result":{"_meta":{"\ud83d":1},'))


@FAULTS.work
def nan(message: Message) -> None:
    replaced(message, (b'"result":{', b'"result":{"structuredContent":{"n":NaN},'))


@FAULTS.work
def infinity(message: Message) -> None:
    replaced(message, (b'"result":{', b'"result":{"structuredContent":{"n":-Infinity},'))


@FAULTS.work
def out_of_range(message: Message) -> None:
    replaced(message, (b'"result":{', b'"result":{"structuredContent":{"n":1e400},'))


@FAULTS.work
def integer_of_5000_digits(message: Message) -> None:
    replaced(message, (b'"result":{', b'"result":{"structuredContent":{"n":%s},' % (b"9" * 5000)))


@FAULTS.work
def duplicate_keys(message: Message) -> None:
    replaced(message, (b'"text":"caf~"', b'"text":"first","text":"caf~"'))


@FAULTS.work
def nested_10000_deep(message: Message) -> None:
    replaced(message, (b'"result":{', b'"result":{"structuredContent":{"n":' + b"[" * 10_000 + b"]" * 10_000 + b"},"))


@FAULTS.work
def line_of_4_mib(message: Message) -> None:
    replaced(message, (b"caf~", b"x" * (4 << 20)))


@FAULTS.work
def line_of_64_mib(message: Message) -> None:
    replaced(message, (b"caf~", b"x" * (64 << 20)))


@FAULTS.server
def everything_pretty() -> None:
    for message in messages():
        if (answer := reply(message)) is not None:
            write(json.dumps(answer, indent=2).encode() + b"\n")


@FAULTS.work
def flood(message: Message) -> None:
    """2,000 notifications in one piece."""
    params = {"progressToken": token(message), "progress": 1, "total": 2000}
    lines: list[bytes] = []
    for number in range(1000):
        params["progress"] = number
        lines += (dump({"jsonrpc": "2.0", "method": "notifications/progress", "params": params}), dump(log(number)))
    write(b"\n".join(lines) + b"\n")
    say(done(message))
