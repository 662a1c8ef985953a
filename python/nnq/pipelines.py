"""The pipelines of the compiler with their options, as it lists them, and how they are written."""

from __future__ import annotations

import difflib
import functools
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import OptionError
from .native import core


@dataclass(frozen=True)
class Option:
    """An option of a pipeline."""

    name: str
    description: str
    type: str
    default: Any
    values: tuple[str, ...]


@dataclass(frozen=True)
class Pipeline:
    """A pipeline, or a pass, and its options by name."""

    name: str
    description: str
    options: Mapping[str, Option]
    # Whether it compresses: a recipe may have it.
    is_step: bool


@functools.cache
def pipelines() -> dict[str, Pipeline]:
    """Return all pipelines by name."""
    return {
        entry["name"]: Pipeline(
            entry["name"],
            entry["description"],
            {
                option["name"]: Option(
                    option["name"],
                    option["description"],
                    option["type"],
                    option.get("default"),
                    tuple(option.get("values", ())),
                )
                for option in entry["options"]
            },
            entry["step"],
        )
        for entry in json.loads(core.list_pipelines())["pipelines"]
    }


def find_pipeline(name: str) -> Pipeline:
    """Return a pipeline."""
    known = pipelines()
    if name not in known:
        raise OptionError(f"there is no pipeline '{name}'{suggest(name, known)}")
    return known[name]


def suggest(name: str, known: Iterable[str]) -> str:
    """Say what may have been meant."""
    close = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean '{close[0]}'?" if close else f"; there are: {', '.join(known)}"


def write_value(name: str, value: Any) -> str:
    """Return the value of an option as a textual pipeline has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(write_value(name, each) for each in value)
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    if not any(c in text for c in " \t'\"{}()"):
        return text
    for quote in "\"'":
        if quote not in text and not any(c in text for c in "{}()"):
            return f"{quote}{text}{quote}"
    raise OptionError(f"option {name}: a value with braces, parentheses or quotes cannot be passed on: {text}")


def write_pipeline(name: str, options: Mapping[str, Any]) -> str:
    """Return a textual pipeline; options are named as on the command line, with underscores for dashes.

    None stands for the default.
    """
    pipeline = find_pipeline(name)
    written = []
    for keyword, value in options.items():
        option = keyword.replace("_", "-")
        if option not in pipeline.options:
            known = [each.replace("-", "_") for each in pipeline.options]
            raise OptionError(f"'{name}' has no option {keyword}{suggest(keyword, known)}")
        values = pipeline.options[option].values
        if values and value is not None and value not in values:
            raise OptionError(f"{keyword}={value!r} of '{name}' is none of {', '.join(values)}")
        if value is not None:
            written.append(f"{option}={write_value(keyword, value)}")
    return f"{name}{{{' '.join(written)}}}" if written else name
