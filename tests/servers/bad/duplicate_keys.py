"""Repeats keys: in a result's text, and the `result` member itself. The last one is the right one."""

from _talk import Message, dump, result, serve, text, write


def call(message: Message) -> None:
    answer = dump(result(message, text("done")))
    answer = answer.replace(b'"text":"done"', b'"text":"first","text":"done"')
    write(answer.replace(b'"result":', b'"result":{"content":[]},"result":') + b"\n")


serve(call)
