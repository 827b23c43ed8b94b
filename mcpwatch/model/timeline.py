"""What the fold knows, to be asked for: the model's front door.

`apply` and the plain state come from `Fold`; this adds the questions that a view, a session or a test has. Nothing here
changes anything, and everything returned is a copy or a value, so it may be called from another thread than the one
that publishes.
"""

from __future__ import annotations

from typing import NamedTuple

from mcpwatch.events import Event, Frame, JsonId
from mcpwatch.model.exchange import Exchange
from mcpwatch.model.fold import Fold
from mcpwatch.model.listing import Change
from mcpwatch.model.progress import Bar
from mcpwatch.model.question import Question
from mcpwatch.model.state import State, state_of
from mcpwatch.model.used import Used

_RECENT = 256
"""How many exchanges that began before a notification are looked through for its owner."""


class Waiting(NamedTuple):
    """What is waited for: a running request of the client, or a question without an answer; `since` in seconds."""

    what: Exchange | Question
    since: float


class Timeline(Fold):
    """Give it every event through `apply`, read the rest.

    `fetch` gets a `seq` and returns that event, as the recording has it; with it messages are read when a property like
    `Exchange.progress` or `Exchange.result` is. Without it those raise `LookupError`; counts and states are there
    anyway.
    """

    def waiting(self, link: str | None = None) -> list[Waiting]:
        """What waits now, the longest first: running requests of the client, and unanswered questions.

        A `subscriptions/listen` is open by design and not among them.
        """
        found = [
            Waiting(one, one.conversation[-1].started if one.conversation else one.started)
            for one in list(self.running.values())
            if one.dir == "c2s" and not one.long_running and link in (None, one.link)
        ]
        found += [Waiting(one, one.asked) for one in self.unanswered(link)]
        return sorted(found, key=lambda one: one.since)

    def unanswered(self, link: str | None = None) -> list[Question]:
        """The questions that wait for an answer, in order."""
        return self._questions.waiting(link)

    def bars(self, link: str | None = None) -> list[Bar]:
        """The progress tokens of running requests, in order of their first message."""
        found = [one.bar for one in list(self.running.values()) if link in (None, one.link)]
        return sorted((bar for bar in found if bar is not None and bar.running), key=lambda bar: bar.first)

    def used(self, link: str | None = None) -> Used:
        """What the server of one link used, or those of all links together."""
        return Used.sum(one.used() for one in list(self.links.values()) if link in (None, one.link))

    def state(self, link: str | None = None) -> State:
        """A snapshot of a link; without a name of the only one. Raises `KeyError` where there is none, or several."""
        if link is None:
            names = [name for name in list(self.links) if name]
            if len(names) != 1:
                raise KeyError(f"one of {', '.join(names) or 'no links'} has to be named")
            link = names[0]
        return state_of(self, self.links[link])

    def states(self) -> dict[str, State]:
        """A snapshot of every link, in the order in which they were opened."""
        return {link: state_of(self, server) for link, server in list(self.links.items()) if link}

    def changes(self, link: str | None = None, *, after: int = 0) -> list[Change]:
        """What new listings brought, in order; only those after the event `after`."""
        found = [
            change
            for server in list(self.links.values())
            if link in (None, server.link)
            for change in list(server.changes)
            if change.seq > after
        ]
        return sorted(found, key=lambda change: change.seq)

    def exchange(self, seq: int, id: JsonId = None) -> Exchange | None:
        """The exchange that the request with this `seq` began, or continued as a round; in a batch the one with
        `id`."""
        return self._exchanges.find(seq, id)

    def questions_at(self, seq: int) -> list[Question]:
        """All questions that the frame with this `seq` carries: several for an `input_required` result or a batch."""
        return self._questions.at(seq)

    def question(self, seq: int, key: str | None = None) -> Question | None:
        """The question that the frame with this `seq` carries; `key` picks one of an `input_required` result."""
        for question in self.questions_at(seq):
            if key is None or question.key == key:
                return question
        return None

    def exchange_of(self, event: Event) -> Exchange | None:
        """The exchange that a frame belongs to, or None: for a question, its own.

        A notification is looked for in the running exchanges and the last few hundred that began before it.
        """
        if not isinstance(event, Frame):
            return None
        if event.type == "request":
            return self.exchange(event.seq, event.id)
        if event.type in ("response", "error"):
            return None if event.re is None else self.exchange(event.re, event.id)
        for exchange in [*list(self.running.values()), *self._exchanges.before(event.seq, _RECENT)]:
            if exchange.link == event.link and exchange.holds(event.seq):
                return exchange
        return None
