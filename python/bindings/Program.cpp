//===- Program.cpp - A compiled network that can be called ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Program.h"
#include "DLPackExchange.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <new>

namespace nb = nanobind;
using namespace nnq::python;

static constexpr size_t kAlignment = 64;

//===----------------------------------------------------------------------===//
// Life
//===----------------------------------------------------------------------===//

Program::Program(const Network &network, const OptionalString &entry, int level,
                 nb::handle progress)
    : context(network.getContext()) {
  context->run("compile the network", progress, [&] {
    handle = nnqProgramCompile(network.get(), getPointer(entry), level);
    return handle != nullptr;
  });
  readSignature();
}

Program::Program(ContextPtr shared, const char *path,
                 const OptionalString &entry)
    : context(std::move(shared)) {
  context->run("load the library", nb::handle(), [&] {
    handle = nnqProgramLoad(context->get(), path, getPointer(entry));
    return handle != nullptr;
  });
  readSignature();
}

Program::~Program() {
  for (void *workspace : workspaces)
    std::free(workspace);
  context->runQuietly([&] { nnqProgramDestroy(handle); });
}

void Program::readSignature() {
  // Arrays without a name are called as nnq-run calls them.
  auto read = [&](size_t count, NnqTensor (*get)(NnqProgram, size_t),
                  const std::string &name, std::vector<Tensor> &tensors) {
    for (size_t i = 0; i < count; ++i) {
      tensors.emplace_back(get(handle, i),
                           count == 1 ? name : name + std::to_string(i));
      hasDynamicBatch |= tensors.back().isBatched();
    }
  };
  read(nnqProgramNumInputs(handle), nnqProgramInput, "x", inputs);
  read(nnqProgramNumOutputs(handle), nnqProgramOutput, "output", outputs);
}

void *Program::takeWorkspace() {
  {
    std::lock_guard<std::mutex> lock(workspacesMutex);
    if (!workspaces.empty()) {
      void *workspace = workspaces.back();
      workspaces.pop_back();
      return workspace;
    }
  }
  size_t bytes = nnqProgramWorkspaceBytes(handle);
  bytes = (bytes / kAlignment + 1) * kAlignment;
  void *workspace = std::aligned_alloc(kAlignment, bytes);
  if (!workspace)
    throw std::bad_alloc();
  return workspace;
}

void Program::giveWorkspace(void *workspace) {
  std::lock_guard<std::mutex> lock(workspacesMutex);
  workspaces.push_back(workspace);
}

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

std::string Program::describe(const char *what, size_t i,
                              const std::vector<Tensor> &tensors) const {
  return std::string(what) + " '" + tensors[i].name + "'";
}

void Program::openInputs(nb::handle arrays, Arguments &arguments) const {
  auto count = static_cast<size_t>(PyTuple_GET_SIZE(arrays.ptr()));
  if (count != inputs.size())
    raiseInputError("the network takes " + std::to_string(inputs.size()) +
                    " inputs, " + std::to_string(count) + " are given");
  int64_t batch = -1;
  for (size_t i = 0; i < count; ++i) {
    nb::handle array = PyTuple_GET_ITEM(arrays.ptr(), i);
    ArrayView &view = arguments.views.emplace_back();
    ArrayView::Problem problem =
        view.open(array, inputs[i], /*isWritable=*/false);
    if (problem != ArrayView::Problem::None)
      view.fail(problem, describe("input", i, inputs), inputs[i], array);
    arguments.inputs.push_back(view.getData());
    if (isTorchTensor(array)) {
      arguments.isTorch = true;
      if (nb::cast<bool>(array.attr("requires_grad")))
        raiseInputError(describe("input", i, inputs) +
                        " requires a gradient, which a compiled network does "
                        "not compute; pass x.detach()");
    }
    if (!inputs[i].isBatched())
      continue;
    if (batch >= 0 && view.getFirstSize() != batch)
      raiseInputError(describe("input", i, inputs) + " has " +
                      std::to_string(view.getFirstSize()) +
                      " samples, those before it have " +
                      std::to_string(batch));
    batch = view.getFirstSize();
  }
  if (batch >= 0)
    arguments.batch = batch;
}

static bool overlap(const void *a, size_t aBytes, const void *b,
                    size_t bBytes) {
  const char *x = static_cast<const char *>(a);
  const char *y = static_cast<const char *>(b);
  return x < y + bBytes && y < x + aBytes;
}

