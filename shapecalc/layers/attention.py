"""Multi-head attention, and what it shares with the Transformer's layers.

One attention of E features over L queries and S keys multiplies the queries, keys and values with their projections,
`Q K^T` and the weights with V (2*L*S*E together, however many heads share them), and the result with the output
projection. Nothing here depends on masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapecalc.algebra.dims import UNK, Dim, format_dim
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import SEQUENCE
from shapecalc.layers.layer import GLOBAL, Example, Layer, Shapes, Window
from shapecalc.layers.params import Bool, Count, Float, Ignored, Int


class MultiheadAttention(Layer, kinds=SEQUENCE):
    """Attention of queries over keys and values, in `num_heads` heads of `embed_dim / num_heads` features each.

    Shape: `query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim) -> output (L, N, embed_dim), weights
    (N, L, S)`; with batch_first `(N, L, ...)` and `(N, S, ...)`; all also without the N. One input is query, key and
    value (self-attention). `add_bias_kv` and `add_zero_attn` each lengthen S by one in the weights. need_weights and
    average_attn_weights are arguments of the call in PyTorch. Parameters: `E*E + E*kdim + E*vdim + 3*E` for the three
    projections, `E*E + E` for the output.
    """

    sequence = True
    main = "num_heads"
    arity = (1, 3)
    call_arguments = ("need_weights", "average_attn_weights")

    embed_dim = Count(fills=True, lo=1, help="features of the query and of the output")
    num_heads = Int(lo=1, help="parallel heads; divides embed_dim")
    dropout = Float(0.0, hi=1, help="probability of dropout on the attention weights")
    bias = Bool(True, help="learn a bias in the input and output projections")
    add_bias_kv = Bool(False, help="append one learned step to the keys and values")
    add_zero_attn = Bool(False, help="append one step of zeros to the keys and values")
    kdim = Count(None, lo=0, help="features of the keys; embed_dim if left out")
    vdim = Count(None, lo=0, help="features of the values; embed_dim if left out")
    batch_first = Bool(False, help="input and output are (N, L, E) instead of (L, N, E)")
    device = Ignored(help="where the weights are kept")
    dtype = Ignored(help="type of the weights")
    need_weights = Bool(True, help="give the attention weights as a second output (argument of the call)")
    average_attn_weights = Bool(True, help="average the weights over the heads (argument of the call)")

    examples = (
        Example(
            {"embed_dim": 16, "num_heads": 4, "batch_first": True},
            [(2, 5, 16)],
            [(2, 5, 16), (2, 5, 5)],
            params=1088,
            macs=11840,
        ),
        Example(
            {"embed_dim": 8, "num_heads": 2, "kdim": 6, "vdim": 7},
            [(5, 3, 8), (4, 3, 6), (4, 3, 7)],
            [(5, 3, 8), (3, 5, 4)],
            params=264,
            macs=4128,
        ),
    )

    def fill(self, *xs: Shape) -> dict[str, Any]:
        return {"embed_dim": xs[0][-1]}

    @property
    def key_size(self) -> Dim:
        return self.embed_dim if self.kdim is None else self.kdim

    @property
    def value_size(self) -> Dim:
        return self.embed_dim if self.vdim is None else self.vdim

    @property
    def packed(self) -> bool:
        """One weight for all three projections, as PyTorch keeps it when the sizes are equal."""
        return self.key_size == self.embed_dim and self.value_size == self.embed_dim

    @property
    def extra(self) -> int:
        """Steps that are appended to the keys."""
        return int(self.add_bias_kv) + int(self.add_zero_attn)

    def construct(self, ctx: Context) -> None:
        check_heads(ctx, self, "embed_dim", "num_heads")
        if self.dropout >= 0:
            return
        message = f"dropout must be a number from 0 to 1, not `{self.dropout}`"
        if self.need_weights:
            ctx.warning("invalid-argument", message, at="dropout", note="PyTorch passes over it", replace=0)
        else:
            ctx.error("invalid-argument", message, at="dropout", replace=0)

    def output(self, ctx: Context, *xs: Shape) -> list[Shape | None]:
        query = xs[0]
        if len(xs) == 2:
            ctx.error(
                "input-count",
                "MultiheadAttention takes 1 or 3 inputs, 2 arrive",
                at="from",
                note="one input is query, key and value; else all three are named",
                help="name the memory twice, as key and value: `from: [query, memory, memory]`",
            )
        key, value = (xs[1], xs[2]) if len(xs) == 3 else (query, query)
        names = ("query", "key", "value") if len(xs) == 3 else ("input",) * 3
        if len(query) not in (2, 3):
            report_rank(ctx, self, query, self.embed_dim)
            return list(self.guess())
        for k, x in ((1, key), (2, value)):
            if len(x) != len(query):
                ctx.error(
                    "rank-mismatch",
                    f"{names[k]} must have as many axes as the query {format_shape(query)}, got {format_shape(x)}",
                    at=f"input.{k}",
                )
                return self.results(query, query)
        ok = check_features(ctx, self, query, self.embed_dim, "embed_dim", "input")
        if len(xs) == 3:
            if ok:
                self.check_memory(ctx, query, key, value)
        elif ok:
            self.check_self(ctx, query)
        return self.results(query, key)

    def check_self(self, ctx: Context, x: Shape) -> None:
        """One input is key and value too, so that kdim and vdim must be its size."""
        for name, size in (("kdim", self.kdim), ("vdim", self.vdim)):
            if size is not None and not ctx.equal(size, x[-1]):
                ctx.error(
                    "feature-mismatch",
                    f"{name} is {format_dim(size)}, but self-attention reads the input of {format_dim(x[-1])} features",
                    at=name,
                    help=f"leave {name} out, or give query, key and value: `from: [query, key, value]`",
                    replace=x[-1],
                )
                return

    def check_memory(self, ctx: Context, query: Shape, key: Shape, value: Shape) -> None:
        """Keys and values: their features, their common length, the query's batch."""
        for k, x, size, name in ((1, key, self.key_size, "kdim"), (2, value, self.value_size, "vdim")):
            if not check_features(ctx, self, x, size, name, f"input.{k}"):
                return
        if not all(ctx.equal(a, b) for a, b in zip(key[:-1], value[:-1], strict=True)):
            ctx.error(
                "shape-mismatch",
                f"key and value must be of one length and batch: got {format_shape(key)} and {format_shape(value)}",
                at="input.2",
            )
            return
        check_batch(ctx, self, query, key, "key", "input.1", self.add_bias_kv)

    def results(self, query: Shape, key: Shape) -> list[Shape | None]:
        """Output, and the weights where they are wanted."""
        out = (*query[:-1], self.embed_dim)
        if not self.need_weights:
            return [out]
        length, batch = axes(query, self.batch_first)
        steps, _ = axes(key, self.batch_first)
        heads = () if self.average_attn_weights else (self.num_heads,)
        return [out, (*(() if batch is None else (batch,)), *heads, length, steps + self.extra)]

    def salvage(self, *xs: Shape) -> list[Shape | None]:
        """The output has the query's shape, whatever failed."""
        return [xs[0], *self.guess()[1:]]

    def guess(self) -> list[Shape | None]:
        unknown = (UNK, UNK, UNK)
        if self.embed_dim is None or self.num_heads is None:
            return [unknown, unknown] if self.need_weights else [unknown]
        return self.results(unknown, unknown)

    def weights(self) -> dict[str, Shape]:
        size = self.embed_dim
        found: dict[str, Shape] = {}
        if self.packed:
            found["in_proj_weight"] = (3 * size, size)
        else:
            found["q_proj_weight"] = (size, size)
            found["k_proj_weight"] = (size, self.key_size)
            found["v_proj_weight"] = (size, self.value_size)
        if self.bias:
            found["in_proj_bias"] = (3 * size,)
        if self.add_bias_kv:
            found |= {"bias_k": (1, 1, size), "bias_v": (1, 1, size)}
        found["out_proj.weight"] = (size, size)
        return found | {"out_proj.bias": (size,)} if self.bias else found

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        query, key = xs[0], xs[1] if len(xs) > 1 else xs[0]
        assert query is not None and key is not None
        length, batch = axes(query, self.batch_first)
        steps, key_batch = axes(key, self.batch_first)
        size = self.embed_dim
        queries = length if batch is None else length * batch
        keys = steps if key_batch is None else steps * key_batch
        projections = queries * size * size + keys * size * (self.key_size + self.value_size)
        return projections + 2 * queries * (steps + self.extra) * size + queries * size * size

    def windows(self, rank: int) -> Sequence[Window] | str | None:
        return GLOBAL

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        size = self.embed_dim
        if size is None:
            return []
        put, heads = format_dim, self.num_heads
        return [
            f"features of a head = embed_dim/num_heads = {put(size)}/{heads} = {put(size // heads)}",
            *self.explain_params(),
            *(self.explain_macs(xs) if xs and all(x is not None and len(x) in (2, 3) for x in xs) else []),
        ]

    def explain_params(self) -> list[str]:
        put, size = format_dim, self.embed_dim
        k, v = self.key_size, self.value_size
        into: Dim = size * size + size * k + size * v
        out: Dim = size * size
        e = put(size)
        lines = [
            "query, key and value projections: E*E + E*kdim + E*vdim"
            f" = {e}*{e} + {e}*{put(k)} + {e}*{put(v)} = {put(into)}",
            f"output projection: E*E = {e}*{e} = {put(out)}",
        ]
        total = into + out
        if self.bias:
            lines.append(f"biases: 3*E + E = 3*{e} + {e} = {put(4 * size)}")
            total = total + 4 * size
        if self.add_bias_kv:
            lines.append(f"bias_k and bias_v: 2*E = 2*{e} = {put(2 * size)}")
            total = total + 2 * size
        return [*lines, f"params = {put(total)}, whatever the number of heads"]

    def explain_macs(self, xs: Shapes) -> list[str]:
        query, key = xs[0], xs[-1]
        assert query is not None and key is not None
        put, size = format_dim, self.embed_dim
        length, batch = axes(query, self.batch_first)
        steps, _ = axes(key, self.batch_first)
        kept = steps + self.extra
        queries = length if batch is None else length * batch
        n = "" if batch is None else "N*"
        return [
            f"{put(length)} queries, {put(kept)} keys" + ("" if batch is None else f", a batch of {put(batch)}"),
            f"Q K^T and weights*V: 2*{n}L*S*E = {put(2 * queries * kept * size)} MACs",
            f"MACs with the four projections = {put(self.macs(xs, ()))}",
        ]


