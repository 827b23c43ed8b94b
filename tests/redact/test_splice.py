from __future__ import annotations

import json

import pytest

from mcpwatch.redact.literals import Spans
from mcpwatch.redact.splice import Area, splice

S = "s3cr3t"


def find(content: bytes) -> Spans:
    start = content.find(S.encode())
    return [] if start < 0 else [(start, start + len(S))]


def keyed(key: str) -> bool:
    return key in ("ssn", "id", "method", "_meta", "params", "result", "inputSchema", "code", "progressToken", 'a"b')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"jsonrpc":"s3cr3t","id":"s3cr3t","method":"s3cr3t"}', None),
        ('{"id":"s3cr3t","result":{"id":"s3cr3t"}}', '{"id":"s3cr3t","result":{"id":"[redacted]"}}'),
        ('[{"id":"s3cr3t"},{"params":["s3cr3t"]}]', '[{"id":"s3cr3t"},{"params":["[redacted]"]}]'),
        ('{"params":{"_meta":{"progressToken":"s3cr3t"}}}', None),
        ('{"params":{"progressToken":"s3cr3t","requestId":"s3cr3t","maxTokens":"s3cr3t"}}', None),
        ('{"result":{"requestState":"s3cr3t"}}', None),
        (
            '{"result":{"tools":[{"name":"s3cr3t","inputSchema":{"default":"s3cr3t","enum":["s3cr3t"]}}]}}',
            '{"result":{"tools":[{"name":"[redacted]","inputSchema":{"default":"s3cr3t","enum":["s3cr3t"]}}]}}',
        ),
        ('{"result":{"tools":[{"outputSchema":{"x":["s3cr3t"]}}]}}', None),
        ('{"params":{"requestedSchema":{"description":"s3cr3t"}}}', None),
        (
            '{"result":{"inputRequests":{"s3cr3t":{"method":"s3cr3t","params":{"m":"s3cr3t","maxTokens":"s3cr3t"}}}}}',
            '{"result":{"inputRequests":{"s3cr3t":{"method":"s3cr3t","params":{"m":"[redacted]","maxTokens":"s3cr3t"}}}}}',
        ),
        (
            '{"params":{"arguments":{"id":"s3cr3t","maxTokens":"s3cr3t","inputSchema":"s3cr3t"}}}',
            '{"params":{"arguments":{"id":"[redacted]","maxTokens":"[redacted]","inputSchema":"[redacted]"}}}',
        ),
        (
            '{"result":{"structuredContent":{"requestState":"s3cr3t"}}}',
            '{"result":{"structuredContent":{"requestState":"[redacted]"}}}',
        ),
        (
            '{"error":{"code":-1,"message":"s3cr3t","data":["s3cr3t"]}}',
            '{"error":{"code":-1,"message":"[redacted]","data":["[redacted]"]}}',
        ),
        (r'{"params":{"progress\u0054oken":"s3cr3t"},"\u0069d":"s3cr3t"}', None),
        ('{"params":{"s3cr3t":1}}', None),
        ('{"x":"s3cr3t"}', '{"x":"[redacted]"}'),
        ('"s3cr3t"', '"[redacted]"'),
        (' { "params" : [ "a s3cr3t b" , 1E2 , NaN ] } \r\n', ' { "params" : [ "a [redacted] b" , 1E2 , NaN ] } \r\n'),
        ('{"params":{"a":"s3cr3t","a":"s3cr3t"}}', '{"params":{"a":"[redacted]","a":"[redacted]"}}'),
        ("\ufeff" + '{"x":"s3cr3t"}', "\ufeff" + '{"x":"[redacted]"}'),
    ],
)
def test_only_values_that_the_protocol_does_not_read_are_replaced(before: str, after: str | None) -> None:
    spliced = splice(before.encode(), find)
    assert spliced is not None
    assert spliced[0].decode() == (before if after is None else after)
    assert spliced[1] == (0 if after is None else after.count("[redacted]"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"params":{"ssn":"x"}}', '{"params":{"ssn":"[redacted]"}}'),
        ('{"params":{"ssn":1.5,"a":2}}', '{"params":{"ssn":"[redacted]","a":2}}'),
        ('{"params":{"ssn":null,"a":true}}', '{"params":{"ssn":"[redacted]","a":true}}'),
        ('{"params":{"ssn":{"a":[1,{"ssn":2}]},"b":3}}', '{"params":{"ssn":"[redacted]","b":3}}'),
        ('{"params":[{"ssn":[]},{"ssn":{}},[1]]}', '{"params":[{"ssn":"[redacted]"},{"ssn":"[redacted]"},[1]]}'),
        (r'{"params":{"s\u0073n":"x","a\"b":1}}', r'{"params":{"s\u0073n":"[redacted]","a\"b":"[redacted]"}}'),
        (
            '{"id":1,"method":"x","params":{"_meta":{"a":1}},"ssn":1}',
            '{"id":1,"method":"x","params":{"_meta":{"a":1}},"ssn":"[redacted]"}',
        ),
        (
            '{"params":{"arguments":{"id":1,"code":2}}}',
            '{"params":{"arguments":{"id":"[redacted]","code":"[redacted]"}}}',
        ),
        ('{"error":{"code":-32000}}', None),
        ('{"params":{"progressToken":1,"requestedSchema":{"properties":{"ssn":{"type":"string"}}}}}', None),
        ('{"result":{"inputRequests":{"ssn":{"method":"x","params":{}}}}}', None),
        ('{"params":{"ssn":"[redacted]"}}', None),
    ],
)
def test_the_whole_value_of_a_named_key_goes(before: str, after: str | None) -> None:
    spliced = splice(before.encode(), None, keyed)
    assert spliced is not None
    assert spliced[0].decode() == (before if after is None else after)
    assert spliced[1] == (0 if after is None else after.count("[redacted]") - before.count("[redacted]"))


