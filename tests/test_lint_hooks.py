"""The pre-commit hooks and the GitHub Action, run as their users' machines run them, without their installation."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from shapecalc.cli.lint.lint_command import command as lint_command
from tests.linting import ERROR, GOOD, OTHER, WARNING, Folder

ROOT = Path(__file__).parent.parent
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """A `shapecalc` on the path, as an installation puts it there."""
    script = tmp_path / "bin" / "shapecalc"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m shapecalc "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def hook(identity: str, command: Path, folder: Folder, *names: str) -> subprocess.CompletedProcess[str]:
    """What pre-commit does: the entry, split as a shell would, with the names of the files behind it."""
    entry = next(h["entry"] for h in HOOKS if h["id"] == identity)
    words = [*shlex.split(entry), *names]
    env = {**os.environ, "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(words, cwd=folder.path, env=env, capture_output=True, text=True, check=False)


# pre-commit. ---------------------------------------------------------------------------------------------------------


def test_hooks_have_what_pre_commit_requires() -> None:
    for one in HOOKS:
        assert {"id", "name", "entry", "language"} <= one.keys()
        assert one["language"] == "python" and one["types"] == ["yaml"] and "pass_filenames" not in one


def test_the_hook_skips_other_yaml(folder: Folder, command: Path) -> None:
    folder.write(good=GOOD, ci=OTHER)
    ran = hook("shapecalc", command, folder, "ci.yaml", "good.yaml")
    assert ran.returncode == 0 and "1 other YAML file skipped" in ran.stdout


def test_the_hook_fails_for_an_error(folder: Folder, command: Path) -> None:
    folder.write(bad=ERROR, ci=OTHER)
    ran = hook("shapecalc", command, folder, "ci.yaml", "bad.yaml")
    assert ran.returncode == 1 and "error[channel-mismatch]" in ran.stdout


def test_the_fixing_hook_fixes(folder: Folder, command: Path) -> None:
    folder.write(bad=ERROR, warn=WARNING, ci=OTHER)
    ran = hook("shapecalc-fix", command, folder, "ci.yaml", "bad.yaml", "warn.yaml")
    assert ran.returncode == 0 and folder.read("ci.yaml") == OTHER
    assert folder.read("bad.yaml") == ERROR.replace("in: 5", "in: 3")
    assert folder.read("warn.yaml") == WARNING.replace("true", "false")


# The Action. ---------------------------------------------------------------------------------------------------------


class Job:
    """The lint step of the Action, with the variables that the runner sets."""

    def __init__(self, folder: Folder, command: Path, **inputs: str) -> None:
        step = next(s for s in ACTION["runs"]["steps"] if s.get("id") == "lint")
        values = {name: str(given["default"]) for name, given in ACTION["inputs"].items()} | inputs
        self.output, self.summary = (folder.put(f"runner/{name}", "") for name in ("output", "summary"))
        named = {key: evaluated(text, values, command) for key, text in step["env"].items()}
        env = {**os.environ, "GITHUB_OUTPUT": str(self.output), "GITHUB_STEP_SUMMARY": str(self.summary), **named}
        self.done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=folder.path, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip


def evaluated(text: str, inputs: dict[str, str], command: Path) -> str:
    """The few expressions that the Action's variables are made of."""
    name = text.removeprefix("${{ ").removesuffix(" }}")
    return str(command) if name == "steps.install.outputs.command" else inputs[name.removeprefix("inputs.")]


def test_every_step_of_the_action_is_one_that_runners_take() -> None:
    assert ACTION["runs"]["using"] == "composite"
    for step in ACTION["runs"]["steps"]:
        assert ("uses" in step) != ("run" in step) and ("run" not in step or step["shell"] == "bash")


def test_no_input_is_text_of_a_script() -> None:
    scripts: list[Any] = [step.get("run", "") for step in ACTION["runs"]["steps"]]
    assert not any("${{" in script for script in scripts)


def test_the_action_annotates_and_summarises(folder: Folder, command: Path) -> None:
    folder.write(bad=ERROR, ci=OTHER)
    job = Job(folder, command, sarif="out dir.sarif")
    assert job.done.returncode == 1 and job.done.stdout.startswith("::error file=bad.yaml,line=3,")
    assert job.output.read_text() == "status=1\n"
    assert "| bad.yaml:3:18 | error |" in job.summary.read_text()
    assert '"2.1.0"' in folder.read("out dir.sarif")


def test_the_action_passes_where_nothing_is_wrong(folder: Folder, command: Path) -> None:
    folder.write(good=GOOD)
    job = Job(folder, command, paths="good.yaml *.yaml", summary="false")
    assert job.done.returncode == 0 and job.output.read_text() == "status=0\n" and job.summary.read_text() == ""


def test_the_action_takes_options(folder: Folder, command: Path) -> None:
    folder.write(warn=WARNING)
    assert Job(folder, command).done.returncode == 0
    assert Job(folder, command, args="--fail-on warning").done.returncode == 1
    assert Job(folder, command, args="--fail-on warnin").done.returncode == 2


def test_nothing_in_an_input_is_run(folder: Folder, command: Path) -> None:
    folder.write(good=GOOD)
    Job(folder, command, paths="$(touch owned) `touch owned`; touch owned", args='"; touch owned')
    assert not (folder.path / "owned").exists()


# The README. ---------------------------------------------------------------------------------------------------------


def block(name: str) -> Any:
    """The YAML under `<!-- name -->`."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition(f"<!-- {name} -->\n```yaml\n")[2]
    return yaml.safe_load(text.partition("```")[0])


def test_the_ci_block_uses_inputs_that_the_action_has() -> None:
    step = next(s for s in block("CI") if "shapecalc" in s.get("uses", ""))
    assert step["with"].keys() <= ACTION["inputs"].keys()
    words = step["with"]["args"].split()
    options = {name for p in lint_command.params for name in p.opts}
    assert {word for word in words if word.startswith("-")} <= options


def test_the_pre_commit_block_uses_hooks_that_there_are() -> None:
    used = {h["id"] for repo in block("pre-commit")["repos"] for h in repo["hooks"]}
    assert used == {h["id"] for h in HOOKS}


def test_the_configuration_block_has_no_mistakes(folder: Folder) -> None:
    folder.write(good=GOOD).put(".shapecalc.yaml", yaml.safe_dump(block("config")))
    folder.lint("good.yaml", "--write-baseline")
    assert folder.lint("good.yaml").out == "no findings in 1 file\n"
