//===- AffineChain.cpp - Scales and offsets behind a layer ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "AffineChain.h"
#include "nnq/Support/ConstantData.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nnq;

namespace {

/// What a value of a body is of the result of the layer, channel by channel.
/// Without a scale it is a constant.
struct Affine {
  SmallVector<double> scale, offset;

  bool isConstant() const { return scale.empty(); }
};

using Fn = double (*)(double, double);

} // namespace

static double add(double a, double b) { return a + b; }
static double subtract(double a, double b) { return a - b; }
static double multiply(double a, double b) { return a * b; }
static double divide(double a, double b) { return a / b; }

/// fn(a, b) for each channel; a missing vector is zero.
static SmallVector<double> combine(ArrayRef<double> a, ArrayRef<double> b,
                                   Fn fn) {
  SmallVector<double> result(std::max(a.size(), b.size()));
  for (auto [i, value] : llvm::enumerate(result))
    value = fn(a.empty() ? 0 : a[i], b.empty() ? 0 : b[i]);
  return result;
}

/// Nothing if the op is not affine.
static std::optional<Affine> apply(Operation *op, ArrayRef<Affine> operands) {
  if (isa<arith::NegFOp>(op)) {
    const Affine &a = operands[0];
    return Affine{combine({}, a.scale, subtract),
                  combine({}, a.offset, subtract)};
  }
  if (isa<arith::AddFOp, arith::SubFOp>(op)) {
    Fn fn = isa<arith::AddFOp>(op) ? add : subtract;
    const Affine &a = operands[0], &b = operands[1];
    return Affine{combine(a.scale, b.scale, fn),
                  combine(a.offset, b.offset, fn)};
  }
  if (!isa<arith::MulFOp, arith::DivFOp>(op))
    return std::nullopt;
  const Affine *a = &operands[0], *b = &operands[1];
  if (isa<arith::MulFOp>(op) && !b->isConstant())
    std::swap(a, b);
  if (!b->isConstant())
    return std::nullopt;
  Fn fn = isa<arith::MulFOp>(op) ? multiply : divide;
  Affine result{{}, combine(a->offset, b->offset, fn)};
  if (!a->isConstant())
    result.scale = combine(a->scale, b->offset, fn);
  return result;
}

int64_t AffineChain::getNumChannels() const {
  int64_t count = 1;
  for (const Channel &channel : channels)
    count *= channel.size;
  return count;
}

/// The number that a constant operand has for each channel; fails if it differs
/// along anything else.
FailureOr<SmallVector<double>> AffineChain::readConstant(OpOperand *operand,
                                                         AffineMap map) {
  FailureOr<ConstantData> data = ConstantData::get(operand->get());
  if (failed(data) || !data->getType().getElementType().isF32())
    return failure();
  // What one step along each channel means in the constant.
  SmallVector<int64_t> strides(channels.size());
  int64_t stride = 1;
  for (int64_t i = data->getType().getRank() - 1; i >= 0; --i) {
    int64_t size = data->getShape()[i];
    auto dim = dyn_cast<AffineDimExpr>(map.getResult(i));
    if (size != 1) {
      if (!dim || !dims[dim.getPosition()])
        return failure();
      int64_t inner = stride;
      for (unsigned channel : llvm::reverse(*dims[dim.getPosition()])) {
        strides[channel] += inner;
        inner *= channels[channel].size;
      }
    }
    stride *= size;
  }
  ArrayRef<float> values = data->getAs<float>();
  SmallVector<double> result(getNumChannels());
  for (auto [linear, value] : llvm::enumerate(result)) {
    int64_t rest = linear, at = 0;
    for (int64_t i = channels.size() - 1; i >= 0; --i) {
      at += rest % channels[i].size * strides[i];
      rest /= channels[i].size;
    }
    value = values[at];
  }
  return result;
}

