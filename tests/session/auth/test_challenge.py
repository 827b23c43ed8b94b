from __future__ import annotations

import pytest

from mcpwatch.session.auth.challenge import challenge_in


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([], {}),
        (["Basic realm=x"], {}),
        (["Bearer"], {}),
        (['Bearer resource_metadata="https://a/b", scope="x y"'], {"resource_metadata": "https://a/b", "scope": "x y"}),
        (["bearer ERROR=invalid_token"], {"error": "invalid_token"}),
        (['Basic realm="a, Bearer x=1", Bearer scope="s"'], {"scope": "s"}),
        (['Bearer scope="s", Basic realm="scope"'], {"scope": "s"}),
        (["Digest a=b", 'Bearer scope="s"'], {"scope": "s"}),
        ([r'Bearer error_description="say \"no\""'], {"error_description": 'say "no"'}),
        (['Bearer scope="a", scope="b"'], {"scope": "a"}),
        (['Bearer scope="never closed'], {}),
        (["Bearer , , scope=a"], {"scope": "a"}),
    ],
)
def test_the_parameters_of_the_bearer_challenge_are_found(headers: list[str], found: dict[str, str]) -> None:
    parameters = dict(challenge_in(headers).parameters)
    assert {name: value for name, value in parameters.items() if value} == found


def test_a_long_challenge_takes_no_longer_than_its_length() -> None:
    assert not challenge_in(["Bearer " + 'a="' * 20_000 + "," * 20_000]).scope
