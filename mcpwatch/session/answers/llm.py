"""A model as the one who answers sampling, behind any endpoint that speaks OpenAI's chat completions.

Owns the call: where it goes, with which key, how long it may take, how often it may happen, and what is told about it.
What the messages mean on either side is `chat.py`'s. The client library is an extra and slow to import, so that only
the first question imports it.

What servers write goes to a third party here, with the user's key. So: only to the endpoint that was named (no
redirect is followed), never more often than allowed, and each call leaves a `Note` behind that says where it went.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

import anyio
from anyio import to_thread
from pydantic_core import from_json

from mcpwatch.errors import UsageError
from mcpwatch.events import Note
from mcpwatch.model.shapes import mapping
from mcpwatch.session.answers.chat import LIMITS, adapted, from_chat, to_chat, usage
from mcpwatch.session.answers.question import Answer, Question, Unanswerable

if TYPE_CHECKING:
    from types import ModuleType

    from openai import APIStatusError, AsyncOpenAI

__all__ = ["OPENAI", "Llm"]

JsonObject: TypeAlias = dict[str, Any]
OPENAI: Final = "https://api.openai.com/v1"
WITHIN: Final = 120.0
"""Seconds that a model has for one answer: local ones on a laptop are slow."""
MAX_CALLS: Final = 20
_RETRIES: Final = 2
"""How often a call is tried again that met a limit of rate, a 5xx or no connection; all in the time of one answer."""
_ADAPTATIONS: Final = 3
_SAID: Final = 300
"""Characters of an endpoint's own words in a reason."""


