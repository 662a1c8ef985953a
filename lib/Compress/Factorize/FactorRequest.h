//===- FactorRequest.h - Factorizations asked for by attributes -*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_FACTORREQUEST_H
#define NNQ_LIB_COMPRESS_FACTORIZE_FACTORREQUEST_H

#include "mlir/IR/Operation.h"
#include "nnq/Compress/Factorize/FactorizeOptions.h"

namespace nnq {

/// `nnq.factorize` of a layer: how `nnq-factorize-layers` takes it apart.
struct FactorRequest {
  /// Nothing if there is none; fails with an error if it is malformed.
  static mlir::FailureOr<std::optional<FactorRequest>>
  read(mlir::Operation *op);
  void write(mlir::Operation *op) const;

  FactorMethod method = FactorMethod::Svd;
  llvm::SmallVector<int64_t> ranks;
};

/// The name of the option, such as "spatial-svd".
llvm::StringRef getMethodName(FactorMethod method);
std::optional<FactorMethod> parseFactorMethod(llvm::StringRef name);

/// Such as "tucker of ranks 8 and 16".
std::string describe(FactorMethod method, llvm::ArrayRef<int64_t> ranks);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_FACTORREQUEST_H
