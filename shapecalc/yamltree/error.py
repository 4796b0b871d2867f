"""A YAML parser's error in terms of the file: one finding, at the place where the mistake is."""

from __future__ import annotations

import re
from typing import Any

from shapecalc.text.findings import Edit, Fix, Label, Reporter
from shapecalc.text.source import Source

_CLOSER = {"[": "]", "{": "}"}
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAB_INDENT = re.compile(r" *\t[ \t]*")
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*\"""", re.S)
_PLAIN = re.compile(r"(?:[^\s\[\]{},:#'\"]|:(?!\s)|(?<=\S)#)(?:[^\[\]{},:#\n]|:(?![\s,\[\]{}])|(?<=\S)#)*")
_BLOCK_PLAIN = re.compile(r"(?:[^\s\[\]{}#'\"]|(?<=\S)#)(?:[^:#\n]|:(?!\s)|(?<=\S)#)*")
_BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*[ \t]*(?:#.*)?$", re.M)
_BLOCK_PUNCTUATION = re.compile(r"[-?:](?=\s|$)")
_SPACE = re.compile(r"\s+|#.*")

# part of the error message of libyaml or PyYAML -> message, help
_MEANINGS: tuple[tuple[str, str, str | None], ...] = (
    (
        "mapping values are not allowed",
        "a `key: value` is not allowed here",
        "check the indentation and the line before; quote a string that contains `: `",
    ),
    ("could not find expected ':'", "a key without its `:`", "write `key: value`"),
    ("'-' indicator", "this line does not fit the list that it is in", "indent it like the other `- ` entries"),
    ("',' or ']'", "expected `,` or `]`", "separate the entries by `,`"),
    ("',' or '}'", "expected `,` or `}`", "separate the entries by `,`"),
    ("expected key", "this line does not fit the mapping that it is in", "indent it like the other keys"),
    ("<block end>", "this line does not fit the lines around it", "indent it like its neighbors"),
    (
        "block sequence entries are not allowed",
        "a list cannot begin here",
        "put `- ` on a line of its own, or write the list in brackets: `[a, b]`",
    ),
    ("sequence entries are not allowed", "a list cannot begin here", "write the list in brackets: `[a, b]`"),
    ("document start", "this line belongs to nothing above it", "check the indentation"),
    ("node content", "a value is missing here", None),
    ("escape", "an unknown escape after `\\`", "use single quotes, which leave `\\` alone"),
    ("alphabetic or numeric", "`&` and `*` begin the name of an anchor", "quote a string that begins with it"),
    ("tag handle", "an unknown tag", "leave it out; quote a string that begins with `!`"),
    ("directive", "`%` begins a directive of YAML itself", "quote a string that begins with it"),
)


def explain(error: Any, source: Source, reporter: Reporter) -> None:
    """Report a yaml.YAMLError."""
    if not source.text or getattr(error, "problem_mark", None) is None:
        _control_character(error, source, reporter)
        return
    if source.text.isspace():
        reporter.error("empty-file", "the file is empty", source.span(0, 0))
        return
    at = min(error.problem_mark.index, len(source.text))
    for finder in (_tab, _quote, _needs_quotes, _bracket):
        if finder(error, at, source, reporter):
            return
    _translate(error, at, source, reporter)


def _control_character(error: Any, source: Source, reporter: Reporter) -> None:
    match = _CONTROL.search(source.text)
    if match is None:
        message = " ".join(str(error).split())
        reporter.error("yaml-syntax", message, source.span(0, min(1, len(source.text))))
        return
    message = f"the control character U+{ord(match.group()):04X} is not allowed in YAML"
    reporter.error("yaml-syntax", message, source.span(*match.span()), help="delete it")


def _tab(error: Any, at: int, source: Source, reporter: Reporter) -> bool:
    """A line near the problem that is indented by a tab."""
    line = source.location(at)[0]
    for number in (line - 1, line):
        match = _TAB_INDENT.match(source.line_text(number))
        if match and source.line_text(number).strip():
            start = source.offset(number, 1)
            span = source.span(start + match.group().index("\t"), start + match.end())
            fix = Fix("indent with spaces", [Edit(span, "  " * span.text.count("\t"))], safe=False)
            reporter.error(
                "yaml-syntax", "a tab cannot indent in YAML", span, label="a tab", help="indent with spaces", fix=fix
            )
            return True
    return False


def _quote(error: Any, at: int, source: Source, reporter: Reporter) -> bool:
    """A quote that is not closed, or that is closed by the one that opens the next string."""
    context, mark = error.context or "", error.context_mark
    if "quoted scalar" in context and mark and "escape" not in error.problem:
        start = mark.index
    else:
        opened = [token.span() for token in _tokens(source.text, at) if token.re is _QUOTED and "\n" in token.group()]
        if not opened or source.location(opened[-1][1])[0] != source.location(at)[0]:
            return False
        start = opened[-1][0]
    quote = source.text[start : start + 1]
    if quote not in ("'", '"'):
        return False
    reporter.error(
        "yaml-syntax", f"this {quote} is not closed", source.span(start, start + 1), help=f"close it with {quote}"
    )
    return True


def _needs_quotes(error: Any, at: int, source: Source, reporter: Reporter) -> bool:
    """`{repeat: depths[1]}`: in braces and brackets an expression with brackets of its own needs quotes."""
    text = source.text
    if text[at : at + 1] not in ("[", "{") or at == 0 or text[at - 1].isspace() or not _open_brackets(text, at):
        return False
    start = at
    while start > 0 and text[start - 1] not in "\n,[]{}" and text[start - 2 : start] != ": ":
        start -= 1
    end, depth = at, 0
    while end < len(text) and text[end] != "\n":
        depth += (text[end] in "[{(") - (text[end] in "]})")
        if depth < 0 or (depth == 0 and text[end] == ","):
            break
        end += 1
    start += len(text[start:at]) - len(text[start:at].lstrip())
    expression = text[start:end].rstrip()
    if not expression or '"' in expression:
        return False
    span = source.span(start, start + len(expression))
    reporter.error(
        "yaml-syntax",
        "an expression with brackets needs quotes here, since YAML reads the brackets as its own",
        span,
        help=f'write "{expression}"',
        fix=Fix("quote the expression", [Edit(span, f'"{expression}"')]),
    )
    return True


def _bracket(error: Any, at: int, source: Source, reporter: Reporter) -> bool:
    """A bracket that is not closed, closed by the wrong one, or closes nothing."""
    text = source.text
    still_open = _open_brackets(text, at)
    here = text[at : at + 1]
    if not still_open:
        if here not in ("]", "}") or not here:
            return False
        reporter.error("yaml-syntax", f"this `{here}` closes nothing", source.span(at, at + 1), help="delete it")
        return True
    row = _row_left_open(source, still_open[-1], at)
    start = still_open[-1] if row is None else row
    opener = text[start]
    wrong = here in ("]", "}") and here != _CLOSER[opener]
    if not wrong and row is None and not _is_unclosed(text, start):
        return False
    span = source.span(start, start + 1)
    related = [Label(source.span(at, at + 1), f"expected `{_CLOSER[opener]}` before this")] if wrong else []
    reporter.error(
        "yaml-syntax",
        f"this `{opener}` is not closed",
        span,
        label="opened here",
        help=f"close it with `{_CLOSER[opener]}`",
        related=related,
        fix=None if wrong else _closing_fix(source, start),
    )
    return True


def _row_left_open(source: Source, start: int, end: int) -> int | None:
    """In a list of rows in brackets, the bracket of the first row that its own line does not close."""
    first, last = source.location(start)[0], source.location(end)[0]
    for line in range(first, last):
        row, below = source.line_text(line), source.line_text(line + 1).lstrip()
        begin = len(row) - len(row.lstrip(" [" if line == first else " "))
        if line == first:
            begin = row.rfind("[", 0, begin) if row.lstrip().startswith("[[") else len(row)
        if begin >= len(row) or row[begin] != "[" or not below.startswith("["):
            continue
        still_open = _open_brackets(row[begin:], len(row) - begin)
        if still_open and still_open[0] == 0:
            return source.offset(line, begin + 1)
    return None


def _closing_fix(source: Source, start: int) -> Fix | None:
    """Close a bracket at the end of its line, where the following line begins anew."""
    line = source.location(start)[0]
    rest = re.sub(r"\s+#.*", "", source.line_text(line)).rstrip()
    following = source.line_text(line + 1).strip()
    if rest.endswith((",", "[", "{", ":")) or not (following == "" or re.match(r"- |[\w.]+:(\s|$)", following)):
        return None
    closer = _CLOSER[source.text[start]]
    end = source.offset(line, len(rest) + 1)
    return Fix(f"close it with `{closer}`", [Edit(source.span(end, end), closer)], safe=False)


def _is_unclosed(text: str, start: int) -> bool:
    """Does the bracket at `start` stay open, or is it closed by the wrong one?"""
    depth: list[str] = []
    for token in _tokens(text, len(text)):
        sign = token.group()
        if token.start() < start or sign not in ("[", "]", "{", "}"):
            continue
        if sign in _CLOSER:
            depth.append(sign)
        elif _CLOSER[depth.pop()] != sign:
            return True
        if not depth:
            return False
    return True


def _open_brackets(text: str, end: int) -> list[int]:
    """Offsets of the brackets before `end` that are open there, outermost first."""
    found: list[int] = []
    for token in _tokens(text, end):
        if token.group() in _CLOSER:
            found.append(token.start())
        elif token.group() in ("]", "}") and found:
            found.pop()
    return found


_BRACKET = re.compile(r"[\[\]{}]")
_OTHER = re.compile(r".", re.S)


def _tokens(text: str, end: int) -> list[re.Match[str]]:
    """The text before `end` cut into quoted and plain scalars, brackets and the rest, roughly as YAML does."""
    found: list[re.Match[str]] = []
    at, depth = 0, 0
    while at < end:
        token = _next_token(text, at, depth)
        if token.re is _BRACKET:
            depth = max(0, depth + (1 if token.group() in _CLOSER else -1))
        if token.re is _BLOCK_SCALAR:
            at = _end_of_block_scalar(text, token)
            continue
        if token.re is not _SPACE:
            found.append(token)
        at = token.end()
    return found


def _next_token(text: str, at: int, depth: int) -> re.Match[str]:
    patterns = [_SPACE, _QUOTED, _BRACKET]
    patterns += [_PLAIN] if depth else [_BLOCK_PUNCTUATION, _BLOCK_SCALAR, _BLOCK_PLAIN]
    for pattern in patterns:
        match = pattern.match(text, at)
        if match:
            return match
    match = _OTHER.match(text, at)
    assert match is not None
    return match


def _end_of_block_scalar(text: str, token: re.Match[str]) -> int:
    """The offset after the lines that belong to a `|` or `>`."""
    start = text.rfind("\n", 0, token.start()) + 1
    indent = len(text[start : token.start()]) - len(text[start : token.start()].lstrip(" "))
    at = token.end()
    while at < len(text):
        line_end = text.find("\n", at + 1)
        line = text[at + 1 : line_end if line_end >= 0 else len(text)]
        if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
            return at
        at = line_end if line_end >= 0 else len(text)
    return at


def _translate(error: Any, at: int, source: Source, reporter: Reporter) -> None:
    """The parser's error in plain words, where the parser sees it."""
    problem = error.problem or "not YAML"
    mark = error.context_mark
    at = _visible(source.text, at)
    if at and source.text[at - 1] == "'" and "expected key" in problem:
        _report_rest_of_quote(at, source, reporter)
        return
    if "could not find expected ':'" in problem and mark:
        at = mark.index
    message, help = _meaning(problem)
    if "cannot start any token" in problem:
        sign = source.text[at : at + 1]
        message, help = f"a value cannot begin with `{sign}`", "quote it"
        if sign == "\t":
            message, help = "a tab is not allowed here", "use spaces"
    related = []
    if mark and mark.index < at and error.context and source.location(mark.index)[0] != source.location(at)[0]:
        start = min(mark.index, len(source.text) - 1)
        what = error.context.removeprefix("while ").removeprefix("parsing ").removeprefix("scanning ")
        related = [Label(source.span(start, start + 1), f"{what} begins here")]
    reporter.error("yaml-syntax", message, source.span(at, min(at + 1, len(source.text))), help=help, related=related)


def _meaning(problem: str) -> tuple[str, str | None]:
    """The message and the help for a parser's error."""
    for sign, message, help in _MEANINGS:
        if sign in problem:
            return message, help
    return problem, None


def _report_rest_of_quote(at: int, source: Source, reporter: Reporter) -> None:
    reporter.error(
        "yaml-syntax",
        "a string continues after its closing quote",
        source.span(at, at + 1),
        help="write a quote inside single quotes twice: `''`",
    )


def _visible(text: str, at: int) -> int:
    """`at`, or the last character before it where the text has ended."""
    if at < len(text) and not text[at:].isspace():
        return at
    stripped = len(text.rstrip())
    return max(0, stripped - 1)
