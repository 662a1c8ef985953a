//===- ConstantData.h - Raw bytes of weights ------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_CONSTANTDATA_H
#define NNQ_SUPPORT_CONSTANTDATA_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace nnq {

/// Bytes of a constant tensor, row-major, without a copy where the attribute
/// holds them as they are (dense_resource, or dense that is not a splat).
class ConstantData {
public:
  /// The constant that `value` is: an `arith.constant`, seen through
  /// `quant.scast`. Fails for anything else and for sub-byte element types.
  static mlir::FailureOr<ConstantData> get(mlir::Value value);
  static mlir::FailureOr<ConstantData> get(mlir::Attribute attr);
  /// The same, but integers of 4 bits with a sign are widened to 8. Resources
  /// hold two of them in a byte, the first in its low bits.
  static mlir::FailureOr<ConstantData> getWidened(mlir::Value value);

  mlir::ShapedType getType() const { return type; }
  llvm::ArrayRef<int64_t> getShape() const { return type.getShape(); }
  int64_t getNumElements() const { return type.getNumElements(); }
  llvm::ArrayRef<char> getBytes() const {
    return owned ? llvm::ArrayRef<char>(*owned) : borrowed;
  }

  /// Elements as T; the element type must have the width of T.
  template <typename T>
  llvm::ArrayRef<T> getAs() const {
    llvm::ArrayRef<char> bytes = getBytes();
    assert(bytes.size() == getNumElements() * sizeof(T));
    return {reinterpret_cast<const T *>(bytes.data()),
            bytes.size() / sizeof(T)};
  }

private:
  mlir::ShapedType type;
  llvm::ArrayRef<char> borrowed;
  std::shared_ptr<std::vector<char>> owned;
};

template <typename T>
llvm::ArrayRef<char> asBytes(llvm::ArrayRef<T> values) {
  return {reinterpret_cast<const char *>(values.data()),
          values.size() * sizeof(T)};
}

/// A dense_resource attribute (64-byte aligned) named after `hint`, holding a
/// copy of `bytes`. Equal bytes share one resource.
mlir::DenseResourceElementsAttr makeResource(mlir::ShapedType type,
                                             llvm::StringRef hint,
                                             llvm::ArrayRef<char> bytes);

/// An `arith.constant` of such a resource.
mlir::Value makeConstant(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::ShapedType type, llvm::StringRef hint,
                         llvm::ArrayRef<char> bytes);

/// Integers of 8 bits that fit in 4, two to a byte as resources hold them.
std::vector<char> packInt4(llvm::ArrayRef<char> values);

/// `bytes` of a tensor of `shape` with elements of `width` bytes, transposed:
/// dimension i of the result is dimension permutation[i] of the source.
std::vector<char> transposeBytes(llvm::ArrayRef<char> bytes,
                                 llvm::ArrayRef<int64_t> shape,
                                 llvm::ArrayRef<int64_t> permutation,
                                 unsigned width);

} // namespace nnq

#endif // NNQ_SUPPORT_CONSTANTDATA_H
