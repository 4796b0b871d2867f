"""What a layer type is, and everything that follows from its one definition.

A type is a class: arguments as descriptors (`shapecalc.params`), a docstring with shapes and formula, examples, and a
few methods that say what is special. It knows nothing of files and positions: it reports to a `Context` by argument
name, and whoever uses it (spec, command line, Python) knows where that argument stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from shapecalc.algebra.dims import Dim
from shapecalc.algebra.shape import Shape
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import Kinds
from shapecalc.layers.params import REQUIRED, Param

Shapes = tuple["Shape | None", ...]


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
    #: What kinds of layer it is (see `kinds.py`), its bases' and its own type name included.
    kinds: ClassVar[Kinds] = frozenset()
    #: Spatial axes of its input; 0 for types that have none, or any number.
    spatial_rank: ClassVar[int] = 0

    broken: frozenset[str] = frozenset()
    #: Arguments without which the sizes of the output are not known.
    shaping: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, abstract: bool = False, kinds: Kinds = frozenset(), **kwargs: object) -> None:
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
        of_bases = (base.kinds - {base.type} for base in cls.__bases__ if issubclass(base, Layer))
        cls.kinds = kinds.union((cls.type,), *of_bases)

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
