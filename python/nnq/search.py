"""The search for a recipe: as fast or as small as a bound of accuracy allows."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from .errors import InputError, OptionError
from .model import Model
from .program import Program
from .progress import progress
from .search_data import fingerprint, read_inputs, save_inputs, write_samples
from .search_log import Log
from .search_result import SearchResult
from .search_strategy import Search
from .techniques import PLAIN, TECHNIQUES
from .trial import FINAL_SECONDS, HELD, Score, Task, Trial, baseline, check_held, compare_times, measure
from .trial import samples as read

# Layers with less of the multiply-adds are not asked for one by one.
LEAST_SHARE = 0.02
# Of the best recipes, those that are measured again, alone and on other samples.
FINALISTS = 8
# Of the samples to score on, those to calibrate on if there are no others.
CALIBRATION = 500


def holds(trial: Trial, limit: float) -> bool:
    """Tell whether accuracy holds on the samples that were kept aside, too, if there are any.

    Their error is no excuse: of many recipes those that just hold on some samples are those that had luck there.
    """
    return trial.held_drop is None or trial.held_drop <= limit


def with_held(trial: Trial, task: Task, program: Program) -> Trial:
    """Return a trial with what it is worth on the samples that were kept aside."""
    accuracy, drop, error = check_held(task, program)
    return dataclasses.replace(trial, held_accuracy=accuracy, held_drop=drop, held_error=error)


def confirm(search: Search, task: Task) -> Trial:
    """Measure the best recipes again, alone on the machine and on samples that chose none of them.

    Return the best of those that hold; plain int8 where none of them is faster.
    """
    if task.holds:
        search.trials[PLAIN.to_json()] = with_held(search.baseline, task, baseline(task))
    best = search.baseline
    for trial in search.finalists()[:FINALISTS]:
        if search.gain(trial) < search.gain(best):
            continue
        program: Program = task.make(trial.recipe).compile()
        us, baseline_us = compare_times(program, baseline(task), read(task)[0], FINAL_SECONDS)
        again = dataclasses.replace(trial, time_us=us, baseline_us=baseline_us, speedup=baseline_us / us)
        if task.holds:
            again = with_held(again, task, program)
        search.trials[trial.recipe.to_json()] = again
        if search.is_allowed(again) and search.gain(again) > search.gain(best) and holds(again, search.drop):
            best = again
    return best


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
    holdout: float = 0.25,
    trials: int = 100,
    techniques: Sequence[str] | None = None,
    executor: Executor | None = None,
    log: str | os.PathLike[str] | None = None,
    folder: str | os.PathLike[str] | None = None,
    score: Score | None = None,
) -> SearchResult:
    """Look for the recipe that makes a network fastest, or smallest, and loses at most `drop` points of accuracy.

    First each technique is tried on the whole network, from weak to strong, then they are combined, taken further
    together as far as accuracy bears it, and then in single layers. All recipes end in int8; plain int8, which has no
    other step, is what times are compared with and what comes out where nothing is faster.

    `data` are samples to score on, at most `samples` of them if that is not 0, and `labels` what is right: an array,
    or its name in a file of data; without them the network as it came is. `calibration` are other samples to calibrate
    on; the first 500 of the data if there are none. `score(results, labels)` replaces the share, in percent, of samples
    whose largest result is at the label. The share `holdout` of the samples is kept aside: recipes are chosen without
    them, and the best have to hold the bound on them, too.

    `executor` is any executor of concurrent.futures, of processes or, as those of Dask and Ray, of other machines; its
    processes have to see `folder`, which holds the network and the samples, a temporary one by default. `log` is a file
    of a line of JSON for each trial; a search that finds one goes on where it ended. `techniques` are names of
    pipelines, by default all that there are; `trials` bounds their number.
    """
    if objective not in ("latency", "size"):
        raise OptionError(f"objective={objective!r} is none of latency, size")
    if not drop >= 0:
        raise OptionError(f"drop={drop!r} is negative")
    if not 0 <= holdout < 1:
        raise OptionError(f"holdout={holdout!r} is no share below 1")
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
        inputs = write_samples(place, model, program, data, labels, samples, holdout)
        if calibration is not None:
            inputs = read_inputs(model, calibration, "calibrate")
        else:
            inputs = [x[:CALIBRATION] for x in inputs]
        save_inputs(place / "calibration.npz", inputs)
        task = Task(str(place), fingerprint(place), 0.0, len(model.inputs), score)
        scored, held = read(task), read(task, HELD)
        task = dataclasses.replace(task, accuracy=measure(task, scored[2], scored[1]), holds=len(held[1]) > 0)
        task.make(PLAIN).save(place / "baseline.mlirbc")
        kept = Log(Path(log) if log is not None else None, task.content)
        show = stack.enter_context(progress("search"))
        its = Search(task, kept, executor, drop, objective, max(trials, 1), wanted, show)
        first = its.run([PLAIN])[0]
        if first.error:
            raise InputError(f"the network cannot be quantized: {first.error}")
        best, beyond = its.climb()
        chosen = its.push(its.combine(best))
        its.refine(its.make(chosen), beyond, find_layers(model))
        found = confirm(its, task)
        made = task.make(found.recipe)
    return SearchResult(found, its.baseline, tuple(its.trials.values()), objective, drop, task.accuracy, made)
