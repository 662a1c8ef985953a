//===- QuantizationBody.cpp - Bodies that quantize or dequantize ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizationBody.h"
#include "nnq/Support/ConstantData.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

namespace {

/// A number of the body, or one for each index of a dimension.
struct Numbers {
  std::optional<unsigned> axis;
  SmallVector<double> values;
};

class BodyMatcher {
public:
  BodyMatcher(linalg::GenericOp op, std::string &reason)
      : op(op), reason(reason) {}

  LogicalResult fail(const char *text) {
    reason = text;
    return failure();
  }

  /// One result, every element of which comes of one element at its place.
  bool isElementwise() {
    return op.hasPureTensorSemantics() && op->getNumResults() == 1 &&
           op.getNumReductionLoops() == 0 && op.getNumDpsInputs() > 0 &&
           op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() &&
           cast<ShapedType>(op->getResult(0).getType()).hasRank();
  }

  Value getYielded() { return op.getBlock()->getTerminator()->getOperand(0); }

  /// The operand that `value` is an element of at the place of the result.
  std::optional<unsigned> getInput(Value value) {
    auto arg = dyn_cast<BlockArgument>(value);
    if (!arg || arg.getOwner() != op.getBlock() ||
        arg.getArgNumber() >= op.getNumDpsInputs())
      return std::nullopt;
    OpOperand *operand = op.getDpsInputOperand(arg.getArgNumber());
    if (cast<ShapedType>(operand->get().getType()).getRank() !=
            static_cast<int64_t>(op.getNumLoops()) ||
        !op.getMatchingIndexingMap(operand).isIdentity())
      return std::nullopt;
    return arg.getArgNumber();
  }

  /// The constant that `value` is.
  std::optional<Numbers> getNumbers(Value value);

private:
  linalg::GenericOp op;
  std::string &reason;
};

} // namespace

static std::optional<double> getNumber(Attribute attr) {
  if (auto number = dyn_cast<FloatAttr>(attr))
    return number.getValueAsDouble();
  if (auto number = dyn_cast<IntegerAttr>(attr))
    return static_cast<double>(number.getValue().getSExtValue());
  return std::nullopt;
}

static std::optional<SmallVector<double>>
readNumbers(const ConstantData &data) {
  Type type = data.getType().getElementType();
  auto convert = [](auto values) {
    return SmallVector<double>(values.begin(), values.end());
  };
  if (type.isF32())
    return convert(data.getAs<float>());
  if (type.isF64())
    return convert(data.getAs<double>());
  if (type.isInteger(8))
    return convert(data.getAs<int8_t>());
  if (type.isInteger(32))
    return convert(data.getAs<int32_t>());
  if (type.isInteger(64))
    return convert(data.getAs<int64_t>());
  return std::nullopt;
}

std::optional<Numbers> BodyMatcher::getNumbers(Value value) {
  // Conversions of a number that is exact in either type.
  while (Operation *cast = value.getDefiningOp()) {
    if (!isa<arith::SIToFPOp, arith::ExtSIOp, arith::TruncIOp, arith::ExtFOp,
             arith::TruncFOp>(cast))
      break;
    value = cast->getOperand(0);
  }
  Attribute attr;
  if (matchPattern(value, m_Constant(&attr))) {
    std::optional<double> number = getNumber(attr);
    if (!number)
      return std::nullopt;
    return Numbers{std::nullopt, {*number}};
  }
  auto arg = dyn_cast<BlockArgument>(value);
  if (!arg || arg.getOwner() != op.getBlock() ||
      arg.getArgNumber() >= op.getNumDpsInputs())
    return std::nullopt;
  OpOperand *operand = op.getDpsInputOperand(arg.getArgNumber());
  FailureOr<ConstantData> data = ConstantData::get(operand->get());
  if (failed(data))
    return std::nullopt;
  std::optional<SmallVector<double>> values = readNumbers(*data);
  if (!values)
    return std::nullopt;
  Numbers numbers{std::nullopt, std::move(*values)};
  AffineMap map = op.getMatchingIndexingMap(operand);
  for (auto [expr, size] : llvm::zip(map.getResults(), data->getShape())) {
    if (size == 1)
      continue;
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || numbers.axis)
      return std::nullopt;
    numbers.axis = dim.getPosition();
  }
  return numbers;
}

static bool isWhole(double value) { return value == std::nearbyint(value); }

/// Fills in scales and zero points, one for each index if there is an axis.
static bool setParams(QuantizationParams &params, const Numbers &scale,
                      const Numbers &zeroPoint) {
  if (scale.axis && zeroPoint.axis && scale.axis != zeroPoint.axis)
    return false;
  params.axis = scale.axis ? scale.axis : zeroPoint.axis;
  size_t count = std::max(scale.values.size(), zeroPoint.values.size());
  for (size_t i = 0; i < count; ++i) {
    double s = scale.values[scale.axis ? i : 0];
    double z = zeroPoint.values[zeroPoint.axis ? i : 0];
    if (!std::isfinite(s) || s <= 0 || static_cast<float>(s) <= 0 ||
        !isWhole(z) || z < params.min || z > params.max)
      return false;
    params.scales.push_back(static_cast<float>(s));
    params.zeroPoints.push_back(static_cast<int64_t>(z));
  }
  return true;
}

/// Operands of a commutative op of a body, the constant one second.
static std::optional<std::pair<Value, Numbers>>
splitConstant(BodyMatcher &matcher, Operation *op) {
  for (unsigned i : {1u, 0u})
    if (std::optional<Numbers> numbers = matcher.getNumbers(op->getOperand(i)))
      return {{op->getOperand(1 - i), *numbers}};
  return std::nullopt;
}

