"""The login at one server: what is kept from earlier, what a 401 or 403 asks for, and a token in the end.

One at a time, however many requests were turned away at once: whoever comes second gets what the first one brought.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import anyio
from anyio import to_thread

from mcpwatch.errors import UsageError
from mcpwatch.events import Note
from mcpwatch.session.auth.access import Access, Invitation, LoginFailed, in_short
from mcpwatch.session.auth.browser import open_page
from mcpwatch.session.auth.callback import listening
from mcpwatch.session.auth.challenge import Challenge
from mcpwatch.session.auth.consent import is_web, origin_of
from mcpwatch.session.auth.discovery import Authority, Resource, authority_of, canonical, resource_of
from mcpwatch.session.auth.fetch import Fetcher
from mcpwatch.session.auth.grants import Token, by_code, by_credentials, refreshed
from mcpwatch.session.auth.kept import Kept, forget, keep, read_kept
from mcpwatch.session.auth.registration import Client, registered
from mcpwatch.wire.address import listener
from mcpwatch.wire.http_exchange import Publish

__all__ = ["Login"]

OFFLINE = "offline_access"
"""The scope for a refresh token, where a server knows it."""


class Login:
    """`server` is the address as the user has it. `thinks` is entered while somebody logs in: no request times out
    meanwhile. `aclose` it; nobody logs in after that.
    """

    def __init__(
        self,
        server: str,
        access: Access,
        *,
        link: str,
        publish: Publish,
        thinks: Callable[[], AbstractContextManager[object]] = nullcontext,
        next_xid: Callable[[], int] | None = None,
    ) -> None:
        self.server = canonical(server)
        self._access = access
        self._link = link
        self._publish = publish
        self._thinks = thinks
        self._fetch = Fetcher(link, publish, next_xid)
        self._lock = anyio.Lock()
        self._over = False
        self._unproven = ""
        """The token of the last login, until it is taken once."""
        self._known: tuple[Resource, Authority] | None = None
        self._kept: Kept | None = self._from_earlier()
        self._asked_scope = self._kept.token.scope if self._kept is not None and self._kept.token is not None else ""
        self._servers = {*access.servers, *(self._kept.servers if self._kept is not None else ())}

    @property
    def until(self) -> float | None:
        """Until when the token is good, as a `time.time()`; None where there is none, or nobody knows."""
        return None if self._token is None else self._token.until

    @property
    def busy(self) -> bool:
        """Whether somebody logs in right now."""
        return self._lock.locked()

    @property
    def _token(self) -> Token | None:
        return None if self._kept is None else self._kept.token

    async def aclose(self) -> None:
        """Log in no more."""
        self._over = True
        await self._fetch.aclose()

    async def token(self) -> str:
        """What to send with the next request, renewed where its time is over; empty where there is nothing yet.

        Raises `LoginFailed`.
        """
        if self._access.how == "token":
            return self._access.token
        kept = self._token
        if kept is None:
            return ""
        if not kept.good and not self._over:
            await self.renew(kept)
        return self._token.access if self._token else ""

    async def renew(self, token: Token | None = None) -> None:
        """Renew `token`, the one that there is by default, unless somebody else does meanwhile."""
        token = token or self._token
        async with self._lock:
            if token is not None and token.refresh and self._token is token:
                with self._thinks():
                    await self._refresh()

    def accepted(self) -> None:
        """What was logged in for last is taken."""
        self._unproven = ""

    async def answer(self, status: int, challenge: Challenge, used: str) -> str:
        """A token for a request that was turned away with `status`, 401 or 403; `used` is the one that it brought.

        Raises `LoginFailed` where there is none, or none that would help.
        """
        if self._over:
            raise LoginFailed("The link was closed.")
        if self._access.how == "token":
            if status == 403:
                wants = in_short(challenge.scope or "another")
                raise LoginFailed(f"The token is not good for this: the server wants {wants}.")
            raise LoginFailed(f"{self.server} does not take the token{_why(challenge)}.")
        async with self._lock:
            if self._token is not None and self._token.access != used and self._token.good:
                return self._token.access  # somebody has logged in meanwhile
            if status == 401 and used and used == self._unproven:
                raise LoginFailed(
                    f"{self.server} does not take the token that it was just logged in for{_why(challenge)}."
                )
            with self._thinks():
                return await self._logged_in(status, challenge, used)

    # ---- in order

    async def _logged_in(self, status: int, challenge: Challenge, used: str) -> str:
        if status == 401 or self._known is None:
            await self._discover(challenge)
        assert self._known is not None
        resource, authority = self._known
        if self._kept is not None and self._kept.client.issuer != authority.issuer:
            # Another authority has it now, which must not see who we were to the one before.
            self._kept, self._asked_scope = None, ""
        scope = self._scope(status, challenge, resource, authority)
        if status == 401 and self._token is not None and self._token.refresh and self._token.access == used:
            if await self._refresh():
                return self._token.access
        self._asked_scope = scope
        if self._access.how == "client":
            token = await self._by_credentials(resource, authority, scope)
        else:
            token = await self._by_person(resource, authority, scope)
        self._unproven = token.access
        self._note("logged-in", at=origin_of(authority.issuer), scope=scope)
        return token.access

    async def _discover(self, challenge: Challenge) -> None:
        resource = await resource_of(self._fetch, self.server, challenge.metadata, self._servers)
        self._known = resource, await authority_of(self._fetch, resource, self.server, self._servers)

    def _scope(self, status: int, challenge: Challenge, resource: Resource, authority: Authority) -> str:
        """What to ask for. Raises `LoginFailed` where asking again would ask for the same."""
        had = self._asked_scope.split()
        if self._access.scope:
            wanted = self._access.scope.split()
        elif challenge.scope is not None:
            wanted = challenge.scope.split()
        else:
            wanted = list(resource.scopes)
        if status == 403:
            if self._token is not None and not set(wanted) - set(had):
                wants = f" ({in_short(challenge.scope)})" if challenge.scope else ""
                raise LoginFailed(
                    f"{self.server} wants more than the login was given{wants}: it was asked for already."
                )
            wanted = [*had, *wanted]
        offline = OFFLINE in authority.scopes and self._access.how != "client" and not self._access.scope
        return " ".join(dict.fromkeys([*wanted, *([OFFLINE] if offline else [])]))

    async def _by_credentials(self, resource: Resource, authority: Authority, scope: str) -> Token:
        client = await registered(self._fetch, authority, self._access, "", scope)
        token = await by_credentials(self._fetch, authority.token, client, resource=resource.resource, scope=scope)
        self._take(authority, resource, client, token)
        return token

    async def _by_person(self, resource: Resource, authority: Authority, scope: str) -> Token:
        if not authority.authorize:
            hint = "Does it have clients that log in by themselves? --auth client"
            raise LoginFailed(f"{authority.issuer} has no page to log in at.", hint=hint)
        if "S256" not in (authority.challenges or ()):
            raise LoginFailed(
                f"{authority.issuer} does not say that it knows PKCE with S256, without which nobody may log in.",
                hint="A mistake of the server's: its metadata needs code_challenge_methods_supported.",
            )
        before = self._kept.client if self._kept is not None else None
        async with listening(_port(self._access.port, before)) as callback:
            client = before
            if client is None or client.back != callback.address:
                client = await registered(self._fetch, authority, self._access, callback.address, scope)
            verifier = secrets.token_urlsafe(64)
            state = callback.expect()
            url = _page(authority, client, resource, scope, verifier, state)
            await self._invite(url)
            with anyio.move_on_after(self._access.within):
                try:
                    brought = await callback.came()
                finally:
                    self._access.over()
                code = _code(brought, authority)
                token = await by_code(
                    self._fetch,
                    authority.token,
                    client,
                    code=code,
                    verifier=verifier,
                    resource=resource.resource,
                    scope=scope,
                )
                self._take(authority, resource, client, token)
                return token
        raise LoginFailed(f"Nobody logged in at {origin_of(url)} within {self._access.within:g} s.")

    async def _invite(self, url: str) -> None:
        opened = False
        if self._access.how == "browser":
            opened = await to_thread.run_sync(self._access.opens or open_page, url)
        invitation = Invitation(self._link, url, self.server, opened)
        # The address itself stays out of the recording: there it would be of no use to anybody.
        self._note("login", at=invitation.host, opened=opened)
        await to_thread.run_sync(self._access.show, invitation)

    async def _refresh(self) -> bool:
        """Renew the token, where that is possible; else it is dropped."""
        kept = self._kept
        assert kept is not None and kept.token is not None
        earlier = self._from_earlier()
        if earlier is not None and earlier.token is not None and earlier.token.access != kept.token.access:
            if earlier.client == kept.client and earlier.token.good:
                self._kept = earlier  # another mcpwatch has renewed it
                return True
        try:
            token = await refreshed(self._fetch, kept.endpoint, kept.client, kept.token, resource=kept.resource)
        except LoginFailed as error:
            self._note("not-renewed", error=str(error))
            self._kept = replace(kept, token=None)
            return False
        self._kept = replace(kept, token=token)
        self._keep()
        self._note("renewed", at=origin_of(kept.endpoint))
        return True

    # ---- from run to run

    def _from_earlier(self) -> Kept | None:
        if self._access.how not in ("browser", "print"):
            return None
        if self._access.again:
            forget(self.server)
            return None
        kept = read_kept(self.server)
        if kept is not None and self._access.client and self._access.client != kept.client.id:
            return None
        return kept

    def _take(self, authority: Authority, resource: Resource, client: Client, token: Token) -> None:
        servers = tuple(sorted(self._servers))
        self._kept = Kept(self.server, authority.token, resource.resource, client, token, servers)
        self._keep()

    def _keep(self) -> None:
        if self._kept is not None and self._access.how in ("browser", "print"):
            keep(self._kept)

    def _note(self, what: str, **data: Any) -> None:
        self._publish(Note(link=self._link, what=what, data=data))


def _port(port: int, before: Client | None) -> int:
    """Where the browser came back to before, if that can be had: the client was registered with it."""
    was = urlsplit(before.back).port if before is not None and before.back else None
    if port or was is None:
        return port
    try:
        listener("127.0.0.1", was).close()
    except UsageError:
        return 0
    return was


def _page(authority: Authority, client: Client, resource: Resource, scope: str, verifier: str, state: str) -> str:
    """The address of the page to log in at. Raises `LoginFailed` where it is none that can be opened."""
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.back,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "state": state,
        "resource": resource.resource,
        **({"scope": scope} if scope else {}),
        # Some servers give a refresh token only to who is asked again.
        **({"prompt": "consent"} if OFFLINE in scope.split() else {}),
    }
    url = f"{authority.authorize}{'&' if urlsplit(authority.authorize).query else '?'}{urlencode(asked)}"
    if not is_web(url) or urlsplit(url).fragment:
        page = in_short(authority.authorize)
        raise LoginFailed(f"The page to log in at, {page!r}, is no address that can be opened.")
    return url


def _code(brought: Mapping[str, str], authority: Authority) -> str:
    """The code that the browser brought. Raises `LoginFailed` for a refusal, or one that is not this authority's."""
    issuer = brought.get("iss")
    if issuer is None and authority.names_itself:
        raise LoginFailed(f"The browser came back without saying from whom; {authority.issuer} says that it would.")
    if issuer is not None and issuer != authority.issuer:
        raise LoginFailed(
            f"The browser came back from {in_short(issuer)}, not from {authority.issuer}; its code was not used.",
            hint="A mistake of the server's, or an attempt to have a code of yours sent elsewhere.",
        )
    if "code" in brought:
        return brought["code"]
    why = brought.get("error_description", "").rstrip(".")
    said = f"{brought['error']}, {why}" if why else brought["error"]
    raise LoginFailed(f"The login was refused: {in_short(said)}.")


def _why(challenge: Challenge) -> str:
    said = challenge.parameters.get("error_description") or challenge.error
    return f": {in_short(said.rstrip('.'))}" if said else ""
