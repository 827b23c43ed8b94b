"""Which recorded request a live one is, and if none, what is nearest and what the difference is.

Owns the three ways to match, and whose turn it is among equal ones. A request is compared by its method and its
normalised parameters, never by its id or `_meta`. Nothing here sends anything: that is `core`'s.

strict     the same method and parameters, in any order; equal ones in turn, and the last of them again and again
sequence   the same, in the recorded order and each once; what a client asks on its own (handshake, lists, ping, the
           level of logs) has no turn
loose      the same method and name, and of those the nearest parameters
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple, TypeAlias

from mcpwatch.check.change import shown
from mcpwatch.check.mock.judge import in_words, named
from mcpwatch.check.mock.story import QUIET, Cue, Story
from mcpwatch.check.nearest import likeness
from mcpwatch.check.normalize import Normalizer
from mcpwatch.check.same import same
from mcpwatch.model.shapes import items, mapping
from mcpwatch.wire.framing import name_of

__all__ = ["MODES", "Miss", "Mode", "Picker"]

Mode: TypeAlias = Literal["strict", "sequence", "loose"]
MODES: tuple[Mode, ...] = ("strict", "sequence", "loose")
NO_METHOD, NO_PARAMS, NO_VERSION = -32601, -32602, -32022
NO_TURN = frozenset({"initialize", "server/discover", "ping", "logging/setLevel", "subscriptions/listen"})
"""Methods whose parameters are the client's own business: who it is, and what it wants to hear."""
ROUND = ("requestState", "inputResponses")


class Miss(NamedTuple):
    """Nothing in the recording fits. `message` says what is nearest; `data` has it for programs."""

    code: int
    message: str
    data: Mapping[str, Any]


