//===- TeamBarrier.h - Threads that wait for each other ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_TARGET_TEAMBARRIER_H
#define NNQ_LIB_TARGET_TEAMBARRIER_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace nnq {

/// A counting barrier with generations for a team of threads. It spins, as
/// layers of a small network are shorter than a call of the system; a thread
/// that waits for long gives its core away. OpenMP's barrier looks for tasks,
/// too, and takes about three times as long.
class TeamBarrier {
public:
  /// The function of `module` that waits; it is made if there is none.
  static mlir::LLVM::LLVMFuncOp getOrCreate(mlir::ModuleOp module);

  /// What the threads of one team share, on the stack, ready to be used.
  static mlir::Value createState(mlir::OpBuilder &b, mlir::Location loc);
};

} // namespace nnq

#endif // NNQ_LIB_TARGET_TEAMBARRIER_H
