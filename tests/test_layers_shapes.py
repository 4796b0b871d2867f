"""Shape functions, paddings, resizing and merges: symbolic results, and what their findings say."""

from __future__ import annotations

import pytest

from shapecalc.algebra.expressions import parse_dim
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.inference import Result, infer_layer
from shapecalc.layers.registry import lookup


def shape(text: str) -> Shape:
    return tuple(parse_dim(part) for part in text.split(","))


def call(name: str, args: dict[str, object], inputs: str) -> tuple[Result, Context]:
    cls, ctx = lookup(name), Context()
    assert cls is not None
    xs = tuple(shape(x) for x in inputs.split(" ; ")) if inputs else ()
    return infer_layer(build(cls, args, ctx), xs, ctx), ctx


N = parse_dim("N")
C = parse_dim("C")

SYMBOLIC = [
    # layer, arguments, inputs, outputs, conditions
    ("Flatten", {}, "N,3,H,W", "(N, 3*H*W)", ""),
    ("Unflatten", {"dim": 1, "unflattened_size": [8, -1]}, "N,C", "(N, 8, floor(C/8))", "C divisible by 8"),
    ("Unflatten", {"dim": 1, "unflattened_size": [8, -1]}, "N,24*H", "(N, 8, 3*H)", ""),
    ("reshape", {"shape": [N, -1]}, "N,3,H,W", "(N, 3*H*W)", ""),
    ("reshape", {"shape": [-1, 480]}, "N,16,5,6", "(N, 480)", ""),
    ("view", {"shape": [-1, C]}, "N,H,C", "(N*H, C)", ""),
    ("permute", {"dims": [0, 3, 1, -2]}, "N,H,W,3", "(N, 3, H, W)", ""),
    ("transpose", {"dim0": -1, "dim1": 1}, "N,L,E", "(N, E, L)", ""),
    ("squeeze", {"dim": 1}, "N,1,H", "(N, H)", ""),
    ("squeeze", {}, "2,1,H", "(2, H)", "H != 1"),
    ("unsqueeze", {"dim": -1}, "N,H", "(N, H, 1)", ""),
    ("expand", {"size": [-1, 7, 4]}, "N,1,4", "(N, 7, 4)", ""),
    ("slice", {"dim": 1, "start": 1}, "N,L,E", "(N, L - 1, E)", ""),
    ("slice", {"dim": 1, "end": -1, "step": 2}, "N,L", "(N, floor(L/2))", ""),
    ("select", {"dim": 1, "index": -2}, "N,L,E", "(N, E)", "L >= 2"),
    ("roll", {"shifts": [1, -1], "dims": [1, 2]}, "N,H,W", "(N, H, W)", ""),
    ("chunk", {"chunks": 2, "dim": 1}, "N,C", "(N, floor(C/2)) (N, floor(C/2))", "C divisible by 2"),
    ("chunk", {"chunks": 3, "dim": 1}, "N,9*C", "(N, 3*C) (N, 3*C) (N, 3*C)", ""),
    ("chunk", {"chunks": 4}, "5", "(2,) (2,) (1,)", ""),
    ("split", {"split_size": [16, 32], "dim": 1}, "N,C", "(N, 16) (N, 32)", "C = 48"),
    ("split", {"split_size_or_sections": C, "dim": 1}, "N,3*C", "(N, C) (N, C) (N, C)", ""),
    ("unbind", {"dim": 1}, "N,2,H", "(N, H) (N, H)", ""),
    ("PixelShuffle", {"upscale_factor": 2}, "N,C,H,W", "(N, floor(C/4), 2*H, 2*W)", "C divisible by 4"),
    ("PixelUnshuffle", {"downscale_factor": 2}, "N,3,2*H,4", "(N, 12, H, 2)", ""),
    ("ChannelShuffle", {"groups": 4}, "N,8*C,H,W", "(N, 8*C, H, W)", ""),
    ("Unfold", {"kernel_size": 3, "padding": 1}, "N,3,H,W", "(N, 27, H*W)", ""),
    ("Fold", {"output_size": 4, "kernel_size": 2}, "N,12,9", "(N, 3, 4, 4)", ""),
    ("ReflectionPad2d", {"padding": 3}, "N,3,H,8", "(N, 3, H + 6, 14)", "H >= 4"),
    ("ZeroPad2d", {"padding": [0, -3, 1, 1]}, "N,3,H,W", "(N, 3, H + 2, W - 3)", "W >= 3"),
    ("pad", {"pad": [1, 2]}, "N,3,H,W", "(N, 3, H, W + 3)", ""),
    ("Upsample", {"scale_factor": 2}, "N,3,H,W", "(N, 3, 2*H, 2*W)", ""),
    ("Upsample", {"scale_factor": 1.5}, "N,3,7,3", "(N, 3, 10, 4)", ""),
    ("interpolate", {"size": 7, "mode": "area"}, "N,3,H,W", "(N, 3, 7, 7)", ""),
    ("add", {}, "N,C,H,W ; N,C,56,56", "(N, C, 56, 56)", "H = 56, W = 56"),
    ("mul", {}, "N,64,H,W ; N,64,1,1", "(N, 64, H, W)", ""),
    ("matmul", {}, "N,8,L,64 ; N,8,64,S", "(N, 8, L, S)", ""),
    ("cat", {"dim": 1}, "N,C,H,W ; N,32,56,W", "(N, C + 32, 56, W)", "H = 56"),
    ("cat", {"dim": 1}, "N,64,H ; N,32,2*floor(H/2)", "(N, 96, H)", "H divisible by 2"),
    ("stack", {"dim": 1}, "N,E ; N,E", "(N, 2, E)", ""),
    ("mean", {"dim": [2, 3], "keepdim": True}, "N,64,H,W", "(N, 64, 1, 1)", ""),
    ("max", {"dim": 1}, "N,64", "(N,) (N,)", ""),
    ("einsum", {"equation": "bhid,bhjd->bhij"}, "N,8,L,64 ; N,8,S,64", "(N, 8, L, S)", ""),
    ("scaled_dot_product_attention", {}, "N,8,L,64 ; N,8,S,64 ; N,8,S,32", "(N, 8, L, 32)", ""),
    ("scaled_dot_product_attention", {}, "N,8,9,4 ; N,8,S,4 ; N,8,S,4 ; L,S", "(N, 8, 9, 4)", "L = 9"),
]


