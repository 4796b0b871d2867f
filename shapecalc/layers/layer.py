"""What a layer type is, and everything that follows from its one definition.

A type is a class: arguments as descriptors (`shapecalc.params`), a docstring with shapes and formula, examples, and a
few methods that say what is special. It knows nothing of files and positions: it reports to a `Context` by argument
name, and whoever uses it (spec, command line, Python) knows where that argument stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from math import prod
from typing import Any, ClassVar, Final

from shapecalc.algebra.dims import UNK, Dim, Sym, at_least_text, divisible, divisible_text, equal_text, less, same
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.names_table import NAMES
from shapecalc.layers.params import BAD, REQUIRED, Param
from shapecalc.text.findings import alike, nearest

Shapes = tuple["Shape | None", ...]

#: PyTorch counts elements in 64 bits; a tensor of this many cannot exist.
MAX_ELEMENTS: Final = 2**63


class Problem:
    """What is wrong with one use of a layer, without a place: `at` names an argument or `input.K` (or is the
    offsets of an expression). `forward`: found when the inputs came, not from the arguments alone."""

    __slots__ = ("at", "forward", "help", "message", "note", "replace", "rule", "severity", "training_only")

    def __init__(
        self,
        rule: str,
        message: str,
        at: str | tuple[int, int] | None,
        note: str | None,
        help: str | None,
        replace: object,
        severity: str,
        training_only: bool,
    ) -> None:
        self.rule, self.message, self.at, self.note = rule, message, at, note
        self.help, self.replace, self.severity, self.training_only = help, replace, severity, training_only
        self.forward = False

    def __repr__(self) -> str:
        return f"{self.severity}[{self.rule}] at {self.at}: {self.message}"


class Context:
    """Collects what a layer has to say of its arguments and inputs: problems, and conditions on symbols."""

    __slots__ = ("conditions", "problems", "written")

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.conditions: list[str] = []
        self.written: dict[str, str] = {}

    @property
    def failed(self) -> bool:
        return any(p.severity == "error" for p in self.problems)

    def error(
        self,
        rule: str,
        message: str,
        at: str | tuple[int, int] | None = None,
        note: str | None = None,
        help: str | None = None,
        replace: object = None,
        training_only: bool = False,
    ) -> None:
        self.problems.append(Problem(rule, message, at, note, help, replace, "error", training_only))

    def warning(
        self,
        rule: str,
        message: str,
        at: str | tuple[int, int] | None = None,
        note: str | None = None,
        help: str | None = None,
        replace: object = None,
        training_only: bool = False,
    ) -> None:
        self.problems.append(Problem(rule, message, at, note, help, replace, "warning", training_only))

    def need(self, verdict: bool | None, condition: str) -> bool:
        """False only where the condition is surely broken; where nobody can tell, it is recorded."""
        if verdict is None and condition not in self.conditions:
            self.conditions.append(condition)
        return verdict is not False

    def equal(self, a: Dim, b: Dim) -> bool:
        if a is UNK or b is UNK:
            return True
        verdict = same(a, b)
        return True if verdict else self.need(verdict, equal_text(a, b))

    def at_least(self, a: Dim, lo: Dim) -> bool:
        if a is UNK or lo is UNK:
            return True
        verdict = less(a, lo)
        return True if verdict is False else self.need(None if verdict is None else False, at_least_text(a, lo))

    def divisible(self, a: Dim, k: Dim) -> bool:
        if a is UNK or k is UNK:
            return True
        verdict = divisible(a, k)
        return True if verdict else self.need(verdict, divisible_text(a, k))


class Window:
    """What one output element reads along one spatial axis; `transposed` windows spread instead of gather."""

    __slots__ = ("dilation", "kernel", "padding", "stride", "transposed")

    def __init__(
        self, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, transposed: bool = False
    ) -> None:
        self.kernel, self.stride, self.padding = kernel, stride, padding
        self.dilation, self.transposed = dilation, transposed

    @property
    def extent(self) -> int:
        """Input positions from the first to the last that is read: dilation*(kernel - 1) + 1."""
        return self.dilation * (self.kernel - 1) + 1


class Phases:
    """What output elements read along one axis where that hangs on their phase: element o the input positions `reads`
    of its phase o % P, first to last, moved on by `step` for every P = len(reads) elements."""

    __slots__ = ("longest", "reads", "step")

    def __init__(self, reads: Sequence[tuple[int, int]], step: int) -> None:
        self.reads, self.step = reads, step
        self.longest = max(last - first + 1 for first, last in reads)


#: `windows` of a layer whose every output element reads the whole axis (global pooling, attention, flatten + linear).
GLOBAL: Final = "global"
#: `windows` where the positions cannot be told.
UNKNOWN: Final = "unknown"

Windows = Sequence["Window | Phases | str | None"]


class Example:
    """One use with its answer: printed by `explain`, run by the tests. `kwargs` are PyTorch's names."""

    __slots__ = ("inputs", "kwargs", "macs", "outputs", "params")

    def __init__(
        self,
        kwargs: Mapping[str, object],
        inputs: Sequence[Shape],
        outputs: Sequence[Shape],
        params: int = 0,
        macs: int | None = None,
    ) -> None:
        self.kwargs, self.inputs, self.outputs = dict(kwargs), list(inputs), list(outputs)
        self.params, self.macs = params, macs


