"""Recurrent layers: RNN, LSTM, GRU over sequences, and their cells over one step.

One gate is a row block of the weights. A layer of `g` gates (1 for RNN, 3 for GRU, 4 for LSTM) multiplies, at every
step and in every direction, `g*hidden_size` rows with the step's input and with the previous hidden state. PyTorch
keeps two biases per gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from shapecalc.algebra import conditions
from shapecalc.algebra.dims import UNK, Dim, format_dim, less
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import SEQUENCE
from shapecalc.layers.layer import GLOBAL, Example, Layer, Shapes, Window
from shapecalc.layers.params import Bool, Choice, Count, Float, Ignored, Int

#: More stacked layers than this are a slip, and would take long to list.
MOST_LAYERS = 10_000


class Recurrent(Layer, abstract=True, kinds=SEQUENCE):
    """What RNN, LSTM and GRU share: stacked layers, one or two directions, a sequence with or without a batch."""

    sequence = True
    main = "hidden_size"
    gates: ClassVar[int] = 1
    states: ClassVar[tuple[str, ...]] = ("h_0",)

    input_size = Count(fills=True, lo=1, help="features of each step of the input")
    hidden_size = Count(lo=1, help="features of the hidden state")
    num_layers = Int(1, lo=1, hi=MOST_LAYERS, help="recurrent layers stacked on each other")
    bias = Bool(True, exact=True, help="learn the two bias vectors of each gate")
    batch_first = Bool(False, exact=True, help="input and output are (N, L, H), not (L, N, H); the states never are")
    dropout = Float(0.0, lo=0, hi=1, help="probability of dropout between the stacked layers")
    bidirectional = Bool(False, exact=True, help="read the sequence backwards as well")
    device = Ignored(help="where the weights are kept")
    dtype = Ignored(help="type of the weights")

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def projection(self) -> Dim:
        """Size of the projection of the hidden state; 0 without one."""
        return 0

    @property
    def out_size(self) -> Dim:
        """Features of one direction's output."""
        return self.projection or self.hidden_size

    def fill(self, *xs: Shape) -> dict[str, Dim]:
        return {"input_size": xs[0][-1]}

    def output(self, ctx: Context, *xs: Shape) -> list[Shape | None]:
        x = xs[0]
        if len(x) not in (2, 3):
            report_rank(ctx, self, x, f"(L, {self.input_size}) or {self.layout}")
            return list(self.guess())
        length, batch = self.axes(x)
        check_features(ctx, self, x)
        if not ctx.at_least(length, 1):
            ctx.error(
                "shape-mismatch",
                f"{self.type} needs a sequence of at least one step, the input {format_shape(x)} has none",
                at="input",
                note=f"read as {self.layout}" if len(x) == 3 else None,
            )
        shapes = self.results(length, batch)
        self.check_states(ctx, xs[1:], shapes[1:])
        return list(shapes)

    @property
    def layout(self) -> str:
        return f"(N, L, {self.input_size})" if self.batch_first else f"(L, N, {self.input_size})"

    def axes(self, x: Shape) -> tuple[Dim, Dim | None]:
        """Sequence length and batch of an input; the batch is None without one."""
        if len(x) == 2:
            return x[0], None
        return (x[1], x[0]) if self.batch_first else (x[0], x[1])

    def results(self, length: Dim, batch: Dim | None) -> list[Shape]:
        """Output, final hidden state (and final cell state)."""
        features = self.directions * self.out_size
        rows = self.num_layers * self.directions
        middle = () if batch is None else (batch,)
        sequence = (*middle, length, features) if self.batch_first else (length, *middle, features)
        return [sequence, *((rows, *middle, size) for size in self.state_sizes)]

    @property
    def state_sizes(self) -> tuple[Dim, ...]:
        return (self.out_size,)

    def check_states(self, ctx: Context, given: Sequence[Shape], wanted: Sequence[Shape]) -> None:
        """The initial states, which must be exactly of the final states' shapes."""
        if given and len(given) != len(wanted):
            ctx.error(
                "input-count",
                f"{self.type} takes 1 or {1 + len(wanted)} inputs, {1 + len(given)} arrive",
                at="from",
                note=f"after the sequence come {' and '.join(self.states)}, or nothing (zeros)",
                help=f"name them: `from: [x, {', '.join(self.states)}]`",
            )
            return
        for k, (name, got, want) in enumerate(zip(self.states, given, wanted, strict=False), start=1):
            if not same_shape(ctx, got, want):
                report_state(ctx, name, got, want, f"input.{k}", self.state_note(name))
                return

    def state_note(self, name: str) -> str:
        size = "hidden_size" if name == "c_0" or not self.projection else "proj_size"
        return f"{name} is (num_layers{' * 2' if self.bidirectional else ''}, N, {size}), also with batch_first"

    def salvage(self, *xs: Shape) -> list[Shape]:
        """The sequence keeps its length and batch; its features where the arguments that make them are good."""
        x = xs[0]
        if len(x) not in (2, 3):
            return self.guess()
        open_ = {"hidden_size", "proj_size", "bidirectional"} & self.broken
        features = UNK if open_ else self.directions * self.out_size
        return [(*x[:-1], features), *[(UNK,) * len(x)] * len(self.states)]

    def guess(self) -> list[Shape]:
        if self.hidden_size is None:
            return [(UNK, UNK, UNK)] * (1 + len(self.states))
        return self.results(UNK, UNK)

    def weights(self) -> dict[str, Shape]:
        found: dict[str, Shape] = {}
        for level in range(self.num_layers):
            for suffix in ("", "_reverse")[: self.directions]:
                found.update(self.level_weights(level, f"_l{level}{suffix}"))
        return found

    def level_weights(self, level: int, suffix: str) -> dict[str, Shape]:
        rows = self.gates * self.hidden_size
        found: dict[str, Shape] = {
            f"weight_ih{suffix}": (rows, self.level_input(level)),
            f"weight_hh{suffix}": (rows, self.out_size),
        }
        if self.bias:
            found |= {f"bias_ih{suffix}": (rows,), f"bias_hh{suffix}": (rows,)}
        if self.projection:
            found[f"weight_hr{suffix}"] = (self.projection, self.hidden_size)
        return found

    def level_input(self, level: int) -> Dim:
        """Features that the stacked layer `level` reads: the input's, then all directions' of the one below."""
        return self.input_size if level == 0 else self.directions * self.out_size

    def step_macs(self, level: int) -> Dim:
        """Multiply-accumulates of one direction of one stacked layer on one step of one sample."""
        rows = self.gates * self.hidden_size
        return rows * (self.level_input(level) + self.out_size) + self.projection * self.hidden_size

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        assert xs[0] is not None
        length, batch = self.axes(xs[0])
        steps = length if batch is None else length * batch
        # From the second on, the stacked layers are all alike.
        upper = (self.num_layers - 1) * self.step_macs(1)
        return steps * self.directions * (self.step_macs(0) + upper)

    def windows(self, rank: int) -> Sequence[Window] | str | None:
        return GLOBAL

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        shapes = [
            f"{name} = {format_shape(y)}"
            for name, y in zip(("output", "h_n", "c_n"), ys, strict=False)
            if y is not None
        ]
        if self.hidden_size is None:
            return shapes
        features = f"output features = directions*H_out = {self.directions}*{format_dim(self.out_size)}"
        if self.input_size is None:
            return [*shapes, features]
        return [*shapes, features, *self.explain_params(), *self.explain_macs(xs)]

    def explain_params(self) -> list[str]:
        """Parameters of one direction of the first stacked layer and of one above it, and all of them."""
        put = format_dim
        gates = f"g = {self.gates} gate{'s' if self.gates > 1 else ''}, H = {put(self.hidden_size)}"
        first, first_size = self.explain_level(0)
        if self.num_layers == 1:
            total = f"params = {put(self.directions)}*{put(first_size)} = {put(self.directions * first_size)}"
            return [gates, f"params of the layer{self.each}: {first}", *([total] if self.bidirectional else [])]
        above, above_size = self.explain_level(1)
        more = self.num_layers - 1
        total_size = self.directions * (first_size + more * above_size)
        return [
            gates,
            f"params of layer 0{self.each}: {first}",
            f"params of {'layer 1' if more == 1 else 'each layer above'}{self.each}: {above}",
            f"params = {self.directions}*({put(first_size)} + {more}*{put(above_size)}) = {put(total_size)}",
        ]

    @property
    def each(self) -> str:
        return ", each direction" if self.bidirectional else ""

    def explain_level(self, level: int) -> tuple[str, Dim]:
        """The formula of one direction of one stacked layer with its numbers, and the result."""
        rows, put = self.gates * self.hidden_size, format_dim
        formula, numbers = "g*H*(H_in + H_out)", f"{put(rows)}*({put(self.level_input(level))} + {put(self.out_size)})"
        total = rows * (self.level_input(level) + self.out_size)
        if self.bias:
            formula, numbers, total = formula + " + 2*g*H", f"{numbers} + 2*{put(rows)}", total + 2 * rows
        if self.projection:
            formula, numbers = formula + " + H_out*H", f"{numbers} + {put(self.out_size)}*{put(self.hidden_size)}"
            total = total + self.projection * self.hidden_size
        return f"{formula} = {numbers} = {put(total)}", total

    def explain_macs(self, xs: Shapes) -> list[str]:
        if not xs or xs[0] is None or len(xs[0]) not in (2, 3):
            return []
        put = format_dim
        length, batch = self.axes(xs[0])
        per_step = self.directions * (self.step_macs(0) + (self.num_layers - 1) * self.step_macs(1))
        samples = "" if batch is None else f"{put(batch)}*"
        words = "" if batch is None else "batch*"
        return [
            f"MACs = {words}steps*weights without biases = {samples}{put(length)}*{put(per_step)}"
            f" = {put(self.macs(xs, ()))}"
        ]


