"""Reports as HTML."""

from __future__ import annotations

import base64
import io
from html import escape

from .report import Report
from .report_table import columns, facts

STYLE = """
.nnq-report { font: 14px sans-serif; }
.nnq-report table { border-collapse: collapse; margin: 1em 0; }
.nnq-report th, .nnq-report td { padding: 2px 10px; text-align: left; }
.nnq-report td.number, .nnq-report th.number { text-align: right; }
.nnq-report tr:nth-child(even) { background: #8881; }
.nnq-report thead th { border-bottom: 1px solid #888; }
"""
# More layers than this are not told apart in a plot.
MAX_BARS = 60


def write_fragment(report: Report) -> str:
    """Return what a notebook shows."""
    shown = columns(report)
    classes = ['class="number"' if column.is_number else "" for column in shown]
    head = "".join(f"<th {c}>{escape(column.title)}</th>" for c, column in zip(classes, shown, strict=True))
    rows = "".join(
        "<tr>"
        + "".join(f"<td {c}>{escape(column.show(layer))}</td>" for c, column in zip(classes, shown, strict=True))
        + "</tr>\n"
        for layer in report.layers
    )
    summary = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>\n" for name, value in facts(report))
    return (
        f'<style>{STYLE}</style><div class="nnq-report"><table>{summary}</table>{draw(report)}'
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table></div>"
    )


def write_page(report: Report) -> str:
    """Return a page by itself."""
    title = escape(report.entry)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1>{write_fragment(report)}</body></html>\n"
    )


def draw(report: Report) -> str:
    """Return a plot of the times of layers, or else of their products; empty without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return ""
    is_timed = report.time_us is not None
    values = [(layer.time_us or 0.0) if is_timed else float(layer.macs) for layer in report.layers][:MAX_BARS]
    names = [layer.name for layer in report.layers][:MAX_BARS]
    colors = ["tab:green" if layer.is_integer else "tab:blue" for layer in report.layers][:MAX_BARS]
    figure = Figure(figsize=(8, 0.6 + 0.22 * len(names)), layout="constrained")
    axes = figure.subplots()
    axes.barh(range(len(names)), values, color=colors)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("time, us" if is_timed else "multiply-adds")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=96)
    image = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{axes.get_xlabel()} of layers" src="data:image/png;base64,{image}">'
