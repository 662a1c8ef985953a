//===- RoundedQuotient.cpp - Numbers that become integers -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RoundedQuotient.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nnq;

std::optional<double> nnq::getPositive(Value value) {
  APFloat number(0.0f);
  if (!matchPattern(value, m_ConstantFloat(&number)) || !number.isFinite() ||
      number.isNegative() || number.isZero())
    return std::nullopt;
  return number.convertToDouble();
}

/// The constant that `user` does not let `value` be above, as it is written
/// where activations are quantized: a minimum, or value < bound ? value :
/// bound.
static std::optional<double> getUpperBound(Operation *user, Value value) {
  if (isa<arith::MinimumFOp, arith::MinNumFOp>(user))
    return getPositive(user->getOperand(user->getOperand(0) == value));
  auto select = dyn_cast<arith::SelectOp>(user);
  auto compare = select ? select.getCondition().getDefiningOp<arith::CmpFOp>()
                        : arith::CmpFOp();
  if (!compare || compare.getPredicate() != arith::CmpFPredicate::OLT ||
      compare.getLhs() != value || select.getTrueValue() != value ||
      compare.getRhs() != select.getFalseValue())
    return std::nullopt;
  return getPositive(select.getFalseValue());
}

/// True if `value` is only rounded. `bound` is what it is bounded by, if all
/// ways to the integers are.
static bool isRounded(Value value, std::optional<double> &bound) {
  bool isAlways = !value.use_empty();
  double largest = 0;
  for (Operation *user : value.getUsers()) {
    if (isa<arith::CmpFOp>(user))
      continue;
    if (isa<math::RoundEvenOp>(user)) {
      isAlways = false;
      continue;
    }
    std::optional<double> found = getUpperBound(user, value), later;
    if (!isa<arith::SelectOp, arith::MaximumFOp, arith::MinimumFOp,
             arith::MaxNumFOp, arith::MinNumFOp>(user) ||
        !isRounded(user->getResult(0), later))
      return false;
    if (!found)
      found = later;
    isAlways &= found.has_value();
    largest = std::max(largest, found.value_or(0));
  }
  if (isAlways)
    bound = largest;
  return !value.use_empty();
}

std::optional<RoundedQuotient> RoundedQuotient::match(arith::DivFOp op) {
  RoundedQuotient result{op, 0, std::nullopt};
  std::optional<double> step = getPositive(op.getRhs());
  if (!step || !op.getType().isF32() ||
      !isRounded(op.getResult(), result.bound))
    return std::nullopt;
  result.step = *step;
  return result;
}