@pytest.mark.parametrize(("name", "args", "inputs", "outputs", "conditions"), SYMBOLIC)
def test_symbols(name: str, args: dict[str, object], inputs: str, outputs: str, conditions: str) -> None:
    result, ctx = call(name, args, inputs)
    assert ctx.problems == []
    assert " ".join(map(format_shape, result.out_shapes)) == outputs
    assert ", ".join(map(str, ctx.conditions)) == conditions


FINDINGS = [
    # layer, arguments, inputs, rule, place, part of the message, part of the help
    ("ReflectionPad2d", {"padding": 3}, "N,3,3,8", "padding-too-large", "padding", "at most 2", "write `2`"),
    ("CircularPad1d", {"padding": [5, 0]}, "N,3,4", "padding-too-large", "padding", "more than once", "`[4, 0]`"),
    ("ZeroPad2d", {"padding": -3}, "N,3,5,5", "output-too-small", "padding", "than its 5", "at most 5"),
    ("pad", {"pad": [1, 1, 1, 1]}, "4", "rank-mismatch", "pad", "2 axes, the input has 1", "at most 2 values"),
    ("pad", {"pad": 2}, "4,4", "invalid-argument", "pad", "list of two integers", "`[2, 2]`"),
    ("CircularPad2d", {"padding": 1}, "3,3", "rank-mismatch", "input", "3 or 4 axes, got 2", ""),
    ("Flatten", {"start_dim": 3}, "N,3,4", "axis-out-of-range", "start_dim", "start_dim 3", "write `2`"),
    ("Flatten", {"start_dim": 2, "end_dim": 1}, "N,3,4", "invalid-argument", "start_dim", "after", "start_dim: 1"),
    ("Unflatten", {"dim": 1, "unflattened_size": [3, 20]}, "N,50", "element-count-mismatch", "unflattened_size",
     "holds 60 elements", "product is 50"),
    ("reshape", {"shape": [4, 7]}, "4,6", "element-count-mismatch", "shape", "holds 28", "write `[4, 6]`"),
    ("reshape", {"shape": [7, -1]}, "4,6", "element-count-mismatch", "shape", "do not divide", "such as 6"),
    ("reshape", {"shape": [-1, -1]}, "4,6", "invalid-argument", "shape", "2 sizes of -1", ""),
    ("permute", {"dims": [0, 2]}, "N,3,4", "rank-mismatch", "dims", "2 entries", "from 0 to 2"),
    ("permute", {"dims": [0, 1, 1]}, "N,3,4", "invalid-argument", "dims", "axis 1 twice", "once"),
    ("expand", {"sizes": [-1, 7, 4]}, "N,3,4", "shape-mismatch", "sizes", "cannot be expanded", "`[-1, 3, 4]`"),
    ("select", {"dim": 1, "index": 5}, "N,5", "axis-out-of-range", "index", "has size 5", "index: 4"),
    ("roll", {"shifts": [1, 2], "dims": [1]}, "3,4", "invalid-argument", "shifts", "2 shifts", "as many"),
    ("split", {"split_size": [16, 16], "dim": 1}, "N,48", "shape-mismatch", "split_size_or_sections", "add up to 32",
     "`[16, 32]`"),
    ("split", {"split_size": 0}, "3", "invalid-argument", "split_size_or_sections", "empty axis", "1 or more"),
    ("PixelShuffle", {"upscale_factor": 2}, "N,6,4,4", "not-divisible", "upscale_factor", "got 6", "such as 8"),
    ("PixelShuffle", {"upscale_factor": 2}, "N,9,4,4", "not-divisible", "upscale_factor", "got 9", "factor: 3"),
    ("PixelUnshuffle", {"downscale_factor": 2}, "N,3,7,8", "not-divisible", "downscale_factor", "got 7", "such as 8"),
    ("ChannelShuffle", {"groups": 3}, "N,8,4,4", "not-divisible", "groups", "got 8", "groups: 2"),
    ("Fold", {"output_size": 4, "kernel_size": 2}, "N,12,8", "shape-mismatch", "input", "expected 9 blocks", "Unfold"),
    ("Unfold", {"kernel_size": 9}, "N,3,4,4", "kernel-too-large", "kernel_size", "window of 9", ""),
    ("Upsample", {}, "N,3,4,4", "missing-argument", None, "size or scale_factor", "scale_factor: 2"),
    ("Upsample", {"size": 4, "scale_factor": 2}, "N,3,4,4", "invalid-argument", "scale_factor", "not both", "out"),
    ("Upsample", {"scale_factor": 0.1}, "N,3,4,4", "output-too-small", "scale_factor", "size 0", "1/4"),
    ("Upsample", {"scale_factor": 2, "mode": "linear"}, "N,3,4,4", "rank-mismatch", "input", "3 axes", "bilinear"),
    ("Upsample", {"scale_factor": 2, "align_corners": True}, "N,3,4", "invalid-argument", "align_corners", "nearest",
     "out"),
    ("interpolate", {"size": [7, 7, 7]}, "N,3,4,4", "rank-mismatch", "size", "3 entries for 2", "write `7`"),
    ("add", {}, "N,64,56,56 ; N,64,28,28", "shape-mismatch", "input.1", "56 and 28", "2 times"),
    ("add", {}, "N,64,8,8 ; N,128,8,8", "shape-mismatch", "input.1", "64 and 128", "128 channels"),
    ("add", {}, "N,64,56,56 ; N,64", "shape-mismatch", "input.1", "56 and 64", "4 axes"),
    ("add", {}, "N,64", "input-count", "from", "second operand", "other: 2"),
    ("sub", {}, "N ; N ; N", "input-count", "from", "1 to 2 inputs, 3 arrive", ""),
    ("matmul", {}, "N,10,64 ; N,10,64", "shape-mismatch", "input.1", "expected 64 rows", "transpose"),
    ("matmul", {}, "3,2,4 ; 5,4,2", "shape-mismatch", "input.1", "3 and 5", ""),
    ("bmm", {}, "10,64 ; 64,3", "rank-mismatch", "input.0", "3 axes", "matmul"),
    ("cat", {"dim": 1}, "N,64,28,28 ; N,32,14,14", "shape-mismatch", "input.1", "28, input 1 has 14", "axis 2"),
    ("cat", {}, "N,64,28,28 ; N,32,28,28", "shape-mismatch", "input.1", "64, input 1 has 32", "write `dim: 1`"),
    ("cat", {"dim": 1}, "N,64,28 ; N,32", "rank-mismatch", "input.1", "input 0 has 3, input 1 has 2", "reshape"),
    ("stack", {}, "N,64 ; N,32", "shape-mismatch", "input.1", "(N, 64), input 1 is (N, 32)", "cat"),
    ("mean", {"dim": 4}, "N,64,7,7", "axis-out-of-range", "dim", "4 axes", "write `3`"),
    ("sum", {"dim": [1, -1]}, "N,64", "invalid-argument", "dim", "axis 1 twice", "once"),
    ("max", {"keepdim": True}, "N,64", "missing-argument", "keepdim", "needs dim", "dim: -1"),
    ("amax", {"dim": 1}, "N,0", "shape-mismatch", "input", "no elements along axis 1", ""),
    ("einsum", {"equation": "bij,bjk->bik"}, "N,3,4 ; N,5,6", "shape-mismatch", "input.1", "`j` is 4", ""),
    ("einsum", {"equation": "bij,bjk->bim"}, "N,3,4 ; N,4,6", "invalid-argument", "equation", "`m` of the output", ""),
    ("einsum", {"equation": "bi,bj->b"}, "N,3,4 ; N,4", "rank-mismatch", "input.0", "2 axes for input 0", "`...`"),
    ("einsum", {"equation": "bi;bj"}, "N,3", "invalid-argument", "equation", "`;` does not belong", ""),
    ("scaled_dot_product_attention", {}, "N,8,9,64 ; N,8,9,32 ; N,8,9,32", "feature-mismatch", "input.1",
     "32 features", ""),
    ("scaled_dot_product_attention", {"enable_gqa": True}, "N,8,9,4 ; N,3,9,4 ; N,3,9,4", "not-divisible", "input.1",
     "8 heads", ""),
    ("scaled_dot_product_attention", {}, "N,8,9,4 ; N,8,7,4 ; N,8,7,4 ; 3,3", "shape-mismatch", "input.3", "(3, 3)",
     "[9, 7]"),
    ("parameter", {"shape": [2, -1]}, "", "invalid-argument", "shape", ">= 0", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "inputs", "rule", "at", "message", "help"), FINDINGS)
