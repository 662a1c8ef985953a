"""Tests of what README shows to Python users: each snippet is run, and its output compared."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest
import torch
from package_networks import ResNet18, make_onnx

ROOT = Path(__file__).resolve().parents[2]


def find_snippets() -> list[doctest.DocTest]:
    """Return the sessions of README; each begins with an import of nnq."""
    readme = (ROOT / "README.md").read_text()
    parser = doctest.DocTestParser()
    snippets: list[list[doctest.Example]] = []
    for example in parser.get_examples(readme):
        if example.source.startswith("import nnq"):
            snippets.append([])
        snippets[-1].append(example)
    return [
        doctest.DocTest(examples, {}, f"README snippet {i}", "README.md", examples[0].lineno, readme)
        for i, examples in enumerate(snippets)
    ]


SNIPPETS = find_snippets()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What the snippets start from: smaller images than the networks are made for, to save time."""
    torch.manual_seed(0)
    # They write files, too.
    (tmp_path / "python").symlink_to(ROOT / "python")
    monkeypatch.chdir(tmp_path)
    network = make_onnx(tmp_path / "net.onnx")
    return {
        "resnet18": ResNet18(width=16).eval(),
        "images": torch.randn(8, 3, 64, 64),
        "net_onnx": network,
        "samples": np.random.default_rng(0).normal(size=(8, 3, 16, 16)).astype(np.float32),
    }


def test_there_are_snippets():
    assert len(SNIPPETS) >= 3


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_snippet(snippet, data):
    snippet.globs = dict(data)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    failures = []
    runner.run(snippet, out=failures.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(failures)
