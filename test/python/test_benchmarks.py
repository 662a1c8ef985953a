"""Tests of python/benchmarks: a whole run on a tiny network, and what it counts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import accuracy
import kernels
import networks
import numpy as np
import onnx
import pytest
import search
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(0)


def save_network(path: Path) -> None:
    """Write a layer of 640x4 and one of 4x640, with an open batch."""
    weights = [("w", (640, 4)), ("v", (640, 4))]
    initializers = [numpy_helper.from_array(RNG.normal(size=s).astype(np.float32), n) for n, s in weights]
    nodes = [helper.make_node("MatMul", ["input", "w"], ["a"]), helper.make_node("Relu", ["a"], ["b"])]
    nodes.append(helper.make_node("Gemm", ["b", "v"], ["y"], transB=1))
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 640])  # noqa: E731
    graph = helper.make_graph(nodes, "net", [value("input")], [value("y")], initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like that of the trained networks."""
    (tmp_path / "models").mkdir()
    (tmp_path / "data").mkdir()
    save_network(tmp_path / "models" / "ad01_autoencoder.onnx")
    x = RNG.normal(size=(8, 640)).astype(np.float32)
    np.savez(tmp_path / "data" / "ad01_logmel_other_audio.npz", x=x, calib=x)
    return tmp_path


def test_whole_run(folder: Path, tools: Path, capsys):
    out = folder / "out"
    kinds = "nnq f32,nnq int8,nnq int8 full,ORT f32,ORT int8"
    arguments = [str(folder), "--build", str(tools.parent), "--seconds", "0.05", "--out", str(out)]
    assert networks.main([*arguments, "--contenders", kinds]) == 0
    shown = capsys.readouterr().out
    assert "ad01_autoencoder: 0.01 M multiply-adds" in shown
    assert re.search(r"ad01_autoencoder( +[0-9.]+){4}  ORT (f32|int8)( +[0-9.]+x){2}", shown)
    report = json.loads((out / "networks.json").read_text())
    assert all(peak > 0 for peak in report["machine"].values())
    (network,) = report["networks"]
    assert network["macs"] == 2 * 640 * 4
    results = {r["name"]: r for r in network["contenders"]}
    assert list(results) == kinds.split(",")
    for result in results.values():
        assert not result["error"]
        assert 0 < result["min_us"] <= result["median_us"]
        assert result["sqnr_db"] > (100 if result["name"].endswith("f32") else 20)
        ours = result["name"].startswith("nnq")
        assert bool(result["layers"]) == ours
        if ours:
            assert 0 < result["compile_seconds"] < 5
            assert result["compile_bytes"] > result["weight_bytes"] > 0
            check_layers(result, shown)


def check_layers(result: dict, shown: str) -> None:
    """Layers add up to the whole, in multiply-adds and nearly so in time; the table shows them."""
    layers = result["layers"]
    assert sum(layer["macs"] for layer in layers) == 2 * 640 * 4
    time = sum(layer["time_us"] for layer in layers)
    assert 0.5 * result["layers_whole_us"] < time <= 1.05 * result["layers_whole_us"]
    assert f"ad01_autoencoder, {result['name']}: {len(layers)} layers, " in shown
    for layer in layers:
        assert re.search(rf"{re.escape(layer['name'])} +{layer['kind']} ", shown)
        assert ("peak_fraction" in layer) == (layer["kind"] == "linear")


