//===- SampleAction.h - A step of calibration -------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_CALIBRATE_SAMPLEACTION_H
#define NNQ_CALIBRATE_SAMPLEACTION_H

#include "mlir/IR/Action.h"
#include "mlir/IR/Unit.h"

namespace nnq {

/// The run of a network on samples. The action handler of the context may count
/// them; calibration fails at the first that it leaves out.
struct SampleAction : public mlir::tracing::ActionImpl<SampleAction> {
  SampleAction(llvm::ArrayRef<mlir::IRUnit> units, int64_t done, int64_t total)
      : ActionImpl(units), done(done), total(total) {}
  static constexpr llvm::StringLiteral tag = "nnq-calibrate-sample";

  /// Samples that have run when it is over.
  int64_t done;
  int64_t total;
};

} // namespace nnq

#endif // NNQ_CALIBRATE_SAMPLEACTION_H
