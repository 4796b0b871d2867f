"""Kinds of layer argument: what may be written, what it becomes, how it is documented.

A layer type states each argument as one descriptor. `parse` turns a plain value (from YAML, the command line or
Python) into the value that the layer computes with, or calls `fail` and returns BAD. Everything else that a person
sees of an argument (help, JSON schema, command-line option) is derived from the same descriptor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Generic, Protocol, TypeVar, overload

from shapecalc.algebra.dims import Dim, Sym
from shapecalc.text import english
from shapecalc.text.english import truth_of
from shapecalc.text.spelling import nearest

T = TypeVar("T")

INT64_MAX: Final = 2**63 - 1


class _Marker:
    """A named singleton."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


REQUIRED: Final[Any] = _Marker("REQUIRED")
BAD: Final[Any] = _Marker("BAD")


class Fail(Protocol):
    """Receives why a value is bad; `help` is the corrected text where there is one."""

    def __call__(self, message: str, *, help: str | None = None) -> None: ...


class Param(Generic[T]):
    """One argument of a layer type. Read from an instance it gives the parsed value."""

    kind = "value"

    def __init__(
        self, default: Any = REQUIRED, *, help: str = "", short: Sequence[str] = (), fills: bool = False
    ) -> None:
        self.default = None if fills and default is REQUIRED else default
        self.help = help
        self.short = tuple(short)
        self.fills = fills
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, obj: None, owner: type) -> Param[T]: ...
    @overload
    def __get__(self, obj: object, owner: type) -> T: ...
    def __get__(self, obj: object | None, owner: type) -> Param[T] | T:
        # Values live in the instance's __dict__, which wins over a descriptor without __set__; so this is only
        # reached on the class.
        if obj is None:
            return self
        raise AttributeError(self.name)

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    def parse(self, value: object, fail: Fail) -> T:
        """The value to compute with; BAD after `fail` was told why."""
        if value is None and self.default is None:
            return None  # type: ignore[return-value]
        return self.convert(value, fail)

    def convert(self, value: object, fail: Fail) -> T:
        raise NotImplementedError

    def describe(self) -> str:
        """What may be written, in a few words."""
        return self.kind

    def schema(self) -> dict[str, Any]:
        """JSON Schema (draft-07) of what may be written, expressions apart."""
        return {}


def show(value: object) -> str:
    """A value as a person would write it in YAML, cut to a readable length."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 256:
        return f"a number of about {int(value.bit_length() * 0.30103)} digits"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(show(v) for v in value[:8]) + (", ..." if len(value) > 8 else "")
        return f"[{inner}]"
    if isinstance(value, dict):
        return "{...}" if value else "{}"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def plain_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


class Int(Param[int]):
    """An integer, `lo` and `hi` included."""

    kind = "integer"

    def __init__(self, default: Any = REQUIRED, *, lo: int | None = None, hi: int | None = None, **common: Any) -> None:
        super().__init__(default, **common)
        self.lo, self.hi = lo, hi

    def convert(self, value: object, fail: Fail) -> int:
        return checked_int(self, value, fail, self.lo, self.hi)  # type: ignore[no-any-return]

    def describe(self) -> str:
        return bounded("an integer", self.lo, self.hi)

    def schema(self) -> dict[str, Any]:
        return limits({"type": "integer"}, self.lo, self.hi)


def checked_int(param: Param[Any], value: object, fail: Fail, lo: int | None, hi: int | None) -> Any:
    """`value` if it is an integer in [lo, hi], else BAD."""
    if not plain_int(value):
        whole = isinstance(value, float) and value == value and abs(value) < 1e15 and value == int(value)
        hint = f"write `{int(value)}`" if whole else None  # type: ignore[call-overload]
        fail(f"{param.name} must be {param.describe()}, not {kind_of(value)} `{show(value)}`", help=hint)
        return BAD
    number: int = value  # type: ignore[assignment]
    if (lo is not None and number < lo) or number > (INT64_MAX if hi is None else hi) or number < -INT64_MAX:
        fail(f"{param.name} must be {param.describe()}, not `{show(number)}`")
        return BAD
    return number


def kind_of(value: object) -> str:
    """The kind of a value in a reader's words, as in `not the list [3, 3]`."""
    return "the " + english.kind_of(value)


