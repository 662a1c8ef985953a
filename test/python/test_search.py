"""The search for a recipe: within its bound, no slower than plain int8, resumable, and through executors."""

from __future__ import annotations

import dataclasses
import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

nnq = pytest.importorskip("nnq")

from conftest import ROOT  # noqa: E402
from nnq import trial as trials  # noqa: E402
from nnq.search_log import Log  # noqa: E402
from nnq.search_strategy import Search  # noqa: E402
from nnq.techniques import PLAIN, Technique  # noqa: E402
from test_round_weights import layer  # noqa: E402


@pytest.fixture(scope="module")
def wide() -> nnq.Model:
    """Return a layer of 384 inputs whose weights have rank 6, which factors are much faster at."""
    rng = np.random.default_rng(1)
    weights = (rng.normal(size=(384, 6)) @ rng.normal(size=(6, 384))).astype(np.float32)
    return nnq.load(layer('linalg.matmul {nnq.layer = "fc"}', (1, 384), weights, (1, 384)))


@pytest.fixture(scope="module")
def data() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(48, 384)).astype(np.float32)


OPTIONS = {"techniques": ["factorize"], "drop": 60, "trials": 3}


def test_factors_of_a_layer_without_full_rank_win(wide: nnq.Model, data: np.ndarray, tmp_path: Path):
    log = tmp_path / "log.jsonl"
    result = nnq.search(wide, data, log=log, **OPTIONS)
    assert [step.pipeline for step in result.recipe.steps] == ["factorize", "quantize-int8"]
    assert result.best.speedup > 1.2
    assert result.best.drop <= 60
    assert result.best.weight_bytes < 0.5 * result.baseline.weight_bytes
    assert [step.pipeline for step in result.model.steps] == ["factorize", "quantize-int8"]
    assert any(report.name == "fc.0" for report in result.model.report().layers)
    assert f"* {result.recipe}" in str(result)
    figure = result.plot(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 5000
    # All trials are in it, and the best and plain int8 where they belong.
    points = {c.get_label(): c.get_offsets().tolist() for c in figure.axes[0].collections}
    assert sorted(points["trials"]) == sorted([result.cost(t), t.accuracy] for t in result.trials)
    assert points["best"] == [[result.cost(result.best), result.best.accuracy]]
    assert points["plain int8"] == [[1.0, result.baseline.accuracy]]
    front = next(line for line in figure.axes[0].lines if line.get_label() == "Pareto front")
    assert front.get_xdata().tolist() == [result.cost(t) for t in result.pareto]
    assert front.get_xdata().tolist() == sorted(front.get_xdata(), reverse=True)
    assert front.get_drawstyle() == "steps-pre"

    # A search that was stopped while it wrote goes on behind the last whole line.
    lines = log.read_text().splitlines()
    assert len(lines) == 4
    log.write_text("\n".join(lines[:3]) + "\n" + lines[3][:20])
    again = nnq.search(wide, data, log=log, **OPTIONS)
    assert again.trials[0] == result.trials[0]
    assert log.read_text().splitlines()[:3] == lines[:3]
    assert len(log.read_text().splitlines()) == 4
    with pytest.raises(nnq.InputError, match="is the log of another network or of other data"):
        nnq.search(wide, data[:40], log=log, **OPTIONS)
    log.write_text("{}\n[]\n")
    with pytest.raises(nnq.InputError, match="is no log of a search"):
        nnq.search(wide, data, log=log, **OPTIONS)


def test_folder_may_be_that_of_another_search(wide: nnq.Model, data: np.ndarray, tmp_path: Path):
    options = {**OPTIONS, "trials": 1, "folder": tmp_path}
    assert nnq.search(wide, data, **options).accuracy == 100
    program = wide.compile()
    wrong = np.array([program(row[None]).argmax() + 1 for row in data]) % 384
    assert nnq.search(wide, data, labels=wrong, **options).accuracy == 0
    weights = np.eye(16, dtype=np.float32)
    other = nnq.load(layer('linalg.matmul {nnq.layer = "fc"}', (1, 16), weights, (1, 16)))
    result = nnq.search(other, data[:, :16].copy(), **options)
    assert result.accuracy == 100
    assert not result.baseline.error


@contextmanager
def process_pool() -> Iterator[Executor]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


@contextmanager
def dask_cluster() -> Iterator[Executor]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
        client.get_executor() as executor,
    ):
        yield executor


@pytest.mark.parametrize("make", [process_pool, dask_cluster])
def test_executors_run_trials(make, wide: nnq.Model, data: np.ndarray, tmp_path: Path):
    with make() as executor:
        result = nnq.search(wide, data, executor=executor, log=tmp_path / "log.jsonl", **{**OPTIONS, "trials": 2})
    assert result.best.speedup > 1.2
    assert not any(trial.error for trial in result.trials)
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 1 + len(result.trials)