void Program::openOutputs(nb::handle arrays, Arguments &arguments) const {
  nb::object sequence =
      PyTuple_Check(arrays.ptr()) || PyList_Check(arrays.ptr())
          ? nb::borrow(arrays)
          : nb::object(nb::make_tuple(arrays));
  if (nb::len(sequence) != outputs.size())
    raiseInputError("the network gives " + std::to_string(outputs.size()) +
                    " outputs, out= names " +
                    std::to_string(nb::len(sequence)));
  auto getBytes = [&](const Tensor &tensor) {
    return tensor.bytes * (tensor.isBatched() ? arguments.batch : 1);
  };
  for (size_t i = 0; i < outputs.size(); ++i) {
    nb::object array = sequence[i];
    const Tensor &tensor = outputs[i];
    std::string what = describe("output", i, outputs);
    ArrayView &view = arguments.views.emplace_back();
    ArrayView::Problem problem = view.open(array, tensor, /*isWritable=*/true);
    if (problem != ArrayView::Problem::None)
      view.fail(problem, what, tensor, array);
    if (tensor.isBatched() && view.getFirstSize() != arguments.batch)
      raiseInputError(what + " has room for " +
                      std::to_string(view.getFirstSize()) + " samples, " +
                      std::to_string(arguments.batch) + " are given");
    void *data = view.getData();
    for (size_t j = 0; j < inputs.size(); ++j)
      if (overlap(data, getBytes(tensor), arguments.inputs[j],
                  getBytes(inputs[j])))
        raiseInputError(what + " shares memory with " +
                        describe("input", j, inputs));
    for (size_t j = 0; j < i; ++j)
      if (overlap(data, getBytes(tensor), arguments.outputs[j],
                  getBytes(outputs[j])))
        raiseInputError(what + " shares memory with " +
                        describe("output", j, outputs));
    arguments.outputs.push_back(data);
  }
}

namespace {
/// A library that makes arrays. Never freed.
struct Library {
  nb::object module;
  nb::object empty;
  /// Of the class of its arrays; null for none.
  const DLPackExchangeAPI *api = nullptr;
  std::map<NnqType, nb::object> types;

  explicit Library(const char *name)
      : module(nb::module_::import_(name)), empty(module.attr("empty")) {
    if (nb::hasattr(module, "Tensor"))
      api = lookUpExchangeAPI(
          reinterpret_cast<PyTypeObject *>(module.attr("Tensor").ptr()));
  }

  nb::handle getType(NnqType type) {
    nb::object &found = types[type];
    if (!found.is_valid())
      found = module.attr(getName(type));
    return found;
  }
};
} // namespace

