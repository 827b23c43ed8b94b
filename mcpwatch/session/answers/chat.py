"""Sampling as a chat completion, both ways: a question's params to a request's body, a completion's body to a result.

Pure: JSON in, JSON out; who is asked, and how, is `llm.py`'s. It follows the specification's sampling with tools
(2025-11-25 and later) and what OpenAI's chat completions share with the many endpoints that speak like it. What has no
place on the other side is an `Unanswerable` that says so, never silently lost: a model that was shown half a question
would answer another one. What only guides the choice of a model (preferences, metadata, `includeContext`) is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias, cast

from pydantic_core import from_json

from mcpwatch.model.shapes import items, mapping, number
from mcpwatch.session.answers.question import Unanswerable

__all__ = ["LIMITS", "adapted", "from_chat", "is_offered", "to_chat", "usage"]

JsonObject: TypeAlias = dict[str, Any]
LIMITS: Final = ("max_tokens", "max_completion_tokens")
"""What a limit of tokens is called: by nearly everybody, and by OpenAI's newer models."""
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AUDIO: Final = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
_STOPPED: Final = {"stop": "endTurn", "length": "maxTokens", "tool_calls": "toolUse", "content_filter": "contentFilter"}
_REFUSED: Final = re.compile(r"unsupported|(?:not|n't) support", re.IGNORECASE)
_DATA_URL: Final = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+);base64,(?P<data>[A-Za-z0-9+/=\s]*)")


# ---- there


def to_chat(params: Mapping[str, Any], model: str, *, limit: str = LIMITS[0]) -> JsonObject:
    """The body of a chat completion for the params of a `sampling/createMessage`; `limit` is one of `LIMITS`.

    Raises `Unanswerable` for content that has no place there.
    """
    names = _names(params)
    messages: list[JsonObject] = []
    if isinstance(system := params.get("systemPrompt"), str) and system:
        messages.append({"role": "system", "content": system})
    for message in items(params.get("messages")):
        messages += _message(mapping(message), names)
    if not any(message["role"] != "system" for message in messages):
        raise Unanswerable("the question holds no message")
    body: JsonObject = {"model": model, "messages": messages}
    if (most := number(params.get("maxTokens"))) is not None:
        body[limit] = most
    if (temperature := number(params.get("temperature"))) is not None:
        body["temperature"] = temperature
    if stops := [stop for stop in items(params.get("stopSequences")) if isinstance(stop, str)]:
        body["stop"] = stops
    if tools := items(params.get("tools")):
        body["tools"] = [_tool(mapping(tool), names) for tool in tools]
        mode = mapping(params.get("toolChoice")).get("mode")
        if mode in ("auto", "required", "none"):
            body["tool_choice"] = mode
    return body


def is_offered(params: Mapping[str, Any]) -> bool:
    """Whether the model may use tools at all."""
    return bool(items(params.get("tools"))) and mapping(params.get("toolChoice")).get("mode") != "none"


def adapted(body: Mapping[str, Any], refusal: Mapping[str, Any], original: Mapping[str, Any]) -> JsonObject | None:
    """The body once more, without what this model said it does not support; None where nothing can be done about it.

    `refusal` is the `error` object of a 400. The limit of tokens takes its other name, once; temperature and stop
    sequences go.
    """
    if refusal.get("code") not in ("unsupported_parameter", "unsupported_value") and not _REFUSED.search(
        str(refusal.get("message"))
    ):
        return None
    named = refusal.get("param")
    if named in ("temperature", "stop") and named in body:
        return {name: value for name, value in body.items() if name != named}
    if named in LIMITS and named in body and named in original:
        other = LIMITS[1 - LIMITS.index(cast("str", named))]
        return {other if name == named else name: value for name, value in body.items()}
    return None


def _message(message: Mapping[str, Any], names: Mapping[str, str]) -> list[JsonObject]:
    """One message as one or several: results of tools are messages of their own, before what else was said."""
    role, blocks = message.get("role"), _blocks(message.get("content"))
    results = [block for block in blocks if block.get("type") == "tool_result"]
    others = [block for block in blocks if block.get("type") != "tool_result"]
    if role == "assistant":
        if results:
            raise Unanswerable("a tool's result stands in a message of the assistant, which has no place for it")
        return [_said(others, names)]
    if role not in ("user", "system"):
        raise Unanswerable(f"a message has the role {role!r}")
    made: list[JsonObject] = []
    shown: list[JsonObject] = []
    for block in results:
        text, media = _result(block)
        made.append({"role": "tool", "tool_call_id": str(block.get("toolUseId", "")), "content": text})
        shown += media
    shown += [_part(block) for block in others]
    if shown:
        plain = len(shown) == 1 and shown[0]["type"] == "text"  # a bare text is what the simplest servers understand
        made.append({"role": role, "content": shown[0]["text"] if plain else shown})
    return made


