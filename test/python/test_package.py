"""Tests of the Python package on small networks: calls, pipelines, files, names, errors."""

from __future__ import annotations

import logging
import subprocess
import threading
from pathlib import Path

import nnq
import numpy as np
import pytest
import torch
from package_networks import ANY_BATCH, LENET, TWO_INPUTS, make_onnx

RNG = np.random.default_rng(1)


@pytest.fixture(scope="module")
def lenet() -> nnq.Model:
    model = nnq.load(LENET / "lenet.mlirbc")
    assert isinstance(model, nnq.Model)
    return model


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    with np.load(LENET / "sample.npz") as sample:
        return sample["x"]


@pytest.fixture(scope="module")
def program(lenet) -> nnq.Program:
    return lenet.compile()


@pytest.fixture(scope="module")
def add() -> nnq.Program:
    return nnq.load(TWO_INPUTS).compile()


@pytest.fixture(scope="module")
def relu() -> nnq.Program:
    return nnq.load(ANY_BATCH).compile()


def rows(count: int) -> np.ndarray:
    return RNG.normal(size=(count, 6)).astype(np.float32)


def test_model_describes_itself(lenet):
    assert [t.shape for t in lenet.inputs] == [(1, 1, 28, 28)]
    assert [(t.name, t.dtype, t.shape) for t in lenet.outputs] == [("output", "float32", (1, 10))]
    assert "lenet: f32[1, 1, 28, 28] -> f32[1, 10]" in repr(lenet)
    assert "linalg.conv_2d" in lenet.to_mlir()
    assert len(lenet.to_mlir()) < 40_000 < len(lenet.to_mlir(constants=True))


def test_numpy_and_torch_agree_bit_by_bit(program, digits):
    y = program(digits[:1])
    t = program(torch.from_numpy(digits[:1]))
    assert isinstance(y, np.ndarray)
    assert isinstance(t, torch.Tensor)
    assert np.array_equal(y, t.numpy())


def test_several_results_are_a_tuple(add):
    a, b = RNG.normal(size=(2, 1, 8)).astype(np.float32)
    total, difference = add(a, b)
    assert np.array_equal(total, a + b)
    assert np.array_equal(difference, a - b)


def test_results_go_into_arrays_of_the_caller(add):
    a, b = RNG.normal(size=(2, 1, 8)).astype(np.float32)
    out = (np.empty((1, 8), np.float32), torch.empty(1, 8))
    assert add(a, b, out=out) is out
    assert np.array_equal(out[0], a + b)
    assert np.array_equal(out[1].numpy(), a - b)


@pytest.mark.parametrize("count", [0, 1, 5, 19])
def test_any_batch(relu, count):
    x = rows(count)
    y = relu(x)
    assert y.shape == (count, 6)
    assert np.array_equal(y, np.maximum(x, 0))


def test_any_library_that_knows_dlpack(relu):
    class Wrapped:
        """An array of a library that has nothing but DLPack."""

        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **options):
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    x = rows(3)
    assert np.array_equal(relu(Wrapped(x)), np.maximum(x, 0))


def test_read_only_arrays_are_inputs(relu):
    x = rows(2)
    x.flags.writeable = False
    assert np.array_equal(relu(x), np.maximum(x, 0))


def misaligned() -> np.ndarray:
    return np.zeros(25, np.uint8)[1:].view(np.float32).reshape(1, 6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rows(2).astype(np.float64), "input 'x' has dtype float64, not float32"),
        (lambda: rows(2).astype(">f4"), "input 'x' has dtype >f4, not float32"),
        (lambda: torch.zeros(2, 6, dtype=torch.float16), "has dtype torch.float16, not float32"),
        (lambda: np.zeros((2, 7), np.float32), r"input 'x' has shape \(2, 7\), not \(\?, 6\)"),
        (lambda: np.zeros(6, np.float32), r"has shape \(6,\), not \(\?, 6\)"),
        (lambda: rows(6).T, "input 'x' is not contiguous in row-major order"),
        (lambda: torch.from_numpy(rows(6)).T, "not contiguous"),
        (misaligned, "not contiguous"),
        (lambda: [[1.0] * 6], "is no dense array in memory but an object of 'list'"),
        (lambda: torch.zeros(2, 6).to_sparse(), "no dense array"),
        (lambda: torch.zeros(2, 6, device="meta"), "on device meta, not in memory of the CPU|no dense array"),
        (lambda: torch.zeros(2, 6, requires_grad=True), "requires a gradient"),
        (lambda: None, "object of 'NoneType'"),
    ],
)
def test_wrong_inputs(relu, make, message):
    with pytest.raises(nnq.InputError, match=message) as raised:
        relu(make())
    assert isinstance(raised.value, ValueError)
    assert isinstance(raised.value, nnq.Error)


