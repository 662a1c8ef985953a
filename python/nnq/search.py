"""The search for a recipe: as fast or as small as a bound of accuracy allows."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import to_numpy
from .comparison import iterate_batches
from .errors import InputError, OptionError
from .model import Model, replace_file
from .program import Program, number_names
from .progress import Callback, progress
from .recipe import Recipe, Step
from .search_result import SearchResult
from .trial import Score, Task, Trial, baseline, compare_times, run, samples, try_recipe
from .trial import score as score_program

# What is within the noise of a measurement is no gain.
FASTER = 1.02
# Layers with less of the multiply-adds are not asked for one by one.
LEAST_SHARE = 0.02
# Of the best recipes, those whose times are measured again, alone.
FINALISTS = 3
# Of the samples to score on, those to calibrate on if there are no others.
CALIBRATION = 500


@dataclass(frozen=True)
class Technique:
    """A pipeline with settings from weak to strong."""

    pipeline: str
    settings: tuple[dict[str, Any], ...]
    # Options for networks that the pipeline refuses with those of the settings.
    instead: dict[str, Any] = dataclasses.field(default_factory=dict)
    # Options for some of the layers, where those of the settings are about all; None where layers have no choice.
    by_layer: dict[str, Any] | None = dataclasses.field(default_factory=dict)

    def steps(self, setting: int, exclude: Sequence[str] = ()) -> list[Step]:
        """Return the step of a setting."""
        options = dict(self.settings[setting])
        if exclude:
            options = {name: value for name, value in {**options, **(self.by_layer or {})}.items() if value is not None}
            # Factors of a layer have its name and a number.
            options["exclude"] = ",".join(rf"{re.escape(name)}(\.[0-9]+)*" for name in exclude)
        return [Step(self.pipeline, options)]


# In the order in which they follow each other: each keeps what those before it made.
TECHNIQUES = (
    Technique("prune-layers", tuple({"count": n, "bridge": True} for n in (1, 2)), by_layer=None),
    Technique(
        "prune-channels",
        tuple({"macs": m, "criterion": "activation", "ranking": "global"} for m in (0.9, 0.8, 0.7, 0.6, 0.5, 0.35)),
        # What reads channels may be too deep for correlations.
        {"criterion": "l2"},
        {"macs": None, "ratio": 0.25},
    ),
    Technique("factorize", tuple({"energy": e} for e in (0.99, 0.97, 0.94, 0.9, 0.8, 0.65))),
    Technique(
        "prune-weights",
        tuple({"ratio": r, "pattern": "16x4", "criterion": "obs", "scope": "global"} for r in (0.3, 0.5, 0.65, 0.8)),
        by_layer={"scope": "local"},
    ),
)
QUANTIZE = Step("quantize-int8", {})
PLAIN = Recipe([QUANTIZE])


def read_inputs(model: Model, data: Any, purpose: str) -> list[NDArray[Any]]:
    """Return the samples of each input."""
    batches = list(iterate_batches(data, [tensor.name for tensor in model.inputs]))
    if not batches:
        raise InputError(f"there are no samples to {purpose} on")
    return [np.concatenate(arrays) for arrays in zip(*batches, strict=True)]


def save_inputs(path: Path, inputs: Sequence[NDArray[Any]], **others: NDArray[Any]) -> None:
    """Write samples under the names that nnq-run gives inputs."""
    arrays: dict[str, Any] = {**dict(zip(number_names("x", len(inputs)), inputs, strict=True)), **others}
    np.savez(path, **arrays)


def write_samples(path: Path, model: Model, program: Program, data: Any, labels: Any, count: int) -> list[NDArray[Any]]:
    """Write the samples to score on as trials read them; return the inputs."""
    inputs = read_inputs(model, data, "score")
    if isinstance(labels, str):
        if not isinstance(data, (str, os.PathLike)):
            raise OptionError("labels are an array if data is one, and the name of one if data is a file")
        labels = np.load(data)[labels]
    found = None if labels is None else to_numpy(labels)
    if found is not None and len(found) < len(inputs[0]):
        raise InputError(f"there are {len(found)} labels for {len(inputs[0])} samples")
    if count:
        inputs = [x[:count] for x in inputs]
    if found is None:
        found = run(program, inputs).argmax(axis=1)
    save_inputs(path, inputs, labels=found[: len(inputs[0])])
    return inputs


def fingerprint(folder: Path) -> str:
    """Return what tells this search from others: the network and its samples."""
    digest = hashlib.sha256()
    with np.load(folder / "samples.npz") as file:
        for name in sorted(file.files):
            digest.update(np.ascontiguousarray(file[name]).tobytes())
    digest.update((folder / "network.mlirbc").read_bytes())
    return digest.hexdigest()[:16]


class Log:
    """The trials so far, a line of JSON each; what a search that was stopped has written counts."""

    def __init__(self, path: Path | None, name: str) -> None:
        self.path = path
        self.known: dict[str, Trial] = {}
        if path is None:
            return
        # The last line may not be whole.
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        if not lines:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"search": name}) + "\n")
            return
        try:
            head = json.loads(lines[0])
            trials = [Trial.from_record(json.loads(line)) for line in lines[1:]]
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{path}: is no log of a search: {error}") from None
        if not isinstance(head, dict) or head.get("search") != name:
            raise InputError(f"{path}: is the log of another network or of other data; remove it, or choose another")
        replace_file(path, ("\n".join(lines) + "\n").encode())
        self.known = {trial.recipe.to_json(): trial for trial in trials}

    def add(self, trial: Trial) -> None:
        """Keep a trial."""
        self.known[trial.recipe.to_json()] = trial
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps(trial.to_record()) + "\n")


class Search:
    """Tries recipes, each only once, until there is no better one or no trial is left."""

    def __init__(
        self,
        task: Task,
        log: Log,
        executor: Executor | None,
        drop: float,
        objective: str,
        limit: int,
        techniques: Sequence[Technique],
        show: Callback | None,
    ) -> None:
        self.task, self.log, self.executor = task, log, executor
        self.drop, self.objective, self.limit, self.show = drop, objective, limit, show
        self.techniques = list(techniques)
        self.trials: dict[str, Trial] = {}

    def gain(self, trial: Trial) -> float:
        """Return how many times better a trial is than plain int8 by the objective."""
        if trial.recipe == PLAIN:
            return 1.0
        if self.objective == "latency":
            return trial.speedup or 0.0
        size = self.baseline.weight_bytes
        return size / trial.weight_bytes if size and trial.weight_bytes else 0.0

    def is_allowed(self, trial: Trial) -> bool:
        """Tell whether accuracy holds, and the network is no slower than plain int8 for being small."""
        return (
            trial.drop is not None
            and trial.drop <= self.drop
            and (trial.speedup or 0) >= (1 / FASTER if self.objective == "size" else 0)
        )

    @property
    def baseline(self) -> Trial:
        """Plain int8."""
        return self.trials[PLAIN.to_json()]

    def best(self) -> Trial:
        """Return the best trial that is allowed; plain int8 if none is better."""
        allowed = [trial for trial in self.trials.values() if self.is_allowed(trial)]
        found = max(allowed, key=self.gain, default=self.baseline)
        return found if self.gain(found) > FASTER else self.baseline

    def run(self, recipes: Sequence[Recipe]) -> list[Trial]:
        """Return the trials of recipes, as far as there are trials left."""
        missing: list[Recipe] = []
        for recipe in dict.fromkeys(recipes):
            key = recipe.to_json()
            if key in self.trials:
                continue
            if len(self.trials) + len(missing) >= self.limit:
                break
            if key in self.log.known:
                self.trials[key] = self.log.known[key]
            else:
                missing.append(recipe)
        self.tell()
        for trial in self.try_all(missing):
            self.log.add(trial)
            self.trials[trial.recipe.to_json()] = trial
            self.tell()
        return [self.trials[r.to_json()] for r in recipes if r.to_json() in self.trials]

    def try_all(self, recipes: Sequence[Recipe]) -> Iterator[Trial]:
        """Give trials as they end."""
        if self.executor is None:
            yield from (try_recipe(self.task, recipe) for recipe in recipes)
            return
        futures: list[Future[Trial]] = [self.executor.submit(try_recipe, self.task, recipe) for recipe in recipes]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            for future in futures:
                future.cancel()

    def tell(self) -> None:
        """Show how far it is."""
        if self.show:
            self.show("trial", len(self.trials), self.limit)

    def recipe(self, chosen: dict[int, list[Step]]) -> Recipe:
        """Return the steps of techniques in their order, then quantization."""
        return Recipe([*(step for i in sorted(chosen) for step in chosen[i]), QUANTIZE])

    def single(self, i: int, setting: int) -> Recipe:
        """Return a technique alone."""
        return self.recipe({i: self.techniques[i].steps(setting)})

    def find(self, recipe: Recipe) -> Trial | None:
        """Return the trial of a recipe, if there was one."""
        return self.trials.get(recipe.to_json())

    def climb(self) -> tuple[dict[int, int], dict[int, int]]:
        """Try each technique alone, from weak to strong; return the best setting that is allowed and the next."""
        alive = set(range(len(self.techniques)))
        best: dict[int, int] = {}
        beyond: dict[int, int] = {}
        for setting in range(max((len(t.settings) for t in self.techniques), default=0)):
            wave = [i for i in sorted(alive) if setting < len(self.techniques[i].settings)]
            self.run([self.single(i, setting) for i in wave])
            for i in wave:
                trial = self.find(self.single(i, setting))
                technique = self.techniques[i]
                if trial is not None and trial.error and technique.instead and setting == 0:
                    self.techniques[i] = dataclasses.replace(
                        technique, settings=tuple({**each, **technique.instead} for each in technique.settings)
                    )
                    self.run([self.single(i, setting)])
                    trial = self.find(self.single(i, setting))
                if trial is None or trial.error:
                    # What a network has no place for, it has none for in any number.
                    alive.discard(i)
                    continue
                if not self.is_allowed(trial):
                    if trial.drop is not None and trial.drop > self.drop:
                        alive.discard(i)
                        beyond[i] = setting
                    continue
                rival = self.find(self.single(i, best[i])) if i in best else self.baseline
                if rival and self.gain(trial) > self.gain(rival):
                    best[i] = setting
        return best, beyond

    def combine(self, best: dict[int, int]) -> dict[int, list[Step]]:
        """Add techniques to each other, those of the largest gain first, as long as that is better."""
        order = sorted(best, key=lambda i: -self.gain(self.trials[self.single(i, best[i]).to_json()]))
        chosen: dict[int, list[Step]] = {}
        current = self.baseline
        for i in order:
            # Two that only just hold are too much together, and weaker ones may hold.
            for setting in range(best[i], -1, -1):
                candidate = {**chosen, i: self.techniques[i].steps(setting)}
                found = self.run([self.recipe(candidate)])
                if found and self.is_allowed(found[0]):
                    if self.gain(found[0]) > self.gain(current) * (1 if current is self.baseline else FASTER):
                        chosen, current = candidate, found[0]
                    break
        return chosen

    def refine(self, chosen: dict[int, list[Step]], beyond: dict[int, int], layers: Sequence[str]) -> None:
        """Take techniques one setting further, in the layers that bear it."""
        speedups = {i: self.gain(self.trials[self.single(i, setting).to_json()]) for i, setting in beyond.items()}
        for i in sorted(beyond, key=lambda i: -speedups[i]):
            technique, setting = self.techniques[i], beyond[i]
            if technique.by_layer is None:
                continue

            def make(
                kept: Sequence[str], i: int = i, setting: int = setting, rest: dict[int, list[Step]] = chosen
            ) -> Recipe:
                others = [name for name in layers if name not in kept]
                return self.recipe({**rest, i: self.techniques[i].steps(setting, others)})

            self.run([make([name]) for name in layers])
            tried = {name: self.find(make([name])) for name in layers}
            alone = {name: trial for name, trial in tried.items() if trial is not None}
            start = self.gain(self.trials[self.recipe(chosen).to_json()])
            worth = {
                name: (self.gain(trial) - start) / max(trial.drop or 0.0, 0.01)
                for name, trial in alone.items()
                if not trial.error and self.is_allowed(trial) and self.gain(trial) > start
            }
            kept: list[str] = []
            current = start
            for name in sorted(worth, key=lambda name: -worth[name]):
                found = self.run([make([*kept, name])])
                if found and self.is_allowed(found[0]) and self.gain(found[0]) > current:
                    kept.append(name)
                    current = self.gain(found[0])
            if kept:
                others = [name for name in layers if name not in kept]
                chosen = {**chosen, i: technique.steps(setting, others)}


def confirm(search: Search, task: Task) -> Trial:
    """Measure the best recipes again, alone on the machine, and return the best; plain int8 where none is faster."""
    allowed = [trial for trial in search.trials.values() if search.is_allowed(trial) and search.gain(trial) > FASTER]
    final: list[Trial] = []
    for trial in sorted(allowed, key=search.gain, reverse=True)[:FINALISTS]:
        program: Program = task.make(trial.recipe).compile()
        us, baseline_us = compare_times(program, baseline(task.folder), samples(task.folder)[0])
        again = dataclasses.replace(trial, time_us=us, baseline_us=baseline_us, speedup=baseline_us / us)
        search.trials[trial.recipe.to_json()] = again
        if search.is_allowed(again) and search.gain(again) > 1:
            final.append(again)
    return max(final, key=search.gain, default=search.baseline)


def find_layers(model: Model) -> list[str]:
    """Return the layers that do most of the work, the largest first."""
    report = model.report()
    total = sum(layer.macs for layer in report.layers) or 1
    large = [layer for layer in report.layers if layer.macs >= LEAST_SHARE * total]
    return [layer.name for layer in sorted(large, key=lambda layer: -layer.macs)]


def search(
    model: Model,
    data: Any,
    *,
    labels: Any = None,
    drop: float = 0.5,
    objective: str = "latency",
    calibration: Any = None,
    samples: int = 0,
    trials: int = 100,
    techniques: Sequence[str] | None = None,
    executor: Executor | None = None,
    log: str | os.PathLike[str] | None = None,
    folder: str | os.PathLike[str] | None = None,
    score: Score | None = None,
) -> SearchResult:
    """Look for the recipe that makes a network fastest, or smallest, and loses at most `drop` points of accuracy.

    First each technique is tried on the whole network, from weak to strong, then they are combined, and then taken
    further in the layers that bear it. All recipes end in int8; plain int8, which has no other step, is what times are
    compared with and what comes out where nothing is faster.

    `data` are samples to score on, at most `samples` of them if that is not 0, and `labels` what is right: an array,
    or its name in a file of data; without them the network as it came is. `calibration` are other samples to calibrate
    on; the first 500 of the data if there are none. `score(results, labels)` replaces the share, in percent, of samples
    whose largest result is at the label.

    `executor` is any executor of concurrent.futures, of processes or, as those of Dask and Ray, of other machines; its
    processes have to see `folder`, which holds the network and the samples, a temporary one by default. `log` is a file
    of a line of JSON for each trial; a search that finds one goes on where it ended. `techniques` are names of
    pipelines, by default all that there are; `trials` bounds their number.
    """
    if objective not in ("latency", "size"):
        raise OptionError(f"objective={objective!r} is none of latency, size")
    if not drop >= 0:
        raise OptionError(f"drop={drop!r} is negative")
    names = [technique.pipeline for technique in TECHNIQUES]
    for name in techniques or ():
        if name not in names:
            raise OptionError(f"there is no technique '{name}'; there are: {', '.join(names)}")
    wanted = [each for each in TECHNIQUES if techniques is None or each.pipeline in techniques]
    with contextlib.ExitStack() as stack:
        if folder is None:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nnq-")))
        else:
            place = Path(folder).resolve()
            place.mkdir(parents=True, exist_ok=True)
        model.save(place / "network.mlirbc")
        program = model.compile()
        inputs = write_samples(place / "samples.npz", model, program, data, labels, samples)
        if calibration is not None:
            inputs = read_inputs(model, calibration, "calibrate")
        else:
            inputs = [x[:CALIBRATION] for x in inputs]
        save_inputs(place / "calibration.npz", inputs)
        task = Task(str(place), 0.0, len(model.inputs), score)
        task = dataclasses.replace(task, accuracy=score_program(task, program))
        task.make(PLAIN).save(place / "baseline.mlirbc")
        kept = Log(Path(log) if log is not None else None, fingerprint(place))
        show = stack.enter_context(progress("search"))
        its = Search(task, kept, executor, drop, objective, max(trials, 1), wanted, show)
        first = its.run([PLAIN])[0]
        if first.error:
            raise InputError(f"the network cannot be quantized: {first.error}")
        best, beyond = its.climb()
        chosen = its.combine(best)
        its.refine(chosen, beyond, find_layers(model))
        found = confirm(its, task)
        made = task.make(found.recipe)
    return SearchResult(found, its.baseline, tuple(its.trials.values()), objective, drop, task.accuracy, made)
