//===- PlacedWeights.h - Weights and what they multiply ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_PLACEDWEIGHTS_H
#define NNQ_LIB_VECTORIZE_COMMON_PLACEDWEIGHTS_H

#include "BlockSparsity.h"

namespace nnq {

/// Neighbours of which `two_of_four` has two weights.
inline constexpr int64_t kFour = 4;

/// Bits of the place of a weight.
int64_t getPlaceBits(SparseKind kind);

/// Bytes of the activation that lanes select from in a window.
int64_t getWindowBytes(SparseKind kind);
/// The elements that these are.
int64_t getWindow(const Contraction &contraction, SparseKind kind);

/// Fails, and says why, where kernels cannot keep places of these weights.
mlir::LogicalResult checkPlaces(const ContractionLayout &layout,
                                const ConstantData &weights,
                                std::string &reason);

/// Weights of 8 bits that are not zero, with their places among neighbours that
/// lanes select by. What is left of a lane is zero.
struct PlacedWeights {
  /// Lanes by elements of a part, for each block of lanes, step of the outer
  /// reductions, group and part.
  std::vector<char> values;
  /// Of each two parts together. Of n bytes, byte i has places i, i + n, i + 2n
  /// ... from its low bits up: a shift brings as many of them as there are
  /// bytes to where they are to be.
  std::vector<char> places;

  /// Fails, with a reason, unless `kernel` may multiply two of four weights.
  static mlir::FailureOr<PlacedWeights>
  getTwoOfFour(const ContractionLayout &layout, const ConstantData &weights,
               KernelAttr kernel, std::string &reason);
};

/// Appends places of `bits` bits as PlacedWeights has them.
void appendPlaces(std::vector<char> &to, llvm::ArrayRef<uint8_t> indices,
                  int64_t bits);

/// Weights of tiles of channels in lists of windows: steps are where these
/// begin in the run.
struct WindowLists : BlockLists {
  std::vector<char> places;
};

/// Which weights are in windows of a run, of which a lane takes up to `part`
/// elements.
class WindowSparsity {
public:
  WindowSparsity(const ContractionLayout &layout, const ConstantData &weights,
                 int64_t lanes, int64_t part, SparseKind kind);

  /// Fails, and says why, where kernels cannot select so.
  static mlir::LogicalResult check(const ContractionLayout &layout,
                                   const ConstantData &weights, SparseKind kind,
                                   std::string &reason);

  /// As BlockSparsity counts them.
  int64_t getNumLists(int64_t tileBlocks) const;
  int64_t countEntries(int64_t tileBlocks, int64_t parts) const;
  WindowLists getLists(int64_t tileBlocks, int64_t parts) const;

private:
  /// Calls `take` with the start of each window of a list, and `takeWeight`
  /// with the lane, which of its weights it is, and the position of each of
  /// them.
  void walk(int64_t tile, int64_t outer, int64_t tileBlocks,
            llvm::function_ref<void(int64_t start)> take,
            llvm::function_ref<void(int64_t lane, int64_t which, int64_t at)>
                takeWeight) const;

  WeightIndex index;
  ConstantData weights;
  int64_t lanes, part, placeBits, window, runLength;
  /// Positions of the weights of each channel and step of the outer reductions.
  std::vector<std::vector<int32_t>> positions;
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_PLACEDWEIGHTS_H
