"""The pane Call: what a server offers, the form of what was picked, and the calls that were made.

It composes and sends. The list is `offers`, the form `form`, calls and their outcomes `calls`; what goes out and why it
cannot is `sending`. With little room the form and the calls take turns; with much they stand beside each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from mcpwatch.errors import RecordingError
from mcpwatch.model import Exchange
from mcpwatch.tui import paint
from mcpwatch.tui.call.calls import Again, CallsView, Follow
from mcpwatch.tui.call.editing import edited
from mcpwatch.tui.call.entry import TextEntry
from mcpwatch.tui.call.offer import OfferView
from mcpwatch.tui.call.offers import Offer, OfferKind, OfferList, offered
from mcpwatch.tui.call.sending import Sender
from mcpwatch.tui.messages import Say
from mcpwatch.tui.pane import Pane
from mcpwatch.tui.pick import Pick, ask
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line

__all__ = ["CallPane"]

_KINDS: dict[str, OfferKind] = {"tools/call": "tool", "prompts/get": "prompt", "resources/read": "resource"}
_WIDE, _THREE = 110, 150
"""Cells from which on the list is wider, and from which on all three columns are seen."""


class CallPane(Pane):
    """Calls, and what can be called."""

    HELP = (
        "What the server offers, searchable with /. Enter opens the form of a tool, prompt, resource or template; "
        "its arguments can be typed as fields or as JSON (^t), and are checked while you type. ^j sends.\n"
        "h goes to the calls that were made: r sends one again, E edits its arguments in your editor and sends them, "
        "e takes them into the form, c cancels it. In a result Enter reads a link through the server and folds JSON, "
        "w saves an image, a sound or other data, o saves and opens it, v shows all as JSON, m markdown as it stands, "
        "y and Y copy the result or a command line, t goes to Traffic."
    )
    DEFAULT_CSS = """
    CallPane #call-main { height: 1fr; width: 1fr; }
    CallPane #call-left { width: 28; height: 1fr; border-right: solid $panel; }
    CallPane.-wide #call-left { width: 38; }
    CallPane #call-links { height: auto; padding: 0 1; display: none; }
    CallPane OfferView { width: 1fr; }
    CallPane CallsView { width: 1fr; display: none; }
    CallPane.-calls OfferView { display: none; }
    CallPane.-calls CallsView { display: block; }
    CallPane.-three OfferView, CallPane.-three CallsView { display: block; }
    CallPane.-three CallsView { border-left: solid $panel; }
    CallPane #call-why { height: auto; padding: 0 1; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/", id="call.search"),
        Binding("ctrl+j", "send", "Send", key_display="^j", id="call.send", show=False),
        Binding("h", "calls", "Calls", id="call.history"),
        Binding("L", "link", "Link", id="call.link", show=False),
        Binding("escape", "back", "Back", id="call.back", show=False),
    ]

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(source, id=id)
        self.sender = Sender(source)
        self.link = ""
        self._picked = False
        self._shown: object = None
        self._unsaved: dict[int, str] = {}
        """What an editor was left with when it was no JSON, by call."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="call-main"):
            with Vertical(id="call-left"):
                yield Static(id="call-links")
                search = TextEntry()
                search.id, search.placeholder = "call-search", "/ search"
                yield search
                yield OfferList(id="call-offers")
            yield OfferView(id="call-offer")
            yield CallsView(self.source, id="call-calls")
        yield Static(id="call-why")

    @property
    def offers(self) -> OfferList:
        return self.query_one(OfferList)

    @property
    def view(self) -> OfferView:
        return self.query_one(OfferView)

    @property
    def calls(self) -> CallsView:
        return self.query_one(CallsView)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= _WIDE, "-wide")
        self.set_class(event.size.width >= _THREE, "-three")

    def enter(self) -> None:
        (self.calls.list if self.has_class("-calls") else self.offers).focus()

    # ---- what there is

    def grew(self) -> None:
        self._choose_link()
        if self._list() and (offer := self.view.offer) is not None:
            self.call_next(self.view.renew, self._listed(offer))
        self.calls.look(self.link)
        why = self.sender.why_not(self.link) if self.link else ""
        told = self.query_one("#call-why", Static)
        told.display = bool(why)
        told.update(paint.content(why, "hint"))

    def _list(self) -> bool:
        """Show what is offered, if that is not what is shown already."""
        server = self.source.timeline.links.get(self.link)
        search = self.query_one("#call-search", TextEntry).value
        lists = [] if server is None else [(id(one.items), len(one.items)) for one in server.listings.values()]
        shown = (self.link, search, server is None or len(server.changes), lists)
        if shown == self._shown:
            return False
        self._shown = shown
        nothing = "nothing is called that" if search else "nothing was listed yet"
        self.offers.nothing = nothing if server is not None else "no server yet"
        self.offers.put(offered(self.source.timeline, self.link, search))
        return True

    def _choose_link(self) -> None:
        """The link that was picked; else the first, or the last one that is open where that has ended."""
        links = [link for link in list(self.source.timeline.links) if link]
        open_ones = [link for link in links if self.sender.client(link) is not None]
        if not self._picked or self.link not in links:
            ended = self.link not in open_ones and bool(open_ones)
            self.link = (open_ones[-1] if self.link else open_ones[0]) if ended else self.link or next(iter(links), "")
        shown = self.query_one("#call-links", Static)
        shown.display = len(links) > 1
        line: Line = [(f"{self.link}", "strong"), (f"  {links.index(self.link) + 1}/{len(links)}  L", "dim")]
        shown.update(paint.content(line if len(links) > 1 else []))

    def _listed(self, offer: Offer) -> Offer | None:
        """The same entry as it is listed now."""
        for _, some in offered(self.source.timeline, offer.link):
            for one in some:
                if (one.kind, one.name) == (offer.kind, offer.name):
                    return one
        return None

    # ---- what a person does

    def action_search(self) -> None:
        search = self.query_one("#call-search", TextEntry)
        search.value = ""
        search.focus()

    @on(Input.Changed, "#call-search")
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self._list()

    @on(Input.Submitted, "#call-search")
    def _found(self, event: Input.Submitted) -> None:
        event.stop()
        self.offers.focus()

    def action_back(self) -> None:
        search = self.query_one("#call-search", TextEntry)
        if search.has_focus or self.offers.has_focus:
            search.value = ""
        self.remove_class("-calls")
        self.offers.focus()

    def action_send(self) -> None:
        """Send the form that is shown, also where the list has the focus."""
        form = self.view.form
        if form is not None and self.view.display:
            form.action_submit()

    def action_calls(self) -> None:
        self.add_class("-calls")
        self.calls.list.focus()

    def action_link(self) -> None:
        links = [link for link in list(self.source.timeline.links) if link]
        if len(links) < 2:
            self.post_message(Say("There is only one link."))
            return

        def line(link: str) -> Line:
            why = self.sender.why_not(link) if self.source.session is not None else ""
            return [(link, "strong"), (f"  {why}", "dim")]

        ask(self, Pick("Call on which link?", [(link, line(link)) for link in links], self.link), self._pick)

    def _pick(self, link: str) -> None:
        self.link, self._picked = link, True
        self.grew()

    @on(OfferList.Opened)
    async def _opened(self, event: OfferList.Opened) -> None:
        event.stop()
        await self._open(event.offer, None)

    async def _open(self, offer: Offer, value: Mapping[str, Any] | None) -> None:
        self.remove_class("-calls")
        complete = None
        if self.sender.completes(offer.link) and offer.kind in ("prompt", "template"):
            complete = partial(self._complete, offer)
        await self.view.show(offer, value, complete)
        self.view.enter()

    def fill(self, name: str, kind: str, arguments: Mapping[str, Any], link: str | None) -> None:
        """Open the form of this tool, prompt, resource or template, filled with `arguments`."""
        if link is not None and link != self.link:
            self.link, self._picked = link, True
        self.grew()
        offer = Offer(self.link, cast("OfferKind", kind), name, {})
        self.offers.go_to(kind, name)
        self.call_next(self._open, self._listed(offer) or offer, arguments)

    async def _complete(self, offer: Offer, name: str, typed: str, others: Mapping[str, Any]) -> Sequence[str]:
        if offer.kind == "prompt":
            reference = {"type": "ref/prompt", "name": offer.name}
        else:
            reference = {"type": "ref/resource", "uri": offer.name}
        return await self.sender.complete(offer.link, reference, name, typed, others)

    # ---- calls

    @on(OfferView.Wanted)
    def _wanted(self, event: OfferView.Wanted) -> None:
        event.stop()
        self._send(event.link, event.method, event.params)

    @on(Follow)
    def _follow(self, event: Follow) -> None:
        event.stop()
        self._send(event.call.link, "resources/read", {"uri": event.uri})

    @on(Again)
    def _again(self, event: Again) -> None:
        event.stop()
        if event.how == "cancel":
            said = f"{event.call.name or event.call.method} is cancelled."
            if not self.sender.cancel(event.call):
                said = "Only a call of this session that still runs can be cancelled."
            self.post_message(Say(said))
            return
        try:
            params, whole = self.sender.again(event.call)
        except (RecordingError, LookupError) as error:
            self.post_message(Say(f"It cannot be read back: {error}", "error"))
            return
        link = event.call.link if self.sender.client(event.call.link) is not None else self.link
        if event.how == "fill" or not whole:
            if not whole and event.how != "fill":
                self.post_message(Say("What is «redacted» in the recording has to be typed anew.", "warning"))
            self._fill_again(event.call, link, params)
        elif event.how == "resend":
            self._send(link, event.call.method, params)
        elif why := self.sender.why_not(link):
            self.post_message(Say(why, "warning"))
        else:
            self.run_worker(
                partial(self._edit, event.call, link, params), group="editor", exclusive=True, exit_on_error=True
            )

    def _fill_again(self, call: Exchange, link: str, params: Mapping[str, Any]) -> None:
        kind = _KINDS.get(call.method, "resource")
        given = params.get("arguments")
        self.fill(call.name or "", kind, cast("Mapping[str, Any]", given if given is not None else {}), link)

    async def _edit(self, call: Exchange, link: str, params: dict[str, Any]) -> None:
        made, said = await edited(self, call, params, self._unsaved)
        if said:
            self.post_message(Say(said, "warning"))
        if made is not None:
            self._send(link, call.method, made)

    def _send(self, link: str, method: str, params: Mapping[str, Any]) -> None:
        if why := self.sender.why_not(link):
            self.post_message(Say(why, "warning"))
            return
        if link != self.link:
            self._pick(link)
        if method != "resources/subscribe":
            self.calls.list.follow(True)
            self.action_calls()
        self.run_worker(partial(self._sent, link, method, params), group="calls", exit_on_error=True)

    async def _sent(self, link: str, method: str, params: Mapping[str, Any]) -> None:
        if said := await self.sender.send(link, method, params):
            self.post_message(Say(said, "error"))
        elif method == "resources/subscribe":
            self.post_message(Say(f"Subscribed to {params.get('uri')}: its updates are in Traffic and Server."))
