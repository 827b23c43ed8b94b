"""Logging in to a protected server: OAuth 2.1 as the protocol's revisions from 2025-03-26 to 2026-07-28 have it.

It is our own, not the official library's: that one fetches whatever address a 401 names before anybody has agreed to
it, takes 1.5 s to import, and ends in errors that nobody can act upon. Every request of it passes the tap, as `Http`
events, and is redacted there. By what it is made of:

    access       what the user allows and gives: values only
    consent      which addresses may be contacted: the server's own origin, and what the user has named
    challenge    what a 401 or 403 says
    discovery    whose login it is, and where: the two kinds of metadata, and their checks
    registration who we are to the authorization server
    grants       requests for tokens, and what comes back
    callback     where a browser comes back to: one path on loopback, for as long as it takes
    browser      having a page opened, with one argument and no shell
    kept         logins from run to run: a file a server, that only its owner may read
    fetch        one request of a login, through the tap
    login        all of them in their order, for one server
    standing     a login that is there before it is asked for, for a proxy
    bearer       a login as httpx2 wants it
"""

from __future__ import annotations

from mcpwatch.session.auth.access import HOWS, Access, Invitation, LoginFailed

__all__ = ["HOWS", "Access", "Invitation", "LoginFailed"]
