"""Which recipes a search tries, and in which order."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed

from .progress import Callback
from .recipe import Recipe, Step
from .search_log import Log
from .techniques import PLAIN, QUANTIZE, Technique
from .trial import Task, Trial, try_recipe

# What is within the noise of a measurement is no gain.
FASTER = 1.02
# A setting that loses no more than this many times what may be lost does not end a technique: the next one may round to
# widths that lose less.
NEAR = 2.0


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
        # The first trial of each network.
        self.firsts: dict[str, Trial] = {}

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

    def finalists(self) -> list[Trial]:
        """Return what is allowed and better than plain int8, the best first.

        What others beat in both gain and drop is behind all of them: it holds no better on other samples, and there may
        be many of its kind. Of recipes of the same network it is the first.
        """
        different = {trial.network or key: trial for key, trial in reversed(self.trials.items())}
        found = [trial for trial in different.values() if self.is_allowed(trial) and self.gain(trial) > FASTER]
        front: list[Trial] = []
        beaten: list[Trial] = []
        for trial in sorted(found, key=lambda trial: (-self.gain(trial), trial.drop or 0.0)):
            is_ahead = not front or (trial.drop or 0.0) < (front[-1].drop or 0.0)
            (front if is_ahead else beaten).append(trial)
        return front + beaten

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
                self.keep(self.log.known[key])
            else:
                missing.append(recipe)
        self.tell()
        for trial in self.try_all(missing):
            self.log.add(trial)
            self.keep(trial)
            self.tell()
        return [self.trials[r.to_json()] for r in recipes if r.to_json() in self.trials]

    def keep(self, trial: Trial) -> None:
        """Add a trial. Recipes of the same network, as where a step finds nothing to do, are as good as the first."""
        if trial.network:
            trial = dataclasses.replace(self.firsts.setdefault(trial.network, trial), recipe=trial.recipe)
        self.trials[trial.recipe.to_json()] = trial

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
        failed = dict.fromkeys(alive, 0)
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
                        # What so few samples cannot tell from the bound says nothing of the next setting.
                        is_sure = trial.drop > self.drop + (trial.drop_error or 0)
                        failed[i] += is_sure
                        beyond.setdefault(i, setting)
                        if is_sure and (trial.drop > NEAR * self.drop or failed[i] > 1):
                            alive.discard(i)
                    continue
                failed[i] = 0
                beyond.pop(i, None)
                rival = self.find(self.single(i, best[i])) if i in best else self.baseline
                if rival and self.gain(trial) > self.gain(rival):
                    best[i] = setting
        return best, beyond

    def make(self, settings: dict[int, int]) -> dict[int, list[Step]]:
        """Return the steps of settings of techniques."""
        return {i: self.techniques[i].steps(setting) for i, setting in settings.items()}

    def combine(self, best: dict[int, int]) -> dict[int, int]:
        """Add techniques to each other, those of the largest gain first, as long as that is better."""
        order = sorted(best, key=lambda i: -self.gain(self.trials[self.single(i, best[i]).to_json()]))
        settings: dict[int, int] = {}
        current = self.baseline
        for i in order:
            # Two that only just hold are too much together, and a weaker one may hold: of the new, or of the others.
            groups = [[{**settings, i: setting} for setting in range(best[i], -1, -1)]]
            groups += [[{**settings, i: best[i], j: k} for k in range(settings[j] - 1, -1, -1)] for j in settings]
            for candidates in groups:
                found = self.find_allowed([self.recipe(self.make(candidate)) for candidate in candidates])
                if found is None:
                    continue
                place, trial = found
                if self.gain(trial) > self.gain(current) * (1 if current is self.baseline else FASTER):
                    settings, current = candidates[place], trial
                    break
        return settings

    def push(self, settings: dict[int, int]) -> dict[int, int]:
        """Take techniques that were combined further as long as accuracy holds, that of the largest gain first."""
        while True:
            stronger = [{**settings, i: n + 1} for i, n in settings.items() if n + 1 < len(self.techniques[i].settings)]
            current = self.find(self.recipe(self.make(settings)))
            start = self.gain(current) if current else 1.0
            recipes = {self.recipe(self.make(each)).to_json(): each for each in stronger}
            found = self.run([self.recipe(self.make(each)) for each in stronger])
            better = [t for t in found if self.is_allowed(t) and self.gain(t) > start * FASTER]
            if not better:
                return settings
            settings = recipes[max(better, key=self.gain).recipe.to_json()]

    def find_allowed(self, recipes: Sequence[Recipe]) -> tuple[int, Trial] | None:
        """Try recipes until one is allowed, and return its place and its trial."""
        for place, recipe in enumerate(recipes):
            found = self.run([recipe])
            if found and self.is_allowed(found[0]):
                return place, found[0]
        return None

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
                name: (self.gain(trial) - start) / max(trial.distance or trial.drop or 0.0, 1e-6)
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
