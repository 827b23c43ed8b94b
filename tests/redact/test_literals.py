from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from random import Random
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.redact.literals import MARK, Literals, Spans, cut, find_escaped, finder, string_finder
from mcpwatch.redact.naming import refused

ODD = 's/e"c+r\\e t=é😀&1\tx'


def replaced(literals: Literals, data: bytes) -> bytes:
    """What the quick test and the exact search make of plain bytes, together."""
    if not literals.may_hold(data):
        return data
    return cut(data, ((start, end, MARK) for start, end in finder(literals.candidates(data))(data)))


def with_secrets(*secrets: str) -> Literals:
    literals = Literals()
    for secret in secrets:
        assert literals.add(secret)
    return literals


ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda s: s,
    "in JSON": lambda s: json.dumps(s)[1:-1],
    "in JSON, as UTF-8": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "in JSON with capital digits": lambda s: re.sub(
        r"\\u....", lambda m: r"\u" + m[0][2:].upper(), json.dumps(s)[1:-1]
    ),
    "in JSON that escapes slashes": lambda s: json.dumps(s)[1:-1].replace("/", r"\/"),
    "in JSON that escapes for HTML": lambda s: json.dumps(s)[1:-1].replace("&", r"\u0026").replace("+", r"\u002B"),
    "in JSON in JSON": lambda s: json.dumps(json.dumps(s)[1:-1])[1:-1],
    "percent-encoded": lambda s: quote(s, safe=""),
    "percent-encoded but for slashes": lambda s: quote(s),
    "percent-encoded as a form": lambda s: quote_plus(s),
    "percent-encoded in small letters": lambda s: re.sub("%..", lambda m: m[0].lower(), quote(s, safe="")),
    "percent-encoded twice": lambda s: quote(quote(s, safe=""), safe=""),
    "in base64": lambda s: base64.b64encode(s.encode()).decode(),
    "in base64 for URLs": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "in base64, percent-encoded": lambda s: quote(base64.b64encode(s.encode()).decode(), safe=""),
    "in base64 that escapes slashes": lambda s: base64.b64encode(s.encode()).decode().replace("/", r"\/"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("secret", ["hunter2hunter", "sk-proj_ab.cd", ODD, "?>?>?>?>?>", "@@##$$%%^^", "пароль"])
def test_a_secret_is_found_in_every_encoding(secret: str, encoding: str) -> None:
    data = f"before {ENCODINGS[encoding](secret)} after".encode()
    assert replaced(with_secrets(secret), data) == b"before [redacted] after"


@pytest.mark.parametrize("before", ["", "x", "me:", "user", "\0\0"])
@pytest.mark.parametrize("after", ["", "y", "zz", "zzz"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_is_found_inside_of_something_in_base64(
    before: str, after: str, encode: Callable[[bytes], bytes]
) -> None:
    for secret in ("hunter", "hunter2", "hunter22", ODD):
        left = replaced(with_secrets(secret), b"<" + encode((before + secret + after).encode()) + b">")
        assert MARK in left
        # What is left of it, decoded, tells no more than what stood around the secret.
        assert len(left) - len(MARK) - 2 <= len(base64.b64encode((before + after).encode())) + 4
        assert secret.encode()[:3] not in base64.b64decode(
            left[1 : left.index(MARK)][: (left.index(MARK) - 1) // 4 * 4]
        )


def test_values_unfit_to_be_searched_for_are_not_learned() -> None:
    literals = Literals()
    assert not any(map(literals.add, ("", "short", "password", "1234567", "  true  ", "[redacted]")))
    assert not literals
    assert not literals.may_hold(b"password short")


def test_space_around_a_secret_is_none_of_it() -> None:
    assert replaced(with_secrets(" hunter2\n"), b"(hunter2)") == b"([redacted])"


def test_a_secret_is_new_only_once() -> None:
    literals = with_secrets("hunter2")
    assert not literals.add("hunter2")
    assert not literals.add("hunter2", ring="received")


def test_overlapping_secrets_go_together_and_neighbours_one_by_one() -> None:
    literals = with_secrets("abcdefgh", "efghijkl", "cdefghij-and-more")
    assert replaced(literals, b"_abcdefghijkl_") == b"_[redacted]_"
    assert replaced(literals, b"_cdefghij-and-more_") == b"_[redacted]_"
    assert replaced(with_secrets("hunter2"), b"hunter2hunter2") == b"[redacted][redacted]"


def test_only_the_latest_of_what_a_server_sent_is_kept() -> None:
    literals = with_secrets("given-by-the-user")
    literals.add("bearer-of-ours", ring="sent")
    for number in range(300):
        literals.add(f"cookie-{number:06}", ring="received")
    kept = [n for n in range(300) if literals.may_hold(f"cookie-{n:06}".encode())]
    assert kept == list(range(200, 300))
    assert literals.may_hold(b"given-by-the-user") and literals.may_hold(b"bearer-of-ours")


def test_what_is_met_again_counts_as_late() -> None:
    literals = Literals()
    for number in range(100):
        literals.add(f"cookie-{number:06}", ring="received")
    literals.add("cookie-000000", ring="received")
    literals.add("cookie-000100", ring="received")
    assert literals.may_hold(b"cookie-000000") and not literals.may_hold(b"cookie-000001")


def test_a_secret_of_several_lines_is_found_line_by_line() -> None:
    secret = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\nAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----"
    literals = with_secrets(secret)
    assert replaced(literals, b"a MIIEvQIBADANBgkqhkiG b") == b"a [redacted] b"
    assert replaced(literals, json.dumps(secret).encode()) == b'"[redacted]"'
    assert replaced(literals, secret.replace("\n", "\r\n").encode()) == b"[redacted]"
    assert replaced(literals, b"-----BEGIN PRIVATE KEY-----") == b"-----BEGIN PRIVATE KEY-----"


def test_a_very_long_secret_is_found_whole() -> None:
    secret = "".join(Random(1).choices("abcdefgh0123=/+", k=10_000))
    assert replaced(with_secrets(secret), b"<" + secret.encode() + b">").replace(MARK, b"") == b"<>"


def test_the_quick_test_knows_long_data_too() -> None:
    literals = with_secrets("hunter2hunter", "@@##$$%%^^")
    filler = b"x" * 100_000
    assert not literals.may_hold(filler)
    for hidden in (b"hunter2hunter", b"@@##$$%%^^", rb"hu\u006eter2hunter"):
        assert literals.may_hold(filler + hidden + filler)


def test_an_escape_is_never_cut_in_two() -> None:
    find = string_finder(tuple(with_secrets("nabcdef").candidates(b"nabcdef")))
    assert find(rb"\nabcdef") == []
    assert find(rb"\\nabcdef") == [(2, 9)]
    assert find(rb"\\\nabcdef") == []


def test_zero_bytes_and_bytes_that_are_no_text_shift_nothing() -> None:
    for start in (b"", b"\x00", b"\x00a\x00", b"\xff\xfe", b"\x00\xff"):
        for middle in (rb"\n", rb"\ud800", rb"\ud83d\ude00", rb"\ude00\ud83d", rb"\x", b"\\\xff", b"\xed\xa0\x80"):
            content = start + middle + b"hunter2" + middle
            (span,) = string_finder(with_secrets("hunter2").candidates(content))(content)
            assert content[slice(*span)] == b"hunter2"


def test_escapes_of_plain_letters_hide_nothing() -> None:
    literals = with_secrets("hunter2")
    content = rb"\t<h\u0075nter\u0032>\n"
    assert literals.may_hold(content)
    (span,) = string_finder(literals.candidates(content))(content)
    assert content[slice(*span)] == rb"h\u0075nter\u0032"


@given(st.text(min_size=1, max_size=30))
def test_spans_in_a_string_with_escapes_are_those_of_what_it_says(text: str) -> None:
    content = json.dumps(text)[1:-1].encode()
    encoded = text.encode("utf-8", "surrogatepass")
    for start in range(len(text)):
        begin, end = (len(text[:n].encode("utf-8", "surrogatepass")) for n in (start, start + 1))

        def find(said: bytes, span: tuple[int, int] = (begin, end)) -> Spans:
            assert said == encoded
            return [span]

        ((a, b),) = find_escaped(find, content)
        assert json.loads(b'"' + content[a:b] + b'"') == text[start]


@given(st.text(alphabet='ab1/"\\+%é ', min_size=6, max_size=12), st.text(alphabet='ab1/"\\+%é n', max_size=30))
def test_the_quick_test_never_overlooks_a_secret(secret: str, around: str) -> None:
    secret = secret.strip()
    if refused(secret):
        return
    literals = with_secrets(secret)
    for text in (around + secret + around, json.dumps(around + secret + around), quote(around + secret, safe="")):
        assert literals.may_hold(text.encode())
        assert secret.encode() not in replaced(literals, text.encode())


def test_patterns_are_matched_as_text_and_never_inside_of_a_mark() -> None:
    find = finder((), (re.compile(r"\w{3,}"), re.compile("é.")))
    data = "a [redacted] é€ hundert".encode()
    assert cut(data, ((a, b, MARK) for a, b in find(data))) == b"a [redacted] [redacted] [redacted]"
    across = re.compile(r"x\[red")
    assert finder((), (across,))(b"ax[redacted]b") == [(1, 12)]
    assert replaced(with_secrets("cted]:abc"), b"x[redacted]:abcd") == b"x[redacted]d"


def test_a_pattern_that_matches_nothing_replaces_nothing() -> None:
    assert finder((), (re.compile("x*"),))(b"abc") == []


def test_bytes_that_are_no_text_are_searched_as_well() -> None:
    assert replaced(with_secrets("hunter2"), b"\xff\x00hunter2\xfe") == b"\xff\x00[redacted]\xfe"
    assert finder((), (re.compile("b+"),))(b"\xffabb\xfe") == [(2, 4)]
