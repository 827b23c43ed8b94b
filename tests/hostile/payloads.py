"""The corpus: texts that would do something to a terminal, a log, a report or a shell, if anything let them through.

Each has a name of its own, by which a failure is told. None is harmless somewhere: what a terminal ignores is live in
Markdown, what Markdown shows is a command for a CI job.
"""

from __future__ import annotations

from typing import Final

__all__ = ["PAYLOADS"]

PAYLOADS: Final[dict[str, str]] = {
    # Terminals: colours that are none of ours, the cursor, the screen, titles, the clipboard, links, reports.
    "sgr": "\x1b[38;5;201;5;8mpink\x1b[48;2;1;2;3m",
    "cursor": "\x1b[99A\x1b[2K\x1b[1;1Hgone",
    "clear": "\x1b[2J\x1b[3J\x1bc",
    "modes": "\x1b[?1049h\x1b[?1003h\x1b[?2004l\x1b[?25l\x1b[20h",
    "ask-terminal": "\x1b[6n\x1b[c\x1b[>q\x1bZ\x05",
    "osc-title": "\x1b]0;owned\x07\x1b]2;owned\x1b\\",
    "osc-link": "\x1b]8;;https://evil.example/\x1b\\click me\x1b]8;;\x1b\\",
    "osc-file-link": "\x1b]8;;file:///etc/passwd\x07open\x1b]8;;\x07",
    "osc-clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "osc-notify": "\x1b]9;ping\x07\x1b]777;notify;a;b\x07\x1b]1337;File=inline=1:AAAA\x07",
    "dcs": '\x1bP$q"p\x1b\\\x1bPtmux;\x1b\x1b]52;c;AA==\x07\x1b\\',
    "apc": "\x1b_Gi=1,a=T;AAAA\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\",
    "charset": "\x1b(0lqqk\x1b)0\x0e\x0f\x1bN\x1bO",
    "unfinished": "\x1b]0;never ended",
    "half-csi": "\x1b[",
    "c1": "\x9b31m\x9b2J\x9d52;c;AA==\x9c\x90q\x9c\x85\x84\x8d",
    "bell": "\x07\x07ring",
    "backspace": "safe\b\b\b\bevil",
    "carriage-return": "https://good.example\rhttps://evil.example",
    "crlf": "one\r\ntwo\r\n",
    "line-feeds": "first\nsecond\n\n\n\nlast",
    "other-breaks": "a\x0bb\x0cc\u2028d\u2029e\x85f\x1cg\x1dh\x1ei",
    "tabs": "\t\ta\t\tb",
    "nul": "be\x00fore",
    "delete": "ab\x7f\x7fcd",
    # Letters that are not what they seem.
    "bidi-override": "gpj.\u202egpj.exe",
    "bidi-isolate": "\u2066\u2067user\u2069\u2068 \u200f\u061c\u200e",
    "bidi-unclosed": "\u202b\u202a\u202dabc",
    "zero-width": "pass\u200bwo\u200crd\u200d\u2060\u00ad",
    "byte-order-mark": "\ufefftext\ufeff",
    "tag-characters": "hi\U000e0069\U000e0067\U000e006e\U000e007f",
    "variation": "a\ufe0fb\ufe00\U000e0100c",
    "combining": "Z" + "\u0301\u0316\u0489\u20dd" * 40,
    "invisible-letters": "\u3164\u115f\u1160\uffa0\u17b4\u034f\u2800",
    "private-unassigned": "\ue000\U0010fffd\U000f0000\ufdd0\uffff",
    "interlinear": "\ufff9a\ufffab\ufffb\U0001d173",
    "wide": "漢字かな交じり文" * 12 + "👩‍👩‍👧‍👦",
    "ambiguous": "①②③±×…—αβγ░▒▓│┤",
    "surrogate": "a\ud800b\udfffc",
    "very-long": "x" * 5000,
    "spaces": "\u00a0\u2003\u3000" * 20 + "end",
    # Markup of our own libraries.
    "rich": "[/nope][bold red]x[/bold red][blink]",
    "rich-link": "[link=https://evil.example]x[/link][link=file:///etc/passwd]y[/link]",
    "textual-action": '[@click=app.quit]x[/] [@click="app.bell()"]y[/]',
    "textual": "[$error]x[/] [on red]y [reverse][/] \\[z] [/",
    "emoji-code": ":boom: :warning:",
    # Reports.
    "markdown": "[x](https://evil.example) ![i](https://evil.example/i.png) **b** `c` ~~d~~",
    "markdown-blocks": "\n# heading\n\n- [ ] task\n\n> quote\n\n```\ncode\n```\n\n---\n| a | b |\n|---|---|\n",
    "markdown-auto": "https://evil.example www.evil.example <https://evil.example> a@evil.example @somebody #1",
    "markdown-reference": "\n\n[a]: https://evil.example\n[a][a]\n",
    "fence-breaker": "```\n````\n</details>\n~~~",
    "html": "<img src=x onerror=alert(1)><script>alert(1)</script><a href='javascript:alert(1)'>x</a>",
    "entities": "&lt;b&gt; &#x1b;[31m &amp; &nbsp;",
    "github": "::error file=app.js,line=1::owned",
    "github-output": "::set-output name=x::owned\n::add-mask::the\n  ::stop-commands::abc\n::group::g",
    "github-old": "see ##[add-mask]the ##[error]owned ##vso[task.setvariable variable=x]y",
    "xml": "]]><x a='b' c=\"d\">&e;<![CDATA[ <?php ?> <!-- --",
    "xml-invalid": "\x01\x02\x0b\x1f\ufffe\uffff",
    "teamcity": "##teamcity[testFailed name='x']",
    # Shells, YAML, formats, addresses.
    "shell": '\'; touch /tmp/owned; $(touch /tmp/owned) `touch /tmp/owned` "&& | > <" !! \\',
    "shell-option": "--help -rf",
    "yaml": "a: b # c\n- d: {e: [f, *g, &h, !!python/object:os.system ]}\n? |\n  x\n---\n",
    "yaml-scalar": "no",
    "templates": "${HOME} ${saved.x} {{ x }} {0} {} {self.__class__} %s %n %(x)s %%",
    "javascript-url": "javascript:alert(document.cookie)",
    "file-url": "file:///etc/passwd",
    "url-userinfo": "https://good.example@evil.example/\u2044..\\x",
    "punycode": "https://аррle.example/",
    "path": "../../../../etc/passwd",
    "empty": "",
}