class RNN(Recurrent):
    """Elman network over a sequence: `h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)`.

    Shape: `(L, N, input_size) -> output (L, N, D*hidden_size), h_n (D*num_layers, N, hidden_size)` with D = 2 if
    bidirectional, else 1; `batch_first` makes the sequences `(N, L, ...)`; without a batch the N is missing. A second
    input is the initial state h_0. Parameters per layer and direction: `H*(H_in + H) + 2*H`.
    """

    order = (
        "input_size",
        "hidden_size",
        "num_layers",
        "nonlinearity",
        "bias",
        "batch_first",
        "dropout",
        "bidirectional",
        "device",
        "dtype",
    )
    arity = (1, 2)
    nonlinearity = Choice("tanh", "relu", default="tanh", help="what is applied to the new state")
    examples = (
        Example(
            {"input_size": 10, "hidden_size": 20, "num_layers": 2},
            [(5, 3, 10)],
            [(5, 3, 20), (2, 3, 20)],
            params=1480,
            macs=21000,
        ),
    )


class GRU(Recurrent):
    """Gated recurrent units over a sequence; three gates (reset, update, new).

    Shape: `(L, N, input_size) -> output (L, N, D*hidden_size), h_n (D*num_layers, N, hidden_size)` with D = 2 if
    bidirectional, else 1; `batch_first` makes the sequences `(N, L, ...)`; without a batch the N is missing. A second
    input is the initial state h_0. Parameters per layer and direction: `3*H*(H_in + H) + 6*H`.
    """

    arity = (1, 2)
    gates = 3
    examples = (
        Example(
            {"input_size": 10, "hidden_size": 20, "batch_first": True, "bidirectional": True},
            [(3, 5, 10)],
            [(3, 5, 40), (2, 3, 20)],
            params=3840,
            macs=54000,
        ),
    )


