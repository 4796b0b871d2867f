"""SARIF 2.1.0, what code-scanning services and editors read. Columns count characters, as everywhere here."""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

from shapecalc.render.findings.one_line import sentences
from shapecalc.render.page import Page
from shapecalc.rules.base import RULES
from shapecalc.version import __version__

if TYPE_CHECKING:
    from shapecalc.linting.results import Report
    from shapecalc.text.findings import Edit, Finding, Fix, Label
    from shapecalc.text.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "advice": "note", "note": "note"}
FINGERPRINT = "shapecalc/v1"
Object = dict[str, object]


def render(report: Report, page: Page) -> str:
    from json import dumps

    return dumps(document(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def document(report: Report) -> Object:
    """The log: one run, with the rules that it names, its files and its results."""
    findings = report.findings
    names = sorted({finding.rule for finding in findings})
    driver = {
        "name": "shapecalc",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [descriptor(name) for name in names],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": report.readable}],
        "artifacts": [{"location": location_of(result.path), "sourceLanguage": "yaml"} for result in report.files],
        "results": results(findings, {name: index for index, name in enumerate(names)}),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def descriptor(name: str) -> Object:
    """What a rule is, as `shapecalc explain` shows it."""
    rule = RULES.get(name)
    if rule is None:
        text = f"see `shapecalc explain {name}`"
        return {"id": name, "name": camel(name), "shortDescription": {"text": name}, "help": {"text": text}}
    examples = [(word, text) for word, text in (("Bad", rule.bad), ("Good", rule.good)) if text]
    plain = [rule.what, rule.why, *(f"{word}:\n{text}" for word, text in examples)]
    marked = [rule.what, rule.why, *(f"{word}:\n```yaml\n{text}```" for word, text in examples)]
    return {
        "id": name,
        "name": camel(name),
        "shortDescription": {"text": rule.what or name},
        "fullDescription": {"text": rule.why or rule.what or name},
        "help": {"text": joined(plain) or name, "markdown": joined(marked) or name},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"tags": [rule.category]},
    }


def joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part.rstrip() for part in parts if part)


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def results(findings: list[Finding], indices: dict[str, int]) -> list[Object]:
    """One result for each finding. Its fingerprint is made of path, rule, layer and a count of equal ones, so that it
    survives moved lines."""
    seen: dict[tuple[str, str, str], int] = {}
    out = []
    for finding in findings:
        key = (uri(finding.path), finding.rule, finding.layer or "")
        seen[key] = seen.get(key, 0) + 1
        out.append(result(finding, indices[finding.rule], "\0".join((*key, str(seen[key])))))
    return out


def result(finding: Finding, index: int, identity: str) -> Object:
    where: Object = {"physicalLocation": physical(finding.span)}
    if finding.layer:
        where["logicalLocations"] = [{"name": finding.layer, "kind": "element"}]
    out: Object = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": "\n".join(sentences(finding))},
        "locations": [where],
        "partialFingerprints": {FINGERPRINT: sha256(identity.encode()).hexdigest()},
    }
    if finding.related:
        out["relatedLocations"] = [related(number, label) for number, label in enumerate(finding.related)]
    if finding.fix is not None:
        out["fixes"] = [fix(finding.fix)]
    return out


def related(number: int, label: Label) -> Object:
    return {"id": number, "physicalLocation": physical(label.span), "message": {"text": label.message or "see"}}


def physical(span: Span) -> Object:
    area = region(span)
    line = span.source.line_text(span.line)
    if line:
        area["snippet"] = {"text": line}
    return {"artifactLocation": location_of(span.path), "region": area}


def region(span: Span) -> Object:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def fix(given: Fix) -> Object:
    """The edits, by file."""
    by_path: dict[str, list[Edit]] = {}
    for edit in given.edits:
        by_path.setdefault(edit.span.path, []).append(edit)
    changes = [
        {
            "artifactLocation": location_of(path),
            "replacements": [
                {"deletedRegion": region(edit.span), "insertedContent": {"text": edit.text}} for edit in edits
            ],
        }
        for path, edits in by_path.items()
    ]
    return {"description": {"text": given.title}, "artifactChanges": changes}


def location_of(path: str) -> Object:
    return {"uri": uri(path)}


def uri(path: str) -> str:
    """A path as a URI: relative to the working folder where it lies below it."""
    whole = os.path.abspath(path)
    here = os.getcwd()
    if path.startswith("<"):
        return quote(path)
    if whole.startswith(here.rstrip(os.sep) + os.sep):
        return quoted(os.path.relpath(whole, here))
    return "file://" + quoted(whole if whole.startswith("/") else "/" + whole)


def quoted(path: str) -> str:
    """A path in percent encoding, also one that is not UTF-8."""
    return quote(path.replace(os.sep, "/").encode("utf-8", "surrogateescape"))
