"""Composing a module: layers of the catalogue and smaller modules, joined by handles (their names)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shapecalc.algebra.dims import UNK
from shapecalc.algebra.shape import Shape
from shapecalc.dialects.yolo.stated import Idle, Stated
from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.layer import Layer, Shapes
from shapecalc.layers.registry import lookup
from shapecalc.network.network import EMPTY, Body, Bounds, Controls, Group, Ref, Step
from shapecalc.text.source import Source

MOST_ITEMS: Final = 5000  # of one module, side by side

Handle = str
Handles = Sequence[Handle]
Compose = Callable[..., Any]


def named(modules: Mapping[str, Compose]) -> None:
    """Gives each composition the module's name."""
    for name, compose in modules.items():
        compose.__dict__["module"] = name


class Refused(Exception):
    """What a module's constructor does not take: rule, message, the name of the argument, help."""

    def __init__(self, rule: str, message: str, argument: str | None = None, help: str | None = None) -> None:
        super().__init__(message)
        self.rule, self.message, self.argument, self.help = rule, message, argument, help


class Shared:
    """What all rows of a file share: the activation of its convolutions, its classes, and each layer once."""

    __slots__ = ("activation", "classes", "known", "source")

    def __init__(self, source: Source) -> None:
        self.source, self.classes = source, 80
        self.activation: tuple[str, Mapping[str, Any]] | None = ("SiLU", {"inplace": True})
        self.known: dict[Any, Layer] = {}

    def layer(self, type: str, values: Mapping[str, Any]) -> Layer:
        """The layer with these arguments, one object for all its uses so that it is worked out once."""
        key = (type, *[(k, tuple(v) if isinstance(v, list) else v) for k, v in values.items()])
        found = self.known.get(key)
        if found is None:
            cls = lookup(type)
            assert cls is not None, type
            ctx = Context()
            found = build(cls, values, ctx)
            if ctx.problems:
                problem = ctx.problems[0]
                at = problem.at if isinstance(problem.at, str) else None
                raise Refused(problem.rule, problem.message, at, problem.help)
            self.known[key] = found
        return found


class Site:
    """Where a row stands in the file: findings of its layers point there. `refuse` reports what a module inside the
    row does not take."""

    __slots__ = ("end", "inputs", "refuse", "shared", "start")

    def __init__(self, shared: Shared, start: int, end: int, inputs: Bounds | None = None) -> None:
        self.shared, self.start, self.end, self.inputs = shared, start, end, inputs
        self.refuse: Callable[[Refused], None] | None = None

    def spans(self, at: str) -> Bounds | None:
        return self.inputs if at == "input" or at.startswith("input.") else None


