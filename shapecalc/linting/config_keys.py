"""The keys of a configuration: what each is for, and how its value is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from shapecalc.linting.config import Config
from shapecalc.linting.ini import words
from shapecalc.rules.choice import canonical, suggestion
from shapecalc.text.english import truth_of
from shapecalc.text.findings import Edit, Fix, Reporter, Severity
from shapecalc.text.source import Span
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import Mapping, Node, Scalar
from shapecalc.yamltree import Sequence as SequenceNode

#: Every key with its purpose; `_READERS` reads the values.
KEYS: Final = {
    "select": "only these rules: names, categories, all, errors, warnings, advice",
    "ignore": "rules that are off",
    "warn": "rules that are on, as warnings",
    "error": "rules that are on, as errors",
    "advice": "true: also the rules that are off by default",
    "fail-on": "exit with 1 from this severity on: error, warning, advice, note",
    "max-warnings": "exit with 1 for more warnings than this",
    "exclude": "files that are skipped in folders and globs: patterns, relative to this file",
    "per-file-ignores": "rules that are off in some files: pattern -> rules",
    "baseline": "a file of known findings, relative to this file",
    "train": "true: what fails only in training is an error",
    "modules": "declarations of unknown modules in YOLO files",
}


def invalid(reporter: Reporter, message: str, span: Span, help: str | None = None) -> None:
    reporter.error("invalid-config", message, span, help=help)


def read(config: Config, key: Scalar, value: Node, reporter: Reporter) -> None:
    """One key of the file."""
    name = str(key.value)
    reader = _READERS.get(name)
    if reader is not None:
        reader(config, name, value, reporter)
        return
    near = nearest(name, KEYS)
    reporter.error(
        "invalid-config",
        f"a configuration has no key `{name[:80]}`",
        key.span,
        notes=["it takes " + ", ".join(KEYS)],
        help=f"write `{near}`" if near else None,
        fix=Fix(f"write `{near}`", [Edit(key.span, near)]) if near else None,
    )


def scalars(value: Node, name: str, reporter: Reporter) -> list[Scalar]:
    """The items of a list of words; a single word is a list of one, or of several with commas between them."""
    if isinstance(value, Scalar):
        if value.value is None:
            return []
        text = value.source.text[value.start : value.end]
        if "," in text and not value.quoted:
            return [w for w in words(value.source, value.start, text) if isinstance(w, Scalar)]
        return [value]
    if isinstance(value, SequenceNode) and all(isinstance(item, Scalar) for item in value.items):
        return [item for item in value.items if isinstance(item, Scalar)]
    invalid(reporter, f"`{name}` must be a list of names", value.span)
    return []


def rule_names(value: Node, name: str, reporter: Reporter) -> list[str]:
    found = []
    for item in scalars(value, name, reporter):
        rule = canonical(str(item.value))
        if rule is not None:
            found.append(rule)
            continue
        near = suggestion(str(item.value))
        reporter.error(
            "unknown-rule",
            f"there is no rule or category `{str(item.value)[:80]}`",
            item.span,
            help=f"write `{near}`" if near else "`shapecalc explain` lists the rules",
            fix=Fix(f"write `{near}`", [Edit(item.span, near)]) if near else None,
        )
    return found


def read_names(config: Config, name: str, value: Node, reporter: Reporter) -> None:
    setattr(config.choice, name, tuple(rule_names(value, name, reporter)))


def single(value: Node) -> object:
    """A single value; in a setup.cfg every value is a word."""
    if isinstance(value, SequenceNode) and len(value.items) == 1:
        value = value.items[0]
    if not isinstance(value, Scalar):
        return value
    if isinstance(value.value, str) and not value.quoted:
        flag = truth_of(value.value)
        if flag is not None:
            return flag
        if value.value.isdecimal() and len(value.value) < 10:
            return int(value.value)
    return value.value


def read_flag(config: Config, name: str, value: Node, reporter: Reporter) -> None:
    flag = single(value)
    if not isinstance(flag, bool):
        invalid(reporter, f"`{name}` must be true or false", value.span)
    elif name == "advice":
        config.choice.advice = flag
    else:
        config.train = flag


def read_severity(config: Config, name: str, value: Node, reporter: Reporter) -> None:
    word = single(value)
    if word in Severity.ORDER:
        config.fail_on = str(word)
        return
    near = nearest(str(word), Severity.ORDER) if isinstance(word, str) else None
    message = f"`{name}` must be one of {', '.join(Severity.ORDER)}"
    invalid(reporter, message, value.span, f"write `{near}`" if near else None)


def read_count(config: Config, name: str, value: Node, reporter: Reporter) -> None:
    count = single(value)
    if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
        config.max_warnings = count
    else:
        invalid(reporter, f"`{name}` must be a number of warnings, 0 or more", value.span)


def read_patterns(config: Config, name: str, value: Node, reporter: Reporter) -> None:
    config.exclude = [str(item.value) for item in scalars(value, name, reporter)]


def read_per_file(config: Config, name: str, value: Node, reporter: Reporter) -> None:
    """`{"vendor/*.yaml": [unused-output]}`; in a setup.cfg `vendor/*.yaml: unused-output`, a line each."""
    if isinstance(value, Mapping):
        for key, names in value.pairs:
            config.per_file.append((str(key.value), rule_names(names, name, reporter)))
        return
    if not isinstance(value, SequenceNode) or not value.source.path.endswith((".cfg", ".ini")):
        message = f"`{name}` must map patterns of files to rules, such as `vendor/*.yaml: [unused-output]`"
        invalid(reporter, message, value.span)
        return
    for item in value.items:
        assert isinstance(item, Scalar)
        pattern, colon, rest = str(item.value).partition(":")
        start = item.start + len(pattern) + 1
        if colon:
            config.per_file.append((pattern.strip(), []))
            item = Scalar(item.source, start, item.end, rest.strip(), rest, False)
        elif not config.per_file:
            invalid(reporter, "write `pattern: rule`", item.span)
            continue
        if str(item.value):
            config.per_file[-1][1].extend(rule_names(item, name, reporter))


def read_baseline(config: Config, name: str, value: Node, reporter: Reporter) -> None:
    word = single(value)
    if isinstance(word, str) and word:
        config.baseline = os.path.join(os.path.dirname(config.path or ""), word)
    else:
        invalid(reporter, f"`{name}` must be the name of a file", value.span)


def read_modules(config: Config, name: str, value: Node, reporter: Reporter) -> None:
    config.modules = value


Reader = Callable[[Config, str, Node, Reporter], None]
_READERS: Final[dict[str, Reader]] = {
    **dict.fromkeys(("select", "ignore", "warn", "error"), read_names),
    **dict.fromkeys(("advice", "train"), read_flag),
    "fail-on": read_severity,
    "max-warnings": read_count,
    "exclude": read_patterns,
    "per-file-ignores": read_per_file,
    "baseline": read_baseline,
    "modules": read_modules,
}
