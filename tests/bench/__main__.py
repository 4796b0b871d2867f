"""Benchmarks: `python -m tests.bench`. Everything is a ratio of two things timed in turn, in one run.

A row is what was timed, what against, the median ratio, the budget. Whole processes run with the interpreter that runs
this: install a wheel, not the tree in place, to time what people use. torchinfo and onnx are compared with where they
are installed.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import yaml

from shapecalc.analysis.totals import Figures
from shapecalc.api.plan import plan_source
from shapecalc.dialects.native import NATIVE
from shapecalc.language.reader import Options
from shapecalc.network.network import Network
from shapecalc.network.walk import infer
from shapecalc.text.findings import Reporter
from shapecalc.text.source import Source

SPECS = Path(__file__).parent.parent.parent / "specs"
SHAPECALC = [sys.executable, "-m", "shapecalc"]
FLOOR = [sys.executable, "-c", "import click, yaml"]
AWAY = gettempdir()
SIZES = (999, 9_999, 99_999)
LAYERS = 9_999
FILES = 1_000


def paired(ours: Callable[[], Any], theirs: Callable[[], Any], runs: int = 15) -> float:
    """Median over `runs` of our time through theirs, the two run in turn."""
    ours(), theirs()
    return statistics.median(seconds(ours) / seconds(theirs) for _ in range(runs))


def seconds(call: Callable[[], Any]) -> float:
    """Processor time of a call and of the processes that it runs: what else the machine does counts less."""
    gc.collect()
    before = time.process_time() + of_children()
    call()
    return time.process_time() + of_children() - before


def of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def process(*words: str) -> Callable[[], Any]:
    """Runs a command, which must succeed, away from the source tree."""
    quiet = subprocess.DEVNULL
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return lambda: subprocess.run(words, stdout=quiet, stderr=quiet, cwd=AWAY, env=own, check=True)


def say(what: str, against: str, got: float, budget: float) -> None:
    verdict = "holds" if got <= budget else "MISSED"
    print(f"{what:66} {against:30} {got:7.3f}  budget {budget:5.2f}  {verdict}", flush=True)


def skip(name: str, error: Exception) -> None:
    print(f"{name} cannot be compared with here: {str(error).splitlines()[0]}", flush=True)


def stack(layers: int, arguments: str = "out: 64, k: 3, p: 1, bias: false") -> str:
    """conv-norm-activation, `layers` rows."""
    rows = f"  - conv2d: {{{arguments}}}\n  - batchnorm2d\n  - relu\n"
    return "input: [3, 32, 32]\nlayers:\n" + rows * (layers // 3)


def resnet50_long() -> str:
    """ResNet-50 in the long form, every argument written out."""
    import shapecalc
    from tests.test_mutations import long_form, spec

    made = shapecalc.plan(SPECS / "resnet50.yaml")
    return spec(made, long_form(made))


# Rows. ---------------------------------------------------------------------------------------------------------------


def start_up() -> None:
    """Whole processes against importing what every one of them imports."""
    ratio = against_floor("layer", "conv2d", "--in", "28", "--k", "5")
    say("process: layer conv2d --in 28 --k 5", "import click, yaml", ratio, 1.35)
    ratio = against_floor("plan", str(SPECS / "resnet50.yaml"))
    say("process: plan resnet50.yaml, piped", "import click, yaml", ratio, 1.9)
    ratio = against_floor("lint", str(SPECS / "resnet50.yaml"))
    say("process: lint resnet50.yaml", "import click, yaml", ratio, 1.6)
    ratios = {path.stem: against_floor("plan", str(path), runs=7) for path in sorted(SPECS.glob("*.yaml"))}
    slowest = max(ratios, key=lambda name: ratios[name])
    what = f"process: plan of each of {len(ratios)} specs, the slowest: {slowest}"
    say(what, "import click, yaml", ratios[slowest], 2)


def against_floor(*words: str, runs: int = 25) -> float:
    return paired(process(*SHAPECALC, *words), process(*FLOOR), runs)


def one_network() -> None:
    """ResNet-50 in the long form: text to plan."""
    text = resnet50_long()
    source = Source("x", text)
    ratio = paired(lambda: plan_source(source), lambda: yaml.load(text, Loader=yaml.CSafeLoader))
    say("text to plan, ResNet-50 in the long form", "yaml.load(text, CSafeLoader)", ratio, 1)
    model = resnet50_on_meta()
    if model is not None:
        from torchinfo import summary

        size = (1, 3, 224, 224)
        ratio = paired(
            lambda: plan_source(source), lambda: summary(model, input_size=size, device="meta", depth=5, verbose=0)
        )
        say("text to plan, ResNet-50 in the long form", "torchinfo on the meta device", ratio, 1 / 20)


def resnet50_on_meta() -> Any:
    """torchvision's ResNet-50 without memory; None, and a line that says so, where it cannot be had."""
    try:
        import torch
        import torchinfo  # noqa: F401

        from tests.record_torchvision import live_torchvision

        with torch.device("meta"):
            return live_torchvision().models.resnet50()
    except (ImportError, RuntimeError) as error:
        skip("torchinfo", error)
        return None