class Build:
    """The layers of one module, in order. `shape`: of what reaches it, None where that is not known."""

    __slots__ = ("counts", "items", "last", "shape", "site")

    def __init__(self, site: Site, shape: Shape | None) -> None:
        self.site, self.shape = site, shape
        self.items: list[Any] = []
        self.last: Handle | None = "input"
        self.counts: dict[str, int] = {}

    @property
    def sizes(self) -> list[Any]:
        """Height and width of what reaches the module. They matter only where they are known."""
        return list(self.shape[2:]) if self.shape is not None and UNK not in self.shape[2:] else [-1, 1]

    # Layers. ---------------------------------------------------------------------------------------------------------

    def layer(self, type: str, x: Handle | Handles, name: str | None = None, **values: Any) -> Handle:
        """One layer of the catalogue; the arguments are PyTorch's."""
        return self.step(self.site.shared.layer(type, values), x, name)

    def step(self, layer: Layer, x: Handle | Handles, name: str | None = None, frozen: bool = False) -> Handle:
        site = self.site
        self.limit()
        name = name or self.count(layer.type.lower())
        controls = self.controls(x)
        if frozen:
            controls = controls if controls is not EMPTY else Controls()
            controls.trainable = never
        self.items.append(
            Step(
                site.shared.source,
                site.start,
                site.end,
                layer.type,
                layer,
                name=name,
                controls=controls,
                spans=site.spans,
            )
        )
        self.last = name
        return name

    def idle(self, name: str, type: str, **values: Any) -> None:
        """A layer that has weights and is not run."""
        shared = self.site.shared
        layer = shared.layer(type, values)
        key = ("idle", id(layer))
        self.step(shared.known.setdefault(key, Idle(layer)), [], name)

    def again(self, owner: Handle, type: str, x: Handle | Handles, **values: Any) -> Handle:
        """One layer with the weights of an earlier one."""
        name = self.layer(type, x, None, **values)
        step = self.items[-1]
        step.controls = Controls() if step.controls is EMPTY else step.controls
        step.controls.share = Ref(owner, step.start, step.end)
        return name

    def limit(self) -> None:
        if len(self.items) >= MOST_ITEMS:
            raise Refused("too-many-layers", f"the module comes to more than {MOST_ITEMS:,} layers", "n")

    def count(self, type: str) -> str:
        number = self.counts[type] = self.counts.get(type, 0) + 1
        return f"{type}_{number}"

    def controls(self, x: Handle | Handles) -> Controls:
        if x == self.last:
            return EMPTY
        site = self.site
        start, end = site.inputs or (site.start, site.end)
        controls = Controls()
        controls.refs = [Ref(x, start, end)] if isinstance(x, str) else [Ref(each, start, end) for each in x]
        return controls

    def tensor(self, name: str, *shape: int, frozen: bool = False) -> Handle:
        """A tensor of the module's own: learned, or with `frozen` a constant one."""
        kind = "constant" if frozen else "parameter"
        return self.step(self.site.shared.layer(kind, {"shape": list(shape)}), [], name)

    # Modules. --------------------------------------------------------------------------------------------------------

    def use(self, name: str, compose: Compose, x: Handle | Handles, *args: Any, **named: Any) -> Handle:
        """A smaller module, under a name of its own."""
        self.limit()
        self.items.append(self.group(name, compose, x, args, named))
        self.last = name
        return name

    def group(
        self, name: str, compose: Compose, x: Handle | Handles, args: Sequence[Any], named: Mapping[str, Any]
    ) -> Group:
        site = self.site

        def expand(xs: Shapes) -> Body:
            try:
                return body_of(compose, site, xs, not isinstance(x, str), args, named)
            except Refused as refused:
                if site.refuse is None:
                    raise
                site.refuse(refused)
                build = Build(site, None)
                return closed(build, build.step(Stated(None), "input"))

        kind = getattr(compose, "module", compose.__name__)
        return ModuleGroup(site, kind, expand, name, self.controls(x))

    def repeat(self, names: str, times: int, compose: Compose, x: Handle, *args: Any, **named: Any) -> Handle:
        """The same module several times in a row: `m.0`, `m.1`, ..."""
        for i in range(times):
            x = self.use(f"{names}.{i}", compose, x, *args, **named)
        return x


class ModuleGroup(Group):
    """A module: its layers are composed when the shapes that reach it are known."""

    __slots__ = ("compose",)

    def __init__(
        self, site: Site, type: str, compose: Callable[[Shapes], Body], name: str | None, controls: Controls = EMPTY
    ) -> None:
        super().__init__(site.shared.source, site.start, site.end, type, no_variables, name=name, controls=controls)
        self.compose = compose

    def body(self, shapes: Sequence[Shape | None], outer: Mapping[str, Any], inner: Mapping[str, Any]) -> Body:
        return self.compose(tuple(shapes))


def no_variables(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> Body:
    return Body(())


def body_of(
    compose: Compose, site: Site, xs: Shapes, several: bool, args: Sequence[Any], named: Mapping[str, Any]
) -> Body:
    """The layers of a module that reads one tensor, or several."""
    build = Build(site, xs[0] if xs else None)
    x: Any = "input"
    if several:
        x = [f"input.{k}" for k in range(len(xs))]
        build.last = None
    try:
        out = compose(build, x, *args, **named)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
        name = getattr(compose, "module", None) or "the module"
        raise Refused("invalid-argument", f"{name} cannot be built from arguments of these kinds") from None
    return closed(build, out)


def closed(build: Build, out: Handle | Handles) -> Body:
    """The body of what has been built, giving `out`."""
    if isinstance(out, str):
        if out == build.last and build.items:
            return Body([build.items])
        out = [out]
    site = build.site
    return Body([build.items], outputs=[Ref(each, site.start, site.end) for each in out])


def rehearse(compose: Compose, site: Site, inputs: int | None, args: Sequence[Any]) -> None:
    """Composes a module and all inside it, without shapes: raises Refused for what any of them does not take."""
    shapes: Shapes = (None,) * (inputs or 1)
    waiting = [each for chain in body_of(compose, site, shapes, inputs is not None, args, {}).chains for each in chain]
    while waiting:
        item = waiting.pop()
        if isinstance(item, ModuleGroup):
            waiting += [each for chain in item.body((None,), {}, {}).chains for each in chain]


def never(env: Mapping[str, Any]) -> bool:
    return False
