"""The documentation does what it says: every snippet runs, every command has its place, the reference is the program's.

A page's snippets run one after the other in one folder, as a reader would type them. How a page says that a block is a
file, or must not be run, is told in `tests/docs/page.py`.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click
import pytest

import mcpwatch
from mcpwatch.cli.app import build
from mcpwatch.errors import ExitCode
from tests.conftest import CHECKOUT
from tests.docs.findings import findings
from tests.docs.page import RUNNABLE, Block, Command, blocks, commands, missing
from tests.docs.reference import EXIT_CODES, reference
from tests.servers.http.chat import endpoint, said
from tests.servers.http.protected import protected
from tests.testing.conftest import WITHOUT_OURS

PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
WITH_SNIPPETS = [page for page in PAGES if any(block.language in RUNNABLE for block in blocks(page))]
SESSION = {"session.mcpw.jsonl": CHECKOUT / "tests/golden/v1-session.mcpw.jsonl"}
PREPARED = {"recording.md": SESSION, "findings.md": SESSION}
"""Files that a page speaks of and that are too long to be shown on it."""

LINK = re.compile(r"(?<!`)\[[^\]]+\]\((?P<to>[^)\s]+)\)|(?:src|href)=\"(?P<source>[^\"]+)\"")


@pytest.mark.timeout(300)
@pytest.mark.skipif(os.name != "posix", reason="the snippets are written for a POSIX shell")
@pytest.mark.platform_only
@pytest.mark.parametrize("page", WITH_SNIPPETS, ids=lambda page: page.name)
def test_every_snippet_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint(then=lambda body: said("Air scatters blue light most.", model=body["model"])) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)  # for the page that speaks of one
        with guarded(monkeypatch) if page.name == "auth.md" else nullcontext():
            _run_page(page, tmp_path)


@contextmanager
def guarded(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """The servers of the page about logins, and a browser whose person agrees to everything."""
    with protected() as server, protected(apart=True) as elsewhere:
        server.tokens["a-token-of-mine"] = "notes:read"
        monkeypatch.setenv("SERVER", server.url)
        monkeypatch.setenv("ELSEWHERE", elsewhere.url)
        monkeypatch.setenv("A_TOKEN", "a-token-of-mine")
        monkeypatch.setenv("BROWSER", f"{sys.executable} {CHECKOUT / 'tests/cli/visitor.py'}")
        yield


def _run_page(page: Path, tmp_path: Path) -> None:
    for name, file in PREPARED.get(page.name, {}).items():
        shutil.copy(file, tmp_path / name)
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        if (name := block.said.get("file")) is not None:
            (tmp_path / name).write_text(block.text, encoding="utf-8")
        elif block.language in RUNNABLE and "not run" not in block.said:
            _run_block(block, tmp_path, where)


def _run_block(block: Block, folder: Path, where: str) -> None:
    expected = int(block.said.get("exit", ExitCode.OK))
    if block.language == "python":
        (folder / "snippet.py").write_text(block.text, encoding="utf-8")
        _run(Command(f"{sys.executable} snippet.py", ()), folder, expected, where)
    elif block.language == "bash":
        _run(Command(block.text, ()), folder, expected, where)
    else:
        *others, last = commands(block)
        for command in others:
            _run(command, folder, ExitCode.OK, where)
        _run(last, folder, expected, where)


def _run(command: Command, folder: Path, expected: int, where: str) -> None:
    beside = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"VIRTUAL_ENV": str(beside.parent), "HOME": str(folder), "PYTEST_ADDOPTS": WITHOUT_OURS}
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == expected, f"{where}: {command.text}\n{run.stdout}"
    line = missing(command.shown, run.stdout)
    assert line is None, f"{where}: {command.text}\ndid not print: {line}\nbut:\n{run.stdout}"


def test_what_is_not_run_says_why() -> None:
    left_out = [block for page in PAGES for block in blocks(page) if "not run" in block.said]
    for block in left_out:
        assert block.said["not run"].startswith(("it installs", "it does not end", "it asks", "it needs")), block
    assert left_out, "the installation is on some page, and cannot be run here"


def test_a_page_without_a_language_on_a_block_is_an_oversight() -> None:
    for page in PAGES:
        for block in blocks(page):
            assert block.language, f"{page.name}:{block.line}"


def test_the_reference_is_what_the_program_says() -> None:
    written = (CHECKOUT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert written == reference(), "python -m tests.docs.reference > docs/reference.md"


def test_the_page_of_findings_is_what_the_rules_say() -> None:
    written = (CHECKOUT / "docs" / "findings.md").read_text(encoding="utf-8")
    assert written == findings(), "python -m tests.docs.findings > docs/findings.md"


def test_the_reference_has_each_command_and_each_exit_code() -> None:
    page, group = reference(), build()
    names = group.list_commands(click.Context(group))
    assert {"run", "call", "demo", "show", "sessions"} <= set(names)
    for name in names:
        assert f"\n## mcpwatch {name}\n" in page
    assert set(EXIT_CODES) == set(ExitCode)


def test_the_page_about_python_has_every_public_name() -> None:
    page = (CHECKOUT / "docs" / "python.md").read_text(encoding="utf-8")
    for name in mcpwatch.__all__:
        assert re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`|^### {name}\b", page, re.MULTILINE), name


@pytest.mark.parametrize("page", [*PAGES, CHECKOUT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for found in LINK.finditer(page.read_text(encoding="utf-8")):
        target = (found["to"] or found["source"]).partition("#")[0]
        if target and "://" not in target:
            assert (page.parent / target).exists(), target


def test_no_page_installs_somebody_elses_package() -> None:
    for page in [*PAGES, CHECKOUT / "CHANGELOG.md"]:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"(?:install|uvx|pipx run|--from)\s+['\"]?mcpwatch(?![\w-])", text), page.name


def _dependencies() -> set[str]:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = project["dependencies"] + project["optional-dependencies"]["llm"]
    return {re.split(r"[^\w.-]", dependency)[0] for dependency in needed}


def test_each_runtime_dependency_has_its_reason() -> None:
    page = (CHECKOUT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    reasons = dict(re.findall(r"^\| `([\w.-]+)` \| (.+?) \|$", page, re.MULTILINE))
    assert set(reasons) == _dependencies()
    assert all(reasons.values())


def test_what_is_imported_is_depended_on_and_the_other_way_round() -> None:
    imported: set[str] = set()
    for file in (CHECKOUT / "mcpwatch").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported |= {f"{node.module}.{alias.name}" for alias in node.names}
    used = {name if name.startswith("backports.") else name.partition(".")[0] for name in imported}
    used -= {*sys.stdlib_module_names, "mcpwatch", "compression"}
    used -= {"mcp_types", "referencing"}  # which come with mcp and jsonschema
    used -= {"pytest", "_pytest"}  # which loads the plugin that imports it
    used |= {"tree-sitter", "tree-sitter-json"}  # which Textual imports, for its editor
    modules = {"markdown-it-py": "markdown_it", "pydantic-core": "pydantic_core", "pyyaml": "yaml"}
    assert used == {modules.get(name, name) for name in _dependencies()}
