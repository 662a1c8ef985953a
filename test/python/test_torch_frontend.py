"""Tests of from_torch: inputs and outputs, open batches, what it refuses, and networks of other packages."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import Run, assert_close
from nnq import importer
from nnq.importer import NetworkError, from_torch
from onnx import TensorProto, helper
from torch import nn
from torch.export import Dim
from torch_models import ENCODERS, make_classifier, make_encoder, make_maxvit, make_swin

X = torch.randn(1, 4, generator=torch.Generator().manual_seed(0))
TOLERANCE = 1e-4


def signature(text: str) -> str:
    return next(line for line in text.splitlines() if "func.func" in line)


class Several(nn.Module):
    """Several inputs, one by keyword alone, and a dictionary with something else in it."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.dropout = nn.Linear(4, 4), nn.Dropout()

    def forward(self, a: torch.Tensor, *, b: torch.Tensor) -> dict:
        y = self.dropout(self.linear(a)) + b
        return {"y": y, "nothing": None, "pair": (y * 2, a - b)}


def test_keywords_and_dictionaries(run_network: Run, tmp_path: Path):
    module = Several().eval()
    importer.write(from_torch(module, [X], {"b": X}), tmp_path / "net.mlirbc")
    a, b = torch.randn(3, 4), torch.randn(3, 4)
    with torch.no_grad():
        result = module(a, b=b)
    expected = [result["y"], result["pair"][0], result["pair"][1]]
    assert_close(run_network(tmp_path / "net.mlirbc", [a.numpy(), b.numpy()]), [e.numpy() for e in expected], TOLERANCE)


def test_inputs_and_results_have_names():
    header = signature(from_torch(Several(), [X], {"b": X}))
    arguments, results = header.split("->")
    assert re.findall(r'nnq.tensor_name = "(.*?)"', arguments) == ["a", "b"]
    assert re.findall(r'nnq.tensor_name = "(.*?)"', results) == ["y", "pair.0", "pair.1"]
    _, results = signature(from_torch(nn.Linear(4, 4), X)).split("->")
    assert "nnq.tensor_name" not in results


def test_training_mode_stays():
    module = Several().train()
    module.dropout.eval()
    from_torch(module, X, {"b": X})
    assert [part.training for part in module.modules()] == [True, True, False]


def test_tied_weights_are_one_resource():
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.out = nn.Embedding(30, 8), nn.Linear(8, 30, bias=False)
            self.out.weight = self.words.weight
            self.register_buffer("scale", torch.rand(8), persistent=False)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.out(self.words(ids) * self.scale)

    text = from_torch(Tied(), torch.zeros(1, 3, dtype=torch.int64))
    assert text.count('torch_tensor_30_8_torch.float32: "0x') == 1
    assert "torch_tensor_30_8_torch.float32_1" not in text


@pytest.mark.parametrize(
    "shapes", [({0: Dim("batch")},), ({0: Dim.AUTO},), ((Dim("batch"), None),), {"input": {0: Dim("batch")}}]
)
def test_dynamic_shapes_leave_the_batch_open(shapes):
    text = from_torch(nn.Linear(4, 4), X, dynamic_shapes=shapes)
    assert "%arg0: tensor<?x4xf32>" in signature(text)


class Sum(nn.Module):
    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a + b


def test_inputs_without_a_batch_stay_as_they_are():
    text = from_torch(Sum(), [X, X[0]], dynamic_shapes=({0: Dim("batch")}, None))
    assert "tensor<?x4xf32>" in signature(text)
    assert "tensor<4xf32>" in signature(text)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (({1: Dim("size")}, None), r"input 0: size 1 cannot stay open, only the first one, the batch"),
        (((None, Dim("size")), None), r"input 0: size 1 cannot stay open"),
        (({0: Dim("a")}, {0: Dim("b")}), r"all inputs have one batch, not a, b"),
        (({0: 2 * Dim("a")}, None), r"input 0: the batch cannot be 2\*a, which is derived"),
        ((None, None), r"dynamic_shapes leaves no size open"),
    ],
)
def test_other_open_sizes_are_errors(shapes, message):
    with pytest.raises(NetworkError, match=message):
        from_torch(Sum(), [X, X], dynamic_shapes=shapes)


class Number(nn.Module):
    def forward(self, a: torch.Tensor) -> tuple:
        return a, 3


class Counter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(4))

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        self.count.add_(1)
        return a + self.count


class Branch(nn.Module):
    def forward(self, a: torch.Tensor) -> torch.Tensor:
        return a if a.sum() > 0 else -a


@pytest.mark.parametrize(
    ("module", "inputs", "message"),
    [
        (nn.Linear(4, 4).half(), X, r"parameters in float16, .* convert with \.float\(\): weight, bias"),
        (nn.Linear(4, 4).bfloat16(), X, r"parameters in bfloat16, .*: weight, bias"),
        (nn.Linear(4, 4), X.double(), r"inputs in float64, .*: input 0"),
        (nn.Linear(4, 4, device="meta"), X, r"parameters on device meta .*: weight, bias"),
        (nn.Linear(4, 4), X.to("meta"), r"inputs on device meta"),
        (nn.Linear(4, 4), None, r"a module needs example inputs"),
        ("net", X, r"neither a module nor an exported program of PyTorch: str"),
        (Number(), X, r"returns something else than tensors: result 1 is 3"),
        (Counter(), X, r"changes its state or inputs, which a function cannot: count"),
        (Branch(), X, r"PyTorch cannot export the network"),
    ],
)
def test_what_cannot_be_imported_is_told(module, inputs, message):
    with pytest.raises(NetworkError, match=message):
        from_torch(module, inputs)


