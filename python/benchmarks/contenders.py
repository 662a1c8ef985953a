"""Ways to run a network, timed side by side: our libraries, ONNX Runtime and OpenVINO.

A contender has buffers for its inputs and results, which a call reads and writes without any copy by Python.
"""

from __future__ import annotations

import ctypes
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ALIGNMENT = 64
DTYPES = {
    "f32": np.float32, "i64": np.int64, "i32": np.int32, "i8": np.int8,
    "tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32,
}  # fmt: skip


class ContenderError(RuntimeError):
    """A contender cannot run the network."""


@dataclass
class Contender:
    """One way to run a network: `call` is what is timed."""

    name: str
    inputs: list[NDArray]
    outputs: list[NDArray]
    call: Callable[[], object]
    fetch: Callable[[], list[NDArray]] | None = None  # results, if they are not in `outputs` after a call
    owned: object = None  # memory that `call` uses, kept alive
    calls_per_round: int = 0
    rounds_us: list[float] = field(default_factory=list)

    def round(self) -> None:
        """Time one round of calls."""
        call, count = self.call, self.calls_per_round
        started = time.perf_counter_ns()
        for _ in range(count):
            call()
        self.rounds_us.append((time.perf_counter_ns() - started) / count / 1e3)

    def warm_up(self, round_seconds: float) -> None:
        """Run until settled, and choose the number of calls of a round."""
        self.calls_per_round = 1
        self.round()
        self.calls_per_round = max(1, min(50, round(round_seconds * 1e6 / self.rounds_us[0])))
        for _ in range(4):
            self.round()
        self.calls_per_round = max(1, round(round_seconds * 1e6 / min(self.rounds_us)))
        self.rounds_us.clear()

    def run(self, sample: Sequence[NDArray]) -> list[NDArray]:
        """Return the results for one sample."""
        for buffer, value in zip(self.inputs, sample, strict=True):
            buffer[...] = value.reshape(buffer.shape)
        self.call()
        return [result.copy() for result in (self.fetch() if self.fetch else self.outputs)]


def race(contenders: Sequence[Contender], seconds: float, round_seconds: float = 5e-3, least: int = 5) -> None:
    """Run rounds of all contenders in turn, so that a disturbance hits them all, for `seconds` each."""
    for contender in contenders:
        contender.warm_up(round_seconds)
    end = time.perf_counter() + seconds * len(contenders)
    rounds = 0
    while rounds < least or time.perf_counter() < end:
        for contender in contenders:
            contender.round()
        rounds += 1


def aligned(shape: Sequence[int], dtype: type[np.generic]) -> NDArray:
    """Return an array of zeros that starts at a multiple of ALIGNMENT."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


def survives(call: Callable[[], object]) -> bool:
    """Return whether a call ends, tried in a child process: a library may crash."""
    child = os.fork()
    if child == 0:
        call()
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def nnq_contender(name: str, path: Path, entry: str, batch: int = 1) -> Contender:
    """Load one of our libraries; shapes and workspace are in the signature that it carries.

    `batch` counts the samples of a call if the library leaves their number open, as the size -1 says.
    """
    library = ctypes.CDLL(str(path.resolve()))
    symbol = ctypes.c_char.in_dll(library, f"{entry}_nnq_signature")
    signature = json.loads(ctypes.string_at(ctypes.addressof(symbol)))
    inputs, outputs = (
        [
            aligned([batch if size < 0 else size for size in value["shape"]], DTYPES[value["dtype"]])
            for value in signature[kind]
        ]
        for kind in ("inputs", "outputs")
    )
    workspace = aligned([max(1, signature["workspace"])], np.uint8)
    function = getattr(library, signature["entry"])
    function.restype = None
    arguments = [ctypes.c_void_p(array.ctypes.data) for array in (*inputs, *outputs)]
    if any(value["shape"][:1] == [-1] for value in signature["inputs"] + signature["outputs"]):
        arguments.append(ctypes.c_int64(batch))
    call = partial(function, *arguments, ctypes.c_void_p(workspace.ctypes.data))
    if not survives(call):
        raise ContenderError("the library crashes")
    return Contender(name, inputs, outputs, call, owned=workspace)


def ort_contenders(name: str, path: Path, threads: int = 1) -> list[Contender]:
    """Open an ONNX file of static shapes, called in the two ways that ONNX Runtime has."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    inputs = [aligned(i.shape, DTYPES[i.type]) for i in session.get_inputs()]
    feed = {i.name: array for i, array in zip(session.get_inputs(), inputs, strict=True)}
    outputs = [aligned(array.shape, array.dtype.type) for array in session.run(None, feed)]
    # Both ends are bound to the memory of our arrays, so that nothing is copied.
    binding = session.io_binding()
    for info, x in zip(session.get_inputs(), inputs, strict=True):
        binding.bind_input(info.name, "cpu", 0, x.dtype.type, x.shape, x.ctypes.data)
    for info, y in zip(session.get_outputs(), outputs, strict=True):
        binding.bind_output(info.name, "cpu", 0, y.dtype.type, y.shape, y.ctypes.data)
    run = partial(session.run, None, feed)
    return [
        Contender(f"{name}, session.run", inputs, [], run, fetch=run),
        Contender(f"{name}, IOBinding", inputs, outputs, partial(session.run_with_iobinding, binding), owned=session),
    ]


