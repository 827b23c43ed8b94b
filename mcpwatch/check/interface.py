"""What a server offers, before and after: what came, what went, and whether that breaks who relied on it.

Breaking is what a client that worked before may fail over: a tool, prompt or resource that is gone, an argument that
is required now, a narrower type, a result that promises less. Additions and words are not. Listings are compared as
they were last seen, whole; what was not listed in both recordings is not compared, and said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from mcpwatch.check.change import changes_in, sentence, shown
from mcpwatch.check.narrowing import schema_changes
from mcpwatch.check.normalize import Normalizer
from mcpwatch.check.same import fingerprint, same
from mcpwatch.model import Server
from mcpwatch.model.listing import MEMBERS, ListKind
from mcpwatch.model.shapes import items, mapping, text

__all__ = ["InterfaceChange", "Subject", "interface_changes", "unlisted"]

Subject: TypeAlias = Literal["tool", "prompt", "resource", "template", "capability", "server"]
SUBJECTS: Final[Mapping[ListKind, Subject]] = {
    "tools": "tool",
    "prompts": "prompt",
    "resources": "resource",
    "templates": "template",
}
_SCHEMAS: Final = frozenset({"inputSchema", "outputSchema", "arguments"})


@dataclass(frozen=True, slots=True)
class InterfaceChange:
    """`name` is the tool's, prompt's or capability's name, or the resource's URI; `message` says what is different."""

    subject: Subject
    name: str
    message: str
    breaking: bool
    kind: Literal["added", "removed", "changed"] = "changed"


def interface_changes(before: Server, after: Server, a: Normalizer, b: Normalizer) -> list[InterfaceChange]:
    """What is different, in the order of subjects and of the listings."""
    found = list(_of_server(before, after, a, b))
    for kind, subject in SUBJECTS.items():
        if kind in _both_listed(before, after):
            found += _of_list(subject, _normal(before, kind, a), _normal(after, kind, b))
    return found


def _normal(server: Server, kind: ListKind, normalizer: Normalizer) -> dict[str, Mapping[str, Any]]:
    """The items of a list by name. A path to one has its name where its position was: `result.tools.add.title`."""
    member = MEMBERS[kind][0]
    listed = server.listings[kind].items.items()
    return {name: mapping(normalizer.value(dict(item), ("result", member, name))) for name, item in listed}


def unlisted(before: Server, after: Server) -> list[tuple[ListKind, bool]]:
    """The kinds that were listed on one side alone, and whether that is the first."""
    return [
        (kind, before.listings[kind].complete)
        for kind in SUBJECTS
        if before.listings[kind].complete != after.listings[kind].complete
        and (before.listings[kind].items or after.listings[kind].items)
    ]


def _both_listed(before: Server, after: Server) -> list[ListKind]:
    return [kind for kind in SUBJECTS if before.listings[kind].complete and after.listings[kind].complete]


def _of_server(before: Server, after: Server, a: Normalizer, b: Normalizer) -> Iterator[InterfaceChange]:
    if before.protocol_version != after.protocol_version:
        was, now = before.protocol_version or "none", after.protocol_version or "none"
        yield InterfaceChange("server", "protocol version", f"{was} → {now}", False)
    for word in ("name", "title", "version"):
        was, now = getattr(before.identity, word, None), getattr(after.identity, word, None)
        if was != now:
            yield InterfaceChange("server", word, f"{shown(was)} → {shown(now)}", False)
    was, now = (one.value(server.instructions, ("result", "instructions")) for one, server in ((a, before), (b, after)))
    if not same(was, now):
        yield InterfaceChange("server", "instructions", f"{shown(was)} → {shown(now)}", False)
    if before.capabilities is not None and after.capabilities is not None:
        at = ("result", "capabilities")
        old, new = a.value(before.capabilities, at), b.value(after.capabilities, at)
        yield from _of_capabilities(mapping(old), mapping(new), "")


def _of_capabilities(old: Mapping[str, Any], new: Mapping[str, Any], above: str) -> Iterator[InterfaceChange]:
    """A capability that is false is one that is not there."""
    for name, was in old.items():
        now, full = new.get(name, False), above + name
        if was is False or same(was, now):
            continue
        if now is False:
            yield InterfaceChange("capability", full, "is gone", True, "removed")
        elif isinstance(was, dict) and isinstance(now, dict):
            yield from _of_capabilities(mapping(was), mapping(now), f"{full}.")
        else:
            yield InterfaceChange("capability", full, f"{shown(was)} → {shown(now)}", True)
    for name, now in new.items():
        if old.get(name, False) is False and now is not False:
            yield InterfaceChange("capability", above + name, "is new", False, "added")


def _of_list(
    subject: Subject, old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> Iterator[InterfaceChange]:
    gone = [name for name in old if name not in new]
    came = [name for name in new if name not in old]
    renamed = _renamed({name: old[name] for name in gone}, {name: new[name] for name in came})
    for name, was in old.items():
        if name in new:
            yield from _of_item(subject, name, was, new[name])
        else:
            hint = f", renamed to {renamed[name]} as it seems" if name in renamed else ""
            yield InterfaceChange(subject, name, f"is gone{hint}", True, "removed")
    for name in came:
        yield InterfaceChange(subject, name, "is new", False, "added")
    if gone or came or list(old) == list(new):
        return
    yield InterfaceChange(subject, "", "the same ones are listed in another order", False)


def _renamed(gone: Mapping[str, Mapping[str, Any]], came: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What went and came back under another name: everything else about it is the same."""
    names = ("name", "title", "uri", "uriTemplate")
    by_rest: dict[str, list[str]] = {}
    for name, item in came.items():
        by_rest.setdefault(fingerprint(_rest(item, names)), []).append(name)
    found: dict[str, str] = {}
    for name, item in gone.items():
        rest = _rest(item, names)
        candidates = by_rest.get(fingerprint(rest), [])
        if rest and len(candidates) == 1:
            found[name] = candidates[0]
    return found


