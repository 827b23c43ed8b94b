"""Sends 100,000 notifications, or as many as argv says, inside one call: progress and logs in turn, in big buffers."""

from _talk import Message, argument, dump, log, result, say, serve, text, token, write

COUNT = argument(100_000)


def call(message: Message) -> None:
    params = {"progressToken": token(message), "progress": 0, "total": COUNT}
    head, tail = dump({"jsonrpc": "2.0", "method": "notifications/progress", "params": params}).split(b'"progress":0')
    spoken = dump(log({"line": "something happened"})) + b"\n"
    pieces: list[bytes] = []
    for number in range(1, COUNT + 1):
        pieces.append(b'%s"progress":%d%s\n' % (head, number, tail) if number % 2 else spoken)
        if number % 1000 == 0 or number == COUNT:
            write(b"".join(pieces))
            pieces.clear()
    say(result(message, text(f"{COUNT} sent")))


serve(call)
