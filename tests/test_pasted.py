"""`shapecalc layer`: what people paste, mistype and leave out."""

from __future__ import annotations

import pytest

from shapecalc.algebra.expressions import ExprError
from shapecalc.language.code import parse_code
from tests.running import Run

PASTED = [
    # assignments, printed models, whole lines
    ("self.conv1 = nn.Conv2d(3, 64, 3)", "Conv2d", [3, 64, 3], {}),
    ("self.layers[0] = nn.ReLU(inplace=True)", "ReLU", [], {"inplace": True}),
    ("(conv1): Conv2d(3, 64, kernel_size=(7, 7))", "Conv2d", [3, 64], {"kernel_size": [7, 7]}),
    ("(0): Linear(in_features=4, out_features=2, bias=True)", "Linear", [],
     {"in_features": 4, "out_features": 2, "bias": True}),
    ("- nn.Conv2d(3, 64, 3)", "Conv2d", [3, 64, 3], {}),
    ("nn.Conv2d(3, 64, 3),", "Conv2d", [3, 64, 3], {}),
    ("x = nn.ReLU", "ReLU", [], {}),
    # functions with their tensors
    ("x = F.max_pool2d(x, 2)", "MaxPool2d", [2], {}),
    ("return F.max_pool2d(F.relu(self.conv1(x)), (2, 2));", "MaxPool2d", [[2, 2]], {}),
    ("F.relu(self.conv1(x))", "ReLU", [], {}),
    ("torch.flatten(x, 1)", "Flatten", [1], {}),
    ("torch.cat([a, b], dim=1)", "cat", [], {"dim": 1}),
    ("torch.cat((a, b), 1)", "cat", [1], {}),
    ("torch.nn.functional.avg_pool2d(x, 3)", "AvgPool2d", [3], {}),
    ("torch.nn.Conv2d(3, 64, 3)", "Conv2d", [3, 64, 3], {}),
    # methods
    ("x.flatten(1)", "Flatten", [1], {}),
    ("x = x.view(-1, 16*5*5)", "view", [[-1, 400]], {}),
    ("x.permute(0, 2, 3, 1)", "permute", [[0, 2, 3, 1]], {}),
    ("x.permute((0, 2, 3, 1))", "permute", [[0, 2, 3, 1]], {}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "type_", "args", "kwargs"), PASTED, ids=[case[0] for case in PASTED])
def test_pasted_code(code: str, type_: str, args: list[object], kwargs: dict[str, object]) -> None:
    from shapecalc.layers.registry import lookup

    name, found, named, places = parse_code(code)
    cls = lookup(name)
    assert cls is not None and (cls.type, found, named) == (type_, args, kwargs)
    for index, value in enumerate(args if len(places) > 1 and type_ not in ("view", "permute") else []):
        start, end = places[f"arg.{index}"]
        assert code[start:end].strip("()").startswith(str(value).strip("[]")[:1])


@pytest.mark.parametrize("code", ["x + y(1)", "nn.Conv2d(3, 64, 3", "nn.Conv2d(3 64)", "f(", "= 3(", "(a): "])
def test_what_is_no_layer(code: str) -> None:
    with pytest.raises(ExprError):
        parse_code(code)


def test_names_stand_for_counts() -> None:
    out = Run("layer", "nn.Conv2d(in_ch, out_ch, 3)", "--in", "3x28x28").out
    assert "output = (N, out_ch, 26, 26)" in out and "needs  in_ch = 3" in out
    assert "output = (N, 2352)" in Run("layer", "x.view(x.size(0), -1)", "--in", "3x28x28").out


USAGE = [
    ("conv2d 28 --k 5", "the input's shape is given as `--in 28`"),
    ("conv2d --in 28 --k 3 5", "a list is written with commas: `--k 3,5`"),
    ("conv2d --in 28 --k 3 --bias maybe", "--bias takes true or false, not `maybe`"),
    ("conv2d --in 28 --filters 3", "in PyTorch it is --out-channels"),
    ("conv2d --in 28 --kernal-size 3", "--kernel-size"),
]


@pytest.mark.parametrize(("args", "answer"), USAGE)
def test_wrong_usage_is_answered(args: str, answer: str) -> None:
    run = Run("layer", *args.split())
    assert run.status == 2 and answer in run.err, run.err


FINDINGS = [
    # the help speaks the language that the person wrote
    (["conv2d", "--in", "28"], "add `--k ...`"),
    (["conv2d", "--in", "28", "--k", "30"], "write `--kernel-size 28` or `--padding 1`"),
    (["conv2d", "--in", "28x20", "--k", "3,30"], "write `--kernel-size 3,20`"),
    (["nn.Conv2d(3, 64, 30)", "--in", "3x28x28"], "write `kernel_size=28` or `padding=1`"),
    # a foreign type is the one finding, whatever options it is given
    (["Dense", "--in", "784", "--units", "10"], "write `linear`"),
    (["keras.layers.Conv2D(64, 3)", "--in", "3x28x28"], "write `conv2d`"),
    (["tf.keras.layers.Dense(64)", "--in", "28"], "write `linear`"),
]


@pytest.mark.parametrize(("args", "help_"), FINDINGS)
def test_help_in_the_words_of_the_command(args: list[str], help_: str) -> None:
    run = Run("layer", *args)
    assert run.status == 1 and help_ in run.out, run.out + run.err
    assert run.out.count("error[") == 1


@pytest.mark.parametrize(
    ("code", "params"),
    [("nn.Linear(4, 2, 0)", "8"), ("nn.Linear(4, 2, bias=1)", "10"), ("nn.Linear(4, 2, False)", "8")],
)
def test_zero_and_one_are_truth_values_as_in_python(code: str, params: str) -> None:
    assert f"params = {params}\n" in Run("layer", code, "--in", "4").out


@pytest.mark.parametrize(
    ("dtype", "bytes_"),
    [("fp16", "120.5 KiB"), ("float16", "120.5 KiB"), ("torch.bfloat16", "120.5 KiB"), ("Double", "482.1 KiB")],
)
def test_types_of_numbers_by_pytorch_names(dtype: str, bytes_: str) -> None:
    assert f"parameter memory  {bytes_}" in Run("plan", "specs/lenet5.yaml", "--dtype", dtype).out


def test_where_pytorch_wants_a_bool_a_number_is_refused() -> None:
    run = Run("layer", "nn.MaxPool2d(2, ceil_mode=1)", "--in", "3x8x8")
    assert run.status == 1 and "ceil_mode must be true or false, not the integer `1`" in run.out
    assert "write `true`" in run.out


@pytest.mark.parametrize("words", ["receptive_field", "field,MACs%", "rf", "Kernel"])
def test_columns_by_their_headings(words: str) -> None:
    run = Run("plan", "specs/lenet5.yaml", "--columns", words)
    assert run.status == 0, run.err
    assert run.out.splitlines()[2].split().count("kernel" if words == "Kernel" else "field") == 1


def test_a_table_too_wide_for_the_screen_keeps_its_types() -> None:
    out = Run("plan", "specs/resnet18.yaml", "--columns", "all", COLUMNS="80").out
    assert "MaxPool2d k3 s2 p1 " in out


@pytest.mark.parametrize("code", ["nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())", "residual", "x = nn.Sequential()"])
def test_what_holds_layers_is_no_single_layer(code: str) -> None:
    run = Run("layer", code, "--in", "3x8x8")
    assert run.status == 1 and "unknown layer type" in run.out
    assert "help: it holds layers: write it as a row of a spec, for `shapecalc plan`" in run.out