def test_wrong_numbers_of_arrays(add):
    a = np.zeros((1, 8), np.float32)
    with pytest.raises(nnq.InputError, match="takes 2 inputs, 1 are given"):
        add(a)
    with pytest.raises(nnq.InputError, match="gives 2 outputs, out= names 1"):
        add(a, a, out=a.copy())


def test_wrong_outputs(add, relu):
    a = np.zeros((1, 8), np.float32)
    with pytest.raises(nnq.InputError, match="output 'output1' shares memory with input 'x0'"):
        add(a, a, out=(a.copy(), a))
    b = np.zeros((1, 8), np.float32)
    with pytest.raises(nnq.InputError, match="output 'output1' shares memory with output 'output0'"):
        add(a, a, out=(b, b))
    b.flags.writeable = False
    with pytest.raises(nnq.InputError, match="output 'output0' cannot be written"):
        add(a, a, out=(b, a.copy()))
    with pytest.raises(nnq.InputError, match="room for 3 samples, 2 are given"):
        relu(rows(2), out=rows(3))


def test_copies_by_request(relu):
    x = rows(6)
    expected = np.maximum(x.T, 0)
    assert np.array_equal(relu(x.T, copy=True), expected)
    assert np.array_equal(relu(torch.from_numpy(x).T, copy=True).numpy(), expected)
    assert np.array_equal(relu(x.astype(np.float64), copy=True), np.maximum(x, 0))
    assert np.array_equal(relu(x.tolist(), copy=True), np.maximum(x, 0))
    with pytest.raises(nnq.InputError, match="dtype complex64, which does not become float32"):
        relu(x.astype(np.complex64), copy=True)


def test_run_like_onnx_runtime(add):
    a, b = RNG.normal(size=(2, 1, 8)).astype(np.float32)
    assert [(t.name, t.type, t.shape) for t in add.get_inputs()] == [
        ("x0", "tensor(float)", (1, 8)),
        ("x1", "tensor(float)", (1, 8)),
    ]
    (difference,) = add.run(["output1"], {"x1": b, "x0": a})
    assert np.array_equal(difference, a - b)
    assert len(add.run(None, {"x0": a, "x1": b})) == 2
    with pytest.raises(nnq.InputError, match="no input is called 'z'; input 'x1' is missing; no output is called 'q'"):
        add.run(["q"], {"x0": a, "z": b})


def test_module_of_torch(program, digits):
    module = torch.nn.Sequential(program.as_module(), torch.nn.Softmax(dim=1))
    with torch.no_grad():
        y = module(torch.from_numpy(digits[:1]))
    assert np.allclose(y.numpy().sum(), 1)
    assert "nnq.Program" in repr(module)


def test_threads_call_at_once(lenet, digits):
    program = lenet.compile()
    expected = [program(digits[i : i + 1]) for i in range(8)]
    failures = []

    def work(i: int) -> None:
        for _ in range(300):
            if not np.array_equal(program(digits[i : i + 1]), expected[i]):
                failures.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_pipelines_take_the_options_of_the_command_line(lenet):
    documentation = nnq.Model.quantize.__doc__
    for option in ("data", "key", "samples", "activations", "weights", "weight_granularity", "weight_range"):
        assert f"\n{option}: " in documentation
    assert "per-axis" in documentation
    with pytest.raises(nnq.OptionError, match="'quantize-int8' has no option sample; did you mean 'samples'?"):
        lenet.quantize(sample=3)
    with pytest.raises(nnq.OptionError, match="activations='odd' of 'quantize-int8' is none of symmetric, asymmetric"):
        lenet.quantize(activations="odd")
    with pytest.raises(nnq.OptionError, match="there is no pipeline 'quantise-int8'; did you mean 'quantize-int8'?"):
        lenet.apply("quantise-int8")


