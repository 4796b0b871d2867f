"""Benchmarks: `python -m tests.bench`. Everything is a ratio of two things timed in turn, in one run.

Whole processes are timed with the interpreter that runs this and its installed shapecalc: install a wheel, not the
tree in place, to time what people use. torchinfo and onnx are compared with where they are installed.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from shapecalc.diagnostics import Reporter
from shapecalc.engine import plan_source
from shapecalc.infer import infer
from shapecalc.source import Source
from shapecalc.spec.reader import Options, read
from shapecalc.yamltree import compose

SPECS = Path(__file__).parent.parent.parent / "specs"
FLOOR = [sys.executable, "-c", "import click, yaml"]


def paired(ours: Callable[[], Any], theirs: Callable[[], Any], runs: int = 15) -> float:
    """Median over `runs` of our time through theirs, the two run in turn."""
    ours(), theirs()
    return statistics.median(seconds(ours) / seconds(theirs) for _ in range(runs))


def seconds(call: Callable[[], Any]) -> float:
    gc.collect()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def process(*words: str) -> Callable[[], Any]:
    return lambda: subprocess.run(words, stdout=subprocess.DEVNULL, check=True)


def say(what: str, got: float, budget: float | None, unit: str = "x") -> None:
    verdict = "" if budget is None else f"   budget {budget:g}{unit}: {'holds' if got <= budget else 'MISSED'}"
    print(f"{what:72} {got:8.2f}{unit}{verdict}", flush=True)


def stack(layers: int) -> str:
    """conv-norm-activation, `layers` rows."""
    rows = "  - conv2d: {out: 64, k: 3, p: 1}\n  - batchnorm2d\n  - relu\n"
    return "input: [3, 32, 32]\nlayers:\n" + rows * (layers // 3)


def resnet50_long() -> str:
    """ResNet-50 in the long form, every argument written out."""
    import shapecalc
    from tests.test_mutations import long_form, spec

    made = shapecalc.plan(SPECS / "resnet50.yaml")
    return spec(made, long_form(made))


def start_up() -> None:
    shapecalc = [sys.executable, "-m", "shapecalc"]
    ratio = paired(process(*shapecalc, "layer", "conv2d", "--in", "28", "--k", "5"), process(*FLOOR))
    say("process: layer conv2d --in 28 --k 5, against import click, yaml", ratio, 1.35)
    ratio = paired(process(*shapecalc, "plan", str(SPECS / "resnet50.yaml")), process(*FLOOR))
    say("process: plan resnet50.yaml, piped, against import click, yaml", ratio, 1.9)


def in_process() -> None:
    text = resnet50_long()
    ratio = paired(lambda: plan_source(Source("x", text)), lambda: yaml.load(text, Loader=yaml.CSafeLoader))
    say("text to plan, ResNet-50 long form, against yaml.load of the text", ratio, 1.0)


def scaling() -> None:
    per_layer, memory = [], []
    for layers in (999, 9_999, 99_999):
        source = Source("x", stack(layers))
        per_layer.append(min(seconds(lambda s=source: plan_source(s)) for _ in range(3)) / layers)  # type: ignore[misc]
    for layers in (999, 9_999):
        source = Source("x", stack(layers))
        tracemalloc.start()
        made = plan_source(source)
        memory.append(tracemalloc.get_traced_memory()[1] / layers)
        tracemalloc.stop()
        del made
    say("time per layer at 10,000 layers against 1,000", per_layer[1] / per_layer[0], 1.3)
    say("time per layer at 100,000 layers against 1,000", per_layer[2] / per_layer[0], 1.3)
    say("peak memory per layer at 10,000 layers", memory[1] / 1024, 3.0, " KiB")


def against_onnx() -> None:
    try:
        import onnx
        from onnx import TensorProto, helper
    except ImportError:
        print("onnx is not installed: its shape inference is not compared with")
        return
    layers = 9_999
    nodes, weights, name, channels = [], [], "x", 3
    value = helper.make_tensor_value_info
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
    data = helper.make_model(graph).SerializeToString()
    model = onnx.load_model_from_string(data)
    source = Source("x", stack(layers))
    root = compose(source, Reporter())
    assert root is not None
    network = read(root, source, Reporter(), Options())
    assert network is not None
    ratio = paired(lambda: infer(network, Reporter()), lambda: onnx.shape_inference.infer_shapes(model), 5)
    say("network to plan, 10,000 layers, against onnx.shape_inference.infer_shapes", ratio, 1.0)

    def load_and_infer() -> None:
        onnx.shape_inference.infer_shapes(onnx.load_model_from_string(data))

    ratio = paired(lambda: plan_source(source), load_and_infer, 5)
    say("text to plan, 10,000 layers, against onnx load and inference", ratio, 1.0)


def main() -> None:
    start_up()
    in_process()
    scaling()
    against_onnx()


if __name__ == "__main__":
    main()
