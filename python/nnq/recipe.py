"""Compression in several steps, as the compiler's `--recipe` takes it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .errors import InputError, OptionError
from .pipelines import pipelines, write_pipeline

# As the methods of a model are called.
ALIASES = {"quantize": "quantize-int8"}


@dataclass(frozen=True)
class Step:
    """A pipeline with its options, what is or was done to a network."""

    pipeline: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


StepLike = Step | str | tuple[str, Mapping[str, Any]] | Mapping[str, Any]


def make_step(step: StepLike, place: str) -> Step:
    """Return a step of one of its forms; names are those of pipelines or of the methods of a model."""
    if isinstance(step, Step):
        return step
    if isinstance(step, Mapping):
        if len(step) != 1:
            raise OptionError(f"{place}: a step is one name with its options, not {', '.join(map(str, step))}")
        step = next(iter(step.items()))
    name, options = (step, {}) if isinstance(step, str) else step
    name = ALIASES.get(str(name), str(name).replace("_", "-"))
    known = [pipeline.name for pipeline in pipelines().values() if pipeline.is_step]
    if name not in known:
        raise OptionError(f"{place}: there is no step '{name}'; there are: {', '.join(known)}")
    if options is not None and not isinstance(options, Mapping):
        raise OptionError(f"{place}: options of '{name}' are a mapping, not '{type(options).__name__}'")
    named = {str(key).replace("_", "-"): value for key, value in (options or {}).items() if value is not None}
    for key, value in named.items():
        valid = sorted(pipelines()[name].options)
        if key not in valid:
            raise OptionError(f"{place}: '{name}' has no option '{key}'; it has: {', '.join(valid)}")
        items = value if isinstance(value, (list, tuple)) else [value]
        if not all(isinstance(item, (str, int, float, bool, os.PathLike)) for item in items):
            raise OptionError(
                f"{place}: option '{key}' of '{name}' is '{type(value).__name__}'; a recipe holds texts and numbers, "
                "arrays go to apply(recipe, data=...)"
            )
    try:
        write_pipeline(name, named)
    except OptionError as error:
        raise OptionError(f"{place}: {error}") from None
    return Step(name, MappingProxyType(named))


def as_json(value: Any) -> Any:
    """Return what JSON and the command line can hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return [as_json(each) for each in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


class Recipe:
    """Steps of compression in order; `model.apply(recipe, data=...)` runs them.

    A step is the name of a pipeline, with its options as the command line has them:

        nnq.Recipe(["prune-channels", ("factorize", {"energy": 0.9}), {"quantize": {"weights": "symmetric"}}])

    Names and options are checked when it is made; what a step has made, such as zeros, sizes and ranks, is checked
    after each of those that follow.
    """

    def __init__(self, steps: Iterable[StepLike]) -> None:
        self.steps: tuple[Step, ...] = tuple(make_step(step, f"step {i}") for i, step in enumerate(steps, 1))
        if not self.steps:
            raise OptionError("a recipe has no steps")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Recipe:
        """Read JSON or, with PyYAML, YAML: a list of steps, alone or under `steps`."""
        text = Path(path).read_text()
        try:
            contents = json.loads(text)
        except ValueError as error:
            try:
                import yaml  # type: ignore[import-untyped, unused-ignore]
            except ModuleNotFoundError:
                raise InputError(
                    f"{path}: {error}; for YAML, install PyYAML or let the compiler read it: "
                    'model.apply("recipe", file=path)'
                ) from None
            contents = yaml.safe_load(text)
        steps = contents.get("steps") if isinstance(contents, Mapping) else contents
        if not isinstance(steps, list):
            raise InputError(f"{path}: is no list of steps")
        return cls(steps)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the JSON that `nnq-compile --recipe=FILE` reads."""
        Path(path).write_text(self.to_json() + "\n")

    def to_json(self) -> str:
        """Return JSON on one line."""
        return json.dumps(self.to_list())

    def to_list(self) -> list[Any]:
        """Return the steps as JSON has them."""
        return [{step.pipeline: {key: as_json(value) for key, value in step.options.items()}} for step in self.steps]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipe) and self.to_list() == other.to_list()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __reduce__(self) -> Any:
        return Recipe, (self.to_list(),)

    def __repr__(self) -> str:
        return f"nnq.Recipe({self.to_list()})"

    def __str__(self) -> str:
        return ", ".join(
            step.pipeline + "".join(f" {key}={as_json(value)}" for key, value in step.options.items())
            for step in self.steps
        )