def test_what_goes_as_a_whole_counts_once() -> None:
    assert splice(b'{"params":{"ssn":["s3cr3t","s3cr3t"],"b":"s3cr3t"}}', find, keyed) == (
        b'{"params":{"ssn":"[redacted]","b":"[redacted]"}}',
        2,
    )


def test_nothing_is_the_protocols_in_a_body_of_another_kind() -> None:
    assert splice(b'{"id":"s3cr3t","code":1}', find, keyed, area=Area.FREE) == (
        b'{"id":"[redacted]","code":"[redacted]"}',
        2,
    )


@pytest.mark.parametrize(
    "data",
    """| |hello "s3cr3t"|{"a":"s3cr3t"|{"a":"s3cr3t}|{"a" "s3cr3t"}|{"a":"s3cr3t",}|["s3cr3t"}|"s3cr3t" "s3cr3t"
    |"s3cr3t",|{"a":"s3cr3t"}]|,"s3cr3t"|[,"s3cr3t"]|["s3cr3t",]|{:"s3cr3t"}|{"s3cr3t"}|{1:"s3cr3t"}|["s3cr3t" 1]
    |[1:"s3cr3t"]|{"a":"s3cr3t"}x|{"a"::"s3cr3t"}|\x00"s3cr3t"|tru|}|{"a":}|{"a":1,"b"}|'s3cr3t'""".replace(
        "\n    ", ""
    ).split("|"),
)
def test_what_is_no_json_is_said_to_be_none(data: str) -> None:
    assert splice(data.encode(), find) is None


def test_invalid_utf8_and_raw_line_breaks_are_let_pass() -> None:
    assert splice(b'{"x":"\xff\ns3cr3t\x00"}', find) == (b'{"x":"\xff\n[redacted]\x00"}', 1)


def test_any_depth_is_walked() -> None:
    deep = b"[" * 20_000 + b'"s3cr3t"' + b"]" * 20_000
    spliced = splice(deep, find)
    assert spliced == (deep.replace(b"s3cr3t", b"[redacted]"), 1)


def test_messages_without_a_hit_come_back_as_they_are() -> None:
    data = json.dumps({"params": {"a": [1, 2.5, True, None, 'x\n"y'], "b": {}}, "id": 1}).encode()
    spliced = splice(data, find, keyed)
    assert spliced is not None
    assert spliced[0] is data
