//===- RaiseCodebooks.cpp - Layers whose weights are few numbers ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Support/DequantizedWeights.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/WeightReaders.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <set>

namespace nnq {
#define GEN_PASS_DEF_RAISECODEBOOKS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-raise-codebooks";

/// The most numbers that `together` neighbouring output channels have of these
/// weights, or nothing if that may be by chance.
static std::optional<size_t> countNumbers(ArrayRef<int32_t> weights,
                                          int64_t channels, int64_t inner,
                                          int64_t together) {
  // Few numbers of few weights say nothing.
  constexpr size_t kWeightsOfNumber = 4;
  size_t most = 0;
  std::vector<std::set<int32_t>> numbers(llvm::divideCeil(channels, together));
  for (auto [i, weight] : llvm::enumerate(weights)) {
    std::set<int32_t> &own =
        numbers[static_cast<int64_t>(i) / inner % channels / together];
    own.insert(weight);
    if (own.size() > static_cast<size_t>(kTableSize))
      return std::nullopt;
    most = std::max(most, own.size());
  }
  // Tables have a place for the zeros that fill up groups.
  if (most == static_cast<size_t>(kTableSize) &&
      !llvm::all_of(numbers, [](const std::set<int32_t> &own) {
        return own.size() < static_cast<size_t>(kTableSize) || own.count(0);
      }))
    return std::nullopt;
  if (weights.size() / numbers.size() < kWeightsOfNumber * most)
    return std::nullopt;
  return most;
}

namespace {
struct RaiseCodebooks : public nnq::impl::RaiseCodebooksBase<RaiseCodebooks> {
  void runOnOperation() override {
    for (const WeightReaders &readers : findWeightReaders(getOperation()))
      if (!readers.front()->hasAttr(kWeightBitsAttr) && readAlike(readers))
        raise(readers);
  }

private:
  void raise(const WeightReaders &readers) {
    WeightedOp operands = *matchWeightedOp(readers.front());
    Value weight = operands.weight->get();
    quant::QuantizedType type = getQuantizedType(weight);
    FailureOr<std::vector<int32_t>> integers = failure();
    // Integers of fewer bits are packed as they are.
    if (!type || type.getStorageTypeIntegralWidth() < 8 ||
        !operands.channelAxis || failed(integers = getIntegers(weight)))
      return;
    FailureOr<QuantScales> scales = QuantScales::get(type);
    if (failed(scales) || isa<quant::UniformQuantizedSubChannelType>(type) ||
        llvm::any_of(scales->zeroPoints, [](int64_t z) { return z != 0; }))
      return;
    ArrayRef<int64_t> shape = cast<ShapedType>(weight.getType()).getShape();
    int64_t channels = shape[*operands.channelAxis], inner = 1;
    for (int64_t size : shape.drop_front(*operands.channelAxis + 1))
      inner *= size;
    // Of all channels, or of those of a block of a kernel.
    for (int64_t together : {channels, int64_t{32}, int64_t{16}, int64_t{8}}) {
      if (together > channels)
        continue;
      std::optional<size_t> count =
          countNumbers(*integers, channels, inner, together);
      if (!count)
        continue;
      int64_t bits = std::max<int64_t>(1, llvm::Log2_64_Ceil(*count));
      for (linalg::LinalgOp reader : readers)
        reader->setAttr(kWeightBitsAttr,
                        Builder(&getContext()).getI64IntegerAttr(bits));
      ++numRaised;
      remarkPassed(readers.front(), kPass,
                   llvm::formatv("{0} weights are of {1} numbers",
                                 integers->size(), *count)
                       .str());
      return;
    }
  }
};
} // namespace
