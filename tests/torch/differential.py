"""The same call in live PyTorch and in shapecalc, compared.

    python -m tests.torch.differential Conv2d MaxPool2d --cases 5000
    python -m tests.torch.differential Conv2d --only 17          # one case, in full
    python -m tests.torch.differential --family conv --cases 300

PyTorch's verdict: constructor and forward both succeed, in training mode on the CPU.
"""

from __future__ import annotations

import argparse
import inspect
import math
import mmap
import os
import time
import warnings
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from shapecalc.layers import write_names_table as index
from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.inference import infer_layer
from shapecalc.layers.layer import Layer
from shapecalc.layers.registry import normalized
from tests.torch.sampling import BOOL, INDEX, Case, Tensor, draw_case

torch.set_num_threads(1)

#: Types whose multiply-accumulates INTERFACE.md counts and FlopCounterMode does not see.
NOT_SEEN = {"Bilinear", "einsum"}
EVERY = 10

#: The case being run, readable by the parent process: PyTorch can crash on what it does not check.
CURRENT = mmap.mmap(-1, 8)


class Answer:
    """What one side says: accepted or why not, output shapes, parameter, buffer and MAC counts."""

    __slots__ = ("buffers", "macs", "params", "shapes", "why")

    def __init__(self, why: str | None, shapes: list[tuple[int, ...]], params: int = 0, buffers: int = 0) -> None:
        self.why, self.shapes, self.params, self.buffers = why, shapes, params, buffers
        self.macs: Any = 0

    @property
    def ok(self) -> bool:
        return self.why is None

    @property
    def out_of_memory(self) -> bool:
        return self.why is not None and ("memory" in self.why or "size calculation overflowed" in self.why)

    def __repr__(self) -> str:
        if self.why is not None:
            return f"refused: {self.why}"
        return f"{self.shapes} params={self.params} buffers={self.buffers} macs={self.macs}"


# ---------------------------------------------------------------- PyTorch's side


def tensor(x: Tensor) -> torch.Tensor:
    if x.kind == INDEX:
        return torch.zeros(x.shape, dtype=torch.int64)
    return torch.zeros(x.shape, dtype=torch.bool) if x.kind == BOOL else torch.ones(x.shape)


def tensors(case: Case) -> list[torch.Tensor]:
    """The inputs; the offsets of bags end where `include_last_offset` wants it."""
    xs = [tensor(x) for x in case.inputs]
    if case.name == "EmbeddingBag" and case.args.get("include_last_offset") and len(xs) == 2 and xs[1].numel() > 1:
        xs[1].view(-1)[-1] = xs[0].shape[0] if xs[0].dim() else 0
    return xs


def listed(function: Any) -> Any:
    return lambda *xs, **args: function(list(xs), **args)


def view(x: torch.Tensor, shape: Any) -> torch.Tensor:
    return x.view(shape)


def expand(x: torch.Tensor, sizes: Any = None, size: Any = None) -> torch.Tensor:
    return x.expand(sizes if size is None else size)


def split(x: torch.Tensor, split_size_or_sections: Any = None, dim: int = 0, split_size: Any = None) -> Any:
    return torch.split(x, split_size_or_sections if split_size is None else split_size, dim)


def slice_(x: torch.Tensor, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> torch.Tensor:
    return torch.ops.aten.slice.Tensor(x, dim, start, end, step)


def einsum(*xs: torch.Tensor, equation: str) -> torch.Tensor:
    return torch.einsum(equation, *xs)


FUNCTIONS: dict[str, Any] = {
    "cat": listed(torch.cat),
    "stack": listed(torch.stack),
    "view": view,
    "expand": expand,
    "split": split,
    "slice": slice_,
    "einsum": einsum,
    "constant": lambda shape: torch.zeros(shape),
    "pad": F.pad,
    "softmax": F.softmax,
    "interpolate": F.interpolate,
    "scaled_dot_product_attention": F.scaled_dot_product_attention,
}


class Parameter(nn.Module):
    """A learnable tensor as a module."""

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self) -> torch.Tensor:
        return self.weight


@cache
def constructor_arguments(cls: type[Layer], kind: type) -> frozenset[str]:
    """The arguments that go to the constructor; the rest are forward's. (nn.LSTM's signature is *args, **kwargs.)"""
    parameters = inspect.signature(kind).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return frozenset(p.name for p in cls.params_)
    return frozenset(parameters)


#: A stack of encoder or decoder layers is given either its layer, as PyTorch wants it, or that layer's own arguments.
STACKS = {"TransformerEncoder": ("encoder_layer", nn.TransformerEncoderLayer),
          "TransformerDecoder": ("decoder_layer", nn.TransformerDecoderLayer)}  # fmt: skip


def stack_arguments(cls: type[Layer], args: dict[str, Any]) -> dict[str, Any]:
    """PyTorch's arguments of a stack: layers given as code are made, the layer's own arguments make one."""
    slot, kind = STACKS[cls.type]
    args = {k: eval(v, {"nn": nn}) if k in (slot, "norm") and v is not None else v for k, v in args.items()}
    if args.get(slot) is None:
        own = {k: args.pop(k) for k in inspect.signature(kind).parameters if k in args}
        args[slot] = kind(**own)
    return args


