"""Which scale of a file is planned: what the caller asks for, else what the file's name says, as the library does."""

from __future__ import annotations

import math
from typing import Any

from shapecalc.dialects.yolo.resolve import Settings
from shapecalc.dialects.yolo.scale_names import letter_in, letter_of, scales_of
from shapecalc.language.reader import UsageError
from shapecalc.text.findings import Reporter
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import Mapping, Node, Scalar, plain


class Choice:
    """The scale that is planned, and why."""

    __slots__ = ("letter", "why")

    def __init__(self, letter: str, why: str) -> None:
        self.letter, self.why = letter, why


def choose(root: Mapping, path: str, wanted: str | None, reporter: Reporter) -> Choice:
    """The scale of a file with `scales`; UsageError for a `--variant` that is none of them."""
    node = root.get("scales")
    names = scales_of(root)
    if wanted is not None:
        if wanted in names:
            return Choice(wanted, "as asked for")
        near = nearest(wanted, names) or letter_in(wanted, names)
        listed = f"its scales: {', '.join(names)}" if names else "the file has no `scales`"
        raise UsageError(f"there is no scale `{wanted}`" + (f"; did you mean `{near}`?" if near else f" ({listed})"))
    if not names:
        return Choice("", "the file has no scales")
    fixed = root.get("scale")
    if isinstance(fixed, Scalar) and isinstance(fixed.value, str) and fixed.value in names:
        return Choice(fixed.value, "`scale:` in the file")
    letter = letter_of(path)
    if letter in names:
        return Choice(letter, "from the file's name")
    first = names[0]
    if letter and isinstance(node, Mapping):
        reporter.error(
            "unknown-scale",
            f"the file's name asks for scale `{letter}`, which `scales` does not have",
            node.pairs[0][0].span,
            notes=[f"its scales: {', '.join(names)}; the library stops with KeyError: '{letter}'"],
            help=f"rename the file, add `{letter}: [...]`, or choose one: `--variant {first}`",
        )
        return Choice(first, f"there is no `{letter}`")
    why = "the only scale" if len(names) == 1 else "the first, no letter in the file's name; --variant chooses"
    return Choice(first, why)


def apply(choice: Choice, root: Mapping, settings: Settings, reporter: Reporter) -> None:
    """Depth, width and the most channels."""
    node = root.get("scales")
    if isinstance(node, Mapping) and choice.letter:
        settings.letter = choice.letter
        for key, value in node.pairs:
            check_scale(str(key.value), value, reporter)
            if str(key.value) == choice.letter and is_scale(value):
                settings.depth, settings.width, settings.max_channels = plain(value)[:3]
        return
    for name in ("depth", "width"):
        multiple = root.get(f"{name}_multiple")
        if multiple is None:
            continue
        if is_factor(plain(multiple)):
            setattr(settings, name, plain(multiple))
        else:
            reporter.error("invalid-argument", f"`{name}_multiple` must be a number above 0", multiple.span)
    divisor = root.get("channel_multiple")
    if divisor is not None and isinstance(plain(divisor), int) and plain(divisor) > 0:
        settings.divisor = plain(divisor)


def is_factor(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < math.inf


def is_scale(node: Node) -> bool:
    value = plain(node)
    return isinstance(value, list) and len(value) >= 3 and all(is_factor(v) for v in value[:3])


def check_scale(name: str, node: Node, reporter: Reporter) -> None:
    """A scale is exactly [depth, width, max_channels]."""
    value = plain(node)
    if is_scale(node) and len(value) == 3:
        return
    if is_scale(node):
        reporter.warning(
            "invalid-scale",
            f"scale `{name}` has {len(value)} values; the library takes exactly three",
            node.span,
            help="write [depth, width, max_channels]; the others are left out here",
        )
        return
    reporter.error(
        "invalid-scale",
        f"scale `{name}` must be [depth, width, max_channels]",
        node.span,
        help="write for example `[0.50, 0.25, 1024]`",
    )