class Layer:
    """Base of every layer type. See `shapecalc.layers.conv` for a family written with it."""

    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    main: ClassVar[str | None] = None
    names: ClassVar[tuple[str, ...]] = ()
    function: ClassVar[bool] = False
    sequence: ClassVar[bool] = False  # reads (N, L, E): no axis of its input is a spatial one
    takes_anything: ClassVar[bool] = False  # Identity: any arguments, none of which matters
    inferred: ClassVar[tuple[str, ...]] = ()  # not arguments (Lazy forms): only the input says them, `fill` sets them
    abstract: ClassVar[bool] = True
    order: ClassVar[tuple[str, ...]] = ()
    examples: ClassVar[Sequence[Example]] = ()
    params_: ClassVar[tuple[Param[Any], ...]] = ()
    by_name: ClassVar[dict[str, Param[Any]]] = {}
    type: ClassVar[str] = "Layer"

    broken: frozenset[str] = frozenset()
    #: Arguments without which the sizes of the output are not known.
    shaping: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, abstract: bool = False, **kwargs: object) -> None:
        """Collects the arguments, bases first; `order` overrides, `name = None` in a subclass drops one."""
        super().__init_subclass__(**kwargs)
        cls.abstract = abstract
        found: dict[str, Param[Any]] = {p.name: p for base in reversed(cls.__mro__[1:]) for p in declared(base)}
        for name, value in vars(cls).items():
            if isinstance(value, Param):
                found[name] = value
            elif name in found and value is None:
                del found[name]
        cls.params_ = tuple(found[n] for n in cls.order) if cls.order else tuple(found.values())
        cls.by_name = {word: p for p in cls.params_ for word in (*p.short, p.name)}
        if "type" not in vars(cls):
            cls.type = cls.__name__

    def __init__(self, values: Mapping[str, Any] | None = None, **more: Any) -> None:
        """From parsed values; an argument that is left out has its default (None if it is required)."""
        given = {**(values or {}), **more}
        own = self.__dict__
        for p in self.params_:
            value = given.get(p.name, REQUIRED)
            if value is REQUIRED:
                value = None if p.default is REQUIRED else default_of(p)
            own[p.name] = value
        for name in self.inferred:
            own[name] = None
        own["given"] = frozenset(given)

    def filled(self, values: Mapping[str, Any]) -> Layer:
        """The same layer with further arguments set."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.__dict__.update(values)
        return twin

    def arguments(self) -> dict[str, Any]:
        """The arguments that matter to a reader, by PyTorch's names: those required, filled or not the default."""
        out = {}
        for p in self.params_:
            value = self.__dict__[p.name]
            if p.kind == "ignored" or value is None:
                continue
            if p.required or p.fills or value != default_of(p):
                out[p.name] = value
        return out

    # What a definition says. -----------------------------------------------------------------------------------------

    def fill(self, *xs: Shape) -> dict[str, Any]:
        """Values, read off the input shapes, for arguments that were left out."""
        return {}

    def construct(self, ctx: Context) -> None:
        """Reports what PyTorch's constructor refuses."""

    def output(self, ctx: Context, *xs: Shape) -> Shape | Sequence[Shape | None] | None:
        """The output shape (or shapes, as a list), after reporting what PyTorch's forward refuses."""
        raise NotImplementedError

    def guess(self) -> Shape | Sequence[Shape | None] | None:
        """What can be said of the output when an input shape is not known."""
        return None

    def salvage(self, *xs: Shape) -> Shape | Sequence[Shape | None] | None:
        """What can be said of the output when the inputs are known and an argument (then None) failed."""
        return self.guess()

    def weights(self) -> dict[str, Shape]:
        """Learnable tensors by their checkpoint names."""
        return {}

    def buffers(self) -> dict[str, Shape]:
        """Tensors that are saved but not learned."""
        return {}

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        """Multiply-accumulates of one call, batch included."""
        return 0

    def windows(self, rank: int) -> Windows | str | None:
        """What an output element reads along the last axes of an input of `rank` dims: a Window (or Phases) for each,
        None: its own position; GLOBAL: all. Or one of these words for all axes, or UNKNOWN."""
        return None

    def places(self, x: Shape, y: Shape) -> Sequence[Sequence[int]] | None:
        """For each axis of the input the output's axes that it becomes; None: all stay where they are."""
        return None

    @property
    def allocates(self) -> bool:
        """False for views and in-place operations."""
        return not self.__dict__.get("inplace", False)

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        """The formula with the numbers put in, line by line."""
        return []