def check_same_as_tool(model: nnq.Model, tools: Path, folder: Path, options: str) -> None:
    """Compare the program with what nnq-opt makes of the same options."""
    quantized = folder / "tool.mlir"
    command = [tools / "nnq-opt", LENET / "lenet.mlirbc", f"--quantize-int8={options}", "-o", quantized]
    subprocess.run(command, check=True)
    expected = nnq.load(quantized).compile()
    program = model.compile()
    x = RNG.normal(size=(1, 1, 28, 28)).astype(np.float32)
    assert np.array_equal(program(x), expected(x))
    assert program.signature["weights"] == expected.signature["weights"]


def test_quantize_is_the_pipeline_of_the_command_line(lenet, digits, tools, tmp_path):
    options = {"activations": "symmetric", "weight_granularity": "per-tensor", "weight_range": "reduced"}
    quantized = lenet.quantize(data=digits, samples=40, **options)
    assert lenet.steps == ()
    assert [step.pipeline for step in quantized.steps] == ["quantize-int8"]
    assert "quantize-int8" in repr(quantized)
    text = f"data={LENET / 'sample.npz'} samples=40 activations=symmetric weight-granularity=per-tensor"
    check_same_as_tool(quantized, tools, tmp_path, text + " weight-range=reduced")
    again = lenet.run_pipeline(f"quantize-int8{{{text} weight-range=reduced}}")
    assert again.to_mlir(constants=True) == quantized.to_mlir(constants=True)


@pytest.mark.parametrize("form", ["path", "tensor", "dict", "batches", "pairs", "npy"])
def test_data_of_any_form(lenet, digits, tools, tmp_path, form):
    np.save(tmp_path / "with space.npy", digits)
    data = {
        "path": str(LENET / "sample.npz"),
        "tensor": torch.from_numpy(digits),
        "dict": {"x": digits},
        "batches": (digits[i : i + 7] for i in range(0, len(digits), 7)),
        "pairs": [(torch.from_numpy(digits), torch.zeros(len(digits)))],
        "npy": tmp_path / "with space.npy",
    }[form]
    check_same_as_tool(lenet.quantize(data=data), tools, tmp_path, f"data={LENET / 'sample.npz'}")


def test_data_of_several_inputs():
    weights = "dense<0.25> : tensor<8x8xf32>"
    model = nnq.load(f"""
      func.func @two(%a: tensor<1x8xf32>, %b: tensor<1x8xf32>) -> tensor<1x8xf32> {{
        %w = arith.constant {weights}
        %e = tensor.empty() : tensor<1x8xf32>
        %z = arith.constant 0.0 : f32
        %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x8xf32>) -> tensor<1x8xf32>
        %p = linalg.matmul ins(%a, %w : tensor<1x8xf32>, tensor<8x8xf32>) outs(%i : tensor<1x8xf32>) -> tensor<1x8xf32>
        %q = linalg.matmul ins(%b, %w : tensor<1x8xf32>, tensor<8x8xf32>) outs(%p : tensor<1x8xf32>) -> tensor<1x8xf32>
        return %q : tensor<1x8xf32>
      }}""")
    a, b = RNG.uniform(-1, 1, (2, 50, 8)).astype(np.float32)
    one = model.quantize(data={"x0": a, "x1": b})
    two = model.quantize(data=((a[i : i + 5], b[i : i + 5]) for i in range(0, 50, 5)))
    x, y = one.compile()(a[:1], b[:1]), two.compile()(a[:1], b[:1])
    assert np.array_equal(x, y)
    assert np.abs(x - 0.25 * (a[:1] + b[:1]).sum()).max() < 0.05
    with pytest.raises(nnq.InputError, match="calibration data lacks x1; it has x0"):
        model.quantize(data={"x0": a})
    with pytest.raises(nnq.InputError, match="different numbers of samples: 50, 49"):
        model.quantize(data={"x0": a, "x1": b[1:]})
    with pytest.raises(nnq.InputError, match="a batch is one array, the network takes 2: x0, x1"):
        model.quantize(data=a)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "the calibration data has no samples"),
        ([np.float32(3)], "a single number"),
        ([np.zeros((2, 1, 28, 28)), np.zeros((2, 1, 28, 27))], r"samples are float64\[1, 28, 27\] after"),
        ([object()], "single number"),
        ([[object()]], "single number"),
        (3, "a path, an array, a dict or batches, not 'int'"),
        (np.full((3, 1, 28, 28), np.nan, np.float32), "NaN in sample 0"),
        (np.zeros((3, 1, 28, 27), np.float32), r"28, 27"),
        ("no such file.npz", "no such file.npz"),
    ],
)
def test_wrong_data(lenet, data, message):
    with pytest.raises(nnq.Error, match=message):
        lenet.quantize(data=data)


