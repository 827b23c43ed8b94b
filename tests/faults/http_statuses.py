"""Refusals, sessions that are gone, and redirects."""

from __future__ import annotations

from tests.faults.web import INITIALIZED, Answer, Faults, Replies, plain, says, typed, writes
from tests.servers.http.raw import Request, Wire, whole

FAULTS = Faults()
ANSWERED = 'work #4  ok … "done"'
START = ("initialize", "server/discover", "GET")


def refuses(status: str, *headers: str) -> Answer:
    return whole(status, "text/html", b"<h1>no</h1>", *headers)


def at_start(status: str, *headers: str) -> Replies:
    return dict.fromkeys(START, refuses(status, *headers))


for _name, _status, _does in (
    ("bad_request", "400 Bad Request", "refuses a call with 400"),
    ("forbidden", "403 Forbidden", "forbids a call"),
    ("too_large", "413 Request Entity Too Large", "finds a call too large"),
    ("server_error", "500 Internal Server Error", "fails with 500"),
    ("bad_gateway", "502 Bad Gateway", "fails with 502, as a proxy does"),
    ("not_found_once", "404 Not Found", "answers a call with 404, and the session goes on"),
):
    FAULTS.work(_name, _does, f"http          POST /mcp {_status}", 1, refuses(_status))
FAULTS.work(
    *("unauthorized", "wants a login in the middle of a session", "http          POST /mcp 401 Unauthorized", 1),
    refuses("401 Unauthorized", "www-authenticate: Bearer"),
)
FAULTS.work(
    "too_many_requests",
    "has had too many requests, and says when there may be more",
    "429 Too Many Requests (asks to wait for 7 s)",
    1,
    refuses("429 Too Many Requests", "retry-after: 7"),
)
FAULTS.work(
    "unavailable",
    "is not there until a date",
    "503 Service Unavailable (asks to wait until Sun, 22 Nov 2026 08:00:00 GMT)",
    1,
    refuses("503 Service Unavailable", "retry-after: Sun, 22 Nov 2026 08:00:00 GMT"),
)
FAULTS.work(
    *("odd_status", "answers with a status that there is not", "HTTP 799", 1),
    writes(b"HTTP/1.1 799 \r\ncontent-length: 0\r\n\r\n"),
)
FAULTS.work(
    *("error_with_a_status", "explains a 500 in JSON-RPC", "work #4  error -32603 … out of cheese", 1),
    typed(
        "application/json",
        lambda request: b'{"jsonrpc":"2.0","id":4,"error":{"code":-32603,"message":"out of cheese"}}',
        status="500 Internal Server Error",
    ),
)
FAULTS.work(
    *("accepted_alone", "accepts a call, and nothing more", "the request was answered with HTTP 202 alone", 1),
    plain("202 Accepted"),
)
FAULTS.work(
    *("no_content", "answers with 204", "the request was answered with HTTP 204 alone", 1),
    writes(b"HTTP/1.1 204 No Content\r\n\r\n"),
)
FAULTS.site(
    *("not_found", "has nothing at the address", "initialize got no answer: HTTP 404 Not Found", 3),
    at_start("404 Not Found"),
    goes_on=False,
)
FAULTS.site(
    *("login_wanted", "wants a login before anything else", "hint: Log in with --auth browser", 3),
    at_start("401 Unauthorized", "www-authenticate: Bearer"),
    goes_on=False,
)
FAULTS.site(
    *(
        "busy_from_the_start",
        "has no time for the handshake",
        "429 Too Many Requests, and asks to wait for 9 s",
        3,
    ),
    at_start("429 Too Many Requests", "retry-after: 9"),
    goes_on=False,
)
FAULTS.site(
    "expired_session",
    "has forgotten the session after the handshake",
    "hint: Run it again, or press R in the TUI: that begins a new session.",
    3,
    {"work": plain("404 Not Found"), "ping": plain("404 Not Found")},
    goes_on=False,
)
FAULTS.site(
    *("odd_session_id", "gives out a session id that no header can carry back", ANSWERED, 0),
    {"initialize": says(INITIALIZED, "mcp-session-id: caf\xe9")},
)

# ---- redirects


def redirects(status: str, to: str) -> Answer:
    return whole(status, "text/plain", b"", f"location: {to}")


def hops(count: int) -> Answer:
    """So many redirects, then the answer."""

    async def work(wire: Wire, request: Request) -> None:
        at = int(request.path.rpartition("/")[2]) if request.path.startswith("/hop/") else 0
        answer = says() if at == count else redirects("307 Temporary Redirect", f"/hop/{at + 1}")
        await answer(wire, request)

    return work


FAULTS.work("five_redirects", "redirects five times, inside its origin", ANSWERED, 0, hops(5))
FAULTS.work(
    *(
        "redirects_without_end",
        "redirects for ever",
        "redirect to /hop/6 was not followed: there were 5 before it",
        1,
    ),
    hops(-1),
)
FAULTS.work(
    *("redirect_to_itself", "redirects to itself", "a redirect to /mcp was not followed: there were 5 before it", 1),
    redirects("308 Permanent Redirect", "/mcp"),
)
FAULTS.work(
    "redirect_elsewhere",
    "redirects to another origin",
    "a redirect to http://127.0.0.1:9/mcp was not followed: it leaves",
    1,
    redirects("307 Temporary Redirect", "http://127.0.0.1:9/mcp"),
)
FAULTS.work(
    *("redirect_to_a_file", "redirects to a file", "a redirect to file:///etc/passwd was not followed", 1),
    redirects("302 Found", "file:///etc/passwd"),
)
FAULTS.work(
    *("redirect_to_nowhere", "redirects to what is no address", "a redirect to http://[ was not followed", 1),
    redirects("302 Found", "http://["),
)
FAULTS.work(
    *("redirect_that_changes_the_verb", "redirects with 303", "a redirect to /other was not followed", 1),
    redirects("303 See Other", "/other"),
)
FAULTS.work(
    *("redirect_without_a_place", "redirects without saying where", "answered with HTTP 307 alone", 1),
    plain("307 Temporary Redirect"),
)
