"""Random small networks as MLIR text.

A network is a function of one input and one result. Shapes, strides and channel
counts are chosen to hit the corners of code generation: one channel, fewer
channels than lanes, primes, rows that do not divide into tiles, windows that
overlap. Weights have the variance that keeps activations near 1, so that fixed
ranges of a few units saturate now and then.
"""

import random
import struct

CHANNELS = (1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 17, 20, 33, 70)
IDENTITY = {2: "affine_map<(a, b) -> (a, b)>",
            3: "affine_map<(a, b, c) -> (a, b, c)>",
            4: "affine_map<(a, b, c, d) -> (a, b, c, d)>"}
CHANNEL = {(2, 1): "affine_map<(a, b) -> (b)>",
           (4, 1): "affine_map<(a, b, c, d) -> (b)>",
           (4, 3): "affine_map<(a, b, c, d) -> (d)>"}
PARALLEL = {rank: ", ".join(['"parallel"'] * rank) for rank in (2, 3, 4)}
# What a row of the innermost dimension has in common.
ROW = {2: "affine_map<(a, b) -> (a)>", 3: "affine_map<(a, b, c) -> (a, b)>"}


def tensor(shape, element="f32"):
    return "tensor<%sx%s>" % ("x".join(map(str, shape)), element)


def size(shape):
    result = 1
    for dim in shape:
        result *= dim
    return result


def window_attributes(stride, dilation, *others):
    return ", ".join(filter(None, (
        "dilations = dense<%d> : vector<2xi64>" % dilation,
        "strides = dense<%d> : vector<2xi64>" % stride) + others))


