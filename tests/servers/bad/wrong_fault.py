"""What a fault is to the server that has it: what `work` does, or the whole of the server in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from _talk import Message, result, say, text, tool

Call = Callable[[Message], None]


@dataclass(frozen=True)
class Wrong:
    call: Call | None = None
    main: Callable[[], None] | None = None


def done(message: Message, said: str = "done") -> Message:
    """The answer to a call, as it should be."""
    return result(message, text(said))


class Faults(dict[str, Wrong]):
    """Faults by name. A function's name says which it is."""

    def work(self, call: Call) -> Call:
        """What a call of `work` does; other tools are answered."""

        def either(message: Message) -> None:
            if tool(message) == "work":
                call(message)
            else:
                say(done(message))

        self[call.__name__] = Wrong(call=either)
        return call

    def server(self, main: Callable[[], None]) -> Callable[[], None]:
        """The whole server."""
        self[main.__name__] = Wrong(main=main)
        return main
