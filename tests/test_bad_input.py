"""Whatever a file holds: a finding or a usage error, soon, in little memory, on one screen, and never a traceback.

Each case runs in this process; the slow tests give each a process of its own, whose time and memory they measure.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT, Run

LAUNCHER = Path(__file__).parent / "measured_run.py"
HEAD = "input: [3, 32, 32]\nlayers:\n"
SECONDS = 5.0
MEMORY = 500 * 1024  # KiB
LINES, CHARACTERS = 60, 12_000

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)
)
BLOCK_LAUGHS = "blocks:\n  b0: {layers: [relu]}\n" + "".join(
    f"  b{i}: {{layers: [{', '.join([f'b{i - 1}'] * 9)}]}}\n" for i in range(1, 30)
)


def layers(*rows: str) -> str:
    return HEAD + "".join(f"  - {row}\n" for row in rows)


# name, what the file holds, the rule that is found (None: any)
FILES: list[tuple[str, bytes | str, str | None]] = [
    # no spec at all
    ("empty", "", "empty-file"),
    ("spaces", " \n\n  \n", "empty-file"),
    ("comment", "# nothing\n", "empty-file"),
    ("bare list", "- 1\n- 2\n", None),
    ("bare word", "relu\n", None),
    ("bare number", "3\n", None),
    ("null", "~\n", None),
    ("nul bytes", b"\0" * 1000, None),
    ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None),
    ("random bytes", bytes(range(1, 256)), None),
    ("latin-1", "name: Größe\n".encode("latin-1"), None),
    ("utf-16", "name: x\n".encode("utf-16"), None),
    ("python", "import os\nos.system('x')\n", None),
    ("json broken", '{"layers": [', "yaml-syntax"),
    # a BOM, CRLF: only the mistake in it is found
    ("bom", b"\xef\xbb\xbf" + layers("conv2d: {out: 0, k: 3}").encode(), "invalid-argument"),
    ("crlf", layers("conv2d: {out: 0, k: 3}").replace("\n", "\r\n"), "invalid-argument"),
    # YAML
    ("tabs", HEAD + "\t- relu\n", "yaml-syntax"),
    ("open bracket", layers("conv2d: {out: 6, k: 5", "relu"), "yaml-syntax"),
    ("open quote", 'name: "x\n' + layers("relu"), "yaml-syntax"),
    ("unknown tag", layers("relu: {name: !!python/object/apply:os.system x}"), "unknown-tag"),
    ("two documents", layers("relu") + "---\n" + layers("relu"), "several-documents"),
    ("laughs", LAUGHS + layers("relu"), "alias-explosion"),
    ("laughs in layers", "x: &x [relu, relu]\n" + HEAD + "  - sequential: *x\n", "unknown-key"),
    ("self reference", HEAD + "  - &a [*a]\n", "self-reference"),
    ("deep brackets", HEAD + "  - " + "[" * 20_000 + "]" * 20_000, "too-deep"),
    ("deep dashes", "- " * 20_000, "too-deep"),
    ("deep braces", "{a: " * 20_000 + "1" + "}" * 20_000, "too-deep"),
    ("deep residuals", HEAD + "  - " + "{sequential: [" * 20_000, "too-deep"),
    ("blocks that explode", BLOCK_LAUGHS + layers("b29"), None),
    ("block of itself", "blocks:\n  b: {layers: [b]}\n" + layers("b"), None),
    ("blocks of each other", "blocks:\n  a: {layers: [b]}\n  b: {layers: [a]}\n" + layers("a"), None),
    ("control character", layers("relu\x07"), "yaml-syntax"),
    # numbers
    ("5000 digits", layers(f"conv2d: {{out: {'9' * 5000}, k: 3}}"), None),
    ("5000 digits hex", layers(f"conv2d: {{out: 0x{'f' * 5000}, k: 3}}"), None),
    ("5000 digits as text", layers(f"conv2d: {{out: '{'9' * 5000}', k: 3}}"), None),
    ("5000 digits in a shape", f"input: [3, {'9' * 5000}]\nlayers: [relu]\n", None),
    ("100 digits multiplied", layers(f"linear: {'*'.join(['9' * 99] * 60)}"), None),
    ("power tower", layers("linear: 9**9**9**9"), None),
    ("huge repetition", layers("relu: {repeat: 1000000000}"), None),
    ("long text", layers("linear: " + "x" * 1_000_000), None),
    ("long type", layers("x" * 1_000_000), "unknown-type"),
    ("long expression", layers("linear: " + "+".join(["1"] * 100_000)), None),
    ("deep expression", layers("linear: " + "(" * 20_000 + "1" + ")" * 20_000), None),
    ("deep minus", layers("linear: " + "-" * 20_000 + "1"), None),
    ("deep not", layers("linear: " + "not " * 20_000 + "1"), None),
    ("long code", layers('"nn.Conv2d(' + "(" * 20_000 + '"'), None),
    ("list times number", layers('linear: "[1] * 1000000000"'), None),
    ("text times number", layers("linear: \"'x' * 1000000000\""), None),
    ("50,000 dims", f"input: [{', '.join(['1'] * 50_000)}]\nlayers: [relu]\n", None),
    ("50,000 dims of a view", layers(f"view: [{', '.join(['1'] * 50_000)}]"), None),
    ("50,000 dims of expect", layers(f"relu: {{expect: [{', '.join(['1'] * 50_000)}]}}"), None),
    ("50,000 dims of a kernel", layers(f"conv2d: {{out: 1, k: [{', '.join(['1'] * 50_000)}]}}"), None),
    ("50,000 dims of a norm", layers(f"layernorm: [{', '.join(['1'] * 50_000)}]"), None),
    ("2^63 elements", "input: [3037000500, 3037000500]\nlayers: [relu]\n", "tensor-too-large"),
    ("2^63 by a layer", layers("flatten", "linear: 4611686018427387904", "linear: 4611686018427387904"), None),
    ("2^64 features", layers("linear: 18446744073709551616"), None),
    ("2^63 by padding", layers("zeropad2d: 4000000000"), None),
    ("nan", layers("conv2d: {out: .nan, k: 3}"), "invalid-argument"),
    ("inf", layers("conv2d: {out: 8, k: .inf}"), "invalid-argument"),
    ("nan scale", layers("upsample: {scale_factor: .nan}"), None),
    ("inf scale", layers("upsample: {scale_factor: .inf}"), None),
    ("huge scale", layers("upsample: {scale_factor: 1e300}"), None),
    ("symbolic kernel", layers("maxpool2d: N"), "invalid-argument"),
    ("zero", layers("conv2d: {out: 8, k: 0}"), None),
    ("zero stride", layers("conv2d: {out: 8, k: 3, s: 0}"), None),
    ("zero groups", layers("conv2d: {out: 8, k: 3, g: 0}"), None),
    ("negative", layers("conv2d: {out: -8, k: 3}"), "invalid-argument"),
    ("fraction", layers("conv2d: {out: 8.5, k: 3}"), "invalid-argument"),
    ("division by zero", layers("linear: 1 // 0"), None),
    ("zero input", "input: [3, 0, 32]\nlayers:\n  - conv2d: {out: 8, k: 3}\n", None),
    ("negative input", "input: [-3, 32, 32]\nlayers: [relu]\n", None),
    ("fractional input", "input: [3, 1.5]\nlayers: [relu]\n", None),
    ("nan input", "input: [3, .nan]\nlayers: [relu]\n", None),
    ("input of words", "input: {a: b}\nlayers: [relu]\n", None),
    # the graph
    ("cycle", HEAD + "  - {name: a, type: relu, from: b}\n  - {name: b, type: relu, from: a}\n", None),
    ("itself", HEAD + "  - {name: a, type: relu, from: a}\n", None),
    ("no such layer", layers("relu: {from: nowhere}"), None),
    ("far back", layers("relu: {from: -99999999999999999999}"), None),
    ("name twice", layers("relu: {name: a}", "relu: {name: a}"), None),
    ("name of a list", layers("relu: {name: [a]}"), None),
    ("layers of a number", "input: [3]\nlayers: 3\n", None),
    ("no layers", "input: [3]\nlayers: []\n", "missing-key"),
    ("layers of null", "input: [3]\nlayers:\n", None),
    ("layer of null", layers("~"), None),
    ("layer of a list", layers("[relu]"), None),
    ("layer of two keys", layers("{relu: 1, gelu: 2}"), None),
    ("include of a device", "include: [/dev/zero]\n" + layers("relu"), None),
    ("include of a directory", "include: [.]\n" + layers("relu"), None),
    ("include of nothing", "include: [missing.yaml]\n" + layers("relu"), None),
    ("einsum", layers('einsum: {equation: "' + "a" * 10_000 + '->"}'), None),
    ("expression attribute", layers('linear: "().__class__.__mro__"'), None),
    ("expression call", layers("linear: \"__import__('os').system('x')\""), None),
    ("10,000 mistakes", HEAD + "  - conv2d: {out: 0, k: 3}\n" * 10_000, None),
]


class Process:
    """What a process of shapecalc did: exit status, output, processor seconds, KiB."""

    def __init__(self, arguments: list[str], cwd: Path, stdin: bytes | None = None) -> None:
        measured = cwd / "measured.json"
        environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT), "MEASURED": str(measured)}
        command = [sys.executable, "-S", str(LAUNCHER), sys.executable, "-m", "shapecalc", *arguments]
        done = subprocess.run(
            command, cwd=cwd, env=environment, input=stdin or b"", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.output = done.stdout.decode()
        used = json.loads(measured.read_text())
        self.status: int = used["status"]
        self.seconds: float = used["seconds"]  # of the process itself: a busy machine changes little
        self.memory: int = used["kib"]

    def check(self) -> None:
        assert "Traceback" not in self.output, self.output[-3000:]
        assert self.status in (1, 2), self.output[-3000:]
        assert self.seconds < SECONDS
        assert self.memory < MEMORY


every_file = pytest.mark.parametrize(("name", "content", "rule"), FILES, ids=[case[0] for case in FILES])


@every_file
def test_findings(name: str, content: bytes | str, rule: str | None, tmp_path: Path) -> None:
    if name == "10,000 mistakes":
        content = HEAD + "  - conv2d: {out: 0, k: 3}\n" * 300
    (tmp_path / "net.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    run = Run("plan", "net.yaml", cwd=tmp_path, NO_COLOR="1")
    assert run.status in (1, 2)
    check_output(name, rule, run.out + run.err)


@pytest.mark.slow
@every_file
def test_process(name: str, content: bytes | str, rule: str | None, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    process = Process(["plan", "net.yaml"], tmp_path)
    process.check()
    check_output(name, rule, process.output)


def check_output(name: str, rule: str | None, output: str) -> None:
    """The expected finding, and that it is short enough to read."""
    findings = re.findall(r"^\w+\[[\w-]+\].*$", output, re.M)
    if name != "10,000 mistakes":
        assert len(output.splitlines()) < LINES and len(output) < CHARACTERS, output[:2000]
    assert all(len(finding) < 1100 for finding in findings)
    if rule is not None:
        assert len(findings) == 1 and f"[{rule}]" in findings[0], output


def test_include_of_itself(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("include: [net.yaml]\n" + layers("relu"))
    run = Run("plan", "net.yaml", cwd=tmp_path)
    assert run.status == 1 and "error[recursive-include]" in run.out


ARGUMENTS = [
    # arguments, exit status, a part of the message
    (["plan", "missing.yaml"], 2, "missing.yaml"),
    (["plan", "."], 2, "directory"),
    (["plan", "/dev/full/x"], 2, "/dev/full/x"),
    (["plan"], 2, "Usage"),
    (["plan", "net.yaml", "--in", "x" * 10_000 + "!"], 2, "--in"),
    (["plan", "net.yaml", "--in", "9" * 5000], 2, "--in"),
    (["plan", "net.yaml", "--in", "x".join(["1"] * 50_000)], 2, "--in"),
    (["plan", "net.yaml", "--in", "-3"], 2, "--in"),
    (["plan", "net.yaml", "--in", "1.5"], 2, "--in"),
    (["plan", "net.yaml", "--batch", "-1"], 2, "batch"),
    (["plan", "net.yaml", "--batch", "9" * 5000], 2, "batch"),
    (["plan", "net.yaml", "--set", "x"], 2, "set"),
    (["plan", "net.yaml", "--set", "x=1"], 2, "x"),
    (["plan", "net.yaml", "--variant", "x"], 2, "variant"),
    (["plan", "net.yaml", "-o", "."], 2, "directory"),
    (["plan", "net.yaml", "-o", "missing/x"], 2, "missing"),
    (["plan", "net.yaml", "--format", "x"], 2, "format"),
    (["lint", "missing.yaml"], 2, "missing.yaml"),
    (["layer", "conv2d", "--in", "28", "--k", "9" * 5000], 2, "5000 digits"),
    (["layer", "conv2d", "--in", "28", "--k", "0"], 1, "kernel_size"),
    (["layer", "nn.Conv2d(" + "(" * 20_000], 2, ""),
    (["layer", "zzz"], 1, "zzz"),
    (["explain", "zzz"], 2, "zzz"),
    (["pan"], 2, "plan"),
]


every_command = pytest.mark.parametrize(
    ("arguments", "status", "message"), ARGUMENTS, ids=[" ".join(c[0])[:40] for c in ARGUMENTS]
)


@every_command
def test_arguments(arguments: list[str], status: int, message: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(layers("relu"))
    run = Run(*arguments, cwd=tmp_path)
    check_answer(run.out + run.err, message)
    assert run.status == status, run.out + run.err


@pytest.mark.slow
@every_command
def test_arguments_of_a_process(arguments: list[str], status: int, message: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(layers("relu"))
    process = Process(arguments, tmp_path)
    process.check()
    check_answer(process.output, message)
    assert process.status == status, process.output


def check_answer(output: str, message: str) -> None:
    assert message in output
    assert len(output) < CHARACTERS and len(output.splitlines()) < LINES


@pytest.mark.parametrize("content", [b"", b"\0", b"\xff", b"- 1\n", b"a: ["], ids=repr)
def test_standard_input(content: bytes, tmp_path: Path) -> None:
    process = Process(["plan", "-", "--stdin-filename", "given.yaml"], tmp_path, content)
    process.check()
    assert "given.yaml" in process.output


def test_closed_pipe(tmp_path: Path) -> None:
    """`shapecalc plan net.yaml | head -1` ends in silence."""
    (tmp_path / "net.yaml").write_text(HEAD + "  - relu\n" * 5_000)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "shapecalc", "plan", "net.yaml"], cwd=tmp_path, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout and process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait()