def _said(blocks: list[Mapping[str, Any]], names: Mapping[str, str]) -> JsonObject:
    """What the assistant said: text, and the tools that it used."""
    texts: list[str] = []
    calls: list[JsonObject] = []
    for block in blocks:
        if block.get("type") == "tool_use":
            name, given = str(block.get("name", "")), json.dumps(block.get("input") or {}, ensure_ascii=False)
            function = {"name": names.get(name, name), "arguments": given}
            calls.append({"id": str(block.get("id", "")), "type": "function", "function": function})
        elif (part := _part(block))["type"] == "text":
            texts.append(part["text"])
        else:
            raise Unanswerable(
                f"a message of the assistant holds {block.get('type')}, which models take from users only"
            )
    message: JsonObject = {"role": "assistant", "content": "\n".join(texts) if texts or not calls else None}
    return {**message, "tool_calls": calls} if calls else message


def _part(block: Mapping[str, Any]) -> JsonObject:
    """One content block of a user's message."""
    data, kind = block.get("data"), str(block.get("mimeType", ""))
    match block.get("type"):
        case "text":
            return {"type": "text", "text": str(block.get("text", ""))}
        case "image" if isinstance(data, str):
            return {"type": "image_url", "image_url": {"url": f"data:{kind or 'image/png'};base64,{data}"}}
        case "audio" if isinstance(data, str):
            # The type may have parameters: `audio/wav;codecs=1`.
            sort = _AUDIO.get(kind.partition(";")[0].strip().lower())
            if sort is None:
                raise Unanswerable(f"chat completions take audio as wav and mp3, not {kind or 'without a type'}")
            return {"type": "input_audio", "input_audio": {"data": data, "format": sort}}
        case "resource_link":
            return {"type": "text", "text": str(block.get("uri", ""))}
        case "resource" if isinstance(text := mapping(block.get("resource")).get("text"), str):
            return {"type": "text", "text": text}
        case other:
            raise Unanswerable(f"a content block of type {other!r} has no place in a chat completion")


def _result(block: Mapping[str, Any]) -> tuple[str, list[JsonObject]]:
    """A tool's result: its text, and what only a user's message can show."""
    parts = [_part(one) for one in _blocks(block.get("content"))]
    texts = [part["text"] for part in parts if part["type"] == "text"]
    media = [part for part in parts if part["type"] != "text"]
    if not texts and block.get("structuredContent") is not None:
        texts.append(json.dumps(block["structuredContent"], ensure_ascii=False))
    if media:
        texts.append(f"(What the tool showed follows: {len(media)}.)")
    text = "\n".join(texts)
    return (f"Error: {text}" if block.get("isError") is True else text), media


def _tool(tool: Mapping[str, Any], names: Mapping[str, str]) -> JsonObject:
    name = str(tool.get("name", ""))
    function: JsonObject = {"name": names.get(name, name)}
    if isinstance(described := tool.get("description") or tool.get("title"), str):
        function["description"] = described
    function["parameters"] = {"type": "object", "properties": {}, **mapping(tool.get("inputSchema"))}
    return {"type": "function", "function": function}


def _names(params: Mapping[str, Any]) -> dict[str, str]:
    """Each tool's name as an endpoint can take it: 64 letters, digits, `_` and `-`, where the protocol allows more."""
    blocks = (block for message in items(params.get("messages")) for block in _blocks(mapping(message).get("content")))
    used = (block.get("name") for block in blocks if block.get("type") == "tool_use")
    offered = (mapping(tool).get("name") for tool in items(params.get("tools")))
    names = list(dict.fromkeys(name for name in (*offered, *used) if isinstance(name, str)))
    found = {name: name for name in names if _NAME.fullmatch(name)}
    taken = set(found)
    for name in names:
        if name in found:
            continue
        free = stem = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64] or "tool"
        count = 1
        while free in taken:
            count += 1
            free = f"{stem[: 63 - len(str(count))]}_{count}"
        found[name] = free
        taken.add(free)
    return found


# ---- and back


