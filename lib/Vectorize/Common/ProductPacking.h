//===- ProductPacking.h - Activations in the order of a kernel --*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_PRODUCTPACKING_H
#define NNQ_LIB_VECTORIZE_COMMON_PRODUCTPACKING_H

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Contraction.h"

namespace nnq {

/// Puts the second activation of a product in blocks of lanes and groups, as
/// weights are, by a copy at run time. Zeros fill what is missing to whole
/// blocks and groups.
void packProduct(mlir::RewriterBase &rewriter, const ActivationProduct &product,
                 KernelAttr kernel);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_PRODUCTPACKING_H
