"""A session in a test, whoever runs the test."""

from __future__ import annotations

import pytest

from tests.testing.conftest import QUICK, Project


@pytest.mark.parametrize("runner", ["anyio", "asyncio"])
def test_an_async_test_has_an_open_session_on_its_own_loop(project: Project, runner: str) -> None:
    project.write(
        f"""
pytestmark = [pytest.mark.{runner}, pytest.mark.mcpwatch(target=QUICK)]

async def test_call(mcpwatch_session):
    heard = []
    mcpwatch_session.on("notifications/progress", heard.append)
    assert (await mcpwatch_session.call("count", n=2)).text == "counted"
    assert [step.progress for step in mcpwatch_session.timeline.exchanges[-1].progress] == [1, 2]

class TestOfAClass:
    @pytest.mark.parametrize("word", ["a", "b"])
    async def test_parameters(self, word, mcpwatch_session):
        assert (await mcpwatch_session.call("say", text=word)).text == word
"""
    )
    project.run(passed=3)


def test_an_async_test_has_it_in_the_automatic_mode_of_asyncio_too(project: Project) -> None:
    project.write(
        """
@pytest.mark.mcpwatch(target=QUICK)
async def test_call(mcpwatch_session):
    assert (await mcpwatch_session.call("say", text="hi")).text == "hi"
"""
    )
    project.run("--asyncio-mode=auto", passed=1)


def test_a_test_that_awaits_nothing_has_a_session_without_await(project: Project) -> None:
    project.write(
        """
@pytest.mark.mcpwatch(target=QUICK, answers={"sampling": "Paris"})
def test_call(mcpwatch_blocking):
    assert mcpwatch_blocking.call("say", text="hi").text == "hi"
    assert "say" in [tool["name"] for tool in mcpwatch_blocking.list()]
    assert mcpwatch_blocking.request("x/add") == {"sum": 3}
    assert mcpwatch_blocking.read("quick://note")["contents"][0]["text"] == "remember the milk"
    assert mcpwatch_blocking.timeline.exchanges[-1].ok
"""
    )
    project.run(passed=1)


@pytest.mark.parametrize("runner, fixture", [("anyio", "pytest.fixture"), ("asyncio", "pytest_asyncio.fixture")])
def test_a_fixture_opens_a_session_that_is_entered_and_left_in_other_tasks(
    project: Project, runner: str, fixture: str
) -> None:
    project.write(
        f"""
import pytest_asyncio

pytestmark = [pytest.mark.{runner}, pytest.mark.mcpwatch(target=QUICK)]

@{fixture}
async def greeted(mcpwatch_open):
    async with mcpwatch_open() as session:
        await session.call("say", text="hello")
        yield session

async def test_call(greeted, mcpwatch_session):
    assert (await greeted.call("say", text="hi")).text == "hi"
    assert (await mcpwatch_session.call("say", text="hi")).text == "hi"
    assert len(greeted.timeline.exchanges) == len(mcpwatch_session.timeline.exchanges) + 1
"""
    )
    project.run(passed=1)


def test_options_come_from_the_project_the_module_and_the_test_the_nearest_first(project: Project) -> None:
    project.write(
        """
pytestmark = [pytest.mark.anyio, pytest.mark.mcpwatch(env={"PLACE": "module"})]

@pytest.fixture
def mcpwatch_options():
    return {"target": QUICK, "env": {"PLACE": "project"}}

async def test_module(mcpwatch_session):
    assert (await mcpwatch_session.call("env", name="PLACE")).text == "module"

@pytest.mark.mcpwatch(env={"PLACE": "test"})
async def test_test(mcpwatch_session):
    assert (await mcpwatch_session.call("env", name="PLACE")).text == "test"
"""
    )
    project.run(passed=2)


def test_a_target_and_answers_are_found_beside_the_test(project: Project) -> None:
    folder = project.path / "inner"
    folder.mkdir()
    (folder / "answers.yaml").write_text("mcpwatch: 1\nanswers:\n  - sampling: {}\n    text: Oslo\n")
    quick = project.path / "inner" / "server.py"
    quick.write_text(f"import runpy\nrunpy.run_path({str(QUICK)!r}, run_name='__main__')\n")
    project.write(
        """
@pytest.mark.anyio
@pytest.mark.mcpwatch(target="server.py", answers="answers.yaml")
async def test_call(mcpwatch_session):
    await mcpwatch_session.call("sample")
    assert mcpwatch_session.timeline.questions[0].rule.endswith("answers.yaml:3")
""",
        "inner/test_it.py",
    )
    project.run(passed=1)


@pytest.mark.parametrize(
    "test, said",
    [
        ("def test_it(mcpwatch_session): pass", "mcpwatch_session is for async tests"),
        ("@pytest.mark.mcpwatch(targt='demo')\ndef test_it(mcpwatch_blocking): pass", "Is it 'target'?"),
        ("def test_it(mcpwatch_blocking): pass", "names neither a recording nor a target"),
        (
            "@pytest.mark.mcpwatch(3)\ndef test_it(mcpwatch_blocking): pass",
            "takes the path of one recording, and has 3",
        ),
        ("@pytest.mark.mcpwatch(target='x.py')\ndef test_it(mcpwatch_blocking): pass", "There is no file x.py"),
        ("def test_it(mcpwatch_mock): pass", "names no recording to serve"),
    ],
)
def test_what_is_wrong_is_said_without_our_own_lines(project: Project, test: str, said: str) -> None:
    project.write(test)
    printed = project.run(errors=1)
    assert said in printed and "takes.py" not in printed and "Traceback" not in printed


def test_a_fixture_that_uses_the_session_of_the_test_is_told_how(project: Project) -> None:
    project.write(
        """
@pytest.fixture
def early(mcpwatch_session):
    return mcpwatch_session.timeline

@pytest.mark.anyio
@pytest.mark.mcpwatch(target=QUICK)
async def test_call(early, mcpwatch_session):
    pass
"""
    )
    assert "mcpwatch_session opens as the test begins" in project.run(errors=1)


def test_another_loop_than_asyncio_is_refused(project: Project) -> None:
    (project.path / "conftest.py").write_text(
        """
def pytest_pyfunc_call(pyfuncitem):
    coroutine = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames})
    try:
        coroutine.send(None)
    finally:
        coroutine.close()
    return True
"""
    )
    project.write(
        """
@pytest.mark.mcpwatch(target=QUICK)
async def test_call(mcpwatch_session):
    pass
"""
    )
    assert "A watched session lives on asyncio" in project.run(failed=1)
