from __future__ import annotations

import math
from typing import Any

import pytest

from mcpwatch.wire.strict import read

HEX = "0e123abc" * 40


def nested(depth: int, inside: str = "1") -> str:
    return "[" * depth + inside + "]" * depth


@pytest.mark.parametrize(
    "text",
    [
        nested(126),
        "[" + "[]," * 500 + "[]]",
        '{"a":' * 126 + "1" + "}" * 126,
        '["' + "[" * 500 + '"' + ",[]" * 200 + "]",
        r'["\"' + "[" * 500 + r'\\"' + ",[]" * 200 + "]",
        "1e308",
        "-1.7976931348623157e+308",
        "1e-400",
        "9" * 308,
        "1" + "0" * 300 + "e-200",
        "0." + "1" * 400,
        f'"{HEX}"',
        f'{{"{HEX}":"1e400 {"9" * 400}"}}',
        r'"\\ud800"',
        r'"\ud83d\ude00"',
        '"a\u2028b"',
        '{"a":1,"a":2}',
    ],
)
def test_what_strict_tools_read_has_no_flaw(text: str) -> None:
    _, flaws, unreadable = read(text.encode())
    assert (flaws, unreadable) == ([], "")


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (nested(127), "nested 127 levels deep, more than 126"),
        (nested(256), "nested 256 levels deep, more than 126"),
        ('{"a":' * 127 + "1" + "}" * 127, "nested 127 levels deep, more than 126"),
        (f'{{"a":{nested(130)},"a":1}}', "nested 131 levels deep, more than 126"),
        (f'["\\\\",{nested(150)},"\\""]', "nested 151 levels deep, more than 126"),
        ("1e309", "a number out of range (1e309)"),
        ("-1E+400", "a number out of range (-1E+400)"),
        ("1.5e0000400", "a number out of range (1.5e0000400)"),
        ("9" * 309, "a number out of range (99999999999999999999…)"),
        ("9" * 5_000, "a number out of range (99999999999999999999…)"),
        ("9" * 250 + "e60", "a number out of range (99999999999999999999…)"),
        ("9" * 309 + ".5", "a number out of range (99999999999999999999…)"),
        ('{"a":1e400,"a":1}', "a number out of range (1e400)"),
        (f'["{HEX}",1e400]', "a number out of range (1e400)"),
        ('{"a":NaN,"a":1}', "NaN is not JSON"),
        (r'"\ud800"', "a lone surrogate escape"),
        (r'"\udc00"', "a lone surrogate escape"),
        (r'"\uDC00\uD800"', "a lone surrogate escape"),
        (r'"\ud800\ud800\udc00"', "a lone surrogate escape"),
        (r'"\ud800\udc00\udc00"', "a lone surrogate escape"),
        (r'"\ud800\\\udc00"', "a lone surrogate escape"),
        (r'{"\ud800":1,"a":"\\ud800"}', "a lone surrogate escape"),
        (r'{"a":"\ud800","a":1}', "a lone surrogate escape"),
        ("[1,\n2]", "a raw line break"),
        ("\ufeff[]", "a byte order mark"),
    ],
)
def test_what_strict_tools_refuse_has_a_flaw_and_is_read_all_the_same(text: str, flaw: str) -> None:
    _, flaws, unreadable = read(text.encode())
    assert (flaws, unreadable) == ([flaw], "")


def test_every_flaw_is_named_once() -> None:
    _, flaws, _ = read(b'\xef\xbb\xbf[NaN,\r\nNaN,1e400,2e400,"\\ud800\\ud800"]')
    assert flaws == [
        "a byte order mark",
        "a raw line break",
        "NaN is not JSON",
        "a number out of range (1e400)",
        "a lone surrogate escape",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("null", None),
        ("[Infinity,-Infinity,1e400]", [math.inf, -math.inf, math.inf]),
        ("9" * 309, int("9" * 309)),
        ("9" * 5_000, math.inf),
        (r'"\ud800"', "\ud800"),
        ("\ufeff{}", {}),
        ('{"a":1,"a":2}', {"a": 2}),
    ],
)
def test_a_message_is_what_python_makes_of_it_at_its_most_lenient(text: str, message: Any) -> None:
    assert read(text.encode())[0] == message


def test_a_complaint_never_quotes_what_it_complains_about() -> None:
    for data in (b'{"password":hunter2}', b"hunter2", b'"\\hunter2"', b'{"hunter2"'):
        assert b"hunter2" in data
        _, _, unreadable = read(data)
        assert "hunter2" not in unreadable
        assert unreadable.startswith("not JSON: ")


@pytest.mark.parametrize("depth", [257, 1_000, 100_000])
def test_nesting_beyond_reading_is_unreadable_and_not_an_exception(depth: int) -> None:
    message, _, unreadable = read(nested(depth).encode())
    assert (message, unreadable) == (None, f"nested {depth:,} levels deep, more than 256")


@pytest.mark.parametrize("levels", [1, 22, 23, 24, 25, 125, 126, 180])
@pytest.mark.parametrize("beside", [40, 3000])
def test_depth_is_the_same_however_much_stands_beside_it(levels: int, beside: int) -> None:
    inside = ['{"a":"[{","b":[]}'] * beside + [nested(levels)]
    _, flaws, _ = read(f"[{','.join(inside)}]".encode())
    assert flaws == ([f"nested {levels + 1} levels deep, more than 126"] if levels + 1 > 126 else [])


@pytest.mark.parametrize("text", ["x" * 5000, "\\\\" * 2500, '\\"1e999' * 800, "1e999" * 1000, "0" * 5000])
@pytest.mark.parametrize(("number", "wrong"), [("1e400", True), ("1" * 400, True), ("1e40", False)])
def test_a_number_out_of_range_is_found_beside_long_texts_and_not_in_them(text: str, number: str, wrong: bool) -> None:
    _, flaws, _ = read(f'{{"text":"{text}","number":{number}}}'.encode())
    assert bool(flaws) == wrong
