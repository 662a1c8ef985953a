"""What a search found, as a table and as a plot."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .model import Model
from .recipe import Recipe
from .trial import Trial


@dataclass(frozen=True)
class SearchResult:
    """The best recipe, and all that were tried; print it, or see plot."""

    best: Trial
    # Plain int8.
    baseline: Trial
    trials: tuple[Trial, ...]
    objective: str
    limit: float
    # Of the network as it came, in percent.
    accuracy: float
    # The network by the best recipe.
    model: Model

    @property
    def recipe(self) -> Recipe:
        """The best recipe."""
        return self.best.recipe

    def cost(self, trial: Trial) -> float:
        """Return what the search makes small: time, or bytes, as a part of those of plain int8."""
        if self.objective == "latency":
            return 1 / trial.speedup if trial.speedup else float("inf")
        size = self.baseline.weight_bytes or 1
        return (trial.weight_bytes or 0) / size

    @property
    def pareto(self) -> list[Trial]:
        """The trials that no other one beats in both accuracy and cost, the cheapest last."""
        front: list[Trial] = []
        done = [trial for trial in self.trials if not trial.error and trial.accuracy is not None]
        for trial in sorted(done, key=lambda trial: (-(trial.accuracy or 0), self.cost(trial))):
            if not front or self.cost(trial) < self.cost(front[-1]):
                front.append(trial)
        return front

    def __str__(self) -> str:
        rows = [
            [
                f"{trial.accuracy:.2f} %",
                f"{trial.drop:+.2f}",
                "" if trial.held_drop is None else f"{trial.held_drop:+.2f} +- {trial.held_error:.2f}",
                f"{trial.time_us:.2f}",
                f"{trial.speedup:.2f}x",
                f"{trial.weight_bytes:,}",
                ("* " if trial.recipe == self.best.recipe else "  ") + str(trial.recipe),
            ]
            for trial in self.pareto
        ]
        failed = sum(bool(trial.error) for trial in self.trials)
        lines = [
            f"{len(self.trials)} trials{f', {failed} of which failed' if failed else ''}; accuracy as it came "
            f"{self.accuracy:.2f} %, plain int8 {self.baseline.accuracy:.2f} % in {self.baseline.time_us:.2f} us",
            *write_table(["accuracy", "drop", "on others", "us", "beside int8", "weights, bytes", "  recipe"], rows),
        ]
        if self.best.held_drop is not None:
            error = self.best.held_error
            lines.append(f"the best on samples that were kept aside: drop {self.best.held_drop:+.2f}, +- {error:.2f}")
        return "\n".join(lines)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Draw accuracy over cost of all trials and return the figure of matplotlib; write it to a file on request."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.add_subplot()
        done = [trial for trial in self.trials if not trial.error]
        front = self.pareto

        def accuracy(trials: Sequence[Trial]) -> list[float]:
            return [trial.accuracy or 0.0 for trial in trials]

        axes.scatter([self.cost(t) for t in done], accuracy(done), s=14, color="0.6", label="trials")
        # From the dearest: what costs less than a point reaches the accuracy of the next.
        axes.step([self.cost(t) for t in front], accuracy(front), where="pre", marker="o", label="Pareto front")
        axes.scatter([self.cost(self.baseline)], accuracy([self.baseline]), marker="s", color="k", label="plain int8")
        axes.scatter([self.cost(self.best)], accuracy([self.best]), marker="*", s=160, color="C3", label="best")
        axes.axhline(self.accuracy - self.limit, ls=":", color="0.4", label=f"{self.limit:g} points below f32")
        what = "time" if self.objective == "latency" else "bytes of weights"
        axes.set_xlabel(f"{what}, of plain int8")
        axes.set_ylabel("accuracy, %")
        axes.legend()
        if path is not None:
            figure.savefig(path, dpi=150)
        return figure


def write_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of columns, numbers to the right and the last one to the left."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if i == len(head) - 1 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [head, *rows]
    ]