def test_files_of_every_suffix(lenet, digits, program, tmp_path):
    expected = program(digits[:1])
    for suffix in ("mlir", "mlirbc"):
        lenet.save(tmp_path / f"net.{suffix}")
        assert np.array_equal(nnq.load(tmp_path / f"net.{suffix}").compile()(digits[:1]), expected)
    lenet.save(tmp_path / "net.so", header=tmp_path / "net.h")
    loaded = nnq.load(str(tmp_path / "net.so"))
    assert isinstance(loaded, nnq.Program)
    assert np.array_equal(loaded(digits[:1]), expected)
    assert "void lenet(" in (tmp_path / "net.h").read_text()
    for suffix, part in (("o", b"\x7fELF"), ("s", b".text"), ("ll", b"define")):
        lenet.save(tmp_path / f"net.{suffix}", level=1)
        assert part in (tmp_path / f"net.{suffix}").read_bytes()
    lenet.save(tmp_path / "arm.o", target="aarch64+i8mm", level=1)
    # The machine of an ELF file: 183 is AArch64.
    assert (tmp_path / "arm.o").read_bytes()[18] == 183
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"net.mlir", "net.mlirbc", "net.so", "net.h", "net.o", "net.s", "net.ll", "arm.o"}


def test_files_that_cannot_be_written(lenet, tmp_path):
    with pytest.raises(nnq.OptionError, match="ends in one of .mlir"):
        lenet.save(tmp_path / "net.exe")
    with pytest.raises(nnq.OptionError, match="target: .mlir takes the network as it is"):
        lenet.save(tmp_path / "net.mlir", target="znver4")
    with pytest.raises(nnq.Error, match="no such folder"):
        lenet.save(tmp_path / "no such folder" / "net.o", level=0)
    with pytest.raises(nnq.Error, match="pdp11"):
        lenet.save(tmp_path / "net.so", target="pdp11")
    assert not list(tmp_path.iterdir())


def test_lowered_models(lenet, digits, program):
    lowered = lenet.lower()
    assert lowered.is_lowered
    assert not lenet.is_lowered
    assert np.array_equal(lowered.compile()(digits[:1]), program(digits[:1]))
    with pytest.raises(nnq.OptionError, match="lowered already; threads would change nothing"):
        lowered.compile(threads=2)


def test_programs_for_other_machines_are_not_run(lenet):
    with pytest.raises(nnq.Error, match="cannot run"):
        lenet.compile(target="aarch64")


def test_files_that_cannot_be_loaded(tmp_path):
    (tmp_path / "broken.mlir").write_text("func.func @f(\n")
    with pytest.raises(nnq.Error) as raised:
        nnq.load(tmp_path / "broken.mlir")
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.severity == "error"
    assert diagnostic.file.endswith("broken.mlir")
    assert diagnostic.line in (1, 2)
    with pytest.raises(nnq.Error, match="missing.mlir"):
        nnq.load(tmp_path / "missing.mlir")
    (tmp_path / "broken.so").write_bytes(b"\x7fELF" + bytes(100))
    with pytest.raises(nnq.Error, match="broken.so"):
        nnq.load(tmp_path / "broken.so")


def test_accuracy_is_kept_by_labels(lenet, digits, tmp_path):
    """By labels that are always wrong no layer is worth keeping; by those of f32 some are with a coarse grid."""
    numbers = lenet.compile()
    right = np.array([numbers(digit[None]).argmax() for digit in digits])
    kept = []
    for labels in (right, (right + 1) % 10):
        coarse = {"data": digits, "calibration": "percentile", "percentile": 60.0, "weight_granularity": "per-tensor"}
        model = lenet.quantize(**coarse, accuracy_drop=0.0, labels=labels)
        kept.append(model.to_mlir().count("nnq.keep_f32"))
    assert kept[0] > 0 == kept[1]
    np.savez(tmp_path / "digits.npz", x=digits, y=right)
    named = lenet.quantize(**coarse | {"data": tmp_path / "digits.npz"}, accuracy_drop=0.0, labels="y")
    assert named.to_mlir().count("nnq.keep_f32") == kept[0]
    with pytest.raises(nnq.OptionError, match="labels are an array if data is one"):
        lenet.quantize(data=digits, accuracy_drop=0.0, labels="y")


