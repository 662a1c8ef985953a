//===- BlockSparsity.h - Blocks of weights that are zero --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_BLOCKSPARSITY_H
#define NNQ_LIB_VECTORIZE_COMMON_BLOCKSPARSITY_H

#include "ContractionLayout.h"

#include "llvm/ADT/BitVector.h"

namespace nnq {

/// Share of the weights that are zero.
double getZeroShare(const ConstantData &weights);

/// Fails, and says why, where kernels cannot skip zeros of these weights.
mlir::LogicalResult checkZerosSkipped(const ContractionLayout &layout,
                                      const ConstantData &weights,
                                      std::string &reason);

/// True if signed 16 bits hold what `dot` makes of `parts` neighbours of
/// registers of `size` weights.
bool fitsI16(llvm::ArrayRef<int8_t> numbers, DotKind dot, int64_t size,
             int64_t parts);

inline llvm::ArrayRef<int8_t> asNumbers(llvm::ArrayRef<char> values) {
  return {reinterpret_cast<const int8_t *>(values.data()), values.size()};
}

/// The weights of tiles of channels without the blocks that are zero. A block
/// has the weights of all channels of a tile for a part of the run.
struct BlockLists {
  /// For each tile and step of the outer reductions the first of its blocks and
  /// the one behind its last.
  std::vector<std::array<int32_t, 2>> bounds;
  /// The part of the run that each block multiplies.
  std::vector<int32_t> steps;
  /// Blocks by lanes by elements of a part, for each entry.
  std::vector<char> values;

  int64_t getNumEntries() const { return steps.size(); }
  /// Of nothing but zeros one entry is kept: there are no empty tensors.
  int64_t getNumStored() const { return std::max<int64_t>(steps.size(), 1); }
  /// Of the narrowest integers that hold the steps.
  int64_t getStepBits() const;
  std::vector<char> getStepBytes() const;

  /// True if signed 16 bits hold what `dot` makes of `parts` neighbours of a
  /// list of weights of 8 bits.
  bool fitsI16(DotKind dot, int64_t parts) const;
};

/// Which blocks of the weights of a contraction are zero: blocks of `lanes`
/// channels by `part` elements of the run.
class BlockSparsity {
public:
  /// Fails, and says why, where kernels cannot skip blocks.
  static mlir::FailureOr<BlockSparsity> get(const ContractionLayout &layout,
                                            const ConstantData &weights,
                                            int64_t lanes, int64_t part,
                                            std::string &reason);

  int64_t getNumTiles(int64_t tileBlocks) const;
  /// Lists of tiles of `tileBlocks` blocks of lanes, and the entries that they
  /// would have with all blocks, and have, in multiples of `parts`.
  int64_t getNumLists(int64_t tileBlocks) const;
  int64_t getNumEntries(int64_t tileBlocks) const;
  int64_t countEntries(int64_t tileBlocks, int64_t parts) const;
  BlockLists getLists(int64_t tileBlocks, int64_t parts) const;

private:
  BlockSparsity(const ContractionLayout &layout, const ConstantData &weights,
                int64_t lanes, int64_t part)
      : index(layout), weights(weights), lanes(lanes), part(part) {}

  llvm::BitVector getSteps(int64_t tile, int64_t outer,
                           int64_t tileBlocks) const;
  void appendBlock(BlockLists &lists, int64_t tile, int64_t outer,
                   int64_t tileBlocks, int64_t step, bool isPadding) const;

  WeightIndex index;
  ConstantData weights;
  int64_t lanes, part, runLength = 0;
  /// Of each block of lanes and step of the outer reductions.
  std::vector<llvm::BitVector> nonzero;
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_BLOCKSPARSITY_H