def torch_call(cls: type[Layer], args: dict[str, Any], xs: list[torch.Tensor]) -> tuple[Any, nn.Module | None]:
    """Output and module (None for a function). Arguments that the constructor lacks go to forward."""
    if cls.function and cls.type != "parameter":
        function = FUNCTIONS.get(cls.type) or getattr(torch, cls.type, None) or getattr(F, cls.type)
        return function(*xs, **args), None
    kind = Parameter if cls.type == "parameter" else getattr(nn, cls.type)
    own = constructor_arguments(cls, kind)
    args = stack_arguments(cls, args) if cls.type in STACKS else args
    later = {k: v for k, v in args.items() if k not in own and k in cls.by_name}
    module = kind(**{k: v for k, v in args.items() if k not in later})
    if cls.type in ("LSTM", "LSTMCell") and len(xs) == 3:
        return module(xs[0], (xs[1], xs[2])), module
    if cls.type == "MultiheadAttention" and len(xs) == 1:
        xs = xs * 3
    return module(*xs, **later), module


def flat(out: Any) -> list[tuple[int, ...]]:
    """Shapes of the tensors in nested tuples and lists."""
    if isinstance(out, torch.Tensor):
        return [tuple(out.shape)]
    return [] if out is None else [shape for item in out for shape in flat(item)]


def crashes(cls: type[Layer], case: Case) -> bool:
    """Calls that PyTorch 2.13 may end in a segmentation fault instead of refusing them.

    A matrix of states for a single sample; the largest of no bags.
    """
    shapes = case.shapes
    if cls.type == "EmbeddingBag":
        checked = case.args.get("mode") == "max" or case.args.get("padding_idx") is not None
        full = [len(shape) for shape in shapes[:2]] == [1, 1] and shapes[0][0] > 0
        return checked and full and shapes[1][0] <= bool(case.args.get("include_last_offset"))
    return cls.type in ("GRUCell", "LSTMCell") and [len(shape) for shape in shapes[:2]] == [1, 2]


def ask_torch(cls: type[Layer], case: Case) -> Answer:
    if crashes(cls, case):
        return Answer("crash", [])
    try:
        with torch.no_grad():
            out, module = torch_call(cls, case.args, tensors(case))
            if cls.type == "scaled_dot_product_attention":  # the fused kernel does not check all lengths
                with sdpa_kernel(SDPBackend.MATH):
                    torch_call(cls, case.args, tensors(case))
    except Exception as refusal:
        return Answer(f"{type(refusal).__name__}: {str(refusal).splitlines()[0] if str(refusal) else ''}", [])
    if any(size < 0 for shape in flat(out) for size in shape):
        return Answer("a size below zero, which PyTorch lets through where there are no elements", [])
    if module is None:
        return Answer(None, flat(out))
    params, buffers = sum(p.numel() for p in module.parameters()), sum(b.numel() for b in module.buffers())
    return Answer(None, flat(out), params, buffers)


def torch_macs(cls: type[Layer], case: Case) -> int | None:
    """FlopCounterMode's flops / 2, with attention and recurrent layers taken apart into their matmuls.

    None where PyTorch accepts the call only with mkldnn (some empty outputs), which the counter cannot see into.
    """
    xs = tensors(case)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), torch.backends.mkldnn.flags(enabled=False), counter:
        try:
            torch_call(cls, case.args, xs)
        except RuntimeError:
            return None
    return counter.get_total_flops() // 2


# ---------------------------------------------------------------- shapecalc's side


def ask_shapecalc(cls: type[Layer], case: Case) -> Answer:
    ctx = Context()
    layer = build(cls, case.args, ctx)
    result = infer_layer(layer, tuple(case.shapes), ctx)
    if ctx.failed:
        return Answer("; ".join(map(repr, ctx.problems)), [])
    shapes = [tuple(y) if y is not None else y for y in result.out_shapes]
    answer = Answer(None, shapes, result.params, result.buffers)
    answer.macs = result.macs
    if ctx.conditions:
        answer.shapes.append(tuple(ctx.conditions))
    return answer


# ---------------------------------------------------------------- the comparison


class Tally:
    """Counts of one type's run and its disagreements."""

    __slots__ = ("accepted", "cases", "compared_macs", "found", "seconds")

    def __init__(self) -> None:
        self.cases = self.accepted = self.compared_macs = 0
        self.found: list[str] = []
        self.seconds = 0.0


def difference(cls: type[Layer], case: Case, theirs: Answer) -> str | None:
    """What the two sides disagree on, in words; None when they agree."""
    try:
        ours = ask_shapecalc(cls, case)
    except Exception as crash:
        return f"shapecalc raised {type(crash).__name__}: {crash}; torch: {theirs}"
    if case.odd and (not ours.ok or theirs.out_of_memory):
        return None  # a text for a number, a list for a bool: wrong here, whatever Python makes of it
    if ours.ok != theirs.ok:
        return f"torch: {theirs}\n    shapecalc: {ours}"
    if not ours.ok:
        return None
    if (ours.shapes, ours.params, ours.buffers) != (theirs.shapes, theirs.params, theirs.buffers):
        return f"torch: {theirs}\n    shapecalc: {ours}"
    return None


