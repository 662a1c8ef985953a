//===- ArrayView.cpp - Memory of an array of any library ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ArrayView.h"
#include "DLPackExchange.h"

namespace nb = nanobind;
using namespace nnq::python;
using Problem = ArrayView::Problem;

static_assert(sizeof(Py_ssize_t) == sizeof(int64_t));

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

namespace {
struct TypeInfo {
  const char *name;
  size_t size;
  nb::dlpack::dtype_code code;
};
} // namespace

static TypeInfo getInfo(NnqType type) {
  using Code = nb::dlpack::dtype_code;
  switch (type) {
  case NNQ_F32:
    return {"float32", 4, Code::Float};
  case NNQ_F64:
    return {"float64", 8, Code::Float};
  case NNQ_I8:
    return {"int8", 1, Code::Int};
  case NNQ_U8:
    return {"uint8", 1, Code::UInt};
  case NNQ_I16:
    return {"int16", 2, Code::Int};
  case NNQ_U16:
    return {"uint16", 2, Code::UInt};
  case NNQ_I32:
    return {"int32", 4, Code::Int};
  case NNQ_U32:
    return {"uint32", 4, Code::UInt};
  case NNQ_I64:
    return {"int64", 8, Code::Int};
  case NNQ_U64:
    return {"uint64", 8, Code::UInt};
  case NNQ_BOOL:
    return {"bool", 1, Code::Bool};
  }
  raiseInputError("the network has arrays of a type that Python's arrays do "
                  "not have");
}

const char *nnq::python::getName(NnqType type) { return getInfo(type).name; }

nb::dlpack::dtype nnq::python::getDLPackType(NnqType type) {
  TypeInfo info = getInfo(type);
  return {static_cast<uint8_t>(info.code), static_cast<uint8_t>(8 * info.size),
          1};
}

Tensor::Tensor(const NnqTensor &tensor, std::string defaultName)
    : name(*tensor.name ? tensor.name : std::move(defaultName)),
      type(tensor.type), shape(tensor.shape, tensor.shape + tensor.rank),
      bytes(getInfo(tensor.type).size) {
  for (size_t i = isBatched() ? 1 : 0; i < shape.size(); ++i)
    bytes *= shape[i];
}

/// What the letters of the struct module mean here, in native byte order.
static bool matches(const char *format, Py_ssize_t size, NnqType type) {
  TypeInfo info = getInfo(type);
  if (*format == '@' || *format == '=')
    ++format;
  if (!*format || format[1] || static_cast<size_t>(size) != info.size)
    return false;
  switch (info.code) {
  case nb::dlpack::dtype_code::Float:
    return *format == 'f' || *format == 'd';
  case nb::dlpack::dtype_code::Int:
    return strchr("bhilq", *format);
  case nb::dlpack::dtype_code::UInt:
    return strchr("BHILQ", *format);
  default:
    return *format == '?';
  }
}

//===----------------------------------------------------------------------===//
// ArrayView
//===----------------------------------------------------------------------===//

ArrayView::~ArrayView() {
  if (buffer.obj)
    PyBuffer_Release(&buffer);
}

bool nnq::python::isTorchTensor(nb::handle object) {
  static PyTypeObject *known = nullptr;
  PyTypeObject *type = Py_TYPE(object.ptr());
  if (type == known)
    return true;
  nb::object torch = nb::steal(PyImport_GetModule(nb::str("torch").ptr()));
  if (!torch.is_valid()) {
    PyErr_Clear();
    return false;
  }
  nb::object tensor = torch.attr("Tensor");
  int result = PyObject_IsInstance(object.ptr(), tensor.ptr());
  if (result < 0)
    throw nb::python_error();
  // Tensors nearly always are of the class itself, which lives forever.
  if (type == reinterpret_cast<PyTypeObject *>(tensor.ptr()))
    known = type;
  return result != 0;
}

Problem ArrayView::check(const Tensor &tensor) const {
  if (rank != static_cast<int64_t>(tensor.shape.size()))
    return Problem::Shape;
  for (int64_t i = tensor.isBatched() ? 1 : 0; i < rank; ++i)
    if (shape[i] != tensor.shape[i])
      return Problem::Shape;
  auto size = static_cast<int64_t>(getInfo(tensor.type).size);
  if (reinterpret_cast<uintptr_t>(data) % size)
    return Problem::Layout;
  if (!strides)
    return Problem::None;
  int64_t dense = size;
  for (int64_t i = rank - 1; i >= 0; --i) {
    if (shape[i] == 0)
      return Problem::None;
    if (shape[i] != 1 && strides[i] != dense)
      return Problem::Layout;
    dense *= shape[i];
  }
  return Problem::None;
}

