"""Networks that are not compiled yet."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .data import LABELS, data_file
from .errors import Error, OptionError, logger
from .native import core
from .pipelines import find_pipeline, suggest, write_pipeline
from .program import Program, TensorInfo, name_tensors
from .progress import progress
from .recipe import Recipe, Step
from .statistics import Statistics

if TYPE_CHECKING:
    from .report import Report

LOWERING = "lower-to-llvm"
# What save() writes of a network as it is, and what it compiles.
MLIR_SUFFIXES = (".mlir", ".mlirbc")
NATIVE_SUFFIXES = (".so", ".o", ".s", ".ll")


class PipelineMethod:
    """A method of Model that runs a pipeline, with the options that the compiler lists for it."""

    def __init__(self, pipeline: str) -> None:
        self.pipeline = pipeline

    def __get__(self, model: Model | None, owner: type[Model]) -> Callable[..., Model]:
        def method(**options: Any) -> Model:
            if model is None:
                raise TypeError(f"'{self.pipeline}' is called of a model")
            return model.apply(self.pipeline, **options)

        method.__doc__ = self.describe()
        return method

    def describe(self) -> str:
        """Return the documentation: the options as the compiler describes them."""
        pipeline = find_pipeline(self.pipeline)
        lines = [f"{pipeline.description}; return the new model.", ""]
        for option in pipeline.options.values():
            values = f" ({', '.join(option.values)})" if option.values else ""
            default = f"; default: {option.default}" if option.default not in (None, "") else ""
            lines.append(f"{option.name.replace('-', '_')}: {option.description}{values}{default}")
        return "\n".join(lines)


class ChoiceMethod:
    """A method of Model whose first argument chooses among pipelines, the first of them by default."""

    def __init__(self, **choices: str) -> None:
        self.choices = {what: PipelineMethod(pipeline) for what, pipeline in choices.items()}

    def __get__(self, model: Model | None, owner: type[Model]) -> Callable[..., Model]:
        def method(what: str = next(iter(self.choices)), **options: Any) -> Model:
            if what not in self.choices:
                close = suggest(what, self.choices)
                raise OptionError(f"what={what!r} is none of {', '.join(self.choices)}{close}")
            return self.choices[what].__get__(model, owner)(**options)

        method.__doc__ = "\n\n".join(f"what={what!r}: {choice.describe()}" for what, choice in self.choices.items())
        return method


class Model:
    """A network as MLIR. It never changes: methods return new models, and may be called from several threads.

    Made by from_torch, from_onnx and load.
    """

    # The pipelines of the compiler under the names that users know. Keywords are the options of the command line with
    # underscores for dashes; `data` may be arrays.
    quantize = PipelineMethod("quantize-int8")
    prune_channels = PipelineMethod("prune-channels")
    prune_layers = PipelineMethod("prune-layers")
    prune_weights = PipelineMethod("prune-weights")
    factorize = PipelineMethod("factorize")
    share = ChoiceMethod(weights="share-weights", kernels="share-kernels")
    prune = ChoiceMethod(channels="prune-channels", layers="prune-layers", weights="prune-weights")

    def __init__(
        self,
        network: core.Network,
        context: core.Context,
        *,
        origin: Model | None = None,
        steps: tuple[Step, ...] = (),
    ) -> None:
        self._network = network
        self._context = context
        self._origin = origin
        self._steps = steps

    @classmethod
    def from_mlir(cls, data: str | bytes, *, name: str = "network") -> Model:
        """Read MLIR text or bytecode."""
        context = core.Context()
        raw = data.encode() if isinstance(data, str) else data
        return cls(core.Network.parse(context, raw, name), context)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Model:
        """Read a file of MLIR text or bytecode."""
        context = core.Context()
        return cls(core.Network.parse_file(context, os.fspath(path)), context)

    @property
    def origin(self) -> Model:
        """The model that all steps began with."""
        return self._origin or self

    @property
    def steps(self) -> tuple[Step, ...]:
        """The pipelines that made this model of the original one."""
        return self._steps

    @property
    def is_lowered(self) -> bool:
        """Whether the network is in the LLVM dialect."""
        return any("target" in entry for entry in self._describe())

    @property
    def inputs(self) -> list[TensorInfo]:
        """The inputs of the entry point."""
        return name_tensors(self._entry()["inputs"], "x")

    @property
    def outputs(self) -> list[TensorInfo]:
        """The outputs of the entry point."""
        return name_tensors(self._entry()["outputs"], "output")

    def _describe(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = json.loads(self._network.describe())
        return entries

    def _entry(self) -> dict[str, Any]:
        entries = self._describe()
        if len(entries) != 1:
            names = ", ".join(entry["entry"] for entry in entries)
            raise Error(f"the network has {len(entries)} entry points: {names}")
        return entries[0]

    def __repr__(self) -> str:
        entries = [
            f"{entry['entry']}: {', '.join(map(show_tensor, entry['inputs']))} -> "
            f"{', '.join(map(show_tensor, entry['outputs']))}"
            for entry in self._describe()
        ]
        steps = "".join(f", {step.pipeline}" for step in self._steps)
        return f"<nnq.Model {'; '.join(entries)}{steps}>"

    def to_mlir(self, *, constants: bool = False) -> str:
        """Return MLIR text, with the weights on request."""
        return self._network.text(not constants)

    def run_pipeline(self, pipeline: str, *, title: str = "compiling") -> Model:
        """Return what a textual pipeline makes of the network, "quantize-int8{samples=9},nnq-..." for example."""
        return self._run(pipeline, title, Step(pipeline, {}))

    def apply(self, pipeline: str | Recipe, **options: Any) -> Model:
        """Return what a pipeline makes of the network; options as on the command line, with underscores for dashes.

        In place of a pipeline it may be a recipe; `data`, `labels`, `key` and `samples` are those of the steps that
        name none.

        `data` may also be an array of NumPy or PyTorch with the samples along its first dimension, a dict of such
        arrays by input, or an iterable of batches (arrays, dicts, or tuples that begin with the inputs), which is
        written to a temporary file as it comes; `labels` is an array of integers then. `statistics` may also be what
        calibrate() returns.
        """
        if isinstance(pipeline, Recipe):
            return self._apply_recipe(pipeline, options)
        step = Step(pipeline, {name: value for name, value in options.items() if value is not None})
        title = pipeline.replace("-", " ")
        data = options.get("data")
        # Wrong options are reported before data is written.
        for_check = {name: value for name, value in options.items() if name not in ("data", "labels", "statistics")}
        write_pipeline(pipeline, for_check | {name: None for name in options if name not in for_check})
        with contextlib.ExitStack() as stack:
            if isinstance(statistics := options.get("statistics"), Statistics):
                options = {**options, "statistics": stack.enter_context(statistics.file())}
            if data is not None:
                names = [tensor.name for tensor in self.inputs]
                samples = int(options.get("samples") or 0)
                labels = options.get("labels")
                is_name = labels is None or isinstance(labels, str)
                path, key = stack.enter_context(data_file(data, names, samples, None if is_name else labels))
                if key is not None and options.get("key") is not None:
                    raise OptionError("key names arrays of a file; data is no file")
                if (key is None) != is_name and labels is not None:
                    raise OptionError("labels are an array if data is one, and the name of one if data is a file")
                options = {**options, "data": path, "key": key or options.get("key")}
                if not is_name:
                    options["labels"] = LABELS
            return self._run(write_pipeline(pipeline, options), title, step)

    def _apply_recipe(self, recipe: Recipe, options: Mapping[str, Any]) -> Model:
        with tempfile.TemporaryDirectory(prefix="nnq-") as folder:
            path = Path(folder) / "recipe.json"
            recipe.save(path)
            made = self.apply("recipe", file=path, **options)
        made._steps = (*self._steps, *recipe.steps)
        return made

    def calibrate(self, data: Any, **options: Any) -> Statistics:
        """Run the network on data, as `quantize` takes it, and return the statistics of its tensors.

        They take the place of data where the same network is quantized: m.quantize(statistics=..., calibration="mse").
        Options are those of `--calibrate`: `key`, `samples`, and what the statistics are to serve for, `equalize`,
        `input_statistics` (smooth, correct_bias) or `correlations` (weight_rounding="gptq"; ".*" for all layers).
        """
        with tempfile.TemporaryDirectory(prefix="nnq-") as folder:
            path = Path(folder) / "statistics.json"
            self.apply("calibrate", data=data, save=path, **options)
            return Statistics.load(path)

    def bisect(self, data: Any, path: str | os.PathLike[str], **options: Any) -> Model:
        """Return the first layer that quantized alone is below `sqnr_floor`, as a model of its own.

        It is written to `path`, a .mlir, and the input that it was measured on to the .npz of the same name; `options`
        are those of quantize. Where no layer is below the floor it is the one of the most noise.
        """
        self.apply("quantize-int8", data=data, bisect=path, **options)
        return Model.from_file(path)

    def _run(self, pipeline: str, title: str, step: Step) -> Model:
        # Regular expressions of categories: those of nnq begin so.
        missed = "nnq.*" if logger.isEnabledFor(logging.INFO) else None
        passed = "nnq.*" if logger.isEnabledFor(logging.DEBUG) else None
        self._context.set_remarks(passed, missed)
        with progress(title) as callback:
            network = self._network.run(pipeline, callback)
        return Model(
            network,
            self._context,
            origin=self.origin,
            steps=(*self._steps, step),
        )

    def lower(self, **options: Any) -> Model:
        """Return the network in the LLVM dialect; options are those of lower-to-llvm."""
        return self.apply(LOWERING, **options)

    def _lowered(self, options: Mapping[str, Any]) -> Model:
        if not self.is_lowered:
            return self.lower(**options)
        given = [name for name, value in options.items() if value is not None]
        if given:
            raise OptionError(f"the network is lowered already; {', '.join(given)} would change nothing")
        return self

    def compile(
        self,
        *,
        target: str | None = None,
        threads: int | None = None,
        profile: bool | None = None,
        entry: str | None = None,
        level: int = 3,
        **options: Any,
    ) -> Program:
        """Compile in process and return what can be called.

        `level` is LLVM's, `entry` chooses a function; all else are options of lower-to-llvm.
        """
        lowered = self._lowered({"target": target, "threads": threads, "profile": profile, **options})
        with progress("compiling") as callback:
            return Program(lowered._network, entry, level, callback)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        header: str | os.PathLike[str] | None = None,
        level: int = 3,
        **options: Any,
    ) -> None:
        """Write a file of the kind that its suffix names.

        .mlir and .mlirbc take the network as it is. .so, .o, .s and .ll are compiled with options of lower-to-llvm
        (target="aarch64+i8mm", for example), and `header` then names a file for the C header.
        """
        path = Path(path)
        if path.suffix in MLIR_SUFFIXES:
            given = [*(["header"] if header is not None else []), *options]
            if given:
                raise OptionError(f"{', '.join(given)}: {path.suffix} takes the network as it is")
            text = self._network.bytecode() if path.suffix == ".mlirbc" else self._network.text(False).encode()
            replace_file(path, text)
            return
        if path.suffix not in NATIVE_SUFFIXES:
            raise OptionError(f"{path}: a file ends in one of {', '.join(MLIR_SUFFIXES + NATIVE_SUFFIXES)}")
        lowered = self._lowered(options)
        text = lowered._network.header().encode() if header is not None else b""
        with progress("compiling") as callback:
            lowered._network.write(os.fspath(path), path.suffix[1:], level, callback)
        if header is not None:
            replace_file(Path(header), text)

    def report(self, data: Any = None, *, profile: bool = False, **options: Any) -> Report:
        """Return what there is to say of each layer; options are those of lower-to-llvm.

        With `data` (arrays as `quantize` takes them) the results are compared with those of the original model; with
        `profile` the time of each layer is measured, on data if there is some.
        """
        from .report import make_report

        return make_report(self, data, profile=profile, options=options)


def show_tensor(tensor: Mapping[str, Any]) -> str:
    """Return type and shape of a tensor, f32[?, 10] for example."""
    sizes = ("?" if size < 0 else str(size) for size in tensor.get("shape", ()))
    return f"{tensor['dtype']}[{', '.join(sizes)}]"


def replace_file(path: Path, contents: bytes) -> None:
    """Write a file as a whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(contents)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
