"""Read CIFAR-10 and split it: images to train with, which calibrate, too, and images to test with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

MEAN = np.array([0.4914, 0.4822, 0.4465], np.float32)
STD = np.array([0.2470, 0.2435, 0.2616], np.float32)
SIDE = 32
SEED = 2009
# Of the images of one file; the rest are the test.
TRAIN_SHARE = 0.8


class DataError(RuntimeError):
    """The images could not be read; the message says why."""


@dataclass(frozen=True)
class Images:
    """Images, normalized [N, 3, 32, 32], with their labels; none is in both parts."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def normalize(images: np.ndarray) -> np.ndarray:
    """Turn uint8 [N, 32, 32, 3] into the network's input."""
    return np.ascontiguousarray(((images.astype(np.float32) / 255 - MEAN) / STD).transpose(0, 3, 1, 2))


def read_batch(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a file of the binary version: a byte of the label, then those of the image, channels first."""
    raw = np.fromfile(path, np.uint8)
    size = 3 * SIDE * SIDE + 1
    if not raw.size or raw.size % size:
        raise DataError(f"{path}: not a whole number of images of {size} bytes")
    records = raw.reshape(-1, size)
    return records[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1), records[:, 0]


def load(path: Path, fold: int = 0) -> Images:
    """Load the folder of the binary version (data_batch_1.bin, ..., test_batch.bin), or one .npz with x and y.

    Of the images of one .npz each `fold` tests with others, until all have been tested with.
    """
    if path.is_dir():
        files = sorted(path.glob("data_batch_*.bin"))
        if not files or not (path / "test_batch.bin").exists():
            raise DataError(f"{path}: there are no data_batch_*.bin and test_batch.bin")
        batches = [read_batch(file) for file in files]
        x_train, y_train = (np.concatenate(parts) for parts in zip(*batches, strict=True))
        x_test, y_test = read_batch(path / "test_batch.bin")
    else:
        try:
            with np.load(path) as data:
                x, y = data["x"], data["y"]
        except (OSError, ValueError, KeyError) as error:
            raise DataError(f"{path}: no .npz with x and y ({error})") from error
        if x.dtype != np.uint8 or x.shape[1:] != (SIDE, SIDE, 3) or len(x) != len(y):
            raise DataError(f"{path}: x is {x.dtype} {list(x.shape)}, not uint8 [N, {SIDE}, {SIDE}, 3] and labels")
        order = np.random.default_rng(SEED).permutation(len(x))
        count = int(TRAIN_SHARE * len(x))
        train, test = np.split(np.roll(order, fold * (len(x) - count)), [count])
        (x_train, y_train), (x_test, y_test) = (x[train], y[train]), (x[test], y[test])
    return Images(normalize(x_train), y_train.astype(np.int64), normalize(x_test), y_test.astype(np.int64))
