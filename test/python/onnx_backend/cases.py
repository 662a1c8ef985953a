"""The node tests of ONNX that CNNs and transformers are made of, how one is run, and what came out."""

from __future__ import annotations

import multiprocessing
import re
import resource
import threading
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from .backend import NnqBackend, NotSupportedError, stored

QUANTIZED_OPS = """
QuantizeLinear DequantizeLinear QLinearConv QLinearMatMul MatMulInteger ConvInteger DynamicQuantizeLinear
"""
FLOAT_OPS = """
Conv ConvTranspose Gemm MatMul Einsum Attention RotaryEmbedding
BatchNormalization LayerNormalization RMSNormalization GroupNormalization InstanceNormalization
LpNormalization MeanVarianceNormalization LRN
AveragePool MaxPool GlobalAveragePool GlobalMaxPool LpPool
Softmax LogSoftmax Hardmax Relu LeakyRelu PRelu Elu Selu Celu Gelu HardSigmoid HardSwish Mish Sigmoid Tanh Erf
Softplus Softsign ThresholdedRelu Shrink Swish SwiGLU Clip
Add Sub Mul Div Pow Sqrt Exp Log Abs Neg Reciprocal Floor Ceil Round Sign Min Max Mean Sum Mod Sin Cos
ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp
ReduceSumSquare ArgMax ArgMin CumSum
Reshape Flatten Transpose Squeeze Unsqueeze Concat Split Slice Pad Expand Tile Identity
Gather GatherElements GatherND Resize Upsample DepthToSpace SpaceToDepth Trilu OneHot Range EyeLike
Cast CastLike Where Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Not IsNaN IsInf
Constant ConstantOfShape Shape Size Dropout
"""
QUANTIZED = frozenset(QUANTIZED_OPS.split())
FLOAT = frozenset(FLOAT_OPS.split())
# The element types of the C interface, and integers of less than a byte, which take one there.
SUPPORTED_TYPES = {
    TensorProto.FLOAT,
    TensorProto.DOUBLE,
    TensorProto.INT8,
    TensorProto.UINT8,
    TensorProto.INT16,
    TensorProto.UINT16,
    TensorProto.INT32,
    TensorProto.UINT32,
    TensorProto.INT64,
    TensorProto.UINT64,
    TensorProto.BOOL,
}
SMALL_TYPES = {TensorProto.INT4, TensorProto.UINT4, TensorProto.INT2, TensorProto.UINT2}

CASE_SECONDS = 60
MEMORY_BYTES = 6 << 30


@dataclass(frozen=True)
class Outcome:
    """What came out of a case: `passed`, `failed` or `not supported`, with the reason."""

    name: str
    subset: str
    status: str
    reason: str = ""


def load_cases() -> dict[str, onnx.backend.test.case.test_case.TestCase]:
    """Return the node tests by name, without those of the functions that ONNX expands operators to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.loader import load_model_tests

        return {case.name: case for case in load_model_tests(kind="node") if not re.search(r"_expanded", case.name)}


def subset(model: onnx.ModelProto) -> str | None:
    """Return the subset that a case belongs to: float, quantized, or other types; None if it is of no subset."""
    ops = {node.op_type for node in model.graph.node if node.domain in ("", "ai.onnx")}
    if len(ops) < len({node.op_type for node in model.graph.node}):
        return None
    is_quantized = bool(ops & QUANTIZED)
    if not is_quantized and not ops & FLOAT:
        return None
    if any(node.op_type == "Dropout" and len(node.input) > 2 for node in model.graph.node):
        # Of training.
        return None
    types = [value.type for value in (*model.graph.input, *model.graph.output)]
    allowed = SUPPORTED_TYPES | SMALL_TYPES if is_quantized else SUPPORTED_TYPES
    if any(not t.HasField("tensor_type") or t.tensor_type.elem_type not in allowed for t in types):
        return "other types"
    sizes = [dim.dim_value for t in types for dim in t.tensor_type.shape.dim if dim.HasField("dim_value")]
    # Nothing is computed of tensors without elements; the operand of CastLike only tells a type.
    if 0 in sizes and "CastLike" not in ops:
        return "other types"
    return "quantized" if is_quantized else "float"


def run_case(name: str, constants: bool = True) -> Outcome:
    """Run a case."""
    case = CASES[name]
    kind = subset(case.model)
    try:
        model = NnqBackend.prepare(case.model, constants=constants)
        for inputs, expected in case.data_sets:
            results = model.run(inputs)
            compare(results, expected, case.rtol, case.atol)
    except NotSupportedError as error:
        return Outcome(name, kind, "not supported", shorten(str(error)))
    except Exception as error:
        return Outcome(name, kind, "failed", f"{type(error).__name__}: {str(error).strip()[:400]}")
    return Outcome(name, kind, "passed")


def compare(results: Sequence[np.ndarray], expected: Sequence[object], rtol: float, atol: float) -> None:
    """Check results as ONNX's runner of backend tests does."""
    assert len(results) == len(expected), f"{len(results)} results, not {len(expected)}"
    for result, wanted in zip(results, expected, strict=True):
        wanted = stored(wanted)
        assert result.shape == wanted.shape, f"shape {result.shape}, not {wanted.shape}"
        assert result.dtype == wanted.dtype, f"{result.dtype}, not {wanted.dtype}"
        if np.issubdtype(wanted.dtype, np.floating):
            np.testing.assert_allclose(result, wanted, rtol=rtol, atol=atol)
        else:
            np.testing.assert_array_equal(result, wanted)


