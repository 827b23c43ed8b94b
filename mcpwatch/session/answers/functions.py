"""Answers from a Python file: `sampling(question)`, `elicitation(question)`, `roots()` and `request(question)`.

The file is an ordinary module that tests can import too. What its functions return is made into an answer and checked
like a rule's; what they raise is refused: `Refuse` on purpose, anything else as a mistake with file and line.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias, cast

import anyio

from mcpwatch.errors import UsageError
from mcpwatch.session.answers.giving import Given, Unfit, accepted, give, listed
from mcpwatch.session.answers.question import Answer, Answerer, Question, Refuse, Unanswerable, WrongRule

__all__ = ["FUNCTIONS", "Functions", "given", "read_functions"]

JsonObject: TypeAlias = dict[str, Any]
FUNCTIONS = ("sampling", "elicitation", "roots", "request")
_ACTIONS = ("accept", "decline", "cancel")
_TAKEN = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)


def read_functions(path: Path) -> Functions:
    """The functions of a Python file. Raises `UsageError` where it cannot be imported, with its line, or has none."""
    module = _imported(path)
    functions = {name: getattr(module, name, None) for name in FUNCTIONS}
    found = {name: cast("Callable[..., Any]", one) for name, one in functions.items() if callable(one)}
    if not found:
        raise UsageError(f"{path} has nothing that answers.", hint=f"Define any of {', '.join(FUNCTIONS)}.")
    return Functions(path, found)


class Functions:
    """The functions of one file. A sync one runs in a thread, so that it may take its time; one at a time.

    A thread whose question is over is left to itself, and ends with the program at the latest.
    """

    def __init__(self, path: Path, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._functions = [_Function(path, kind, one) for kind, one in functions.items()]

    def answerers(self) -> list[Answerer]:
        """One for each function."""
        lock = anyio.Lock()
        return [partial(one.answer, lock) for one in self._functions]

    def unused(self) -> list[str]:
        """The functions that were never called, a sentence each."""
        return [f"{one.rule}: {one.kind}() was never called" for one in self._functions if not one.called]


@dataclass(slots=True)
class _Function:
    path: Path
    kind: str
    function: Callable[..., Any]
    called: bool = False

    @property
    def rule(self) -> str:
        """`answers.py:12`, where it is defined; a callable without a line only has its file."""
        code = getattr(inspect.unwrap(self.function), "__code__", None)
        return f"{self.path}:{code.co_firstlineno}" if code is not None else str(self.path)

    async def answer(self, lock: anyio.Lock, question: Question) -> Answer | None:
        if question.kind != self.kind:
            return None
        self.called = True
        try:
            value = await self._call(lock, question)
            if value is None:
                return None
            result, error = given(self.kind, value, question, self.path.parent)
        except Refuse as refused:
            return Answer(self.rule, error=refused.error)
        except Unanswerable:
            raise
        except Unfit as unfit:
            raise WrongRule(
                f"{self.rule}: {self.kind}() returned what does not fit: {unfit}", self.rule, hint=unfit.hint
            ) from None
        except (Exception, SystemExit) as raised:
            where = _line(self.path, raised) or self.rule
            raise WrongRule(f"{where}: {self.kind}() raised {_said(raised)}", self.rule) from raised
        return Answer(self.rule, result=result, error=error)

    async def _call(self, lock: anyio.Lock, question: Question) -> Any:
        arguments = (question,) if _takes_one(self.function) else ()
        if inspect.iscoroutinefunction(inspect.unwrap(self.function)):
            return await self.function(*arguments)
        async with lock:
            value = await _aside(partial(self.function, *arguments))
        return await value if inspect.isawaitable(value) else value


async def _aside(call: Callable[[], Any]) -> Any:
    """What `call` returns or raises in a thread that nobody waits for at the end: it may never come back."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

    def settle(value: Any, raised: BaseException | None) -> None:
        if not done.done():
            done.set_result((value, raised))

    def run() -> None:
        value, raised = None, None
        try:
            value = context.run(call)
        except BaseException as error:
            raised = error
        try:
            loop.call_soon_threadsafe(settle, value, raised)
        except RuntimeError:
            pass  # the loop is closed: the session is over

    context = contextvars.copy_context()
    threading.Thread(target=run, name="mcpwatch-answers", daemon=True).start()
    value, raised = await done
    if raised is not None:
        raise raised
    return value


def given(kind: str, value: Any, question: Question, folder: Path) -> Given:
    """The answer that a function's value stands for. Raises `Unfit`.

    For sampling a text, a content block, a list of them, or a whole result; for an elicitation `accept`, `decline`,
    `cancel`, the fields, or a result with an `action`; for roots a list of folders or URIs; else the result.
    """
    try:
        json.dumps(value, default=_path)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unfit((), f"{_shown(value)} is no JSON: {error}.") from None
    whole = cast("JsonObject", value)
    match kind:
        case "sampling" if isinstance(value, str):
            return give({"text": value}, question, folder)
        case "sampling" if isinstance(value, list | tuple):
            return give({"content": list(cast("list[Any]", value))}, question, folder)
        case "sampling" if isinstance(value, dict) and "type" in value:
            return give({"content": whole}, question, folder)
        case "sampling" if isinstance(value, dict) and "content" in value:
            return {
                "role": "assistant",
                "model": "mcpwatch",
                "stopReason": "endTurn",
                **cast("JsonObject", value),
            }, None
        case "elicitation" if isinstance(value, str) and value in _ACTIONS:
            return give({"action": value}, question, folder)
        case "elicitation" if isinstance(value, dict) and "action" in value:
            return whole, None
        case "elicitation" if isinstance(value, dict):
            return accepted(whole, question), None
        case "roots" if isinstance(value, list | tuple):
            return {"roots": listed(cast("list[Any]", value), folder)}, None
        case "roots" if isinstance(value, dict) and "roots" in value:
            return whole, None
        case "request":
            return whole, None
        case _:
            raise Unfit((), f"{_shown(value)} is no answer to {kind}.")


def _imported(path: Path) -> ModuleType:
    name = f"mcpwatch_answers_{path.stem}"
    spec = spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None or not path.is_file():
        raise UsageError(f"{path} cannot be read: there is no such file.")
    module = module_from_spec(spec)
    folder = str(path.resolve().parent)
    sys.modules[name] = module  # before it runs: dataclasses look themselves up there
    sys.path.insert(0, folder)  # what lies beside it can be imported, as where it is run itself
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        where = f"{path}:{error.lineno}:{error.offset}" if error.filename == str(path.resolve()) else str(path)
        raise UsageError(f"{where}: not Python: {error.msg}.") from None
    except (Exception, SystemExit) as error:
        where = _line(path, error) or str(path)
        hint = "It runs in the interpreter of mcpwatch." if isinstance(error, ImportError) else ""
        raise UsageError(f"{where}: it cannot be imported: {_said(error)}", hint=hint) from error
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
    return module


def _takes_one(function: Callable[..., Any]) -> bool:
    try:
        return any(one.kind in _TAKEN for one in inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return True


def _line(path: Path, error: BaseException) -> str:
    """`answers.py:12`: where in the file an exception came from; empty where it is not on the way."""
    here = str(path.resolve())
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == here]
    return f"{path}:{lines[-1]}" if lines else ""


def _said(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _path(value: object) -> str:
    """Folders may be paths; nothing else that JSON does not know is taken."""
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"it holds a {type(value).__name__}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