def macs_difference(cls: type[Layer], case: Case) -> str | None:
    theirs, ours = torch_macs(cls, case), ask_shapecalc(cls, case).macs
    if theirs is None or theirs == ours or (not theirs and cls.type in NOT_SEEN):
        return None
    return f"macs: torch {theirs}, shapecalc {ours}"


def report(case: Case, text: str, seed: int) -> str:
    """The difference with the line that runs the case again."""
    again = f"python -m tests.torch.differential {case.name} --only {case.number}" + (f" --seed {seed}" if seed else "")
    return f"  {case!r}\n    {text}\n    again: {again}"


def run(cls: type[Layer], cases: int, seed: int = 0, numbers: Iterator[int] | range | None = None) -> Tally:
    """Draws and compares `cases` cases; every tenth that PyTorch accepts also by its MACs."""
    tally, start = Tally(), time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in numbers or range(cases):
            case = draw_case(cls.type, cls, number, seed)
            CURRENT[:8] = number.to_bytes(8, "little")
            theirs = ask_torch(cls, case)
            tally.cases += 1
            tally.accepted += theirs.ok
            text = difference(cls, case, theirs)
            if text is None and theirs.ok and not case.odd and tally.accepted % EVERY == 1:
                tally.compared_macs += 1
                text = macs_difference(cls, case)
            if text is not None:
                tally.found.append(report(case, text, seed))
    tally.seconds = time.perf_counter() - start
    return tally


def all_types(family: str | None = None, strict: bool = True) -> list[type[Layer]]:
    """Every layer type of the catalogue, a function only where no class has its name."""
    found: dict[str, type[Layer]] = {}
    for module in index.families():
        if family in (None, module):
            try:
                loaded = import_module("shapecalc.layers." + module)
            except Exception as problem:
                if strict:
                    raise
                print(f"{module}: {type(problem).__name__}: {problem}")
                continue
            for value in vars(loaded).values():
                if isinstance(value, type) and issubclass(value, Layer) and not value.abstract:
                    key = normalized(value.type)
                    if value.__module__ == loaded.__name__ and not (value.function and key in found):
                        found[key] = value
    return sorted(found.values(), key=lambda cls: cls.type)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m tests.torch.differential", description="shapecalc against PyTorch")
    p.add_argument("types", nargs="*", help="layer types (default: all)")
    p.add_argument("--family", help="all types of one module of shapecalc/layers")
    p.add_argument("--cases", type=int, default=1000)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--only", type=int, help="run this one case and print both answers")
    p.add_argument("--show", type=int, default=5, help="disagreements to print per type")
    return p


def show_one(cls: type[Layer], number: int, seed: int) -> None:
    case = draw_case(cls.type, cls, number, seed)
    print(case)
    print("  torch:    ", ask_torch(cls, case))
    print("  shapecalc:", ask_shapecalc(cls, case))


def main() -> int:
    options = parser().parse_args()
    wanted = {normalized(t) for t in options.types}
    types = [c for c in all_types(options.family, strict=False) if not wanted or normalized(c.type) in wanted]
    with FlopCounterMode(display=False):  # its first use imports much: once, before the forks
        nn.Linear(1, 1)(torch.ones(1))
    failing = [cls.type for cls in types if not survives(cls, options)]
    print(f"{len(types)} types, {len(failing)} disagree: {' '.join(failing)}")
    return 1 if failing else 0


def survives(cls: type[Layer], options: argparse.Namespace) -> bool:
    """Runs one type in a process of its own; False for a disagreement, or a crash, which it reports."""
    child = os.fork()
    if not child:
        code = 2
        try:
            code = print_run(cls, options)
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        case = draw_case(cls.type, cls, int.from_bytes(CURRENT[:8], "little"), options.seed)
        print(report(case, f"PyTorch crashed (signal {os.WTERMSIG(status)})", options.seed), flush=True)
    return status == 0


def print_run(cls: type[Layer], options: argparse.Namespace) -> int:
    if options.only is not None:
        show_one(cls, options.only, options.seed)
        return 0
    tally = run(cls, options.cases, options.seed)
    speed = math.floor(tally.cases / max(tally.seconds, 1e-9))
    share = tally.accepted / max(tally.cases, 1)
    print(
        f"{cls.type:32} {tally.cases:6} cases {share:5.0%} accepted "
        f"{len(tally.found):5} disagree {tally.compared_macs:4} macs {speed:6}/s"
    )
    print("\n".join(tally.found[: options.show]), end="\n" if tally.found and options.show else "", flush=True)
    return 1 if tally.found else 0


if __name__ == "__main__":
    raise SystemExit(main())
