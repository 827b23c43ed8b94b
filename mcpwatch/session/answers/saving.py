"""What a person answered, as a rule that answers the same the next time: the way into an `--answers` file.

A rule matches what was asked by its text alone, because that is what stays the same from run to run. Where a file has a
rule for the same text already, the new one says which time it is for (`nth`) and stands before all that would answer
that time, since the first match wins: the newest answer counts. Whatever else is in the file stays there, byte for
byte.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from mcpwatch.documents import Document, parse_document
from mcpwatch.documents.write import yaml_lines
from mcpwatch.errors import UsageError
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.answers.question import Answer, Answerer, Question
from mcpwatch.session.matching import number_matches
from mcpwatch.session.templates import literal

__all__ = ["append_rule", "rule_for", "savable", "saved_rule"]

JsonObject: TypeAlias = dict[str, Any]
_KINDS: Final = ("sampling", "elicitation", "roots", "request")
_MORE: Final = frozenset({"type", "annotations", "_meta"})
_BLOCKS: Final[Mapping[Any, frozenset[str]]] = {
    "text": _MORE | {"text"},
    "image": _MORE | {"data", "mimeType"},
    "audio": _MORE | {"data", "mimeType"},
    "tool_use": _MORE | {"name", "input", "id"},
}
"""The content that a rule has words for; anything else is kept as the result that it was."""
_USUAL_MODELS: Final = ("a person", "mcpwatch")


def rule_for(question: Question, answer: Answer) -> JsonObject:
    """The rule that gives `answer` to `question`, as an answers file has it."""
    kind, matcher = _matcher(question)
    # Only answers have templates; what matches is taken as it stands.
    return {kind: matcher, **cast("JsonObject", literal(_said(question, answer)))}


def savable(path: Path) -> Document | None:
    """The answers file at `path` as it is, None where there is none. Raises `UsageError` where no rule can go."""
    if path.suffix.lower() not in (".yaml", ".yml", ".json"):
        raise UsageError(f"{path} is no answers file.", hint="Its name ends in .yaml, .yml or .json.")
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise UsageError(f"There is no folder {path.parent}.", hint=f"mkdir -p {path.parent}") from None
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(f"{path} is no plain file.", hint="A rule is never written through a symbolic link.")
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from None
    # With a mark of its byte order the offsets are those of what follows it.
    document = parse_document(text.removeprefix("\ufeff"), str(path))
    value = document.value
    if value is not None and not isinstance(value, dict):
        raise document.error((), "this is no answers file: its top is no mapping")
    if not isinstance(mapping(value).get("answers"), list | None):
        raise document.error(("answers",), "answers has to be a list")
    return document


def append_rule(path: Path, rule: Mapping[str, Any], *, nth: int = 1) -> int:
    """Put a rule into the answers file at `path`, which is made where there is none. The line where it stands then;
    0 where the file says the same already.

    `nth` says which question of its kind it was. Raises `UsageError` where the file cannot take it.
    """
    document = savable(path)
    if document is None:
        if path.suffix.lower() == ".json":
            text = _json({"mcpwatch": 1, "answers": [rule]}, indent=2) + "\n"
        else:
            text = "\n".join(["mcpwatch: 1", "", "answers:", *_item(rule, 2), ""])
        _checked(parse_document("", str(path)), text, rule, 0)
        _create(path, text)
        return 4
    rules: list[Any] = list(items(mapping(document.value).get("answers")))
    # The rule that would answer now: one behind it for the same question would never be reached.
    before = next((at for at, each in enumerate(rules) if _asks_the_same(rule, each, nth)), None)
    if before is not None:
        if _answer(rule) == _answer(rules[before]):
            return 0
        rule = _numbered(rule, nth)
    at, piece = _place(document, rule, before)
    text = document.text[:at] + piece + document.text[at:]
    index = len(rules) if before is None else before
    written = _checked(document, text, rule, index)
    original = path.read_bytes()
    mark = b"\xef\xbb\xbf" if original.startswith(b"\xef\xbb\xbf") else b""
    _replace(path, mark + text.encode())
    return written.where(("answers", index)).line


def saved_rule(file: str, question: Question, answer: Answer) -> tuple[str, Answerer | None, str]:
    """Keep an answer as a rule in `file`: what Notes call the rule, the rule itself as one who answers, and a sentence
    for the person. No rule (None) where the file said the same already.

    Raises `UsageError` where the file cannot take it.
    """
    from mcpwatch.session.answers.rules import rules_from

    path = Path(os.path.expanduser(file))
    line = append_rule(path, rule_for(question, answer), nth=question.nth)
    if not line:
        return "", None, f"{file} has this rule already"
    document = savable(path)
    assert document is not None
    rules = items(mapping(document.value).get("answers"))
    rule = next(rule for at, rule in enumerate(rules) if document.where(("answers", at)).line == line)
    # Alone: what else is in the file is for those who name it with --answers.
    alone = parse_document(_json({"mcpwatch": 1, "answers": [rule]}), str(path))
    (answerer,) = rules_from(alone, folder=path.parent).answerers()
    name = f"{file}:{line}"

    async def named(question: Question) -> Answer | None:
        made = await answerer(question)
        return None if made is None else replace(made, rule=name)

    return name, named, f"saved as a rule: {name}"


# ---- the rule


def _matcher(question: Question) -> tuple[str, Any]:
    match question.kind:
        case "sampling":
            text = question.text
            return "sampling", {"text": {"equals": text}} if text else {"nth": question.nth}
        case "elicitation":
            matcher: JsonObject = {"message": {"equals": question.message}} if question.message else {}
            if question.is_url:
                matcher |= {"mode": "url", "url": {"equals": question.url}}
            return "elicitation", matcher or {"nth": question.nth}
        case "roots":
            return "roots", {}
        case _:
            params = {key: value for key, value in question.params.items() if key != "_meta"}
            return "request", {"method": question.method, "params": params} if params else question.method


def _said(question: Question, answer: Answer) -> JsonObject:
    if answer.error is not None:
        return {"error": dict(answer.error)}
    result = dict(mapping(answer.result))
    if question.kind == "sampling" and "content" in result:
        return _sampled(result)
    if question.kind == "elicitation" and isinstance(result.get("action"), str):
        if result["action"] != "accept" or question.is_url:
            return {"action": result["action"]}
        content = dict(mapping(result.get("content")))
        # `accept` would put in the defaults that the person left out.
        if all(name in content or "default" not in mapping(field) for name, field in question.fields.items()):
            return {"accept": content}
    return {"result": answer.result}


def _sampled(result: JsonObject) -> JsonObject:
    content = result["content"]
    parts = [dict(mapping(part)) for part in (items(content) or [content])]
    one = parts[0] if len(parts) == 1 else {}
    usual = "endTurn"
    if not all(isinstance(result.get(key), str | None) for key in ("model", "stopReason")):
        return {"result": result}
    if set(one) == {"type", "text"} and one["type"] == "text":
        said: JsonObject = {"text": one["text"]}
    elif one.get("type") == "tool_use" and set(one) <= {"type", "id", "name", "input"}:
        said, usual = {"tool_use": {key: one[key] for key in ("name", "input", "id") if key in one}}, "toolUse"
    elif all(set(part) <= _BLOCKS.get(str(part.get("type")), frozenset()) for part in parts):
        said = {"content": parts}
    else:
        return {"result": result}
    if result.get("model") not in (None, *_USUAL_MODELS):
        said["model"] = result["model"]
    if result.get("stopReason") not in (None, usual):
        said["stopReason"] = result["stopReason"]
    return said


def _asks_the_same(rule: Mapping[str, Any], other: Any, nth: int) -> bool:
    """Whether `other` is for what `rule` is for, the `nth` time."""
    kind = next(kind for kind in _KINDS if kind in rule)
    if kind not in mapping(other):
        return False
    matcher = dict(_parts(other[kind]))
    times = matcher.pop("nth", nth)
    mine = {key: value for key, value in _parts(rule[kind]).items() if key != "nth"}
    return matcher == mine and isinstance(times, int | float | str) and number_matches(times, nth)


def _parts(matcher: Any) -> JsonObject:
    return cast("JsonObject", matcher) if isinstance(matcher, dict) else {"method": matcher}


def _answer(rule: Mapping[str, Any]) -> JsonObject:
    return {key: value for key, value in rule.items() if key not in _KINDS}


def _numbered(rule: Mapping[str, Any], nth: int) -> JsonObject:
    """The rule for one time only."""
    kind = next(kind for kind in _KINDS if kind in rule)
    return {**rule, kind: {**_parts(rule[kind]), "nth": nth}}


# ---- the file


def _item(rule: Mapping[str, Any], indent: int) -> list[str]:
    return [f"{' ' * indent}{line}" if line else "" for line in yaml_lines([dict(rule)])]


def _json(value: Mapping[str, Any], indent: int | None = None) -> str:
    """JSON that is YAML as well, which takes fewer characters as they are."""
    return json.dumps(value, indent=indent, ensure_ascii=not json.dumps(value, ensure_ascii=False).isprintable())


def _place(document: Document, rule: Mapping[str, Any], before: int | None) -> tuple[int, str]:
    """Where in the text the rule goes, and what is put there: before rule `before`, or after all of them."""
    text, top = document.text, document.node
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    answers = top.children.get("answers")
    if answers is not None and text[answers.start : answers.start + 1] == "[":
        one = _json(rule)
        if before is not None:
            return answers.children[before].start, f"{one}, "
        return _inside(text, answers.end - 1, one)
    if answers is None and text[top.start : top.start + 1] == "{":
        return _inside(text, top.end - 1, f'"answers": [{_json(rule)}]')
    if answers is None or not answers.children:
        head = (
            []
            if answers is not None
            else ["answers:"]
            if document.value is not None
            else ["mcpwatch: 1", "", "answers:"]
        )
        at = len(text) if answers is None else _after(text, answers.end)
        lines = [*head, *_item(rule, 2)]
    else:
        first = answers.children[0].start
        dash = text.rfind("-", 0, first)
        indent = dash - (text.rfind("\n", 0, dash) + 1)
        lines = _item(rule, indent)
        if before is None:
            at = _after(text, max(child.end for child in answers.children.values()))
        else:
            at = text.rfind("\n", 0, text.rfind("-", 0, answers.children[before].start)) + 1
    start = end_of_line if at and text[at - 1] != "\n" else ""
    return at, start + "".join(f"{line}{end_of_line}" for line in lines)


def _after(text: str, end: int) -> int:
    """Where the line after the one that ends at `end` begins."""
    if end and text[end - 1] == "\n":
        return end
    found = text.find("\n", end)
    return len(text) if found < 0 else found + 1


def _inside(text: str, end: int, one: str) -> tuple[int, str]:
    """Behind the last of what is in a pair of brackets, of which the closing one is at `end`."""
    kept = text[:end].rstrip()
    return len(kept), one if kept[-1] in "[{" else f" {one}" if kept[-1] == "," else f", {one}"


def _checked(document: Document, text: str, rule: Mapping[str, Any], at: int) -> Document:
    """What `text` is. Nothing may be written that does not say what was there, and the rule."""
    hint = "Put it there yourself:\n" + "\n".join(_item(rule, 2))
    try:
        found = parse_document(text, document.name)
    except UsageError:
        found = None
    before = mapping(document.value)
    answers = list(items(before.get("answers")))
    wanted = {**before, "answers": [*answers[:at], rule, *answers[at:]]}
    if found is None or found.value != {**wanted, **({"mcpwatch": 1} if document.value is None else {})}:
        raise UsageError(f"{document.name} is written in a way that no rule can be added to.", hint=hint)
    return found


def _create(path: Path, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from None


def _replace(path: Path, content: bytes) -> None:
    """All or nothing: a file that somebody wrote by hand is never left half written."""
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, mode)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from None