def save_classifier(folder: Path) -> None:
    """Write a linear classifier of images, and images of which it knows all but one in four."""
    weights = RNG.normal(size=(3 * 32 * 32, 10)).astype(np.float32)
    nodes = [helper.make_node("Flatten", ["input"], ["a"]), helper.make_node("MatMul", ["a", "w"], ["y"])]
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)  # noqa: E731
    inputs, outputs = [value("input", ["N", 3, 32, 32])], [value("y", ["N", 10])]
    graph = helper.make_graph(nodes, "net", inputs, outputs, [numpy_helper.from_array(weights, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "models" / "resnet8_cifar10.onnx")
    x = RNG.integers(0, 256, (40, 32, 32, 3), np.uint8)
    y = (x.transpose(0, 3, 1, 2).reshape(40, -1) @ weights).argmax(1)
    y[::4] = (y[::4] + 1) % 10
    np.savez(folder / "data" / "cifar10.npz", x=x, y=y, calib=x[:12])


def test_accuracy(folder: Path, tools: Path, capsys):
    save_classifier(folder)
    arguments = [str(folder), "--build", str(tools.parent), "--out", str(folder / "out")]
    assert accuracy.main([*arguments, "--options", "", "--options", "activations=symmetric"]) == 0
    shown = capsys.readouterr().out
    scores = json.loads((folder / "out" / "accuracy.json").read_text())
    assert [(s["network"], s["options"], s["samples"], s["calibrated"]) for s in scores] == [
        ("resnet8_cifar10", "", 40, 12), ("resnet8_cifar10", "activations=symmetric", 40, 12),
        ("ad01_autoencoder", "", 8, 8), ("ad01_autoencoder", "activations=symmetric", 8, 8),
    ]  # fmt: skip
    for score in scores:
        assert not score["error"]
        assert 20 < score["sqnr_db"] < 60
        if score["network"] == "ad01_autoencoder":
            assert score["f32"] is score["int8"] is score["drop"] is None
            continue
        assert score["f32"] == 0.75
        assert score["drop"] == pytest.approx(100 * (score["f32"] - score["int8"]))
        assert score["agreement"] > 0.8
    assert scores[0]["sqnr_db"] != scores[1]["sqnr_db"]
    assert re.search(r"resnet8_cifar10 +75.00%.* 40 +12  default\n", shown)
    assert shown.count("samples") == 1


def test_search(folder: Path, capsys):
    save_classifier(folder)
    out = folder / "out"
    options = ["--out", str(out), "--drop", "100", "--trials", "3", "--techniques", "factorize", "prune-weights"]
    assert search.main([str(folder), "--only", "resnet8_cifar10", *options]) == 0
    shown = capsys.readouterr().out
    (found,) = json.loads((out / "search.json").read_text())
    assert found["network"] == "resnet8_cifar10"
    assert found["trials"] == 3
    # One sample in four is kept aside, the one that is wrong among them or not.
    assert found["f32_accuracy"] in (0, 100)
    assert found["drop_of_the_others"] is not None
    assert found["recipe"][-1] == {"quantize-int8": {}}
    assert found["speedup"] >= 1
    assert re.search(r"resnet8_cifar10 .*quantize-int8\n", shown)
    assert len((out / "resnet8_cifar10.jsonl").read_text().splitlines()) == 1 + 3
    assert (out / "resnet8_cifar10.png").read_bytes()[:4] == b"\x89PNG"
    assert "3 trials" in (out / "resnet8_cifar10.txt").read_text()
    assert (out / "resnet8_cifar10.so").stat().st_size > 1000


def test_accuracy_of_a_network_that_fails_is_said(folder: Path, tools: Path, capsys):
    arguments = [str(folder), "--build", str(tools.parent), "--out", str(folder)]
    assert accuracy.main([*arguments, "--options", "calibration=best"]) == 1
    assert "'quantize-int8' cannot read its options (calibration=best)" in capsys.readouterr().out


def test_contender_that_does_not_run_is_said(folder: Path, tools: Path, capsys):
    arguments = [str(folder), "--build", str(folder), "--seconds", "0.01", "--out", str(folder)]
    assert networks.main([*arguments, "--contenders", "nnq f32,ORT f32"]) == 0
    assert "nnq f32           there is no " in capsys.readouterr().out


def test_both_numbers_of_threads(folder: Path, tools: Path):
    arguments = [str(folder), "--build", str(tools.parent), "--seconds", "0.01", "--out", str(folder)]
    assert networks.main([*arguments, "--threads", "1,2", "--contenders", "nnq f32,ORT f32"]) == 0
    for threads in (1, 2):
        report = json.loads((folder / f"threads{threads}" / "networks.json").read_text())
        assert report["threads"] == threads
        assert not any(r["error"] for r in report["networks"][0]["contenders"])


def test_kernels(tools: Path, tmp_path: Path, capsys):
    arguments = ["--build", str(tools.parent), "--out", str(tmp_path), "--only", "conv1x1,depthwise"]
    assert kernels.main([*arguments, "--match", "64 at 14x14"]) == 0
    assert "below 90%" in capsys.readouterr().out
    figures = json.loads((tmp_path / "kernels.json").read_text())["kernels"]
    assert [(f["group"], f["type"]) for f in figures] == [
        ("conv1x1", "f32"), ("conv1x1", "int8"), ("depthwise", "f32"), ("depthwise", "int8"),
    ]  # fmt: skip
    for figure in figures:
        macs = 14 * 14 * 64 * (64 if figure["group"] == "conv1x1" else 9)
        assert figure["rate"] == pytest.approx(macs / figure["time_us"] / 1e3)
        assert figure["sqnr_db"] is None or figure["sqnr_db"] > (100 if figure["type"] == "f32" else 25)


def test_kernels_that_skip_zeros(tools: Path, tmp_path: Path, capsys):
    arguments = ["--build", str(tools.parent), "--out", str(tmp_path), "--only", "sparse", "--types", "int7"]
    # Whether kernels that select are faster than the dense one is a matter of the target.
    assert kernels.main([*arguments, "--match", "256x256", "--target", "x86-64-v3"]) == 0
    assert "x the layer without zeros" in capsys.readouterr().out
    dense, *sparse = json.loads((tmp_path / "kernels.json").read_text())["kernels"]
    assert (dense["zeros"], dense["speedup"]) == (0, None)
    # Of those that lanes select by, the places are stored, too.
    most = {
        ("16x4", 0.75): 0.45, ("16x4", 0.9): 0.3, ("2:4", 0.5): 0.66,
        ("unstructured", 0.5): 1.01, ("unstructured", 0.75): 0.7, ("unstructured", 0.9): 0.5,
    }  # fmt: skip
    assert [(figure["pattern"], figure["zeros"]) for figure in sparse] == list(most)
    for figure in sparse:
        assert figure["speedup"] == pytest.approx(dense["time_us"] / figure["time_us"])
        assert figure["weight_bytes"] < most[figure["pattern"], figure["zeros"]] * dense["weight_bytes"]
        assert figure["sqnr_db"] > 25


def test_kernels_of_codebooks(tools: Path, tmp_path: Path, capsys):
    arguments = ["--build", str(tools.parent), "--out", str(tmp_path), "--only", "shared"]
    assert kernels.main([*arguments, "--match", "256x256"]) == 0
    assert "x the layer without codebook" in capsys.readouterr().out
    figures = json.loads((tmp_path / "kernels.json").read_text())["kernels"]
    for kind in ("f32", "int8"):
        dense, *shared = (figure for figure in figures if figure["type"] == kind)
        assert (dense["bits"], dense["speedup"]) == (0, None)
        for figure, bits in zip(shared, (4, 2), strict=True):
            assert figure["bits"] == bits
            assert figure["speedup"] == pytest.approx(dense["time_us"] / figure["time_us"])
            # Numbers of f32 are read as bytes, which takes less time than to look them up.
            share = 8 / 32 if kind == "f32" else bits / 8
            assert share < figure["weight_bytes"] / dense["weight_bytes"] < share + 0.1
            assert figure["sqnr_db"] > (14 if bits == 4 else 5)


def test_two_threads(folder: Path, tools: Path):
    arguments = [str(folder), "--build", str(tools.parent), "--seconds", "0.01", "--out", str(folder), "--threads", "2"]
    assert networks.main([*arguments, "--contenders", "nnq f32,nnq int8,ORT f32"]) == 0
    report = json.loads((folder / "networks.json").read_text())
    assert not any(r["error"] for r in report["networks"][0]["contenders"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a folder or --builtin networks"),
        (["--builtin", "vgg"], "no vgg; there are lenet, resnet18"),
        (["x", "--contenders", "TVM"], "no TVM; there are nnq f32"),
        (["x", "--threads", "3"], "no 3; there are 1, 2"),
    ],
)
def test_bad_arguments_are_usage_errors(arguments, message, capsys):
    with pytest.raises(SystemExit):
        networks.main(arguments)
    assert message in capsys.readouterr().err
