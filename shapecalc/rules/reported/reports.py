"""What the lint command itself reports: files that cannot be read, its configuration, its comments."""

from __future__ import annotations

from shapecalc.rules.base import define
from shapecalc.text.findings import Severity

define(
    "unreadable-file",
    "syntax",
    """The file is not there, may not be read, or is no UTF-8 text.

    Why: nothing in it could be checked. The exit status is 2; the other files are linted all the same.
    """,
)

define(
    "internal-error",
    "syntax",
    """shapecalc itself failed on this file.

    Why: a defect of shapecalc, not of the spec. The other files are linted all the same.
    """,
)

define(
    "invalid-config",
    "syntax",
    """A key or a value in the configuration that means nothing.

    Why: the configuration is `.shapecalc.yaml`, or the section `[shapecalc]` of a setup.cfg, in the folder of the spec
    or the nearest one above it. A key that nothing reads would silently leave a rule on or off.
    """,
)

define(
    "unknown-rule",
    "syntax",
    """A name that is no rule, category or severity, in a comment or in the configuration.

    Why: a misspelled name would silently ignore nothing.
    """,
    severity=Severity.WARNING,
    fixable=True,
)

define(
    "invalid-ignore",
    "syntax",
    """A comment that looks like an ignore and is none.

    Why: it suppresses nothing. An ignore names its rules, so that it cannot hide what is found later:
    `# shapecalc: ignore[rule, ...] reason` at the end of a line or on a line of its own before a layer, or
    `# shapecalc: ignore-file[rule, ...] reason`.
    """,
    severity=Severity.WARNING,
)

define(
    "unused-ignore",
    "syntax",
    """An ignore whose rule finds nothing where it stands.

    Why: the mistake is gone, or the comment stands in the wrong place. Left where it is, it would hide the next one.
    """,
    severity=Severity.WARNING,
    fixable=True,
)
