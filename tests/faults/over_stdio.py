"""The faults of servers on pipes, and how one is run. What each server does is in `tests/servers/bad/wrong*.py`."""

from __future__ import annotations

import sys
from pathlib import Path

from mcpwatch import Recording
from mcpwatch.events import Frame
from tests.faults.fault import RECORDING, STEPS, Fault, Outcome, argv
from tests.faults.inside import command

SERVER = Path(__file__).parent.parent / "servers" / "bad" / "wrong.py"
CHECKED = ("--check", *STEPS)
BRIEFLY = 3.0
"""Seconds that a request has where the server will not answer it; a server starts in far less."""


def bad(name: str, does: str, says: str, code: int = 0, *, goes_on: bool = True) -> Fault:
    return Fault(name, does, says, code, goes_on=goes_on)


def checked(name: str, does: str, says: str, code: int = 1) -> Fault:
    """What works nevertheless, and is named by `--check`."""
    return Fault(name, does, says, code, steps=CHECKED)


def silent(name: str, does: str, says: str = "tools/call (#5) got no answer within 3 s.") -> Fault:
    """What nobody can take for an answer to a call: it times out, and the next one is answered."""
    return Fault(name, does, says, 5, timeout=BRIEFLY, scripted=True)


def deaf(name: str, does: str, says: str) -> Fault:
    """A server that answers nothing any more, or from the start."""
    return Fault(name, does, says, 5, goes_on=False, timeout=BRIEFLY)


def fatal(name: str, does: str, says: str) -> Fault:
    """What no call comes after."""
    return Fault(name, does, says, 3, goes_on=False)


