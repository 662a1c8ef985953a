//===- DLPackExchange.cpp - Tensors without a call of Python --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DLPackExchange.h"

namespace nb = nanobind;
using namespace nnq::python;

const DLPackExchangeAPI *nnq::python::lookUpExchangeAPI(PyTypeObject *type) {
  nb::object capsule = nb::steal(PyObject_GetAttrString(
      reinterpret_cast<PyObject *>(type), "__dlpack_c_exchange_api__"));
  void *table = capsule.is_valid()
                    ? PyCapsule_GetPointer(capsule.ptr(), "dlpack_exchange_api")
                    : nullptr;
  // Most types have none.
  PyErr_Clear();
  for (auto *api = static_cast<const DLPackExchangeAPI *>(table); api;
       api = api->previous)
    if (api->version.major == 1)
      return api->dltensor_from_py_object_no_sync ? api : nullptr;
  return nullptr;
}

const DLPackExchangeAPI *nnq::python::findExchangeAPI(nb::handle object) {
  // Arrays of one type come again and again. It is held, lest another one gets
  // its address. The GIL guards both.
  static PyTypeObject *lastType = nullptr;
  static const DLPackExchangeAPI *lastAPI = nullptr;
  PyTypeObject *type = Py_TYPE(object.ptr());
  if (type != lastType) {
    const DLPackExchangeAPI *api = lookUpExchangeAPI(type);
    Py_INCREF(type);
    Py_XDECREF(lastType);
    lastType = type;
    lastAPI = api;
  }
  return lastAPI;
}

nb::object nnq::python::makeTensor(const DLPackExchangeAPI &api,
                                   nb::dlpack::dtype type,
                                   std::vector<int64_t> shape) {
  nb::dlpack::dltensor prototype;
  prototype.device.device_type = nb::device::cpu::value;
  prototype.ndim = static_cast<int32_t>(shape.size());
  prototype.dtype = type;
  prototype.shape = shape.data();
  void *tensor = nullptr;
  void *object = nullptr;
  auto raise = [](void *, const char *, const char *message) {
    PyErr_SetString(PyExc_MemoryError, message);
  };
  if (api.managed_tensor_allocator(&prototype, &tensor, nullptr, raise) ||
      api.managed_tensor_to_py_object_no_sync(tensor, &object))
    throw nb::python_error();
  return nb::steal(static_cast<PyObject *>(object));
}
