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

namespace nnq::python {

struct DLPackExchangeAPI {
  struct {
    uint32_t major;
    uint32_t minor;
  } version;
  DLPackExchangeAPI *previous;
  void *managed_tensor_allocator;
  void *managed_tensor_from_py_object_no_sync;
  void *managed_tensor_to_py_object_no_sync;
  /// Fills a view that lives until control is returned to Python; may be null.
  int (*dltensor_from_py_object_no_sync)(void *object,
                                         nanobind::dlpack::dltensor *tensor);
  void *current_work_stream;
};

/// The functions of the object's type, null if it has none of version 1.
const DLPackExchangeAPI *findExchangeAPI(nanobind::handle object);

} // namespace nnq::python

#endif // NNQ_PYTHON_DLPACKEXCHANGE_H
