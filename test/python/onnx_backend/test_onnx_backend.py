"""The node tests of ONNX through nnq: how many pass, and that what does not is refused in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from . import cases
from .cases import Outcome

REQUIRED_SHARE = 0.95


@pytest.fixture(scope="module")
def outcomes(tools: Path, record_testsuite_property) -> Sequence[Outcome]:
    """Run all cases once; the report is in the folder of the build."""
    names = [name for name, case in cases.CASES.items() if cases.subset(case.model)]
    outcomes = cases.run_cases(names, tools / "nnq-compile")
    report = cases.report(outcomes)
    (tools.parent / "onnx-backend.txt").write_text(report)
    for line in report.split("\n\n")[0].splitlines():
        subset, _, counts = line.partition(": ")
        record_testsuite_property(f"onnx {subset}", counts)
    return outcomes


def select(outcomes: Sequence[Outcome], subset: str, *statuses: str) -> list[str]:
    return [
        f"{outcome.name}: {outcome.reason}"
        for outcome in outcomes
        if outcome.subset == subset and outcome.status in statuses
    ]


def test_float_operators(outcomes):
    passed = select(outcomes, "float", "passed")
    others = select(outcomes, "float", "failed", "not supported")
    assert len(passed) > 500
    assert len(passed) >= REQUIRED_SHARE * (len(passed) + len(others)), "\n".join(others)


def test_quantized_operators(outcomes):
    assert len(select(outcomes, "quantized", "passed")) >= 30
    assert not select(outcomes, "quantized", "failed", "not supported")


def test_parameters_of_quantization_may_be_inputs(outcomes, tools):
    names = [outcome.name for outcome in outcomes if outcome.subset == "quantized"]
    at_run_time = cases.run_cases(names, tools / "nnq-compile", constants=False)
    others = select(at_run_time, "quantized", "failed", "not supported")
    assert not others, "\n".join(others)
