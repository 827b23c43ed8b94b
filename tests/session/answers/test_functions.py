from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.answers import Answer, Answers, Question
from mcpwatch.session.answers.functions import read_functions
from tests.session.answers.asking import form, question, roots, sampling, url

pytestmark = pytest.mark.anyio


def functions(folder: Path, text: str) -> Path:
    path = folder / "a.py"
    path.write_text(text, encoding="utf-8")
    return path


async def answered(folder: Path, text: str, asked: Question) -> Answer:
    return await Answers(read_functions(functions(folder, text)).answerers()).answer(asked)


@pytest.mark.parametrize(
    ("value", "content"),
    [
        ("question.text + '!'", {"type": "text", "text": "why?!"}),
        ("{'type': 'text', 'text': 'a'}", {"type": "text", "text": "a"}),
        ("[{'type': 'text', 'text': 'a'}] * 2", [{"type": "text", "text": "a"}] * 2),
        ("{'content': {'odd': 1}, 'model': 'm'}", {"odd": 1}),
    ],
)
@pytest.mark.parametrize("how", ["def", "async def"])
async def test_sampling_returns_a_text_blocks_or_a_whole_result(
    tmp_path: Path, how: str, value: str, content: Any
) -> None:
    answer = await answered(tmp_path, f"\n{how} sampling(question):\n    return {value}\n", sampling("why?"))
    assert (answer.rule, answer.result["content"]) == (f"{tmp_path / 'a.py'}:2", content)
    assert {"role", "model", "stopReason"} <= set(answer.result)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("'decline'", {"action": "decline"}),
        ("{'name': 'Ada'}", {"action": "accept", "content": {"name": "Ada", "seats": 2, "meal": "none"}}),
        ("{'action': 'accept', 'content': {'x': 1}}", {"action": "accept", "content": {"x": 1}}),
        ("{field: 'Ada' for field in question.fields if field == 'name'}", {"seats": 2}),
    ],
)
async def test_an_elicitation_returns_an_action_the_fields_or_a_whole_result(
    tmp_path: Path, value: str, result: Any
) -> None:
    answer = await answered(tmp_path, f"def elicitation(question):\n    return {value}\n", form())
    given = answer.result if "action" in result else answer.result["content"]
    assert result.items() <= given.items()


async def test_a_function_has_seen_the_page_that_it_accepts(tmp_path: Path) -> None:
    text = "def elicitation(question):\n    return 'accept' if 'evil' not in question.url else 'cancel'\n"
    assert (await answered(tmp_path, text, url())).result == {"action": "cancel"}


async def test_roots_need_no_question_and_may_be_paths(tmp_path: Path) -> None:
    text = "from pathlib import Path\nHERE = Path(__file__).parent\ndef roots():\n    return [HERE, 'git://x']\n"
    listed = [{"uri": tmp_path.as_uri(), "name": tmp_path.name}, {"uri": "git://x"}]
    assert (await answered(tmp_path, text, roots())).result == {"roots": listed}


async def test_any_other_request_has_what_is_returned_as_its_result(tmp_path: Path) -> None:
    text = "def request(question):\n    if question.method == 'x/custom':\n        return [question.params]\n"
    made = Answers(read_functions(functions(tmp_path, text)).answerers())
    assert (await made.answer(question("x/custom", {"a": 1}))).result == [{"a": 1}]
    assert not (await made.answer(question("x/other"))).answered, "returning nothing is not answering"
    assert (await made.answer(question("ping"))).result == {}


