"""What nnq raises and logs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

logger = logging.getLogger("nnq")


@dataclass(frozen=True)
class Diagnostic:
    """A message of the compiler."""

    severity: str
    message: str
    layer: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    category: str = ""
    kind: str = ""
    notes: tuple[Diagnostic, ...] = field(default=())

    def __str__(self) -> str:
        text = self.message
        if self.layer and f"'{self.layer}'" not in text:
            text += f" (layer '{self.layer}')"
        if self.line:
            text = f"{self.file}:{self.line}:{self.column}: {text}"
        return "\n".join([text, *(f"  note: {note}" for note in self.notes)])


class Error(RuntimeError):
    """What went wrong; `diagnostics` are the messages of the compiler, with layer and place."""

    diagnostics: tuple[Diagnostic, ...]

    def __init__(self, message: str, diagnostics: Iterable[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)


class InputError(Error, ValueError):
    """An array, or a set of arrays, that a network does not take."""


class OptionError(Error, ValueError):
    """An option that does not exist, or a value that it does not take."""


Message = tuple[str, str, str, str, int, int, str, str]


def collect(messages: Sequence[Message]) -> list[Diagnostic]:
    """Give every message the notes that follow it."""
    diagnostics: list[Diagnostic] = []
    for message in messages:
        diagnostic = Diagnostic(*message)
        if diagnostic.severity == "note" and diagnostics:
            last = diagnostics[-1]
            diagnostics[-1] = replace(last, notes=(*last.notes, diagnostic))
        else:
            diagnostics.append(diagnostic)
    return diagnostics


def receive(messages: Sequence[Message], succeeded: bool, what: str) -> None:
    """Log what the compiler said and raise if it failed; the extension calls it."""
    diagnostics = collect(messages)
    for diagnostic in diagnostics:
        if diagnostic.severity == "warning":
            level = logging.WARNING
        elif diagnostic.severity != "remark":
            continue
        else:
            level = logging.DEBUG if diagnostic.kind == "passed" else logging.INFO
        logger.log(level, "%s", diagnostic, extra={"layer": diagnostic.layer, "category": diagnostic.category})
    if succeeded:
        return
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]
    raise Error("\n".join(map(str, errors)) or f"cannot {what}", errors)
