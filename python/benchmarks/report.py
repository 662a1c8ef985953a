"""What was found about the contenders of networks, as tables and a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from layers import format_layers, number
from numpy.typing import NDArray


@dataclass
class Result:
    """What was found about a contender, or why it did not run."""

    name: str
    error: str = ""
    min_us: float = 0
    median_us: float = 0
    sqnr_db: float | None = None
    agreement: float | None = None
    accuracy: float | None = None
    peak_fraction: float | None = None
    compile_seconds: float | None = None
    compile_bytes: int | None = None
    weight_bytes: int | None = None
    layers: list[dict] = field(default_factory=list)
    layers_whole_us: float = 0

    @property
    def is_ours(self) -> bool:
        """Return whether nnq compiled it."""
        return self.name.startswith("nnq")

    @property
    def is_int8(self) -> bool:
        """Return whether it computes on int8."""
        return "int8" in self.name

    @property
    def quantization(self) -> str | None:
        """Return the options by which nnq quantizes it, if it does."""
        if not self.is_int8:
            return None
        return "weight-range=full" if self.name.endswith("full") else ""


@dataclass
class Report:
    """All contenders on one network."""

    network: str
    macs: int
    results: list[Result] = field(default_factory=list)

    def best_peer(self) -> Result | None:
        """Return the fastest of the others."""
        peers = [r for r in self.results if not r.error and not r.is_ours]
        return min(peers, key=lambda r: r.min_us, default=None)

    def find(self, name: str) -> Result | None:
        """Return a contender that ran."""
        return next((r for r in self.results if r.name == name and not r.error), None)


def measure_sqnr(outputs: Sequence[NDArray], wanted: Sequence[NDArray]) -> float:
    """Return the energy of all outputs over that of their error, in dB."""
    signal = sum((y.astype(np.float64) ** 2).sum() for y in wanted)
    noise = sum(((x.astype(np.float64) - y) ** 2).sum() for x, y in zip(outputs, wanted, strict=True))
    return float(10 * np.log10(signal / noise)) if noise else float("inf")


def score(result: Result, outputs: list[NDArray], reference: list[NDArray], labels: NDArray | None) -> None:
    """Compare the first outputs with the reference and the labels."""
    y, wanted = np.concatenate(outputs), np.concatenate(reference).astype(np.float64)
    result.sqnr_db = measure_sqnr([y], [wanted])
    if y.ndim == 2:
        result.agreement = float((y.argmax(1) == wanted.argmax(1)).mean())
        if labels is not None:
            result.accuracy = float((y.argmax(1) == labels[: len(y)]).mean())


def format_report(report: Report) -> str:
    """Return the tables of one network."""
    best = report.best_peer()
    lines = [f"{report.network}: {report.macs / 1e6:,.2f} M multiply-adds"]
    lines.append(
        f"  {'':16}{'min, us':>12}{'median, us':>12}{'of peak':>9}{'best peer':>11}{'SQNR, dB':>10}"
        f"{'same top':>10}{'accuracy':>10}{'compile, s':>12}{'peak, MB':>10}"
    )
    for r in report.results:
        if r.error:
            lines.append(f"  {r.name:16}  {r.error}")
            continue
        ratio = best.min_us / r.min_us if best else None
        memory = None if r.compile_bytes is None else r.compile_bytes / 1e6
        lines.append(
            f"  {r.name:16}{r.min_us:12,.1f}{r.median_us:12,.1f}{number(r.peak_fraction, '{:.1%}'):>9}"
            f"{number(ratio, '{:.2f}x'):>11}{number(r.sqnr_db, '{:.1f}'):>10}{number(r.agreement, '{:.1%}'):>10}"
            f"{number(r.accuracy, '{:.2%}'):>10}{number(r.compile_seconds, '{:.1f}'):>12}"
            f"{number(memory, '{:,.0f}'):>10}"
        )
    for r in report.results:
        if r.layers:
            lines.append(format_layers(f"{report.network}, {r.name}", r.layers, r.layers_whole_us))
    return "\n".join(lines)


def format_summary(reports: Sequence[Report]) -> str:
    """Return one line a network: ours beside the fastest of the others. A ratio above 1 is in our favor."""
    width = max([7, *(len(report.network) for report in reports)])
    lines = [
        f"{'network':{width}}{'nnq f32':>13}{'nnq int8':>13}{'full':>13}{'best':>13}  {'peer':9}{'int8 / best':>12}"
        f"{'full / best':>16}"
    ]
    for report in reports:
        best = report.best_peer()
        ours = [report.find(name) for name in ("nnq f32", "nnq int8", "nnq int8 full")]
        times = [r.min_us if r else None for r in (*ours, best)]
        ratios = [best.min_us / r.min_us if r and best else None for r in ours[1:]]
        cells = "".join(f"{number(time, '{:,.1f}'):>13}" for time in times)
        peer = best.name if best else "-"
        against = f"{number(ratios[0], '{:.2f}x'):>12}{number(ratios[1], '{:.2f}x'):>16}"
        lines.append(f"{report.network:{width}}{cells}  {peer:9}{against}")
    return "\n".join(lines)


def plot(reports: Sequence[Report], kinds: Sequence[str], path: Path) -> None:
    """Draw times and fractions of the peak."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, (times, fractions) = pyplot.subplots(2, 1, figsize=(1.5 + 1.4 * len(reports), 8), sharex=True)
    width = 0.8 / len(kinds)
    for i, kind in enumerate(kinds):
        found = [report.find(kind) for report in reports]
        at = np.arange(len(reports)) + (i - (len(kinds) - 1) / 2) * width
        times.bar(at, [r.min_us if r else 0 for r in found], width, label=kind)
        fractions.bar(at, [100 * r.peak_fraction if r else 0 for r in found], width)
    times.set_yscale("log")
    times.set_ylabel("time, us (minimum)")
    fractions.set_ylabel("of the peak, %")
    fractions.set_xticks(np.arange(len(reports)), [r.network for r in reports], rotation=30, ha="right")
    times.legend(ncols=3)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
