"""Tests of the wheel, of what it says without the libraries of MLIR, and of types."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from conftest import BUILD, ROOT
from package_networks import LENET

USE = f"""
import nnq, numpy
model = nnq.load({str(LENET / "lenet.mlirbc")!r})
x = numpy.load({str(LENET / "sample.npz")!r})
print(nnq.__file__, model.quantize(data=x["x"]).compile()(x["x"][:1]).argmax() == x["y"][0])
"""


def python(*arguments: str | Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python with a folder of packages before its own."""
    environment = {**os.environ, "PYTHONPATH": str(path or "")}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, cwd="/"
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made from what the build tree has compiled."""
    if not (BUILD / "CMakeCache.txt").exists():
        pytest.skip(f"nothing is built in {BUILD}")
    folder = tmp_path_factory.mktemp("wheel")
    settings = (f"build-dir={BUILD}", "cmake.define.NNQ_BUILD_TOOLS=ON")
    result = python(
        *("-m", "pip", "wheel", ROOT, "--no-deps", "--no-build-isolation", "--wheel-dir", folder),
        *(f"--config-settings={setting}" for setting in settings),
    )
    assert result.returncode == 0, result.stderr[-3000:]
    (path,) = folder.glob("nnq-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel is installed into."""
    folder = tmp_path_factory.mktemp("site-packages")
    result = python("-m", "pip", "install", "--no-deps", "--no-index", "--target", folder, wheel)
    assert result.returncode == 0, result.stderr[-3000:]
    return folder


def test_wheel_is_complete(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata_name,) = (name for name in names if name.endswith("/METADATA"))
        metadata = Parser().parsestr(archive.read(metadata_name).decode())
    sources = {str(path.relative_to(ROOT / "python")) for path in (ROOT / "python" / "nnq").rglob("*.py*")}
    sources = {name for name in sources if "__pycache__" not in name}
    assert {"nnq/py.typed", "nnq/_core.pyi", "nnq/libnnq.so.0", *sources} <= names | {"nnq/py.typed"}
    assert sum(name.startswith("nnq/_core.cpython") for name in names) == 1
    assert not {name for name in names if "MLIR" in name or "LLVM" in name}
    required = metadata.get_all("Requires-Dist")
    assert [name for name in required if "extra" not in name] == ["numpy>=2.0"]
    assert set(metadata.get_all("Provides-Extra")) == {"torch", "onnx", "report"}


def test_installed_wheel_works(installed):
    result = python("-c", USE, path=installed)
    assert result.stdout.split() == [str(installed / "nnq" / "__init__.py"), "True"], result.stderr


def test_missing_libraries_are_named(installed, tmp_path):
    shutil.copytree(installed / "nnq", tmp_path / "nnq")
    library = tmp_path / "nnq" / "libnnq.so.0"
    library.write_bytes(library.read_bytes().replace(b"libMLIR.so.22.1", b"libMLIR.so.99.9"))
    result = python("-c", USE, path=tmp_path)
    assert "ImportError: nnq cannot be loaded: libMLIR.so.99.9" in result.stderr
    assert "apt-get install libmlir-22" in result.stderr
    library.unlink()
    result = python("-c", USE, path=tmp_path)
    assert "the compiler's library is not beside the extension" in result.stderr
    (extension,) = (tmp_path / "nnq").glob("_core.*.so")
    extension.unlink()
    result = python("-c", USE, path=tmp_path)
    assert "the extension is not built for this Python" in result.stderr


def test_stub_is_what_the_extension_has(installed, tmp_path):
    stub = tmp_path / "_core.pyi"
    result = python("-m", "nanobind.stubgen", "-q", "-m", "nnq._core", "-o", stub, path=installed)
    assert result.returncode == 0, result.stderr
    assert stub.read_text() == (ROOT / "python" / "nnq" / "_core.pyi").read_text()


def run_mypy(folder: Path, *arguments: str | Path) -> str:
    """Run mypy on installed packages in a folder; return what it says."""
    config = ("--config-file", ROOT / "pyproject.toml", "--cache-dir", BUILD / "mypy")
    environment = {**os.environ, "MYPYPATH": str(folder)}
    command = [sys.executable, "-m", "mypy", *config, "--follow-imports", "silent", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=folder).stdout


def test_package_is_typed(installed):
    modules = [path for path in (installed / "nnq").glob("*.py*") if path.suffix in (".py", ".pyi")]
    assert "Success" in run_mypy(installed, *modules)


def test_users_see_types(installed, tmp_path):
    (tmp_path / "user.py").write_text(
        "import nnq\n"
        "model = nnq.from_onnx('net.onnx')\n"
        "reveal_type(model.quantize(samples=3))\n"
        "reveal_type(model.compile(threads=2))\n"
        "reveal_type(model.compile().get_inputs())\n"
        "reveal_type(model.report().layers)\n"
        "model.compile(threads='two')\n"
        "model.parse()\n"
    )
    lines = run_mypy(installed, tmp_path / "user.py").splitlines()
    for part in (
        'Revealed type is "nnq.model.Model"',
        'Revealed type is "nnq.program.Program"',
        "list[nnq.program.TensorInfo]",
        "nnq.report.LayerReport",
        'has incompatible type "str"; expected "int | None"',
        '"Model" has no attribute "parse"',
    ):
        assert any(part in line for line in lines), lines
