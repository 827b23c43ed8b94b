r"""Ends its lines with \r\n, as a text stream on Windows does."""

from _talk import Message, dump, log, result, serve, text, write


def put(message: Message) -> None:
    write(dump(message) + b"\r\n")


def call(message: Message) -> None:
    put(log("two characters end this line"))
    put(result(message, text("done")))


serve(call, put=put)
