"""The rules whose findings other rooms report; each has a page in the guide."""

from __future__ import annotations

from shapecalc.rules.base import define
from shapecalc.text.findings import Severity

# The text: YAML that does not parse, and YAML that is not a spec.
define("not-text", "syntax")
define("empty-file", "syntax")
define("yaml-syntax", "syntax", fixable=True, unsafe=True)
define("not-a-spec", "syntax")
define("several-documents", "syntax")
define("duplicate-key", "syntax")
define("key-not-scalar", "syntax")
define("merge-not-mapping", "syntax")
define("unknown-anchor", "syntax")
define("self-reference", "syntax")
define("alias-explosion", "syntax")
define("unknown-tag", "syntax")
define("number-too-long", "syntax")
define("unknown-key", "syntax", fixable=True)
define("missing-key", "syntax")
define("invalid-layers", "syntax")
define("invalid-layer", "syntax")
define("unquoted-expression", "syntax", fixable=True)
define("too-deep", "syntax")

# Names, references, blocks and files that do not fit together.
define("unknown-type", "structure", fixable=True)
define("unknown-reference", "structure", fixable=True, unsafe=True)
define("duplicate-name", "structure")
define("several-outputs", "structure")
define("input-count", "structure")
define("recursive-block", "structure")
define("missing-file", "structure")
define("recursive-include", "structure")
define("too-many-layers", "structure")
define("too-many-outputs", "structure")
define("over-budget", "structure")
define("unexpected-shape", "structure", fixable=True, unsafe=True)

# Arguments of layers, before any shape is known.
define("unknown-argument", "arguments", fixable=True)
define("duplicate-argument", "arguments")
define("missing-argument", "arguments")
define("invalid-argument", "arguments")
define("invalid-expression", "arguments")
define("invalid-shape", "arguments")
define("groups-not-divisible", "arguments", fixable=True, unsafe=True)
define("not-divisible", "arguments")
define("output-padding-too-large", "arguments", fixable=True, unsafe=True)
define("padding-too-large", "arguments", fixable=True, unsafe=True)

# Shapes that do not fit the layer they reach.
define("channel-mismatch", "shapes", fixable=True)
define("feature-mismatch", "shapes", fixable=True)
define("rank-mismatch", "shapes")
define("shape-mismatch", "shapes")
define("axis-out-of-range", "shapes", fixable=True, unsafe=True)
define("element-count-mismatch", "shapes", fixable=True, unsafe=True)
define("kernel-too-large", "shapes", fixable=True, unsafe=True)
define("output-too-small", "shapes", fixable=True, unsafe=True)
define("single-value-per-channel", "shapes", Severity.WARNING)
define("tensor-too-large", "shapes")

# Model files of other programs.
define("invalid-row", "syntax")
define("invalid-scale", "syntax")
define("unknown-scale", "structure")
define("unknown-module", "structure", Severity.WARNING)
define("foreign-module", "structure", Severity.NOTE)
define("index-shift", "structure", fixable=True)
define("repeated-module", "structure")
define("unscaled-module", "correctness")
define("argument-order", "arguments", Severity.WARNING)
define("level-order", "correctness", Severity.WARNING)
define("anchor-count", "structure")
define("stride-mismatch", "shapes")
define("image-size", "shapes")
define("key-without-effect", "waste", Severity.WARNING)
define("stale-comment", "style", Severity.ADVICE, fixable=True)
define("stale-summary", "style", Severity.ADVICE, fixable=True)

# Linting itself: files, configuration, comments.
define("unreadable-file", "syntax")
define("internal-error", "syntax")
define("invalid-config", "syntax")
define("unknown-rule", "syntax", Severity.WARNING, fixable=True)
define("invalid-ignore", "syntax", Severity.WARNING)
define("unused-ignore", "syntax", Severity.WARNING, fixable=True)
