//===- KernelCost.h - Register tiles of least cost --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_VECTORIZE_KERNELCOST_H
#define NNQ_VECTORIZE_KERNELCOST_H

#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

/// One contraction as the cost model sees it.
struct KernelProblem {
  DotKind dot;
  /// Reduction elements that one dot product consumes.
  int64_t group;
  /// Rows along the tiled loop, in units of the pooled result.
  int64_t rows;
  /// Accumulator rows for one row of the result: the size of the pool window.
  int64_t window;
  int64_t channels;
  /// Bytes of the packed weights and of the activation, and how often the loops
  /// outside of rows and channels run.
  int64_t weightBytes = 0;
  int64_t activationBytes = 0;
  int64_t outer = 1;
  /// Bytes of the weights of one channel.
  int64_t channelBytes = 0;
  /// Bytes from what a row of the activation begins with to the next row; 0 if
  /// that is not known.
  int64_t rowBytes = 0;
  /// Where rows are those of lines of an image: rows of the activation from one
  /// line to the next, and the number of lines; 0 if that is not known.
  int64_t pitch = 0, lines = 0;
  /// Of packed weights; 0 for those that are as the instruction takes them.
  int64_t bits = 0;
  /// Products of a group whose sum is scaled and added to a total; 0 for one
  /// sum of all products.
  int64_t groupSteps = 0;
  /// These are places in a table.
  bool isCodebook = false;
  /// Pairs are multiplied and added to the sum at once (vpdpwssd).
  bool fusesSum = false;
  /// Which zeros are skipped. Lanes may have to select what they multiply.
  SparseKind sparse = SparseKind::None;
  /// Bytes of weights come before cycles.
  bool savesBytes = false;

  bool hasLists() const {
    return sparse == SparseKind::Block || hasWindows(sparse);
  }
  bool selects() const { return selectsPlaces(sparse); }
  /// Instructions that multiply a group.
  int64_t getNumParts() const {
    int64_t span = sparse == SparseKind::TwoOfFour ? 2 : 1;
    bool hasParts = addsInI16(dot) || selects();
    return hasParts ? group / (span * getPartSize(dot)) : 1;
  }
};

/// What the cost model asks about lists of blocks or windows for tiles of so
/// many blocks of lanes.
struct ListProblem {
  /// Lists, and groups of blocks in all of them.
  llvm::function_ref<int64_t(int64_t tileBlocks)> countLists, countGroups;
  /// Bytes of a block of lanes in a group of entries.
  int64_t blockBytes = 0;
};

/// A choice and the cycles that all rows and channels take.
struct KernelEstimate {
  KernelAttr kernel;
  double cycles = 0;
  /// Of the weights, where these are in lists.
  double bytes = 0;
};

/// A reduction of operands that are not packed, as the cost model sees it.
struct ReductionProblem {
  DotKind dot = DotKind::None;
  int64_t accumulatorBits = 32;
  /// Reduction elements that one dot product consumes.
  int64_t group = 1;
  /// Length of the loops of the result that rows and lanes run along.
  int64_t rows = 1;
  int64_t channels = 1;
  /// An operand is the same for all lanes, as in a product of matrices.
  bool broadcasts = false;
};

/// A tile whose accumulators hide the latency of a step and share operands.
KernelAttr chooseReduction(TargetAttr target, const ReductionProblem &problem);

/// Bytes of a weight of 8 bits and of its place, if it has one: of all weights
/// with `two_of_four`, else of those that are stored.
double getStoredBytes(SparseKind sparse);

/// Bytes of a cycle that come from the second-level cache: of 32, by
/// measurement.
inline constexpr double kSecondLevelBytesPerCycle = 28;

/// True if less memory is read from beyond the second-level cache when the
/// loop over tiles of `tileChannels` channels is the outermost.
bool prefersChannelsOuter(const KernelProblem &problem, int64_t tileChannels);

/// Lanes of the widest kernel by `dot`.
int64_t getWidestLanes(TargetAttr target, DotKind dot);

/// Lanes, rows and blocks of least estimated cycles on the target, from the
/// throughput of dots and loads, the latency of a chain of dots, the registers
/// that a tile takes, and the waste of partial tiles and lanes.
KernelAttr chooseKernel(TargetAttr target, const KernelProblem &problem);

/// The kernel of matrices (tdpbusd) of least estimated cycles for `outer_steps`
/// runs of `run_length` elements of the reduction.
KernelEstimate chooseMatrices(TargetAttr target, const KernelProblem &problem,
                              int64_t runLength, int64_t outerSteps);

/// The kernel of least estimated cycles that multiplies what is in lists.
KernelEstimate chooseListKernel(TargetAttr target, KernelProblem problem,
                                const ListProblem &lists);

/// Estimated cycles of one reduction step over all rows and channels: with
/// tiles of several lines, over those of a line.
double estimateCycles(TargetAttr target, const KernelProblem &problem,
                      int64_t lanes, int64_t tileRows, int64_t tileBlocks);

/// Vector registers that the tile needs at once.
int64_t countRegisters(const KernelProblem &problem, int64_t tileRows,
                       int64_t tileBlocks);

} // namespace nnq

#endif // NNQ_VECTORIZE_KERNELCOST_H
