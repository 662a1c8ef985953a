//===- RowProducts.h - Sums of products of columns --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_CALIBRATE_ROWPRODUCTS_H
#define NNQ_LIB_COMPRESS_CALIBRATE_ROWPRODUCTS_H

#include "llvm/ADT/ArrayRef.h"

namespace nnq {

/// Adds X^T X to the lower triangle of `total`, depth x depth, for the rows of
/// X in `rows`. What is above the triangle is undefined. Every sum is over the
/// rows in order, so that its bits do not depend on the machine.
void addRowProducts(llvm::ArrayRef<float> rows, int64_t depth,
                    llvm::MutableArrayRef<float> total);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_CALIBRATE_ROWPRODUCTS_H
