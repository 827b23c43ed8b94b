"""Logins at a real server: all that a link, its recording and the next run see of them."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from mcpwatch.errors import ConnectError
from mcpwatch.events import Http
from mcpwatch.redact import Redactor
from mcpwatch.session.auth import Access, Invitation
from mcpwatch.session.dispatch import Reply
from mcpwatch.session.target import Target
from tests.servers.http.protected import Protected, visit
from tests.session.linked import Linked, linked

pytestmark = pytest.mark.anyio


class Person:
    """Whoever is asked to log in, and does."""

    def __init__(self) -> None:
        self.invited: list[Invitation] = []
        self.visited: list[str] = []

    def access(self, how: str = "browser", **more: Any) -> Access:
        def opens(url: str) -> bool:
            self.visited.append(url)
            return visit(url)

        return Access(how, show=self.invited.append, opens=opens, **more)


@pytest.fixture
def person() -> Person:
    return Person()


@asynccontextmanager
async def at(server: Protected, access: Access | None, **options: Any) -> AsyncGenerator[Linked]:
    target = Target("protected", server.url, url=server.url, transport="http")
    async with linked(target, access=access, era="legacy", **options) as link:
        yield link


async def refused(server: Protected, access: Access | None) -> ConnectError:
    async with at(server, access, connect=False) as link:
        with pytest.raises(ConnectError) as caught:
            await link.client.connect()
    assert caught.value.exit_code == 3
    return caught.value


def modes(folder: Path) -> list[int]:
    """Who may do what with a folder and with the files in it."""
    there = [folder, *sorted(folder.iterdir())] if folder.exists() else []
    return [one.stat().st_mode & 0o777 for one in there]


def said(reply: Reply) -> Any:
    return reply.error["message"] if reply.error else reply.result["content"][0]["text"]


async def test_a_person_logs_in_once_and_everything_after_that_is_let_in(server: Protected, person: Person) -> None:
    async with at(server, person.access()) as link:
        assert said(await link.client.call("whoami")) == "notes:read"
    assert [invited.opened for invited in person.invited] == [True]
    assert person.invited[0].host == urlsplit(server.url).netloc
    asked = parse_qs(urlsplit(person.visited[0]).query)
    assert asked["resource"] == [server.url] and asked["scope"] == ["notes:read"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"][0].startswith("http://127.0.0.1:")
    # All that was asked for by a client of ours passed the tap, in this order.
    walked = [event.url or "" for event in link.http("request")]
    known = [path for path in server.paths() if path != "/authorize"]
    assert [urlsplit(url).path for url in walked] == known
    assert known[:5] == [
        "/mcp",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/register",
        "/token",
    ]
    assert [note.data["scope"] for note in link.notes("logged-in")] == ["notes:read"]


async def test_what_is_kept_is_for_the_next_run_which_asks_nobody(
    server: Protected, person: Person, logins: Path
) -> None:
    async with at(server, person.access()):
        pass
    assert modes(logins) == [0o700, 0o600]
    server.asked.clear()
    async with at(server, person.access("print")) as link:
        assert said(await link.client.call("whoami")) == "notes:read"
    assert len(person.invited) == 1
    assert set(server.paths()) == {"/mcp"}


async def test_a_token_whose_time_is_over_is_renewed_before_it_is_used(server: Protected, person: Person) -> None:
    server.knobs.expires_in = 1  # that is less than the leeway
    async with at(server, person.access()) as link:
        assert said(await link.client.call("whoami")) == "notes:read"
        assert link.notes("renewed")
    assert len(person.invited) == 1


async def test_a_token_that_is_not_taken_any_more_is_renewed(server: Protected, person: Person) -> None:
    async with at(server, person.access()) as link:
        server.tokens.clear()
        assert said(await link.client.call("whoami")) == "notes:read"
    assert len(person.invited) == 1
    assert [request.form["grant_type"] for request in server.to("/token")] == ["authorization_code", "refresh_token"]


async def test_where_it_cannot_be_renewed_the_person_logs_in_again(server: Protected, person: Person) -> None:
    async with at(server, person.access()) as link:
        server.tokens.clear()
        server.renewals.clear()
        assert said(await link.client.call("whoami")) == "notes:read"
        assert [note.data["error"] for note in link.notes("not-renewed")] == [
            f"{server.authority} gave no token: invalid_grant, Not any more."
        ]
    assert len(person.invited) == 2
    assert len(server.to("/register")) == 1


async def test_a_call_that_needs_more_asks_for_all_that_it_had_and_the_rest(server: Protected, person: Person) -> None:
    async with at(server, person.access()) as link:
        assert said(await link.client.call("write")) == "notes:read notes:write"
        assert said(await link.client.call("whoami")) == "notes:read notes:write"
    assert [parse_qs(urlsplit(url).query)["scope"] for url in person.visited] == [
        ["notes:read"],
        ["notes:read notes:write"],
    ]


async def test_a_server_that_never_has_enough_is_asked_only_as_often_as_it_makes_sense(
    server: Protected, person: Person
) -> None:
    server.knobs.stingy = True
    async with at(server, person.access()) as link:
        assert "it was asked for already" in said(await link.client.call("write"))
        assert said(await link.client.call("whoami")) == "notes:read notes:write"  # the link goes on
    assert len(person.invited) == 2


async def test_requests_that_are_turned_away_together_lead_to_one_login(server: Protected, person: Person) -> None:
    async with at(server, person.access()) as link:
        server.tokens.clear()
        server.renewals.clear()
        async with anyio.create_task_group() as together:
            for _ in range(5):
                together.start_soon(link.client.call, "whoami")
    assert len(person.invited) == 2


async def test_a_client_with_credentials_of_its_own_needs_no_person(server: Protected, logins: Path) -> None:
    access = Access("client", client="known", secret="the-known-secret", scope="notes:write")
    async with at(server, access) as link:
        assert said(await link.client.call("write")) == "notes:write"
    assert not server.to("/authorize") and not server.to("/register")
    assert modes(logins) == []


async def test_a_token_that_one_has_is_sent_and_nothing_else_is_asked(server: Protected) -> None:
    server.tokens["a-token-from-elsewhere"] = "notes:write"
    async with at(server, Access("token", token="a-token-from-elsewhere")) as link:
        assert said(await link.client.call("write")) == "notes:write"
    assert set(server.paths()) == {"/mcp"}
    error = await refused(server, Access("token", token="another-token"))
    assert str(error) == f"{server.url} does not take the token: invalid_token."


async def test_a_client_that_was_registered_by_hand_says_who_it_is(server: Protected, person: Person) -> None:
    server.knobs.registers = False
    async with at(server, person.access(client="known", secret="the-known-secret")) as link:
        assert said(await link.client.call("whoami")) == "notes:read"
    assert server.to("/token")[0].headers["authorization"].startswith("Basic ")


async def test_a_document_is_who_we_are_where_the_server_takes_one(server: Protected, person: Person) -> None:
    server.knobs.documents = True
    document = "https://example.com/mcpwatch.json"
    async with at(server, person.access(client=document)):
        assert server.to("/token")[0].form["client_id"] == document
    assert not server.to("/register")


async def test_where_no_client_is_taken_it_says_how_to_name_one(server: Protected, person: Person) -> None:
    server.knobs.registers = False
    error = await refused(server, person.access())
    assert "registers no clients by itself" in str(error) and "--auth-client" in error.hint
    assert person.invited == []


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
async def test_who_we_are_is_said_as_the_server_wants_it(method: str, server: Protected, person: Person) -> None:
    server.knobs.methods = [method]
    async with at(server, person.access()):
        (asked,) = server.to("/token")
    assert ("authorization" in asked.headers) == (method == "client_secret_basic")
    assert ("client_secret" in asked.form) == (method == "client_secret_post")


async def test_another_origin_is_contacted_only_where_the_user_named_it(apart: Protected, person: Person) -> None:
    error = await refused(apart, person.access())
    assert str(error) == (
        f"The authorization server is at {apart.authority}, not at {apart.origin}; nothing was sent there "
        f"({apart.authority} is not even encrypted)."
    )
    assert error.hint == f"If you trust it: --auth-server {apart.authority}"
    assert "/.well-known/oauth-authorization-server" not in apart.paths()
    async with at(apart, person.access(servers=(apart.authority,))) as link:
        assert said(await link.client.call("whoami")) == "notes:read"
    # What was allowed once is kept with the login.
    apart.tokens.clear()
    apart.renewals.clear()
    async with at(apart, person.access()) as link:
        assert said(await link.client.call("whoami")) == "notes:read"


async def test_metadata_elsewhere_that_a_401_names_is_not_fetched(
    server: Protected, apart: Protected, person: Person
) -> None:
    server.knobs.hints = f"{apart.origin}/.well-known/oauth-protected-resource/mcp"
    error = await refused(server, person.access())
    assert "nothing was sent there" in str(error) and person.invited == []
    assert apart.asked == []


async def test_endpoints_elsewhere_are_not_contacted(server: Protected, apart: Protected, person: Person) -> None:
    server.knobs.says = {"token_endpoint": f"{apart.origin}/token"}
    error = await refused(server, person.access())
    assert f"--auth-server {apart.origin}" in error.hint and person.invited == []
    assert apart.asked == []


@pytest.mark.parametrize(
    "page", ["javascript:alert(1)", "file:///etc/passwd", "http://", "http://a@127.0.0.1/", "http://127.0.0.1/a b", ""]
)
async def test_a_page_that_is_none_is_not_opened(page: str, server: Protected, person: Person) -> None:
    server.knobs.says = {"authorization_endpoint": page}
    await refused(server, person.access())
    assert person.visited == [] and person.invited == []


async def test_metadata_about_another_server_is_not_believed(server: Protected, person: Person) -> None:
    server.knobs.resource = "https://another.example/mcp"
    error = await refused(server, person.access())
    assert "is about https://another.example/mcp" in str(error)
    assert "/.well-known/oauth-authorization-server" not in server.paths()


async def test_metadata_of_another_authority_is_not_believed(server: Protected, person: Person) -> None:
    server.knobs.says = {"issuer": "https://another.example"}
    assert "is that of https://another.example" in str(await refused(server, person.access()))


@pytest.mark.parametrize(("iss", "why"), [("https://another.example", "came back from https://another.example")])
async def test_a_code_of_another_authority_is_not_used(iss: str, why: str, server: Protected, person: Person) -> None:
    server.knobs.iss = iss
    assert why in str(await refused(server, person.access()))
    assert not server.to("/token")


async def test_an_authority_that_breaks_its_word_to_name_itself_is_not_believed(
    server: Protected, person: Person
) -> None:
    server.knobs.iss = None
    server.knobs.says = {"authorization_response_iss_parameter_supported": True}
    assert "without saying from whom" in str(await refused(server, person.access()))


async def test_without_pkce_nobody_logs_in(server: Protected, person: Person) -> None:
    server.knobs.challenges = None
    assert "PKCE" in str(await refused(server, person.access())) and person.invited == []


async def test_a_refusal_is_told_in_the_authority_s_words(server: Protected, person: Person) -> None:
    server.knobs.refuses = "access_denied"
    assert str(await refused(server, person.access())) == "The login was refused: access_denied, Nobody may."


async def test_a_server_that_says_nothing_of_its_login_wants_a_token(server: Protected, person: Person) -> None:
    server.knobs.hints = None
    server.knobs.issuer = "none"
    server.knobs.says = {"issuer": None}
    error = await refused(server, person.access())
    assert person.invited == [] and str(error)


async def test_nobody_waits_for_a_person_for_ever(server: Protected) -> None:
    access = Access("print", show=lambda invitation: None, within=0.05)
    assert "Nobody logged in" in str(await refused(server, access))


async def test_while_a_person_logs_in_no_request_times_out(server: Protected) -> None:
    asked: list[bool] = []

    def show(invitation: Invitation) -> None:
        asked.append(link.client.is_asked)  # the same that holds the time still while a question is thought about
        threading.Thread(target=visit, args=(invitation.url,)).start()

    target = Target("protected", server.url, url=server.url, transport="http")
    async with linked(target, access=Access("print", show=show), connect=False) as link:
        await link.client.connect()
        assert asked == [True] and not link.client.is_asked


async def test_a_changed_authority_never_sees_who_we_were_to_the_one_before(
    server: Protected, apart: Protected, person: Person
) -> None:
    async with at(server, person.access(servers=(apart.authority,))) as link:
        (before,) = server.clients.keys() - {"known"}
        server.tokens.clear()
        server.knobs.issuer = apart.authority
        apart.url = server.url  # for which it gives its tokens
        reply = await link.client.call("whoami")
    assert "does not take the token" in said(reply)  # ours does not know the other's tokens
    assert len(apart.to("/register")) == 1
    assert before not in json.dumps([request.body.decode() for request in apart.asked])


async def test_at_the_end_nobody_is_asked_to_log_in(server: Protected, person: Person) -> None:
    async with at(server, person.access()):
        server.tokens.clear()
        server.renewals.clear()
    assert len(person.invited) == 1


async def test_without_a_way_to_log_in_nothing_is_asked_but_the_server(server: Protected) -> None:
    assert "--auth browser" in (await refused(server, None)).hint
    assert set(server.paths()) == {"/mcp"}


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_nothing_of_a_login_that_is_a_secret_is_recorded(method: str, server: Protected, person: Person) -> None:
    server.knobs.methods = [method]
    async with at(server, person.access()) as link:
        await link.client.call("whoami")
    redact, heard = Redactor(), list[Any]()
    for event in link.events:
        heard.append(redact(event))
    shown = repr(heard)
    codes = [parse_qs(urlsplit(url).query)["state"][0] for url in person.visited]
    forms = [request.form for request in server.to("/token")]
    secrets = [*server.tokens, *server.renewals, *codes, *(form["code"] for form in forms)]
    secrets += [form["code_verifier"] for form in forms]
    secrets += [secret for secret, _ in server.clients.values() if secret != "the-known-secret"]
    secrets += [
        request.headers["authorization"].partition(" ")[2] for request in server.to("/token")[: method[-5:] == "basic"]
    ]
    assert len(secrets) == 6 + (method == "client_secret_basic")
    assert [one for one in secrets if one in shown] == []
    assert any(isinstance(event, Http) and event.text and "[redacted]" in event.text for event in heard)
