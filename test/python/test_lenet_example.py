"""Tests of python/examples/lenet that need neither the network nor the built tools."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python" / "examples" / "lenet"))

import demo
import mnist_digits

EXAMPLE = Path(demo.__file__).parent

SIZES = {"train": 60, "calib": 10, "test": 30}
F32 = {
    "samples": 3000,
    "accuracy": 0.9890,
    "time_us": {"min": 12.0, "median": 12.5},
    "weight_bytes": 177704,
    "library_bytes": 200000,
    "load_ms": 0.1,
    "first_inference_ms": 0.02,
}
INT8 = F32 | {
    "accuracy": 0.9887,
    "time_us": {"min": 3.0, "median": 3.125},
    "weight_bytes": 44426,
    "library_bytes": 50000,
}


def write_tarball(path: Path, counts: list[int]) -> Path:
    """Write a package like npm's, in which every image is different and says its class and number."""
    with tarfile.open(path, "w:gz") as archive:
        for digit, count in enumerate(counts):
            images = np.zeros((count, 784))
            images[:, 0] = np.round(np.arange(count) / 255, 3)
            images[:, 1] = np.round(digit / 255, 3)
            content = json.dumps({"data": images.ravel().tolist()}).encode()
            entry = tarfile.TarInfo(f"package/src/digits/{digit}.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


@pytest.fixture
def digits(tmp_path: Path) -> list[np.ndarray]:
    """104 digits of ten classes of different size."""
    return mnist_digits.read_digits(write_tarball(tmp_path / "tiny.tgz", [8, 9, 10, 11, 12, 14, 10, 10, 10, 10]))


@pytest.fixture
def without_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide npm."""
    monkeypatch.setattr(mnist_digits.shutil, "which", lambda _: None)


def fake_tool(path: Path, script: str) -> None:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def identities(x: np.ndarray) -> list[tuple[int, int]]:
    """Return the (class, number) pairs that write_tarball put into the images."""
    pixels = np.rint((x[:, 0, 0, :2] * mnist_digits.STD + mnist_digits.MEAN) * 255).astype(int)
    return [(int(digit), int(number)) for number, digit in pixels]


def test_bytes_are_recovered_exactly(digits):
    assert [len(images) for images in digits] == [8, 9, 10, 11, 12, 14, 10, 10, 10, 10]
    assert digits[5].dtype == np.uint8
    assert digits[5][:, 0, 0].tolist() == list(range(14))


def test_splits_have_the_sizes_asked_for(digits):
    for name, (x, y) in mnist_digits.split_digits(digits, SIZES).items():
        assert x.shape == (SIZES[name], 1, 28, 28)
        assert x.dtype == np.float32
        assert y.shape == (SIZES[name],)
        assert y.dtype == np.int64


def test_splits_are_disjoint_and_labelled_right(digits):
    seen = []
    for x, y in mnist_digits.split_digits(digits, SIZES).values():
        images = identities(x)
        assert [digit for digit, _ in images] == y.tolist()
        seen += images
    assert len(seen) == 100 == len(set(seen))


def test_splits_are_stratified(digits):
    y = mnist_digits.split_digits(digits, SIZES)["train"][1]
    exact = [60 * len(images) / 104 for images in digits]
    assert np.abs(np.bincount(y, minlength=10) - exact).max() < 1


def test_splits_are_the_same_on_every_machine(digits):
    splits = mnist_digits.split_digits(digits, SIZES)
    again = mnist_digits.split_digits(digits, SIZES)
    for name in SIZES:
        assert np.array_equal(splits[name][0], again[name][0])
    labels = np.concatenate([y for _, y in splits.values()]).astype(np.uint8).tobytes()
    assert hashlib.sha256(labels).hexdigest()[:16] == "df2fb3b64887f716"


def test_splits_of_the_real_package_use_all_digits():
    counts = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
    assert sum(counts) == sum(mnist_digits.SPLITS.values())
    for size in mnist_digits.SPLITS.values():
        assert sum(mnist_digits.quotas(counts, size)) == size


def test_too_few_digits_are_an_error(digits):
    with pytest.raises(mnist_digits.DataError, match="104 digits are too few"):
        mnist_digits.split_digits(digits)


def test_missing_npm_is_an_error(tmp_path, without_npm):
    with pytest.raises(mnist_digits.DataError, match="npm is not installed"):
        mnist_digits.prepare(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_cached_tarball_needs_no_npm(tmp_path, without_npm):
    tarball = write_tarball(tmp_path / "mnist-1.1.0.tgz", [1] * 10)
    assert mnist_digits.fetch_tarball(tmp_path) == tarball


def test_failing_npm_is_an_error_that_says_why(tmp_path, monkeypatch):
    fake_tool(tmp_path / "bin" / "npm", "echo 'npm error network unreachable' >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    with pytest.raises(mnist_digits.DataError, match="network unreachable"):
        mnist_digits.fetch_tarball(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_truncated_tarball_is_an_error(tmp_path):
    tarball = write_tarball(tmp_path / "mnist-1.1.0.tgz", [1] * 10)
    tarball.write_bytes(tarball.read_bytes()[:200])
    with pytest.raises(mnist_digits.DataError, match="delete it to retry"):
        mnist_digits.read_digits(tarball)


def test_sample_is_normalized_and_labelled():
    with np.load(EXAMPLE / "sample.npz") as sample:
        assert sample["x"].shape == (64, 1, 28, 28)
        assert sample["x"].min() == pytest.approx(-mnist_digits.MEAN / mnist_digits.STD)
        assert (sample["logits"].argmax(1) == sample["y"]).mean() > 0.95


def test_table_is_aligned():
    assert demo.results_table(F32, INT8).splitlines() == [
        "                 accuracy  weights, bytes  library, bytes  time/image, min        median",
        "-----------  ------------  --------------  --------------  ---------------  ------------",
        "f32               98.90 %         177,704         200,000         12.00 us      12.50 us",
        "int8              98.87 %          44,426          50,000          3.00 us       3.12 us",
        "f32 -> int8  -0.03 points      4.00x less      4.00x less     4.00x faster  4.00x faster",
    ]


def test_last_line_states_the_accuracy():
    expected = "accuracy: f32 98.90 %  int8 98.87 %  (3,000 digits never used for training or calibration)"
    assert demo.accuracy_line(F32, INT8) == expected


def test_demo_runs_the_documented_commands(tmp_path, monkeypatch, capfd):
    splits = {name: mnist_digits.split_path(name, tmp_path / "data") for name in mnist_digits.SPLITS}
    monkeypatch.setattr(mnist_digits, "prepare", lambda _: splits)
    fake_tool(tmp_path / "bin" / "nnq-opt", "exit 0")
    fake_tool(tmp_path / "bin" / "nnq-compile", "exit 0")
    compare = {"compare": {"max_diff": 0.5, "sqnr_db": 31.25, "top1_agreement": 0.999}}
    reply = f"case \"$*\" in *--compare*) echo '{json.dumps(compare)}';;"
    reply += f" *int8*) echo '{json.dumps(INT8)}';; *) echo '{json.dumps(F32)}';; esac"
    fake_tool(tmp_path / "bin" / "nnq-run", reply)
    assert demo.main(["--build", str(tmp_path)]) == 0
    lines = capfd.readouterr().out.replace(str(tmp_path), "build").splitlines()
    assert [line for line in lines if line.startswith("$ ")] == [
        "$ build/bin/nnq-opt python/examples/lenet/lenet.mlirbc --lower-to-llvm -o build/demo/lenet_f32.mlir",
        "$ build/bin/nnq-compile build/demo/lenet_f32.mlir -o build/demo/liblenet_f32.so",
        (
            "$ build/bin/nnq-opt python/examples/lenet/lenet.mlirbc --quantize-int8=data=build/data/mnist_calib.npz"
            " --lower-to-llvm -o build/demo/lenet_int8.mlir"
        ),
        "$ build/bin/nnq-compile build/demo/lenet_int8.mlir -o build/demo/liblenet_int8.so",
        "$ build/bin/nnq-run build/demo/liblenet_f32.so --data build/data/mnist_test.npz --json",
        "$ build/bin/nnq-run build/demo/liblenet_int8.so --data build/data/mnist_test.npz --json",
        (
            "$ build/bin/nnq-run build/demo/liblenet_f32.so --data build/data/mnist_test.npz"
            " --compare build/demo/liblenet_int8.so --json"
        ),
    ]
    assert lines[-2].startswith("int8 against f32, same digits: same answer 99.90 %, SQNR 31.2 dB")
    assert lines[-1] == demo.accuracy_line(F32, INT8)


def test_failing_command_shows_its_stderr(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(mnist_digits, "prepare", lambda _: {"calib": tmp_path / "c.npz", "test": tmp_path / "t.npz"})
    fake_tool(tmp_path / "bin" / "nnq-opt", "echo 'layer conv1: no data' >&2; exit 1")
    assert demo.main(["--build", str(tmp_path)]) == 1
    errors = capfd.readouterr().err
    assert "failed with exit code 1" in errors
    assert "layer conv1: no data" in errors


def test_missing_tools_are_an_error_that_names_demo_sh(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(mnist_digits, "prepare", lambda _: {"calib": tmp_path / "c.npz", "test": tmp_path / "t.npz"})
    assert demo.main(["--build", str(tmp_path)]) == 1
    assert "run demo.sh" in capfd.readouterr().err


def test_scripts_explain_themselves():
    for script in ("mnist_digits.py", "demo.py"):
        result = subprocess.run(
            [sys.executable, EXAMPLE / script, "--help"], capture_output=True, text=True, check=True
        )
        assert result.stdout.startswith("usage:")
