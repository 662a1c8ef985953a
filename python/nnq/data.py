"""Calibration data of any form as a file that the compiler reads, with bounded memory."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .arrays import is_array, to_numpy
from .errors import InputError
from .program import number_names

# Room for the header of a .npy, which is known when all samples are.
HEADER_BYTES = 256
LABELS = "labels"


class ArrayWriter:
    """Appends batches to a .npy."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.file: BinaryIO = path.open("wb")
        self.file.write(bytes(HEADER_BYTES))
        self.samples = 0
        self.dtype: np.dtype | None = None
        self.shape: tuple[int, ...] = ()

    def append(self, batch: Any, limit: int) -> None:
        """Append at most `limit` samples."""
        array = to_numpy(batch)
        if array.ndim == 0:
            raise InputError(f"data of '{self.name}': a batch is a single number, not an array of samples")
        if array.dtype.hasobject:
            raise InputError(f"data of '{self.name}': a batch is an object of '{type(batch).__name__}', not an array")
        if self.dtype is None:
            self.dtype, self.shape = array.dtype, array.shape[1:]
        if (array.dtype, array.shape[1:]) != (self.dtype, self.shape):
            raise InputError(
                f"data of '{self.name}': samples are {array.dtype}{list(array.shape[1:])} after "
                f"{self.dtype}{list(self.shape)}"
            )
        array = np.ascontiguousarray(array[:limit])
        self.file.write(array.reshape(-1).view(np.uint8).data)
        self.samples += len(array)

    def finish(self) -> None:
        """Write the header."""
        if self.dtype is None:
            raise InputError("the calibration data has no samples")
        described = {
            "descr": np.lib.format.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (self.samples, *self.shape),
        }
        # Format 2.0: magic, size of the rest, the rest padded and ended by a newline.
        head = b"\x93NUMPY\x02\x00" + (HEADER_BYTES - 12).to_bytes(4, "little")
        text = str(described).encode("latin-1")
        if len(text) > HEADER_BYTES - 13:
            raise InputError(f"data of '{self.name}': an array of {len(self.shape)} dimensions")
        self.file.seek(0)
        self.file.write(head + text.ljust(HEADER_BYTES - 13) + b"\n")
        self.file.close()


def as_batches(data: Any) -> Iterable[Any]:
    """Return the batches of `data`; an array, or a dict of arrays, is one."""
    if isinstance(data, Mapping) or is_array(data):
        return [data]
    if not isinstance(data, Iterable):
        raise InputError(f"data are a path, an array, a dict or batches, not '{type(data).__name__}'")
    return data


def get_batch(batch: Any, names: Sequence[str]) -> list[Any]:
    """Return the arrays of one batch in the order of the inputs.

    What follows the inputs in a tuple, such as labels, is ignored.
    """
    if isinstance(batch, Mapping):
        missing = [name for name in names if name not in batch]
        if missing:
            raise InputError(f"calibration data lacks {', '.join(missing)}; it has {', '.join(map(str, batch))}")
        return [batch[name] for name in names]
    if isinstance(batch, (tuple, list)):
        if len(batch) < len(names):
            raise InputError(f"a batch has {len(batch)} arrays, the network takes {len(names)}: {', '.join(names)}")
        return list(batch[: len(names)])
    if len(names) > 1:
        raise InputError(f"a batch is one array, the network takes {len(names)}: {', '.join(names)}")
    return [batch]


def write_batches(batches: Iterable[Any], names: Sequence[str], samples: int, folder: Path) -> list[Path]:
    """Write at most `samples` samples, 0 for all, as one .npy for each input."""
    writers = [ArrayWriter(folder / f"{i}.npy", name) for i, name in enumerate(names)]
    try:
        for batch in batches:
            for writer, array in zip(writers, get_batch(batch, names), strict=True):
                writer.append(array, samples - writer.samples if samples else np.iinfo(np.int64).max)
            counts = [writer.samples for writer in writers]
            if min(counts) != max(counts):
                raise InputError(f"the inputs have different numbers of samples: {', '.join(map(str, counts))}")
            if samples and counts[0] >= samples:
                break
        for writer in writers:
            writer.finish()
    finally:
        for writer in writers:
            writer.file.close()
    return [writer.path for writer in writers]


def pack(paths: Mapping[str, Path], target: Path) -> None:
    """Move .npy files into a .npz, one after the other."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, path in paths.items():
            with path.open("rb") as source, archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                shutil.copyfileobj(source, member, 1 << 20)
            path.unlink()


@contextlib.contextmanager
def data_file(
    data: Any, names: Sequence[str], samples: int = 0, labels: Any = None
) -> Iterator[tuple[Path, str | None]]:
    """Give a file of `data` and the key of its arrays, None if it is the user's own file.

    `data` is a path, an array with the samples along its first dimension, a dict of such arrays by the name of the
    input, or an iterable of batches, each of which is an array, a tuple or a dict. `labels`, if there are any, is an
    array of integers that the file has under the name LABELS.
    """
    if isinstance(data, (str, os.PathLike)):
        yield Path(data), None
        return
    batches = as_batches(data)
    with tempfile.TemporaryDirectory(prefix="nnq-") as folder:
        paths = write_batches(batches, names, samples, Path(folder))
        if len(paths) == 1 and labels is None:
            yield paths[0], "x"
            return
        keys = number_names("x", len(paths))
        arrays = dict(zip(keys, paths, strict=True))
        if labels is not None:
            arrays[LABELS] = Path(folder) / "labels.npy"
            np.save(arrays[LABELS], to_numpy(labels))
        packed = Path(folder) / "data.npz"
        pack(arrays, packed)
        yield packed, ",".join(keys)
