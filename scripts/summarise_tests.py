#!/usr/bin/env python3
"""Closing lines of `make test` from ctest's JUnit report and its log: reasons of skipped tests, the
slowest tests, a word if the unit tests are over their time, and the counts.

  summarise_tests.py REPORT LOG STATUS

Exit status: that of ctest, or 1 if the report and ctest disagree."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

kSlowest = 5
# A test slower than this is worth a line.
kSlowSeconds = 10.0
# All unit tests together, one after the other. A warning: a busy machine is no reason to fail.
kUnitSeconds = 180.0


def skip_reason(case):
    """The reason a GoogleTest case gave to GTEST_SKIP, or ctest's own word for it."""
    output = case.findtext("system-out") or ""
    match = re.search(r"Skipped\n(.+)", output)
    if match:
        return match.group(1).strip()
    node = case.find("skipped")
    return (node.get("message") if node is not None else None) or "no reason given"


def unit_seconds(log):
    """Time of all tests labelled unit, from the closing lines of ctest (the report has no labels)."""
    match = re.search(r"^unit +=\s+([\d.]+) sec\*proc", log, re.M)
    return float(match.group(1)) if match else 0.0


def summarise(root, log=""):
    """Lines to print and the number of failed tests."""
    counts = Counter()
    skipped = Counter()
    for case in root.iter("testcase"):
        state = {"run": "passed", "fail": "failed"}.get(case.get("status"), "skipped")
        counts[state] += 1
        if state == "skipped":
            skipped[skip_reason(case)] += 1
    lines = [f"test: {number} skipped: {reason}" for reason, number in skipped.most_common()]
    slow = sorted(root.iter("testcase"), key=lambda case: -float(case.get("time")))[:kSlowest]
    for case in slow:
        if float(case.get("time")) >= kSlowSeconds:
            lines.append(f"test: {float(case.get('time')):.0f} s in {case.get('name')}")
    if unit_seconds(log) > kUnitSeconds:
        lines.append(f"test: warning: unit tests took {unit_seconds(log):.0f} s of one core,"
                     f" at most {kUnitSeconds:.0f}")
    lines.append("{passed} passed, {failed} failed, {skipped} skipped".format(
        **{key: counts[key] for key in ("passed", "failed", "skipped")}))
    return lines, counts["failed"]


def main():
    report, log, ctest_status = sys.argv[1], sys.argv[2], int(sys.argv[3])
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError) as error:
        print(f"test: error: ctest left no report: {error}", file=sys.stderr)
        return ctest_status or 1
    lines, failed = summarise(root, Path(log).read_text(encoding="utf-8", errors="replace"))
    print("\n".join(lines))
    return ctest_status or int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
