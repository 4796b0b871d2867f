"""Who may import whom: read from the source, so that no room of the house grows into another."""

from __future__ import annotations

import ast
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "shapecalc"

# From the ground up: a room imports only rooms in its own row or in rows above.
ROOMS = [
    ["version", "collector", "text"],
    ["algebra"],
    ["yamltree"],
    ["layers"],
    ["network", "language", "dialects"],
    ["analysis", "rules"],
    ["api", "linting"],
    ["render"],
    ["guide"],
    ["cli"],
]
LEVEL = {room: level for level, row in enumerate(ROOMS) for room in row}
FREE = {"", "__init__", "__main__"}
PACKAGES = {".".join(folder.relative_to(ROOT).parts) for folder in PACKAGE.rglob("*") if folder.is_dir()}

# Third-party packages, and the only places that may import them.
OWNERS = {"yaml": {"yamltree.events"}, "click": {"cli"}, "rich": {"render.plan.terminal"}}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """Every module that is imported, anywhere in the file, except for type checking alone."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {id(n) for top in ast.walk(tree) if is_type_checking(top) for b in top.body for n in ast.walk(b)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= imported_from(node, path)
    return found


def imported_from(node: ast.ImportFrom, path: Path) -> set[str]:
    base = node.module or ""
    if node.level:
        parts = ["shapecalc", *path.relative_to(PACKAGE).parts][: -node.level]
        base = ".".join([*parts, base] if base else parts)
    if base in PACKAGES:
        return {f"{base}.{alias.name}" for alias in node.names}
    return {base}


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_rooms(path: Path) -> None:
    """A module imports only what lies below it."""
    room = dotted(path).split(".")[0]
    if room in FREE:
        return
    assert room in LEVEL, f"{room} has no place in ROOMS"
    for name in imports(path):
        head, _, rest = name.partition(".")
        target = rest.split(".")[0]
        if head == "shapecalc" and target in LEVEL:
            assert LEVEL[target] <= LEVEL[room], f"{dotted(path)} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_third_party_packages_have_one_owner(path: Path) -> None:
    name = dotted(path)
    for imported in imports(path):
        owners = OWNERS.get(imported.split(".")[0])
        if owners is not None:
            assert any(name == o or name.startswith(o + ".") for o in owners), f"{name} imports {imported}"


def test_only_the_command_line_prints() -> None:
    """The core prints nothing: `print` and `sys.stdout` stand in cli/ alone."""
    for path in modules():
        if dotted(path).split(".")[0] in ("cli", "__main__") or dotted(path) == "layers.write_names_table":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        streams = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)} & {"stdout", "stderr"}
        assert "print" not in calls and not streams, dotted(path)


#: Circles of imports that are still to be broken up.
CIRCLES: list[set[str]] = [
    {"network.plain_data", "network.plan"},
    {"dialects.yolo.argument_slips", "dialects.yolo.assemble", "dialects.yolo.mistakes"},
    {"dialects.yolo.modules.attention", "dialects.yolo.modules.csp"},
]


def import_graph() -> dict[str, set[str]]:
    """Every module of the package with the modules of it that it imports, lazily or not."""
    known = {dotted(path) for path in modules()}
    graph: dict[str, set[str]] = {}
    for path in modules():
        found = set()
        for name in imports(path):
            target = name.removeprefix("shapecalc").lstrip(".")
            while target and target not in known:
                target = target.rpartition(".")[0]
            if name.startswith("shapecalc") and target:
                found.add(target)
        graph[dotted(path)] = found - {dotted(path)}
    return graph


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """The sets of modules that reach each other."""
    reached = {name: reachable(name, graph) for name in graph}
    found: list[set[str]] = []
    for name in graph:
        circle = {other for other in reached[name] if name in reached[other]}
        if len(circle) > 1 and circle not in found:
            found.append(circle)
    return found


def reachable(name: str, graph: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for target in graph[waiting.pop()] - found:
            found.add(target)
            waiting.append(target)
    return found


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [{"b", "c"}]


def test_no_two_files_import_each_other() -> None:
    """Neither directly nor round a corner, nor inside a function."""
    found = circles(import_graph())
    assert sorted(map(sorted, found)) == sorted(map(sorted, CIRCLES))


def test_packages_of_the_distribution_are_the_folders() -> None:
    """setup.cfg lists its packages by hand, since specs/ lives outside."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    folders = {f"shapecalc.{p.parent.relative_to(PACKAGE)}".replace("/", ".") for p in PACKAGE.rglob("__init__.py")}
    assert listed == {f.removesuffix("..") for f in folders} - {"shapecalc."} | {"shapecalc", "shapecalc.specs"}