class LSTM(Recurrent):
    """Long short-term memory over a sequence; four gates (input, forget, cell, output).

    Shape: `(L, N, input_size) -> output (L, N, D*H_out), h_n (D*num_layers, N, H_out), c_n (D*num_layers, N,
    hidden_size)` with D = 2 if bidirectional, else 1, and H_out = proj_size or hidden_size; `batch_first` makes the
    sequences `(N, L, ...)`; without a batch the N is missing. Two further inputs are the initial states h_0 and c_0.
    Parameters per layer and direction: `4*H*(H_in + H_out) + 8*H (+ H_out*H with a projection)`.
    """

    order = (
        "input_size",
        "hidden_size",
        "num_layers",
        "bias",
        "batch_first",
        "dropout",
        "bidirectional",
        "proj_size",
        "device",
        "dtype",
    )
    arity = (1, 3)
    gates = 4
    states = ("h_0", "c_0")
    proj_size = Int(0, lo=0, help="project the hidden state to this many features; 0 for no projection")
    examples = (
        Example(
            {"input_size": 10, "hidden_size": 20},
            [(5, 3, 10)],
            [(5, 3, 20), (1, 3, 20), (1, 3, 20)],
            params=2560,
            macs=36000,
        ),
        Example(
            {"input_size": 10, "hidden_size": 20, "bidirectional": True, "proj_size": 8},
            [(5, 3, 10)],
            [(5, 3, 16), (2, 3, 8), (2, 3, 20)],
            params=3520,
            macs=48000,
        ),
    )

    @property
    def projection(self) -> Dim:
        return self.proj_size

    @property
    def state_sizes(self) -> tuple[Dim, ...]:
        return (self.out_size, self.hidden_size)

    def construct(self, ctx: Context) -> None:
        size, hidden = self.proj_size, self.hidden_size
        if not size or hidden is None:
            return
        if not ctx.need(less(size, hidden), conditions.at_least(hidden, size + 1)):
            fitting = f"write at most {hidden - 1}, or " if isinstance(hidden, int) and hidden > 1 else ""
            ctx.error(
                "invalid-argument",
                f"proj_size must be smaller than hidden_size: got {size} and {format_dim(hidden)}",
                at="proj_size",
                help=f"{fitting}leave proj_size out for no projection",
            )


