"""What the examples print of a network: accuracy, size and time, in PyTorch and compiled."""

from __future__ import annotations

import io
import struct
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

import nnq


@dataclass(frozen=True)
class Result:
    """What a network is worth."""

    name: str
    accuracy: float
    bytes: int
    # By zlib, as an archive would store it.
    compressed_bytes: int
    time_us: float


def fastest(run: Callable[[], object], repeat: int = 200) -> float:
    """Return the microseconds of the fastest of many calls."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1e6 * min(times)


def rate(
    name: str, network: Callable[[torch.Tensor], torch.Tensor], contents: bytes, x: np.ndarray, y: np.ndarray
) -> Result:
    """Run a network, which is stored as some bytes, on images one at a time."""
    images = torch.from_numpy(x)
    with torch.no_grad():
        answers = [int(network(image[None]).argmax()) for image in images]
        us = fastest(lambda: network(images[:1]))
    accuracy = float(np.mean(np.array(answers) == y))
    return Result(name, accuracy, len(contents), len(zlib.compress(contents, 9)), us)


def library(model: nnq.Model) -> bytes:
    """Return the shared library."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.so"
        model.save(path)
        return path.read_bytes()


def constant_bytes(model: nnq.Model, **options: object) -> int:
    """Return the bytes of read-only data in the object file: sections .rodata of ELF."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.o"
        model.save(path, **options)
        elf = path.read_bytes()
    if elf[:6] != b"\x7fELF\x02\x01":
        raise ValueError("the object file is no ELF of 64 bits")
    (table,) = struct.unpack_from("<Q", elf, 0x28)
    size, count, names = struct.unpack_from("<HHH", elf, 0x3A)
    # Of each the name, and where its contents are.
    sections = [struct.unpack_from("<I20xQQ", elf, table + i * size) for i in range(count)]
    _, strings, _ = sections[names]
    starts = (elf.startswith(b".rodata", strings + name) for name, _, _ in sections)
    return sum(length for is_constant, (_, _, length) in zip(starts, sections, strict=True) if is_constant)


def state(network: nn.Module) -> bytes:
    """Return the file that PyTorch writes."""
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    return file.getvalue()


def quantize_by_torch(network: nn.Module, calib: torch.Tensor) -> nn.Module:
    """Return PyTorch's int8 network with static quantization."""
    from torch.ao.quantization import get_default_qconfig_mapping, quantize_fx

    with warnings.catch_warnings(), torch.no_grad():
        # Of a package that moves.
        warnings.simplefilter("ignore")
        prepared = quantize_fx.prepare_fx(network, get_default_qconfig_mapping("x86"), (calib[:1],))
        prepared(calib)
        return quantize_fx.convert_fx(prepared)


def show(results: Iterable[Result]) -> None:
    """Print a table."""
    print(f"\n{'':22}{'accuracy':>10}{'bytes':>10}{'by zlib':>10}{'us a call':>12}")
    for result in results:
        sizes = f"{result.bytes:10,}{result.compressed_bytes:10,}"
        print(f"{result.name:22}{100 * result.accuracy:8.2f} %{sizes}{result.time_us:12.2f}")
