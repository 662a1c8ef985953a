//===- Network.h - A network as MLIR ----------------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_PYTHON_NETWORK_H
#define NNQ_PYTHON_NETWORK_H

#include "Context.h"

namespace nnq::python {

class Network {
public:
  Network(ContextPtr context, NnqNetwork handle)
      : context(std::move(context)), handle(handle) {}
  ~Network();
  Network(const Network &) = delete;
  Network &operator=(const Network &) = delete;

  const ContextPtr &getContext() const { return context; }
  NnqNetwork get() const { return handle; }

private:
  ContextPtr context;
  NnqNetwork handle;
};

} // namespace nnq::python

#endif // NNQ_PYTHON_NETWORK_H
