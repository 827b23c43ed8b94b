"""The pane Traffic: the list of everything that crossed the wire, what of it is shown, and one event in detail.

It composes, and knows how the list is shown: flat or as a tree, followed, with the details beside it. What is asked for
is `narrowing`'s, what can be done with a line `acts`', how rows are found `feed`'s, what a line says `list`'s.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from mcpwatch.errors import RecordingError
from mcpwatch.recording.query import Query
from mcpwatch.tui.detail.pane import DetailPane
from mcpwatch.tui.messages import Say
from mcpwatch.tui.rows import RowList
from mcpwatch.tui.source import Source
from mcpwatch.tui.traffic.feed import Feed
from mcpwatch.tui.traffic.heading import Heading
from mcpwatch.tui.traffic.keys import KEYS
from mcpwatch.tui.traffic.list import FrameList
from mcpwatch.tui.traffic.narrowing import Narrowing
from mcpwatch.tui.traffic.prompt import Prompt
from mcpwatch.tui.traffic.scrubber import Scrubber

__all__ = ["TrafficPane"]

_WIDE: Final = 116
"""Cells from which the details stand beside the list."""


class TrafficPane(Narrowing):
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
        self.as_tree = False
        self.feed = Feed(source, self.wanted)
        self._unfolded = False
        self._problem = ""

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

    # ---- the pane among the others

    def on_mount(self) -> None:
        self.refill()

    def on_resize(self) -> None:
        self.set_class(self.size.width >= _WIDE, "-wide")

    def enter(self) -> None:
        self.screen.set_focus(self.frames, scroll_visible=False)

    def grew(self) -> None:
        if self.feed.timeline is not self.source.timeline and self.feed.tree is not None:
            self.refill()  # another time is looked at: what belongs to what is told anew
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

    def refill(self) -> None:
        self.feed = Feed(self.source, self.wanted, tree=self.as_tree, unfolded=self._unfolded)
        self._problem = ""
        self.run_worker(partial(self._fill, self.feed), exclusive=True, group="traffic.feed")

    async def _fill(self, feed: Feed) -> None:
        def found() -> None:
            if not self.query(FrameList):
                return  # the app ends, and its screens with it
            feed.shown.limit(None if self.source.until is None else self.source.rows)
            if self.frames.shown is feed.shown:
                self.frames.settle()
            else:
                self.frames.put(feed.shown)
            self.tell()

        try:
            await feed.run(found)
        except RecordingError as error:
            self._problem = str(error)
            self.tell()

    def tell(self) -> None:
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

    def action_back(self) -> None:
        """Away with what narrows the list, one after the other."""
        if self.has_class("-detail") or self.has_class("-list"):
            self.remove_class("-detail", "-list")
        elif self.query_now:
            self.narrow(Query())
            self.leave_prompt()
        elif self.errors_only:
            self.action_errors()
        elif self.frames.marks:
            self.frames.marks.clear()
            self.frames.refresh()
        self.enter()

    # ---- trees

    def action_tree(self) -> None:
        self.as_tree = not self.as_tree
        self.refill()

    def action_fold(self) -> None:
        shown, row = self.frames.shown, self.frames.row
        if row is None or shown is not self.feed.shown or not shown.toggle(row):
            return
        self.frames.following = False
        self.frames.renew()
        self.frames.stay_at(self.feed.tree.root(row) if self.feed.tree is not None else row)

    def action_fold_all(self, unfolded: bool) -> None:
        self.as_tree = True
        self._unfolded = unfolded
        self.refill()

    def action_follow(self) -> None:
        self.frames.follow(not self.frames.following)
        self.tell()

    # ---- the rest

    @on(FrameList.On)
    def _moved(self, message: FrameList.On) -> None:
        message.stop()
        self.detail.show(message.row)
        self.tell()

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
