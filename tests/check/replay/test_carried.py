"""What a server hands out anew each time is sent back as it is today; everything else stays as it was."""

from __future__ import annotations

from typing import Any

from mcpwatch.check.replay.carried import Carried

WAS, NOW = "0b7d1c9e-58a5-4a34-9d0b-3f0a0a7a5d11", "9f3c2a10-1111-4222-8333-abcdefabcdef"


def carried(recorded: Any, live: Any) -> Carried:
    made = Carried()
    made.learn(recorded, live)
    return made


def test_an_identity_is_replaced_wherever_it_stands() -> None:
    made = carried({"structuredContent": {"id": WAS}}, {"structuredContent": {"id": NOW}})
    sent = {"name": "get", "arguments": {"id": WAS, "also": [f"note://{WAS}/text"]}}
    assert made.renewed(sent) == {"name": "get", "arguments": {"id": NOW, "also": [f"note://{NOW}/text"]}}


def test_an_identity_in_a_sentence_or_in_a_texts_json_is_one_too() -> None:
    for was, now in ((f"made {WAS}.", f"made {NOW}."), (f'{{"id": "{WAS}"}}', f'{{"id":"{NOW}"}}')):
        made = carried({"content": [{"type": "text", "text": was}]}, {"content": [{"type": "text", "text": now}]})
        assert made.renewed({"id": WAS}) == {"id": NOW}


def test_a_cursor_is_replaced_as_a_cursor_and_nowhere_else() -> None:
    made = carried({"nextCursor": "2"}, {"nextCursor": "eyJ"})
    assert made.renewed({"cursor": "2", "page": "2"}) == {"cursor": "eyJ", "page": "2"}


def test_what_is_a_difference_stays_what_it_was() -> None:
    made = carried({"city": "Lisbon", "n": 1}, {"city": "Porto", "n": 2})
    assert made.renewed({"city": "Lisbon", "n": 1}) == {"city": "Lisbon", "n": 1}


def test_a_result_of_another_shape_teaches_nothing_and_does_no_harm() -> None:
    made = carried({"id": WAS, "rows": [WAS]}, {"rows": "none", "id": None})
    assert made.renewed({"id": WAS}) == {"id": WAS}
    made.learn(None, {"id": NOW})
    assert made.renewed([WAS]) == [WAS]
