//===- ScalarRange.cpp - What values of a body may be ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ScalarRange.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/ConstantData.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

static ScalarRange getWholeRange(unsigned width) {
  double half = std::ldexp(1.0, static_cast<int>(width) - 1);
  return {-half, half - 1};
}

/// Operands that the body reads: of floats, only constants are known.
static std::optional<ScalarRange> getArgumentRange(BlockArgument arg) {
  if (arg.getType().isInteger())
    return getWholeRange(arg.getType().getIntOrFloatBitWidth());
  auto op = dyn_cast<linalg::GenericOp>(arg.getOwner()->getParentOp());
  if (!op || !arg.getType().isF32() ||
      arg.getArgNumber() >= static_cast<unsigned>(op.getNumDpsInputs()))
    return std::nullopt;
  FailureOr<ConstantData> data =
      ConstantData::get(op->getOperand(arg.getArgNumber()));
  if (failed(data) || data->getNumElements() == 0)
    return std::nullopt;
  ArrayRef<float> values = data->getAs<float>();
  if (!llvm::all_of(values, [](float value) { return std::isfinite(value); }))
    return std::nullopt;
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  return ScalarRange{*low, *high};
}

/// What operations on the ends of ranges give, widened by more than rounding
/// may add.
static std::optional<ScalarRange> roundOutward(double low, double high) {
  constexpr double kUlp = 1.0 / (1 << 22);
  low -= std::abs(low) * kUlp + std::numeric_limits<float>::min();
  high += std::abs(high) * kUlp + std::numeric_limits<float>::min();
  double limit = std::numeric_limits<float>::max();
  if (!(low >= -limit) || !(high <= limit))
    return std::nullopt;
  return ScalarRange{low, high};
}

static ScalarRange multiply(ScalarRange a, ScalarRange b) {
  auto [low, high] = std::minmax(
      {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
  return {low, high};
}

std::optional<ScalarRange> ScalarRanges::get(Value value) {
  if (auto arg = dyn_cast<BlockArgument>(value))
    return getArgumentRange(arg);
  APFloat number(0.0f);
  if (value.getType().isF32() &&
      matchPattern(value, m_ConstantFloat(&number))) {
    double known = number.convertToFloat();
    return std::isfinite(known)
               ? std::optional<ScalarRange>(ScalarRange{known, known})
               : std::nullopt;
  }
  APInt integer;
  if (value.getType().isInteger() &&
      matchPattern(value, m_ConstantInt(&integer))) {
    double known = static_cast<double>(integer.getSExtValue());
    return ScalarRange{known, known};
  }
  if (auto found = known.find(value); found != known.end())
    return found->second;
  std::optional<ScalarRange> range = compute(value.getDefiningOp());
  known[value] = range;
  return range;
}

std::optional<ScalarRange> ScalarRanges::compute(Operation *def) {
  SmallVector<ScalarRange> in;
  bool isKnown = true;
  for (Value operand : def->getOperands()) {
    std::optional<ScalarRange> range = get(operand);
    isKnown &= range.has_value();
    in.push_back(range.value_or(ScalarRange{0, 0}));
  }

  Type type = def->getResult(0).getType();
  if (type.isInteger()) {
    ScalarRange whole = getWholeRange(type.getIntOrFloatBitWidth());
    if (!isKnown)
      return whole;
    ScalarRange result = whole;
    if (isa<arith::ExtSIOp>(def))
      result = in[0];
    else if (isa<arith::AddIOp>(def))
      result = {in[0].low + in[1].low, in[0].high + in[1].high};
    else if (isa<arith::SubIOp>(def))
      result = {in[0].low - in[1].high, in[0].high - in[1].low};
    else if (isa<arith::MaxSIOp>(def))
      result = {std::max(in[0].low, in[1].low),
                std::max(in[0].high, in[1].high)};
    else if (isa<arith::MinSIOp>(def))
      result = {std::min(in[0].low, in[1].low),
                std::min(in[0].high, in[1].high)};
    else if (isa<arith::TruncIOp>(def))
      result = in[0];
    else if (isa<arith::ExtUIOp>(def))
      result = {
          0,
          std::ldexp(
              1.0, static_cast<int>(
                       def->getOperand(0).getType().getIntOrFloatBitWidth())) -
              1};
    // What may wrap around may be anything.
    return result.low < whole.low || result.high > whole.high ? whole : result;
  }
  if (!isKnown)
    return std::nullopt;
  if (isa<arith::SIToFPOp>(def))
    return roundOutward(in[0].low, in[0].high);
  if (isa<arith::NegFOp>(def))
    return ScalarRange{-in[0].high, -in[0].low};
  if (isa<math::AbsFOp>(def))
    return ScalarRange{std::max({in[0].low, -in[0].high, 0.0}),
                       std::max(-in[0].low, in[0].high)};
  if (isa<arith::MaximumFOp, arith::MaxNumFOp>(def))
    return ScalarRange{std::max(in[0].low, in[1].low),
                       std::max(in[0].high, in[1].high)};
  if (isa<arith::MinimumFOp, arith::MinNumFOp>(def))
    return ScalarRange{std::min(in[0].low, in[1].low),
                       std::min(in[0].high, in[1].high)};
  if (isa<arith::AddFOp>(def))
    return roundOutward(in[0].low + in[1].low, in[0].high + in[1].high);
  if (isa<arith::SubFOp>(def))
    return roundOutward(in[0].low - in[1].high, in[0].high - in[1].low);
  if (isa<arith::MulFOp>(def)) {
    ScalarRange product = multiply(in[0], in[1]);
    return roundOutward(product.low, product.high);
  }
  if (isa<arith::DivFOp>(def) && in[1].low > 0) {
    ScalarRange quotient = multiply(in[0], {1 / in[1].high, 1 / in[1].low});
    return roundOutward(quotient.low, quotient.high);
  }
  if (isa<math::FmaOp>(def)) {
    ScalarRange product = multiply(in[0], in[1]);
    return roundOutward(product.low + in[2].low, product.high + in[2].high);
  }
  return std::nullopt;
}
