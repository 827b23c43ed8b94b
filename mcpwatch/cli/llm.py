"""The options of `--llm` as a model: where it is, which key it takes, how often and how long it may be asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcpwatch.cli.options import duration
from mcpwatch.errors import UsageError

if TYPE_CHECKING:
    from mcpwatch.session.answers.llm import Llm

__all__ = ["llm_for"]

_KEY = "OPENAI_API_KEY"
_MORE = ("llm_url", "llm_key_env", "llm_max_calls", "llm_timeout")


def llm_for(given: Mapping[str, Any]) -> Llm | None:
    """The model that `--llm` and what belongs to it name; None without it. Raises `UsageError`."""
    model = given.get("llm")
    if model is None:
        for name in _MORE:
            if given.get(name) is not None:
                option = "--" + name.replace("_", "-")
                raise UsageError(f"{option} says something about a model, and there is none.", hint="Add --llm MODEL.")
        return None
    if not model.strip():
        raise UsageError("--llm names no model.")
    if given.get("sampling") is not None:
        raise UsageError("--sampling answers what --llm would be asked.", hint="Leave one of them out.")
    # Only now: what it imports is nothing for a run without a model.
    from mcpwatch.session.answers.llm import MAX_CALLS, OPENAI, WITHIN, Llm

    url = given.get("llm_url") or os.environ.get("OPENAI_BASE_URL") or OPENAI
    named = given.get("llm_key_env")
    key = os.environ.get(named or _KEY) or None
    if key is None and (named or url.rstrip("/") == OPENAI):
        raise UsageError(
            f"{named or _KEY} is not set, so there is no key for {model}.",
            hint="A server of your own needs none: --llm-url http://127.0.0.1:11434/v1",
        )
    most, within = given.get("llm_max_calls"), duration(given.get("llm_timeout"), "--llm-timeout")
    if within == 0:
        raise UsageError("--llm-timeout 0 leaves a model no time.")
    return Llm(
        model,
        base_url=url,
        key=key,
        max_calls=MAX_CALLS if most is None else most,
        within=WITHIN if within is None else within,
    )
