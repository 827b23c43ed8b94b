"""What panes say to the app: they post these and never reach into each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from textual.message import Message

__all__ = ["Answer", "Call", "Say", "Show"]


@dataclass
class Answer(Message, namespace="mcpwatch"):
    """Open the question that waits: its link, its frame's `seq`, and its key in an input round."""

    link: str
    seq: int
    key: str | None = None


@dataclass
class Show(Message, namespace="mcpwatch"):
    """Go to the frame `seq` in Traffic."""

    seq: int


@dataclass
class Call(Message, namespace="mcpwatch"):
    """Open Call with a form filled: a tool's or prompt's name, or the URI of a resource or template."""

    name: str
    kind: Literal["tool", "resource", "template", "prompt"] = "tool"
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    link: str | None = None
    """None is the only link, or the one that is chosen."""


@dataclass
class Say(Message, namespace="mcpwatch"):
    """Tell the person one sentence, for a moment. It may hold a server's text: it is sanitised where it is shown."""

    text: str
    severity: Literal["information", "warning", "error"] = "information"