def shorten(reason: str) -> str:
    """Return a reason without what is particular to a case."""
    interface = re.search(r"^(?:in|out)put '[^']*' ((?:is of|has no elements)[^:;]*)", reason)
    if interface:
        return f"an input or output {interface[1]}"
    reason = re.sub(r"(?:, [^,;]+|\.\.\.)+(?=$|;)", "", reason.splitlines()[0])
    reason = re.sub(r" in (layer )?'?[^ ;]+'?(?=$|;)", "", reason)
    return reason[:160]


CASES = load_cases()


class Worker:
    """A process that runs cases: one that crashes or hangs takes only its case with it."""

    def __init__(self) -> None:
        """Start the process."""
        self.connection, child = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=self.serve, args=(child,), daemon=True)
        self.process.start()
        child.close()

    @staticmethod
    def serve(connection: Connection) -> None:
        """Run what is asked for, in the process."""
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        while True:
            connection.send(run_case(*connection.recv()))

    def run(self, name: str, constants: bool) -> Outcome | None:
        """Run a case; None if the process did not survive."""
        try:
            self.connection.send((name, constants))
            if self.connection.poll(CASE_SECONDS):
                return self.connection.recv()
        except (EOFError, OSError):
            pass
        self.stop()
        return None

    def stop(self) -> None:
        """End the process."""
        self.connection.close()
        self.process.kill()
        self.process.join()


def run_cases(names: Iterable[str], compiler: Path, workers: int = 2, constants: bool = True) -> list[Outcome]:
    """Run cases, some at a time."""
    NnqBackend.compiler = compiler
    # The importer is loaded once.
    import torch_mlir.extras.onnx_importer
    import torch_mlir.passmanager  # noqa: F401

    queue = list(reversed([*names]))
    outcomes: list[Outcome] = []

    def work() -> None:
        worker = Worker()
        while True:
            try:
                name = queue.pop()
            except IndexError:
                return worker.stop()
            outcome = worker.run(name, constants)
            if outcome is None:
                outcome = Outcome(name, subset(CASES[name].model), "failed", "the process crashed or ran out of time")
                worker = Worker()
            outcomes.append(outcome)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes, key=lambda outcome: outcome.name)


def report(outcomes: Sequence[Outcome]) -> str:
    """Return a table of counts, and what did not pass with its reason."""
    lines = []
    for kind in ("float", "quantized", "other types"):
        counts = Counter(outcome.status for outcome in outcomes if outcome.subset == kind)
        text = ", ".join(f"{counts[status]} {status}" for status in ("passed", "failed", "not supported"))
        lines.append(f"{kind}: {text} of {counts.total()}")
    for status in ("failed", "not supported"):
        groups: dict[str, list[str]] = {}
        for outcome in outcomes:
            if outcome.status == status:
                groups.setdefault(outcome.reason, []).append(outcome.name.removeprefix("test_"))
        if groups:
            lines += ["", f"{status}:"]
        for reason, names in sorted(groups.items(), key=lambda item: -len(item[1])):
            lines.append(f"  {reason}")
            lines.append(f"    {len(names)}: {', '.join(names[:8])}{', ...' * (len(names) > 8)}")
    return "\n".join(lines) + "\n"