def spatial_rank(cls: type[Layer]) -> int:
    """How many spatial axes a type's input has: the digit of `Conv2d`, 0 for types without."""
    name = cls.type
    return int(name[-2]) if name[-1:] == "d" and name[-2:-1] in ("1", "2", "3") else 0


def declared(cls: type) -> list[Param[Any]]:
    """The arguments a class declares itself or keeps, in order."""
    if not issubclass(cls, Layer):
        return []
    return list(cls.params_)


def default_of(p: Param[Any]) -> Any:
    """The default as a layer sees it: parsed, so that `stride=1` is (1, 1) in two dimensions."""
    if p.default is REQUIRED or p.default is None:
        return None
    cached = p.__dict__.get("_default", REQUIRED)
    if cached is REQUIRED:
        cached = p.__dict__["_default"] = p.parse(p.default, _never)
    return cached


def _never(message: str, *, help: str | None = None) -> None:
    raise AssertionError(f"a default does not parse: {message}")


class Kept(Layer, abstract=True):
    """A layer whose output has its input's shape, whatever else is wrong."""

    def salvage(self, *xs: Shape) -> Shape:
        return xs[0]


# The registry. -------------------------------------------------------------------------------------------------------

_PREFIXES = ("torch.nn.functional.", "torch.nn.", "torch.", "nn.functional.", "nn.", "F.")


def normalized(name: str) -> str:
    """`nn.Conv2d`, `conv_2d`, `Conv2D` -> `conv2d`."""
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            name = name[len(prefix) :]
            break
    return name.replace("_", "").lower()


_found: dict[str, type[Layer] | None] = {}


def lookup(name: str) -> type[Layer] | None:
    """The layer type of that name, in any of its spellings; imports the family at first need."""
    try:
        return _found[name]
    except KeyError:
        pass
    place = NAMES.get(normalized(name))
    cls: type[Layer] | None = None
    if place is not None:
        module, _, attribute = place.partition(":")
        cls = getattr(import_module("shapecalc.layers." + module), attribute)
    if len(_found) < 10_000:
        _found[name] = cls
    return cls


def catalogue() -> list[type[Layer]]:
    """Every layer type, sorted by name (imports all families)."""
    found = {lookup(key) for key in NAMES}
    return sorted((cls for cls in found if cls is not None), key=lambda cls: cls.type.lower())


# Building: plain values -> a layer. ----------------------------------------------------------------------------------


