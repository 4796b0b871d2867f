"""Comments that suppress findings: `# shapecalc: ignore[rule, ...] reason` and `# shapecalc: ignore-file[rule, ...]`.

At the end of a line a comment applies to that line, and to the whole layer if that is its first or last line. On a line
by itself it applies to the layer, block or key that follows. One that suppresses nothing is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from shapecalc.rules.base import CATEGORIES, RULES
from shapecalc.rules.choice import ALWAYS
from shapecalc.rules.comment_scope import Layout
from shapecalc.text.findings import Edit, Finding, Fix, Reporter
from shapecalc.text.source import Source, Span
from shapecalc.text.spelling import nearest

WORD: Final = "shapecalc"
COMMENT: Final = re.compile(r"(?:^|(?<=\s))#[ \t]*(?i:shapecalc)\b[ \t]*(?P<colon>:?)[ \t]*(?P<text>[^\r\n]*)", re.M)
DIRECTIVE: Final = re.compile(r"(?P<word>[\w-]+)(?P<gap>[ \t]*)(?:\[(?P<names>[^\]]*)(?P<close>\]?))?", re.I)
NAME: Final = re.compile(r"[^\s,][^,]*?(?=\s*(?:,|$))")
#: The words for it in other linters' comments.
FOREIGN: Final = ("disable", "noqa", "skip", "allow", "suppress", "ignore-next-line", "ignore-line", "disable-file")
EXAMPLE: Final = "# shapecalc: ignore[unused-output] why"
VARIANTS: Final = re.compile(r"^variants[ \t]*:", re.M)

#: Is a rule, or a category, on?
IsOn = Callable[[str], bool]


class Ignore:
    """One comment: the names in its brackets, and the lines that it applies to (None: the whole file)."""

    __slots__ = ("lines", "names", "span", "used")

    def __init__(self, span: Span, names: Sequence[tuple[str, Span]], lines: tuple[int, int] | None) -> None:
        self.span, self.names, self.lines = span, names, lines
        self.used: set[str] = set()

    def suppresses(self, finding: Finding) -> bool:
        """Is the finding on one of its lines and from one of its rules? Marks the names as used."""
        if self.lines is not None and not self.lines[0] <= finding.line <= self.lines[1]:
            return False
        if finding.rule in ALWAYS:
            return False
        matching = [name for name, _ in self.names if matches(name, finding.rule)]
        self.used.update(matching)
        return bool(matching)


def matches(name: str, rule: str) -> bool:
    """Does a name select a rule, as its own name or as its category?"""
    if name == rule:
        return True
    return name in CATEGORIES and rule in RULES and RULES[rule].category == name


def applied(found: Iterable[Finding], source: Source, is_on: IsOn) -> list[Finding]:
    """The findings that no comment suppresses, and those about the comments of `source` itself."""
    comments: dict[int, list[Ignore]] = {}
    reporter = Reporter()
    own = comments[id(source)] = ignores(source, reporter)
    left = []
    for finding in found:
        place = finding.span.source
        if id(place) not in comments:
            comments[id(place)] = ignores(place, Reporter())
        suppressing = [ignore for ignore in comments[id(place)] if ignore.suppresses(finding)]  # each marks its names
        if not suppressing:
            left.append(finding)
    if VARIANTS.search(source.text) is None:  # otherwise a comment may apply to a variant that is not planned now
        for ignore in own:
            report_unused(ignore, reporter, is_on)
    # a comment may also suppress a finding about comments
    return left + [finding for finding in reporter.findings if not any(i.suppresses(finding) for i in own)]


# Reading. ------------------------------------------------------------------------------------------------------------


def ignores(source: Source, reporter: Reporter) -> list[Ignore]:
    """The comments of a text that suppress something; invalid ones are reported."""
    if WORD not in source.text.lower():
        return []
    matches = list(COMMENT.finditer(source.text))
    if not matches:
        return []
    layout = Layout(source)
    read_ones = (read(source, match, layout, reporter) for match in matches if not layout.inside_scalar(match.start()))
    return [ignore for ignore in read_ones if ignore is not None]


def read(source: Source, match: re.Match[str], layout: Layout, reporter: Reporter) -> Ignore | None:
    """The Ignore of one comment; None for another kind of comment, and after a finding."""
    span = Span(source, match.start(), match.start() + len(match[0].rstrip()))
    directive = DIRECTIVE.match(match["text"])
    if directive is None:
        return None
    word = directive["word"].lower().replace("_", "-")
    if word not in ("ignore", "ignore-file"):
        if word in FOREIGN or (directive["names"] is not None and nearest(word, ("ignore", "ignore-file"))):
            invalid(reporter, span, f"`{directive['word']}` is not one of shapecalc's comments")
        return None
    if not match["colon"]:
        if directive["names"] is not None:
            help = f"write `# shapecalc: {match['text'].rstrip()}`"
            invalid(reporter, span, "a `:` is missing after `shapecalc`: this suppresses nothing", help)
        return None
    if directive["names"] is None:
        invalid(reporter, span, f"`{word}` names no rules: it suppresses nothing")
        return None
    if not directive["close"]:
        invalid(reporter, span, "the bracket is not closed: this suppresses nothing")
        return None
    names = names_in(source, match.start("text") + directive.start("names"), directive["names"], reporter)
    if not names and not directive["names"].strip(" \t,"):
        invalid(reporter, span, "the brackets name no rules: this suppresses nothing")
        return None
    line = source.location(match.start())[0]
    alone = not source.text[source.line_starts[line - 1] : match.start()].strip()
    return Ignore(span, names, None if word == "ignore-file" else layout.lines(line, alone))


def invalid(reporter: Reporter, span: Span, message: str, help: str = f"write `{EXAMPLE}`") -> None:
    reporter.warning("invalid-ignore", message, span, help=help)


def names_in(source: Source, start: int, text: str, reporter: Reporter) -> list[tuple[str, Span]]:
    """The rules between the brackets, each with its place; unknown ones are reported and left out."""
    found = []
    for match in NAME.finditer(text):
        span = Span(source, start + match.start(), start + match.end())
        name = match[0].lower().replace("_", "-")
        if name in ALWAYS:
            invalid(reporter, span, f"`{name}` cannot be ignored: after it little or nothing is checked", "remove it")
        elif name in RULES or name in CATEGORIES:
            found.append((name, span))
        else:
            report_unknown(match[0], span, reporter)
    return found


def report_unknown(word: str, span: Span, reporter: Reporter) -> None:
    near = nearest(word, [*RULES, *CATEGORIES])
    reporter.warning(
        "unknown-rule",
        f"there is no rule `{word}`: nothing is ignored",
        span,
        help=f"write `{near}`" if near else "`shapecalc explain` lists the rules",
        fix=Fix(f"write `{near}`", [Edit(span, near)]) if near else None,
    )


def report_unused(ignore: Ignore, reporter: Reporter, is_on: IsOn) -> None:
    """Names that suppress nothing although their rule is on."""
    unused = [(name, span) for name, span in ignore.names if name not in ignore.used and is_on(name)]
    for name, span in unused:
        where = "in this file" if ignore.lines is None else "here"
        message = f"`{name}` is not found {where}: this ignore suppresses nothing"
        fix = Fix(f"remove `{name}`", [without_name(span)])
        if len(unused) == len(ignore.names):
            fix = Fix("remove the comment", [without_comment(ignore.span)])
        reporter.warning("unused-ignore", message, span, help=fix.title, fix=fix)


def without_comment(span: Span) -> Edit:
    """Removes the comment, and its line if there is nothing else on it."""
    source = span.source
    begin = source.line_starts[span.line - 1]
    if not source.text[begin : span.start].strip():
        ends = source.line_starts[span.line] if span.line < source.line_count else len(source.text)
        return Edit(Span(source, begin, ends), "")
    start = span.start
    while source.text[start - 1] in " \t":
        start -= 1
    return Edit(Span(source, start, span.end), "")


def without_name(span: Span) -> Edit:
    """Removes one name from a list, with the comma after it or before it."""
    text = span.source.text
    after = re.compile(r"\s*,\s*").match(text, span.end)
    if after is not None:
        return Edit(Span(span.source, span.start, after.end()), "")
    before = re.compile(r"\s*,\s*\Z").search(text, 0, span.start)
    return Edit(Span(span.source, before.start() if before is not None else span.start, span.end), "")