nb::object Program::makeOutputs(const Arguments &arguments) const {
  static Library *numpy = nullptr;
  static Library *torch = nullptr;
  static PyObject *keyword = nullptr;
  Library *&library = arguments.isTorch ? torch : numpy;
  if (!library)
    library = new Library(arguments.isTorch ? "torch" : "numpy");
  if (!keyword)
    keyword = nb::make_tuple(nb::str("dtype")).release().ptr();
  auto make = [&](const Tensor &tensor) {
    if (library->api) {
      std::vector<int64_t> sizes = tensor.shape;
      if (tensor.isBatched())
        sizes.front() = arguments.batch;
      return makeTensor(*library->api, getDLPackType(tensor.type),
                        std::move(sizes));
    }
    nb::object shape =
        nb::steal(PyTuple_New(static_cast<Py_ssize_t>(tensor.shape.size())));
    for (size_t i = 0; i < tensor.shape.size(); ++i) {
      int64_t size = tensor.shape[i] < 0 ? arguments.batch : tensor.shape[i];
      PyTuple_SET_ITEM(shape.ptr(), i, PyLong_FromLongLong(size));
    }
    PyObject *args[] = {shape.ptr(), library->getType(tensor.type).ptr()};
    nb::object array =
        nb::steal(PyObject_Vectorcall(library->empty.ptr(), args, 1, keyword));
    if (!array.is_valid())
      throw nb::python_error();
    return array;
  };
  if (outputs.size() == 1)
    return make(outputs.front());
  nb::list arrays;
  for (const Tensor &tensor : outputs)
    arrays.append(make(tensor));
  return nb::tuple(arrays);
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// What can be converted without harm is, by a copy.
static nb::object convert(const nb::args &arrays,
                          const std::vector<Tensor> &tensors) {
  nb::list converted;
  nb::object function = nb::module_::import_("nnq.arrays").attr("convert");
  size_t i = 0;
  for (nb::handle array : arrays) {
    if (i < tensors.size())
      converted.append(
          function(array, getName(tensors[i].type), tensors[i].name));
    else
      converted.append(array);
    ++i;
  }
  return nb::tuple(converted);
}

nb::object Program::call(const nb::args &arrays, nb::handle out, bool copy) {
  Arguments arguments;
  nb::object held = copy ? convert(arrays, inputs) : nb::object(arrays);
  openInputs(held, arguments);
  nb::object result = out.is_none() ? makeOutputs(arguments) : nb::borrow(out);
  openOutputs(result, arguments);
  void *workspace = takeWorkspace();
  {
    nb::gil_scoped_release release;
    nnqProgramCallWith(handle, arguments.inputs.data(),
                       arguments.outputs.data(), arguments.batch, workspace);
  }
  giveWorkspace(workspace);
  return result;
}

double Program::time(const nb::args &arrays, int64_t count) {
  Arguments arguments;
  openInputs(arrays, arguments);
  nb::object result = makeOutputs(arguments);
  openOutputs(result, arguments);
  void *workspace = takeWorkspace();
  using Clock = std::chrono::steady_clock;
  std::chrono::duration<double, std::nano> passed;
  {
    nb::gil_scoped_release release;
    Clock::time_point start = Clock::now();
    for (int64_t i = 0; i < count; ++i)
      nnqProgramCallWith(handle, arguments.inputs.data(),
                         arguments.outputs.data(), arguments.batch, workspace);
    passed = Clock::now() - start;
  }
  giveWorkspace(workspace);
  return passed.count();
}

static nb::list describeTensors(const std::vector<Tensor> &tensors) {
  nb::list list;
  for (const Tensor &tensor : tensors) {
    nb::list shape;
    for (int64_t size : tensor.shape)
      shape.append(size < 0 ? nb::object(nb::none()) : nb::cast(size));
    list.append(
        nb::make_tuple(tensor.name, getName(tensor.type), nb::tuple(shape)));
  }
  return list;
}

static nb::list readTicks(const Program &program, bool reset) {
  size_t count = 0;
  int64_t *ticks = nnqProgramTicks(program.get(), &count);
  nb::list list;
  for (size_t i = 0; i < count; ++i) {
    list.append(ticks[i]);
    if (reset)
      ticks[i] = 0;
  }
  return list;
}

void nnq::python::bindProgram(nb::module_ &module) {
  nb::class_<Program>(module, "Program", "A compiled network.")
      .def(nb::init<const Network &, const OptionalString &, int, nb::handle>(),
           nb::arg("network"), nb::arg("entry") = nb::none(),
           nb::arg("level") = 3, nb::arg("progress") = nb::none())
      .def(nb::init<ContextPtr, const char *, const OptionalString &>(),
           nb::arg("context"), nb::arg("path"), nb::arg("entry") = nb::none())
      .def("__call__", &Program::call, nb::arg("inputs"), nb::kw_only(),
           nb::arg("out") = nb::none(), nb::arg("copy") = false,
           nb::sig("def __call__(self, *inputs: typing.Any, out: typing.Any = "
                   "None, copy: bool = False) -> typing.Any"),
           "Run the network.")
      .def("time_calls", &Program::time, nb::arg("inputs"), nb::kw_only(),
           nb::arg("count"),
           nb::sig("def time_calls(self, *inputs: typing.Any, count: int) -> "
                   "float"),
           "Return the nanoseconds of calls of the C function.")
      .def("read_ticks", &readTicks, nb::arg("reset") = false,
           nb::sig("def read_ticks(self, reset: bool = False) -> list[int]"),
           "Return the counters of a profile.")
      .def_prop_ro(
          "signature_json",
          [](const Program &self) { return nnqProgramSignature(self.get()); },
          "The signature as JSON.")
      .def_prop_ro(
          "code_bytes",
          [](const Program &self) { return nnqProgramCodeBytes(self.get()); },
          "Size of the code with its constants.")
      .def(
          "describe_inputs",
          [](const Program &self) { return describeTensors(self.getInputs()); },
          nb::sig("def describe_inputs(self) -> list[tuple[str, str, "
                  "tuple[int | None, ...]]]"),
          "Return name, dtype and shape of each input.")
      .def(
          "describe_outputs",
          [](const Program &self) {
            return describeTensors(self.getOutputs());
          },
          nb::sig("def describe_outputs(self) -> list[tuple[str, str, "
                  "tuple[int | None, ...]]]"),
          "Return name, dtype and shape of each output.");
}