def test_program_in_training_mode_is_an_error():
    module = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Dropout()).train()
    program = torch.export.export(module, (torch.randn(2, 1, 4, 4),))
    with pytest.raises(NetworkError, match="exported in training mode, .*: 1, 2"):
        from_torch(program)


CLASSIFIERS = {
    "resnet18": {},
    "mobilenet_v3_small": {},
    "shufflenet_v2_x0_5": {},
    "squeezenet1_1": {},
    "mnasnet0_5": {},
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_torchvision_classifier(name: str, run_network: Run, tools: Path, tmp_path: Path):
    module = make_classifier(name, **CLASSIFIERS[name])
    x = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    importer.write(from_torch(module, x[:1]), tmp_path / "net.mlirbc")
    with torch.no_grad():
        expected = module(x).numpy()
    assert_close(run_network(tmp_path / "net.mlirbc", [x.numpy()]), [expected], TOLERANCE)
    if name != "shufflenet_v2_x0_5":
        return
    np.savez(tmp_path / "calib.npz", x=x.numpy())
    quantize = f"--quantize-int8=data={tmp_path / 'calib.npz'}"
    command = [tools / "nnq-opt", tmp_path / "net.mlirbc", quantize, "--emit-bytecode", "-o", tmp_path / "q.mlirbc"]
    subprocess.run(command, check=True)
    result = run_network(tmp_path / "q.mlirbc", [x.numpy()])[0].reshape(expected.shape)
    assert np.square(expected).sum() > 1000 * np.square(result - expected).sum()


VISION_TRANSFORMERS = {"swin": make_swin, "swin_v2": lambda: make_swin(2), "maxvit": make_maxvit}


@pytest.mark.parametrize("name", VISION_TRANSFORMERS)
def test_vision_transformer(name: str, run_network: Run, tmp_path: Path):
    torch.manual_seed(0)
    module = VISION_TRANSFORMERS[name]()
    for part in module.parameters():
        if part.dim() > 1:
            nn.init.normal_(part, std=part[0].numel() ** -0.5)
    x = torch.randn(3, 3, 32, 32)
    importer.write(from_torch(module, x[:1]), tmp_path / "net.mlirbc")
    with torch.no_grad():
        expected = module(x).numpy()
    assert np.abs(expected[0] - expected[1]).max() > 0.1
    assert_close(run_network(tmp_path / "net.mlirbc", [x.numpy()]), [expected], TOLERANCE)


class Rolled(nn.Module):
    def __init__(self, *arguments: Any) -> None:
        super().__init__()
        self.arguments = arguments

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.roll(x, *self.arguments) * 2


@pytest.mark.parametrize("arguments", [(1, 1), (-2, 2), ((3, -1), (2, 1)), ((1, 5), (1, -1)), (0, 1), (3,), (4, 1)])
def test_rolled_tensors_have_static_sizes(arguments: tuple, run_network: Run, tmp_path: Path):
    x = torch.arange(20.0).reshape(1, 4, 5)
    module = Rolled(*arguments)
    text = from_torch(module, x)
    assert "?" not in text.partition("{-#")[0]
    importer.write(text, tmp_path / "net.mlirbc")
    assert_close(run_network(tmp_path / "net.mlirbc", [x.numpy()]), [module(x).numpy()], 0)


@pytest.mark.parametrize("source", ["torch", "onnx"])
@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_is_exact(source: str, approximate: str, run_network: Run, tmp_path: Path):
    x = torch.linspace(-6, 6, 1000).reshape(1, 1000)
    expected = nn.GELU(approximate)(x.double()).numpy()
    if source == "torch":
        text = from_torch(nn.GELU(approximate), x)
    else:
        tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1000]) for name in "xy"]
        node = helper.make_node("Gelu", ["x"], ["y"], approximate=approximate)
        graph = helper.make_graph([node], "net", tensors[:1], tensors[1:])
        text = importer.from_onnx(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]), entry="net")
    importer.write(text, tmp_path / "net.mlirbc")
    assert_close(run_network(tmp_path / "net.mlirbc", [x.numpy()]), [expected], 1e-6)


class Table(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(7, 3))
        self.register_buffer("places", torch.tensor([[6, 0], [2, 2]]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.table[self.places.view(-1)].view(2, 2, 3)


def test_gathered_parameters(run_network: Run, tmp_path: Path):
    module, x = Table(), torch.randn(1, 2, 2, 3)
    importer.write(from_torch(module, x), tmp_path / "net.mlirbc")
    with torch.no_grad():
        assert_close(run_network(tmp_path / "net.mlirbc", [x.numpy()]), [module(x).numpy()], 1e-6)


@pytest.mark.parametrize("name", ENCODERS)
def test_transformers_encoder(name: str, run_network: Run, tmp_path: Path):
    module = make_encoder(name)
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(2, 60, (4, 12), generator=generator)
    # Row 12 of a mask does not start where a register does.
    mask = (torch.arange(12) < torch.randint(4, 13, (4, 1), generator=generator)).long()
    inputs = {"input_ids": ids, "attention_mask": mask}
    text = from_torch(module, example_kwargs={key: value[:1] for key, value in inputs.items()})
    importer.write(text, tmp_path / "net.mlirbc")
    with torch.no_grad():
        expected = [value.numpy() for value in module(**inputs).values()]
    assert_close(run_network(tmp_path / "net.mlirbc", [ids.numpy(), mask.numpy()]), expected, TOLERANCE)
