"""Network -> Plan: one walk over the layers, in order.

Equal layers on equal shapes are worked out once. What is wrong becomes a finding with a place; what is not known is
carried on in silence, so that one mistake gives one finding and later mistakes still show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import takewhile
from typing import Any, Final

from shapecalc.algebra.dims import UNK, Sym, same, substitute
from shapecalc.algebra.expressions import ExprError, NotKnown
from shapecalc.algebra.shape import format_shape
from shapecalc.layers.context import Context, Problem
from shapecalc.layers.inference import Result, infer_layer
from shapecalc.layers.layer import Layer, Shapes
from shapecalc.layers.params import show
from shapecalc.network.network import EMPTY, Body, Group, Network, Ref, Step, Word, word_in
from shapecalc.network.plan import Edge, Plan, Policy, Row
from shapecalc.network.scope import Out, Scope, Use, explicit, scopes, shape_variables, uses
from shapecalc.network.sharing import inside, take, unlike, weights_of
from shapecalc.text.findings import Edit, Finding, Fix, Label, Reporter
from shapecalc.text.source import Span
from shapecalc.text.spelling import nearest

MAX_GROUP_DEPTH: Final = 100
PATIENCE: Final = 10_000
UNKNOWN: Final = Result(None, (None,), UNK, UNK, UNK, Context())  # type: ignore[arg-type]
BATCH: Final = "N"
MAX_REMEMBERED: Final = 10_000
MOST_LABELS: Final = 10
OF_VALUES: Final = ("invalid-argument", "invalid-expression")  # what a text in the place of a number gives

_results: Final[dict[tuple[Layer, Shapes, bool], Result]] = {}


class _Stop(Exception):
    """The walk has reached the cap on layers."""


def infer(network: Network, reporter: Reporter, policy: Policy | None = None, *, train: bool = False) -> Plan:
    """The plan of a network; findings go to `reporter`, and the policy says which of them count."""
    plan = Plan(network, reporter, policy)
    walk = _Walk(plan, train)
    with suppress(_Stop):
        walk.run()
    return plan


class _Walk:
    def __init__(self, plan: Plan, train: bool) -> None:
        self.plan, self.network, self.reporter, self.train = plan, plan.network, plan.reporter, train
        self.rows = plan.layers
        self.memo: dict[Any, Result] = {}
        # By the identities of a layer and its input shapes, both of which live as long as the plan.
        self.repeats: dict[tuple[int, int], Result] = {}
        self.seen: set[Any] = set()
        self.told: dict[tuple[str, Span], Finding] = {}  # findings that come from a text which a block was given
        self.suspects: dict[tuple[int, int], bool] = {}  # (row, by how much its size was off) that were reported
        self.refused = False  # something was wrong with the row that comes next
        self.errors = 0  # reported so far
        self.silent = False  # an earlier repeat of what is walked was wrong: what follows from that is not reported
        self.met: dict[int, bool] = {}  # items with a condition: did it always hold?
        self.patience = PATIENCE  # rows after which it is counted how many there will be
        self.named: dict[str, Row] = {}  # the first `known` rows by their whole names
        self.known = 0
        self.one_sample = {BATCH: 1} if isinstance(self.network.batch, Sym) else None

    def run(self) -> None:
        network = self.network
        ins = [Out((shape,), ((-k - 1, 0),)) for k, shape in enumerate(network.inputs.values())]
        entry = Out(tuple(network.inputs.values()), tuple((-k - 1, 0) for k in range(len(ins))))
        first = ins[0] if ins else Out((), ())
        scope = Scope(first, {**network.variables, **shape_variables(first.shapes)}, later=explicit(network.items))
        scope.names.update(zip(network.inputs, ins, strict=True))
        scope.names.setdefault("input", first)
        for k, single in enumerate(ins):
            scope.names[f"input.{k}"] = single
        del entry
        last = self.chain(network.items, scope)
        self.finish(last, scope)

    # Chains and items. -----------------------------------------------------------------------------------------------

    def chain(self, items: Sequence[Any], scope: Scope) -> Out:
        """Walks one list of items; its last output."""
        scope.outs = []
        last = scope.entry
        step, again, repeats = self.step, self.again, self.repeats
        for item in items:
            if item.controls is EMPTY and type(item) is Step and item.make is None:
                result = repeats.get((id(item.layer), id(last.shapes)))
                last = step(item, last, scope) if result is None else again(item, last, scope, result)
            else:
                last = self.item(item, last, scope)
            scope.outs.append(last)
        return last

    def item(self, item: Any, last: Out, scope: Scope) -> Out:
        """One item with its `from`, `when` and `repeat`."""
        controls = item.controls
        given = last
        if controls.refs is not None:
            given = self.gather(item, scope)
        variables = scope.variables
        try:
            if controls.when is not None:
                holds = controls.when(variables)
                self.met[id(item)] = holds and self.met.get(id(item), True)
                if not holds:
                    if controls.refs is not None and len(controls.refs) > 1:
                        given = Out(given.shapes[:1], given.edges[:1])  # a sum of one: its first term
                    if item.name:
                        scope.names[item.name] = given
                    return given
            repeat = controls.repeat(variables) if controls.repeat is not None else None
        except ExprError as error:
            self.expression(error, item, scope)
            out = Out((None,), given.edges[:1])
            if item.name:
                scope.names[item.name] = out
            return out
        if repeat is None:
            return self.one(item, given, scope, None)
        return self.repeated(item, given, scope, repeat)

    def repeated(self, item: Any, given: Out, scope: Scope, repeat: int) -> Out:
        name = self.name_of(item, scope)
        outer = scope.variables
        if len(self.rows) + repeat > self.network.expansion_cap:
            self.too_many(item, scope)
        errors, silent = self.errors, self.silent
        for i in range(repeat):
            self.silent = silent or self.errors > errors
            scope.variables = {**outer, "i": i}
            first = len(self.rows)
            given = self.one(item, given, scope, f"{name}.{i}", (i + 1, repeat))
            if first < len(self.rows):
                self.named[scope.prefix + name] = self.rows[first]
            if len(given.shapes) > 1 and not given.multi and i + 1 < repeat:
                given_next = Out(given.shapes[:1], given.edges[:1])
                given = given_next
        self.silent = silent
        scope.variables = outer
        scope.names[name] = given
        return given

    def one(self, item: Any, given: Out, scope: Scope, name: str | None, turn: tuple[int, int] | None = None) -> Out:
        if type(item) is Step:
            return self.step(item, given, scope, name)
        return self.group(item, given, scope, name, turn)

    def name_of(self, item: Any, scope: Scope) -> str:
        return item.name or scope.auto_name(item.type.lower())

    def gather(self, item: Any, scope: Scope) -> Out:
        """What `from` names, in order; a name that is not there is reported and stands for an unknown shape."""
        shapes: list[Any] = []
        edges: list[Edge] = []
        several = len(item.controls.refs) > 1
        multi = False
        for ref in item.controls.refs:
            out = self.resolve(ref, item, scope)
            if out is None:
                shapes.append(None)
                edges.append((-1, 0))
            elif out.multi:
                multi = multi or not several
                if item.type.lower() not in ("cat", "stack"):
                    self.many(ref, item, scope, out)
                    shapes.append(None)
                    edges.append(out.edges[0])
                else:
                    shapes.extend(out.shapes)
                    edges.extend(out.edges)
            else:
                shapes.append(out.shapes[0] if out.shapes else None)
                edges.append(out.edges[0] if out.edges else (-1, 0))
        return Out(tuple(shapes), tuple(edges), multi)

    def many(self, ref: Ref, item: Any, scope: Scope, out: Out) -> None:
        self.report(
            item,
            scope,
            "several-outputs",
            f"`{ref.target}` gives {len(out.shapes)} outputs; only cat and stack read all of them",
            (ref.start, ref.end),
            help=f"name one: `{ref.target}.0`",
        )

    def resolve(self, ref: Ref, item: Any, scope: Scope) -> Out | None:
        target = ref.target
        if isinstance(target, int):
            return self.back(ref, item, scope)
        if target == "":  # it was reported as no reference at all
            return None
        found = scope.find(target)
        if found is not None:
            return found
        base, dot, number = target.rpartition(".")
        whole = scope.find(base) if dot else None
        if whole is not None and number.isdigit():
            k = int(number) if len(number) < 9 else 10**9
            if k < len(whole.shapes):
                return Out(whole.shapes[k : k + 1], whole.edges[k : k + 1])
            count = len(whole.shapes)
            many = f"{count} output" + ("s" if count != 1 else "")
            message, help = f"`{base}` has {many}, there is no `{target}`", f"write `{base}.{count - 1}` or less"
            if count == 1:
                help = f"write `{base}`"
            times = sum(1 for _ in takewhile(lambda n: scope.find(f"{base}.{n}") is not None, range(10_000)))
            if times and base != "input":
                message, help = f"`{base}` stands {times} times, there is no `{target}`", f"write `{base}.{times - 1}`"
            elif base == "input" and scope.use is not None:
                given = f"{count} input" + ("s" if count != 1 else "")
                message = f"this block is given {given}: there is no `{target}`"
                help = f"give it more where it is used: `from: [{', '.join('abcdefgh'[: min(k + 1, 8)])}]`"
            self.report(item, scope, "unknown-reference", message, (ref.start, ref.end), help=help)
            return None
        self.unknown(ref, item, scope)
        return None

    def back(self, ref: Ref, item: Any, scope: Scope) -> Out | None:
        steps = ref.target
        assert isinstance(steps, int)
        if steps < 0 and -steps <= len(scope.outs):
            return scope.outs[steps]
        if steps == -len(scope.outs) - 1:
            return scope.entry
        here = len(scope.outs)
        message = (
            f"`from: {show(steps)}` counts from the layer before (-1); there are {here} layers before this one"
            if steps < 0
            else f"`from: {show(steps)}` is not a reference: rows are named, or counted back with negative numbers"
        )
        help = "write `-1` for the layer before" if steps < 0 else "name the layer and write `from: NAME`"
        self.report(item, scope, "unknown-reference", message, (ref.start, ref.end), help=help)
        return None

    def unknown(self, ref: Ref, item: Any, scope: Scope) -> None:
        target = str(ref.target)
        names = [n for s in scopes(scope) for n in s.names]
        near = nearest(target, names)
        if target.startswith("-") and target[1:].isdecimal():
            message, near = f"`{target}` in quotes is a name, and no layer is called so", target
        elif target == item.name:
            message, near = f"`{target}` reads itself", near if near != target else None
        elif target in scope.later:
            message = f"`{target}` comes later: a layer reads what is above it"
            near = None
        else:
            message = f"there is no layer `{target}`"
        self.report(
            item,
            scope,
            "unknown-reference",
            message,
            (ref.start, ref.end),
            help=f"write `{near}`" if near else None,
            replace=near,
        )

    # One layer. ------------------------------------------------------------------------------------------------------

    def step(self, step: Step, given: Out, scope: Scope, name: str | None = None) -> Out:
        rows = self.rows
        layer, problems = step.layer, step.problems
        if step.make is not None:
            layer, problems = step.make(scope.variables)
        short = step.name or scope.auto_name(step.type.lower()) if name is None else name
        index = len(rows)
        if index >= self.network.expansion_cap:
            self.too_many(step, scope)
        xs, edges = given.shapes, given.edges
        if step.controls.refs is None and len(xs) > 1 and not given.multi:
            xs, edges = xs[:1], edges[:1]
        result = UNKNOWN
        if layer is not None:
            if layer.arity[1] == 0:
                xs, edges = (), ()
            result = self.memo.get((layer, xs)) or self.infer(layer, xs, step.make is None)
        row = Row(index, "layer", scope.depth, scope.prefix + short, step.type, step, xs, edges, result)
        rows.append(row)
        row.failed, self.refused = self.refused or layer is None, False
        if result.problems:
            self.place(result.problems, step, row, scope)
        if problems:
            self.place(problems, step, row, scope)
        if step.controls is not EMPTY:
            self.finish_controls(step, row, scope)
        outs = result.out_shapes
        multi = len(outs) > 1 and step.type in ("chunk", "split", "unbind")
        made: tuple[Edge, ...] = ((index, 0),) if len(outs) == 1 else tuple((index, k) for k in range(len(outs)))
        out = scope.names[short] = Out(outs, made, multi)
        if step.make is None and not problems and not result.problems and len(xs) == len(outs) == 1:
            self.repeats[id(layer), id(xs)] = result
        return out

    def again(self, step: Step, given: Out, scope: Scope, result: Result) -> Out:
        """A layer that raised no question before, on the same shapes."""
        index = len(self.rows)
        if self.refused or index >= self.network.expansion_cap:
            return self.step(step, given, scope)
        short = step.name or scope.auto_name(step.type.lower())
        name = scope.prefix + short
        row = Row(index, "layer", scope.depth, name, step.type, step, given.shapes, given.edges, result)
        self.rows.append(row)
        out = scope.names[short] = Out(result.out_shapes, ((index, 0),))
        return out

    def infer(self, layer: Layer, xs: Shapes, lasting: bool) -> Result:
        """The layer worked out on these shapes; costs are for one sample while the batch is N. What a `lasting` layer
        (one that the next file may have as well) gave without a question is remembered."""
        key = (layer, xs, self.one_sample is None)
        result = _results.get(key) if lasting else None
        if result is None:
            result = infer_layer(layer, xs, Context())
            if self.one_sample is not None and isinstance(result.macs, Sym):
                result.macs = substitute(result.macs, self.one_sample)
            if lasting and not result.problems:
                if len(_results) >= MAX_REMEMBERED:
                    _results.clear()
                _results[key] = result
        self.memo[layer, xs] = result
        return result

    def finish_controls(self, step: Any, row: Row, scope: Scope) -> None:
        """`trainable`, `share` and `expect` of a layer or a group."""
        controls = step.controls
        try:
            if controls.trainable is not None and controls.trainable(scope.variables) is False:
                for frozen in [row, *(inside(self.rows, row) if row.kind == "block" else ())]:
                    frozen.trainable_params = 0
        except ExprError as error:
            self.expression(error, step, scope)
        if controls.share is not None:
            self.share(step, row, scope)
        if controls.expect is not None:
            self.expect(step, row, scope)

    def share(self, step: Any, row: Row, scope: Scope) -> None:
        """The weights of another layer or block: counted once; refused where they would not fit."""
        ref = step.controls.share
        owner = self.find_row(ref.target, row, scope)
        if owner is None:
            near = nearest(ref.target, [n for s in scopes(scope) for n in s.names])
            message = f"there is no layer `{ref.target}` to share weights with"
            if ref.target == step.name:
                message = f"`{ref.target}` cannot share its own weights"
            elif ref.target in scope.names and not ref.target.startswith("input"):
                message = f"`{ref.target}` is left out by its `when`: it has no weights to share"
            help = f"write `{near}`" if near and near not in (step.name, ref.target) else None
            self.report(step, scope, "unknown-reference", message, (ref.start, ref.end), help=help)
            return
        wrong = unlike(row, owner, self.rows)
        if wrong is not None:
            self.report(
                step,
                scope,
                "shape-mismatch",
                f"`{row.name}` cannot share the weights of `{owner.name}`: {wrong}",
                (ref.start, ref.end),
                related=[Label(owner.step.span(), f"`{owner.name}`")],
            )
        take(row, owner, self.rows)

    def find_row(self, target: str, row: Row, scope: Scope) -> Row | None:
        """The row above `row` that is called so, from here outwards."""
        for other in self.rows[self.known : row.index]:
            self.named[other.name] = other
        self.known = max(self.known, row.index)
        return next((self.named[s.prefix + target] for s in scopes(scope) if s.prefix + target in self.named), None)

    def expect(self, step: Any, row: Row, scope: Scope) -> None:
        """Compares the output shape with what the file says it must be."""
        try:
            wanted, start, end = step.controls.expect(scope.variables)
        except ExprError as error:
            self.expression(error, step, scope)
            return
        got = row.out_shapes[0] if row.out_shapes else None
        if got is None:
            return
        fits = len(wanted) == len(got) and all(
            w is None or same(w, g) is not False for w, g in zip(wanted, got, strict=True)
        )
        if not fits:
            text = "[" + ", ".join("_" if w is None else str(w) for w in wanted) + "]"
            real = "[" + ", ".join(str(g) for g in got) + "]"
            self.report(
                step,
                scope,
                "unexpected-shape",
                f"`{row.name}` is expected to give {text}, it gives {real}",
                (start, end),
                row=row,
                help=f"write `expect: {real}`, or change the layers above",
                replace=real,
            )

    # Groups. ---------------------------------------------------------------------------------------------------------

    def group(self, group: Group, given: Out, scope: Scope, name: str | None, turn: tuple[int, int] | None) -> Out:
        short = self.name_of(group, scope) if name is None else name
        if scope.depth >= MAX_GROUP_DEPTH:
            self.report(group, scope, "too-deep", f"blocks are nested more than {MAX_GROUP_DEPTH} deep", None)
            return Out((None,), given.edges[:1])
        xs, edges = given.shapes, given.edges
        if group.controls.refs is None and len(xs) > 1:
            xs, edges = xs[:1], edges[:1]
        entry = Out(xs, edges)
        variables = {**self.visible(group, scope, turn), **shape_variables(xs)}
        if len(self.rows) >= self.patience:
            self.look_ahead(group, scope)
        row = Row(len(self.rows), "block", scope.depth, scope.prefix + short, group.type, group)
        self.rows.append(row)
        row.in_shapes, row.edges = xs, edges
        try:
            body: Body = group.body(xs, scope.variables, variables)
        except ExprError as error:
            self.expression(error, group, scope)
            body = Body(())
            xs = (None,)
        row.given = body.variables
        use = scope.use
        if group.opaque:
            said = f" with {body.arguments}" if body.arguments else ""
            said += f", repeat {turn[0]} of {turn[1]}" if turn else ""
            use = Use(group, said, scope.use)
        inner = Scope(
            entry,
            {**variables, **(body.variables or {})},
            parent=None if group.opaque else scope,
            prefix=f"{row.name}.",
            depth=scope.depth + 1,
            use=use,
            later=explicit([i for chain in body.chains for i in chain]),
        )
        inner.names["input"] = Out(xs[:1], edges[:1])
        for k in range(len(xs)):
            inner.names[f"input.{k}"] = Out(xs[k : k + 1], edges[k : k + 1])
        inner.entry = inner.names["input"] if len(xs) == 1 else entry
        out = self.merged(body, inner) if body.chains else Out((None,) if xs == (None,) else xs, edges)
        if body.outputs is not None:
            out = self.chosen(body.outputs, group, inner)
        self.close(row, out)
        if group.controls is not EMPTY:
            self.finish_controls(group, row, scope)
        scope.names[short] = out
        return out

    def visible(self, group: Group, scope: Scope, turn: tuple[int, int] | None) -> Mapping[str, Any]:
        """The variables that the rows of a group see, besides its arguments: a block has those of the file, and `i`
        where it is repeated itself."""
        if not group.opaque:
            return scope.variables
        return self.network.variables if turn is None else {**self.network.variables, "i": turn[0] - 1}

    def merged(self, body: Body, inner: Scope) -> Out:
        ends = [self.chain(items, inner) for items in body.chains]
        if body.merge is None:
            return ends[-1]
        shapes = tuple(s for e in ends for s in (e.shapes if e.multi else e.shapes[:1]))
        edges = tuple(g for e in ends for g in (e.edges if e.multi else e.edges[:1]))
        return self.step(body.merge, Out(shapes, edges, True), inner)

    def chosen(self, refs: Sequence[Ref], group: Group, inner: Scope) -> Out:
        """The outputs that a body names."""
        found = [self.resolve(ref, group, inner) or Out((None,), ((-1, 0),)) for ref in refs]
        shapes = tuple(shape for out in found for shape in out.shapes)
        return Out(shapes, tuple(edge for out in found for edge in out.edges), len(shapes) > 1 and found[0].multi)

    def close(self, row: Row, out: Out) -> None:
        """Sums of a group's rows."""
        row.out_shapes = out.shapes
        for r in self.rows[row.index + 1 :]:
            if r.kind == "layer":
                row.params = row.params + r.params
                row.buffers = row.buffers + r.buffers
                row.macs = row.macs + r.macs
                row.trainable_params = row.trainable_params + r.trainable_params
                row.failed = row.failed or r.failed

    def too_many(self, step: Any, scope: Scope) -> None:
        self.report(
            step,
            scope,
            "too-many-layers",
            f"the network has more than {self.network.expansion_cap:,} layers; the plan stops here",
            None,
        )
        raise _Stop

    def look_ahead(self, group: Group, scope: Scope) -> None:
        """Once a network is long it is counted what it comes to, and refused where that is far too much."""
        from shapecalc.network.row_count import Counter

        cap = self.network.expansion_cap
        self.patience = cap
        if len(self.rows) >= cap or Counter(self.met).items(self.network.items, self.network.variables) > 100 * cap:
            self.too_many(group, scope)

    # The end of the network. -----------------------------------------------------------------------------------------

    def finish(self, last: Out, scope: Scope) -> None:
        plan, network = self.plan, self.network
        if network.outputs is None:
            for shape, edge in zip(last.shapes, last.edges, strict=False):
                plan.outputs[plan.producer(edge)] = shape
                plan.output_edges.append(edge)
            return
        holder = Step(network.source, 0, 0, "outputs", None)
        for ref in network.outputs:
            out = self.resolve(ref, holder, scope)
            if out is not None:
                for k, (shape, edge) in enumerate(zip(out.shapes, out.edges, strict=False)):
                    plan.outputs[str(ref.target) if k == 0 else f"{ref.target}.{k}"] = shape
                    plan.output_edges.append(edge)

    # Findings. -------------------------------------------------------------------------------------------------------

    def place(self, problems: Sequence[Problem], step: Step, row: Row, scope: Scope) -> None:
        for p in problems:
            severity = p.severity
            if p.forward and self.echo(p, row):
                row.failed = True
                continue
            if p.training_only and not self.train:
                severity = "warning"
            self.report(
                step,
                scope,
                p.rule,
                p.message,
                p.at,
                row=row,
                severity=severity,
                help=p.help,
                replace=p.replace,
                notes=[p.note] if p.note else [],
                maker=p.forward,
                training_only=p.training_only,
            )

    def echo(self, problem: Problem, row: Row) -> bool:
        """Does this repeat an earlier finding? One wrong out_channels is off by the same number at all its readers."""
        got, at = problem.replace, problem.at
        wanted = row.layer.__dict__.get(at) if row.layer is not None and isinstance(at, str) else None
        if not isinstance(got, int) or not isinstance(wanted, int) or not row.edges:
            return False
        makers = self.makers(row.edges[0])
        repeated = any((maker, got - wanted) in self.suspects for maker in makers)
        for maker in makers:
            self.suspects[maker, got - wanted] = True
        return repeated

    def makers(self, edge: Edge) -> set[int]:
        """Layers with weights that set the size which arrives over `edge`, through everything that passes it on."""
        found: set[int] = set()
        seen: set[int] = set()
        waiting = [edge[0]]
        while waiting and len(seen) < 1000:
            index = waiting.pop()
            if index < 0 or index in seen:
                continue
            seen.add(index)
            made = self.rows[index]
            if weights_of(made.layer):
                found.add(index)
            else:
                waiting.extend(row for row, _ in made.edges)
        return found

    def expression(self, error: ExprError, item: Any, scope: Scope) -> None:
        if isinstance(error, NotKnown):
            return
        self.report(item, scope, "invalid-expression", error.message, (error.start, error.end), help=error.help)

    def report(
        self,
        item: Any,
        scope: Scope,
        rule: str,
        message: str,
        at: Any,
        *,
        row: Row | None = None,
        severity: str = "error",
        help: str | None = None,
        replace: object = None,
        notes: Sequence[str] = (),
        related: Sequence[Label] = (),
        maker: bool = False,
        training_only: bool = False,
    ) -> None:
        """One finding, at the place of `at` in `item`; one per place and rule where a block is used many times."""
        span = Span(item.source, *at) if isinstance(at, tuple) else item.span(at)
        if severity == "error":
            if row is not None:
                row.failed = True
            elif item.type != "outputs":
                self.refused = True
        word = word_in(span.text, scope.variables) if scope.use is not None and rule in OF_VALUES else None
        place = span if word is None else word[1].span  # one misspelled value is one finding, wherever it is used
        key = (rule if word is None else "", place.source.path, place.start, place.end)
        if key in self.seen or (self.silent and severity == "error"):
            return
        self.seen.add(key)
        self.errors += severity == "error"
        labels = list(related)
        if word is not None:
            label, help = told_of(*word, help)
            earlier = self.told.get((message, span))
            if earlier is not None:  # the same mistake where the block is used again
                earlier.related += [label] if len(earlier.related) < MOST_LABELS else []
                return
            labels.append(label)
        if maker and row is not None:
            labels += self.maker(row, at, rule)
        labels += [label for label in uses(scope.use) if label.span != span]
        found = Finding(
            rule,
            severity,
            message,
            span,
            layer=row.name if row is not None else None,
            notes=list(notes),
            help=help,
            related=labels,
            training_only=training_only,
            fix=replacement(span, item, at, replace, is_certain(rule, item, scope, span)),
        )
        if word is not None:
            self.told[message, span] = found
        self.reporter.report(found)

    def maker(self, row: Row, at: Any, rule: str) -> list[Label]:
        """A label on the layer that made the shape which does not fit."""
        k = 0
        if isinstance(at, str) and at.startswith("input."):
            k = int(at.rpartition(".")[2])
        if k >= len(row.edges):
            return []
        edge = self.origin(row.edges[k], rule)
        if edge[0] < 0:
            name = self.plan.input_names[-edge[0] - 1] if self.plan.input_names else "input"
            span = self.network.input_spans.get(name)
            shape = self.network.inputs.get(name)
            return [Label(span, f"the input is {format_shape(shape)}")] if span is not None else []
        made = self.rows[edge[0]]
        shape = made.out_shapes[edge[1]] if edge[1] < len(made.out_shapes) else None
        if shape is None:
            return []
        return [Label(made.step.span(), f"{self.plan.called(made)} gives {format_shape(shape)}")]

    def origin(self, edge: Edge, rule: str) -> Edge:
        """Back over layers that pass on what matters: the whole shape, or its channels."""
        for _ in range(len(self.rows)):
            if edge[0] < 0:
                return edge
            made = self.rows[edge[0]]
            before, after = made.in_shapes[:1], made.out_shapes[:1]
            if not before or not made.edges or before[0] is None or after[0] is None:
                return edge
            kept = before == after or (
                rule == "channel-mismatch"
                and len(before[0]) == len(after[0]) > 1
                and before[0][1] == after[0][1]
                and not weights_of(made.layer)
            )
            if not kept:
                return edge
            edge = made.edges[0]
        return edge


