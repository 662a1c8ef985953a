"""The C API of nnq. Use nnq instead."""

from typing import Any, overload


def list_pipelines() -> str:
    """Return pipelines and their options as JSON."""

def version() -> str:
    """Return the version of the compiler."""

class Context:
    """Dialects, passes and messages; networks share it."""

    def __init__(self) -> None: ...

    def set_remarks(self, passed: str | None, missed: str | None) -> None:
        """Filter the remarks of later operations by regular expressions."""

class Network:
    """A network as MLIR; never changes."""

    @staticmethod
    def parse(context: Context, data: bytes, name: str) -> Network:
        """Read MLIR text or bytecode."""

    @staticmethod
    def parse_file(context: Context, path: str) -> Network:
        """Read a file of MLIR text or bytecode."""

    def run(self, pipeline: str, progress: object | None = None) -> Network:
        """Return what a textual pipeline makes of the network."""

    def text(self, elide: bool) -> str:
        """Return MLIR text, without constants on request."""

    def bytecode(self) -> bytes:
        """Return MLIR bytecode."""

    def describe(self) -> str:
        """Return the entry points as JSON."""

    def header(self) -> str:
        """Return a C header of a lowered network."""

    def write(self, path: str, kind: str, level: int = 3, progress: object | None = None) -> None:
        """Write a lowered network: so, o, s or ll."""

class Program:
    """A compiled network."""

    @overload
    def __init__(self, network: Network, entry: str | None = None, level: int = 3, progress: object | None = None) -> None: ...

    @overload
    def __init__(self, context: Context, path: str, entry: str | None = None) -> None: ...

    def __call__(self, *inputs: Any, out: Any = None, copy: bool = False) -> Any:
        """Run the network."""

    def time_calls(self, *inputs: Any, count: int) -> float:
        """Return the nanoseconds of calls of the C function."""

    def read_ticks(self, reset: bool = False) -> list[int]:
        """Return the counters of a profile."""

    @property
    def signature_json(self) -> str:
        """The signature as JSON."""

    @property
    def code_bytes(self) -> int:
        """Size of the code with its constants."""

    def describe_inputs(self) -> list[tuple[str, str, tuple[int | None, ...]]]:
        """Return name, dtype and shape of each input."""

    def describe_outputs(self) -> list[tuple[str, str, tuple[int | None, ...]]]:
        """Return name, dtype and shape of each output."""
