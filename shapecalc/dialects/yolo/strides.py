"""A model file as the shift detector sees it: who reads whom, at which stride, and which number each comment gives.

No tensor is needed: a row changes the stride of what it reads by a factor that its module and arguments fix.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from shapecalc.dialects.yolo.family import Family
from shapecalc.dialects.yolo.resolve import IMAGE
from shapecalc.dialects.yolo.rows import FileRow
from shapecalc.dialects.yolo.signature import signature

#: `# 15 (P3/8-small)`, `# 0-P1/2`, `# X3 (21), fpn_blocks.1`, `# 10 input_proj.2`: the row's number.
NUMBER: Final = re.compile(r"\s*(?:[A-Z]\d+ \()?(\d{1,3})(?![\w.%x])(?!\s*[-+*/]\s*\d)")
FACTORS: Final = {"AConv": 2.0, "ADown": 2.0, "HGStem": 4.0, "Focus": 2.0, "ReOrg": 2.0, "Stem": 4.0, "MP": 2.0}
FOREIGN: Final = 4  # the rarity of a module that the library does not have
SMALL: Final = 8  # sizes of a map up to here are factors that stand in the wrong place
TEXT: Final = frozenset({"ImagePoolingAttn"})  # changes the text that heads see, and is read by nobody


class Sketch:
    """Lists over the rows: factor of stride, whether the row joins maps or is a head, and the comment's number."""

    __slots__ = ("factors", "fuses", "heads", "joins", "modules", "numbers", "plain", "rare", "refs", "tails")

    def __init__(self, rows: Sequence[FileRow], family: Family) -> None:
        self.refs = [list(row.written) for row in rows]
        self.factors = [factor(row) for row in rows]
        self.modules = [row.module for row in rows]
        self.joins = [row.module in ("Concat", "Add", "Shortcut", "Chuncat") for row in rows]
        self.fuses = [row.module == "CBFuse" for row in rows]
        self.heads = [row.module in family.heads or row.module in ("IDetect", "IAuxDetect") for row in rows]
        self.tails = [row.module in TEXT for row in rows]
        self.numbers = [number_of(row.comment) for row in rows]
        self.rare = [rarity(row, family, self.modules) for row in rows]
        self.plain = [row.module == "Concat" or "Upsample" in row.module for row in rows]

    def __len__(self) -> int:
        return len(self.refs)

    def absolute(self) -> list[list[int]]:
        """The references as row numbers; what is past the first row is -2 or less."""
        return [
            [r if r >= 0 else i + r if i + r >= 0 or i == 0 else -2 for r in refs] for i, refs in enumerate(self.refs)
        ]


def rarity(row: FileRow, family: Family, modules: Sequence[str]) -> int:
    """How much a row looks like one that was put in: a module that the library does not have, or that stands alone."""
    if row.module and not family.knows(row.module):
        return FOREIGN
    alone = modules.count(row.module) == 1
    return 2 if alone and row.module in ("nn.Identity", "SimAM", "C2PSA", "PSA", "SPPF") else 0


def number_of(comment: str) -> int | None:
    match = NUMBER.match(comment)
    return int(match[1]) if match else None


def number_bounds(row: FileRow) -> tuple[int, int] | None:
    """Where the number of a row's comment stands in the file."""
    match = NUMBER.match(row.comment)
    at = row.source.text.find(row.comment, row.node.end) if match else -1
    return None if match is None or at < 0 else (at + match.start(1), at + match.end(1))


def factor(row: FileRow) -> float:
    """Stride of the output over stride of the input."""
    module = row.module
    if row.declared is not None:
        return float(row.declared.factor(row))
    values = dict(zip(signature(row.compose)[0], row.values, strict=False)) if row.compose is not None else {}
    if module in ("nn.Upsample", "nn.UpsamplingNearest2d", "nn.UpsamplingBilinear2d"):
        return 1.0 / number(values.get("scale_factor"), float(misplaced_factor(row) or 1))
    if module == "ResNetLayer":
        return 4.0 if values.get("is_first") else number(values.get("s"), 1.0)
    if module == "TorchVision":
        return 32.0
    if module in ("Contract", "Expand"):
        gain = number(values.get("gain"), 2.0)
        return gain if module == "Contract" else 1.0 / gain
    if module in FACTORS:
        return number(values.get("k"), 2.0) if module == "MP" else FACTORS[module]
    return strided(module, values) ** max(row.n, 1)