def openvino_contender(name: str, model: object, threads: int = 1) -> Contender:
    """Compile a model of OpenVINO, with tensors that share our memory."""
    import openvino as ov

    config = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    request = ov.Core().compile_model(model, "CPU", config).create_infer_request()
    inputs = []
    for i, port in enumerate(model.inputs):
        inputs.append(aligned(list(port.shape), port.element_type.to_dtype().type))
        request.set_input_tensor(i, ov.Tensor(inputs[-1], shared_memory=True))
    request.infer()

    def fetch() -> list[NDArray]:
        return [request.get_output_tensor(i).data for i in range(len(model.outputs))]

    return Contender(name, inputs, [], request.infer, fetch=fetch, owned=request)


def saturates() -> bool:
    """Return whether the int8 kernels of ONNX Runtime add pairs of products in 16 bits: on x86 without VNNI."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx2" in flags and "vnni" not in flags


def quantize_onnx(source: Path, target: Path, samples: Sequence[Sequence[NDArray]], unsigned: bool = False) -> None:
    """Quantize with ONNX Runtime: static, QDQ, s8 weights per channel, activations s8 or u8.

    Weights get seven bits where eight would saturate, as its documentation advises.
    """
    import onnxruntime as ort
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    names = [i.name for i in ort.InferenceSession(source, providers=["CPUExecutionProvider"]).get_inputs()]

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.feeds = (dict(zip(names, sample, strict=True)) for sample in samples)

        def get_next(self) -> dict[str, NDArray] | None:
            return next(self.feeds, None)

    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared,
        target,
        Reader(),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8 if unsigned else QuantType.QInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=saturates(),
    )
    prepared.unlink()


def quantize_onnx_dynamically(source: Path, target: Path) -> None:
    """Quantize with ONNX Runtime: s8 weights per channel, ranges of activations found at run time.

    What its documentation advises for transformers; weights as above.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    quantize_dynamic(prepared, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=saturates())
    prepared.unlink()


def quantize_openvino(source: Path, samples: Sequence[Sequence[NDArray]], transformer: bool) -> object:
    """Quantize with NNCF, default preset."""
    import logging

    import nncf
    import openvino as ov

    nncf.set_log_level(logging.ERROR)
    model = ov.Core().read_model(source)
    feeds = [tuple(sample) if len(sample) > 1 else sample[0] for sample in samples]
    kind = nncf.ModelType.TRANSFORMER if transformer else None
    return nncf.quantize(model, nncf.Dataset(feeds), subset_size=len(feeds), model_type=kind)
