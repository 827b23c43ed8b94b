"""The requests and notifications that the person sent, as steps; and what may be expected of each again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard, cast

from mcpwatch.check.came import Came
from mcpwatch.check.draft.offered import holds, offered_roots, without
from mcpwatch.check.draft.rules import question_of
from mcpwatch.check.draft.stable import NOTHING, is_plain, looks_fickle, stable_data, stable_text, values_in
from mcpwatch.check.script import Step
from mcpwatch.events import Frame
from mcpwatch.model import Exchange, Timeline
from mcpwatch.model.listing import MEMBERS, METHODS
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.dispatch import Reply
from mcpwatch.session.templates import literal

__all__ = ["Sent", "drafted_steps"]

JsonObject: TypeAlias = dict[str, Any]
Sent: TypeAlias = Exchange | Frame
"""A request of the person with all that belongs to it, or a notification."""
NEVER = frozenset(
    {
        "initialize",
        "server/discover",
        "ping",
        "logging/setLevel",
        "notifications/initialized",
        "notifications/cancelled",
    }
    | {"notifications/progress", "notifications/roots/list_changed"}
)
"""What a client sends by itself: a proxy cannot tell who wanted it."""
MOST_NAMES = 40


def drafted_steps(timeline: Timeline, notifications: Sequence[Frame], links: Collection[str]) -> list[JsonObject]:
    """The steps, in order; requests that ran at the same time stand together."""
    sent: list[Sent] = [one for one in timeline.exchanges if _is_wanted(one)]
    sent += [one for one in notifications if one.by in ("user", "replay", None) and one.method not in NEVER]
    sent.sort(key=lambda one: one.seq)
    said = [_bare(one.params) for one in sent if isinstance(one, Exchange)]
    offered = offered_roots(timeline)
    answers = (one.answer for one in timeline.questions if one.state == "answered" and one.kind != "roots")
    known = set(values_in([*said, *answers]))
    steps: list[JsonObject] = []
    listed: set[int] = set()
    for group in _groups(sent):
        made = [
            step
            for one in group
            for step in _steps(one, timeline, known, offered, links, listed)
        ]  # fmt: skip
        if len(made) > 1 and len(group) > 1:
            steps.append({"together": made})
        else:
            steps += made
    return [literal(step) for step in steps]


def _is_wanted(exchange: Exchange) -> bool:
    if (
        exchange.dir != "c2s"
        or not exchange.method
        or exchange.by not in ("user", "replay", None)
        or exchange.method in NEVER
    ):
        return False
    if exchange.by is None and (exchange.method in METHODS or exchange.long_running):
        return False  # a client lists and listens by itself
    return exchange.state not in ("lost", "running") or exchange.long_running


def _groups(sent: Sequence[Sent]) -> Iterator[list[Sent]]:
    """What overlapped, each time; a list or a notification stands alone."""
    group: list[Sent] = []
    end = 0.0
    for one in sent:
        alone = isinstance(one, Frame) or one.method in METHODS or one.long_running or one.method.endswith("subscribe")
        if group and (alone or not isinstance(one, Exchange) or one.started >= end):
            yield group
            group = []
        if alone:
            yield [one]
            continue
        assert isinstance(one, Exchange)
        end = max(end if group else 0.0, one.ended or one.started)
        group.append(one)
    if group:
        yield group


def _steps(
    sent: Sent,
    timeline: Timeline,
    known: Collection[str],
    offered: Collection[str],
    links: Collection[str],
    listed: set[int],
) -> Iterator[JsonObject]:
    def named(subject: str) -> str:
        return f"{sent.link}:{subject}" if len(links) > 1 else subject

    if isinstance(sent, Frame):
        yield _with({"notify": named(sent.method or "")}, "params", _bare(sent.params))
        return
    params = _bare(sent.params)
    arguments = params.get("arguments")
    step: JsonObject
    match sent.method:
        # What a client may not have sent like this is sent as it was, for which scripts have `request`.
        case "tools/call" if _is_name(params.get("name")) and isinstance(arguments, dict | None):
            step = _with({"call": named(params["name"])}, "args", arguments)
        case "resources/read" if _is_name(params.get("uri")):
            step = {"read": named(params["uri"])}
        case "prompts/get" if _is_name(params.get("name")) and isinstance(arguments, dict | None):
            step = _with({"prompt": named(params["name"])}, "args", arguments)
        case "completion/complete" if _completion(params):
            reference, argument = mapping(params["ref"]), mapping(params["argument"])
            subject = str(reference.get("uri", reference.get("name", "")))
            step = {"complete": named(subject), "argument": {argument["name"]: argument["value"]}}
        case "resources/subscribe" if _is_name(params.get("uri")):
            step = {"subscribe": named(params["uri"])}
        case "subscriptions/listen":
            uris = items(mapping(params.get("notifications")).get("resourceSubscriptions"))
            yield from ({"subscribe": named(uri)} for uri in uris if _is_name(uri))
            return
        case method if method in METHODS:
            if sent.number in listed:
                return
            names = _names(sent, timeline, listed)
            step = {"list": named(METHODS[method])}
            if sent.ok and names:
                step["expect"] = {"includes": names[:MOST_NAMES]}
            yield step
            return
        case method:
            step = _with({"request": named(method)}, "params", params)
    if sent.state == "cancelled":
        count, took = sent.progress_count, (sent.ms or 0.0) / 1000.0
        step["cancel"] = {"at_progress": count} if count else {"after": f"{max(took, 0.01):.2g}s"}
    elif expect := _expect(sent, step, timeline, known, offered):
        step["expect"] = expect
    yield step


def _is_name(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value)


def _completion(params: Mapping[str, Any]) -> bool:
    argument, reference = mapping(params.get("argument")), mapping(params.get("ref"))
    named = _is_name(reference.get("uri", reference.get("name")))
    return named and all(isinstance(argument.get(key), str) for key in ("name", "value"))


def _expect(
    sent: Exchange, step: JsonObject, timeline: Timeline, known: Collection[str], offered: Collection[str]
) -> JsonObject:
    """What may be expected again."""
    kind = next(iter(step))
    reply = Reply(sent.id, result=sent.result, error=mapping(sent.error) or None)
    came = Came(Step(cast("Any", kind), ()), reply=reply)
    if came.error is not None:
        expect: JsonObject = {"error": {"code": came.error.get("code")}}
        said = came.error.get("message")
        if isinstance(said, str) and (stable := stable_text(_lines(said, offered), known)) is not None:
            expect["error"]["message"] = stable
        return expect if isinstance(came.error.get("code"), int) else {"ok": False}
    expect = {"ok": not came.failed}
    fickle = _is_fickle(sent, timeline)
    if kind in ("call", "read", "prompt") and not fickle:
        text = stable_text(_lines(came.text, offered), known)
        if text is not None:
            expect["text"] = text
    if kind == "call" and not came.failed:
        data = stable_data(without(came.data, offered), known, fickle=fickle)
        if data is not NOTHING:
            expect["data"] = data
    if kind == "complete":
        values = items(without(mapping(mapping(came.result).get("completion")).get("values"), offered))
        sure = [value for value in values if isinstance(value, str) and stable_text(f"word {value}", known)]
        if sure and len(sure) == len(values):
            expect["includes"] = sure[:5]
    bar = sent.bar
    if bar is not None and not came.failed and not bar.odd and bar.fraction == 1.0:
        expect["progress"] = {"complete": True}
    asked = list(_asked(sent, offered))
    if asked:
        expect["asked"] = asked
    return expect


def _lines(text: str, offered: Collection[str]) -> str:
    """Those lines that name none of `offered`."""
    return "\n".join(line for line in text.split("\n") if not holds(line, offered))


def _asked(sent: Exchange, offered: Collection[str]) -> Iterator[JsonObject]:
    """What the server asked while it did this, by what it said."""
    for one in sent.questions:
        if one.kind == "roots" and one.state == "answered":
            # A server may ask for them at any time: only where the result depends on them is it about this request.
            if one.key is not None or holds(sent.result, offered):
                yield {"roots": {}}
            continue
        if one.kind not in ("sampling", "elicitation") or one.state not in ("answered", "refused"):
            continue
        said = question_of(one).text
        stable = said if is_plain(said) else stable_text(said, ())
        yield {one.kind: stable if stable is not None else {}}


def _is_fickle(sent: Exchange, timeline: Timeline) -> bool:
    """Whether what was called speaks of something that changes by itself, by its name or its description."""
    server = timeline.links.get(sent.link)
    offered: Mapping[str, Any] = {}
    if server is not None and sent.name is not None:
        kind = {"tools/call": server.tools, "prompts/get": server.prompts, "resources/read": server.resources}
        offered = kind.get(sent.method, {}).get(sent.name, {})
    return looks_fickle(sent.name, offered.get("title"), offered.get("description"))


def _names(sent: Exchange, timeline: Timeline, listed: set[int]) -> list[str]:
    """The names in a listing, over all its pages, which are marked as listed."""
    member, naming = MEMBERS[METHODS[sent.method]]
    names: list[str] = []
    page: Exchange | None = sent
    while page is not None:
        listed.add(page.number)
        result = mapping(page.result)
        names += [str(mapping(row).get(naming)) for row in items(result.get(member))]
        following = result.get("nextCursor")
        page = next(
            (
                one
                for one in timeline.exchanges[page.number + 1 :]
                if one.link == sent.link
                and one.method == sent.method
                and following
                and mapping(one.params).get("cursor") == following
            ),
            None,
        )
    return [name for name in names if name]


def _bare(params: Any) -> JsonObject:
    """Parameters without what the protocol adds."""
    return {key: value for key, value in mapping(params).items() if key != "_meta"}


def _with(step: JsonObject, key: str, value: Any) -> JsonObject:
    return {**step, key: value} if value else step