def scaling() -> None:
    """Rows of one kind, more and more of them."""
    per_layer, memory = [], []
    for layers in SIZES:
        source = Source("x", stack(layers))
        per_layer.append(min(seconds(lambda s=source: plan_source(s)) for _ in range(7)) / layers)  # type: ignore[misc]
    for layers in SIZES:
        source = Source("x", stack(layers))
        tracemalloc.start()
        made = plan_source(source)
        memory.append(tracemalloc.get_traced_memory()[1] / layers / 1024)
        tracemalloc.stop()
        del made
    for layers, time_taken in zip(SIZES[1:], per_layer[1:], strict=True):
        what = f"text to plan, time per layer, {layers:,} layers"
        say(what, f"{SIZES[0]:,} layers", time_taken / per_layer[0], 1.3)
    for layers, size in zip(SIZES, memory, strict=True):
        say(f"text to plan, peak memory per layer, {layers:,} layers", "KiB", size, 3)


def against_onnx() -> None:
    """Conv-norm-activation against ONNX's shape inference, written in C++."""
    try:
        import onnx
    except ImportError as error:
        skip("onnx", error)
        return
    data = exported(LAYERS)
    model = onnx.load_model_from_string(data)
    source = Source("x", stack(LAYERS))
    network = NATIVE.read(NATIVE.open(source), Options())
    ratio = paired(lambda: planned(network), lambda: onnx.shape_inference.infer_shapes(model), 7)
    say(f"network to plan, {LAYERS:,} layers", "onnx infer_shapes", ratio, 1)

    def load_and_infer() -> None:
        onnx.shape_inference.infer_shapes(onnx.load_model_from_string(data))

    ratio = paired(lambda: plan_source(source), load_and_infer, 7)
    say(f"text to plan, {LAYERS:,} layers", "onnx load and infer_shapes", ratio, 1)
    with TemporaryDirectory() as folder:
        graph = Path(folder, "net.onnx")
        graph.write_bytes(data)
        code = f"import onnx; onnx.shape_inference.infer_shapes(onnx.load({str(graph)!r}))"
        script = process(sys.executable, "-c", code)
        warned = stack(LAYERS, "out: 64, k: 3, p: 1")
        for text, what in ((source.text, ""), (warned, f", {LAYERS // 3:,} warnings")):
            spec = Path(folder, "net.yaml")
            spec.write_text(text)
            ratio = paired(process(*SHAPECALC, "plan", str(spec)), script, 7)
            say(f"process: plan, piped, {LAYERS:,} layers{what}", "onnx in one script", ratio, 1)


def planned(network: Network) -> dict[str, Any]:
    return Figures(infer(network, Reporter())).totals


def exported(layers: int) -> bytes:
    """The network of `stack` as ONNX has it, its weights as inputs."""
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info
    nodes, weights, name, channels = [], [], "x", 3
    for k in range(layers // 3):
        shapes = {f"w{k}": [64, channels, 3, 3], f"s{k}": [64], f"b{k}": [64], f"m{k}": [64], f"v{k}": [64]}
        weights += [value(n, TensorProto.FLOAT, s) for n, s in shapes.items()]
        nodes.append(helper.make_node("Conv", [name, f"w{k}"], [f"c{k}"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
        batchnorm = [f"c{k}", f"s{k}", f"b{k}", f"m{k}", f"v{k}"]
        nodes.append(helper.make_node("BatchNormalization", batchnorm, [f"n{k}"]))
        nodes.append(helper.make_node("Relu", [f"n{k}"], [f"r{k}"]))
        name, channels = f"r{k}", 64
    inputs = [value("x", TensorProto.FLOAT, ["N", 3, 32, 32]), *weights]
    graph = helper.make_graph(nodes, "g", inputs, [value(name, TensorProto.FLOAT, None)])
    data: bytes = helper.make_model(graph).SerializeToString()
    return data


def linting() -> None:
    """A folder of 1,000 specs of 50 layers each, on one core. The budget is time, so this one depends on the machine:
    2 ms a file."""
    with TemporaryDirectory() as folder:
        for k in range(FILES):
            Path(folder, f"net{k:04}.yaml").write_text(small_network(k))
        lint = process(*SHAPECALC, "lint", "--jobs", "1", folder)
        best = min(seconds(lint) for _ in range(3))
    say(f"process: lint of {FILES:,} specs of 50 layers, one core", "ms a file", best / FILES * 1000, 2)


def small_network(seed: int) -> str:
    """50 layers whose widths hang on `seed`."""
    rows = ["input: [3, 64, 64]", "layers:"]
    width = 8 + seed % 56
    for k in range(12):
        stride = 2 if k % 4 == 3 else 1
        rows.append(f"  - conv2d: {{out: {width}, k: 3, s: {stride}, p: 1, bias: false, name: conv{k}}}")
        rows += ["  - batchnorm2d", "  - relu", f"  - dropout: 0.{k % 3 + 1}"]
        width += k % 5
    return "\n".join([*rows, "  - flatten", "  - linear: 10", ""])


def main() -> None:
    for rows in (start_up, one_network, scaling, against_onnx, linting):
        rows()


if __name__ == "__main__":
    main()
