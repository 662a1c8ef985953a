//===- InitAll.h - The registry of nnq ------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_INITALL_H
#define NNQ_INITALL_H

#include "mlir/IR/DialectRegistry.h"

namespace nnq {

/// Registers the nnq dialect and every upstream dialect and extension that the
/// passes need.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Registers every nnq pass and pipeline with the global pass registry.
void registerAllPasses();

} // namespace nnq

#endif // NNQ_INITALL_H