class Cell(Layer, abstract=True):
    """What the cells share: one step, of a batch or of one sample."""

    main = "hidden_size"
    arity = (1, 2)
    gates: ClassVar[int] = 1
    states: ClassVar[tuple[str, ...]] = ("h_0",)

    input_size = Count(fills=True, lo=0, help="features of the input")
    hidden_size = Count(lo=0, help="features of the hidden state")
    bias = Bool(True, help="learn the two bias vectors of each gate")
    device = Ignored(help="where the weights are kept")
    dtype = Ignored(help="type of the weights")

    def fill(self, *xs: Shape) -> dict[str, Dim]:
        return {"input_size": xs[0][-1]}

    def output(self, ctx: Context, *xs: Shape) -> list[Shape | None]:
        x = xs[0]
        if len(x) not in (1, 2):
            report_rank(ctx, self, x, f"(N, {self.input_size}) or ({self.input_size},)")
            return list(self.guess())
        check_features(ctx, self, x)
        want = (*x[:-1], self.hidden_size)
        given = xs[1:]
        if given and len(given) != len(self.states):
            ctx.error(
                "input-count",
                f"{self.type} takes 1 or {1 + len(self.states)} inputs, {1 + len(given)} arrive",
                at="from",
                help=f"name them: `from: [x, {', '.join(self.states)}]`",
            )
            return [want] * len(self.states)
        for k, (name, got) in enumerate(zip(self.states, given, strict=False), start=1):
            out = self.with_state(ctx, name, got, want)
            if out is None:
                note = f"one row of {format_dim(self.hidden_size)} features for each row of the input"
                report_state(ctx, name, got, want, f"input.{k}", note)
                break
            want = out
        return [want] * len(self.states)

    def with_state(self, ctx: Context, name: str, got: Shape, want: Shape) -> Shape | None:
        """The output's shape with this initial state; None where it does not fit."""
        return want if same_shape(ctx, got, want) else None

    def guess(self) -> list[Shape]:
        return [(UNK, UNK if self.hidden_size is None else self.hidden_size)] * len(self.states)

    def weights(self) -> dict[str, Shape]:
        rows = self.gates * self.hidden_size
        found: dict[str, Shape] = {"weight_ih": (rows, self.input_size), "weight_hh": (rows, self.hidden_size)}
        return found | {"bias_ih": (rows,), "bias_hh": (rows,)} if self.bias else found

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        x = xs[0]
        assert x is not None
        rows = self.gates * self.hidden_size
        batch = x[0] if len(x) == 2 else 1
        # PyTorch broadcasts a matrix of states over a single sample (see RNNCell).
        state = xs[1] if len(xs) > 1 else None
        states = state[0] if state is not None and len(state) == 2 else batch
        return rows * (batch * self.input_size + states * self.hidden_size)

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        if self.input_size is None:
            return []
        put = format_dim
        rows = self.gates * self.hidden_size
        size = rows * (self.input_size + self.hidden_size)
        bias, numbers, total = "", "", size
        if self.bias:
            bias, numbers, total = " + 2*g*H", f" + 2*{put(rows)}", size + 2 * rows
        product = f"{put(rows)}*({put(self.input_size)} + {put(self.hidden_size)})"
        return [
            f"g = {self.gates} gates, H = {put(self.hidden_size)}",
            f"params = g*H*(H_in + H){bias} = {product}{numbers} = {put(total)}",
            f"MACs = N*{put(size)} = {put(self.macs(xs, ys))}" if xs and xs[0] is not None else f"MACs = N*{put(size)}",
        ]