def build(
    cls: type[Layer],
    values: Mapping[str, object],
    ctx: Context,
    positional: Sequence[object] = (),
    failed: Iterable[str] = (),
) -> Layer:
    """A layer from plain values, by position and by name; what is wrong goes to `ctx`.

    Always returns a layer: one whose arguments failed lists them in `broken`, and only guesses its output.
    `failed` names arguments whose values were refused (and reported) before they came here.
    """
    parsed: dict[str, Any] = {}
    broken: set[str] = set(failed)
    for p, value, at in assigned(cls, values, ctx, positional, broken):
        if p.name in broken:
            continue
        result = p.parse(value, _Fail(ctx, at))
        if result is BAD:
            broken.add(p.name)
        else:
            parsed[p.name] = result
    missing = [p for p in cls.params_ if p.required and p.name not in parsed and p.name not in broken]
    for p in missing:
        broken.add(p.name)
    if missing:
        report_missing(cls, missing, ctx)
    layer = cls(parsed)
    if broken:
        layer.broken = frozenset(broken)
    return layer


class _Fail:
    """Turns a parameter's complaint into a problem at its place."""

    __slots__ = ("at", "ctx")

    def __init__(self, ctx: Context, at: str) -> None:
        self.ctx, self.at = ctx, at

    def __call__(self, message: str, *, help: str | None = None) -> None:
        self.ctx.error("invalid-argument", message, at=self.at, help=help)


def assigned(
    cls: type[Layer], values: Mapping[str, object], ctx: Context, positional: Sequence[object], broken: set[str]
) -> Iterable[tuple[Param[Any], object, str]]:
    """(parameter, value, where it stands) for each argument given; unknown and doubled ones are reported."""
    if cls.takes_anything:
        return
    taken: set[str] = set()
    for index, value in enumerate(positional):
        if index >= len(cls.params_):
            ctx.error(
                "unknown-argument",
                f"{cls.type} takes at most {len(cls.params_)} arguments, {len(positional)} are given",
                at=f"arg.{index}",
            )
            break
        taken.add(cls.params_[index].name)
        ctx.written[cls.params_[index].name] = f"arg.{index}"
        yield cls.params_[index], value, cls.params_[index].name
    for key, value in values.items():
        found = cls.by_name.get(key)
        if found is None:
            report_unknown(cls, key, taken, values, ctx, broken)
        elif found.name in taken:
            ctx.error(
                "duplicate-argument",
                f"{found.name} of {cls.type} is given twice",
                at=key,
                help=f"keep one of `{ctx.written.get(found.name, found.name)}` and `{key}`",
            )
        else:
            taken.add(found.name)
            ctx.written[found.name] = key
            yield found, value, found.name


#: What other frameworks call PyTorch's arguments.
FOREIGN_ARGUMENTS: Final = {
    "filters": "out_channels",
    "units": "out_features",
    "strides": "stride",
    "pool_size": "kernel_size",
    "kernel_shape": "kernel_size",
    "pads": "padding",
    "pad": "padding",
    "dilations": "dilation",
    "dilation_rate": "dilation",
    "group": "groups",
    "epsilon": "eps",
    "use_bias": "bias",
    "rate": "p",
    "size": "kernel_size",
    "channels": "out_channels",
    "features": "out_features",
    "kernel": "kernel_size",
    "input_dim": "num_embeddings",
    "output_dim": "embedding_dim",
    "num_heads": "nhead",
    "heads": "num_heads",
    "axis": "dim",
    "keepdims": "keepdim",
}

_OWN_ROW: Final = "put it in a row of its own after this one, such as `- {}`"
_NO_EFFECT: Final = "leave it out: it changes no shape and no count"

#: Arguments of other frameworks that are no argument here, and what to do instead.
FOREIGN_ADVICE: Final = {
    "activation": _OWN_ROW.format("relu"),
    "act": _OWN_ROW.format("relu"),
    "nonlinearity": _OWN_ROW.format("relu"),
    "normalization": _OWN_ROW.format("batchnorm2d"),
    "batch_norm": _OWN_ROW.format("batchnorm2d"),
    "dropout": _OWN_ROW.format("dropout: 0.5"),
    "input_shape": "the shape of the input stands at the top of the file: `input: [C, H, W]`",
    "data_format": "channels come first, as in PyTorch: leave it out",
    "kernel_initializer": _NO_EFFECT,
    "bias_initializer": _NO_EFFECT,
    "kernel_regularizer": _NO_EFFECT,
    "init": _NO_EFFECT,
    "lr": _NO_EFFECT,
}


