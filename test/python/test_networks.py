"""Trained networks import and run, with the results of ONNX Runtime or PyTorch."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import architectures
import models
import nnq
import numpy as np
import onnxruntime
import pytest
import torch
from conftest import SHARED, Run, assert_close
from nnq import importer
from torch_models import make_classifier, make_densenet

FOLDER = SHARED / "models"
NETWORKS = models.folder_models(FOLDER)
SAMPLES = 4
TOLERANCE = 1e-3


def expected_results(model: models.Model, x: np.ndarray) -> list[np.ndarray]:
    """Run samples one by one, as the network is compiled."""
    if model.path.suffix == ".pt2":
        module = torch.export.load(model.path).module()
        with torch.no_grad():
            results = module(torch.from_numpy(x))
        return [r.numpy() for r in (results if isinstance(results, tuple | list) else [results])]
    session = onnxruntime.InferenceSession(model.path, providers=["CPUExecutionProvider"])
    rows = [session.run(None, {model.input: sample[None]}) for sample in x]
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


@pytest.mark.skipif(not NETWORKS, reason=f"no trained networks in {FOLDER}")
@pytest.mark.parametrize("model", NETWORKS, ids=lambda model: model.path.name)
def test_network_runs_in_f32(model: models.Model, run_network: Run, tmp_path):
    text = importer.from_file(model.path, shapes={model.input: model.shape})
    importer.write(text, tmp_path / "net.mlirbc")
    x = model.load().x[:SAMPLES]
    assert x.shape[1:] == model.shape[1:]
    assert_close(run_network(tmp_path / "net.mlirbc", [x]), expected_results(model, x), TOLERANCE)


@pytest.mark.parametrize("int8", [False, True], ids=["f32", "int8"])
def test_dynamic_batch_gives_the_bits_of_static_ones(int8: bool, tools: Path, tmp_path: Path):
    path = FOLDER / "models" / "resnet20_cifar10.pt2"
    if not path.exists():
        pytest.skip(f"no {path}")
    model = next(model for model in NETWORKS if model.path == path)
    x = model.load().x[:24]  # Batches of all sizes are full ones.
    np.savez(tmp_path / "data.npz", x=x)

    def compile_network(batch: int | None) -> Path:
        source, library = tmp_path / "net.mlirbc", tmp_path / f"net{batch}.so"
        importer.write(importer.from_file(path, shapes={model.input: [batch, *model.shape[1:]]}, entry="net"), source)
        passes = [f"--quantize-int8=data={tmp_path / 'data.npz'}"] if int8 else []
        subprocess.run([tools / "nnq-compile", source, *passes, "-o", library], check=True)
        return library

    dynamic = compile_network(None)
    for batch in (1, 3, 8):
        command = [tools / "nnq-run", dynamic, f"--data={tmp_path / 'data.npz'}", f"--batch={batch}", "--repeat=0"]
        subprocess.run([*command, f"--compare={compile_network(batch)}", "--max-diff=0"], check=True)


def import_model(name: str, tmp_path: Path) -> tuple[Path, Path]:
    """Return a trained network of the folder as MLIR, and samples for it."""
    found = [model for model in NETWORKS if model.path.stem == name]
    if not found:
        pytest.skip(f"no {name} in {FOLDER}")
    (model,) = found
    text = importer.from_file(model.path, shapes={model.input: model.shape}, entry="net")
    importer.write(text, tmp_path / "net.mlirbc")
    np.savez(tmp_path / "data.npz", x=model.load().x[:32])
    return tmp_path / "net.mlirbc", tmp_path / "data.npz"


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("int8", [False, True], ids=["f32", "int8"])
@pytest.mark.parametrize("name", ["resnet8_cifar10", "vww_mobilenetv1_025_96"])
def test_threads_do_not_change_a_bit(name: str, int8: bool, threads: int, tools: Path, tmp_path: Path):
    """A barrier that is missing shows in some of many runs only, most likely with more threads than cores."""
    source, data = import_model(name, tmp_path)
    passes = [f"--quantize-int8=data={data}"] if int8 else []
    for count in (1, threads):
        options = [f"--threads={count}", "-o", tmp_path / f"net{count}.so"]
        subprocess.run([tools / "nnq-compile", source, *passes, *options], check=True)
    command = [tools / "nnq-run", tmp_path / f"net{threads}.so", f"--data={data}", f"--compare={tmp_path / 'net1.so'}"]
    for _ in range(5):
        subprocess.run([*command, "--max-diff=0", "--repeat=0"], check=True)


def test_gates_of_squeeze_excite_blocks_are_integers(tools: Path, tmp_path: Path):
    source, data = import_model("ppocr_cls_mobile_v2", tmp_path)
    command = [tools / "nnq-opt", source, f"--quantize-int8=data={data}", "--lower-to-llvm=require-integer"]
    subprocess.run([*command, "-o", "/dev/null"], check=True)


def assert_all_layers_are_integer(module: torch.nn.Module, size: int, tools: Path, tmp_path: Path) -> None:
    """Quantize a classifier of images; nothing between its layers may be left in f32, and little may be lost."""
    images = np.random.default_rng(0).normal(size=(8, 3, size, size)).astype(np.float32)
    network = nnq.from_torch(module, [torch.from_numpy(images[:1])])
    quantized = network.quantize(data=images, weight_rounding="nearest")
    quantized.save(tmp_path / "int8.mlirbc")
    command = [tools / "nnq-opt", tmp_path / "int8.mlirbc", "--lower-to-llvm=require-integer", "-o", "/dev/null"]
    subprocess.run(command, check=True)
    exact, integer = network.compile(), quantized.compile()
    expected = np.concatenate([exact(images[i : i + 1]) for i in range(8)])
    result = np.concatenate([integer(images[i : i + 1]) for i in range(8)])
    assert 10 * np.log10((expected**2).sum() / ((result - expected) ** 2).sum()) > 10


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "efficientnet_b0", "shufflenet_v2_x0_5"])
def test_networks_of_pytorch_with_gates_and_shuffles_are_integer(name, tools: Path, tmp_path: Path):
    assert_all_layers_are_integer(make_classifier(name), 64, tools, tmp_path)


@pytest.mark.parametrize("size", [32, 64], ids=["last_1x1", "last_2x2"])
def test_dense_blocks_are_integer(size, tools: Path, tmp_path: Path):
    # What the last block puts together is normalized, pooled and read by the classifier, by no convolution.
    assert_all_layers_are_integer(make_densenet(), size, tools, tmp_path)


def test_bisect_finds_a_layer_that_is_noisy_alone(tools: Path, tmp_path: Path):
    source, data = import_model("vww_mobilenetv1_025_96", tmp_path)
    layer, floor = tmp_path / "layer.mlir", 26
    options = f"data={data} weight-granularity=per-tensor sqnr-floor={floor} bisect={layer}"
    subprocess.run([tools / "nnq-opt", source, f"--quantize-int8={options}", "-o", "/dev/null"], check=True)
    assert layer.read_text().count("nnq.weights") == 1
    command = [tools / "nnq-opt", layer, "--quantize-int8", "--lower-to-llvm", "-o", tmp_path / "int8.mlir"]
    subprocess.run(command, check=True)
    command = [tools / "nnq-run", layer, f"--data={tmp_path / 'layer.npz'}", f"--compare={tmp_path / 'int8.mlir'}"]
    result = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
    assert 0 < json.loads(result.stdout)["compare"]["sqnr_db"] < floor


@pytest.fixture
def transformer(tmp_path: Path) -> tuple[Path, list[np.ndarray], np.ndarray]:
    """Return a small encoder of sentences, token numbers with their mask, and the embeddings of PyTorch."""
    torch.manual_seed(0)
    config = {"hidden_size": 24, "layer_norm_eps": 1e-12, "vocab_size": 50, "max_position_embeddings": 16}
    config |= {"intermediate_size": 40, "num_attention_heads": 3, "num_hidden_layers": 2}
    module = architectures.MiniLM(config).eval()
    generator = np.random.default_rng(0)
    ids = generator.integers(1, 50, (32, 10))
    mask = (np.arange(10) < generator.integers(3, 11, (32, 1))).astype(np.int64)
    with torch.no_grad():
        expected = module(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
    examples = [torch.from_numpy(ids[:1]), torch.from_numpy(mask[:1])]
    importer.write(importer.from_torch(module, examples, entry="encode"), tmp_path / "encode.mlirbc")
    return tmp_path / "encode.mlirbc", [ids, mask], expected


def test_transformer_runs_in_f32(transformer, run_network: Run):
    network, inputs, expected = transformer
    assert_close(run_network(network, inputs), [expected], 1e-4)


def test_transformer_has_no_scalar_loops(transformer, tools: Path):
    command = [tools / "nnq-opt", transformer[0], "--lower-to-llvm", "--remarks-filter-missed=nnq", "-o", "/dev/null"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    # Loops that occur once stay where they are, which costs no time.
    missed = [line for line in result.stderr.splitlines() if "[Missed]" in line and "nnq-outline-kernels" not in line]
    assert not missed


def test_transformer_runs_in_int8(transformer, tools: Path, run_network: Run, tmp_path: Path):
    network, inputs, expected = transformer
    np.savez(tmp_path / "calib.npz", ids=inputs[0], mask=inputs[1])
    quantized = tmp_path / "int8.mlirbc"
    command = [tools / "nnq-opt", network, f"--quantize-int8=data={tmp_path / 'calib.npz'} key=ids,mask"]
    subprocess.run([*command, "--emit-bytecode", "-o", quantized], check=True)
    result = run_network(quantized, inputs)[0]
    assert (result * expected).sum(axis=1).min() > 0.99
