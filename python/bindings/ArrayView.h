//===- ArrayView.h - Memory of an array of any library ----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_PYTHON_ARRAYVIEW_H
#define NNQ_PYTHON_ARRAYVIEW_H

#include "nnq-c/nnq.h"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <string>
#include <vector>

namespace nnq::python {

/// A tensor of a signature.
struct Tensor {
  std::string name;
  NnqType type;
  std::vector<int64_t> shape;
  /// Bytes of one sample if the batch is dynamic, else of all.
  size_t bytes;

  Tensor(const NnqTensor &tensor, std::string defaultName);
  bool isBatched() const { return !shape.empty() && shape.front() < 0; }
};

/// As NumPy and PyTorch call it.
const char *getName(NnqType type);
nanobind::dlpack::dtype getDLPackType(NnqType type);

/// The memory of a NumPy array or of a tensor that knows DLPack, without a
/// copy. Lives while the array does.
class ArrayView {
public:
  enum class Problem { None, NoArray, Type, Shape, Layout, Device, ReadOnly };

  ArrayView() = default;
  ~ArrayView();
  ArrayView(const ArrayView &) = delete;
  ArrayView &operator=(const ArrayView &) = delete;

  /// Fills the view. The array must be as `tensor` says, the first size apart
  /// if the batch is dynamic.
  Problem open(nanobind::handle array, const Tensor &tensor, bool isWritable);

  /// Raises nnq.InputError.
  [[noreturn]] void fail(Problem problem, const std::string &what,
                         const Tensor &tensor, nanobind::handle array) const;

  void *getData() const { return data; }
  /// Samples if the batch is dynamic.
  int64_t getFirstSize() const { return shape[0]; }

private:
  Problem openBuffer(nanobind::handle array, const Tensor &tensor,
                     bool isWritable);
  Problem openDLPack(const nanobind::dlpack::dltensor &tensor,
                     const Tensor &expected);
  Problem check(const Tensor &tensor) const;

  void *data = nullptr;
  const int64_t *shape = nullptr;
  /// In bytes; null if dense.
  const int64_t *strides = nullptr;
  int64_t rank = 0;
  std::vector<int64_t> byteStrides;
  std::string found;
  Py_buffer buffer = {};
  nanobind::ndarray<nanobind::ro> managed;
};

/// True of tensors of PyTorch, whose library need not be there.
bool isTorchTensor(nanobind::handle object);

/// Raises nnq.InputError.
[[noreturn]] void raiseInputError(const std::string &message);

} // namespace nnq::python

#endif // NNQ_PYTHON_ARRAYVIEW_H
