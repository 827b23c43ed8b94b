"""What a client can be told: each word is one that there is, or an error that names those."""

from __future__ import annotations

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.options import check_era, check_log_level, check_without


def test_a_log_level_that_the_protocol_does_not_know_is_a_usage_error() -> None:
    assert check_log_level("notice") == "notice"
    with pytest.raises(UsageError, match="'warn'") as caught:
        check_log_level("warn")
    assert "warning" in caught.value.hint


def test_an_era_that_there_is_not_is_a_usage_error() -> None:
    assert check_era("legacy") == "legacy"
    with pytest.raises(UsageError, match="'2026'") as caught:
        check_era("2026")
    assert "modern" in caught.value.hint


def test_what_no_client_has_cannot_be_left_out() -> None:
    assert check_without(frozenset({"roots"})) == {"roots"}
    with pytest.raises(UsageError, match="a-roof, walls") as caught:
        check_without(frozenset({"walls", "roots", "a-roof"}))
    assert "sampling" in caught.value.hint
