"""What a difference looks like: in a terminal, and as Markdown."""

from __future__ import annotations

from mcpwatch.check.change import Change
from mcpwatch.check.diff import Alone, Diff, LinkDiff, Pair
from mcpwatch.check.interface import InterfaceChange
from mcpwatch.check.nearest import Nearest
from mcpwatch.text import width
from mcpwatch.view.differences import diff_lines, diff_markdown, verdict_line
from mcpwatch.view.style import plain

NEAR = Nearest("tools/call sum", 9, 2.0, "another name with the same arguments")


def pair(*changes: Change) -> Pair:
    return Pair("tools/call add", 3, 4, 1.0, 1.5, [*changes])


def told(diff: Diff, limit: int | None = None, *, verbose: bool = False) -> list[str]:
    return [plain(line) for line in diff_lines(diff, limit, verbose=verbose)]


def of(link: LinkDiff) -> Diff:
    return Diff("a", "b", [link])


def test_what_is_the_same_has_no_lines() -> None:
    diff = of(LinkDiff("s", pairs=[pair()]))
    assert told(diff) == []
    assert verdict_line(diff) == [("same:", "ok"), (" 1 exchange and the interface", "")]


def test_each_part_has_its_head() -> None:
    link = LinkDiff(
        "s",
        [
            InterfaceChange("tool", "add", "is gone", True, "removed"),
            InterfaceChange("tool", "x", "is new", False, "added"),
        ],
        [pair(Change("changed", "result.a", 1, 2))],
        [Alone("tools/call add", "a", 7, 1.25, {}, NEAR)],
        [Change("new", b=5, what="x 1")],
        ["A went over stdio, B over http"],
    )
    assert told(of(link)) == [
        "note: A went over stdio, B over http",
        "interface",
        "  breaking  tool add is gone",
        "  added     tool x is new",
        "tools/call add  A 1.0 s, B 1.5 s",
        "  result.a: 1 → 2",
        "tools/call add  A 1.2 s",
        "  only in A; nearest: tools/call sum (another name with the same arguments)",
        "outside of exchanges",
        "  x 1 is new: 5",
    ]


def test_links_have_names_where_there_are_several() -> None:
    diff = Diff("a", "b", [LinkDiff("s", outside=[Change("new", b=5, what="x 1")]), LinkDiff("t")], ["u"])
    assert told(diff) == ["only in A: link u", "s", "outside of exchanges", "  x 1 is new: 5"]


def test_of_many_changes_the_first_are_shown_and_all_where_they_are_asked_for() -> None:
    diff = of(LinkDiff("s", pairs=[pair(*(Change("changed", f"result.{at}", 1, 2) for at in range(30)))]))
    assert told(diff)[-1] == "  … and 10 more; -v shows all"
    assert len(told(diff, verbose=True)) == 31


def test_a_text_of_several_lines_shows_those_that_changed() -> None:
    change = Change("changed", "result.content.0.text", "one\ntwo\nthree", "one\n2\nthree")
    assert told(of(LinkDiff("s", pairs=[pair(change)])))[1:] == ["  result.content.0.text:", "    -two", "    +2"]
    long = Change("changed", "t", "\n".join(map(str, range(100))), "\n".join(map(str, range(100, 200))))
    assert told(of(LinkDiff("s", pairs=[pair(long)])))[-1] == "    … and 188 more lines"
    huge = Change("changed", "t", "\n" * 5000, "x" + "\n" * 5000)
    assert len(told(of(LinkDiff("s", pairs=[pair(huge)])))) == 2


def test_lines_fit_and_nothing_of_a_server_is_obeyed() -> None:
    bad = "\x1b[31m" + "wide \u202e" * 40 + "[bold]"
    link = LinkDiff(
        "s", [InterfaceChange("tool", bad, "is new", False, "added")], [pair(Change("changed", bad, bad, 2))]
    )
    lines = told(of(link), 60)
    assert all(width(line) <= 60 for line in lines if line.startswith(" "))
    assert all(line.isprintable() for line in lines)


def test_markdown_is_a_list_in_which_nothing_is_markup() -> None:
    link = LinkDiff(
        "s",
        [InterfaceChange("tool", "a`b``c", "is gone", True, "removed")],
        [pair(Change("changed", "result.<b>", "@everyone", "| x |"))],
        [Alone("tools/call add", "b", 7, 1.25, {})],
    )
    assert diff_markdown(of(link)).splitlines() == [
        "**different: 1 change of the interface (1 breaking), 1 of 1 exchange differs, 1 exchange only in B**",
        "",
        "A is `a`, B is `b`.",
        "",
        "- **breaking** ```tool a`b``c is gone```",
        "- `tools/call add`",
        '  - `result.<b>: "@everyone" → "| x |"`',
        "- `tools/call add` is only in B; `nothing is near it`",
    ]


def test_markdown_of_what_is_the_same_is_its_verdict() -> None:
    assert diff_markdown(of(LinkDiff("s"))) == "**same: 0 exchanges and the interface**\n\nA is `a`, B is `b`.\n"


def test_markdown_ends_somewhere() -> None:
    many = [InterfaceChange("tool", str(at), "is new", False, "added") for at in range(500)]
    lines = diff_markdown(of(LinkDiff("s", many))).splitlines()
    assert len(lines) == 205 and lines[-1] == "- … and 300 more lines"