bool AffineChain::append(linalg::GenericOp op, Value input) {
  if (!op.hasPureTensorSemantics() || !linalg::isElementwise(op) ||
      op->getNumResults() != 1 ||
      op->getResult(0).getType() != input.getType() ||
      op.isInitTensor(op.getDpsInitOperand(0)) ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return false;
  int64_t count = getNumChannels();
  llvm::DenseMap<Value, Affine> values;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    Value argument = op.getMatchingBlockArgument(operand);
    if (operand->get() == input) {
      if (!map.isIdentity())
        return false;
      inputs[op] = operand->getOperandNumber();
      values[argument] = {SmallVector<double>(count, 1.0),
                          SmallVector<double>(count, 0.0)};
      continue;
    }
    FailureOr<SmallVector<double>> constant = readConstant(operand, map);
    if (failed(constant))
      return false;
    values[argument] = {{}, std::move(*constant)};
  }

  auto getValue = [&](Value value) -> std::optional<Affine> {
    if (auto it = values.find(value); it != values.end())
      return it->second;
    FloatAttr constant;
    if (!matchPattern(value, m_Constant(&constant)))
      return std::nullopt;
    return Affine{{}, SmallVector<double>(count, constant.getValueAsDouble())};
  };
  for (Operation &step : op.getBody()->without_terminator()) {
    if (step.hasTrait<OpTrait::ConstantLike>())
      continue;
    SmallVector<Affine> operands;
    for (Value operand : step.getOperands()) {
      std::optional<Affine> value = getValue(operand);
      if (!value)
        return false;
      operands.push_back(std::move(*value));
    }
    std::optional<Affine> result = apply(&step, operands);
    if (!result)
      return false;
    values[step.getResult(0)] = std::move(*result);
  }
  std::optional<Affine> result =
      getValue(op.getBody()->getTerminator()->getOperand(0));
  if (!result || result->isConstant())
    return false;
  offset =
      combine(combine(offset, result->scale, multiply), result->offset, add);
  scale = combine(scale, result->scale, multiply);
  ops.push_back(op);
  lastDims = dims;
  return true;
}

/// Follows which dimensions run over channels.
bool AffineChain::reshape(Operation *op) {
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    Dims collapsed;
    for (const ReassociationIndices &group :
         collapse.getReassociationIndices()) {
      std::optional<SmallVector<unsigned>> merged;
      bool mixed = false;
      for (int64_t i : group) {
        if (collapse.getSrcType().getDimSize(i) == 1)
          continue;
        mixed |= !dims[i];
        if (!merged)
          merged.emplace();
        if (dims[i])
          llvm::append_range(*merged, *dims[i]);
      }
      collapsed.push_back(mixed ? std::nullopt : merged);
    }
    dims = std::move(collapsed);
    return true;
  }
  auto expand = dyn_cast<tensor::ExpandShapeOp>(op);
  if (!expand)
    return false;
  Dims expanded(expand.getType().getRank());
  for (auto [i, group] : llvm::enumerate(expand.getReassociationIndices())) {
    if (!dims[i])
      continue;
    for (int64_t j : group)
      if (expand.getType().getDimSize(j) != 1) {
        // Split channels are left alone.
        if (expand.getType().getDimSize(j) != expand.getSrcType().getDimSize(i))
          return false;
        expanded[j] = dims[i];
      }
  }
  dims = std::move(expanded);
  return true;
}

LogicalResult AffineChain::match(linalg::LinalgOp layer, OpOperand *weight,
                                 std::string &reason) {
  context = layer.getContext();
  AffineMap out = layer.getMatchingIndexingMap(layer.getDpsInitOperand(0));
  AffineMap in = layer.getMatchingIndexingMap(weight);
  auto type = dyn_cast<RankedTensorType>(layer->getResult(0).getType());
  if (!type || !out.isProjectedPermutation()) {
    reason = "the result does not have one loop a dimension";
    return failure();
  }
  for (auto [i, expr] : llvm::enumerate(out.getResults())) {
    std::optional<unsigned> at = in.getResultPosition(expr);
    dims.push_back(std::nullopt);
    if (!at)
      continue;
    if (type.isDynamicDim(i)) {
      reason = "the number of channels is not static";
      return failure();
    }
    dims.back().emplace(1, channels.size());
    channels.push_back({*at, type.getDimSize(i)});
  }
  scale.assign(getNumChannels(), 1.0);
  offset.assign(getNumChannels(), 0.0);

  Value value = layer->getResult(0);
  while (value.hasOneUse()) {
    Operation *user = *value.user_begin();
    auto generic = dyn_cast<linalg::GenericOp>(user);
    if (generic ? !append(generic, value) : !reshape(user))
      break;
    value = user->getResult(0);
  }
  if (ops.empty()) {
    reason = "no affine elementwise op is the only reader of the result";
    return failure();
  }
  return success();
}

SmallVector<int64_t>
AffineChain::getChannelStrides(ArrayRef<int64_t> weightShape) const {
  SmallVector<int64_t> strides(weightShape.size());
  int64_t stride = 1;
  for (const Channel &channel : llvm::reverse(channels)) {
    strides[channel.weightDim] = stride;
    stride *= channel.size;
  }
  return strides;
}

AffineMap AffineChain::getBiasMap(SmallVectorImpl<int64_t> &shape) const {
  SmallVector<AffineExpr> exprs;
  for (auto [i, dim] : llvm::enumerate(lastDims)) {
    if (!dim || dim->empty())
      continue;
    int64_t size = 1;
    for (unsigned channel : *dim)
      size *= channels[channel].size;
    shape.push_back(size);
    exprs.push_back(getAffineDimExpr(i, context));
  }
  return AffineMap::get(lastDims.size(), 0, exprs, context);
}