async def test_refusing_on_purpose_is_an_answer(tmp_path: Path) -> None:
    text = "import mcpwatch\ndef sampling(question):\n    raise mcpwatch.Refuse('no', code=-7, data={'a': 1})\n"
    answer = await answered(tmp_path, text, sampling())
    assert answer.error == {"code": -7, "message": "no", "data": {"a": 1}}
    assert answer.answered


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "def sampling(q):\n    a = 1\n    return a / 0\n",
            "a.py:3: sampling() raised ZeroDivisionError: division by zero",
        ),
        ("import json\ndef sampling(q):\n    json.loads('[')\n", "a.py:3: sampling() raised JSONDecodeError"),
        ("async def sampling(q):\n    raise KeyError\n", "a.py:2: sampling() raised KeyError"),
        (
            "def sampling(q):\n    return 5\n",
            "a.py:1: sampling() returned what does not fit: 5 is no answer to sampling.",
        ),
        ("def sampling(q):\n    return {1, 2}\n", "a.py:1: sampling() returned what does not fit: {1, 2} is no JSON"),
        ("def sampling(q):\n    return {'type': 'text'}\n", "a.py:1: sampling() returned what does not fit: a block"),
        ("def sampling(q, more):\n    return 'a'\n", "a.py:1: sampling() raised TypeError"),
    ],
)
async def test_a_mistake_is_a_problem_with_its_line_and_the_server_hears_a_refusal(
    tmp_path: Path, text: str, said: str
) -> None:
    answers = Answers(read_functions(functions(tmp_path, text)).answerers())
    answer = await answers.answer(sampling())
    assert (answer.answered, answer.action) == (False, "error")
    assert [str(problem).startswith(f"{tmp_path}/{said}") for problem in answers.problems] == [True], answers.problems


async def test_fields_that_do_not_fit_the_form_are_a_problem(tmp_path: Path) -> None:
    answers = Answers(read_functions(functions(tmp_path, "def elicitation(q):\n    return {'nme': 1}\n")).answerers())
    assert (await answers.answer(form())).result == {"action": "decline"}
    assert "the form has no field 'nme'" in str(answers.problems[0])
    assert answers.problems[0].hint == "Did you mean 'name'?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def sampling(q:\n", "a.py:1:"),
        ("import json\nimport no_such_module_at_all\n", "a.py:2: it cannot be imported: ModuleNotFoundError"),
        ("1 / 0\n", "a.py:1: it cannot be imported: ZeroDivisionError"),
        ("import sys\nsys.exit(3)\n", "a.py:2: it cannot be imported: SystemExit: 3"),
        ("sampling = 'text'\n", "a.py has nothing that answers."),
    ],
)
def test_a_file_that_cannot_be_imported_says_where(tmp_path: Path, text: str, said: str) -> None:
    before = list(sys.path)
    with pytest.raises(UsageError) as caught:
        read_functions(functions(tmp_path, text))
    assert said in str(caught.value)
    assert sys.path == before


async def test_what_lies_beside_the_file_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "beside_the_answers.py").write_text("WORD = 'beside'\n")
    text = "from beside_the_answers import WORD\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n"
    answer = await answered(tmp_path, text + "def sampling(question):\n    return WORD\n", sampling())
    assert answer.result["content"]["text"] == "beside"


async def test_a_function_that_takes_its_time_holds_up_nobody(tmp_path: Path) -> None:
    text = "import threading\nGO = threading.Event()\ndef sampling(q):\n    return str(GO.wait(20))\n"
    path = functions(tmp_path, text)
    answers = Answers(read_functions(path).answerers())
    given: list[Answer] = []

    async def ask() -> None:
        given.append(await answers.answer(sampling()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        sys.modules["mcpwatch_answers_a"].GO.set()
    assert given[0].result["content"]["text"] == "True"


async def test_a_function_that_never_comes_back_keeps_nobody_from_ending(tmp_path: Path) -> None:
    text = "import threading\nGO, IN, BEGUN = threading.Event(), [], threading.Event()\ndef sampling(q):\n"
    text += "    IN.append(threading.current_thread())\n    BEGUN.set()\n    GO.wait(20)\n"
    answers = Answers(read_functions(functions(tmp_path, text)).answerers())
    module = sys.modules["mcpwatch_answers_a"]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answers.answer, sampling())
        await anyio.to_thread.run_sync(module.BEGUN.wait)
        tasks.cancel_scope.cancel()
    assert [thread.daemon for thread in module.IN] == [True]
    module.GO.set()


@pytest.mark.parametrize("how", ["def", "async def"])
async def test_a_function_that_exits_is_wrong_like_any_other(tmp_path: Path, how: str) -> None:
    path = functions(tmp_path, f"import sys\n{how} sampling(question):\n    sys.exit(3)\n")
    answers = Answers(read_functions(path).answerers())
    await answers.answer(sampling())
    assert [str(problem) for problem in answers.problems] == [f"{path}:3: sampling() raised SystemExit: 3"]


def test_a_function_that_was_never_called_is_said(tmp_path: Path) -> None:
    path = functions(tmp_path, "\n\ndef sampling(q): ...\n")
    assert read_functions(path).unused() == [f"{path}:3: sampling() was never called"]
