"""What there is to say of a network and its layers."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .comparison import Comparison, compare, cut, iterate_batches
from .errors import Error
from .program import Program, TensorInfo

if TYPE_CHECKING:
    from .model import Model

# Seconds that a profile takes, at least.
PROFILE_SECONDS = 0.2


@dataclass(frozen=True)
class LayerReport:
    """A layer with what is fused into it."""

    name: str
    kind: str
    # The type of the factors, empty if nothing is multiplied.
    type: str
    # The pipelines that made it so.
    technique: str
    macs: int
    # Of the constants before they are packed; None if the compiler does not tell.
    weight_bytes: int | None
    # Of the same as the library stores them: without zeros that are skipped, with what says where the others are.
    stored_bytes: int | None = None
    # Of these constants those that are multiplied with, and how many are zero.
    factors: int = 0
    zeros: int = 0
    # Signal to noise once quantized; None if quantize(measure_noise=True) did not measure it.
    sqnr_db: float | None = None
    # Signal to noise of weights since share() took them from a codebook.
    weight_sqnr_db: float | None = None
    time_us: float | None = None
    # How weights and input are quantized; empty if they are not.
    weight_scheme: str = ""
    input_scheme: str = ""
    # What its input may be, and the share of what calibration saw that lies outside of it.
    input_range: tuple[float, float] | None = None
    clipped: float | None = None
    # Of weights that have groups or fewer than 8 bits, such as "i4, groups of 64".
    weight_format: str = ""

    @property
    def is_integer(self) -> bool:
        """Whether it multiplies integers."""
        return self.type[:1] in ("i", "u")

    @property
    def density(self) -> float | None:
        """The part of the factors that is not zero; stored_bytes tells whether zeros are stored. None without any."""
        return 1 - self.zeros / self.factors if self.factors else None


@dataclass(frozen=True)
class RemovedBlock:
    """What prune("layers") took out of the network."""

    # Names of the first and the last layer with weights.
    name: str
    # Of a sample.
    macs: int
    # Numbers, not bytes.
    weights: int
    # As the criterion measured it.
    importance: float | None = None


@dataclass(frozen=True)
class RefusedLayer:
    """Compression of a layer that would not have paid."""

    layer: str
    technique: str
    reason: str


@dataclass(frozen=True)
class Report:
    """A network, layer by layer; print it, or see to_html and to_json."""

    entry: str
    target: Mapping[str, str]
    steps: tuple[str, ...]
    weight_bytes: int
    workspace_bytes: int
    layers: tuple[LayerReport, ...]
    comparison: Comparison | None = None
    # Of a call.
    time_us: float | None = None
    removed: tuple[RemovedBlock, ...] = ()
    refused: tuple[RefusedLayer, ...] = ()

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return JSON, and write it to a file on request."""
        contents = dataclasses.asdict(self)
        if self.comparison and not math.isfinite(self.comparison.sqnr_db):
            contents["comparison"]["sqnr_db"] = None
        text = json.dumps(contents, indent=2)
        if path is not None:
            Path(path).write_text(text + "\n")
        return text

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return a page of HTML, with a plot if matplotlib is there, and write it to a file on request."""
        from .report_html import write_page

        text = write_page(self)
        if path is not None:
            Path(path).write_text(text)
        return text

    def _repr_html_(self) -> str:
        from .report_html import write_fragment

        return write_fragment(self)

    def __str__(self) -> str:
        from .report_table import write_text

        return write_text(self)

    def __rich__(self) -> Any:
        from .report_table import make_rich

        return make_rich(self)


def describe_layers(signature: Mapping[str, Any], steps: tuple[str, ...]) -> list[LayerReport]:
    """Return the layers of a signature."""
    reports = []
    for layer in signature.get("layers", ()):
        report = LayerReport(
            layer["name"],
            layer["kind"],
            layer["type"],
            "",
            layer["macs"],
            layer.get("weights"),
            layer.get("stored"),
            layer.get("factors", 0),
            layer.get("zeros", 0),
            layer.get("sqnr"),
            layer.get("weight_sqnr"),
            weight_scheme=layer.get("weight_scheme", ""),
            input_scheme=layer.get("input_scheme", ""),
            input_range=tuple(layer["input_range"]) if "input_range" in layer else None,
            clipped=layer.get("clipped"),
            weight_format=layer.get("format", ""),
        )
        technique = ", ".join(steps) if report.is_integer or report.weight_format else ""
        reports.append(dataclasses.replace(report, technique=technique))
    return reports


def zeros(tensor: TensorInfo) -> np.ndarray:
    """Return an array for an input."""
    return np.zeros([1 if size is None else size for size in tensor.shape], tensor.dtype)


def measure(program: Program, arrays: list[np.ndarray]) -> tuple[float, list[float]]:
    """Return microseconds of a call and of each layer, of the fastest of some rounds."""
    calls = max(1, int(PROFILE_SECONDS / 5 / max(program.time_calls(*arrays, count=1) * 1e-9, 1e-9)))
    best, ticks = math.inf, [0]
    started = time.perf_counter()
    while time.perf_counter() - started < PROFILE_SECONDS:
        program.read_ticks(reset=True)
        took = program.time_calls(*arrays, count=calls) / calls * 1e-3
        if took < best:
            best, ticks = took, program.read_ticks()
    # The clock of the counters runs at a rate of its own, and counts the layers of a call from end to end.
    scale = best / max(sum(ticks), 1)
    return best, [count * scale for count in ticks]


def make_report(model: Model, data: Any, *, profile: bool, options: Mapping[str, Any]) -> Report:
    """Lower a model, run it if there is something to measure, and describe it."""
    lowered = model if model.is_lowered else model.lower(**{**options, "profile": True})
    signature = lowered._entry()
    if not signature.get("layers"):
        raise Error("the network was lowered without profile=True, and does not know its layers")
    steps = tuple(step.pipeline for step in model.steps)
    layers = describe_layers(signature, steps)
    comparison = time_us = None
    if profile or data is not None:
        program = lowered.compile()
        arrays = [zeros(tensor) for tensor in program.get_inputs()]
        if data is not None and model.origin is not model:
            original = model.origin.compile(**options)
            comparison, arrays = compare(program, original, data)
        elif data is not None:
            names = [tensor.name for tensor in program.get_inputs()]
            arrays = next(cut(iterate_batches(data, names), len(arrays[0])), arrays)
        if profile:
            time_us, times = measure(program, arrays)
            layers = [dataclasses.replace(layer, time_us=us) for layer, us in zip(layers, times, strict=True)]
    return Report(
        signature["entry"],
        signature["target"],
        steps,
        signature["weights"],
        signature["workspace"],
        tuple(layers),
        comparison,
        time_us,
        # The lowered network has no room for what is not there.
        tuple(RemovedBlock(**block) for block in model._entry().get("removed", ())),
        tuple(RefusedLayer(**layer) for layer in model._entry().get("refused", ())),
    )
