//===- VectorCodebook.h - Vectors that weights share ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_SHARE_VECTORCODEBOOK_H
#define NNQ_LIB_COMPRESS_SHARE_VECTORCODEBOOK_H

#include "Codebook.h"

namespace nnq {

/// The entry of `codebook`, vectors one behind the other, whose distance to
/// `numbers` is least; the square of each difference counts by `importance`.
llvm::ArrayRef<int32_t> findNearestVector(llvm::ArrayRef<int32_t> codebook,
                                          llvm::ArrayRef<double> numbers,
                                          llvm::ArrayRef<double> importance);

/// As shareRows(), with a codebook of 2^bits vectors of `size` integers in
/// [-127, 127]. Vectors that are zero stay so if `keepsZeros`.
SharedRows shareVectors(llvm::ArrayRef<double> numbers,
                        llvm::ArrayRef<double> importance, int64_t numRows,
                        int64_t bits, int64_t size, bool keepsZeros,
                        mlir::SmallVectorImpl<int32_t> &codebook);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_SHARE_VECTORCODEBOOK_H