class Network:
    """One random network; `text` is the function, `layers` a description.

    Statistics of activations are made up: `static` is the probability that a
    tensor has them. Without them it is quantized by parameters found at run
    time.
    """

    def __init__(self, name, seed, static=1.0):
        self.name = name
        self.seed = seed
        self.static = static
        self.random = random.Random(seed)
        self.lines = []
        self.layers = []
        self.count = 0
        # Some layers stay in f32 where all others are quantized.
        self.has_f32_layers = False
        self.build()
        inputs = struct.Struct("<%df" % size(self.input_shape))
        self.input = inputs.pack(
            *(self.random.gauss(0, 1) for _ in range(size(self.input_shape))))

    # Pieces of text.

    def value(self):
        self.count += 1
        return "%%v%d" % self.count

    def emit(self, text):
        value = self.value()
        self.lines.append("  %s = %s" % (value, text))
        return value

    def weights(self, shape, deviation, channels=None):
        """Random numbers; `channels` are the dimensions of output and input
        channels of a layer."""
        values = [self.random.gauss(0, deviation) for _ in range(size(shape))]
        if channels:
            values = self.prune(values, shape, *channels)
        data = b"".join(struct.pack("<f", value) for value in values)
        if size(shape) == 1:  # One element would be read as a splat.
            text = "dense<%r>" % struct.unpack("<f", data)
        else:
            text = 'dense<"0x%s">' % data.hex().upper()
        return self.emit("arith.constant %s : %s" % (text, tensor(shape)))

    def prune(self, values, shape, output, inputs):
        """Weights of a layer; none are zero by default."""
        return values

    def stats(self, low, high):
        """Attribute of a tensor that lies mostly within [low, high]."""
        if self.random.random() >= self.static:
            return ""
        low *= self.random.uniform(0.5, 1.2)
        high *= self.random.uniform(0.5, 1.2)
        return ("nnq.stats = #nnq.tensor_stats<min = %r, max = %r, mean = 0.0, "
                "second_moment = 1.0, count = 9, histogram = []>" % (low, high))

    def filled(self, shape, constant):
        empty = self.emit("tensor.empty() : " + tensor(shape))
        kind = tensor(shape)
        return self.emit("linalg.fill ins(%s : f32) outs(%s : %s) -> %s" %
                         (constant, empty, kind, kind))

    def elementwise(self, shape, operands, maps, body, stats=""):
        kind = tensor(shape)
        empty = self.emit("tensor.empty() : " + kind)
        names = ["%in" + str(i) for i in range(len(operands))]
        return self.emit(
            "linalg.generic {indexing_maps = [%s], iterator_types = [%s]} "
            "ins(%s : %s) outs(%s : %s) attrs = {%s} {\n"
            "  ^bb0(%s, %%out: f32):\n%s"
            "    linalg.yield %%y : f32\n  } -> %s" %
            (", ".join(maps + [IDENTITY[len(shape)]]), PARALLEL[len(shape)],
             ", ".join(value for value, _ in operands),
             ", ".join(tensor(dims) for _, dims in operands), empty, kind,
             stats, ", ".join(n + ": f32" for n in names),
             "".join("    %s\n" % line for line in body), kind))

    # Layers. `self.x` of `self.shape` is the activation so far; channels are its
    # second dimension or its last one.

    @property
    def nchw(self):
        """The shape with the channels second."""
        if self.channel_dim == 1:
            return self.shape
        n, h, w, c = self.shape
        return n, c, h, w

    def image(self, n, c, h, w):
        """A shape in the layout of the network."""
        return (n, c, h, w) if self.channel_dim == 1 else (n, h, w, c)

    def set(self, value, shape, layer):
        self.x, self.shape = value, tuple(shape)
        self.layers.append(layer)

    def bias(self, stats=""):
        rank = len(self.shape)
        dim = self.channel_dim if rank == 4 else 1
        channels = self.shape[dim]
        bias = self.weights((channels,), 0.5)
        self.set(self.elementwise(
            self.shape, [(self.x, self.shape), (bias, (channels,))],
            [IDENTITY[rank], CHANNEL[rank, dim]], ["%y = arith.addf %in0, %in1 : f32"],
            stats), self.shape, "bias")

    def relu(self, stats=""):
        body = ["%y = arith.maximumf %in0, %zero : f32"]
        if self.random.random() < 0.5:
            body = ["%c = arith.cmpf ugt, %in0, %zero : f32",
                    "%y = arith.select %c, %in0, %zero : f32"]
        if self.random.random() < 0.2:  # ReLU6 with a bound that is reached.
            body = ["%r = arith.maximumf %in0, %zero : f32",
                    "%y = arith.minimumf %r, %one : f32"]
        self.set(self.elementwise(self.shape, [(self.x, self.shape)],
                                  [IDENTITY[len(self.shape)]], body, stats),
                 self.shape, "relu")

    def pad(self, low, high, constant="%zero"):
        n, c, h, w = self.nchw
        shape = self.image(n, c, h + low + high, w + low + high)
        self.set(self.emit(
            "tensor.pad %s low[%s] high[%s] {\n"
            "  ^bb0(%%i: index, %%j: index, %%k: index, %%l: index):\n"
            "    tensor.yield %s : f32\n  } : %s to %s" %
            (self.x, ", ".join(map(str, self.image(0, 0, low, low))),
             ", ".join(map(str, self.image(0, 0, high, high))), constant,
             tensor(self.shape), tensor(shape))), shape,
            "pad %d,%d" % (low, high))

    def depthwise_conv(self, window, strides, stats=""):
        n, c, h, w = self.nchw
        kernel = (c,) + window if self.channel_dim == 1 else window + (c,)
        shape = self.image(n, c, (h - window[0]) // strides[0] + 1,
                           (w - window[1]) // strides[1] + 1)
        weights = self.weights(kernel, size(window) ** -0.5)
        self.set(self.emit(
            "linalg.depthwise_conv_2d_%s {%s} ins(%s, %s : %s, %s) "
            "outs(%s : %s) -> %s" %
            ("nchw_chw" if self.channel_dim == 1 else "nhwc_hwc",
             ", ".join(filter(None, ("strides = dense<[%d, %d]> : vector<2xi64>"
                                     % strides, stats))),
             self.x, weights, tensor(self.shape), tensor(kernel),
             self.filled(shape, "%zero"), tensor(shape), tensor(shape))), shape,
            "depthwise_conv %s %dx%d/%d,%d" % (shape, *window, *strides))

    def conv(self, channels, window, stride, dilation, init=None, stats=""):
        n, c, h, w = self.nchw
        kh, kw = window
        shape = self.image(n, channels,
                           (h - (kh - 1) * dilation - 1) // stride + 1,
                           (w - (kw - 1) * dilation - 1) // stride + 1)
        first = self.channel_dim == 1
        fan, dims = c * kh * kw, None
        if channels == c and self.random.random() < 0.5 and c > 1:
            kernel = (c, kh, kw) if first else (kh, kw, c)
            name = "linalg.depthwise_conv_2d_" + (
                "nchw_chw" if first else "nhwc_hwc")
            fan = kh * kw
        elif first:
            kernel, name = (channels, c, kh, kw), "linalg.conv_2d_nchw_fchw"
            dims = 0, 1
        elif self.random.random() < 0.5:
            kernel, name = (kh, kw, c, channels), "linalg.conv_2d_nhwc_hwcf"
            dims = 3, 2
        else:
            kernel, name = (channels, kh, kw, c), "linalg.conv_2d_nhwc_fhwc"
            dims = 0, 3
        weights = self.weights(kernel, fan ** -0.5, dims)
        if init:
            empty = self.emit("tensor.empty() : " + tensor(shape))
            start = self.emit(
                "linalg.broadcast ins(%s : %s) outs(%s : %s) dimensions = [%s]"
                % (self.weights((channels,), 0.5), tensor((channels,)), empty,
                   tensor(shape), "0, 2, 3" if first else "0, 1, 2"))
        else:
            start = self.filled(shape, "%zero")
        self.set(self.emit(
            "%s {%s} ins(%s, %s : %s, %s) outs(%s : %s) -> %s" %
            (name, window_attributes(stride, dilation, self.strategy(), stats),
             self.x, weights, tensor(self.shape), tensor(kernel), start, tensor(shape),
             tensor(shape))), shape,
            "%s %s %dx%d/%d/%d" % (name[7:], shape, kh, kw, stride, dilation))

    def strategy(self):
        """Attribute of a convolution; by default the compiler decides."""
        return ""

    def grouped_conv(self, groups, channels, window, stride, dilation, stats=""):
        """With the groups as a dimension of their own."""
        n, c, h, w = self.shape
        split = (n, groups, c // groups, h, w)
        x = self.emit(
            "tensor.expand_shape %s [[0], [1, 2], [3], [4]] output_shape [%s] : "
            "%s into %s" % (self.x, ", ".join(map(str, split)),
                            tensor(self.shape), tensor(split)))
        kernel = (groups, channels // groups, c // groups) + tuple(window)
        result = (n, groups, channels // groups) + tuple(
            (length - (k - 1) * dilation - 1) // stride + 1
            for length, k in zip((h, w), window))
        weights = self.weights(kernel, size(kernel[2:]) ** -0.5)
        y = self.emit(
            "linalg.conv_2d_ngchw_gfchw {%s} ins(%s, %s : %s, %s) outs(%s : %s) "
            "-> %s" %
            (window_attributes(stride, dilation, stats), x, weights,
             tensor(split), tensor(kernel),
             self.filled(result, "%zero"), tensor(result), tensor(result)))
        shape = (n, channels) + result[3:]
        self.set(self.emit(
            "tensor.collapse_shape %s [[0], [1, 2], [3], [4]] : %s into %s" %
            (y, tensor(result), tensor(shape))), shape,
            "conv in %d groups %s %dx%d/%d/%d" %
                 (groups, shape, *window, stride, dilation))

    def average(self, window, stats):
        n, c, h, w = self.nchw
        shape = self.image(n, c, h // window, w // window)
        dims = self.emit("tensor.empty() : tensor<%dx%dxf32>" % (window, window))
        total = self.emit(
            "linalg.pooling_%s_sum {strides = dense<%d> : vector<2xi64>} "
            "ins(%s, %s : %s, tensor<%dx%dxf32>) outs(%s : %s) -> %s" %
            ("nchw" if self.channel_dim == 1 else "nhwc", window, self.x, dims,
             tensor(self.shape), window, window, self.filled(shape, "%zero"),
             tensor(shape), tensor(shape)))
        self.set(self.elementwise(
            shape, [(total, shape)], [IDENTITY[4]],
            ["%%count = arith.constant %d.0 : f32" % (window * window),
             "%y = arith.divf %in0, %count : f32"], stats), shape,
            "average %d" % window)

    def pool(self, window, stride, stats="", padding=0):
        if padding:
            self.pad(padding, padding, "%lowest")
        n, c, h, w = self.nchw
        shape = self.image(n, c, (h - window) // stride + 1,
                           (w - window) // stride + 1)
        dims = self.emit("tensor.empty() : tensor<%dx%dxf32>" % (window, window))
        start = self.filled(shape, "%lowest")
        self.set(self.emit(
            "linalg.pooling_%s_max {%s} ins(%s, %s : %s, tensor<%dx%dxf32>) "
            "outs(%s : %s) -> %s" %
            ("nchw" if self.channel_dim == 1 else "nhwc", ", ".join(filter(None, (
                "strides = dense<%d> : vector<2xi64>" % stride, stats))),
             self.x, dims, tensor(self.shape), window, window, start,
             tensor(shape), tensor(shape))), shape,
            "pool %d/%d" % (window, stride))

    def spread(self, stride, low, high):
        """Zeros between the elements and around them: a convolution behind is a
        transposed one."""
        n, c, h, w = self.nchw
        shape = self.image(n, c, *((length - 1) * stride + 1 + low + high
                                   for length in (h, w)))
        self.set(self.emit(
            "tensor.insert_slice %s into %s[%s] [%s] [%s] : %s into %s" %
            (self.x, self.filled(shape, "%zero"),
             ", ".join(map(str, self.image(0, 0, low, low))),
             ", ".join(map(str, self.shape)),
             ", ".join(map(str, self.image(1, 1, stride, stride))),
             tensor(self.shape), tensor(shape))), shape,
            "spread /%d %d,%d" % (stride, low, high))

    def concat(self, parts, stats):
        """Values with their shapes, along the channels."""
        dim = self.channel_dim
        shape = list(parts[0][1])
        shape[dim] = sum(dims[dim] for _, dims in parts)
        self.set(self.emit(
            "tensor.concat dim(%d) %s {%s} : (%s) -> %s" %
            (dim, ", ".join(value for value, _ in parts), stats,
             ", ".join(tensor(dims) for _, dims in parts), tensor(shape))),
            shape, "concat of %d" % len(parts))

    def flatten(self):
        shape = (self.shape[0], size(self.shape[1:]))
        self.set(self.emit(
            "tensor.collapse_shape %s [[0], [1, 2, 3]] : %s into %s" %
            (self.x, tensor(self.shape), tensor(shape))), shape, "flatten")

    def linear(self, channels, stats=""):
        n, k = self.shape
        if self.random.random() < 0.5:  # As torch keeps them.
            rows = self.weights((channels, k), k ** -0.5, (0, 1))
            empty = self.emit("tensor.empty() : " + tensor((k, channels)))
            weights = self.emit(
                "linalg.transpose ins(%s : %s) outs(%s : %s) permutation = "
                "[1, 0]" % (rows, tensor((channels, k)), empty,
                            tensor((k, channels))))
        else:
            weights = self.weights((k, channels), k ** -0.5, (1, 0))
        shape = (n, channels)
        start = self.filled(shape, "%zero")
        self.set(self.emit(
            "linalg.matmul {%s} ins(%s, %s : %s, %s) outs(%s : %s) -> %s" %
            (stats, self.x, weights, tensor(self.shape), tensor((k, channels)),
             start, tensor(shape), tensor(shape))), shape, "linear %d" % channels)

    def reduce(self, value, shape, constant, op):
        """Join the innermost dimension."""
        rank = len(shape)
        start = self.filled(shape[:-1], constant)
        return self.emit(
            "linalg.generic {indexing_maps = [%s, %s], iterator_types = "
            "[%s, \"reduction\"]} ins(%s : %s) outs(%s : %s) {\n"
            "  ^bb0(%%in: f32, %%out: f32):\n    %%y = arith.%s %%in, %%out : f32\n"
            "    linalg.yield %%y : f32\n  } -> %s" %
            (IDENTITY[rank], ROW[rank], ", ".join(['"parallel"'] * (rank - 1)),
             value, tensor(shape), start, tensor(shape[:-1]), op,
             tensor(shape[:-1])))

    def by_row(self, value, row, shape, *body):
        return self.elementwise(shape, [(value, shape), (row, shape[:-1])],
                                [IDENTITY[len(shape)], ROW[len(shape)]], body)

    def transpose(self, value, shape, permutation):
        result = [shape[i] for i in permutation]
        empty = self.emit("tensor.empty() : " + tensor(result))
        return self.emit("linalg.transpose ins(%s : %s) outs(%s : %s) "
                         "permutation = %s" % (value, tensor(shape), empty,
                                               tensor(result), permutation))

    def batch_matmul(self, a, b, shape, inner):
        heads, m, n = shape
        return self.emit(
            "linalg.batch_matmul ins(%s, %s : %s, %s) outs(%s : %s) -> %s" %
            (a, b, tensor((heads, m, inner)), tensor((heads, inner, n)),
             self.filled(shape, "%zero"), tensor(shape), tensor(shape)))

    def attention(self, heads, width):
        """Of all rows to all rows, in f32."""
        self.has_f32_layers = True
        x, shape = self.x, self.shape
        rows = shape[0]
        split = []
        for permutation in ([1, 0, 2], [1, 2, 0], [1, 0, 2]):
            self.x, self.shape = x, shape
            self.linear(heads * width)
            self.bias()
            part = self.emit(
                "tensor.expand_shape %s [[0], [1, 2]] output_shape [%d, %d, %d] "
                ": %s into %s" % (self.x, rows, heads, width, tensor(self.shape),
                                  tensor((rows, heads, width))))
            split.append(self.transpose(part, (rows, heads, width), permutation))
        q, k, v = split
        square = (heads, rows, rows)
        scale = self.emit("arith.constant %r : f32" % width ** -0.5)
        scores = self.elementwise(
            square, [(self.batch_matmul(q, k, square, width), square)],
            [IDENTITY[3]], ["%%y = arith.mulf %%in0, %s : f32" % scale])
        top = self.reduce(scores, square, "%lowest", "maximumf")
        weights = self.by_row(scores, top, square, "%d = arith.subf %in0, %in1 : f32",
                              "%y = math.exp %d : f32")
        total = self.reduce(weights, square, "%zero", "addf")
        weights = self.by_row(weights, total, square, "%y = arith.divf %in0, %in1 : f32")
        mixed = self.transpose(
            self.batch_matmul(weights, v, (heads, rows, width), rows),
            (heads, rows, width), [1, 0, 2])
        joined = (rows, heads * width)
        self.set(self.emit(
            "tensor.collapse_shape %s [[0], [1, 2]] : %s into %s" %
            (mixed, tensor((rows, heads, width)), tensor(joined))), joined,
            "attention of %d heads of %d" % (heads, width))

    def normalize(self, stats):
        """Each row to mean 0 and variance 1."""
        self.has_f32_layers = True
        part = self.emit("arith.constant %r : f32" % (1.0 / self.shape[1]))
        small = self.emit("arith.constant 1.0e-5 : f32")
        centered = self.by_row(
            self.x, self.reduce(self.x, self.shape, "%zero", "addf"), self.shape,
            "%%m = arith.mulf %%in1, %s : f32" % part, "%y = arith.subf %in0, %m : f32")
        squares = self.elementwise(self.shape, [(centered, self.shape)],
                                   [IDENTITY[2]], ["%y = arith.mulf %in0, %in0 : f32"])
        scaled = self.by_row(
            centered, self.reduce(squares, self.shape, "%zero", "addf"), self.shape,
            "%%m = arith.mulf %%in1, %s : f32" % part,
            "%%p = arith.addf %%m, %s : f32" % small,
            "%r = math.rsqrt %p : f32", "%y = arith.mulf %in0, %r : f32")
        self.set(scaled, self.shape, "normalize")
        self.bias(stats)

    # Blocks: the statistics belong to the last op of each.

    def conv_block(self):
        choose = self.random.choice
        before, before_shape = self.x, self.shape
        low = choose((0, 0, 1, 2))
        high = choose((low, low, 1))
        if low + high:
            self.pad(low, high)
        transposed = max(self.nchw[2:]) < 9 and self.random.random() < 0.3
        if transposed:
            self.spread(choose((2, 2, 3)), choose((0, 1, 2)), choose((0, 1, 3)))
        _, c, h, w = self.nchw
        stride = 1 if transposed else choose((1, 1, 1, 2))
        dilation = 2 if self.random.random() < 0.15 and min(h, w) > 6 else 1
        limit = (min(h, w) - 1) // dilation + 1
        window = [min(choose((1, 2, 3, 3, 5)), limit) for _ in range(2)]
        channels = choose(CHANNELS)
        residual = self.random.random() < 0.4
        if residual:
            channels = before_shape[self.channel_dim]
        tail = choose(("", "bias", "bias", "bias relu", "bias relu", "relu",
                       "bias relu pool", "bias relu pool", "pool", "bias pool"))
        bias, relu, pool = ("bias" in tail, "relu" in tail, "pool" in tail)
        init = bias and (relu or pool) and self.random.random() < 0.5

        def last(*later):
            if any(later):
                return ""
            return self.stats(0 if relu else -3, 3)

        groups = choose([n for n in range(1, c + 1) if c % n == 0])
        if self.channel_dim == 1 and groups > 1 and choose((False, True)):
            init = False
            if not residual:
                channels = groups * choose((1, 2, 3, 4, 8, 11, 20))
            self.grouped_conv(groups, channels, window, stride, dilation,
                              last(bias, relu, pool))
        else:
            self.conv(channels, window, stride, dilation, init,
                      last(bias, relu, pool))
        if bias and not init:
            self.bias(last(relu, pool))
        if relu:
            self.relu(last(pool))
        if pool and min(self.nchw[2:]) >= 3:
            window, stride, padding = choose(
                ((2, 2, 0), (2, 2, 0), (2, 1, 0), (3, 2, 0), (3, 2, 1), (3, 3, 0),
                 (2, 0, 0)))
            if stride:
                self.pool(window, stride, last(), padding)
            else:
                self.average(window, last())
        if self.shape == before_shape and residual:
            rank = len(self.shape)
            self.set(self.elementwise(
                self.shape, [(self.x, self.shape), (before, before_shape)],
                [IDENTITY[rank]] * 2, ["%y = arith.addf %in0, %in1 : f32"],
                self.stats(-4, 4)), self.shape, "residual")

    def concat_block(self):
        """Branches of one tensor, which may be joined with them."""
        choose = self.random.choice
        before = self.x, self.shape
        parts = [before] if choose((False, True)) else []
        for _ in range(choose((1, 2, 2, 3))):
            self.x, self.shape = before
            relu = choose((False, True))
            if choose((False, False, True)):
                self.pool(3, 1, padding=1)
            window = choose((1, 3))
            if window > 1:
                self.pad(1, 1)
            self.conv(choose(CHANNELS), (window, window), 1, 1)
            self.bias("" if relu else self.stats(-3, 3))
            if relu:
                self.relu(self.stats(0, 3))
            parts.append((self.x, self.shape))
        self.concat(parts, self.stats(-3, 3))

    def linear_block(self):
        bias = self.random.random() < 0.7
        relu = self.random.random() < 0.5
        stats = self.stats(0 if relu else -3, 3)
        self.linear(self.random.choice(CHANNELS),
                    "" if bias or relu else stats)
        if bias:
            self.bias("" if relu else stats)
        if relu:
            self.relu(stats)

    def attention_block(self):
        before, shape = self.x, self.shape
        self.attention(self.random.choice((1, 2, 3)), self.random.choice((4, 5, 8)))
        self.linear(shape[1])
        self.bias()
        self.set(self.elementwise(
            shape, [(self.x, shape), (before, shape)], [IDENTITY[2]] * 2,
            ["%y = arith.addf %in0, %in1 : f32"]), shape, "residual")
        self.normalize(self.stats(-3, 3))

    def build(self):
        choose = self.random.choice
        batch = choose((1, 1, 2))
        self.channel_dim = choose((1, 1, 3))
        self.tokens = self.random.random() < 0.2
        if self.tokens:
            self.shape = (choose((3, 8, 13)), choose((5, 16, 24)))
        elif self.random.random() < 0.2:
            self.shape = (batch, choose((1, 5, 12, 40, 63)))
        else:
            self.shape = self.image(
                batch, choose((1, 1, 3, 6, 7, 13)), self.random.randint(5, 14),
                self.random.randint(5, 14))
        self.finish(self.stack)

    def stack(self):
        """Layers for an input of `self.shape`."""
        if len(self.shape) == 4:
            for _ in range(self.random.randint(1, 3)):
                if self.random.random() < 0.3:
                    self.concat_block()
                if min(self.nchw[2:]) >= 2:
                    self.conv_block()
            if self.random.random() < 0.5:
                self.flatten()
        if self.tokens:
            self.attention_block()
        if len(self.shape) == 2:
            for _ in range(self.random.randint(1, 3)):
                self.linear_block()

    def finish(self, layers):
        self.input_shape = self.shape
        self.x = "%x"
        stats = self.stats(-2.5, 2.5)
        layers()
        self.output_shape = self.shape
        self.text = (
            "func.func @%s(%%x: %s%s) -> %s {\n"
            "  %%zero = arith.constant 0.0 : f32\n"
            "  %%one = arith.constant 1.0 : f32\n"
            "  %%lowest = arith.constant 0xFF800000 : f32\n%s\n"
            "  return %s : %s\n}\n" %
            (self.name, tensor(self.input_shape),
             " {%s}" % stats if stats else "", tensor(self.shape),
             "\n".join(self.lines), self.x, tensor(self.shape)))

    def __str__(self):
        return "seed %d: %s -> %s" % (self.seed, self.input_shape,
                                      "; ".join(self.layers))


class AsymmetricNetwork(Network):
    """For weights with zero points; f32 results behind sums of groups may differ
    in the last bit."""

    def grouped_conv(self, *arguments, **options):
        super().grouped_conv(*arguments, **options)
        self.has_f32_layers = True


class GroupNetwork(Network):
    """Fully connected layers, each with a format of weights of its own: 4 or 8
    bits, groups of several sizes or none, zero points or none. Where groups do
    not divide the inputs, there are none."""

    def build(self):
        choose = self.random.choice
        self.shape = (choose((1, 1, 2, 5, 8, 13)),
                      choose((32, 40, 64, 96, 128, 160, 256)))
        self.finish(self.stack)

    def stack(self):
        for _ in range(self.random.randint(1, 3)):
            self.linear_block()

    def linear(self, channels, stats=""):
        choose = self.random.choice
        form = ("nnq.weights = #nnq.weight_format<scheme = %s, granularity = "
                "per_axis, range = full, bits = %d, group = %d>" %
                (choose(("symmetric", "symmetric", "asymmetric")),
                 choose((4, 4, 8)), choose((0, 32, 32, 64, 128))))
        super().linear(choose((5, 8, 17, 32, 64, 70, 128)),
                       ", ".join(filter(None, (stats, form))))


class GroupF32Network(GroupNetwork):
    """For layers that compute in f32."""

    def stack(self):
        super().stack()
        self.has_f32_layers = True


class NormNetwork(Network):
    """Fully connected layers and layer norms, which are to be integers: with
    scale and offset or without, of rows that differ much in size."""

    def build(self):
        choose = self.random.choice
        self.shape = (choose((1, 2, 5, 8, 13)), choose((2, 7, 16, 40, 100)))
        self.finish(self.stack)

    def stack(self):
        for _ in range(self.random.randint(1, 3)):
            self.linear_block()
            self.normalize(self.stats(-3, 3))
            self.has_f32_layers = False
        if self.random.random() < 0.5:
            self.linear_block()

    def bias(self, stats=""):
        """Behind a norm of another deviation."""
        if self.layers[-1] == "normalize" and self.random.random() < 0.5:
            scale = self.weights(self.shape[1:], 1.0)
            self.set(self.elementwise(
                self.shape, [(self.x, self.shape), (scale, self.shape[1:])],
                [IDENTITY[2], CHANNEL[2, 1]],
                ["%y = arith.mulf %in0, %in1 : f32"]), self.shape, "scale")
        super().bias(stats)


class WinogradNetwork(Network):
    """Convolutions of 3x3 taps by F(2x2, 3x3) and F(4x4, 3x3) on tiles of any
    size: rests of rows and channels, tiles that overlap, several strips;
    weights that are transformed in a buffer or in registers."""

    def strategy(self):
        choose = self.random.choice
        fused = choose((False, False, True))
        return ("nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, "
                "rows = %d, blocks = %d, winograd = %d, strip = %d%s>" %
                (choose((1, 3, 4, 6)), 1 if fused else choose((1, 2, 3)),
                 choose((2, 4)), choose((1, 2, 3, 5)),
                 ", fused = true" if fused else ""))

    def build(self):
        choose = self.random.choice
        self.channel_dim = choose((1, 3))
        self.shape = self.image(choose((1, 1, 2)), choose((8, 16, 24)),
                                choose((5, 6, 8, 11, 17)),
                                choose((5, 7, 8, 12, 19)))
        self.finish(self.stack)

    def stack(self):
        for _ in range(self.random.randint(1, 3)):
            before, shape = self.x, self.shape
            residual = self.random.random() < 0.5
            # Not as many as before, which might become a depthwise one.
            channels = self.random.choice(
                [c for c in (8, 16, 24, 40) if c != self.nchw[1]])
            self.pad(1, 1)
            self.conv(channels, (3, 3), 1, 1)
            self.bias()
            self.relu(self.stats(0, 3))
            if not residual:
                continue
            self.pad(1, 1)
            self.conv(self.image_channels(shape), (3, 3), 1, 1)
            self.set(self.elementwise(
                self.shape, [(self.x, self.shape), (before, shape)],
                [IDENTITY[4]] * 2, ["%y = arith.addf %in0, %in1 : f32"],
                self.stats(-4, 4)), self.shape, "residual")

    def image_channels(self, shape):
        return shape[self.channel_dim]


class MatrixNetwork(WinogradNetwork):
    """Convolutions by matrices in registers, of any size: those that overlap,
    several lines of an image with what lies between them, rests of rows,
    channels and groups, strides."""

    def strategy(self):
        choose = self.random.choice
        rows = self.random.randint(1, 90)
        down = -(-rows // 16)
        blocks = [n for n in range(1, 7) if down * n + min(down, n) < 8]
        return ("nnq.kernel = #nnq.kernel<dot = tdpbusd, lanes = 16, "
                "group = %d, rows = %d, blocks = %d%s>" %
                (choose((4, 16, 24, 32, 64, 64)), rows, choose(blocks),
                 choose(("", ", channels_outer = true"))))

    def stack(self):
        choose = self.random.choice
        super().stack()
        size = choose((1, 1, 3))
        self.pad(size // 2, size // 2)
        self.conv(choose((17, 32, 50, 100)), (size, size), choose((1, 2)), 1)
        self.bias()
        self.relu(self.stats(0, 3))


class DepthwiseNetwork(Network):
    """Depthwise convolutions of few rows, many of whose taps are in padding that
    is not zero when it is quantized, or of none, between layers of one tap."""

    def build(self):
        choose = self.random.choice
        self.channel_dim = choose((1, 3))
        self.shape = self.image(choose((1, 1, 2)), choose((3, 8, 16)),
                                choose((1, 2, 3, 5, 9)),
                                choose((4, 5, 8, 13, 24)))
        self.finish(self.stack)

    def stack(self):
        choose = self.random.choice
        for _ in range(self.random.randint(1, 3)):
            self.conv(choose((7, 10, 20, 24, 40, 50)), (1, 1), 1, 1)
            self.bias(self.stats(-3, 2))
            size = choose((3, 3, 5, 5, 7))
            self.pad(size // 2, size // 2)
            self.depthwise_conv((size, size), (choose((1, 1, 2)),
                                               choose((1, 1, 2))))
            self.bias()
            self.relu(self.stats(0, 3))


class SparseNetwork(Network):
    """Fully connected layers and convolutions whose weights are zero in blocks of
    output by input channels: channels that are no multiple of a block, blocks of
    other sizes than those of the kernels, more of them in some tiles of channels
    than in others, and tiles of nothing but zeros."""

    def prune(self, values, shape, output, inputs):
        choose = self.random.choice
        high, wide = choose((8, 8, 16, 16, 32, 6)), choose((4, 4, 8, 2))
        density = choose((0.1, 0.2, 0.3))
        strides = [size(shape[i + 1:]) for i in range(len(shape))]
        kept, rows = {}, {}

        def is_kept(at):
            place = tuple(at // strides[i] % shape[i] // (
                high if i == output else wide if i == inputs else 1)
                          for i in range(len(shape)))
            its = rows.setdefault(place[output], density * choose((0, 1, 1, 2)))
            return kept.setdefault(place, self.random.random() < its)
        return [value if is_kept(at) else choose((0.0, -0.0))
                for at, value in enumerate(values)]

    def build(self):
        choose = self.random.choice
        self.channel_dim = choose((1, 3))
        self.shape = choose((
            self.image(choose((1, 2)), choose((16, 30, 64)), choose((1, 3, 5, 6)),
                       choose((4, 5, 7, 13))),
            (choose((1, 1, 2, 5, 8)), choose((16, 62, 128, 500)))))
        self.finish(self.stack)

    def stack(self):
        choose = self.random.choice
        for _ in range(self.random.randint(1, 3)):
            if len(self.shape) == 2:
                self.linear(choose((16, 33, 64, 120)))
            else:
                taps = choose((1, 1, 3))
                self.pad(taps // 2, taps // 2)
                # Not as many as before, which might become a depthwise one.
                self.conv(choose([c for c in (16, 24, 60, 64)
                                  if c != self.nchw[1]]),
                          (taps, taps), 1, 1)
            relu = choose((False, True))
            self.bias("" if relu else self.stats(-3, 3))
            if relu:
                self.relu(self.stats(0, 3))


class ScatteredNetwork(SparseNetwork):
    """The same with weights that are zero one by one: two or more of each four
    along the input channels, or any, in some channels more than in others."""

    def prune(self, values, shape, output, inputs):
        choose = self.random.choice
        strides = [size(shape[i + 1:]) for i in range(len(shape))]
        zeros = choose((None, None, 0.6, 0.75, 0.9))
        if zeros is None:
            fours, result = {}, []
            for at, value in enumerate(values):
                place = [at // strides[i] % shape[i] for i in range(len(shape))]
                here, place[inputs] = place[inputs] % 4, place[inputs] // 4
                kept = fours.setdefault(tuple(place),
                                        self.random.sample(range(4), 2))
                result.append(value if here in kept else choose((0.0, -0.0)))
            return result
        rows = [zeros * choose((0.8, 1, 1, 1.1)) for _ in range(shape[output])]
        return [choose((0.0, -0.0)) if self.random.random() <
                rows[at // strides[output] % shape[output]] else value
                for at, value in enumerate(values)]
