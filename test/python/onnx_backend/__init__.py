"""The backend tests of ONNX."""
