"""The trained networks of a folder, with the inputs that they were trained for.

The folder holds models/NAME.onnx or .pt2 and data/NAME.npz; its README says where they come from. Inputs are f32, NCHW.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass
class Samples:
    """Inputs to score on, their labels if there are any, and inputs to calibrate with."""

    x: Array
    y: NDArray[np.int64] | None
    calib: Array


@dataclass
class Model:
    """A file with a network, and where its samples come from."""

    path: Path
    input: str
    shape: tuple[int, ...]
    load: Callable[[], Samples]

    @property
    def name(self) -> str:
        """Name of the network."""
        return self.path.stem


def nchw(x: NDArray) -> Array:
    """Turn NHWC images around."""
    return np.ascontiguousarray(x.astype(np.float32).transpose(0, 3, 1, 2))


def resize(x: NDArray, height: int, width: int) -> Array:
    """Scale NHWC images, bilinear with antialiasing, to whole numbers."""
    if x.shape[1:3] == (height, width):
        return x.astype(np.float32)
    import torch

    images = torch.from_numpy(nchw(x))
    scaled = torch.nn.functional.interpolate(images, (height, width), mode="bilinear", antialias=True)
    return scaled.round().clamp(0, 255).permute(0, 2, 3, 1).numpy()


def imagenet_normalized(x: NDArray) -> Array:
    """Normalize as torchvision does."""
    mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    return nchw((x.astype(np.float32) / 255 - mean) / std)


def folder_models(folder: Path) -> list[Model]:
    """Return the networks of the folder that are there."""
    data = folder / "data"

    def cifar(prepare: Callable[[NDArray], Array]) -> Samples:
        with np.load(data / "cifar10.npz") as z:
            return Samples(prepare(z["x"]), z["y"].astype(np.int64), prepare(z["calib"]))

    def keywords() -> Samples:
        with np.load(data / "kws01.npz") as z:
            prepare = lambda q: nchw((q.astype(np.float32) - z["zero_point"]) * z["scale"])  # noqa: E731
            return Samples(prepare(z["x_int8"]), z["y"].astype(np.int64), prepare(z["calib_int8"]))

    def imagenet(prepare: Callable[[NDArray], Array], first_label: int | None = None) -> Samples:
        with np.load(data / "imagenet_sample.npz") as z:
            x = np.concatenate([prepare(image[None]) for image in z["x"]])
            y = None if first_label is None else z["y"].astype(np.int64)[20:] + first_label
        return Samples(x[20:], y, x[:20])

    def digits() -> Samples:
        with np.load(data / "mnist.npz") as z:
            prepare = lambda x: ((x.astype(np.float32) / 255 - 0.1307) / 0.3081).reshape(-1, 1, 28, 28)  # noqa: E731
            return Samples(prepare(z["x"]), z["y"].astype(np.int64), prepare(z["calib"]))

    def text_lines() -> Samples:
        with np.load(data / "ppocr_cls_rendered.npz") as z:
            x = nchw((z["x"].astype(np.float32) / 255 - 0.5) / np.float32(0.5))
            return Samples(x[50:], z["y"].astype(np.int64)[50:], x[:50])

    def machine_sounds() -> Samples:
        with np.load(data / "ad01_logmel_other_audio.npz") as z:
            return Samples(z["x"].astype(np.float32), None, z["calib"].astype(np.float32))

    raw = functools.partial(cifar, nchw)
    normalized = functools.partial(cifar, imagenet_normalized)
    person = functools.partial(imagenet, lambda x: nchw(resize(x, 96, 96) / 255))
    mobilenet = functools.partial(imagenet, lambda x: nchw(resize(x, 128, 128) / np.float32(127.5) - 1), 1)
    detection = functools.partial(imagenet, lambda x: imagenet_normalized(resize(x, 224, 224)))
    faces = functools.partial(imagenet, lambda x: nchw((resize(x, 240, 320) - 127) / 128))
    known = [
        ("resnet8_cifar10.onnx", "input", (1, 3, 32, 32), raw),
        ("resnet20_cifar10.onnx", "input", (1, 3, 32, 32), normalized),
        ("resnet20_cifar10.pt2", "x", (1, 3, 32, 32), normalized),
        ("kws_dscnn.onnx", "input", (1, 1, 49, 10), keywords),
        ("kws_dscnn.pt2", "x", (1, 1, 49, 10), keywords),
        ("vww_mobilenetv1_025_96.onnx", "input", (1, 3, 96, 96), person),
        ("ad01_autoencoder.onnx", "input", (1, 640), machine_sounds),
        ("mobilenetv1_025_128_from_qat.onnx", "input", (1, 3, 128, 128), mobilenet),
        ("mnist_cnn_burn.pt2", "x", (1, 1, 28, 28), digits),
        ("ppocr_cls_mobile_v2.onnx", "x", (1, 3, 48, 192), text_lines),
        ("ppocr_det_mobile_v2_pruned.onnx", "x", (1, 3, 224, 224), detection),
        ("ultraface_rfb_320.onnx", "input", (1, 3, 240, 320), faces),
    ]
    models = [Model(folder / "models" / file, *rest) for file, *rest in known]
    return [model for model in models if model.path.exists()]