def test_one_mistake_gives_one_finding(
    name: str, args: dict[str, object], inputs: str, rule: str, at: str | None, message: str, help: str
) -> None:
    _, ctx = call(name, args, inputs)
    assert len(ctx.problems) == 1, ctx.problems
    problem = ctx.problems[0]
    assert (problem.rule, problem.at) == (rule, at)
    assert message in problem.message
    assert help in (problem.help or "")
    assert not problem.message.endswith(".")


VIEWS = ("flatten", "unflatten", "reshape", "view", "permute", "transpose", "squeeze", "unsqueeze", "expand", "slice",
         "select", "chunk", "split", "unbind", "parameter", "constant")  # fmt: skip


@pytest.mark.parametrize("name", VIEWS)
def test_views_allocate_nothing(name: str) -> None:
    cls = lookup(name)
    assert cls is not None
    assert not cls().allocates


@pytest.mark.parametrize("name", ["add", "cat", "stack", "roll", "pixel_shuffle", "pad", "mean", "interpolate"])
def test_copies_allocate(name: str) -> None:
    cls = lookup(name)
    assert cls is not None
    assert cls().allocates


@pytest.mark.parametrize(
    ("n", "args", "reads", "step"),
    [
        # what each phase of the output reads, and how far the input moves on after all of them
        (8, {"scale_factor": 2}, [(0, 0), (0, 0)], 1),
        (8, {"scale_factor": 1.5}, [(0, 0), (0, 0), (1, 1)], 2),
        (8, {"size": 4}, [(0, 0)], 2),
        (8, {"size": 6, "mode": "nearest-exact"}, [(0, 0), (2, 2), (3, 3)], 4),
        (8, {"scale_factor": 2, "mode": "linear"}, [(-1, 0), (0, 1)], 1),
        (8, {"scale_factor": 3, "mode": "linear"}, [(-1, 0), (0, 0), (0, 1)], 1),
        (5, {"size": 9, "mode": "linear", "align_corners": True}, [(0, 0), (0, 1)], 1),
        (6, {"size": 4, "mode": "area"}, [(0, 1), (1, 2)], 3),
    ],
)
def test_what_a_resize_reads(n: int, args: dict[str, object], reads: list[tuple[int, int]], step: int) -> None:
    cls = lookup("Upsample")
    assert cls is not None
    layer = build(cls, args, Context())
    (window,) = layer.filled(layer.fill((1, 1, n))).windows(3)
    assert (list(window.reads), window.step) == (reads, step)


def test_more_pieces_than_are_modelled() -> None:
    _, ctx = call("unbind", {}, "1000000000,2")
    assert [p.rule for p in ctx.problems] == ["too-many-outputs"]


def test_huge_sizes_do_not_stop_the_machine() -> None:
    for name, args, inputs in [
        ("PixelUnshuffle", {"downscale_factor": 10**12}, "1,1,10000000000001,5"),
        ("chunk", {"chunks": 10**15}, "7"),
        ("reshape", {"shape": [10**9 + 7, -1]}, "1000000000000000000"),
    ]:
        call(name, args, inputs)
