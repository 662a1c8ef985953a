"""Reports as tables of text."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .report import LayerReport, Report


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    title: str
    show: Callable[[LayerReport], str]
    is_number: bool = False


def show_input(layer: LayerReport) -> str:
    """Return the range that the input is quantized to, or how it is found; asymmetric ranges show that they are."""
    if layer.input_range is None:
        return layer.input_scheme
    low, high = layer.input_range
    return f"[{low:.3g}, {high:.3g}]"


def columns(report: Report) -> list[Column]:
    """Return the columns that have something in them."""
    total = sum(layer.time_us or 0 for layer in report.layers) or 1
    every = [
        Column("layer", lambda layer: layer.name),
        Column("kind", lambda layer: layer.kind),
        Column("type", lambda layer: layer.type),
        Column("technique", lambda layer: layer.technique),
        Column("weights", lambda layer: layer.weight_format),
        Column("weights, bytes", lambda layer: f"{layer.weight_bytes:,}" if layer.weight_bytes else "", True),
        Column("stored, bytes", lambda layer: f"{layer.stored_bytes:,}" if layer.stored_bytes else "", True),
        Column("density", lambda layer: "" if layer.density is None else f"{100 * layer.density:.1f} %", True),
        Column("MACs", lambda layer: f"{layer.macs:,}" if layer.macs else "", True),
        Column("weights", lambda layer: layer.weight_scheme),
        Column("input", show_input),
        Column("clipped", lambda layer: "" if layer.clipped is None else f"{100 * layer.clipped:.3g} %", True),
        Column(
            "weights, dB", lambda layer: "" if layer.weight_sqnr_db is None else f"{layer.weight_sqnr_db:.1f}", True
        ),
        Column("SQNR, dB", lambda layer: "" if layer.sqnr_db is None else f"{layer.sqnr_db:.1f}", True),
        Column("time, us", lambda layer: "" if layer.time_us is None else f"{layer.time_us:.2f}", True),
        Column("share", lambda layer: "" if layer.time_us is None else f"{100 * layer.time_us / total:.1f} %", True),
    ]
    return [column for column in every if any(column.show(layer) for layer in report.layers)]


def facts(report: Report) -> list[tuple[str, str]]:
    """Return what there is to say of the whole network."""
    result = [
        ("entry point", report.entry),
        ("target", f"{report.target['cpu']}, {report.target['triple']}"),
        ("weights", f"{report.weight_bytes:,} bytes"),
        ("workspace", f"{report.workspace_bytes:,} bytes"),
        ("MACs", f"{sum(layer.macs for layer in report.layers):,}"),
    ]
    if report.steps:
        result.insert(1, ("steps", ", ".join(report.steps)))
    for block in report.removed:
        importance = "" if block.importance is None else f", importance {block.importance:.3g}"
        result.append(("removed", f"{block.name} ({block.macs:,} MACs, {block.weights:,} weights{importance})"))
    for layer in report.refused:
        result.append(("refused", f"{layer.technique} of {layer.layer}: {layer.reason}"))
    if report.time_us is not None:
        result.append(("time of a call", f"{report.time_us:.2f} us"))
    if report.comparison:
        compared = report.comparison
        result.append(("samples compared", f"{compared.samples:,}"))
        sqnr = f"{compared.sqnr_db:.1f} dB" if math.isfinite(compared.sqnr_db) else "no noise"
        result.append(("SQNR of the results", sqnr))
        result.append(("largest difference", f"{compared.max_difference:.3g}"))
        if compared.same_top1 is not None:
            result.append(("same top 1", f"{100 * compared.same_top1:.2f} %"))
    return result


def write_text(report: Report) -> str:
    """Return plain text."""
    lines = [f"{name:<22}{value}" for name, value in facts(report)]
    shown = columns(report)
    rows = [[column.title for column in shown]]
    rows += [[column.show(layer) for column in shown] for layer in report.layers]
    widths = [max(len(row[i]) for row in rows) for i in range(len(shown))]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        cells = [
            cell.rjust(width) if column.is_number else cell.ljust(width)
            for cell, width, column in zip(row, widths, shown, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def make_rich(report: Report) -> Any:
    """Return what rich prints."""
    from rich.console import Group
    from rich.table import Table

    summary = Table.grid(padding=(0, 2))
    for name, value in facts(report):
        summary.add_row(f"[bold]{name}", value)
    table = Table()
    shown = columns(report)
    for column in shown:
        table.add_column(column.title, justify="right" if column.is_number else "left")
    for layer in report.layers:
        table.add_row(*(column.show(layer) for column in shown))
    return Group(summary, table)