def test_layers_are_quantized_as_asked_for(lenet, digits):
    quantized = lenet.quantize(data=digits, layers=["kind:conv=per-tensor", "fc1=f32"])
    text = quantized.to_mlir()
    assert 'nnq.keep_f32 = "layers=fc1=f32"' in text
    assert text.count("granularity = per_tensor") == 2
    with pytest.raises(nnq.Error, match="no layer answers 'nonesuch=f32'"):
        lenet.quantize(data=digits, layers=["nonesuch=f32"])


def test_errors_name_the_layer():
    unsupported = """
      #name = loc("encoder.norm")
      func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
        %y = tosa.custom %x {operator_name = "norm", domain_name = "d", implementation_attrs = ""}
            : (tensor<4xf32>) -> tensor<4xf32> loc(#name)
        return %y : tensor<4xf32>
      }
    """
    with pytest.raises(nnq.Error) as raised:
        nnq.load(unsupported).compile()
    assert "encoder.norm" in {d.layer for d in raised.value.diagnostics}
    assert "encoder.norm" in str(raised.value)


def test_remarks_are_logged(lenet, digits, caplog):
    with caplog.at_level(logging.INFO, "nnq"):
        lenet.quantize()
    (remark,) = caplog.records
    assert "parameters found at run time" in remark.getMessage()
    assert remark.levelno == logging.INFO
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "nnq"):
        lenet.quantize(data=digits, layers=["conv1=f32", "fc3=f32"]).compile()
    assert {"conv1", "fc3"} <= {record.layer for record in caplog.records if record.levelno == logging.INFO}
    assert {record.levelno for record in caplog.records} == {logging.INFO, logging.DEBUG}
    caplog.clear()
    with caplog.at_level(logging.WARNING, "nnq"):
        lenet.quantize()
    assert not caplog.records


def test_onnx_names_and_batches(tmp_path):
    import onnxruntime as ort

    path = make_onnx(tmp_path / "net.onnx")
    model = nnq.from_onnx(path, shapes={"image": (None, 3, 16, 16)})
    assert [t.name for t in model.inputs] == ["image"]
    assert [t.name for t in model.outputs] == ["scores"]
    x = RNG.normal(size=(5, 3, 16, 16)).astype(np.float32)
    (expected,) = ort.InferenceSession(path, providers=["CPUExecutionProvider"]).run(["scores"], {"image": x})
    program = model.compile()
    (scores,) = program.run(["scores"], {"image": x})
    assert np.allclose(scores, expected, rtol=1e-4, atol=1e-4)
    quantized = model.quantize(data={"image": x}).compile()
    assert quantized.get_outputs()[0].shape == (None, 10)
    # Files keep the names.
    model.save(tmp_path / "net.mlirbc")
    model.save(tmp_path / "net.so", header=tmp_path / "net.h")
    for loaded in (nnq.load(tmp_path / "net.mlirbc").compile(), nnq.load(tmp_path / "net.so")):
        assert [t.name for t in (*loaded.get_inputs(), *loaded.get_outputs())] == ["image", "scores"]
    assert "(const float *image, float *scores, int64_t batch," in (tmp_path / "net.h").read_text()
    assert np.abs(quantized(x) - expected).max() < 0.1 * np.abs(expected).max()


def test_torch_names():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = torch.nn.Linear(6, 4)

        def forward(self, features):
            return torch.relu(self.fc(features))

    net = Net()
    program = nnq.from_torch(net, [torch.zeros(1, 6)]).compile()
    x = torch.randn(1, 6)
    (y,) = program.run(None, {"features": x})
    assert torch.allclose(y, net(x).detach(), atol=1e-5)


def test_wrong_networks(tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"no ONNX")
    with pytest.raises(nnq.Error, match="broken.onnx"):
        nnq.from_onnx(tmp_path / "broken.onnx")
    with pytest.raises(nnq.Error, match="missing.onnx"):
        nnq.from_onnx(tmp_path / "missing.onnx")
