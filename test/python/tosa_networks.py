"""Quantized networks of TOSA, as TensorFlow Lite's become, and their results by the definition of the operators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

INT8 = (-128, 127)


def rescale(
    x: np.ndarray, multiplier: np.ndarray, shift: np.ndarray, input_zp: int, output_zp: int, bounds: tuple[int, int]
) -> np.ndarray:
    """Return apply_scale_32 with double rounding of each element (TOSA 1.0, RESCALE)."""
    value = x.astype(np.int64) - input_zp
    extra = np.where(value >= 0, 1 << 30, -(1 << 30)) * (shift > 31)
    scaled = (value * multiplier + (np.int64(1) << (shift.astype(np.int64) - 1)) + extra) >> shift.astype(np.int64)
    return np.clip(scaled + output_zp, *bounds)


def convolve(x: np.ndarray, w: np.ndarray, stride: int, pad: int, zero_point: int, *, depthwise: bool) -> np.ndarray:
    """Return the sums of an NHWC image and weights, OHWI or HWCM of one output channel each, in integers."""
    x = x.astype(np.int64) - zero_point
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    size = w.shape[0 if depthwise else 1]
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    w = w.astype(np.int64)
    return (
        np.einsum("nhwcij,ijc->nhwc", windows, w[..., 0]) if depthwise else np.einsum("nhwcij,oijc->nhwo", windows, w)
    )


class Network:
    """Text of a network that grows by layers, with the values that it should give on one input."""

    def __init__(self, x: np.ndarray, rng: np.random.Generator) -> None:
        """Start with the input."""
        self.lines: list[str] = []
        self.input_type = self.type_of(x)
        self.rng = rng
        self.count = 0

    @staticmethod
    def type_of(x: np.ndarray, element: str = "i8") -> str:
        return f"tensor<{'x'.join(map(str, x.shape))}x{element}>"

    def emit(self, op: str) -> str:
        self.count += 1
        self.lines.append(f"  %v{self.count} = {op}")
        return f"%v{self.count}"

    def constant(self, values: np.ndarray | Sequence[int], element: str) -> str:
        values = np.asarray(values)
        kind = self.type_of(values, element)
        return self.emit(f'"tosa.const"() <{{values = dense<{values.tolist()}> : {kind}}}> : () -> {kind}')

    def rescale(
        self, name: str, x: np.ndarray, factors: np.ndarray, zero_points: tuple[int, int], types: tuple[str, str]
    ) -> tuple[str, np.ndarray]:
        """Scale by factors; return the name and the values."""
        exponent = np.ceil(np.log2(factors)).astype(int)
        multiplier = np.round(factors * 2.0 ** (31 - exponent)).astype(np.int64)
        shift = 31 - exponent
        is_large = multiplier == 1 << 31
        multiplier, shift = np.where(is_large, multiplier // 2, multiplier), np.where(is_large, shift - 1, shift)
        bounds = INT8 if types[1] == "i8" else (-(1 << 31), (1 << 31) - 1)
        y = rescale(x, multiplier, shift, *zero_points, bounds)
        n = len(factors)
        operands = [
            self.constant(multiplier, "i32"),
            self.constant(shift, "i8"),
            self.constant([zero_points[0]], types[0]),
            self.constant([zero_points[1]], types[1]),
        ]
        result = self.emit(
            f"tosa.rescale {', '.join([name, *operands])} {{scale32 = true, rounding_mode = DOUBLE_ROUND, "
            f"per_channel = {str(n > 1).lower()}, input_unsigned = false, output_unsigned = false}} : "
            f"({self.type_of(x, types[0])}, tensor<{n}xi32>, tensor<{n}xi8>, tensor<1x{types[0]}>, "
            f"tensor<1x{types[1]}>) -> {self.type_of(y, types[1])}"
        )
        return result, y

    def conv(
        self, name: str, x: np.ndarray, channels: int, size: int, zero_points: tuple[int, int], *, stride: int = 1,
        depthwise: bool = False,
    ) -> tuple[str, np.ndarray]:  # fmt: skip
        """Add a convolution and its rescale, with a factor for each channel."""
        shape = (size, size, x.shape[3], 1) if depthwise else (channels, size, size, x.shape[3])
        w = self.rng.integers(-127, 128, shape)
        bias = self.rng.integers(-2000, 2000, channels)
        sums = convolve(x, w, stride, size // 2, zero_points[0], depthwise=depthwise) + bias
        factors = 90 / np.abs(sums).max(axis=(0, 1, 2)) * self.rng.uniform(0.8, 1.3, channels)
        operands = [
            self.constant(w, "i8"),
            self.constant(bias, "i32"),
            self.constant([zero_points[0]], "i8"),
            self.constant([0], "i8"),
        ]
        pads, op = ", ".join([str(size // 2)] * 4), "depthwise_conv2d" if depthwise else "conv2d"
        result = self.emit(
            f"tosa.{op} {', '.join([name, *operands])} {{acc_type = i32, pad = array<i64: {pads}>, "
            f"stride = array<i64: {stride}, {stride}>, dilation = array<i64: 1, 1>}} : ({self.type_of(x)}, "
            f"{self.type_of(w)}, tensor<{channels}xi32>, tensor<1xi8>, tensor<1xi8>) -> {self.type_of(sums, 'i32')}"
        )
        return self.rescale(result, sums, factors, (0, zero_points[1]), ("i32", "i8"))

    def add(
        self, a: tuple[str, np.ndarray], b: tuple[str, np.ndarray], zero_points: tuple[int, int, int]
    ) -> tuple[str, np.ndarray]:
        """Add a sum of operands of different scales, as TensorFlow Lite computes it: in i32 with 20 bits more."""
        names, sums = [], 0
        for (name, x), zero_point, factor in zip((a, b), zero_points, (0.43, 0.77), strict=False):
            wide, y = self.rescale(name, x, np.array([factor * (1 << 20)]), (zero_point, 0), ("i8", "i32"))
            names.append(wide)
            sums = sums + y
        kind = self.type_of(sums, "i32")
        total = self.emit(f"tosa.add {names[0]}, {names[1]} : ({kind}, {kind}) -> {kind}")
        return self.rescale(total, sums, np.array([1.1 / (1 << 20)]), (0, zero_points[2]), ("i32", "i8"))

    def max_pool(self, name: str, x: np.ndarray) -> tuple[str, np.ndarray]:
        """Add a maximum over squares of four."""
        n, h, w, c = x.shape
        y = x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))
        result = self.emit(
            f"tosa.max_pool2d {name} {{kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, "
            f"stride = array<i64: 2, 2>}} : ({self.type_of(x)}) -> {self.type_of(y)}"
        )
        return result, y

    def average(self, name: str, x: np.ndarray, zero_point: int) -> tuple[str, np.ndarray]:
        """Add the average over the image, rounded as the definition does, half up."""
        n, h, w, c = x.shape
        sums = (x.astype(np.int64) - zero_point).sum(axis=(1, 2), keepdims=True)
        y = np.clip(np.floor(sums / (h * w) + 0.5).astype(np.int64) + zero_point, *INT8)
        points = [self.constant([zero_point], "i8"), self.constant([zero_point], "i8")]
        result = self.emit(
            f"tosa.avg_pool2d {name}, {points[0]}, {points[1]} {{acc_type = i32, kernel = array<i64: {h}, {w}>, "
            f"pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}} : ({self.type_of(x)}, tensor<1xi8>, "
            f"tensor<1xi8>) -> {self.type_of(y)}"
        )
        return result, y

    def flatten(self, name: str, x: np.ndarray) -> tuple[str, np.ndarray]:
        """Add a reshape to rows."""
        y = x.reshape(x.shape[0], -1)
        shape = self.emit(
            f"tosa.const_shape {{values = dense<{list(y.shape)}> : tensor<2xindex>}} : () -> !tosa.shape<2>"
        )
        return self.emit(f"tosa.reshape {name}, {shape} : ({self.type_of(x)}, !tosa.shape<2>) -> {self.type_of(y)}"), y

    def finish(self, name: str, y: np.ndarray) -> str:
        """Return the text of the network with this result."""
        body = "\n".join(self.lines)
        result = self.type_of(y)
        return f"func.func @net(%x: {self.input_type}) -> {result} {{\n{body}\n  return {name} : {result}\n}}\n"


def rescale_as_tflite(x: np.ndarray, factors: np.ndarray, zero_point: int) -> np.ndarray:
    """Return MultiplyByQuantizedMultiplier of TensorFlow Lite's reference kernels, by the last dimension."""
    fraction, shift = np.frexp(factors)
    multiplier = np.floor(fraction * 2.0**31 + 0.5).astype(np.int64)
    shift = np.where(multiplier == 1 << 31, shift + 1, shift)
    multiplier = np.where(multiplier == 1 << 31, 1 << 30, multiplier)
    left, right = np.maximum(shift, 0), np.maximum(-shift, 0)
    product = (x.astype(np.int64) << left) * multiplier
    nudge = np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    # The division of C rounds towards zero.
    high = np.sign(product + nudge) * (np.abs(product + nudge) >> 31)
    mask = (np.int64(1) << right) - 1
    rest, threshold = high & mask, (mask >> 1) + (high < 0)
    return np.clip((high >> right) + (rest > threshold) + zero_point, *INT8)
