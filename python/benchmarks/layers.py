"""Where the time of a network goes: tables and plots of the layers that nnq-run --profile times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SHOWN = 20


def number(value: float | None, form: str, missing: str = "-") -> str:
    """Format a value that may be missing."""
    return missing if value is None else form.format(value)


def collect(layers: Sequence[dict]) -> tuple[list[dict], float]:
    """Return the layers that take the most time, and the time of the others."""
    ordered = sorted(layers, key=lambda layer: -layer["time_us"])
    return ordered[:SHOWN], sum(layer["time_us"] for layer in ordered[SHOWN:])


def format_layers(title: str, layers: Sequence[dict], whole_us: float) -> str:
    """Return the table of one compiled network."""
    shown, rest = collect(layers)
    width = max([14, *(len(layer["name"]) for layer in shown)])
    lines = [f"{title}: {len(layers)} layers, {whole_us:,.1f} us"]
    columns = f"{'time, us':>12}{'share':>8}{'MACs':>15}{'GMAC/s':>9}{'of peak':>9}"
    lines.append(f"  {'layer':{width}}  {'kind':14}{'type':4}{columns}")
    for layer in shown:
        lines.append(
            f"  {layer['name']:{width}}  {layer['kind']:14}{layer['type']:4}{layer['time_us']:12,.2f}"
            f"{layer['share']:8.1%}{layer['macs']:15,}{number(layer.get('gmacs_per_s'), '{:.1f}'):>9}"
            f"{number(layer.get('peak_fraction'), '{:.1%}'):>9}"
        )
    if rest:
        lines.append(f"  {'others':{width}}  {'':18}{rest:12,.2f}{rest / whole_us:8.1%}")
    kinds: dict[str, float] = {}
    for layer in layers:
        kinds[layer["kind"]] = kinds.get(layer["kind"], 0) + layer["share"]
    parts = (f"{kind} {share:.1%}" for kind, share in sorted(kinds.items(), key=lambda item: -item[1]))
    lines.append("  by kind: " + ", ".join(parts))
    return "\n".join(lines)


def plot_layers(network: str, profiles: dict[str, Sequence[dict]], path: Path) -> None:
    """Draw a bar for each layer, colored by its kind, and one of all layers on top of each other."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    kinds = sorted({layer["kind"] for layers in profiles.values() for layer in layers})
    palette = pyplot.get_cmap("tab20")
    color = {kind: palette(i % 20) for i, kind in enumerate(kinds)}
    grid = {"figsize": (8 * len(profiles), 9), "height_ratios": (6, 1)}
    figure, axes = pyplot.subplots(2, len(profiles), squeeze=False, **grid)
    for column, (name, layers) in enumerate(profiles.items()):
        bars, stack = axes[:, column]
        shown, rest = collect(layers)
        rows = [(f"{x['name']} ({x['kind']})", x["time_us"], color[x["kind"]]) for x in shown]
        if rest:
            rows.append(("others", rest, "gray"))
        labels, times, colors = zip(*rows[::-1], strict=True)
        bars.barh(range(len(rows)), times, color=colors)
        bars.set_yticks(range(len(rows)), labels, fontsize=7)
        bars.set_title(f"{network}, {name}")
        left = 0.0
        for kind in kinds:
            time = sum(layer["time_us"] for layer in layers if layer["kind"] == kind)
            stack.barh(0, time, left=left, color=color[kind], label=kind if time else None)
            left += time
        stack.set_yticks([])
        stack.set_xlabel("time, us")
        stack.legend(ncols=4, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.6))
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
