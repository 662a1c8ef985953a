//===- LayerInvariants.h - What compression made of a layer -----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_RECIPE_LAYERINVARIANTS_H
#define NNQ_LIB_COMPRESS_RECIPE_LAYERINVARIANTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <map>
#include <string>

namespace nnq {

/// The weights of a layer, by what may not be lost of them.
struct LayerInvariants {
  /// How `now` breaks what was; nothing if it keeps it.
  std::string findBroken(const LayerInvariants &now) const;
  /// True if something has gone since `before`.
  bool isLess(const LayerInvariants &before) const;

  /// The step that made it so; none made it if it is empty.
  std::string step;
  llvm::SmallVector<int64_t> sizes;
  int64_t numNonzero = 0;
  /// A bit for each weight, set where it is zero; nothing where none is.
  llvm::SmallVector<int8_t> zeros;
  /// How many values f32 weights have; 0 if they are many or integers.
  int64_t numValues = 0;
  bool isF32 = false;
  mlir::Location loc;
};

/// By the names of layers; further ops of a layer have a number behind it.
using InvariantMap = std::map<std::string, LayerInvariants>;

InvariantMap collectInvariants(mlir::func::FuncOp function);

/// `nnq.invariants`; an error if it is malformed, nothing if it is missing.
mlir::FailureOr<InvariantMap> readInvariants(mlir::func::FuncOp function);
void writeInvariants(mlir::func::FuncOp function, const InvariantMap &layers);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_RECIPE_LAYERINVARIANTS_H
