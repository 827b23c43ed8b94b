"""Answers with wrong ids: null, a float, a string for an integer, twice, none at all. The tool's name says which."""

from _talk import Message, result, say, serve, text, tool


def call(message: Message) -> None:
    answer, number = result(message, text("done")), message["id"]
    if tool(message) == "null":
        answer["id"] = None
    elif tool(message) == "float":
        answer["id"] = float(number) if isinstance(number, int) else 1.0
    elif tool(message) == "string":
        answer["id"] = str(number)
    elif tool(message) == "missing":
        del answer["id"]
    say(answer)
    if tool(message) == "twice":
        say(result(message, text("done again")))


serve(call, tools=("null", "float", "string", "missing", "twice"))