def test_nothing_better_is_plain_int8(monkeypatch: pytest.MonkeyPatch):
    digits = np.load(ROOT / "python" / "examples" / "lenet" / "sample.npz")["x"]
    lenet = nnq.load(ROOT / "python" / "examples" / "lenet" / "lenet.mlirbc")
    # Times as if factors were slower.
    monkeypatch.setattr(trials, "compare_times", lambda *_: (2.0, 1.0))
    result = nnq.search(lenet, digits, drop=100, techniques=["prune-weights"], trials=2)
    assert result.best == result.baseline
    assert [step.pipeline for step in result.model.steps] == ["quantize-int8"]


class Sums(Search):
    """A search whose trials take no time: settings are points that are lost, and tenths that are gained."""

    def try_all(self, recipes):
        for recipe in recipes:
            points = sum(step.options["points"] for step in recipe.steps if step.options)
            yield trials.Trial(recipe, 100 - points, points, speedup=1 + points / 10)


def test_techniques_make_room_for_each_other():
    strong = Technique("prune-layers", tuple({"points": n} for n in (1, 4)))
    only = Technique("prune-weights", ({"points": 3.5},))
    search = Sums(None, Log(None, ""), None, 5, "latency", 100, [strong, only], None)
    search.run([PLAIN])
    best, _ = search.climb()
    assert best == {0: 1, 1: 0}
    chosen = search.combine(best)
    # 4 and 3.5 points are too many together.
    assert chosen == {0: 0, 1: 0}


def test_a_setting_that_only_just_fails_does_not_end_a_technique():
    # As where widths are rounded: the second setting loses more than the third.
    coarse = Technique("prune-channels", tuple({"points": n} for n in (1, 6, 4, 11)))
    search = Sums(None, Log(None, ""), None, 5, "latency", 100, [coarse], None)
    search.run([PLAIN])
    assert search.climb() == ({0: 2}, {0: 3})


def test_what_samples_cannot_tell_does_not_end_a_technique():
    class Unsure(Sums):
        def try_all(self, recipes):
            for trial in super().try_all(recipes):
                yield dataclasses.replace(trial, drop_error=2.0)

    few = Technique("prune-channels", tuple({"points": n} for n in (6, 6.5, 4, 11)))
    search = Unsure(None, Log(None, ""), None, 5, "latency", 100, [few], None)
    search.run([PLAIN])
    assert search.climb() == ({0: 2}, {0: 3})
    sure = Sums(None, Log(None, ""), None, 5, "latency", 100, [few], None)
    sure.run([PLAIN])
    assert sure.climb() == ({}, {0: 0})


def test_what_others_beat_is_confirmed_last():
    search = Sums(None, Log(None, ""), None, 5, "latency", 100, [], None)
    search.run([PLAIN])
    recipe = nnq.Recipe(["factorize"])
    of = [(3, 4), (2.9, 4.5), (2.8, 4.2), (2, 1), (1.9, 2), (4, 6), (1.01, 0)]
    search.trials |= {str(i): trials.Trial(recipe, 90, drop, speedup=gain) for i, (gain, drop) in enumerate(of)}
    assert [(trial.speedup, trial.drop) for trial in search.finalists()] == [of[i] for i in (0, 3, 1, 2, 4)]


def test_recipes_of_one_network_are_one_trial():
    # As where noise makes the same code faster.
    found = {"factorize": ("small", 1.5), "prune-weights": ("small", 1.8), "share-weights": ("plain", 1.3)}

    class Noisy(Search):
        def try_all(self, recipes):
            for recipe in recipes:
                network, speedup = found.get(recipe.steps[0].pipeline, ("plain", 1.0))
                yield trials.Trial(recipe, 99, 1, speedup=speedup, network=network)

    search = Noisy(None, Log(None, ""), None, 5, "latency", 100, [Technique(name, ({},)) for name in found], None)
    search.run([PLAIN])
    assert search.climb() == ({0: 0, 1: 0}, {})
    assert [trial.speedup for trial in search.trials.values()] == [1.0, 1.5, 1.5, 1.0]
    assert [str(trial.recipe) for trial in search.finalists()] == ["factorize, quantize-int8"]


def test_a_step_that_finds_nothing_to_do_gains_nothing(data: np.ndarray):
    weights = np.random.default_rng(3).normal(size=(16, 16)).astype(np.float32)
    full = nnq.load(layer('linalg.matmul {nnq.layer = "fc"}', (1, 16), weights, (1, 16)))
    result = nnq.search(full, data[:, :16].copy(), techniques=["factorize"], drop=60, trials=2)
    plain, factors = result.trials
    assert [step.pipeline for step in factors.recipe.steps] == ["factorize", "quantize-int8"]
    assert dataclasses.replace(factors, recipe=plain.recipe) == dataclasses.replace(
        plain, held_accuracy=None, held_drop=None, held_error=None
    )
    assert factors.speedup == 1