def report_unknown(
    cls: type[Layer], key: str, taken: set[str], values: Mapping[str, object], ctx: Context, broken: set[str]
) -> None:
    """An argument that the type does not have, with the one that was meant; its parameter counts as given."""
    free = [p for p in cls.params_ if p.name not in taken and not any(w in values for w in (p.name, *p.short))]
    word, sure = meant_by(cls, key, free, broken)
    meant = cls.by_name[word].name if word else None
    open_ = any(p.name == meant for p in free)  # else it would be given twice
    if open_:
        broken.add(str(meant))
    allowed = ", ".join(p.name for p in cls.params_ if p.kind != "ignored")
    ctx.error(
        "unknown-argument",
        f"{cls.type} has no argument `{key}`",
        at=key,
        note=f"it takes {allowed}" if allowed else "it takes no arguments",
        help=f"write `{meant}`" if meant else FOREIGN_ADVICE.get(key.lower()),
        replace=meant if open_ and sure else None,
    )


def meant_by(cls: type[Layer], key: str, free: Sequence[Param[Any]], broken: set[str]) -> tuple[str | None, bool]:
    """The argument that an unknown key stands for, if there is one, and whether that is beyond doubt."""
    foreign = FOREIGN_ARGUMENTS.get(key.lower())
    if foreign in cls.by_name:
        return foreign, True
    if key.lower() in FOREIGN_ADVICE:
        return None, False
    word = nearest(key, [w for p in free or cls.params_ for w in (p.name, *p.short) if len(w) > 2 or w == p.name])
    if word is not None:
        return word, alike(key, word)
    # Nobody gives what the type needs: this key may, and two findings would be one mistake told twice.
    return next((p.name for p in free if p.required and p.name not in broken), None), False


def report_missing(cls: type[Layer], missing: Sequence[Param[Any]], ctx: Context) -> None:
    names = " and ".join(p.name for p in missing)
    first = missing[0]
    word = first.short[0] if first.short else first.name
    ctx.error(
        "missing-argument",
        f"{cls.type} needs {names}",
        note="; ".join(f"{p.name}: {p.help}" for p in missing if p.help) or None,
        help=f"add `{word}: ...` ({first.describe()})",
    )


# Inference of one layer. ---------------------------------------------------------------------------------------------


class Result:
    """What one call of a layer gives. `layer` has the arguments that the input fixed filled in."""

    __slots__ = ("buffers", "conditions", "layer", "macs", "out_shapes", "params", "problems")

    def __init__(self, layer: Layer, out_shapes: Shapes, params: Dim, buffers: Dim, macs: Dim, ctx: Context) -> None:
        self.layer, self.out_shapes = layer, out_shapes
        self.params, self.buffers, self.macs = params, buffers, macs
        self.problems, self.conditions = tuple(ctx.problems), tuple(ctx.conditions)


def infer_layer(layer: Layer, xs: Shapes, ctx: Context) -> Result:
    """Shapes, parameters and MACs of `layer` on inputs `xs`; what is wrong goes to `ctx`."""
    try:
        return worked_out(layer, xs, ctx)
    except TypeError:  # a definition that compares an argument which is a symbol here
        symbolic = [p for p in layer.params_ if holds_symbol(layer.__dict__[p.name])]
        if not symbolic:
            raise
        at = min(symbolic, key=lambda p: p.kind != "spatial").name
    ctx.error("invalid-argument", f"{at} of {layer.type} must be a number here, not a symbol", at=at)
    return Result(layer, (None,), UNK, UNK, UNK, ctx)


def holds_symbol(value: object) -> bool:
    return isinstance(value, Sym) or (isinstance(value, (list, tuple)) and any(map(holds_symbol, value)))


def worked_out(layer: Layer, xs: Shapes, ctx: Context) -> Result:
    """`infer_layer` for the arguments that the layer's definition knows how to treat."""
    known = all(x is not None for x in xs)
    ys = shapes_of(layer.salvage(*xs) if layer.broken and known and xs else layer.guess())  # type: ignore[arg-type]
    known = known and not layer.broken
    if not layer.broken and arity_fits(layer, len(xs), ctx):
        if known:
            layer = fill(layer, xs)
        before = len(ctx.problems)
        layer.construct(ctx)
        if known:
            refused = [p.at for p in ctx.problems[before:] if p.severity == "error"]
            before = len(ctx.problems)
            wrong = layer.shaping.intersection(refused)
            if wrong:  # sizes that hang on a refused number would look like a second mistake further down
                ys = shapes_of(layer.filled({"broken": wrong}).salvage(*xs))  # type: ignore[arg-type]
            else:
                ys = outputs(layer, xs, Context() if refused else ctx)
            for problem in ctx.problems[before:]:
                problem.forward = True
    params, buffers = count(layer, layer.weights), count(layer, layer.buffers)
    too_large(layer, ys, params, ctx)
    macs: Dim = UNK
    if known and all(y is not None for y in ys):
        macs = guarded_macs(layer, xs, ys)
    return Result(layer, ys, params, buffers, macs, ctx)


