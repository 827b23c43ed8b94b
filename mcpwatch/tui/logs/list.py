"""The list of log messages and lines of stderr: a million of them cost what is on the screen, and which of them pass.

Owns what of the entries passes the filter, what is unfolded, and how the lines look. Looking through messages for the
filter is done piece by piece, in a thread that the pane starts.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from typing import ClassVar

from textual.binding import Binding, BindingType

from mcpwatch.errors import RecordingError
from mcpwatch.tui.logs.entries import STDERR, Entries, LogFilter, Said, said_by
from mcpwatch.tui.logs.folds import Folds
from mcpwatch.tui.logs.words import folds, in_full, one_line
from mcpwatch.tui.rows import RowList
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line

__all__ = ["LogList"]

_MOST_OPEN = 50
"""Entries that are unfolded at a time: the one that was opened first is folded for one more."""
_LOGGER = 14
_LINK = 12


class LogList(RowList):
    """One lane, or both, of the entries of a source."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "unfold", "Unfold", id="logs.unfold")]

    def __init__(self, source: Source, entries: Entries, filter: LogFilter, *, id: str) -> None:
        super().__init__(id=id, follows=True)
        self._source = source
        self._entries = entries
        self.filter = filter
        self.checked = 0
        """How many entries were held against the filter so far."""
        self._passed = array("Q")
        self._folds = Folds()
        self._opened = deque[int]()
        self._width = 0
        self.border_subtitle = None

    # ---- what passes

    def choose(self, filter: LogFilter) -> None:
        """Show what passes this one."""
        if filter != self.filter:
            self.filter = filter
            self.checked, self._passed = 0, array("Q")
            self._folds.clear()
            self._opened.clear()
            self.renew()

    def take(self, filter: LogFilter, found: list[int], checked: int) -> None:
        """Take in which entries up to `checked` pass; what was found for another filter is left."""
        if filter == self.filter:
            self._passed.extend(found)
            self.checked = checked

    @property
    def shown(self) -> int:
        """How many entries are shown: those that pass, up to where the scrubber stands."""
        end = self._entries.before(self._source.rows)
        return min(end, len(self._entries)) if self.filter.all else bisect_left(self._passed, end)

    @property
    def count(self) -> int:
        return self._folds.total(self.shown)

    # ---- what is seen

    def line(self, number: int, width: int) -> Line:
        if width != self._width:
            self._refold(width)
        position, below = self._folds.at(number)
        if below:
            return self._folds.below(position, below)
        said = self._said(position)
        if said is None:
            return [("(cannot be read back)", "warning")]
        fold = "▾" if position in self._folds else "▸" if folds(said) else " "
        links = {link: at for at, link in enumerate(self._source.timeline.links)}
        wide = width >= 70
        return one_line(
            said,
            fold=fold,
            links=links,
            logger=_LOGGER if wide and self._entries.loggers else 0,
            link=min(max(map(len, links)), _LINK) if wide and len(links) > 1 else 0,
        )

    def chosen(self) -> Said | None:
        """What the entry under the cursor says."""
        return self._said(self._folds.at(self.cursor)[0]) if self.count else None

    def action_unfold(self) -> None:
        """Show all of the entry under the cursor, or no more of it than its line."""
        if not self.count:
            return
        position, _ = self._folds.at(self.cursor)
        if position in self._folds:
            self._folds.fold(position)
            self._opened.remove(position)
        else:
            self._unfold(position)
        self.following = False
        self.renew()
        self.go(self._folds.line(position))

    def action_fold_all(self) -> None:
        """Fold every entry."""
        position, _ = self._folds.at(self.cursor)
        self._folds.clear()
        self._opened.clear()
        self.renew()
        self.go(position)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        message.stop()
        self.focus()
        if self._folds.at(message.line)[1] == 0:
            self.action_unfold()

    # ---- inside

    def _unfold(self, position: int) -> None:
        said = self._said(position)
        if said is None:
            return
        self._folds.unfold(position, in_full(said, self.scrollable_content_region.width))
        self._opened.append(position)
        while len(self._opened) > _MOST_OPEN:
            self._folds.fold(self._opened.popleft())

    def _refold(self, width: int) -> None:
        """The lines below what is unfolded, for another width."""
        self._width = width
        for position in self._folds.positions:
            if (said := self._said(position)) is not None:
                self._folds.unfold(position, in_full(said, width))

    def _said(self, position: int) -> Said | None:
        if position >= self.shown:
            return None
        at = position if self.filter.all else self._passed[position]
        try:
            return said_by(self._source.event(self._entries.rows[at]), self._entries.parts[at])
        except (RecordingError, IndexError):
            return None

    @property
    def words(self) -> str:
        """What the lane is called, above it."""
        return "stderr" if self.filter.lane == "stderr" else "logs"

    @property
    def has_stderr(self) -> bool:
        return STDERR in self._entries.counts