def test_techniques_together_are_taken_further():
    first = Technique("prune-layers", tuple({"points": n} for n in (1, 2, 3, 4)))
    second = Technique("prune-weights", tuple({"points": n} for n in (0.5, 1.5)))
    search = Sums(None, Log(None, ""), None, 5, "latency", 100, [first, second], None)
    search.run([PLAIN])
    assert search.push({0: 0, 1: 0}) == {0: 3, 1: 0}
    # 4 and 1.5 points are too many.
    assert max(trial.drop for trial in search.trials.values()) == 5.5


def test_samples_kept_aside_refuse_what_was_luck(wide: nnq.Model, data: np.ndarray):
    program = wide.compile()
    exact = np.array([program(row[None]).sum() for row in data])
    # Every fourth sample is kept aside: one that only f32 gets right.
    hard = np.arange(len(data)) % 4 == 3

    def score(results: np.ndarray, hard: np.ndarray) -> float:
        return 100 * float(np.mean(~hard | np.isin(results.sum(axis=1), exact)))

    options = {"techniques": ["factorize"], "trials": 2, "drop": 5, "score": score}
    result = nnq.search(wide, data, labels=hard, **options)
    lucky = result.trials[1]
    assert lucky.drop == 0
    assert lucky.speedup > 1.2
    assert lucky.held_drop == 100
    assert result.best == result.baseline
    result = nnq.search(wide, data, labels=np.zeros(len(data), bool), **options)
    assert result.best.held_drop == 0
    assert "the best on samples that were kept aside: drop +0.00" in str(result)
    assert nnq.search(wide, data, labels=np.zeros(len(data), bool), holdout=0, **options).best.held_drop is None


def test_the_drop_holds_on_samples_kept_aside():
    holds = sys.modules[nnq.search.__module__].holds
    trial = trials.Trial(PLAIN, 98.6, 0.44, 0.11, held_accuracy=98.84, held_drop=0.62, held_error=0.35)
    assert not holds(trial, 0.5)
    assert holds(trial, 0.62)
    assert holds(trials.Trial(PLAIN, 98.6, 0.44), 0.5)


def test_layers_without_channels_to_prune_may_be_left_out():
    lenet = nnq.load(ROOT / "python" / "examples" / "lenet" / "lenet.mlirbc")
    technique = Technique("prune-channels", ({"ratio": 0.5, "round-to": 1},))
    # The channels of fc3 are the results.
    recipe = nnq.Recipe(technique.steps(0, ["conv1", "fc1", "fc3"]))
    # As a log has it.
    small = lenet.apply(nnq.Recipe(recipe.to_list()))
    macs = [{layer.name: layer.macs for layer in model.report().layers} for model in (lenet, small)]
    assert macs[0]["conv1"] == macs[1]["conv1"]
    assert macs[0]["conv2"] == 2 * macs[1]["conv2"]
    assert macs[0]["fc3"] == 2 * macs[1]["fc3"]


def test_codebooks_make_a_network_smaller(wide: nnq.Model, data: np.ndarray, monkeypatch: pytest.MonkeyPatch):
    # Codebooks are as fast where memory is no bound.
    monkeypatch.setattr(trials, "compare_times", lambda *_: (1.0, 1.0))
    monkeypatch.setattr(sys.modules[nnq.search.__module__], "compare_times", lambda *_: (1.0, 1.0))
    result = nnq.search(wide, data, techniques=["share-weights"], objective="size", drop=60)
    assert [step.pipeline for step in result.recipe.steps] == ["share-weights", "quantize-int8"]
    assert {trial.recipe.steps[0].options.get("bits") for trial in result.trials} == {None, 4, 2}
    bits = result.recipe.steps[0].options["bits"]
    assert result.best.weight_bytes < (bits + 1) / 8 * result.baseline.weight_bytes


def test_errors(wide: nnq.Model, data: np.ndarray):
    for options, what in (
        ({"objective": "speed"}, "objective='speed' is none of latency, size"),
        ({"drop": -1}, "drop=-1 is negative"),
        ({"holdout": 1}, "holdout=1 is no share below 1"),
        ({"techniques": ["quantize"]}, "there is no technique 'quantize'; there are: prune-layers, prune-channels"),
        ({"labels": np.zeros(3)}, "there are 3 labels for 48 samples"),
        ({"labels": "y"}, "labels are an array if data is one"),
    ):
        with pytest.raises((nnq.OptionError, nnq.InputError), match=what):
            nnq.search(wide, data, **options)