class Picker:
    """Remembers what has had its turn. `position` is the last event of the recording that has been played."""

    def __init__(self, story: Story, mode: Mode, normal: Normalizer) -> None:
        self._story, self._mode, self._normal = story, mode, normal
        self._requests = [cue for cue in story.cues if cue.kind == "request"]
        self._notifications = [cue for cue in story.cues if cue.kind == "notification"]
        self._params = {id(cue): self._comparable(cue.params) for cue in story.cues}
        self._done: set[int] = set()
        self._order = [cue for cue in self._requests if _has_turn(cue)]
        self.position = 0

    @property
    def left(self) -> list[Cue]:
        """The requests that nobody has sent yet, in their order; of a conversation that was not begun the first."""
        left = [cue for cue in self._order if id(cue) not in self._done]
        return [cue for cue in left if cue.before is None or id(cue.before) in self._done]

    def request(self, method: str, params: Mapping[str, Any]) -> Cue | Miss:
        """The cue that a request is."""
        if method == "initialize" and self._story.era == "modern":
            return self._other_era(params)
        cues = [cue for cue in self._requests if cue.method == method]
        if not cues:
            return self._no_method(method)
        if method in NO_TURN:
            return self._taken(self._in_turn(cues))
        if any(name in params for name in ROUND):
            return self._round(method, params, cues)
        begun = [cue for cue in cues if cue.before is None]
        if self._mode == "sequence" and method not in QUIET and method not in NO_TURN:
            return self._next(method, params)
        found = self._equal(begun, params)
        if found:
            return self._taken(self._in_turn(found))
        if self._mode == "loose" and (named_so := [cue for cue in begun if cue.name == name_of(method, params)]):
            return self._taken(self._in_turn(self._nearest_of(named_so, params)))
        return self._no_params(method, params, begun or cues)

    def notification(self, method: str, params: Mapping[str, Any]) -> Cue | None:
        """The cue that a notification is; None for one upon which nothing was recorded."""
        cues = [cue for cue in self._notifications if cue.method == method]
        found = self._equal(cues, params) or (cues if self._mode == "loose" else [])
        return self._taken(self._in_turn(found)) if found else None

    # Among cues

    def _equal(self, cues: Sequence[Cue], params: Mapping[str, Any]) -> list[Cue]:
        """Those with these parameters: word for word where there are any, else once both are normalised."""
        bare = _bare(params)
        exact = [cue for cue in cues if same(_bare(cue.params), bare)]
        if exact:
            return exact
        given = self._comparable(params)
        return [cue for cue in cues if same(self._params[id(cue)], given)]

    def _in_turn(self, cues: Sequence[Cue]) -> Cue:
        """The first that had no turn, else the last; of what changes nothing, one that was told the present state."""
        if cues[0].method in QUIET:
            at = max((cue.epoch for cue in cues if cue.epoch <= self.position), default=cues[0].epoch)
            cues = [cue for cue in cues if cue.epoch == at]
        return next((cue for cue in cues if id(cue) not in self._done), cues[-1])

    def _taken(self, cue: Cue) -> Cue:
        self._done.add(id(cue))
        return cue

    def _nearest_of(self, cues: Sequence[Cue], params: Mapping[str, Any]) -> list[Cue]:
        """Those whose parameters are most alike."""
        given = self._comparable(params)
        alike = [likeness(self._params[id(cue)], given) for cue in cues]
        return [cue for cue, one in zip(cues, alike, strict=True) if one == max(alike)]

    def _round(self, method: str, params: Mapping[str, Any], cues: Sequence[Cue]) -> Cue | Miss:
        """The next round of a conversation: the one whose state comes back, else the one whose questions are answered.

        Whether the answers are the recorded ones is not asked here: they are checked, and told.
        """
        rounds = [cue for cue in cues if any(name in cue.params for name in ROUND)]
        name, state, given = name_of(method, params), params.get("requestState"), mapping(params.get("inputResponses"))
        found = [cue for cue in rounds if cue.name == name and cue.params.get("requestState") == state]
        keyed = [cue for cue in found if mapping(cue.params.get("inputResponses")).keys() == given.keys()] or found
        open_ = [cue for cue in keyed if cue.before is not None and id(cue.before) in self._done]
        if best := open_ or keyed:
            rest = {key: value for key, value in params.items() if key not in ROUND}
            like = [cue for cue in best if same(_bare(_without_round(cue.params)), _bare(rest))]
            return self._taken(self._in_turn(like or best))
        nearest = next((cue for cue in rounds if cue.name == name), None)
        if nearest is None:
            said = f"The recorded conversation of {named(method, name)} ends before this round."
            return Miss(NO_PARAMS, said, {"method": method, "name": name})
        expected = nearest.params.get("requestState")
        said = f"No recorded round of {named(method, name)} has this requestState: it was {shown(expected)}, "
        return Miss(NO_PARAMS, f"{said}it is {shown(state)}.", _data(nearest))

    def _next(self, method: str, params: Mapping[str, Any]) -> Cue | Miss:
        """The one whose turn it is, if that is what came."""
        left = [cue for cue in self.left if cue.before is None and cue.method not in QUIET]
        name = name_of(method, params)
        if not left:
            return Miss(NO_PARAMS, f"{named(method, name)} comes after all that was recorded.", {})
        cue = left[0]
        if cue.method == method and cue in self._equal([cue], params):
            return self._taken(cue)
        said = f"{named(method, name)} comes out of turn: the next is {named(cue.method, cue.name)} (event {cue.seq})"
        if (cue.method, cue.name) == (method, name):
            said += f", which differs: {self._told(cue, params)}"
        return Miss(NO_PARAMS, f"{said}.", _data(cue))

    # Where there is none

    def _no_method(self, method: str) -> Miss:
        methods = list(dict.fromkeys(cue.method for cue in self._requests))
        near = _closest(method, methods)
        rest = f"; the nearest is {near}" if near is not None else ""
        known = ", ".join(methods)
        return Miss(NO_METHOD, f"The recording has no {method}{rest}.", {"nearest": near, "recorded": known})

    def _no_params(self, method: str, params: Mapping[str, Any], cues: Sequence[Cue]) -> Miss:
        name = name_of(method, params)
        so = [cue for cue in cues if cue.name == name]
        if not so:
            names = list(dict.fromkeys(cue.name for cue in cues if cue.name is not None))
            near = _closest(name or "", names)
            so = [cue for cue in cues if cue.name == near]
            cue = self._nearest_of(so, params)[0]
            said = f"The recording has no {named(method, name)}; the nearest is {named(method, near)}"
            return Miss(NO_PARAMS, f"{said} (event {cue.seq}).", _data(cue))
        cue = self._nearest_of(so, params)[0]
        said = f"The recording has no such {named(method, name)}; the nearest (event {cue.seq}) differs:"
        return Miss(NO_PARAMS, f"{said} {self._told(cue, params)}.", _data(cue))

    def _told(self, cue: Cue, params: Mapping[str, Any]) -> str:
        return in_words(self._params[id(cue)], self._comparable(params), ("params",))

    def _other_era(self, params: Mapping[str, Any]) -> Miss:
        supported = list(items(self._story.discovered.get("supportedVersions"))) or ["2026-07-28"]
        said = "The recording speaks 2026-07-28, which has no initialize: record the server with --era legacy as well."
        return Miss(NO_VERSION, said, {"supported": supported, "requested": params.get("protocolVersion")})

    def _comparable(self, params: Mapping[str, Any]) -> Any:
        return self._normal.value(_bare(params), ("params",))


def _closest(word: str, words: Sequence[str]) -> str | None:
    """The most similar of some words; None where there is none."""
    return max(words, key=lambda one: SequenceMatcher(None, word, one).ratio(), default=None)


def _has_turn(cue: Cue) -> bool:
    return cue.method not in NO_TURN and not cue.method.endswith("/list")


def _bare(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters without what is about the request rather than in it; no arguments are empty ones."""
    found = {key: value for key, value in params.items() if key != "_meta"}
    if found.get("arguments", ()) in (None, {}):
        found.pop("arguments", None)
    return found


def _without_round(params: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key not in ROUND}


def _data(cue: Cue) -> dict[str, Any]:
    """The nearest request, for programs."""
    return {"nearest": {"event": cue.seq, "method": cue.method, "params": _bare(cue.params)}}