def is_certain(rule: str, item: Any, scope: Scope, span: Span) -> bool:
    """Is a replacement what was meant, beyond doubt: a misspelled argument, a count that the input fixes? Text that
    several layers share (a block, a repeat, an anchor) may be right elsewhere."""
    if rule == "unknown-argument":
        return True
    made = isinstance(item, Step) and item.make is not None
    shared = scope.use is not None or made or item.controls.repeat is not None
    return rule in ("channel-mismatch", "feature-mismatch") and not shared and stands_in(span, item)


def stands_in(span: Span, item: Any) -> bool:
    """Is the span part of the row, and not of an anchor that the row takes it from?"""
    holder = item.spans.args[1] if isinstance(item.spans, partial) and len(item.spans.args) > 1 else None
    start, end = getattr(holder, "start", None), getattr(holder, "end", None)
    return start is None or end is None or start <= span.start <= span.end <= end


def replacement(span: Span, item: Any, at: Any, value: object, safe: bool) -> Fix | None:
    """A text edit that puts the corrected value in the place of the wrong one."""
    if value is None or not isinstance(item, Step) or not isinstance(at, (str, tuple)):
        return None
    if isinstance(at, str) and (item.spans is None or item.spans(at) is None):
        return None
    text = value if isinstance(value, str) else show(value)
    return Fix(f"write `{text}`", [Edit(span, text)], safe)


def told_of(name: str, word: Word, help: str | None) -> tuple[Label, str | None]:
    """A label for the text that an argument of a block was given; the help where a variable is called nearly so."""
    near = word.meant()
    asked = f"; did you mean the variable `{near}`?" if near else ""
    label = Label(word.span, f"`{name}` is the text `{word[:60]}`{asked}")
    return label, f"write `{near}` where `{name}` gets its value" if near else help