def fill(layer: Layer, xs: Shapes) -> Layer:
    """`layer` with the arguments that the input fixes, where they were left out."""
    if not layer.inferred and not any(p.fills and layer.__dict__[p.name] is None for p in layer.params_):
        return layer
    try:
        values = layer.fill(*xs)  # type: ignore[arg-type]
    except IndexError:  # an input of too few axes, which `output` reports
        return layer
    return layer.filled({k: v for k, v in values.items() if layer.__dict__[k] is None})


def outputs(layer: Layer, xs: Shapes, ctx: Context) -> Shapes:
    """Output shapes. After a refused constructor only a guess is wanted, and arithmetic may fail."""
    try:
        return shapes_of(layer.output(ctx, *xs))  # type: ignore[arg-type]
    except (ArithmeticError, LookupError):
        return shapes_of(layer.guess())


def guarded_macs(layer: Layer, xs: Shapes, ys: Shapes) -> Dim:
    try:
        return layer.macs(xs, ys)
    except (ArithmeticError, LookupError, TypeError):  # arguments that were reported already
        return UNK


def shapes_of(given: Shape | Sequence[Shape | None] | None) -> Shapes:
    """One shape, several in a list, or none at all -> a tuple of shapes."""
    if isinstance(given, list):
        return tuple(given)
    return (given,)  # type: ignore[return-value]


def arity_fits(layer: Layer, n: int, ctx: Context) -> bool:
    fewest, most = layer.arity
    if n >= fewest and (most is None or n <= most):
        return True
    wanted = f"{fewest}" if fewest == most else f"at least {fewest}" if most is None else f"{fewest} to {most}"
    ctx.error(
        "input-count",
        f"{layer.type} takes {wanted} input{'' if wanted == '1' else 's'}, {n} arrive" + ("s" if n == 1 else ""),
        at="from",
        help="name them: `from: [a, b]`" if n < fewest else None,
    )
    return False


def count(layer: Layer, tensors: Any) -> Dim:
    """Scalars in the layer's tensors; unknown where an argument failed or is not known yet."""
    try:
        total: Dim = 0
        for shape in tensors().values():
            if None in shape:
                return UNK
            total = total + numel(shape)
        return total
    except (ArithmeticError, LookupError, TypeError):
        return UNK


def huge(shape: Shape) -> bool:
    """Does a tensor of this shape, or one of its axes, have 2^63 elements or more, whatever its symbols stand for?"""
    known = prod(d for d in shape if isinstance(d, int))
    if not known:
        return overflows([d for d in shape if isinstance(d, int)])
    return known >= MAX_ELEMENTS and less(numel(shape), MAX_ELEMENTS) is False


def overflows(sizes: Sequence[int]) -> bool:
    """Is a tensor of no elements too large for PyTorch, which multiplies strides as if 0 were 1, and sizes in order?"""
    strides = prod(max(d, 1) for d in sizes[1:])
    return max(strides, prod(sizes[: sizes.index(0)]), *sizes) >= MAX_ELEMENTS


def too_large(layer: Layer, ys: Shapes, params: Dim, ctx: Context) -> None:
    """Reports a tensor of 2^63 elements or more, which no machine can index."""
    for y in ys:
        if y is None or ctx.failed:
            continue
        if huge(y):
            ctx.error(
                "tensor-too-large",
                f"the output of {layer.type} has 2^63 elements or more",
                note=f"output {format_shape(y)}",
            )
            return
    if isinstance(params, int) and params >= MAX_ELEMENTS and not ctx.failed:
        ctx.error("tensor-too-large", f"{layer.type} has 2^63 parameters or more")
