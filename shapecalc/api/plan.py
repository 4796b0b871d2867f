"""What the command line, the Python API, hooks and tests call: `plan`, `layer`, `lint`.

Nothing here prints, and nothing raises for a bad spec or a bad layer: what is wrong is in `diagnostics`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from shapecalc.algebra.dims import UNK, Dim, Sym, UnknownDim, symbol
from shapecalc.algebra.dtypes import DTYPE_BYTES, dtype_named
from shapecalc.algebra.shape import Shape
from shapecalc.analysis.totals import Figures
from shapecalc.collector import CollectorPaused
from shapecalc.dialects.native import NATIVE
from shapecalc.dialects.registry import load, open_file, sibling
from shapecalc.language.reader import WHOLE, Options, UsageError
from shapecalc.language.words import COMPOSITES, suggestion
from shapecalc.layers.build import build
from shapecalc.layers.context import Context, Problem
from shapecalc.layers.inference import Result, infer_layer
from shapecalc.layers.layer import Layer
from shapecalc.layers.params import show
from shapecalc.layers.registry import lookup, normalized
from shapecalc.network.dialect import SpecFile
from shapecalc.network.network import Network
from shapecalc.network.plan import Plan
from shapecalc.network.walk import infer
from shapecalc.rules.policy import Policy
from shapecalc.text.findings import Edit, Finding, Fix, Label, Reporter
from shapecalc.text.source import BadText, Source, Span, load_source

__all__ = ["LayerResult", "UsageError", "layer", "open_spec", "plan", "plan_source"]

# Plans. --------------------------------------------------------------------------------------------------------------


def plan_source(source: Source, **settings: Any) -> Plan:
    """The plan of a spec's text; the settings are those of `plan_file`."""
    return plan_file(open_file(source), **settings)


def plan_file(
    file: SpecFile,
    *,
    inputs: Mapping[str, Shape] | None = None,
    batch: int | str | None = None,
    set: Mapping[str, Any] | None = None,
    variant: str | None = None,
    train: bool = False,
    dtype: str = "fp32",
    policy: Policy | None = None,
) -> Plan:
    """The plan of a spec. `inputs` are one sample each (under "" for the only one); `policy` says which findings count.
    UsageError for options that do not fit the spec."""
    known_dtype = dtype_named(dtype)
    if known_dtype is None:
        raise UsageError(f"unknown dtype {dtype!r}; expected one of {', '.join(DTYPE_BYTES)}")
    with CollectorPaused():
        options = Options(inputs, batch, set, variant)
        options.trial = trial
        made = infer(file.dialect.read(file, options), file.reporter, policy or Policy(), train=train)
        made.attach(Figures(made, known_dtype))
    if made.network.budget:
        from shapecalc.analysis.budget import check_budget

        check_budget(made)
    made.network.review(made)
    return made


def trial(network: Network) -> list[Shape | None]:
    """The outputs of a network on the side, such as a block tried on one map; its findings are of no interest."""
    return list(infer(network, Reporter()).outputs.values())


def plan(
    path: str | os.PathLike[str] | None = None,
    *,
    text: str | None = None,
    inputs: Mapping[str, Sequence[Any]] | None = None,
    batch: int | str | None = None,
    set: Mapping[str, Any] | None = None,
    variant: str | None = None,
    train: bool = False,
    dtype: str = "fp32",
) -> Plan:
    """The plan of a spec file (or of a network that comes along, by its name), or of a spec given as `text`.

    `inputs` maps input names to the shape of one sample, as in the spec; a size may be a name (a symbol). TypeError
    for wrong use; OSError where the file cannot be read; everything wrong in the spec is in `.diagnostics`.
    """
    if (path is None) == (text is None):
        raise TypeError("plan() takes either a path or text=")
    if inputs is not None and not isinstance(inputs, Mapping):
        raise TypeError(f"inputs maps names to shapes, as in {{'input': (3, 224, 224)}}; {inputs!r} does not")
    shapes = {name: as_shape(shape) for name, shape in (inputs or {}).items()}
    if batch not in (None, WHOLE) and (isinstance(batch, bool) or not isinstance(batch, int) or batch < 0):
        raise TypeError(f"batch must be an integer >= 0, or {WHOLE!r} where the shapes are whole; not {batch!r}")
    options: Any = {"inputs": shapes, "batch": batch, "set": set, "variant": variant, "train": train, "dtype": dtype}
    if text is not None:
        return plan_source(Source("<text>", text), **options)
    name = os.fspath(path)  # type: ignore[arg-type]
    try:
        source, options["variant"] = open_spec(name, variant)
    except BadText as error:
        return unreadable(name, str(error))
    return plan_source(source, **options)


