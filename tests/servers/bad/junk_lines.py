"""Prints what is no message: before the first one, between messages, in front of a result, and after the end."""

from _talk import Message, result, say, serve, text, write


def call(message: Message) -> None:
    write(b"working on it...\n\n   \n\x1b[31mred\x1b[0m\n")
    write(b'{"level":"info","msg":"a logger on stdout"}\n[INFO] {"jsonrpc":"2.0"}\n"just a string"\n42\nnull\n{}\n[]\n')
    write(b'{"jsonrpc":"2.0","id":')
    write(b"\n")
    say(result(message, text("done")))
    write(b"Done in 0.1 s\n")


write(b"Starting server on stdio...\nDEBUG ready\n")
serve(call)
write(b"bye\n")