def axes(x: Shape, batch_first: bool) -> tuple[Dim, Dim | None]:
    """Sequence length and batch of an input; the batch is None without one."""
    if len(x) == 2:
        return x[0], None
    return (x[1], x[0]) if batch_first else (x[0], x[1])


def attend(size: Dim, batch_first: bool, query: Shape, key: Shape) -> Dim:
    """MACs of one attention of `size` features with all its projections."""
    length, batch = axes(query, batch_first)
    steps, key_batch = axes(key, batch_first)
    queries = length if batch is None else length * batch
    keys = steps if key_batch is None else steps * key_batch
    return 2 * queries * size * size + 2 * keys * size * size + 2 * queries * steps * size


# What all of them report. --------------------------------------------------------------------------------------------


def report_rank(ctx: Context, layer: Layer, x: Shape, size: Dim, at: str = "input") -> None:
    e = format_dim(size)
    wanted = f"(N, L, {e})" if getattr(layer, "batch_first", False) else f"(L, N, {e})"
    ctx.error(
        "rank-mismatch",
        f"{layer.type} expects an input of {wanted} or (L, {e}), got {format_shape(x)}",
        at=at,
    )


def check_features(ctx: Context, layer: Layer, x: Shape, size: Dim, name: str, at: str) -> bool:
    """Whether the last axis is `size`; else it is reported at the argument if it was written, or at the input."""
    if ctx.equal(x[-1], size):
        return True
    got = format_dim(x[-1])
    written = name in layer.__dict__["given"]
    what = {"input.1": "the second input", "input.2": "the third input"}.get(at, "the input")
    ctx.error(
        "feature-mismatch",
        f"{layer.type} expects {format_dim(size)} features, {what} has {got}",
        at=name if written else at,
        note=f"the last axis of {format_shape(x)} is its features",
        help=f"write `{name}: {got}`" if written or name in ("kdim", "vdim") else None,
        replace=x[-1] if written else None,
    )
    return False