FailureOr<QuantizationParams> nnq::matchQuantizeBody(linalg::GenericOp op,
                                                     std::string &reason) {
  BodyMatcher matcher(op, reason);
  if (!matcher.isElementwise())
    return matcher.fail("not elementwise");
  QuantizationParams params;
  Value value = matcher.getYielded();
  if (!value.getType().isInteger(8))
    return matcher.fail("the result is not of 8 bits");
  Operation *convert = value.getDefiningOp();
  if (isa_and_nonnull<arith::TruncIOp>(convert))
    convert = convert->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::FPToSIOp, arith::FPToUIOp>(convert))
    return matcher.fail("no conversion to an integer");
  value = convert->getOperand(0);
  if (!value.getType().isF32())
    return matcher.fail("not computed in f32");

  std::optional<double> low, high;
  while (Operation *clamp = value.getDefiningOp()) {
    bool isMax = isa<arith::MaximumFOp, arith::MaxNumFOp>(clamp);
    if (!isMax && !isa<arith::MinimumFOp, arith::MinNumFOp>(clamp))
      break;
    auto split = splitConstant(matcher, clamp);
    std::optional<double> &bound = isMax ? low : high;
    if (!split || split->second.values.size() != 1 || bound)
      return matcher.fail("the bounds are not one pair of constants");
    bound = split->second.values.front();
    value = split->first;
  }
  if (!low || !high || !isWhole(*low) || !isWhole(*high) || *low >= *high)
    return matcher.fail("no bounds that are whole numbers");
  // Bounds say what the integers mean: torch-mlir converts to signed ones.
  params.isSigned = isa<arith::FPToSIOp>(convert);
  params.min = static_cast<int64_t>(*low);
  params.max = static_cast<int64_t>(*high);
  if (*high > 127 && *low >= 0)
    params.isSigned = false;
  if (params.min < (params.isSigned ? -128 : 0) ||
      params.max > (params.isSigned ? 127 : 255))
    return matcher.fail("the bounds do not fit 8 bits");

  Numbers zeroPoint{std::nullopt, {0.0}};
  if (auto add = value.getDefiningOp<arith::AddFOp>()) {
    auto split = splitConstant(matcher, add);
    if (!split)
      return matcher.fail("the zero point is no constant");
    zeroPoint = split->second;
    value = split->first;
  }
  auto round = value.getDefiningOp<math::RoundEvenOp>();
  if (!round)
    return matcher.fail("does not round half to even");
  auto divide = round.getOperand().getDefiningOp<arith::DivFOp>();
  std::optional<Numbers> scale;
  if (divide) {
    value = divide.getLhs();
    scale = matcher.getNumbers(divide.getRhs());
  } else if (auto multiply =
                 round.getOperand().getDefiningOp<arith::MulFOp>()) {
    if (auto split = splitConstant(matcher, multiply)) {
      value = split->first;
      scale = split->second;
      for (double &number : scale->values)
        number = 1.0f / static_cast<float>(number);
    }
  }
  if (!scale)
    return matcher.fail("no scale that is constant");
  std::optional<unsigned> input = matcher.getInput(value);
  if (!input)
    return matcher.fail("rounds something else than an operand");
  params.input = *input;
  if (!setParams(params, *scale, zeroPoint))
    return matcher.fail("scale or zero point are out of range");
  return params;
}

FailureOr<QuantizationParams> nnq::matchDequantizeBody(linalg::GenericOp op,
                                                       std::string &reason) {
  BodyMatcher matcher(op, reason);
  if (!matcher.isElementwise())
    return matcher.fail("not elementwise");
  auto multiply = matcher.getYielded().getDefiningOp<arith::MulFOp>();
  if (!multiply || !multiply.getType().isF32())
    return matcher.fail("no multiplication by a scale in f32");
  auto split = splitConstant(matcher, multiply);
  if (!split)
    return matcher.fail("the scale is no constant");
  Numbers scale = split->second, zeroPoint{std::nullopt, {0.0}};
  Value value = split->first;

  // The zero point goes off before or after the conversion.
  if (auto subtract = value.getDefiningOp<arith::SubFOp>()) {
    std::optional<Numbers> numbers = matcher.getNumbers(subtract.getRhs());
    if (!numbers)
      return matcher.fail("the zero point is no constant");
    zeroPoint = *numbers;
    value = subtract.getLhs();
  }
  Operation *convert = value.getDefiningOp();
  if (!isa_and_nonnull<arith::SIToFPOp, arith::UIToFPOp>(convert))
    return matcher.fail("no conversion of an integer");
  bool isSigned = isa<arith::SIToFPOp>(convert);
  value = convert->getOperand(0);
  if (auto subtract = value.getDefiningOp<arith::SubIOp>()) {
    std::optional<Numbers> numbers = matcher.getNumbers(subtract.getRhs());
    if (!numbers || !isSigned)
      return matcher.fail("the zero point is no constant");
    zeroPoint = *numbers;
    value = subtract.getLhs();
  }
  if (Operation *extend = value.getDefiningOp()) {
    if (!isa<arith::ExtSIOp, arith::ExtUIOp>(extend))
      return matcher.fail("converts something else than an operand");
    isSigned = isa<arith::ExtSIOp>(extend);
    value = extend->getOperand(0);
  }
  std::optional<unsigned> input = matcher.getInput(value);
  if (!input || !value.getType().isInteger(8))
    return matcher.fail("no operand of 8 bits");
  QuantizationParams params;
  params.input = *input;
  params.isSigned = isSigned;
  if (!isSigned) {
    params.min = 0;
    params.max = 255;
  }
  if (!setParams(params, scale, zeroPoint))
    return matcher.fail("scale or zero point are out of range");
  return params;
}
