"""Sends bytes that are not UTF-8: in a log notification (tool `log`), in a response (tool `result`)."""

from _talk import Message, dump, log, result, say, serve, text, tool, write


def call(message: Message) -> None:
    if tool(message) == "log":
        write(dump(log("caf~")).replace(b"~", b"\xe9") + b"\n")
        say(result(message, text("done")))
    else:
        write(dump(result(message, text("caf~"))).replace(b"~", b"\xe9") + b"\n")


serve(call, tools=("log", "result"))
