"""What a command imports: start-up time, counted in module names instead of milliseconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from shapecalc.layers.write_names_table import MACHINERY

NEVER = {"asyncio", "importlib.metadata", "dataclasses", "torch", "numpy", "jsonschema", "fractions", "difflib"}
PROBE = (
    "import sys; from shapecalc.cli import main; status = main(sys.argv[1:]); sys.stdout.flush();"
    "print('\\n@', ' '.join(sys.modules), file=sys.stderr); sys.exit(status)"
)


def imported(*args: str) -> set[str]:
    """The modules that are loaded when a command, piped, has run."""
    ran = subprocess.run([sys.executable, "-c", PROBE, *args], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stderr.rpartition("@")[2].split())


def families(modules: set[str]) -> set[str]:
    found = {m.removeprefix("shapecalc.layers.") for m in modules if m.startswith("shapecalc.layers.")}
    return found - MACHINERY


@pytest.fixture(scope="module")
def floor() -> set[str]:
    """What click and yaml bring along by themselves."""
    code = "import click, yaml, sys; print(' '.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_layer_loads_one_family(floor: set[str]) -> None:
    modules = imported("layer", "conv2d", "--in", "28", "--k", "5")
    assert families(modules) == {"conv"}
    assert not any(m.split(".")[0] == "rich" for m in modules)
    assert not (NEVER - floor) & modules


def test_plan_in_a_pipe_loads_no_rich(floor: set[str]) -> None:
    modules = imported("plan", "specs/lenet5.yaml")
    assert not any(m.split(".")[0] == "rich" for m in modules)
    assert not (NEVER - floor) & modules
    assert "shapecalc.render.plan.terminal" not in modules and "shapecalc.render.json_text" not in modules


def test_a_command_loads_no_other_command() -> None:
    commands = {m for m in imported("specs") if m.startswith("shapecalc.cli.")}
    shared = {f"shapecalc.cli.{name}" for name in ("output", "options", "destinations")}
    assert commands == shared | {"shapecalc.cli.specs_command"}


def test_help_loads_no_command() -> None:
    modules = imported("--help")
    assert not any(m.startswith(("shapecalc.cli.plan_command", "shapecalc.layers", "shapecalc.api")) for m in modules)


def test_importing_the_package_loads_nothing_of_it() -> None:
    code = "import sys, shapecalc; print([m for m in sys.modules if m.startswith('shapecalc.')])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("args", ["plan resnet50", "plan lenet5 --depth 0", "--version"])
def test_a_full_disk_is_told_in_one_line(args: str) -> None:
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-m", "shapecalc", *args.split()]
        ran = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 2 and ran.stderr.startswith("Error: cannot write: ") and ran.stderr.count("\n") == 1


def test_the_process_ends_with_all_of_its_output_written() -> None:
    words = [sys.executable, "-m", "shapecalc", "plan", "resnet50", "--format", "json"]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout)["totals"]["layers"] == 175
