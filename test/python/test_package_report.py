"""Tests of reports and progress of the Python package."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import threading

import nnq
import numpy as np
import pytest
from nnq import progress
from package_networks import LENET, TWO_INPUTS, make_onnx


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    with np.load(LENET / "sample.npz") as sample:
        return sample["x"]


@pytest.fixture(scope="module")
def quantized(digits) -> nnq.Model:
    return nnq.load(LENET / "lenet.mlirbc").quantize(data=digits)


def test_report_of_layers(quantized):
    report = quantized.report()
    products = {layer.name: layer for layer in report.layers if layer.macs}
    # 24 * 24 * 6 * 25 and 8 * 8 * 16 * 150 products of the two convolutions.
    assert sorted(layer.macs for layer in products.values())[-2:] == [86_400, 153_600]
    assert {layer.technique for layer in products.values()} == {"quantize-int8"}
    assert all(layer.is_integer for layer in products.values())
    assert report.comparison is None
    assert report.time_us is None
    original = quantized.origin.report()
    assert {layer.type for layer in original.layers if layer.macs} == {"f32"}
    assert {layer.technique for layer in original.layers} == {""}
    assert original.weight_bytes > 3 * report.weight_bytes


def test_report_of_any_batch(tmp_path):
    x = np.random.default_rng(0).normal(size=(8, 3, 16, 16)).astype(np.float32)
    model = nnq.from_onnx(make_onnx(tmp_path / "net.onnx"), shapes={"image": (None, 3, 16, 16)}).quantize(data=x)
    report = model.report(data=x, profile=True)
    static = nnq.from_onnx(tmp_path / "net.onnx", shapes={"image": (1, 3, 16, 16)}).quantize(data=x).report()
    # Of a single sample.
    assert [layer.macs for layer in report.layers] == [layer.macs for layer in static.layers]
    assert report.comparison.samples == len(x)
    assert sum(layer.time_us for layer in report.layers) == pytest.approx(report.time_us)


def test_report_of_quantization(quantized, digits, tmp_path):
    products = [layer for layer in quantized.report().layers if layer.macs]
    assert {layer.weight_scheme for layer in products} == {"symmetric per-axis"}
    assert {layer.input_scheme for layer in products} == {"asymmetric"}
    assert {layer.clipped for layer in products} == {0}
    assert products[0].input_range[0] == pytest.approx(digits.min(), abs=0.01)
    assert products[0].input_range[1] == pytest.approx(digits.max(), abs=0.01)
    clipping = quantized.origin.quantize(data=digits, calibration="percentile", percentile=95, measure_noise=True)
    report = clipping.report()
    layers = [layer for layer in report.layers if layer.macs]
    assert all(0.01 < layer.clipped < 0.06 for layer in layers[1:])
    assert all(layer.sqnr_db > 5 for layer in layers)
    for text in (str(report), report.to_html()):
        assert "clipped" in text
        assert f"{100 * layers[-1].clipped:.3g} %" in text
        assert "symmetric per-axis" in text
    described = json.loads(report.to_json())["layers"]
    assert [layer["clipped"] for layer in described if layer["macs"]] == [layer.clipped for layer in layers]
    original = quantized.origin.report()
    assert {layer.weight_scheme for layer in original.layers} == {""}
    assert "clipped" not in str(original)


def test_bisect_cuts_out_the_first_noisy_layer(quantized, digits, tmp_path):
    path = tmp_path / "layer.mlir"
    layer = quantized.origin.bisect(digits, path, weight_granularity="per-tensor", sqnr_floor=45)
    (product,) = [part for part in layer.report().layers if part.macs]
    contents = np.load(tmp_path / "layer.npz")["x"]
    assert contents.shape[1:] == layer.inputs[0].shape[1:]
    # Alone, without data and options, it shows the noise that it was chosen for.
    alone = layer.quantize()
    comparison = alone.report(data=contents).comparison
    assert comparison.samples == 16
    assert comparison.sqnr_db < 45
    (described,) = [part for part in alone.report().layers if part.macs]
    assert described.name == product.name
    assert described.weight_scheme == "symmetric per-tensor"
    # With a floor that no layer is below it is the worst one.
    worst = quantized.origin.bisect(digits, path, weight_granularity="per-tensor", sqnr_floor=1)
    assert worst.quantize().report(data=np.load(tmp_path / "layer.npz")["x"]).comparison.sqnr_db > 1
    with pytest.raises(nnq.Error, match="the file for the layer ends in .mlir"):
        quantized.origin.bisect(digits, tmp_path / "layer.txt")


def test_report_compares_and_measures(quantized, digits):
    report = quantized.report(data=digits, profile=True)
    assert report.comparison.samples == len(digits)
    assert 20 < report.comparison.sqnr_db < 60
    assert report.comparison.same_top1 > 0.9
    # The same by hand.
    f32, int8 = quantized.origin.compile(), quantized.compile()
    wanted = np.concatenate([f32(x[None]) for x in digits]).astype(np.float64)
    results = np.concatenate([int8(x[None]) for x in digits])
    sqnr = 10 * np.log10((wanted**2).sum() / ((wanted - results) ** 2).sum())
    assert report.comparison.sqnr_db == pytest.approx(sqnr)
    times = [layer.time_us for layer in report.layers]
    assert all(time >= 0 for time in times)
    assert sum(times) == pytest.approx(report.time_us)


def test_report_as_text_html_and_json(quantized, digits, tmp_path):
    report = quantized.report(data=digits)
    text = str(report)
    assert re.search(r"SQNR of the results +\d+\.\d dB", text)
    for layer in report.layers:
        assert layer.name in text
    contents = json.loads(report.to_json(tmp_path / "report.json"))
    assert json.loads((tmp_path / "report.json").read_text()) == contents
    assert [layer["name"] for layer in contents["layers"]] == [layer.name for layer in report.layers]
    page = report.to_html(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text() == page
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("<tr>") > len(report.layers)
    assert report._repr_html_() in page
    assert "data:image/png" in page


@pytest.mark.parametrize(
    ("kind", "name", "least", "most", "density"),
    [
        ("dense", "fc2", 1, 1.1, 1),
        # Places, and 84 by 120 weights that become 88 by 128.
        ("2:4", "fc2", 0.65, 0.75, 0.5),
        # Some of its blocks are apart in the order of channels last.
        ("8x4", "fc1", 0.3, 0.6, 0.25),
        ("shared", "fc2", 1, 1.1, 1),
    ],
)
def test_weights_as_they_are_stored(quantized, digits, kind, name, least, most, density):
    model = quantized.origin
    if kind == "shared":
        model = model.share(bits=4)
    elif kind != "dense":
        ratio = {} if kind == "2:4" else {"ratio": 1 - density}
        model = model.prune("weights", pattern=kind, exclude="conv1,conv2,fc3", **ratio)
    model = model.quantize(data=digits, weight_range="reduced", weight_rounding="nearest")
    report = model.report(target="x86-64-v3")
    layer = {layer.name: layer for layer in report.layers if layer.macs}[name]
    assert least < layer.stored_bytes / layer.weight_bytes < most
    assert layer.density == pytest.approx(density, abs=0.15)
    # Places in a table are two to a byte.
    assert (layer.weight_bytes < 0.6 * layer.factors) == (kind == "shared")
    assert "stored, bytes" in str(report) and f"{layer.stored_bytes:,}" in report.to_html()
    assert {"weight_bytes", "stored_bytes"} < set(json.loads(report.to_json())["layers"][0])


def test_formats_of_weights(quantized, digits):
    model = quantized.origin
    report = model.quantize(weight_bits=4, group_size=32).report(data=digits)
    layers = {layer.name: layer for layer in report.layers}
    assert layers["fc1"].weight_format == "i4, groups of 32"
    # Half a byte each, four bytes and two for each group, and the bias.
    groups = 256 // 32 * 120
    assert layers["fc1"].weight_bytes == 256 * 120 // 2 + groups * (4 + 2) + 4 * 120
    # Its 120 inputs do not divide.
    assert layers["fc2"].weight_format == ""
    assert "i4, groups of 32" in str(report)
    assert report.comparison.sqnr_db > 15
    alone = model.quantize(weight_bits=4, compute="f32").report(data=digits)
    layers = {layer.name: layer for layer in alone.layers}
    assert (layers["fc3"].weight_format, layers["fc3"].type) == ("i4", "f32")
    assert alone.comparison.sqnr_db > 15


def test_report_on_the_terminal(quantized):
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=200).print(quantized.report())
    for layer in quantized.report().layers:
        assert layer.name in out.getvalue()


def test_names_of_layers_are_escaped():
    text = TWO_INPUTS.replace("outs(%empty : tensor<1x8xf32>) -> tensor<1x8xf32>\n", "", 0)
    marked = text.replace(
        "outs(%empty : tensor<1x8xf32>) -> tensor<1x8xf32>\n",
        'outs(%empty : tensor<1x8xf32>) -> tensor<1x8xf32> loc("<script>")\n',
        1,
    )
    page = nnq.load(marked).report().to_html()
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_lowered_models_without_layers(quantized):
    with pytest.raises(nnq.Error, match="lowered without profile=True"):
        quantized.lower().report()
    assert quantized.lower(profile=True).report().layers


def test_progress_is_shown_to_who_watches(quantized, digits, monkeypatch, capsys):
    monkeypatch.setattr(progress, "DELAY", 0)
    model = quantized.origin
    model.quantize(data=digits)
    assert capsys.readouterr().err == ""
    nnq.show_progress(True)
    try:
        model.quantize(data=digits)
    finally:
        nnq.show_progress(None)
    assert "quantize int8" in capsys.readouterr().err


def test_progress_counts_samples(quantized, digits):
    seen = []
    network = quantized.origin._network
    network.run(f"quantize-int8{{data={LENET / 'sample.npz'}}}", lambda *step: seen.append(step))
    samples = [(done, total) for what, done, total in seen if what == "calibration sample"]
    assert samples[-1] == (len(digits), len(digits))
    assert {what for what, _, _ in seen} >= {"calibration sample", "pass"}


def test_exceptions_of_callbacks_come_through(quantized):
    def fail(what, done, total):
        raise ZeroDivisionError(what)

    with pytest.raises(ZeroDivisionError):
        quantized.origin._network.run("quantize-int8", fail)
    assert quantized.origin.quantize().compile()


@pytest.fixture
def interrupts():
    """Python's handler, which a shell takes from what it starts in the background."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.mark.usefixtures("interrupts")
def test_control_c_ends_a_calibration(quantized):
    data = np.zeros((400_000, 1, 28, 28), np.float32)
    timer = threading.Timer(1.0, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        quantized.origin.quantize(data=data)
    timer.join()


def test_importer_needs_no_compiler():
    # Loading torch-mlir and the compiler in one process is what the other tests do.
    code = "import sys, nnq.importer; assert 'nnq._core' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
