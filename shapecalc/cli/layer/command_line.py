"""The words of `shapecalc layer TYPE ...`: which is the type, which option is which argument, and where each is."""

from __future__ import annotations

from collections.abc import Sequence

from shapecalc.layers.layer import Layer
from shapecalc.layers.params import Param
from shapecalc.layers.registry import lookup
from shapecalc.text.english import TRUTH_WORDS
from shapecalc.text.source import Source, Span

PROGRAM = "shapecalc layer"
PATH = "<command line>"
TRUTH = frozenset((*TRUTH_WORDS, "0", "1"))
WITH_VALUE = frozenset(("--in", "--batch", "--format", "--color", "--dtype", "-o", "--output"))


def is_code(word: str) -> bool:
    return "(" in word or "=" in word


def type_position(words: Sequence[str]) -> int | None:
    """The position of the type (or pasted code): the first free word that names one, else the first free word."""
    free = [i for i, word in enumerate(words) if not word.startswith("-") and not value_of_common(words, i)]
    named = (i for i in free if is_code(words[i]) or lookup(words[i]) is not None)
    return next(named, free[0] if free else None)


def value_of_common(words: Sequence[str], index: int) -> bool:
    return index > 0 and words[index - 1] in WITH_VALUE


def option_names(param: Param[object]) -> list[str]:
    """`--kernel-size` and `--k`; `--in` is always the input's shape."""
    return [f"--{word.replace('_', '-')}" for word in (param.name, *param.short) if word != "in"]


def options_of(cls: type[Layer]) -> dict[str, Param[object]]:
    """Option -> argument, for every argument that has an effect."""
    return {name: p for p in cls.params_ if p.kind != "ignored" for name in option_names(p)}


def normalized(words: Sequence[str], cls: type[Layer]) -> list[str]:
    """The words with `--no-bias`, `--bias` and `--bias false` as `--bias=VALUE`, and `_` in options as `-`."""
    options = options_of(cls)
    out: list[str] = []
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
            continue
        name, equals, value = word.partition("=")
        option = name.replace("_", "-")
        flag = options.get(option)
        negated = options.get("--" + option.removeprefix("--no-"))
        if flag is not None and flag.kind == "boolean" and not equals:
            following = words[index + 1].lower() if index + 1 < len(words) else ""
            skip = following in TRUTH
            out.append(f"{option}={truth(following) if skip else 'true'}")
        elif option.startswith("--no-") and flag is None and negated is not None and negated.kind == "boolean":
            out.append(f"--{option.removeprefix('--no-')}=false")
        else:
            out.append(option + equals + value if option in options else word)
    return out


def truth(word: str) -> str:
    return {"1": "true", "0": "false"}.get(word, word)


class CommandLine:
    """The command as one line of text, and the span of each argument's value in it."""

    __slots__ = ("code_start", "source", "spans", "type_span")

    def __init__(self, words: Sequence[str], type_index: int, cls: type[Layer] | None) -> None:
        text = PROGRAM
        bounds = []
        for word in words:
            word = quoted(word)
            text += " "
            bounds.append((len(text), len(text) + len(word)))
            text += word
        self.source = Source(PATH, text)
        self.type_span = self.source.span(*bounds[type_index])
        self.code_start = bounds[type_index][0] + (1 if text[bounds[type_index][0]] in "'\"" else 0)
        self.spans: dict[str, Span] = {}
        for index, (start, end) in enumerate(bounds):
            name, equals, _ = words[index].partition("=")
            key = self.argument(name, cls)
            if key is None:
                continue
            if equals:
                start += len(name) + 1
            elif index + 1 < len(bounds) and not words[index + 1].startswith("--") and index + 1 != type_index:
                start, end = bounds[index + 1]
            self.add(key, self.source.span(start, end))

    def argument(self, option: str, cls: type[Layer] | None) -> str | None:
        """The argument that an option sets; `input` for the shape."""
        if option == "--in":
            return "input"
        options = options_of(cls) if cls is not None else {}
        name = option.replace("_", "-")
        param = options.get(name) or options.get("--" + name.removeprefix("--no-"))
        return param.name if param is not None else None

    def add(self, key: str, span: Span) -> None:
        """The first `--in` is `input` and `input.0`, the next `input.1`."""
        if key == "input":
            count = sum(1 for known in self.spans if known.startswith("input."))
            self.spans[f"input.{count}"] = span
        self.spans.setdefault(key, span)

    def span(self, at: object) -> Span:
        """The place of an argument; the type's where it was not written. A pair is a range of pasted code."""
        if isinstance(at, tuple):
            return self.source.span(self.code_start + at[0], self.code_start + at[1])
        return self.spans.get(str(at), self.type_span)


def quoted(word: str) -> str:
    """The word with quotes, where a shell needs them."""
    if word and all(c.isalnum() or c in "-_.,=/+:@%" for c in word):
        return word
    return '"' + word + '"' if '"' not in word else "'" + word + "'"