_BESIDE = [
    bad("banner_first", "prints a banner before the first message", "! not protocol: Starting server on stdio..."),
    checked("byte_order_mark", "begins with a byte order mark", "the server sent a byte order mark"),
    bad("farewell", "prints after its end, and leaves the last line unfinished", "! not protocol: bye"),
    bad("print_in_a_call", "prints a line inside a call", "! not protocol: working on it..."),
    bad("colours", "prints escape sequences", "! not protocol: ␛[31mred␛[0m␛]0;owned␇"),
    bad("blank_lines", "prints blank lines, and lines of blanks", "! not protocol: (an empty line)"),
    bad("json_log_lines", "logs JSON to stdout", "(not a JSON-RPC message: neither method, result nor error)"),
    bad("scalars", "prints JSON that is no object", '! not protocol: "just a string"'),
    bad("progress_bar", "draws a progress bar with carriage returns", "! not protocol: ␍  0% done␍ 10% done"),
    silent(
        "glued_in_front",
        "prints `[INFO] ` in front of its answer, on the same line",
        "hint: What came meanwhile was no message that can be read: the answer may be in it.",
    ),
    bad("glued_behind", "prints behind its answer, on the same line", "could not be read: not JSON: extra data", 1),
    bad("binary", "prints 64 KiB of every byte there is", "! not protocol: ␀␁␂␃␄␅␆␇"),
    bad("nul_bytes", "prints NUL", "! not protocol: ␀␀␀"),
    bad("long_junk", "prints a line of 1 MiB", "… (1.0 MiB in all)"),
]
_LINES = [
    bad("crlf", r"ends its lines with `\r\n`", "two characters end this line"),
    bad("carriage_returns", r"ends a line with `\r` alone", "(not JSON: extra data at character 91; a raw line break)"),
    bad("two_on_a_line", "writes two messages on one line", "could not be read: not JSON: extra data", 1),
    bad("byte_by_byte", "writes one byte at a time", '← tools/call    work #5  ok … "done"'),
    silent(
        "pretty_printed",
        "prints its answer as JSON over several lines",
        "hint: What came meanwhile was no message that can be read: the answer may be in it.",
    ),
    deaf(
        "everything_pretty",
        "prints every answer over several lines, that of the handshake too",
        "error: initialize (#2) got no answer within 3 s.",
    ),
    fatal(
        "unterminated_then_exit", "exits behind an answer without a line end", 'work #5  ok … "done"…exited with code 0'
    ),
    bad(
        "language_server_framing",
        "sends `Content-Length` headers, as a language server does",
        "! not protocol: Content-Length: 77",
    ),
    silent("event_stream_framing", "writes server-sent events", "! not protocol: event: message"),
]
_JSON = [
    bad("cut_answer", "cuts its answer off in the middle", "could not be read: not JSON: unterminated string", 1),
    bad("cut_before_the_id", "cuts a message off before its id", '! not protocol: {"jsonrpc":"2.0",'),
    silent("python_dict", "prints a Python dict in place of JSON", "! not protocol: {'jsonrpc': '2.0'"),
    bad("trailing_comma", "writes a comma too many", "could not be read: not JSON: expecting property name", 1),
    bad("json_with_comments", "writes a comment into its JSON", "could not be read: not JSON: expecting property", 1),
    bad(
        "control_character_in_a_string",
        "writes a raw tab into a string",
        "could not be read: not JSON: invalid control",
        1,
    ),
    bad("not_utf8_in_a_log", "logs a byte that is not UTF-8", "(not UTF-8: byte 0xe9 at offset 86)"),
    bad(
        "not_utf8_in_a_result", "answers with a byte that is not UTF-8", "could not be read: not UTF-8: byte 0xe9 at", 1
    ),
    bad(
        "overlong_utf8", "answers with an overlong form of `/`", "could not be read: not UTF-8: byte 0xc0 at offset", 1
    ),
    silent("utf16", "answers in UTF-16", "! not protocol: …j␀s␀o␀n␀r␀p␀c␀"),
    checked(
        "lone_surrogate_in_a_text",
        "puts half of a surrogate pair into a text",
        "the server sent a lone surrogate escape",
    ),
    checked(
        "lone_surrogate_in_a_key", "puts half of a surrogate pair into a key", "the server sent a lone surrogate escape"
    ),
    checked("nan", "sends NaN", "the server sent NaN is not JSON"),
    checked("infinity", "sends -Infinity", "the server sent -Infinity is not JSON"),
    checked("out_of_range", "sends 1e400", "the server sent a number out of range (1e400)"),
    checked(
        "integer_of_5000_digits", "sends an integer of 5,000 digits", "a number out of range (99999999999999999999…)"
    ),
    bad("duplicate_keys", "writes a key twice; the last one counts", 'work #5  ok … "caf~"'),
    bad(
        "nested_10000_deep",
        "nests arrays 10,000 deep",
        "could not be read: nested 10,003 levels deep, more than 256",
        1,
    ),
    bad("line_of_4_mib", "answers with a line of 4 MiB", "work #5  ok …xxxxxxxx"),
    Fault("line_of_64_mib", "answers with a line of 64 MiB", "work #5  ok …xxxxxxxx", heavy=True),
    bad("flood", "sends 2,000 notifications at once", "work #5  999/2,000 50%"),
]
_MEMBERS = [
    bad("id_null", "answers with the id null", "an answer without an id: taken for the only request that waits"),
    bad("id_missing", "answers without an id", "an answer without an id: taken for the only request that waits"),
    bad("id_as_a_string", 'answers 5 with "5"', '← tools/call    work #"5"  ok'),
    bad("id_as_a_float", "answers 5 with 5.0", "work #5.0  (no valid id)  ok"),
    bad("id_as_an_object", "answers with an object for an id", "its id is neither a string nor a number nor null"),
    silent(
        "id_of_nobody",
        "answers with an id that nobody waits for",
        "hint: What came meanwhile answers an id that nobody asked with: the answer may be in it.",
    ),
    bad("answered_twice", "answers twice", "answers nothing that was asked  …done again"),
    bad(
        "answered_with_result_then_error",
        "takes its result back with an error",
        "answers nothing that was asked  error -32603",
    ),
    bad("unasked_answers", "answers what nobody asked, before the handshake", "#4711  answers nothing that was asked"),
    checked("no_jsonrpc", "leaves `jsonrpc` out", '"jsonrpc" is missing'),
    checked("jsonrpc_1", "says `jsonrpc` 1.0", "\"jsonrpc\" is '1.0'"),
    bad("result_and_error", "sends a result and an error in one", "work #5  error -32603 … both", 1),
    bad("neither_result_nor_error", "sends neither result nor error", "neither method, result nor error", 1),
    bad("error_without_code", "leaves the code of an error out", "work #5  error … no code", 1),
    bad("error_as_a_text", "sends a text for an error", 'work #5  error … "it went wrong"', 1),
    bad("error_code_as_a_text", "sends a code in letters", 'work #5  error "EFAIL" … a code in letters', 1),
    bad("error_message_of_1_mib", "explains an error in 1 MB", "work #5  error -32603 … very very very", 1),
    Fault(
        "answer_with_a_method",
        "puts a `method` into its answer, which makes a request of it",
        "! unanswered    tools/call refused",
        5,
        scripted=True,
        timeout=BRIEFLY,
    ),
    bad("batch", "sends its answer in a batch", "← batch         2 messages"),
    bad("empty_batch", "sends an empty batch", "← batch         0 messages"),
    bad("batch_of_junk", "sends a batch of what is no message", "← batch         5 messages"),
]
_RESULTS = [
    bad("result_null", "answers null", "work #5  malformed … the result is no object  null", 1),
    bad("result_as_a_text", "answers a text", 'malformed … the result is no object  "done"', 1),
    bad("result_as_a_list", "answers a list", "malformed … the result is no object  [1, 2]", 1),
    checked("result_empty", "answers an empty result", "the result of tools/call has no content"),
    bad("content_as_a_text", "sends its content as a text", "malformed … content is no list", 1),
    bad("content_of_no_type", "sends content without types", "malformed … content holds what is no object", 1),
    bad("image_that_is_no_base64", "sends an image that is none", "work #5  ok … [image 5 2 B]"),
    bad("is_error_as_a_text", "says isError in words", 'work #5  ok … "done"'),
    bad("structured_content_as_a_list", "sends structured content that is a list", "work #5  ok … [1, 2]"),
    bad("unknown_result_type", "names a type of result that there is not", 'work #5  ok … "done"'),
    bad(
        "input_required_of_nothing", "wants input for ever, and asks nothing", "asked for input too often: given up", 1
    ),
    bad("error_result", "says that the tool failed", 'tool error … "out of cheese"', 1),
]
_NOTIFICATIONS = [
    bad("progress_for_nobody", "reports progress on an unknown token", "token #who  1  (unknown token)"),
    bad("progress_backwards", "goes backwards and past its total", "5  12/10 120%  (past total)"),
    bad("progress_of_text", "reports progress in words", '"half"/[1]  3  (no number)'),
    checked("progress_after_the_end", "reports progress behind its answer", "tools/call (#5) was answered before this"),
    bad("progress_token_as_an_object", "sends an object for a token", 'token #{"a": 1}  1  (unknown token)'),
    bad("params_of_no_kind", "sends params that are no object, in every notification", "← log           [1, 2]"),
    bad("log_of_unknown_level", "logs with a level of its own", "← log shout     hello"),
    bad("unknown_notification", "sends a notification that nobody knows", "← notifications/something/else"),
    bad("cancels_what_it_was_asked", "cancels the request that it then answers", "← cancelled     #5  no time"),
    bad("list_changed_after_each_list", "says after each list that the list has changed", "← tools changed"),
]
_QUESTIONS = [
    checked("question_with_id_null", "asks with the id null", "ping has the id null"),
    checked("question_with_a_float_id", "asks with the id 1.5", "ping has the id 1.5"),
    checked("questions_with_the_same_id", "asks twice with one id", "ping has the id of ping (#q)"),
    bad("question_with_our_id", "asks with the very id of the call", 'work #5  ok … "done"'),
    bad(
        "question_of_unknown_method", "asks what nobody knows", "! x/unheard-of had no answer: answer it with --ask", 4
    ),
    bad("sampling_without_params", "asks for sampling without params", "! sampling had no answer", 4),
    bad("sampling_of_nonsense", "asks for sampling with params of other types", "! sampling had no answer", 4),
    bad("form_of_nonsense", "asks with a form whose fields are no schemas", "! elicitation had no answer", 4),
    bad(
        "form_schema_that_refers_to_itself",
        "asks with a schema that goes round in a circle",
        "! elicitation had no answer",
        4,
    ),
    bad(
        "question_taken_back",
        "takes its question back in the very batch that asks it",
        "← cancelled     #q  never mind",
    ),
    bad("question_after_the_answer", "asks behind its answer", 'work #5  ok … "done"'),
    bad("hundred_questions_at_once", "asks a hundred things at once", "used: ping 100"),
    bad(
        "questions_before_the_handshake",
        "asks before the handshake, and waits for the answers",
        "← roots         #earlier",
    ),
]
_OFFERS = [
    fatal(
        "unknown_version", "wants a version that there is not", "error: The server wants protocol version 1999-12-31;"
    ),
    fatal(
        "version_as_a_number",
        "names a number for its version",
        "error: The server's answer to initialize names no protocolVersion.",
    ),
    bad(
        "no_capabilities_and_no_name",
        "leaves out what it can do and who it is",
        '← initialize    #2  ok … {"protocolVersion"',
    ),
    bad(
        "capabilities_as_a_list",
        "lists its capabilities, and gives a text for its name",
        "● connected     a server without a name",
    ),
    fatal(
        "handshake_result_as_a_text",
        "answers the handshake with a text",
        "error: The server's answer to initialize names no protocolVersion.",
    ),
    fatal(
        "handshake_refused",
        "refuses the handshake",
        "error: The server refused initialize: API_KEY is not set (-32603).",
    ),
    deaf("handshake_unanswered", "never answers the handshake", "error: initialize (#2) got no answer within 3 s."),
    fatal(
        "handshake_answered_in_pieces_of_junk",
        "answers the handshake with half a message",
        "error: initialize got no answer: the answer to #2 could not be read",
    ),
    bad("handshake_twice", "answers the handshake twice", "← response      #2  answers nothing that was asked"),
    bad(
        "discovery_of_nonsense",
        "answers `server/discover` with nonsense, and takes the handshake",
        'work #5  ok … "done"',
    ),
    bad("discovery_refused_without_an_id", "refuses `server/discover` without an id", "id=1 method=server/discover"),
    bad(
        "discovery_of_no_version_of_ours",
        "speaks only versions that we do not, and takes the handshake",
        'work #5  ok … "done"',
    ),
    bad("speaks_first", "logs before anything was asked", "← log info      before anything was asked"),
    bad("tools_as_a_mapping", "lists its tools as a mapping", "← tools/list    #4  malformed … tools is no list"),
    bad("tools_missing", "answers a list without the list", "← tools/list    #4  malformed … it holds no tools"),
    bad("tools_null", "answers a list with null", "← tools/list    #4  malformed … the result is no object"),
    bad("list_refused", "refuses to list", "← tools/list    #4  error -32603 … the list is not ready"),
    deaf("list_unanswered", "never answers a list", "error: tools/list (#4) got no answer within 3 s."),
    bad("tools_of_no_kind", "lists what is no tool", "← tools/list    #4  malformed … tools holds what is no object"),
    bad("tool_schemas_of_no_kind", "lists tools with impossible schemas", "offers 11 tools"),
    bad("tool_listed_twice", "lists a tool twice", "offers 3 tools"),
    bad("thousand_tools", "lists a thousand tools on a page", "offers 1,002 tools"),
    bad("same_cursor_for_ever", "names the same cursor on every page", "the list was given up before its end"),
    bad("pages_without_end", "names one more page for ever", "the list was given up before its end"),
    bad("cursor_as_a_number", "sends a number for a cursor", "offers 2 tools"),
    bad("declares_what_it_has_not", "declares prompts and resources, and has none", "← prompts/list  #4  error -32601"),
    silent("answers_in_the_wrong_order", "answers a call only once the next one was made"),
]
_ENDS = [
    fatal("exits_at_once", "exits at once, with a word on stderr", "error: The server exited with code 1."),
    fatal("exits_at_once_without_a_word", "exits at once, without a word", "hint: The server sent nothing at all"),
    fatal("prints_its_usage", "prints its usage and exits", "! not protocol: usage: server --port PORT"),
    fatal("dies_of_an_exception", "dies of an exception", "last words  Traceback (most recent call last):"),
    fatal("exit_0_in_a_call", "exits with code 0 in a call", "error: The server exited with code 0."),
    fatal(
        "exit_3_in_a_call", "exits with code 3 in a call, in the middle of a line", "last words  fatal: out of cheese"
    ),
    fatal("segmentation_fault", "dies of SIGSEGV in a call", "error: The server was ended by SIGSEGV."),
    fatal("killed", "is killed in a call", "signal SIGKILL (killed, perhaps for its memory)"),
    fatal("answers_and_exits", "exits behind an answer", "error: The server exited with code 0."),
    fatal("answers_and_dies", "exits with code 9 behind an answer", "✗ died          exit code 9"),
    fatal("dies_while_it_asks", "asks and exits", "✗ died          exit code 4"),
    fatal(
        "stdout_closed", "closes its stdout and lives on", "error: The server closed its output while it still runs."
    ),
    fatal(
        "stdin_closed",
        "closes its stdin and lives on",
        "error: tools/call (#6) could not be sent: the server's stdin is closed.",
    ),
    bad("stderr_closed", "closes its stderr", 'work #5  ok … "done"'),
    deaf("says_nothing", "reads all and says nothing", "hint: The server sent nothing at all"),
    silent("never_answers", "never answers a call", "tools/call (#5) got no answer within 3 s."),
    silent("answers_too_late", "answers once nobody waits any more", 'work #5  ok 3.… s  "done"'),
    silent("progress_that_stops", "reports progress once, and then nothing", "← progress      work #5  1/9 11%"),
    deaf("stops_reading", "reads no more", "tools/call (#5) got no answer within 3 s."),
    deaf("half_an_answer", "stops in the middle of a line", '! not protocol: {"jsonrpc":"2.0","id'),
    bad("ends_its_half_line_later", "pauses in the middle of a line", 'work #5  ok … "done"'),
    bad("loud_stderr", "writes 2 MB to stderr before it answers", "stderr      │ xxxxxxxx"),
    bad("stderr_of_no_utf8", "writes to stderr what is not UTF-8", r"stderr      │ caf\xe9 \xff\xfe ␛[2J no line end"),
    bad("stubborn", "ignores the end of its input and SIGTERM", "● ended         by mcpwatch"),
    bad("leaves_a_child_with_its_pipes", "leaves a daemon behind that holds its pipes", "● ended         exit code 0"),
    fatal(
        "child_with_its_pipes_and_exit",
        "dies while a daemon of its own holds its pipes",
        "error: The server exited with code 5.",
    ),
    bad("slow_start", "takes its time to start", "● connected     wrong 1"),
]
FAULTS = [
    *(*_BESIDE, *_LINES, *_JSON, *_MEMBERS, *_RESULTS, *_NOTIFICATIONS, *_QUESTIONS, *_OFFERS, *_ENDS),
]


def run(fault: Fault, folder: Path) -> Outcome:
    """Run it once; the files stand in `folder`."""
    truth = folder / "truth"
    truth.touch()
    args = ["-S", "-E", str(SERVER), fault.name]
    target = {"command": sys.executable, "args": args, "env": {"MCPWATCH_TEST_TRUTH": str(truth)}}
    code, screen = command(*argv(fault, target, folder))
    with Recording.open(folder / RECORDING) as recording:
        return Outcome(code, screen, list(recording.events()), recording.complete, truth.read_bytes())


def lost(outcome: Outcome) -> str:
    """What of the bytes that the server wrote is missing from the recording, or not as it was; empty for nothing."""
    frames = [event for event in outcome.events if isinstance(event, Frame) and event.dir == "s2c"]
    came = b"".join(frame.data + frame.eol.encode() for frame in frames)
    if came == outcome.written:
        return ""
    at = next((n for n, (a, b) in enumerate(zip(came, outcome.written, strict=False)) if a != b), len(came))
    return f"{len(outcome.written)} bytes were written and {len(came)} recorded; they differ at {at}"
