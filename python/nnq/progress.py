"""Bars on the terminal or in a notebook for what takes long."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

Callback = Callable[[str, int, int], None]

# Seconds that a step must be expected to take before a bar is worth it.
DELAY = 0.5

_wanted: bool | None = None


def show_progress(wanted: bool | None) -> None:
    """Say whether there are progress bars; None, as from the start: on a terminal and in notebooks."""
    global _wanted
    _wanted = wanted


def is_shown() -> bool:
    """Tell whether somebody watches, and there is the library that draws."""
    if _wanted is False:
        return False
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    is_notebook = type(shell).__name__ == "ZMQInteractiveShell"
    if not (_wanted or is_notebook or sys.stderr.isatty()):
        return False
    try:
        import rich.progress  # noqa: F401
    except ImportError:
        return False
    return True


class Bars:
    """One bar for each kind of step, drawn when it takes longer than a moment."""

    def __init__(self, title: str, progress: Any) -> None:
        self.title = title
        self.progress = progress
        self.started = time.monotonic()
        self.tasks: dict[str, Any] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` steps are done."""
        if time.monotonic() - self.started < DELAY:
            return
        if what not in self.tasks:
            self.progress.start()
            self.tasks[what] = self.progress.add_task(f"{self.title}: {what}", total=total)
        self.progress.update(self.tasks[what], completed=done, total=total)


@contextlib.contextmanager
def progress(title: str) -> Iterator[Callback | None]:
    """Give what the compiler calls with its progress, None if nobody watches."""
    if not is_shown():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    # A log keeps the last state.
    bars = Progress(*columns, console=console, transient=console.is_terminal)
    try:
        yield Bars(title, bars)
    finally:
        bars.stop()
