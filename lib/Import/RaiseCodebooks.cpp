//===- RaiseCodebooks.cpp - Layers whose weights are few numbers ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Support/DequantizedWeights.h"
#include "nnq/Support/InputChannels.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/SharedWeights.h"
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

namespace {
/// Integers of weights, and where their channels are.
struct Integers {
  /// The most entries of `size` neighbouring input channels that `together`
  /// neighbouring output channels have; nothing if these are more than `limit`,
  /// or may be so few by chance.
  std::optional<size_t> countEntries(int64_t size, int64_t together,
                                     size_t limit) const;

  std::vector<int32_t> values;
  int64_t channels, inner = 1;
  InputChannels inputs = {};
};
} // namespace

std::optional<size_t> Integers::countEntries(int64_t size, int64_t together,
                                             size_t limit) const {
  // Few entries of few weights say nothing.
  constexpr size_t kUsesOfEntry = 4;
  size_t most = 0;
  std::vector<std::set<uint32_t>> entries(llvm::divideCeil(channels, together));
  for (int64_t i = 0; i < static_cast<int64_t>(values.size()); ++i) {
    if (i / inputs.stride % inputs.count % size != 0)
      continue;
    // All bytes of it.
    uint32_t entry = 0;
    for (int64_t k = 0; k < size; ++k)
      entry = entry << 8 | static_cast<uint8_t>(values[i + k * inputs.stride]);
    std::set<uint32_t> &own = entries[i / inner % channels / together];
    own.insert(entry);
    if (own.size() > limit)
      return std::nullopt;
    most = std::max(most, own.size());
  }
  // Tables have a place for the zeros that fill up groups.
  if (size == 1 && most == limit &&
      !llvm::all_of(entries, [&](const std::set<uint32_t> &own) {
        return own.size() < limit || own.count(0);
      }))
    return std::nullopt;
  if (values.size() / size / entries.size() < kUsesOfEntry * most)
    return std::nullopt;
  return most;
}

namespace {
struct RaiseCodebooks : public nnq::impl::RaiseCodebooksBase<RaiseCodebooks> {
  void runOnOperation() override {
    for (const WeightReaders &readers : findWeightReaders(getOperation()))
      if (!readers.front()->hasAttr(kWeightBitsAttr) &&
          !readers.front()->hasAttr(kWeightVectorsAttr) && readAlike(readers))
        raise(readers);
  }

private:
  void raise(const WeightReaders &readers) {
    WeightedOp operands = *matchWeightedOp(readers.front());
    Value weight = operands.weight->get();
    quant::QuantizedType type = getQuantizedType(weight);
    FailureOr<std::vector<int32_t>> values = failure();
    // Integers of fewer bits are packed as they are.
    if (!type || type.getStorageTypeIntegralWidth() < 8 ||
        !operands.channelAxis || failed(values = getIntegers(weight)))
      return;
    FailureOr<QuantScales> scales = QuantScales::get(type);
    if (failed(scales) || isa<quant::UniformQuantizedSubChannelType>(type) ||
        llvm::any_of(scales->zeroPoints, [](int64_t z) { return z != 0; }))
      return;
    ArrayRef<int64_t> shape = cast<ShapedType>(weight.getType()).getShape();
    Integers integers{std::move(*values), shape[*operands.channelAxis]};
    for (int64_t size : shape.drop_front(*operands.channelAxis + 1))
      integers.inner *= size;
    integers.inputs = InputChannels::get(readers.front(), operands);
    // Kernels look numbers up; vectors are but stored in fewer bits.
    for (int64_t size : {1, 4, 2})
      if (raise(readers, integers, size))
        return;
  }

  /// Tries entries of `size` weights.
  bool raise(const WeightReaders &readers, const Integers &integers,
             int64_t size) {
    constexpr size_t kMostVectors = 256;
    if (integers.inputs.count % size != 0)
      return false;
    // Of all channels, or of those of a block of a kernel.
    for (int64_t together :
         {integers.channels, int64_t{32}, int64_t{16}, int64_t{8}}) {
      if (together > integers.channels)
        continue;
      std::optional<size_t> count = integers.countEntries(
          size, together,
          size == 1 ? static_cast<size_t>(kTableSize) : kMostVectors);
      if (!count)
        continue;
      int64_t bits = std::max<int64_t>(1, llvm::Log2_64_Ceil(*count));
      for (linalg::LinalgOp reader : readers)
        if (size == 1)
          reader->setAttr(kWeightBitsAttr,
                          Builder(&getContext()).getI64IntegerAttr(bits));
        else
          WeightVectors{bits, size, integers.inputs.apart}.write(reader);
      ++numRaised;
      std::string what =
          size == 1 ? "numbers" : llvm::formatv("vectors of {0}", size).str();
      remarkPassed(readers.front(), kPass,
                   llvm::formatv("{0} weights are of {1} {2}",
                                 integers.values.size(), *count, what)
                       .str());
      return true;
    }
    return false;
  }
};
} // namespace
