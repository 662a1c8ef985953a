//===- Program.h - A compiled network that can be called --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_PYTHON_PROGRAM_H
#define NNQ_PYTHON_PROGRAM_H

#include "ArrayView.h"
#include "Network.h"

#include <deque>

namespace nnq::python {

/// Pointers of one call and what keeps them alive.
struct Arguments {
  std::deque<ArrayView> views;
  std::vector<const void *> inputs;
  std::vector<void *> outputs;
  int64_t batch = 1;
  bool isTorch = false;
};

class Program {
public:
  Program(const Network &network, const OptionalString &entry, int level,
          nanobind::handle progress);
  Program(ContextPtr context, const char *path, const OptionalString &entry);
  ~Program();
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  NnqProgram get() const { return handle; }
  const std::vector<Tensor> &getInputs() const { return inputs; }
  const std::vector<Tensor> &getOutputs() const { return outputs; }

  /// Several threads may call at once, each in a workspace of its own.
  nanobind::object call(const nanobind::args &arrays, nanobind::handle out,
                        bool copy);

  /// Nanoseconds of `count` calls, without Python.
  double time(const nanobind::args &arrays, int64_t count);

private:
  void readSignature();
  void openInputs(nanobind::handle arrays, Arguments &arguments) const;
  void openOutputs(nanobind::handle arrays, Arguments &arguments) const;
  nanobind::object makeOutputs(const Arguments &arguments) const;
  std::string describe(const char *what, size_t i,
                       const std::vector<Tensor> &tensors) const;
  void *takeWorkspace();
  void giveWorkspace(void *workspace);

  ContextPtr context;
  NnqProgram handle = nullptr;
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;
  bool hasDynamicBatch = false;
  std::mutex workspacesMutex;
  std::vector<void *> workspaces;
};

} // namespace nnq::python

#endif // NNQ_PYTHON_PROGRAM_H
