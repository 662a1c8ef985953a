"""nnq from Python: networks of PyTorch and ONNX as MLIR that the compiler reads."""
