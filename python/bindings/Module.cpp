//===- Module.cpp - The C API of nnq in Python ----------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Context.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace nnq::python;

NB_MODULE(_core, module) {
  // Programs may live until the interpreter ends, as modules of PyTorch do.
  nb::set_leak_warnings(false);
  module.doc() = "The C API of nnq. Use nnq instead.";
  module.def(
      "list_pipelines",
      [] {
        std::string text;
        nnqListPipelines(appendTo, &text);
        return text;
      },
      "Return pipelines and their options as JSON.");
  module.def("version", &nnqVersion, "Return the version of the compiler.");
  bindContext(module);
  bindNetwork(module);
  bindProgram(module);
}