def open_spec(name: str, variant: str | None = None, stdin_name: str = "<stdin>") -> tuple[Source, str | None]:
    """The text of a file, or of the library's network of that name where there is no such file; and the variant that
    is meant. Raises OSError, BadText, and UsageError for a name that says another variant than `variant`."""
    if name == "-" or (os.path.lexists(name) and not os.path.isdir(name)):
        return load(name, stdin_name), variant
    from shapecalc.language import library

    near = sibling(name)
    if near is not None:
        return load(near[0]), near[1] if variant is None else variant
    found = library.find(name)
    if found is None:
        return load(name, stdin_name), variant
    if variant is not None and found.variant not in (None, found.stem, variant):
        raise UsageError(
            f"`{name}` is itself a variant of {found.stem}; for another one write "
            f"`shapecalc plan {found.stem} --variant {variant}`"
        )
    return load_source(found.path), variant if variant is not None else found.variant


def unreadable(path: str, message: str) -> Plan:
    """The plan of a file that is no text."""
    source = Source(path, "")
    reporter = Reporter()
    reporter.error("not-text", message, Span(source, 0, 0))
    made = Plan(Network(source, None, NATIVE), reporter)
    made.attach(Figures(made))
    return made


def as_shape(given: Sequence[Any]) -> Shape:
    """A shape from Python: integers, names (symbols) and dims. TypeError for anything else."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"a shape is a sequence of sizes, not {given!r}")
    return tuple(as_dim(d) for d in given)


def as_dim(value: Any) -> Dim:
    if isinstance(value, (Sym, UnknownDim)):
        return value
    if isinstance(value, str) and value.isidentifier():
        return symbol(value)
    if hasattr(value, "__index__") and not isinstance(value, bool):
        number = int(value.__index__())
        if number < 0:
            raise ValueError(f"a size must be >= 0, not {number}")
        return number
    raise TypeError(f"a size is an integer or a name, not {value!r}")


# One layer. ----------------------------------------------------------------------------------------------------------


class LayerResult:
    """The answer for one layer: shapes, costs, findings, and the layer with all its arguments."""

    __slots__ = ("diagnostics", "in_shapes", "layer", "result")

    def __init__(
        self,
        layer: Layer | None,
        in_shapes: tuple[Shape, ...],
        result: Result | None,
        diagnostics: list[Finding],
    ) -> None:
        self.layer, self.in_shapes, self.result, self.diagnostics = layer, in_shapes, result, diagnostics

    @property
    def ok(self) -> bool:
        return not any(d.severity == "error" for d in self.diagnostics)

    @property
    def out_shapes(self) -> list[Shape | None]:
        return list(self.result.out_shapes) if self.result is not None and self.ok else []

    @property
    def out_shape(self) -> Shape | None:
        return self.out_shapes[0] if self.out_shapes else None

    @property
    def params(self) -> Dim:
        return self.result.params if self.result is not None else UNK

    @property
    def macs(self) -> Dim:
        return self.result.macs if self.result is not None else UNK

    @property
    def conditions(self) -> list[str]:
        return list(map(str, self.result.conditions)) if self.result is not None else []

    def explain(self) -> list[str]:
        """The formula with the numbers put in."""
        if self.layer is None or self.result is None or not self.ok:
            return []
        return self.layer.explain(self.in_shapes, self.result.out_shapes)


#: How help texts spell an argument with its value: in a call, on the command line.
AS_CODE: Final = "code"
AS_OPTION: Final = "option"
_AS_IN_SPECS: Final = re.compile(r"`(\w+): ([^`]*)`")


def layer(type: str, *inputs: Sequence[Any], args: Sequence[Any] = (), **kwargs: Any) -> LayerResult:
    """One layer on whole input shapes, with PyTorch's arguments by position (`args`) and by name.

    Gives what PyTorch gives in training mode. An unknown type or argument is a finding, not an exception.
    """
    if not isinstance(type, str):
        raise TypeError(f"the layer type is a text such as 'Conv2d', not {type!r}")
    shapes = tuple(as_shape(s) for s in inputs)
    args, kwargs = [plain_number(v) for v in args], {k: plain_number(v) for k, v in kwargs.items()}
    source, spans = call_text(type, args, kwargs)
    return layer_at(type, shapes, kwargs, args, source=source, spans=spans)


def plain_number(value: Any) -> Any:
    """An integer of another library (NumPy's, in lists too) as Python's own."""
    if isinstance(value, (list, tuple)):
        return [plain_number(v) for v in value]
    if hasattr(value, "__index__") and not isinstance(value, (bool, int)):
        with suppress(TypeError, ValueError):  # an array of several
            return int(value.__index__())
    return value


def call_text(type: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Source, dict[str, Span]]:
    """The call as text, with the place of each argument: findings of the Python API point into it."""
    text = f"{type}("
    places: dict[str, tuple[int, int]] = {"type": (0, len(type))}
    items: list[tuple[str | None, Any]] = [(None, v) for v in args] + list(kwargs.items())
    for index, (key, value) in enumerate(items):
        text += ", " if index else ""
        start = len(text)
        text += f"{key}=" if key is not None else ""
        value_start = len(text)
        text += repr(value) if len(repr(value)) < 200 else show(str(value))
        places[f"arg.{index}" if key is None else key] = (value_start, len(text))
        if key is not None:
            places[f"key {key}"] = (start, start + len(key))
    source = Source("<call>", text + ")")
    return source, {name: Span(source, *bounds) for name, bounds in places.items()}


def layer_at(
    type: str,
    shapes: tuple[Shape, ...],
    kwargs: Mapping[str, Any],
    args: Sequence[Any] = (),
    *,
    source: Source,
    spans: Mapping[str, Span],
    spelling: str = AS_CODE,
) -> LayerResult:
    """`layer`, with findings at the places that `spans` gives: argument names as written, `arg.K`, `type`, `input`;
    and with arguments spelled in them as in `spelling`."""
    reporter = Reporter()
    cls = lookup(type)
    whole = spans.get("type", Span(source, 0, len(source.text)))
    if cls is None:
        near = suggestion(type)
        help = f"write `{near}`" if near else None
        if normalized(type) in COMPOSITES:
            help = "it holds layers: write it as a row of a spec, for `shapecalc plan`"
        reporter.error("unknown-type", f"unknown layer type `{type[:80]}`", whole, help=help)
        return LayerResult(None, shapes, None, reporter.findings)
    ctx = Context()
    made = build(cls, kwargs, ctx, args)
    result = infer_layer(made, shapes, ctx)
    for problem in ctx.problems:
        reporter.report(found(problem, cls, ctx, spans, whole, spelling))
    return LayerResult(result.layer, shapes, result, reporter.findings)


def found(
    problem: Problem, cls: type[Layer], ctx: Context, spans: Mapping[str, Span], whole: Span, spelling: str
) -> Finding:
    """A problem at its place in the call or the command line."""
    at = problem.at if isinstance(problem.at, str) else None
    span = None
    if at is not None:
        span = spans.get(ctx.written.get(at, at))
        if at not in cls.by_name:
            span = spans.get(f"key {at}", span)
        if span is None and at.startswith("input"):
            span = spans.get("input")
    fix = None
    if span is not None and problem.replace is not None and at in cls.by_name:
        text = show(problem.replace)
        fix = Fix(f"write `{text}`", [Edit(span, text)], safe=False)
    related = [Label(spans["input"], "the input")] if problem.forward and span is None and "input" in spans else []
    return Finding(
        problem.rule,
        problem.severity,
        problem.message,
        span or whole,
        layer=cls.type,
        notes=[problem.note] if problem.note else [],
        help=respelled(problem, cls, spelling),
        related=related,
        fix=fix,
        training_only=problem.training_only,
    )


def respelled(problem: Problem, cls: type[Layer], spelling: str) -> str | None:
    """The help in the words of the caller: `kernel_size: [3, 5]` is `kernel_size=[3, 5]` or `--kernel-size 3,5`."""
    if problem.help is None:
        return None
    if problem.rule == "input-count":
        return "give one shape for each: `--in A --in B`" if spelling == AS_OPTION else "give one shape for each input"

    def one(match: re.Match[str]) -> str:
        name, value = match.groups()
        if name not in cls.by_name:
            return match[0]
        if spelling == AS_CODE:
            return f"`{name}={value}`"
        flat = value.strip("[]").replace(", ", ",") if value.startswith("[") else value
        return f"`--{name.replace('_', '-')} {flat}`"

    return _AS_IN_SPECS.sub(one, problem.help)
