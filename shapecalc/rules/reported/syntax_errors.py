"""What the reader of files reports: text that is no YAML, and YAML that is no spec."""

from __future__ import annotations

from shapecalc.rules.base import define

define(
    "not-text",
    "syntax",
    """The file is binary, or not UTF-8.

    Why: a spec is a text. A checkpoint or a picture has been named by mistake, or the editor saves in another encoding.
    """,
)

define(
    "empty-file",
    "syntax",
    """The file holds no spec.

    Why: it is empty, or holds nothing but comments.

    Bad:
        # nothing but a comment

    Good:
        input: [3, 32, 32]
        layers:
          - relu
    """,
)

define(
    "yaml-syntax",
    "syntax",
    """The file is not YAML.

    Why: an unclosed bracket or quote, a tab in the indentation, a missing comma. The place is where the mistake starts,
    such as the bracket that is never closed, not where the reader gave up.

    Bad:
        input: [3, 32, 32
        layers:
          - relu

    Good:
        input: [3, 32, 32]
        layers:
          - relu
    """,
    fixable=True,
    unsafe=True,
)

define(
    "not-a-spec",
    "syntax",
    """The file is YAML, but no mapping with `input` and `layers`.

    Why: it is a list or a single value, or a file for another program.

    Bad:
        - conv2d
        - relu

    Good:
        input: [3, 32, 32]
        layers:
          - relu
    """,
)

define(
    "several-documents",
    "syntax",
    """The file holds several YAML documents.

    Why: a spec is one document; what stands after `---` would be ignored without a word.

    Bad:
        input: [3, 32, 32]
        layers:
          - relu
        ---
        input: [1, 28, 28]
        layers:
          - relu

    Good:
        input: [3, 32, 32]
        layers:
          - relu
    """,
)

define(
    "duplicate-key",
    "syntax",
    """A key is written twice in one mapping.

    Why: YAML readers keep the last one without a word, so one of the two values has no effect.

    Bad:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8, k: 3, out: 16}

    Good:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 16, k: 3}
    """,
)

define(
    "key-not-scalar",
    "syntax",
    """A key of a mapping is itself a list or a mapping.

    Why: YAML allows it, and nothing in a spec is called so. A `- ` or a colon too many makes it.

    Bad:
        input: [3, 32, 32]
        vars: {[width, depth]: 3}
        layers:
          - relu

    Good:
        input: [3, 32, 32]
        vars: {width: 3, depth: 3}
        layers:
          - conv2d: {out: width, k: 3, repeat: depth}
    """,
)

define(
    "merge-not-mapping",
    "syntax",
    """`<<` merges something that is no mapping.

    Why: `<<: *anchor` takes over the keys of a mapping; a list or a number has none.

    Bad:
        input: [3, 32, 32]
        vars: {<<: 3}
        layers:
          - relu

    Good:
        input: [3, 32, 32]
        vars: {width: 3}
        layers:
          - conv2d: {out: width, k: 3}
    """,
)

define(
    "unknown-anchor",
    "syntax",
    """An alias (`*name`) without its anchor (`&name`).

    Why: the alias stands for what the anchor marks further up, and there is none. A value that starts with a star, such
    as an expression, needs quotes.

    Bad:
        input: [3, 32, 32]
        vars: {width: *w}
        layers:
          - relu

    Good:
        input: [3, 32, 32]
        vars: {depth: &w 3, width: *w}
        layers:
          - conv2d: {out: width, k: 3, repeat: depth}
    """,
)

define(
    "self-reference",
    "syntax",
    """An alias stands inside its own anchor.

    Why: the value would hold itself, without end.

    Bad:
        input: [3, 32, 32]
        vars: {a: &a [*a]}
        layers:
          - relu

    Good:
        input: [3, 32, 32]
        vars: {a: [1, 2]}
        layers:
          - conv2d: {out: 8, k: a}
    """,
)

define(
    "alias-explosion",
    "syntax",
    """The aliases of the file stand for more nodes than any network needs.

    Why: a few aliases of aliases can stand for millions of nodes; reading them would take all memory.
    """,
)

define(
    "unknown-tag",
    "syntax",
    """A YAML tag (`!name`) that has no meaning here.

    Why: tags ask other programs to build objects. Nothing in a spec is run.

    Bad:
        input: !!python/tuple [3, 32, 32]
        layers:
          - relu

    Good:
        input: [3, 32, 32]
        layers:
          - relu
    """,
)

define(
    "number-too-long",
    "syntax",
    """A number with more digits than are read.

    Why: no network has a size of a thousand digits, and working with such numbers takes time without end.
    """,
)

define(
    "unknown-key",
    "syntax",
    """A key that the spec language does not have.

    Why: what nothing reads has no effect. Most often it is a misspelled key.

    Bad:
        input: [3, 32, 32]
        bacth: 4
        layers:
          - relu

    Good:
        input: [3, 32, 32]
        batch: 4
        layers:
          - relu
    """,
    fixable=True,
)

define(
    "missing-key",
    "syntax",
    """The spec lacks a key that it needs, such as `input` or `layers`.

    Why: without the shape of the input no size can be worked out.

    Bad:
        layers:
          - relu

    Good:
        input: [3, 32, 32]
        layers:
          - relu
    """,
)

define(
    "invalid-layers",
    "syntax",
    """`layers`, `body` or `branches` is not a list.

    Why: layers stand in an order, one `- layer` for each.

    Bad:
        input: [3, 32, 32]
        layers: {conv2d: {out: 8, k: 3}}

    Good:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8, k: 3}
    """,
)

define(
    "invalid-layer",
    "syntax",
    """A row of `layers` that is no layer.

    Why: a row is a type (`relu`), a mapping of one key (`conv2d: {...}`), the long form with `type:`, or pasted code.

    Bad:
        input: [3, 32, 32]
        layers:
          - 3

    Good:
        input: [3, 32, 32]
        layers:
          - relu
    """,
)

define(
    "unquoted-expression",
    "syntax",
    """An expression with a comma inside `{}` or `[]` falls apart.

    Why: inside braces a comma ends the value. YAML reads `{out: max(8, 4), k: 3}` as `out: max(8` and a key `4)`.

    Bad:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: max(8, 4), k: 3}

    Good:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: "max(8, 4)", k: 3}
    """,
    fixable=True,
)

define(
    "too-deep",
    "syntax",
    """Lists or blocks are nested deeper than is read.

    Why: no network needs a hundred levels; a file that has them was made by mistake, or to do harm.
    """,
)
