"""The pane Traffic: the list of everything that crossed the wire, what of it is shown, and one event in detail.

It composes, and knows what is asked for: the filter, the search, flat or tree, marks. How rows are found is `feed`'s
and `search`'s, what a line says `list`'s, what an event holds the detail pane's.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from mcpwatch.errors import RecordingError, UsageError
from mcpwatch.recording.query import Query, parse_query
from mcpwatch.tui.detail.pane import DetailPane
from mcpwatch.tui.messages import Say
from mcpwatch.tui.rows import RowList
from mcpwatch.tui.source import Source
from mcpwatch.tui.traffic.acts import Acts
from mcpwatch.tui.traffic.feed import Feed, Interest
from mcpwatch.tui.traffic.heading import Heading
from mcpwatch.tui.traffic.keys import KEYS
from mcpwatch.tui.traffic.list import FrameList
from mcpwatch.tui.traffic.prompt import Prompt
from mcpwatch.tui.traffic.scrubber import Scrubber
from mcpwatch.tui.traffic.search import search

__all__ = ["TrafficPane"]

_WIDE: Final = 116
"""Cells from which the details stand beside the list."""
_ERRORS: Final = parse_query("err")


class TrafficPane(Acts):
    """Everything that crossed the wire."""

    DEFAULT_CSS = """
    TrafficPane #traffic-body { layout: vertical; height: 1fr; }
    TrafficPane #traffic-left { height: 3fr; width: 1fr; }
    TrafficPane #traffic-detail { height: 2fr; border-top: hkey $panel; }
    TrafficPane.-wide #traffic-body { layout: horizontal; }
    TrafficPane.-wide #traffic-left { height: 1fr; width: 3fr; }
    TrafficPane.-wide #traffic-detail { height: 1fr; width: 2fr; border-top: none; border-left: vkey $panel; }
    TrafficPane.-list #traffic-detail { display: none; }
    TrafficPane.-detail #traffic-left { display: none; }
    """
    HELP = (
        "Everything that crossed the wire, a line each: frames, lines that are no protocol, stderr, what went wrong"
        " over HTTP, and notes of mcpwatch.\n\n"
        "/ filters while you type: method:tools/call dir:s2c err ms>100 link:alpha kind:stderr name:add id:7"
        ' -word "quoted text". s searches in the same words and hides nothing; n and N go on.'
    )
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(source, id=id)
        self.query_now = Query()
        """What is typed as the filter, and understood."""
        self.errors_only = False
        self.as_tree = False
        self.all_http = False
        self.found = Query()
        """What `n` and `N` look for."""
        self.feed = Feed(source, self.wanted)
        self._unfolded = False
        self._problem = ""
        self._origin = 0
        """The row from which a search began."""

    def compose(self) -> ComposeResult:
        frames = FrameList(self.source, id="traffic-list")
        with Container(id="traffic-body"):
            with Vertical(id="traffic-left"):
                yield Heading(frames)
                yield frames
            yield DetailPane(self.source, id="traffic-detail")
        yield Prompt(id="traffic-prompt")
        yield Scrubber(self.source, id="traffic-scrubber")

    @property
    def frames(self) -> FrameList:
        return self.query_one(FrameList)

    @property
    def detail(self) -> DetailPane:
        return self.query_one(DetailPane)

    @property
    def prompt(self) -> Prompt:
        return self.query_one(Prompt)

    @property
    def selection(self) -> Query:
        """All that is asked for."""
        return self.query_now.also(_ERRORS) if self.errors_only else self.query_now

    @property
    def wanted(self) -> Interest:
        return Interest(self.selection, everything=self.all_http)

    # ---- the pane among the others

    def on_mount(self) -> None:
        self._refill()

    def on_resize(self) -> None:
        self.set_class(self.size.width >= _WIDE, "-wide")

    def enter(self) -> None:
        self.screen.set_focus(self.frames, scroll_visible=False)

    def grew(self) -> None:
        if self.feed.timeline is not self.source.timeline and self.feed.tree is not None:
            self._refill()  # another time is looked at: what belongs to what is told anew
        self.feed.grew()
        self.query_one(Scrubber).grew()
        self.detail.grew()

    def show_frame(self, seq: int) -> None:
        """Bring the frame `seq` into view and choose it."""
        try:
            row = self.source.index.row(seq)
        except KeyError:
            self.post_message(Say(f"There is no event {seq} here.", "warning"))
            return
        self.go_to(row)

    def go_to(self, row: int) -> None:
        """Choose a row, whether the filter lets it through or not."""
        if row >= self.source.rows:
            self.source.until = None
            self.feed.shown.limit(None)
        if self.feed.tree is not None and row >= self.feed.at:
            self.frames.wait_for(row)  # what it belongs to is not known yet
            return
        if not self.frames.shown.has(row) and row < self.feed.at and self.selection:
            self.post_message(Say("The filter hides that line: it is shown all the same."))
        self.frames.go_to(row)

    # ---- what is shown

    def _refill(self) -> None:
        self.feed = Feed(self.source, self.wanted, tree=self.as_tree, unfolded=self._unfolded)
        self._problem = ""
        self.run_worker(partial(self._fill, self.feed), exclusive=True, group="traffic.feed")

    async def _fill(self, feed: Feed) -> None:
        def found() -> None:
            feed.shown.limit(None if self.source.until is None else self.source.rows)
            if self.frames.shown is feed.shown:
                self.frames.settle()
            else:
                self.frames.put(feed.shown)
            self._tell()

        try:
            await feed.run(found)
        except RecordingError as error:
            self._problem = str(error)
            self._tell()

    def _tell(self) -> None:
        """Say how the list is shown, and how much the filter lets through."""
        if not self.query(Heading):
            return  # the app ends, and its screens with it
        frames, feed = self.frames, self.feed
        words = ("tree" if self.as_tree else "", "errors only" if self.errors_only else "")
        states = [*words, "all of HTTP" if self.all_http else "", "FOLLOW" if frames.following else ""]
        self.query_one(Heading).say(*(word for word in states if word))
        if self.prompt.mode != "filter" or not (self.selection or self._problem):
            return
        if self._problem:
            self.prompt.say(self._problem, "warning")
            return
        share = feed.at / max(len(self.source.index), 1)
        count = f"{len(feed.shown):,} of {self.source.rows:,}"
        self.prompt.say(f"{count}, looking… {share:.0%}" if feed.searching and share < 0.995 else count)

    # ---- typing

    def action_ask(self, mode: str) -> None:
        given = {"filter": self.query_now.source, "search": self.found.source, "write": "selection.mcpw.jsonl"}
        self._origin = self.frames.row or 0
        self.prompt.ask(mode, given[mode])

    @on(Prompt.Typed)
    def _typed(self, message: Prompt.Typed) -> None:
        message.stop()
        if message.mode == "write" or not self.prompt.is_open:
            return
        try:
            query = parse_query(message.text)
        except UsageError as error:
            self.prompt.say(f"{error} — {error.hint}" if error.hint else str(error), "warning")
            return
        if message.mode == "filter":
            self._filter(query)
            self.prompt.say("")
            self._tell()
        else:
            self.prompt.say("")
            self.found = query
            self._search(from_here=True)

    @on(Prompt.Done)
    def _done(self, message: Prompt.Done) -> None:
        message.stop()
        if message.mode == "write":
            self.write(message.text)
        self._leave_prompt()

    @on(Prompt.Left)
    def _left(self, message: Prompt.Left) -> None:
        message.stop()
        if message.mode == "filter":
            self._filter(Query())
        elif message.mode == "search":
            self.found = Query()
            self.frames.go_to(self._origin)
        self._leave_prompt()

    def _leave_prompt(self) -> None:
        self.prompt.close()
        if self.query_now:
            self.prompt.keep("filter", self.query_now.source)
        self._tell()

    def _filter(self, query: Query) -> None:
        if query != self.query_now:
            self.query_now = query
            self._refill()

    def action_back(self) -> None:
        """Away with what narrows the list, one after the other."""
        if self.has_class("-detail") or self.has_class("-list"):
            self.remove_class("-detail", "-list")
        elif self.query_now:
            self._filter(Query())
            self._leave_prompt()
        elif self.errors_only:
            self.action_errors()
        elif self.frames.marks:
            self.frames.marks.clear()
            self.frames.refresh()
        self.enter()

    def action_errors(self) -> None:
        self.errors_only = not self.errors_only
        self._refill()

    def action_everything(self) -> None:
        self.all_http = not self.all_http
        self._refill()

    # ---- looking for something

    def action_next(self, back: bool) -> None:
        if not self.found:
            self.frames.action_move(-1 if back else 1)
            return
        self._search(back=back)

    def _search(self, *, back: bool = False, from_here: bool = False) -> None:
        if self.found:
            self.run_worker(partial(self._find, back, from_here), exclusive=True, group="traffic.search")

    async def _find(self, back: bool, from_here: bool) -> None:
        row = self._origin if from_here else self.frames.row or 0
        wanted = Interest(self.selection.also(self.found), everything=self.all_http)
        try:
            found, around = await search(self.source, wanted, row - 1 if from_here else row, back=back)
        except RecordingError as error:
            self.post_message(Say(str(error), "error"))
            return
        if found is None:
            if from_here and len(self.frames.shown):
                self.frames.go_to(self._origin)
            self.post_message(Say(f"Nothing matches {self.found.source}", "warning"))
            return
        if around and not from_here:
            self.post_message(Say("From the end on" if back else "From the beginning on"))
        self.frames.go_to(found)

    # ---- trees

    def action_tree(self) -> None:
        self.as_tree = not self.as_tree
        self._refill()

    def action_fold(self) -> None:
        tree, row = self.feed.tree, self.frames.row
        if tree is None or row is None or self.frames.shown is not tree:
            return
        tree.toggle(row)
        self.frames.go_to(tree.root(row))
        self.frames.renew()

    def action_fold_all(self, unfolded: bool) -> None:
        self.as_tree = True
        self._unfolded = unfolded
        self._refill()

    def action_follow(self) -> None:
        self.frames.follow(not self.frames.following)
        self._tell()

    # ---- the rest

    @on(FrameList.On)
    def _moved(self, message: FrameList.On) -> None:
        message.stop()
        self.detail.show(message.row)
        self._tell()

    @on(RowList.Chosen)
    def _chosen(self, message: RowList.Chosen) -> None:
        message.stop()

    @on(DetailPane.Left)
    def _from_detail(self, message: DetailPane.Left) -> None:
        message.stop()
        self.remove_class("-detail")
        self.enter()

    def action_detail(self) -> None:
        self.remove_class("-list")
        self.screen.set_focus(self.detail.body, scroll_visible=False)

    def action_zoom(self) -> None:
        """The list and the details, only the list, only the details."""
        if self.has_class("-list"):
            self.remove_class("-list")
            self.add_class("-detail")
            self.action_detail()
        elif self.has_class("-detail"):
            self.remove_class("-detail")
            self.enter()
        else:
            self.add_class("-list")

    def action_view(self, by: int) -> None:
        self.detail.view += by

    def action_scrub(self, by: int) -> None:
        self.query_one(Scrubber).move(by)

    def action_step(self, by: int) -> None:
        self.query_one(Scrubber).step(by)
