"""One recipe tried on a network: accuracy, and time beside plain int8. Processes and machines may share trials."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .comparison import as_tuple, batch_size, cut
from .errors import Error, InputError
from .model import Model
from .program import Program, number_names
from .recipe import Recipe

# Seconds that a comparison of times takes, about, and the fewest turns of it.
SECONDS = 0.3
TURNS = 7
# Of a turn: long for the clock, short for what interrupts.
TURN_SECONDS = 2e-3

Score = Callable[[NDArray[Any], NDArray[Any]], float]


@dataclass(frozen=True)
class Trial:
    """What a recipe makes of a network."""

    recipe: Recipe
    # In percent, and the points below the network as it came; None if the recipe failed.
    accuracy: float | None = None
    drop: float | None = None
    # Microseconds of a sample, those of plain int8 in the same turns, and how many times faster that is.
    time_us: float | None = None
    baseline_us: float | None = None
    speedup: float | None = None
    # Of the constants.
    weight_bytes: int | None = None
    # Why there is nothing else.
    error: str = ""

    def to_record(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {name: value for name, value in vars(self).items() if name != "recipe"} | {
            "recipe": self.recipe.to_list()
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Trial:
        """Return what to_record gave."""
        return cls(**{**record, "recipe": Recipe(record["recipe"])})


@dataclass(frozen=True)
class Task:
    """All that a process needs to try recipes: files in a folder that it sees, and numbers."""

    folder: str
    # What tells the network and the samples from others that were in the folder.
    content: str
    # Of the network as it came.
    accuracy: float
    inputs: int
    score: Score | None = None

    @property
    def data(self) -> Path:
        """The samples to calibrate on."""
        return Path(self.folder) / "calibration.npz"

    def make(self, recipe: Recipe) -> Model:
        """Return the compressed network."""
        key = ",".join(number_names("x", self.inputs))
        return Model.from_file(Path(self.folder) / "network.mlirbc").apply(recipe, data=self.data, key=key)


def top1(results: NDArray[Any], labels: NDArray[Any]) -> float:
    """Return the share of samples, in percent, whose largest number is at the label."""
    return 100 * float(np.mean(results.reshape(len(results), -1).argmax(axis=1) == labels))


def samples(task: Task) -> tuple[list[NDArray[Any]], NDArray[Any]]:
    """Return the inputs to score on, and labels."""
    return read_samples(task.folder, task.content)


@functools.lru_cache(maxsize=1)
def read_samples(folder: str, content: str) -> tuple[list[NDArray[Any]], NDArray[Any]]:
    """Return the inputs to score on, and labels; `content` is for the cache."""
    with np.load(Path(folder) / "samples.npz") as file:
        return [file[name] for name in number_names("x", len(file.files) - 1)], file["labels"]


def baseline(task: Task) -> Program:
    """Return plain int8, which a process compiles once."""
    return compile_baseline(task.folder, task.content)


@functools.lru_cache(maxsize=1)
def compile_baseline(folder: str, content: str) -> Program:
    """Return plain int8; `content` is for the cache."""
    return Model.from_file(Path(folder) / "baseline.mlirbc").compile()


def run(program: Program, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    """Return the first result of all samples; a rest that fills no batch is left out."""
    size = batch_size(program)
    parts = [np.array(as_tuple(program(*arrays))[0]).reshape(size, -1) for arrays in cut([inputs], size)]
    if not parts:
        raise InputError(f"the data has no batch of {size}")
    return np.concatenate(parts)


def score(task: Task, program: Program) -> float:
    """Return the accuracy of a program, in percent."""
    inputs, labels = samples(task)
    results = run(program, inputs)
    return float((task.score or top1)(results, labels[: len(results)]))


def compare_times(program: Program, other: Program, inputs: list[NDArray[Any]]) -> tuple[float, float]:
    """Return microseconds of a sample of both, run in turns: what else the machine does slows both.

    Of each it is the fastest turn.
    """
    size = batch_size(program)
    arrays = [np.ascontiguousarray(x[:size]) for x in inputs]
    both = (program, other)
    calls = [max(1, int(TURN_SECONDS * 1e9 / max(p.time_calls(*arrays, count=2) / 2, 1))) for p in both]
    best = [math.inf, math.inf]
    started = time.perf_counter()
    turn = 0
    while turn < TURNS or time.perf_counter() - started < SECONDS:
        for i in (0, 1):
            best[i] = min(best[i], both[i].time_calls(*arrays, count=calls[i]) / calls[i])
        turn += 1
    return best[0] * 1e-3 / size, best[1] * 1e-3 / size


def try_recipe(task: Task, recipe: Recipe) -> Trial:
    """Compress, compile, score and time a network. What goes wrong with a recipe is part of the result."""
    try:
        program = task.make(recipe).compile()
        accuracy = score(task, program)
        us, baseline_us = compare_times(program, baseline(task), samples(task)[0])
    except Error as error:
        return Trial(recipe, error=str(error).splitlines()[0])
    return Trial(
        recipe,
        accuracy,
        task.accuracy - accuracy,
        us,
        baseline_us,
        baseline_us / us,
        int(program.signature["weights"]),
    )
