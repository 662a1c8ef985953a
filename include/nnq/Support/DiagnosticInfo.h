//===- DiagnosticInfo.h - What programs read of diagnostics -----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_DIAGNOSTICINFO_H
#define NNQ_SUPPORT_DIAGNOSTICINFO_H

#include "mlir/IR/Diagnostics.h"

namespace nnq {

/// Facts beside the text of a diagnostic, for handlers that do not print it.
inline constexpr llvm::StringLiteral kLayerInfo = "layer";
inline constexpr llvm::StringLiteral kPassInfo = "pass";
inline constexpr llvm::StringLiteral kKindInfo = "kind";

void setInfo(mlir::Diagnostic &diag, llvm::StringRef key,
             llvm::StringRef value);

/// Empty if it has not been set.
llvm::StringRef getInfo(mlir::Diagnostic &diag, llvm::StringRef key);

} // namespace nnq

#endif // NNQ_SUPPORT_DIAGNOSTICINFO_H