class Llm:
    """A model that answers `sampling/createMessage`; `draft` is an answerer.

    `base_url` is the endpoint up to and without `/chat/completions`; `key` goes there as a bearer token, None sends
    none. The call number `max_calls + 1` is not made. `within` is in seconds an answer. `publish` takes the `Note`s.

    Raises `UsageError` for a URL or a key that cannot be one, and where the client library is not installed.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str = OPENAI,
        key: str | None = None,
        max_calls: int = MAX_CALLS,
        within: float = WITHIN,
    ) -> None:
        if importlib.util.find_spec("openai") is None:
            raise UsageError("A model needs an extra.", hint="pip install 'mcpwatch-inspector[llm]'")
        self.model = model
        self.host = _host(base_url)
        self.rule = f"--llm {model}"
        self.publish: Callable[[Note], object] = lambda note: None
        self._url = base_url.rstrip("/")
        self._key = _checked(key)
        self._max_calls = max_calls
        self._within = within
        self._calls = 0

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be written anywhere."""
        return (self._key,) if self._key else ()

    async def draft(self, question: Question) -> Answer | None:
        """What the model answers; None for a question that is none for a model.

        Raises `Unanswerable` with a reason that names the model and its endpoint. Cancelling it drops the connection,
        which is how endpoints hear that nobody waits any more.
        """
        if question.kind != "sampling":
            return None
        try:
            request = to_chat(question.params, self.model, limit=LIMITS[1] if self._url == OPENAI else LIMITS[0])
        except Unanswerable as why:
            raise Unanswerable(f"{self.rule}: not sent, {why}") from None
        if self._calls >= self._max_calls:
            raise Unanswerable(f"{self.rule}: its {self._max_calls} calls are used up (--llm-max-calls)")
        self._calls += 1
        told: JsonObject = {"host": self.host, "model": self.model, "messages": len(request["messages"])}
        if "tools" in request:
            told["tools"] = len(request["tools"])
        # Half a second of imports, which is nothing for the loop, and which a question taken back does not wait for.
        openai, client = await to_thread.run_sync(self._client, abandon_on_cancel=True)
        started = monotonic()
        try:
            body, sent = await self._complete(openai, client, request)
            told |= usage(body)
            if left_out := [name for name in request if name not in sent and name not in LIMITS]:
                told["left_out"] = left_out
            result = from_chat(body, question.params, self.model)
        except Unanswerable as why:
            told["problem"] = str(why)
            raise Unanswerable(f"{self.rule} at {self.host}: {why}") from None
        except anyio.get_cancelled_exc_class():
            told["problem"] = "nobody waits for it any more"
            raise
        finally:
            told["ms"] = round((monotonic() - started) * 1000, 1)
            if question.key is not None:
                told["key"] = question.key
            self.publish(Note(link=question.link, what="model", re=question.seq, data=told))
        return Answer(self.rule, result=result)

    async def _complete(self, openai: ModuleType, client: AsyncOpenAI, request: JsonObject) -> tuple[Any, JsonObject]:
        """The completion's body as it came, and the request that brought it. Raises `Unanswerable`."""
        try:
            with anyio.fail_after(self._within):
                async with client:
                    return await self._post(openai, client, request)
        except Unanswerable:
            raise
        except (TimeoutError, openai.APITimeoutError):
            raise Unanswerable(f"no answer within {self._within:g} s (--llm-timeout)") from None
        except openai.APIStatusError as error:
            raise Unanswerable(_refusal(error, self._url)) from None
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            words = f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
            met = "it cannot be reached" if type(cause).__name__ == "ConnectError" else "the connection failed"
            raise Unanswerable(f"{met} ({words[:_SAID]})") from None
        except Exception as error:  # whatever a library meets in what an endpoint sends: the server still has to hear
            raise Unanswerable(f"{type(error).__name__}: {str(error)[:_SAID]}") from None

    def _client(self) -> tuple[ModuleType, AsyncOpenAI]:
        """The library, and a client of it for one answer."""
        openai = importlib.import_module("openai")
        client: AsyncOpenAI = openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=self._url,
            max_retries=_RETRIES,
            timeout=self._within,
            http_client=openai.DefaultAsyncHttpx2Client(follow_redirects=False),
        )
        _ = client.chat.completions  # imported when it is first looked at
        return openai, client

    async def _post(self, openai: ModuleType, client: AsyncOpenAI, request: JsonObject) -> tuple[Any, JsonObject]:
        """Send it, and again without what this model does not support, as far as that is known."""
        sent, left = request, _ADAPTATIONS
        completions = cast("Any", client.chat.completions.with_raw_response)
        unset: JsonObject = {}
        if self._key is None:
            unset["Authorization"] = openai.Omit()
        if self._url != OPENAI:  # who the user is at OpenAI is nobody else's business
            unset |= {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        while True:
            try:
                # The raw answer: the library's models would take nonsense for a completion, or fail in their own ways.
                raw = await completions.create(**sent, extra_headers=unset)
                break
            except openai.BadRequestError as error:
                other = adapted(sent, _error(error), request)
                if other is None or not left:
                    raise
                sent, left = other, left - 1
        data: bytes = raw.http_response.content
        try:
            return from_json(data), sent
        except ValueError:
            kind = raw.http_response.headers.get("content-type", "").partition(";")[0]
            described = f" but {kind}" if kind and kind != "application/json" else ""
            raise Unanswerable(f"its answer is no JSON{described}{_advice(self._url)}") from None


def _host(url: str) -> str:
    """The endpoint's host and port, which is what may be shown of it. Raises `UsageError`."""
    hint = "Write it up to the version: http://127.0.0.1:11434/v1"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"--llm-url {url!r} is no URL: {error}.", hint=hint) from None
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"--llm-url {url!r} is no http or https URL.", hint=hint)
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port is None else f"{bracketed}:{port}"


def _checked(key: str | None) -> str | None:
    """A key as it can stand in a header; whatever else was in the variable is not repeated here."""
    key = key.strip() if key else None
    if key and not (key.isascii() and key.isprintable()):
        raise UsageError("The key of --llm holds characters that no HTTP header can hold.")
    return key or None


def _error(error: APIStatusError) -> Mapping[str, Any]:
    """The `error` object of an answer that is none, or what others send in its place; empty for what is no JSON."""
    try:
        body = mapping(from_json(error.response.content))
    except ValueError:
        return {}
    said = body.get("error", body.get("detail"))
    return {"message": said} if isinstance(said, str) else mapping(said) or body


def _refusal(error: APIStatusError, url: str) -> str:
    """An HTTP status in words, with the endpoint's own where it has some."""
    status = error.status_code
    if 300 <= status < 400:
        where = error.response.headers.get("location", "nowhere")
        return f"it redirects to {where[:_SAID]}, which is not followed: name the new place with --llm-url"
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    said = _error(error).get("message")
    words = f": {said[:_SAID]}" if isinstance(said, str) and said else ""
    return f"HTTP {status}{phrase}{words}{_advice(url) if status == 404 else ''}"


def _advice(url: str) -> str:
    """What a wrong URL most often lacks."""
    return "; should --llm-url end in /v1?" if not urlsplit(url).path.strip("/") else ""
