"""What a module of the dialects is: its docstring, its arguments, and what the parser does with its rows."""

from __future__ import annotations

from shapecalc.dialects.yolo import modules
from shapecalc.dialects.yolo.family import ULTRALYTICS, YOLOV5
from shapecalc.dialects.yolo.signature import ADDED, signature
from shapecalc.layers.params import show
from shapecalc.text.spelling import nearest


def known(name: str) -> str | None:
    """The module that a name means, whatever its case; None for none."""
    names = {n.rpartition(":")[2].lower(): n.rpartition(":")[2] for n in (*modules.FILES, *modules.ALIASES)}
    return names.get(name.lower())


def near(name: str) -> str | None:
    return nearest(name, [n for n in modules.FILES if ":" not in n])


def describe(name: str) -> list[str]:
    """The lines of `shapecalc explain NAME`."""
    family = ULTRALYTICS if modules.composed(name, ULTRALYTICS.name) else YOLOV5
    compose = modules.find(name, family.name)
    assert compose is not None
    doc = " ".join((compose.__doc__ or "").split())
    names, required = signature(compose)
    defaults = dict(zip(names[required:], compose.__defaults__ or (), strict=False))
    lines = [f"{name}, a module of YOLO model files", f"  {doc}", ""]
    words = [f"{n} = {show(defaults[n])}" if n in defaults else n for n in names if n not in ADDED]
    lines.append(f"arguments  {', '.join(words) or 'none'}")
    if family.scales(name):
        lines.append("           c1 comes from the row that is read; c2 is the row's first argument, scaled")
    if family.repeats(name):
        lines.append("           n is the row's repeats, scaled")
    if family.lists(name):
        lines.append("           reads a list of rows")
    homes = [each.release for each in (family, YOLOV5) if each.knows(name)]
    where = homes[0] if homes else "its publication; the releases that are emulated do not have it"
    lines.append(f"as in      {where}")
    first = "[-1]" if family.lists(name) else "-1"
    lines += ["", f"`shapecalc plan FILE --depth 1` shows its layers; a row of it: `- [{first}, 1, {name}, [...]]`"]
    return lines