def from_chat(body: Any, params: Mapping[str, Any], asked: str) -> JsonObject:
    """The result of a sampling request from a completion's body; `asked` is the model that was asked for, in case it
    names none. Raises `Unanswerable` for what is no completion.

    `content` is one block, or a list where there are several or a tool is used. A choice that ended at a stop sequence
    can be told from any other end only where the endpoint says which one (`stop_reason`).
    """
    said = mapping(body)
    if isinstance(error := mapping(said.get("error")).get("message"), str):
        raise Unanswerable(f"it answered with an error: {error[:300]}")
    choices = items(said.get("choices"))
    if not choices:
        raise Unanswerable("its answer holds no choices" if said else "its answer is no JSON object")
    choice = mapping(choices[0])
    message = mapping(choice.get("message"))
    blocks = [*_content(message), *_uses(message, params)]
    finish = choice.get("finish_reason")
    if not blocks:
        spent = ": its tokens were used up before it said anything (maxTokens)" if finish == "length" else ""
        raise Unanswerable(f"its answer is empty{spent}")
    used = any(block["type"] == "tool_use" for block in blocks)
    model = said.get("model")
    result: JsonObject = {
        "role": "assistant",
        "content": blocks if used or len(blocks) > 1 else blocks[0],
        "model": model if isinstance(model, str) and model else asked,
    }
    stopped = _STOPPED.get(str(finish), finish)
    if used:
        stopped = "toolUse"  # some say `stop` all the same
    elif choice.get("stop_reason") in items(params.get("stopSequences")):
        stopped = "stopSequence"
    if isinstance(stopped, str):
        result["stopReason"] = "endTurn" if stopped == "toolUse" and not used else stopped
    return result


def usage(body: Any) -> JsonObject:
    """How many tokens went there and came back, as far as the endpoint says."""
    counted = mapping(mapping(body).get("usage"))
    named = (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens"))
    return {ours: count for ours, theirs in named if (count := number(counted.get(theirs))) is not None}


def _content(message: Mapping[str, Any]) -> list[JsonObject]:
    """Text and images of a completion's message, or its refusal, which is what the model has to say."""
    said = message.get("content")
    # Some endpoints answer in parts, as questions are put; some give their pictures beside the text.
    parts = [{"type": "text", "text": said}] if isinstance(said, str) else [mapping(part) for part in items(said)]
    parts += [mapping(part) for part in items(message.get("images"))]
    blocks: list[JsonObject] = []
    for part in parts:
        if isinstance(text := part.get("text"), str) and text.strip():
            blocks.append({"type": "text", "text": text})
        elif found := _DATA_URL.fullmatch(str(mapping(part.get("image_url")).get("url", ""))):
            blocks.append({"type": "image", "data": found["data"], "mimeType": found["type"]})
    if not blocks and isinstance(refusal := message.get("refusal"), str) and refusal:
        blocks.append({"type": "text", "text": refusal})
    return blocks


def _uses(message: Mapping[str, Any], params: Mapping[str, Any]) -> Iterable[JsonObject]:
    """The tools that it wants to use."""
    calls = items(message.get("tool_calls"))
    if calls and not is_offered(params):
        raise Unanswerable("it uses a tool where none was offered")
    names = {theirs: ours for ours, theirs in _names(params).items()}
    for nth, call in enumerate(map(mapping, calls), 1):
        function = mapping(call.get("function"))
        name, given = function.get("name"), function.get("arguments")
        if not isinstance(name, str) or not name:
            raise Unanswerable("it uses a tool without naming it")
        id, used = call.get("id"), _arguments(name, given)
        yield {
            "type": "tool_use",
            "id": id if isinstance(id, str) and id else f"call_{nth}",
            "name": names.get(name, name),
            "input": used,
        }


def _arguments(name: str, given: Any) -> JsonObject:
    """A tool's arguments: JSON in a string as it should be, an object as some give it, nothing for none."""
    if isinstance(given, str) and given.strip():
        try:
            given = from_json(given, allow_inf_nan=False)
        except ValueError:
            raise Unanswerable(f"its arguments for {name} are no JSON: {given[:80]}") from None
    if given in (None, ""):
        return {}
    if not isinstance(given, dict):
        raise Unanswerable(f"its arguments for {name} are no object")
    return cast("JsonObject", given)


def _blocks(content: Any) -> list[Mapping[str, Any]]:
    """The blocks of a content, which may be a single one; a bare text, which is none of the protocol's, is text."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [mapping(block) for block in (items(content) if isinstance(content, list) else [content]) if block]
