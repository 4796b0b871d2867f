"""The head of every JSON object that the program writes: which program, of which spec, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shapecalc.text.findings import Severity
from shapecalc.version import __version__

if TYPE_CHECKING:
    from shapecalc.text.findings import Finding

VERSION = 1  # of the format


def json_object(
    spec: Mapping[str, object] | None, findings: Sequence[Finding], body: Mapping[str, object]
) -> dict[str, object]:
    """`version`, `tool`, `spec`, `ok`, then the `body`, then the findings as `diagnostics`."""
    return {
        "version": VERSION,
        "tool": {"name": "shapecalc", "version": __version__},
        "spec": spec,
        "ok": not any(finding.severity == Severity.ERROR for finding in findings),
        **body,
        "diagnostics": [finding.to_dict() for finding in findings],
    }