def misplaced_factor(row: FileRow) -> int | None:
    """The factor of `nn.Upsample, [2, nearest]`, which stands where the size belongs."""
    value = row.args[0] if row.args else None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 < value <= SMALL:
        return None
    second = row.args[1] if len(row.args) > 1 else None
    return value if not isinstance(second, (int, float)) else None


def strided(module: str, values: dict[str, Any]) -> float:
    if "Pool" in module:
        return number(values.get("stride"), number(values.get("kernel_size"), 1.0))
    default = 2.0 if module == "ConvTranspose" else 1.0
    step = number(values.get("s", values.get("stride")), default)
    return 1.0 / step if "Transpose" in module else step


def number(value: Any, default: float) -> float:
    if isinstance(value, (list, tuple)) and value:
        value = value[0]
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0 else default


# How well a numbering fits. ------------------------------------------------------------------------------------------

INVALID, MISMATCH, LEVELS, DEAD, INSIDE, JOINT, STALE = 10.0, 6.0, 5.0, 4.0, 1.5, 2.0, 1.5


class Verdict:
    """What speaks against a numbering: `hard` cannot be meant, `soft` is unusual, `stale` are wrong comments."""

    __slots__ = ("dead", "hard", "invalid", "mismatched", "soft", "stale", "strides")

    def __init__(self) -> None:
        self.hard = self.soft = self.stale = 0.0
        self.invalid = 0
        self.dead: list[int] = []
        self.mismatched: list[int] = []
        self.strides: list[float | None] = []

    @property
    def cost(self) -> float:
        return self.hard + self.soft + self.stale


def judge(sketch: Sketch, refs: Sequence[Sequence[int]], expected: Sequence[int | None]) -> Verdict:
    """The verdict on these references (absolute). `expected`: the number that each row had before; None for a row that
    was put in."""
    out = Verdict()
    n = len(sketch)
    strides = out.strides
    read = [False] * n
    for i, own in enumerate(refs):
        arriving: list[float | None] = []
        for r in own:
            if r >= i or r < IMAGE or (r == IMAGE and i):
                out.hard += INVALID
                out.invalid += 1
                continue
            if r >= 0:
                read[r] = True
            arriving.append(1.0 if r < 0 else strides[r])
        strides.append(step(sketch, i, own, arriving, out))
    for i in range(n - 1):
        if not read[i] and not sketch.heads[i] and not sketch.tails[i]:
            out.dead.append(i)
            out.hard += DEAD
    for i, own in enumerate(refs):
        for r, written in zip(own, sketch.refs[i], strict=True):
            if written != -1 and 0 <= r < i:
                out.soft += unusual(sketch, refs, r, expected)
                out.soft += JOINT if sketch.heads[i] and sketch.factors[r] != 1.0 else 0.0
    for number, wanted in zip(sketch.numbers, expected, strict=True):
        if number is not None and wanted is not None and number != wanted:
            out.stale += STALE
    return out


def step(sketch: Sketch, i: int, own: Sequence[int], arriving: list[float | None], out: Verdict) -> float | None:
    """The stride of row i from those that it reads."""
    known = [s for s in arriving if s is not None]
    if not known:
        return None
    if sketch.heads[i] and len(known) > 1:
        wrong = sum(1 for a, b in pairwise(known) if b != 2 * a)
        if wrong:
            out.hard += LEVELS * wrong
            out.mismatched.append(i)
    if sketch.joins[i] and len(set(own)) < len(own):
        out.hard += INVALID
    if sketch.joins[i] and len(set(known)) > 1:
        out.hard += MISMATCH
        out.mismatched.append(i)
    base = known[-1] if sketch.fuses[i] else known[0]
    return base * sketch.factors[i]


def unusual(sketch: Sketch, refs: Sequence[Sequence[int]], r: int, expected: Sequence[int | None]) -> float:
    """What is read again is the end of a stage: the row under it changes the stride, or reads something else. Rows
    that were put in do not count."""
    cost = JOINT if sketch.plain[r] else 0.0
    before, after = r, r + 1
    while after < len(sketch) and expected[after] is None and refs[after] == [before]:
        before, after = after, after + 1
    if after < len(sketch) and refs[after] == [before] and sketch.factors[after] == 1.0 and not sketch.heads[after]:
        cost += INSIDE
    return cost