def check_batch(ctx: Context, layer: Layer, query: Shape, key: Shape, word: str, at: str, strict: bool = False) -> bool:
    """Whether both have the same batch. PyTorch does not look at the batch of an empty memory, unless `strict`."""
    batch_first = getattr(layer, "batch_first", False)
    _, batch = axes(query, batch_first)
    steps, other = axes(key, batch_first)
    if batch is None or other is None or (steps == 0 and not strict) or ctx.equal(batch, other):
        return True
    ctx.error(
        "shape-mismatch",
        f"the batch of the {word} is {format_dim(other)}, that of the first input {format_dim(batch)}",
        at=at,
        note=f"read as {'(N, L, E)' if batch_first else '(L, N, E)'}: {format_shape(key)} and {format_shape(query)}",
        help="set `batch_first: true`" if not batch_first and query[0] == key[0] else None,
    )
    return False


def check_heads(ctx: Context, layer: Layer, size_name: str, heads_name: str) -> None:
    """The features must divide evenly among the heads."""
    size, heads = layer.__dict__[size_name], layer.__dict__[heads_name]
    if size is None or heads is None or ctx.divisible(size, heads):
        return
    fitting = nearest_divisor(size, heads)
    multiple = max(heads, (size + heads // 2) // heads * heads)
    fixed_by_input = size_name not in layer.__dict__["given"] and layer.by_name[size_name].fills
    ctx.error(
        "not-divisible",
        f"{size_name} {size} is not divisible by {heads_name} {heads}",
        at=heads_name,
        note=f"{size} = {size // heads}*{heads} + {size % heads}; every head gets {size_name}/{heads_name} features",
        help=f"write `{heads_name}: {fitting}`" + ("" if fixed_by_input else f" or `{size_name}: {multiple}`"),
        replace=fitting,
    )


def nearest_divisor(n: int, k: int) -> int:
    """The divisor of n nearest to k, the smaller one of two; 1 when none is near."""
    for step in range(1, 4096):
        for candidate in (k - step, k + step):
            if candidate >= 1 and n % candidate == 0:
                return candidate
        if k - step < 1 and k + step > n:
            break
    return 1