def bounded(noun: str, lo: float | None, hi: float | None) -> str:
    if lo is not None and hi is not None:
        return f"{noun} from {lo} to {hi}"
    if lo is not None:
        return f"{noun} >= {lo}"
    return f"{noun} <= {hi}" if hi is not None else noun


def limits(schema: dict[str, Any], lo: float | None, hi: float | None) -> dict[str, Any]:
    if lo is not None:
        schema["minimum"] = lo
    if hi is not None:
        schema["maximum"] = hi
    return schema


class Count(Param[Dim]):
    """A number of channels or features: an integer or, where it is left open, a symbol."""

    kind = "count"

    def __init__(self, default: Any = REQUIRED, *, lo: int | None = 0, **common: Any) -> None:
        super().__init__(default, **common)
        self.lo = lo

    def convert(self, value: object, fail: Fail) -> Dim:
        if isinstance(value, Sym):
            return value
        return checked_int(self, value, fail, self.lo, None)  # type: ignore[no-any-return]

    def describe(self) -> str:
        return bounded("an integer", self.lo, None)

    def schema(self) -> dict[str, Any]:
        return limits({"type": "integer"}, self.lo, None)


class Float(Param[float]):
    """A number; integers are taken too."""

    kind = "number"

    def __init__(
        self, default: Any = REQUIRED, *, lo: float | None = None, hi: float | None = None, **common: Any
    ) -> None:
        super().__init__(default, **common)
        self.lo, self.hi = lo, hi

    def convert(self, value: object, fail: Fail) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            fail(f"{self.name} must be {self.describe()}, not {kind_of(value)} `{show(value)}`")
            return BAD  # type: ignore[no-any-return]
        low = self.lo is not None and not value >= self.lo
        if low or (self.hi is not None and not value <= self.hi):
            fail(f"{self.name} must be {self.describe()}, not `{show(value)}`")
            return BAD  # type: ignore[no-any-return]
        return value

    def describe(self) -> str:
        return bounded("a number", self.lo, self.hi)

    def schema(self) -> dict[str, Any]:
        return limits({"type": "number"}, self.lo, self.hi)


Number = Float


class Bool(Param[bool]):
    """true or false; yes, no, on and off as well, which YAML 1.2 reads as text, and 0 and 1 unless `exact`: where
    PyTorch hands the value to its C++ side, that wants a bool."""

    kind = "boolean"

    def __init__(self, default: Any = REQUIRED, *, exact: bool = False, **common: Any) -> None:
        super().__init__(default, **common)
        self.exact = exact

    def convert(self, value: object, fail: Fail) -> bool:
        if isinstance(value, bool):
            return value
        if plain_int(value) and value in (0, 1) and not self.exact:
            return bool(value)
        word = truth_of(value)
        if word is None:
            hint = f"write `{'true' if value else 'false'}`" if value in (0, 1) and plain_int(value) else None
            fail(f"{self.name} must be true or false, not {kind_of(value)} `{show(value)}`", help=hint)
            return BAD  # type: ignore[no-any-return]
        return word

    def describe(self) -> str:
        return "true or false"

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Choice(Param[str]):
    """One of a few words."""

    kind = "choice"

    def __init__(self, *values: str, default: Any = REQUIRED, **common: Any) -> None:
        super().__init__(default, **common)
        self.values = values

    def convert(self, value: object, fail: Fail) -> str:
        if isinstance(value, str) and value in self.values:
            return value
        near = nearest(str(value), self.values) if isinstance(value, str) else None
        fail(
            f"{self.name} must be {self.describe()}, not {kind_of(value)} `{show(value)}`",
            help=f"write `{near}`" if near else None,
        )
        return BAD  # type: ignore[no-any-return]

    def describe(self) -> str:
        return "one of " + ", ".join(f"`{v}`" for v in self.values) if len(self.values) > 1 else f"`{self.values[0]}`"

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.values)}


