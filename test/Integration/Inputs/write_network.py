"""Writes a random network and inputs of it:

    write_network.py CLASS SEED NETWORK.mlir DATA.npz
"""

import pathlib
import sys

import networks
import numpy

kind, seed, network, data = sys.argv[1:]
net = getattr(networks, kind)("net", int(seed))
pathlib.Path(network).write_text(str(net.text))
inputs = numpy.frombuffer(net.input, numpy.float32).reshape(net.input_shape)
numpy.savez(data, x=inputs)
