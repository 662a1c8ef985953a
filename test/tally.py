"""Sum the results of all suites that test/run.sh ran.

A suite leaves NAME.exit with its exit code, and may leave NAME.json (lit) or NAME.xml (pytest). A suite with neither
counts as one test. Nothing is lost: a suite that fails without a failed test counts as one failure.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

LIT_PASSED = {"PASS", "XFAIL", "FLAKYPASS"}
LIT_SKIPPED = {"UNSUPPORTED", "SKIPPED", "EXCLUDED"}


def count_lit(report: Path) -> Counter[str]:
    """Count the tests in the JSON that lit wrote."""
    counts: Counter[str] = Counter()
    for test in json.loads(report.read_text())["tests"]:
        code = test["code"]
        counts["passed" if code in LIT_PASSED else "skipped" if code in LIT_SKIPPED else "failed"] += 1
    return counts


def count_pytest(report: Path) -> Counter[str]:
    """Count the tests in the XML that pytest wrote."""
    counts: Counter[str] = Counter()
    for case in ET.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        counts["failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"] += 1
    return counts


def count_suite(exit_file: Path) -> Counter[str]:
    """Count the tests of one suite."""
    succeeded = exit_file.read_text().strip() == "0"
    for suffix, count in ((".json", count_lit), (".xml", count_pytest)):
        report = exit_file.with_suffix(suffix)
        if report.exists():
            counts = count(report)
            break
    else:
        counts = Counter(passed=int(succeeded))
    if not succeeded and not counts["failed"]:
        counts["failed"] = 1
    return counts


def main() -> int:
    """Print the closing line; return the exit code of the whole run."""
    totals: Counter[str] = Counter()
    for exit_file in sorted(Path(sys.argv[1]).glob("*.exit")):
        totals += count_suite(exit_file)
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 0 if totals["passed"] and not totals["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
