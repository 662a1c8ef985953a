//===- ChannelReaders.cpp - What reads the channels of a layer ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ChannelReaders.h"
#include "nnq/Support/LayerView.h"
#include "nnq/Support/Layers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nnq;

static std::string describe(Operation *op) {
  StringRef layer = findLayerName(op);
  return "'" + op->getName().getStringRef().str() + "'" +
         (layer.empty() ? "" : (" of layer '" + layer + "'").str());
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

namespace {
/// What scaling the operands does to a value of a body.
enum class Effect {
  /// It is multiplied by the factor.
  Scaled,
  /// It stays.
  Fixed,
  /// Either, because it is zero.
  Zero,
  /// Either, as the constant operand that it is will be scaled or not.
  Open,
};

class BodyAnalysis {
public:
  BodyAnalysis(linalg::LinalgOp op, Value scaled) : op(op) {
    for (OpOperand *operand : op.getDpsInputOperands()) {
      Value argument = op.getMatchingBlockArgument(operand);
      if (operand->get() == scaled)
        effects[argument] = Effect::Scaled;
      else if (isa<RankedTensorType>(operand->get().getType()))
        effects[argument] = Effect::Open;
    }
  }

  LogicalResult run(std::string &reason);
  SmallVector<OpOperand *> getConstants() {
    SmallVector<OpOperand *> constants;
    for (OpOperand *operand : op.getDpsInputOperands())
      if (mustScale.contains(op.getMatchingBlockArgument(operand)))
        constants.push_back(operand);
    return constants;
  }

private:
  Effect get(Value value) const {
    if (auto it = effects.find(value); it != effects.end())
      return it->second;
    return matchPattern(value, m_AnyZeroFloat()) ? Effect::Zero : Effect::Fixed;
  }
  std::optional<Effect> apply(Operation &step);
  std::optional<Effect> add(ValueRange values);
  std::optional<Effect> multiply(Value a, Value b);
  /// Decides about an operand that is open; false if it was decided otherwise.
  bool decide(Value value, bool isScaled);

  linalg::LinalgOp op;
  llvm::DenseMap<Value, Effect> effects;
  llvm::SmallDenseSet<Value> mustScale, mustStay;
};
} // namespace

bool BodyAnalysis::decide(Value value, bool isScaled) {
  if (get(value) != Effect::Open)
    return true;
  (isScaled ? mustScale : mustStay).insert(value);
  return !(isScaled ? mustStay : mustScale).contains(value);
}

/// Of what is homogeneous in all of its operands together: all are scaled, or
/// none.
std::optional<Effect> BodyAnalysis::add(ValueRange values) {
  auto is = [&](Effect effect) {
    return llvm::any_of(values, [&](Value v) { return get(v) == effect; });
  };
  if (is(Effect::Scaled) && is(Effect::Fixed))
    return std::nullopt;
  bool isScaled = is(Effect::Scaled);
  for (Value value : values)
    if (!decide(value, isScaled))
      return std::nullopt;
  if (isScaled)
    return Effect::Scaled;
  return is(Effect::Fixed) || is(Effect::Open) ? Effect::Fixed : Effect::Zero;
}

std::optional<Effect> BodyAnalysis::multiply(Value a, Value b) {
  if (get(a) == Effect::Scaled && get(b) == Effect::Scaled)
    return std::nullopt;
  if (!decide(a, /*isScaled=*/false) || !decide(b, /*isScaled=*/false))
    return std::nullopt;
  if (get(a) == Effect::Scaled || get(b) == Effect::Scaled)
    return Effect::Scaled;
  return Effect::Fixed;
}

std::optional<Effect> BodyAnalysis::apply(Operation &step) {
  if (isa<arith::AddFOp, arith::SubFOp, arith::MaximumFOp, arith::MinimumFOp,
          arith::MaxNumFOp, arith::MinNumFOp, arith::NegFOp, math::AbsFOp>(
          step))
    return add(step.getOperands());
  // A comparison does not change if both sides are scaled.
  if (isa<arith::CmpFOp>(step)) {
    if (!add(step.getOperands()))
      return std::nullopt;
    return Effect::Fixed;
  }
  if (isa<arith::SelectOp>(step))
    return get(step.getOperand(0)) == Effect::Scaled
               ? std::nullopt
               : add(step.getOperands().drop_front());
  if (isa<arith::MulFOp>(step))
    return multiply(step.getOperand(0), step.getOperand(1));
  if (isa<arith::DivFOp>(step) && get(step.getOperand(1)) != Effect::Scaled)
    return multiply(step.getOperand(0), step.getOperand(1));
  // Of constants anything may be computed.
  for (Value operand : step.getOperands())
    if (get(operand) == Effect::Scaled || !decide(operand, /*isScaled=*/false))
      return std::nullopt;
  return Effect::Fixed;
}

LogicalResult BodyAnalysis::run(std::string &reason) {
  Block *body = op.getBlock();
  for (Operation &step : body->without_terminator()) {
    if (step.hasTrait<OpTrait::ConstantLike>())
      continue;
    std::optional<Effect> effect = apply(step);
    if (!effect) {
      bool isClamp = isa<arith::MinimumFOp, arith::MaximumFOp, arith::MinNumFOp,
                         arith::MaxNumFOp>(step);
      reason = describe(op) + ": " +
               (isClamp ? "a bound of all channels"
                        : "'" + step.getName().getStringRef().str() + "'") +
               " does not scale with a channel";
      return failure();
    }
    for (Value result : step.getResults())
      effects[result] = *effect;
  }
  Value result = body->getTerminator()->getOperand(0);
  if (get(result) != Effect::Scaled) {
    reason = describe(op) + " does not scale with a channel";
    return failure();
  }
  return success();
}

FailureOr<SmallVector<OpOperand *>>
nnq::findScaledConstants(linalg::LinalgOp op, Value scaled,
                         std::string &reason) {
  for (Value operand : op.getDpsInputs())
    if (operand != scaled && isa<RankedTensorType>(operand.getType()) &&
        !matchPattern(operand, m_Constant())) {
      reason = describe(op) + " joins another branch";
      return failure();
    }
  BodyAnalysis analysis(op, scaled);
  if (failed(analysis.run(reason)))
    return failure();
  return analysis.getConstants();
}

//===----------------------------------------------------------------------===//
// Networks
//===----------------------------------------------------------------------===//

FailureOr<ChannelReaders> ChannelReaders::find(Value value, ChannelDim channels,
                                               std::string &reason) {
  ChannelReaders readers;
  if (failed(readers.follow(value, channels, reason)))
    return failure();
  if (readers.layers.empty()) {
    reason = "no layer reads it";
    return failure();
  }
  return readers;
}

LogicalResult ChannelReaders::follow(Value value, ChannelDim channels,
                                     std::string &reason) {
  for (OpOperand &use : value.getUses())
    if (failed(follow(use, channels, reason)))
      return failure();
  return success();
}

/// Where the channels of a result are whose loop `loop` has them.
static std::optional<ChannelDim>
getResultChannels(linalg::LinalgOp op, unsigned loop, ChannelDim channels) {
  return mapToOperand(op.getMatchingIndexingMap(op.getDpsInitOperand(0)), loop,
                      op->getResult(0), channels);
}

LogicalResult ChannelReaders::follow(OpOperand &use, ChannelDim channels,
                                     std::string &reason) {
  Operation *user = use.getOwner();
  auto fail = [&](const Twine &text) {
    reason = text.str();
    return failure();
  };
  // The size of a batch.
  if (isa<tensor::DimOp>(user))
    return success();
  if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(user)) {
    std::optional<ChannelDim> mapped = mapToResult(user, channels);
    if (!mapped)
      return fail(describe(user) + " splits channels up");
    between.insert(user);
    return follow(user->getResult(0), *mapped, reason);
  }
  if (auto pad = dyn_cast<tensor::PadOp>(user)) {
    Value constant = pad.getConstantPaddingValue();
    // In front of a maximum pads are minus infinity.
    if (!constant ||
        !(matchPattern(constant, m_AnyZeroFloat()) ||
          isLowestValue(constant)) ||
        pad.getSourceType().getDimSize(channels.dim) !=
            pad.getResultType().getDimSize(channels.dim))
      return fail(describe(user) + " pads with numbers that do not scale");
    between.insert(user);
    return follow(pad.getResult(), channels, reason);
  }
  if (user->hasTrait<OpTrait::IsTerminator>())
    return fail("it is a result of the function");
  auto op = dyn_cast<linalg::LinalgOp>(user);
  if (!op || !op.hasPureTensorSemantics() || op.getNumDpsInits() != 1 ||
      !op.isDpsInput(&use))
    return fail(describe(user) + " reads it");
  AffineExpr expr = op.getMatchingIndexingMap(&use).getResult(channels.dim);

  if (isMultiplyAccumulate(op)) {
    FailureOr<WeightedOp> operands = matchWeightedOp(op);
    if (failed(operands) || operands->activation != &use ||
        isDequantized(operands->weight->get()))
      return fail(describe(user) + " multiplies it by no f32 constant");
    FailureOr<std::vector<int64_t>> at =
        evaluateAtWeights(op, operands->weight, expr);
    if (failed(at))
      return fail(describe(user) + " reads channels in a way of its own");
    for (int64_t &index : *at)
      index = channels.getChannel(index);
    layers.push_back({op, operands->weight, std::move(*at)});
    return success();
  }
  auto loop = dyn_cast<AffineDimExpr>(expr);
  std::optional<ChannelDim> mapped =
      loop ? getResultChannels(op, loop.getPosition(), channels) : std::nullopt;
  if (!mapped)
    return fail(describe(user) + " mixes channels");
  bool isNew = between.insert(op);
  if (isMaxPooling(op) || getPermutation(op) ||
      (isSumPooling(op) && isZeroFill(op.getDpsInits()[0])))
    return follow(op->getResult(0), *mapped, reason);
  if (!linalg::isElementwise(op))
    return fail(describe(user) + " reads it");
  // An op that reads the value twice is followed once.
  if (!isNew)
    return success();
  FailureOr<SmallVector<OpOperand *>> found =
      findScaledConstants(op, use.get(), reason);
  if (failed(found))
    return failure();
  for (OpOperand *constant : *found) {
    std::optional<ChannelDim> of =
        mapToOperand(op.getMatchingIndexingMap(constant), loop.getPosition(),
                     constant->get(), channels);
    if (!of)
      return fail(describe(user) + ": one number is added to all channels");
    constants.push_back({constant, *of});
  }
  return follow(op->getResult(0), *mapped, reason);
}