def _rest(item: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """An item without what it is called; the titles that generators derive from a name count as such."""
    return {
        key: {inner: value for inner, value in mapping(member).items() if inner != "title"}
        if key in ("inputSchema", "outputSchema")
        else member
        for key, member in item.items()
        if key not in names
    }


def _of_item(subject: Subject, name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[InterfaceChange]:
    if same(was, now):
        return
    if subject == "tool":
        yield from _of_schema(subject, name, was, now, "inputSchema", sent=True)
        yield from _of_schema(subject, name, was, now, "outputSchema", sent=False)
    elif subject == "prompt":
        yield from _of_arguments(name, items(was.get("arguments")), items(now.get("arguments")))
    for key in sorted((was.keys() | now.keys()) - _SCHEMAS):
        if same(was.get(key), now.get(key)):
            continue
        for change in changes_in({key: was[key]} if key in was else {}, {key: now[key]} if key in now else {}):
            yield InterfaceChange(subject, name, sentence(change), key == "mimeType" and key in was)


def _of_schema(
    subject: Subject, name: str, was: Mapping[str, Any], now: Mapping[str, Any], key: str, *, sent: bool
) -> Iterator[InterfaceChange]:
    old, new = was.get(key), now.get(key)
    if same(old, new):
        return
    if key not in was or key not in now:
        gone = key not in now
        yield InterfaceChange(subject, name, f"{key} is {'gone' if gone else 'new'}", gone != sent)
        return
    said = False
    for change in schema_changes(old, new, sent=sent, noun="argument" if sent else "field"):
        said = True
        message = f"{change.place} {change.message}" if change.message.startswith("is ") else ""
        message = message or f"{change.place or key}: {change.message}"
        yield InterfaceChange(subject, name, ("" if sent or not change.place else "result ") + message, change.breaking)
    if not said:  # what nobody refers to, or the order of what is required
        yield InterfaceChange(subject, name, f"{key} is written in another way", False)


def _of_arguments(name: str, was: Sequence[Any], now: Sequence[Any]) -> Iterator[InterfaceChange]:
    """A prompt's arguments: by name, all of them texts."""
    old, new = _by_name(was), _by_name(now)
    for argument, before in old.items():
        after = new.get(argument)
        if after is None:
            yield InterfaceChange("prompt", name, f"argument {argument} is gone", True)
            continue
        needed, needs = before.get("required") is True, after.get("required") is True
        if needed != needs:
            said = "is required now" if needs else "is optional now"
            yield InterfaceChange("prompt", name, f"argument {argument} {said}", needs)
        for change in changes_in({**before, "required": needs}, {**after, "required": needs}):
            yield InterfaceChange("prompt", name, f"argument {argument}: {sentence(change)}", False)
    for argument, after in new.items():
        if argument not in old:
            needs = after.get("required") is True
            said = "is new and required" if needs else "is new"
            yield InterfaceChange("prompt", name, f"argument {argument} {said}", needs)


def _by_name(arguments: Sequence[Any]) -> dict[str, Mapping[str, Any]]:
    return {name: one for one in map(mapping, arguments) if (name := text(one.get("name"))) is not None}