class RNNCell(Cell):
    """One step of an Elman network: `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`.

    Shape: `(N, input_size) -> (N, hidden_size)`, or both without the N; a second input is the state h. Parameters:
    `H*(H_in + H) + 2*H`.
    """

    order = ("input_size", "hidden_size", "bias", "nonlinearity", "device", "dtype")
    nonlinearity = Choice("tanh", "relu", default="tanh", help="what is applied to the new state")
    examples = (Example({"input_size": 10, "hidden_size": 20}, [(3, 10)], [(3, 20)], params=640, macs=1800),)

    def with_state(self, ctx: Context, name: str, got: Shape, want: Shape) -> Shape | None:
        square = (self.hidden_size, self.hidden_size)
        if len(want) == 1 and got == square:
            warn_spread(ctx, name, got, want, "input.1")
            return square
        return super().with_state(ctx, name, got, want)


class GRUCell(Cell):
    """One step of gated recurrent units; three gates (reset, update, new).

    Shape: `(N, input_size) -> (N, hidden_size)`, or both without the N; a second input is the state h. Parameters:
    `3*H*(H_in + H) + 6*H`.
    """

    gates = 3
    examples = (Example({"input_size": 10, "hidden_size": 20}, [(3, 10)], [(3, 20)], params=1920, macs=5400),)


class LSTMCell(Cell):
    """One step of long short-term memory; four gates (input, forget, cell, output).

    Shape: `(N, input_size) -> h (N, hidden_size), c (N, hidden_size)`, or all without the N; two further inputs are
    the states h and c. Parameters: `4*H*(H_in + H) + 8*H`.
    """

    arity = (1, 3)
    gates = 4
    states = ("h_0", "c_0")
    examples = (Example({"input_size": 10, "hidden_size": 20}, [(3, 10)], [(3, 20), (3, 20)], params=2560, macs=7200),)

    def with_state(self, ctx: Context, name: str, got: Shape, want: Shape) -> Shape | None:
        size = self.hidden_size
        if name == "c_0" and len(want) == 1 and len(got) == 2 and got[0] == size and (got[1] in (size, 1) or size == 1):
            warn_spread(ctx, name, got, want, "input.2")
            return (size, got[1] if size == 1 else size)
        return super().with_state(ctx, name, got, want)


# What all of them report. --------------------------------------------------------------------------------------------


def check_features(ctx: Context, layer: Recurrent | Cell, x: Shape) -> None:
    if ctx.equal(x[-1], layer.input_size):
        return
    got = format_dim(x[-1])
    ctx.error(
        "feature-mismatch",
        f"{layer.type} expects {format_dim(layer.input_size)} features, the input has {got}",
        at="input_size",
        note=f"the last axis of the input {format_shape(x)} is its features",
        help=f"write `input_size: {got}`, or leave it out",
        replace=x[-1],
    )


def report_rank(ctx: Context, layer: Layer, x: Shape, wanted: str) -> None:
    axes = "axis" if len(x) == 1 else "axes"
    ctx.error(
        "rank-mismatch",
        f"{layer.type} expects an input of {wanted}, got {format_shape(x)} of {len(x)} {axes}",
        at="input",
    )


def report_state(ctx: Context, name: str, got: Shape, want: Shape, at: str, note: str) -> None:
    rule = "rank-mismatch" if len(got) != len(want) else "shape-mismatch"
    ctx.error(rule, f"{name} must be {format_shape(want)}, got {format_shape(got)}", at=at, note=note)


def warn_spread(ctx: Context, name: str, got: Shape, want: Shape, at: str) -> None:
    """PyTorch takes the rows of a matrix for the features of one state, and broadcasts."""
    ctx.warning(
        "shape-mismatch",
        f"{name} is {format_shape(got)} for a single sample: PyTorch broadcasts it, and the output is a matrix",
        at=at,
        help=f"give a state of {format_shape(want)}",
    )


def same_shape(ctx: Context, got: Shape, want: Shape) -> bool:
    return len(got) == len(want) and all(ctx.equal(a, b) for a, b in zip(got, want, strict=True))
