"""Templates are expanded as RFC 6570 has it."""

from __future__ import annotations

import pytest

from mcpwatch.view.uritemplate import expand, variables

VALUES = {"var": "value", "hello": "Hello World!", "path": "/foo/bar", "empty": "", "x": "1024", "y": "768", "l": "a,b"}


@pytest.mark.parametrize(
    ("template", "uri"),
    [
        ("{var}", "value"),
        ("{hello}", "Hello%20World%21"),
        ("{+hello}", "Hello%20World!"),
        ("{+path}/here", "/foo/bar/here"),
        ("X{#var}", "X#value"),
        ("map?{x,y}", "map?1024,768"),
        ("{var:3}", "val"),
        ("X{.x,y}", "X.1024.768"),
        ("{/var,x}/here", "/value/1024/here"),
        ("{;x,y,empty}", ";x=1024;y=768;empty"),
        ("{?x,y,empty}", "?x=1024&y=768&empty="),
        ("?fixed=yes{&x}", "?fixed=yes&x=1024"),
        ("{/l*}", "/a/b"),
        ("{?l*}", "?l=a&l=b"),
        ("a{undefined}b{?undefined}", "ab"),
        ("demo://cities/{city}", "demo://cities/"),
        ("no template {", "no template {"),
    ],
)
def test_expands(template: str, uri: str) -> None:
    assert expand(template, VALUES) == uri


def test_names_each_variable_once_in_order() -> None:
    assert variables("a://{host}/{+path}{?q,host,n:3,l*}") == ["host", "path", "q", "n", "l"]
    assert variables("nothing {} {,}") == []
