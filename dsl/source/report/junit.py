"""For CI servers: JUnit XML, one test case per file; errors and warnings are failures, infos are output."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dsl.source.diagnostics import Diagnostic, Severity
from dsl.source.report.result import Report

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _line(found: Diagnostic) -> str:
    text = f"{found.span.start.line}:{found.span.start.column}: {found.message} [{found.code}]"
    return _NOT_XML.sub("�", text)


def junit(report: Report) -> str:
    """The XML document."""
    by_path: dict[str, list[Diagnostic]] = {path: [] for path in report.paths}
    for found in report.findings:
        by_path.setdefault(found.span.path, []).append(found)
    failures = 0
    suite = Element("testsuite", name="callwright check", tests=str(len(by_path)))
    for path, findings in by_path.items():
        case = SubElement(suite, "testcase", classname="callwright.check", name=path)
        failing = [found for found in findings if found.severity is not Severity.INFO]
        if failing:
            failures += 1
            failure = SubElement(case, "failure", message=_NOT_XML.sub("�", failing[0].message), type=failing[0].code)
            failure.text = "\n".join(map(_line, failing))
        infos = [found for found in findings if found.severity is Severity.INFO]
        if infos:
            SubElement(case, "system-out").text = "\n".join(map(_line, infos))
    suite.set("failures", str(failures))
    suites = Element("testsuites")
    suites.append(suite)
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"
