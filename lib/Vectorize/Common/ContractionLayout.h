//===- ContractionLayout.h - What a micro-kernel sees -----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_CONTRACTIONLAYOUT_H
#define NNQ_LIB_VECTORIZE_COMMON_CONTRACTIONLAYOUT_H

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Contraction.h"

namespace nnq {

/// Signedness and width of the factors of a contraction.
struct FactorTypes {
  mlir::Type activation, weight;
  bool activationSigned, weightSigned;
};
FactorTypes getFactorTypes(const Contraction &contraction);

/// The parts of a channels-last contraction with static shapes, before packing.
struct ContractionLayout {
  Contraction contraction;
  /// Reduction loops outside of the contiguous run, outermost first.
  mlir::SmallVector<unsigned> outerReductions;
  /// Reduction loops that together walk a contiguous run of the activation;
  /// none if its innermost dimension is not walked in steps of one.
  mlir::SmallVector<unsigned> run;
  int64_t runLength = 1;
  /// First dimension of the activation that belongs to the run, and the number
  /// of elements of one index of it.
  unsigned runDim = 0;
  int64_t runDimStride = 1;
  /// Index of `runDim` at which the run begins, by the loops outside of it:
  /// where the window, or the group of the channel, begins.
  mlir::AffineExpr runBase;

  /// Groups of a convolution over groups that the kernel takes together, with
  /// zeros as weights for the input of the others.
  int64_t mergedGroups = 1;

  /// Output channels that share their run.
  int64_t getGroupChannels() const;

  /// Length of the part of the run that a channel has weights for, and where in
  /// the run that of `channel` begins.
  int64_t getRunLength() const { return runLength / mergedGroups; }
  int64_t getRunStart(int64_t channel) const;

  /// Takes together groups of few channels, as many as `lanes` hold: lanes that
  /// would be idle cost nothing. Activations are taken to be finite.
  void mergeGroups(int64_t lanes);

  /// Fails with a reason where the kernel does not apply.
  static mlir::FailureOr<ContractionLayout> get(mlir::Operation *op,
                                                std::string &reason);
};

/// Where the weights of a contraction lie in its constant operand.
class WeightIndex {
public:
  explicit WeightIndex(const ContractionLayout &layout);

  int64_t channels, outer;
  /// The weight of `channel` at a step of the outer reductions and a position
  /// in the run.
  int64_t at(int64_t channel, int64_t outerStep, int64_t position) const {
    return channel * channelStride + offsetOf(outerLoops, outerStep) +
           offsetOf(runLoops, position);
  }

private:
  struct Loop {
    int64_t size, stride;
  };
  static int64_t offsetOf(llvm::ArrayRef<Loop> loops, int64_t index);

  int64_t channelStride;
  mlir::SmallVector<Loop> outerLoops, runLoops;
};

/// Weights that a lane of one instruction of `kernel` takes, and the elements
/// of a group that these are for. A group of several such parts is added up in
/// 16 bits.
int64_t getPartSize(KernelAttr kernel);
int64_t getPartSpan(KernelAttr kernel);
int64_t getNumParts(KernelAttr kernel);
/// Loops of a packed contraction that run over the elements of a group: one
/// over its parts, if there are several, and one over the elements of a part.
unsigned getNumGroupLoops(KernelAttr kernel);

/// Weights whose products an instruction adds up in a lane of 16 bits:
/// neighbours in a part (vpmaddubsw), and those of all parts of a group.
class NarrowSum {
public:
  explicit NarrowSum(DotKind dot) : dot(dot) {}
  /// Neighbours that a lane has of each part.
  static int64_t getNeighbours(DotKind dot) {
    return dot == DotKind::VPMADDUBSW ? 2 : 1;
  }
  void add(int64_t weight) { sums[weight < 0] += std::abs(weight); }
  /// Whatever the activation is: u8 (vpmaddubsw) or s8 (smull).
  bool fits() const;

private:
  DotKind dot;
  int64_t sums[2] = {};
};

/// True if signed 16 bits hold what `dot` makes of groups of `group` elements.
bool fitsI16(const ContractionLayout &layout, const ConstantData &weights,
             DotKind dot, int64_t group);

/// Bits of the weights of `op` if they are fewer than those of their storage,
/// else 0.
int64_t getNarrowBits(mlir::Operation *op);

/// The pool that alone reads `op` with disjoint windows, or null. Its loops are
/// those of the result followed by the window loops.
mlir::linalg::GenericOp getFusiblePool(mlir::Operation *op);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_CONTRACTIONLAYOUT_H
