"""The expanded network as a spec in the long form: every layer with its name, its inputs and its arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from shapecalc.algebra.dims import Sym
from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.layer import Layer, default_of
from shapecalc.layers.params import Everywhere, Param
from shapecalc.render.page import Page
from shapecalc.text.english import TRUTH_WORDS

if TYPE_CHECKING:
    from shapecalc.network.plan import Edge, Plan, Row

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/")
WORDS = frozenset((*TRUTH_WORDS, "null", "y", "n"))  # of YAML 1.2 and of 1.1


def render(plan: Plan, page: Page) -> str | None:
    """The text of a spec whose plan has the same layers, shapes and totals: blocks expanded, values for variables.
    None for a plan with errors: half a network would look like a whole one."""
    return expanded(plan) if plan.ok else None


def expanded(plan: Plan) -> str:
    network = plan.network
    names = unique_names(plan)
    lines = [f"# {line}" for line in origin(plan)]
    if network.name is not None:
        lines.append(f"name: {value_text(network.name)}")
    lines += inputs(plan)
    if network.budget:
        amounts = {key: int(amount) if amount == int(amount) else amount for key, (amount, _) in network.budget.items()}
        lines.append(f"budget: {value_text(amounts)}")
    if network.loss is not None:
        lines.append(f"loss: {value_text(network.loss)}")
    lines.append("layers:")
    for row in plan.layers:
        if row.kind == "layer":
            items = idle_items(row) or [dict(row_items(plan, row, names))]
            lines += [f"  - {value_text(each)}" for each in items]
    if not default_outputs(plan):
        lines.append(f"outputs: {value_text([edge_name(plan, edge, names) for edge in plan.output_edges])}")
    return "\n".join(lines) + "\n"


def idle_items(row: Row) -> list[dict[str, object]]:
    """A layer that is built and never run, as its tensors."""
    if row.layer is None or not row.layer.arguments().get("idle"):
        return []
    weights = row.layer.weights().items()
    return [{"name": f"{row.name}.{word}", "type": "parameter", "shape": list(shape)} for word, shape in weights]


def origin(plan: Plan) -> list[str]:
    """Where the text comes from, for a comment."""
    network = plan.network
    variant = f", variant {network.variant}" if network.variant is not None else ""
    name = network.source.path.replace("\\", "/").rpartition("/")[2].replace("\n", " ")
    return [f"{name}{variant}, expanded by `shapecalc plan --format spec`"]


def inputs(plan: Plan) -> Iterator[str]:
    """`input:` or `inputs:`, and `batch:` where it is not N."""
    batch = plan.network.batch
    samples = {name: shape if batch is None else (shape or ())[1:] for name, shape in plan.inputs.items()}
    if list(samples) == ["input"]:
        yield f"input: {value_text(samples['input'])}"
    elif samples:
        yield f"inputs: {value_text(samples)}"
    if not isinstance(batch, Sym) or str(batch) != "N":
        yield f"batch: {value_text(batch)}"


def default_outputs(plan: Plan) -> bool:
    """Are the network's outputs those of its last row?"""
    rows = plan.layers
    if not rows or rows[-1].kind != "layer":
        return False
    last = rows[-1]
    return plan.output_edges == [(last.index, k) for k in range(len(last.out_shapes))]


def unique_names(plan: Plan) -> dict[int, str]:
    """The name of each layer by its index, as in the plan; a second layer of the same name gets a number."""
    taken = set(plan.inputs)
    names: dict[int, str] = {}
    for row in plan.layers:
        if row.kind == "layer":
            name, k = row.name, 2
            while name in taken:
                name, k = f"{row.name}_{k}", k + 1
            taken.add(name)
            names[row.index] = name
    return names


def edge_name(plan: Plan, edge: Edge, names: Mapping[int, str]) -> str:
    """What `from` calls an output: the layer's name, with a number where it has several."""
    row, output = edge
    if row < 0:
        return plan.input_names[-row - 1]
    return names[row] + (f".{output}" if len(plan.layers[row].out_shapes) > 1 else "")


def row_items(plan: Plan, row: Row, names: Mapping[int, str]) -> Iterator[tuple[str, object]]:
    """Keys and values of one row."""
    yield "name", names[row.index]
    yield "type", row.type
    sources = [edge_name(plan, edge, names) for edge in row.edges]
    if sources:
        yield "from", sources if len(sources) > 1 else sources[0]
    if row.layer is not None:
        yield from arguments(row.layer).items()
    if row.owner is not None:
        yield "share", names[row.owner.index]
    elif row.params != 0 and row.trainable_params == 0:
        yield "trainable", False


def arguments(layer: Layer) -> dict[str, object]:
    """The arguments that make the layer again: those required, inferred from the input, or not the default. Inferred
    ones are left out where they contradict the others."""
    out = {}
    for param in layer.params_:
        value = layer.__dict__[param.name]
        if param.kind == "ignored" or (value is None and (param.default is None or param.required)):
            continue
        if param.required or param.fills or value != default_of(param):
            out[param.name] = single(param, value)
    if is_accepted(layer, out):
        return out
    return {name: value for name, value in out.items() if not layer.by_name[name].fills}


def is_accepted(layer: Layer, arguments: Mapping[str, object]) -> bool:
    """Can a layer of this type be built with the arguments?"""
    context = Context()
    copy = build(type(layer), arguments, context)
    if not context.failed:
        copy.construct(context)
    return not context.problems


def single(param: Param[object], value: object) -> object:
    """The value as the parameter takes it: a number instead of a list of one where it takes no list."""
    if not isinstance(value, tuple) or len(value) != 1:
        return value
    refused: list[str] = []
    param.parse(list(value), lambda message, *, help=None: refused.append(message))
    return value[0] if refused else value


# YAML. ---------------------------------------------------------------------------------------------------------------


def value_text(value: object) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, Everywhere):
        return value_text(value[0])
    if isinstance(value, Layer):
        return value_text({"type": value.type, **arguments(value)})
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{value_text(key)}: {value_text(v)}" for key, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(value_text, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float):
        return number_text(value)
    return str(value) if isinstance(value, int) else string(str(value))


def number_text(value: float) -> str:
    """A float as YAML 1.2 reads it back."""
    if value != value:
        return ".nan"
    return repr(value) if value - value == 0 else (".inf" if value > 0 else "-.inf")


def string(text: str) -> str:
    """A string, in quotes where it would be read as another value."""
    if text and PLAIN.issuperset(text) and text[0].isalpha() and (text == "N" or text.lower() not in WORDS):
        return text
    import json

    return json.dumps(text, ensure_ascii=False)
