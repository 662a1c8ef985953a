//===- Remarks.h - Optimization remarks of nnq ------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_REMARKS_H
#define NNQ_SUPPORT_REMARKS_H

#include "mlir/IR/Remarks.h"
#include "nnq/Support/Layers.h"

namespace nnq {

/// Remark that `pass` could not do its work on `op`, and why. Shown with
/// `--remarks-filter-missed=nnq`.
inline void remarkMissed(mlir::Operation *op, llvm::StringRef pass,
                         llvm::StringRef reason) {
  mlir::remark::missed(op->getLoc(),
                       mlir::remark::RemarkOpts::name(pass).category("nnq"))
      << mlir::remark::metric("Layer", getLayerName(op))
      << mlir::remark::reason("{0}", reason);
}

/// Remark on what `pass` did to `op`.
inline void remarkPassed(mlir::Operation *op, llvm::StringRef pass,
                         llvm::StringRef what) {
  mlir::remark::passed(op->getLoc(),
                       mlir::remark::RemarkOpts::name(pass).category("nnq"))
      << mlir::remark::metric("Layer", getLayerName(op))
      << mlir::remark::add("{0}", what);
}

/// Layers that a pass leaves as they are, and why.
using MissedLayers =
    llvm::SmallVector<std::pair<mlir::Operation *, std::string>>;

/// Notes on the error that it has left all of them.
inline void attachMissed(mlir::InFlightDiagnostic &error,
                         const MissedLayers &missed) {
  for (const auto &[op, reason] : missed)
    error.attachNote(op->getLoc())
        << "layer '" << getLayerName(op) << "': " << reason;
}

} // namespace nnq

#endif // NNQ_SUPPORT_REMARKS_H
