//===- DLPackExchange.h - Tensors without a call of Python ------*- C++ -*-===//
//
// Part of the nnq project.
//
// The part of DLPack 1.3's table of functions that is used here: __dlpack__
// costs microseconds, these functions do not.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_PYTHON_DLPACKEXCHANGE_H
#define NNQ_PYTHON_DLPACKEXCHANGE_H

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <vector>

namespace nnq::python {

struct DLPackExchangeAPI {
  struct {
    uint32_t major;
    uint32_t minor;
  } version;
  DLPackExchangeAPI *previous;
  /// Makes a tensor of the type and shape of `prototype`.
  int (*managed_tensor_allocator)(nanobind::dlpack::dltensor *prototype,
                                  void **tensor, void *errorContext,
                                  void (*setError)(void *errorContext,
                                                   const char *kind,
                                                   const char *message));
  void *managed_tensor_from_py_object_no_sync;
  /// Takes the tensor over.
  int (*managed_tensor_to_py_object_no_sync)(void *tensor, void **object);
  /// Fills a view that lives until control is returned to Python; may be null.
  int (*dltensor_from_py_object_no_sync)(void *object,
                                         nanobind::dlpack::dltensor *tensor);
  void *current_work_stream;
};

/// The functions of the object's type, null if it has none of version 1.
const DLPackExchangeAPI *findExchangeAPI(nanobind::handle object);

/// The functions of a type.
const DLPackExchangeAPI *lookUpExchangeAPI(PyTypeObject *type);

/// A new tensor in memory of the CPU.
nanobind::object makeTensor(const DLPackExchangeAPI &api,
                            nanobind::dlpack::dtype type,
                            std::vector<int64_t> shape);

} // namespace nnq::python

#endif // NNQ_PYTHON_DLPACKEXCHANGE_H
