"""Sends JSON-RPC batches: a log and the response (`work`), two logs (`logs`), an empty one (`empty`)."""

from _talk import Message, log, result, say, serve, text, tool


def call(message: Message) -> None:
    done = result(message, text("done"))
    if tool(message) == "work":
        say([log("in a batch"), done])
    else:
        say([] if tool(message) == "empty" else [log("one"), log("two")])
        say(done)


serve(call, tools=("work", "logs", "empty"))