class Text(Param[str]):
    """A text, such as an einsum equation."""

    kind = "text"

    def convert(self, value: object, fail: Fail) -> str:
        if isinstance(value, str):
            return value
        fail(f"{self.name} must be a text, not {kind_of(value)} `{show(value)}`")
        return BAD  # type: ignore[no-any-return]

    def describe(self) -> str:
        return "a text"

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


class Ints(Param["tuple[int, ...]"]):
    """A list of integers. `length` fixes how many; `single` also takes one integer (as a list of one)."""

    kind = "integers"

    def __init__(
        self,
        default: Any = REQUIRED,
        *,
        length: int | None = None,
        lo: int | None = None,
        single: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(default, **common)
        self.length, self.lo, self.single = length, lo, single

    def convert(self, value: object, fail: Fail) -> tuple[int, ...]:
        if self.single and not isinstance(value, (list, tuple)):
            value = [value]
        if not isinstance(value, (list, tuple)):
            fail(f"{self.name} must be {self.describe()}, not {kind_of(value)} `{show(value)}`")
            return BAD  # type: ignore[no-any-return]
        if self.length is not None and len(value) != self.length:
            fail(f"{self.name} must be {self.describe()}, not {len(value)} values `{show(value)}`")
            return BAD  # type: ignore[no-any-return]
        return checked_items(self, value, fail, self.lo)  # type: ignore[no-any-return]

    def describe(self) -> str:
        many = f"{self.length} integers" if self.length is not None else "a list of integers"
        return bounded(many, self.lo, None)

    def schema(self) -> dict[str, Any]:
        item = limits({"type": "integer"}, self.lo, None)
        many: dict[str, Any] = {"type": "array", "items": item}
        if self.length is not None:
            many |= {"minItems": self.length, "maxItems": self.length}
        return {"anyOf": [item, many]} if self.single else many


def checked_items(param: Param[Any], items: Sequence[object], fail: Fail, lo: int | None) -> Any:
    """The items as a tuple of integers (symbols pass); BAD at the first that is none."""
    out: list[Any] = []
    for item in items:
        parsed = item if isinstance(item, Sym) else checked_int(param, item, fail, lo, None)
        if parsed is BAD:
            return BAD
        out.append(parsed)
    return tuple(out)


class IntOrInts(Param["int | tuple[int, ...]"]):
    """One integer or a list of them, kept as written (`dim: 1`, `dim: [1, 2]`, `start_dim`)."""

    kind = "integer or integers"

    def __init__(self, default: Any = REQUIRED, *, lo: int | None = None, **common: Any) -> None:
        super().__init__(default, **common)
        self.lo = lo

    def convert(self, value: object, fail: Fail) -> int | tuple[int, ...]:
        if isinstance(value, (list, tuple)):
            return checked_items(self, value, fail, self.lo)  # type: ignore[no-any-return]
        if isinstance(value, Sym):
            return value  # type: ignore[return-value]
        return checked_int(self, value, fail, self.lo, None)  # type: ignore[no-any-return]

    def describe(self) -> str:
        return bounded("an integer or a list of integers", self.lo, None)

    def schema(self) -> dict[str, Any]:
        item = limits({"type": "integer"}, self.lo, None)
        return {"anyOf": [item, {"type": "array", "items": item}]}


class Spatial(Param["tuple[int, ...]"]):
    """One integer for all `n` spatial axes or one per axis; always parsed to `n` of them.

    `one`: a list of one value stands for all axes too (PyTorch's pools take that). `none`: null is allowed within
    (adaptive sizes: keep this axis as it comes).
    """

    kind = "spatial"

    def __init__(
        self,
        n: int,
        default: Any = REQUIRED,
        *,
        lo: int | None = None,
        one: bool = False,
        none: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(default, **common)
        self.n, self.lo, self.one, self.none = n, lo, one, none

    def convert(self, value: object, fail: Fail) -> tuple[int, ...]:
        if not isinstance(value, (list, tuple)):
            item = self.item(value, fail)
            return item if item is BAD else (item,) * self.n
        if len(value) == 1 and self.one:
            value = [value[0]] * self.n
        if len(value) != self.n:
            fail(
                f"{self.name} must be {self.describe()}, not {len(value)} values `{show(value)}`",
                help=f"write `{show(value[0])}`" if len(set(map(str, value))) == 1 and value[0] is not None else None,
            )
            return BAD  # type: ignore[no-any-return]
        items = tuple(self.item(v, fail) for v in value)
        return BAD if any(v is BAD for v in items) else items

    def item(self, value: object, fail: Fail) -> Any:
        if value is None and self.none:
            return None
        return value if isinstance(value, Sym) else checked_int(self, value, fail, self.lo, None)

    def describe(self) -> str:
        many = "" if self.n == 1 else f" or a list of {self.n}"
        return bounded(f"an integer{many}", self.lo, None)

    def schema(self) -> dict[str, Any]:
        item = limits({"type": "integer"}, self.lo, None)
        if self.none:
            item = {"anyOf": [item, {"type": "null"}]}
        return {"anyOf": [item, {"type": "array", "items": item, "minItems": self.n, "maxItems": self.n}]}


class Everywhere(tuple[int, ...]):
    """One size that was written for all axes. PyTorch lets it pass where it refuses the same size in a list."""

    __slots__ = ()


class AdaptiveSize(Spatial):
    """Output sizes of an adaptive pool; null within a list keeps the input's size on that axis."""

    def __init__(self, n: int, default: Any = REQUIRED, **common: Any) -> None:
        super().__init__(n, default, lo=0, none=n > 1, **common)

    def convert(self, value: object, fail: Fail) -> tuple[int, ...]:
        if isinstance(value, (list, tuple)):
            return super().convert(value, fail)
        if value is None and self.none:
            keep = show([None] * self.n)
            fail(f"{self.name} must be {self.describe()}, not null alone", help=f"write `{keep}` to keep every size")
            return BAD  # type: ignore[no-any-return]
        size = value if isinstance(value, Sym) else checked_int(self, value, fail, self.lo, None)
        return size if size is BAD else Everywhere((size,) * self.n)  # type: ignore[arg-type]

    def describe(self) -> str:
        return super().describe() + (" (null keeps a size)" if self.none else "")


class Padding(Spatial):
    """Padding of a convolution: an integer, one per axis, `same` or `valid`."""

    def __init__(self, n: int, default: Any = 0, **common: Any) -> None:
        super().__init__(n, default, **common)

    def convert(self, value: object, fail: Fail) -> Any:
        if not isinstance(value, str):
            return super().convert(value, fail)
        if value in ("same", "valid"):
            return value
        near = nearest(value, ("same", "valid"))
        fail(
            f"{self.name} must be {self.describe()}, not the text `{show(value)}`",
            help=f"write `{near}`" if near else None,
        )
        return BAD

    def describe(self) -> str:
        return super().describe() + ", `same` or `valid`"

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [*super().schema()["anyOf"], {"enum": ["same", "valid"]}]}


class Ignored(Param[Any]):
    """An argument that has no effect on shapes or counts (device, dtype): taken and passed over."""

    kind = "ignored"

    def __init__(self, default: Any = None, **common: Any) -> None:
        super().__init__(default, **common)

    def convert(self, value: object, fail: Fail) -> Any:
        return value

    def describe(self) -> str:
        return "anything (no effect on shapes)"


class Any_(Param[Any]):
    """A value that the layer itself looks at."""

    kind = "value"

    def convert(self, value: object, fail: Fail) -> Any:
        return value

    def describe(self) -> str:
        return "a value"
