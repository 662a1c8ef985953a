"""Tests of the Python package: failures leak nothing."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import nnq
import numpy as np
import onnx
import pytest
import torch
from onnx import helper
from package_networks import ANY_BATCH, LENET, TWO_INPUTS, make_onnx

FAILURES = 1000
# A page a failure would be 4 MB; what allocators keep for later is less.
MAX_GROWTH = 2 << 20


def resident_bytes() -> int:
    """Return what the process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def check_failures(fail: Callable[[], object], error: type[BaseException], count: int = FAILURES) -> None:
    """Check that failing over and over again does not let the process grow."""

    def repeat(times: int) -> None:
        for _ in range(times):
            with pytest.raises(error):
                fail()

    def grow(times: int) -> int:
        gc.collect()
        before = resident_bytes()
        repeat(times)
        gc.collect()
        return resident_bytes() - before

    repeat(count // 5)
    # What leaks does so every time; what an allocator takes for later, once.
    assert min(grow(count) for _ in range(3)) < MAX_GROWTH * count / FAILURES


@pytest.fixture(scope="module")
def relu() -> nnq.Program:
    return nnq.load(ANY_BATCH).compile()


@pytest.mark.parametrize(
    "value",
    [
        np.zeros((2, 6)),
        np.zeros((200, 700), np.float32),
        np.zeros((6, 600), np.float32).T,
        torch.zeros(6, 600).T,
        torch.zeros(600, 6, requires_grad=True),
        torch.zeros(600, 6, device="meta"),
        [1.0] * 600,
    ],
    ids=["dtype", "shape", "layout", "tensor", "gradient", "device", "list"],
)
def test_wrong_inputs_leak_nothing(relu, value):
    check_failures(lambda: relu(value), nnq.InputError)


def test_wrong_outputs_leak_nothing(relu):
    x = np.zeros((6000, 6), np.float32)
    check_failures(lambda: relu(x, out=x), nnq.InputError)


def test_wrong_options_and_data_leak_nothing():
    model = nnq.load(LENET / "lenet.mlirbc")
    check_failures(lambda: model.quantize(sampels=3), nnq.OptionError)
    check_failures(lambda: model.quantize(data=[np.zeros((20, 3)), np.zeros((1, 4))]), nnq.InputError)


def test_failing_passes_leak_nothing():
    model = nnq.load(TWO_INPUTS)
    check_failures(lambda: model.quantize(data="missing.npz"), nnq.Error)
    check_failures(lambda: model.lower(target="pdp11"), nnq.Error)


def test_broken_files_leak_nothing(tmp_path):
    text = f"{TWO_INPUTS}\nfunc.func @f( "
    check_failures(lambda: nnq.load(text), nnq.Error, 200)
    (tmp_path / "broken.so").write_bytes(b"\x7fELF" + bytes(5000))
    check_failures(lambda: nnq.load(tmp_path / "broken.so"), nnq.Error, 200)


def test_broken_onnx_leaks_nothing(tmp_path):
    (tmp_path / "broken.onnx").write_bytes(make_onnx(tmp_path / "net.onnx").read_bytes()[:1000])
    check_failures(lambda: nnq.from_onnx(tmp_path / "broken.onnx"), nnq.Error)


def test_missing_ops_and_external_data_leak_nothing(tmp_path):
    value = helper.make_tensor_value_info
    node = helper.make_node("Nonsense", ["x"], ["y"], "layer7", domain="custom")
    tensor = onnx.TensorProto.FLOAT
    graph = helper.make_graph([node], "net", [value("x", tensor, [1, 4])], [value("y", tensor, [1, 4])])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("custom", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    check_failures(lambda: nnq.from_onnx(model), nnq.Error, 200)
    with pytest.raises(nnq.Error, match="Nonsense in layer7"):
        nnq.from_onnx(model)

    stored = onnx.load(make_onnx(tmp_path / "net.onnx"))
    onnx.save(stored, tmp_path / "outside.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    (tmp_path / "weights.bin").unlink()
    check_failures(lambda: nnq.from_onnx(tmp_path / "outside.onnx"), nnq.Error)
    with pytest.raises(nnq.Error, match="weights.bin"):
        nnq.from_onnx(tmp_path / "outside.onnx")