Problem ArrayView::openBuffer(nb::handle array, const Tensor &tensor,
                              bool isWritable) {
  int flags = PyBUF_STRIDES | PyBUF_FORMAT;
  if (PyObject_GetBuffer(array.ptr(), &buffer,
                         flags | (isWritable ? PyBUF_WRITABLE : 0))) {
    PyErr_Clear();
    if (!isWritable || PyObject_GetBuffer(array.ptr(), &buffer, flags)) {
      // Dates and the like have no buffers.
      PyErr_Clear();
      return Problem::NoArray;
    }
    return Problem::ReadOnly;
  }
  data = buffer.buf;
  rank = buffer.ndim;
  shape = reinterpret_cast<const int64_t *>(buffer.shape);
  strides = reinterpret_cast<const int64_t *>(buffer.strides);
  const char *format = buffer.format ? buffer.format : "B";
  return matches(format, buffer.itemsize, tensor.type) ? check(tensor)
                                                       : Problem::Type;
}

Problem ArrayView::openDLPack(const nb::dlpack::dltensor &tensor,
                              const Tensor &expected) {
  // Pinned memory of a GPU is memory of the CPU.
  if (tensor.device.device_type != nb::device::cpu::value &&
      tensor.device.device_type != nb::device::cuda_host::value)
    return Problem::Device;
  data = static_cast<char *>(tensor.data) + tensor.byte_offset;
  rank = tensor.ndim;
  shape = tensor.shape;
  TypeInfo info = getInfo(expected.type);
  if (tensor.dtype.code != static_cast<uint8_t>(info.code) ||
      tensor.dtype.bits != 8 * info.size || tensor.dtype.lanes != 1)
    return Problem::Type;
  if (tensor.strides) {
    for (int64_t i = 0; i < rank; ++i)
      byteStrides.push_back(tensor.strides[i] *
                            static_cast<int64_t>(info.size));
    strides = byteStrides.data();
  }
  return check(expected);
}

Problem ArrayView::open(nb::handle array, const Tensor &tensor,
                        bool isWritable) {
  if (const DLPackExchangeAPI *api = findExchangeAPI(array)) {
    nb::dlpack::dltensor dltensor;
    if (api->dltensor_from_py_object_no_sync(array.ptr(), &dltensor)) {
      // Sparse tensors, for example.
      PyErr_Clear();
      return Problem::NoArray;
    }
    return openDLPack(dltensor, tensor);
  }
  if (PyObject_CheckBuffer(array.ptr()))
    return openBuffer(array, tensor, isWritable);
  if (!nb::try_cast<nb::ndarray<nb::ro>>(array, managed) || !managed.is_valid())
    return Problem::NoArray;
  // Whether it may be written cannot be told from here.
  if (isWritable)
    return Problem::ReadOnly;
  nb::dlpack::dltensor dltensor;
  dltensor.data = const_cast<void *>(managed.data());
  dltensor.device.device_type = managed.device_type();
  dltensor.ndim = static_cast<int32_t>(managed.ndim());
  dltensor.dtype = managed.dtype();
  dltensor.shape = const_cast<int64_t *>(managed.shape_ptr());
  dltensor.strides = const_cast<int64_t *>(managed.stride_ptr());
  return openDLPack(dltensor, tensor);
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

void nnq::python::raiseInputError(const std::string &message) {
  nb::object type = nb::module_::import_("nnq.errors").attr("InputError");
  PyErr_SetString(type.ptr(), message.c_str());
  throw nb::python_error();
}

static std::string formatShape(const int64_t *shape, int64_t rank) {
  std::string text = "(";
  for (int64_t i = 0; i < rank; ++i)
    text += (i ? ", " : "") + (shape[i] < 0 ? "?" : std::to_string(shape[i]));
  return text + (rank == 1 ? ",)" : ")");
}

/// The attribute as text, or `otherwise`.
static std::string show(nb::handle object, const char *attribute,
                        const char *otherwise) {
  nb::object value = nb::steal(PyObject_GetAttrString(object.ptr(), attribute));
  if (!value.is_valid()) {
    PyErr_Clear();
    return otherwise;
  }
  return nb::str(value).c_str();
}

void ArrayView::fail(Problem problem, const std::string &what,
                     const Tensor &tensor, nb::handle array) const {
  std::string type =
      nb::str(nb::handle(Py_TYPE(array.ptr())).attr("__name__")).c_str();
  switch (problem) {
  case Problem::None:
  case Problem::NoArray:
    raiseInputError(what + " is no dense array in memory but an object of '" +
                    type + "'");
  case Problem::Type:
    raiseInputError(what + " has dtype " + show(array, "dtype", "unknown") +
                    ", not " + getName(tensor.type));
  case Problem::Shape:
    raiseInputError(what + " has shape " + formatShape(shape, rank) + ", not " +
                    formatShape(tensor.shape.data(),
                                static_cast<int64_t>(tensor.shape.size())));
  case Problem::Layout:
    raiseInputError(what + " is not contiguous in row-major order");
  case Problem::Device:
    raiseInputError(what + " is on device " + show(array, "device", "unknown") +
                    ", not in memory of "
                    "the CPU");
  case Problem::ReadOnly:
    raiseInputError(what + " cannot be written");
  }
  raiseInputError(what + " cannot be used");
}
