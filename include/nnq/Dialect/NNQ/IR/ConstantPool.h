//===- ConstantPool.h - Equal constants are one resource --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_DIALECT_NNQ_IR_CONSTANTPOOL_H
#define NNQ_DIALECT_NNQ_IR_CONSTANTPOOL_H

#include "mlir/IR/DialectInterface.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <mutex>

namespace nnq {

/// The constants that passes have made. Resources live as long as the context,
/// and functions for tiles of a batch, or a clone to calibrate, would each have
/// their own copy of the same weights.
class ConstantPool : public mlir::DialectInterface::Base<ConstantPool> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ConstantPool)

  explicit ConstantPool(mlir::Dialect *dialect);

  /// The resource of these bytes, named after `hint` if it is new.
  mlir::DenseResourceElementsHandle get(llvm::StringRef hint,
                                        llvm::ArrayRef<char> bytes) const;

private:
  using Handles = llvm::SmallVector<mlir::DenseResourceElementsHandle, 1>;

  mutable std::mutex mutex;
  mutable llvm::DenseMap<uint64_t, Handles> known;
};

} // namespace nnq

#endif // NNQ_DIALECT_NNQ_IR_CONSTANTPOOL_H
