//===- BatchSizes.cpp - Integers that depend on the batch -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/BatchSizes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nnq;

using Size = std::optional<BatchSize>;

static Size multiply(BatchSize a, BatchSize b) {
  if (!a.isConstant())
    std::swap(a, b);
  if (!a.isConstant())
    return std::nullopt;
  return BatchSize{a.offset * b.scale, a.offset * b.offset};
}

/// Only where nothing is rounded, so that all kinds of division agree.
static Size divide(BatchSize a, BatchSize b) {
  if (b.isConstant()) {
    if (b.offset == 0 || a.scale % b.offset || a.offset % b.offset)
      return std::nullopt;
    return BatchSize{a.scale / b.offset, a.offset / b.offset};
  }
  if (a.offset || b.offset || a.scale % b.scale)
    return std::nullopt;
  return BatchSize{0, a.scale / b.scale};
}

/// The sign of a size for every batch: -1, 0 or 1, if it is one of them.
static std::optional<int> getSign(BatchSize a) {
  int64_t least = a.at(1);
  if (a.scale == 0)
    return least < 0 ? -1 : least > 0;
  if (a.scale > 0 && least > 0)
    return 1;
  if (a.scale < 0 && least < 0)
    return -1;
  return std::nullopt;
}

static Size compare(arith::CmpIPredicate predicate, BatchSize a, BatchSize b) {
  BatchSize difference{a.scale - b.scale, a.offset - b.offset};
  std::optional<int> sign = getSign(difference);
  auto truth = [](bool value) { return BatchSize{0, value}; };
  switch (predicate) {
  case arith::CmpIPredicate::eq:
  case arith::CmpIPredicate::ne:
    if (!sign)
      return std::nullopt;
    return truth((*sign == 0) == (predicate == arith::CmpIPredicate::eq));
  case arith::CmpIPredicate::slt:
    // Zero for one sample, of one sign for more.
    if (!sign && difference.at(1) == 0 && difference.scale > 0)
      return truth(false);
    return sign ? Size(truth(*sign < 0)) : std::nullopt;
  case arith::CmpIPredicate::sle:
    if (!sign && difference.at(1) == 0 && difference.scale < 0)
      return truth(true);
    return sign ? Size(truth(*sign <= 0)) : std::nullopt;
  case arith::CmpIPredicate::sgt:
    return compare(arith::CmpIPredicate::slt, b, a);
  case arith::CmpIPredicate::sge:
    return compare(arith::CmpIPredicate::sle, b, a);
  case arith::CmpIPredicate::ult:
  case arith::CmpIPredicate::ule:
  case arith::CmpIPredicate::ugt:
  case arith::CmpIPredicate::uge:
    return std::nullopt;
  }
  llvm_unreachable("unknown predicate");
}

/// True for what has no sign, whatever the batch.
static bool isNatural(BatchSize a) { return a.scale >= 0 && a.at(1) >= 0; }

static Size evaluateBinary(Operation *op, BatchSize a, BatchSize b) {
  if (isa<arith::AddIOp>(op))
    return BatchSize{a.scale + b.scale, a.offset + b.offset};
  if (isa<arith::SubIOp>(op))
    return BatchSize{a.scale - b.scale, a.offset - b.offset};
  if (isa<arith::MulIOp>(op))
    return multiply(a, b);
  if (isa<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp,
          arith::CeilDivSIOp, arith::CeilDivUIOp>(op))
    return divide(a, b);
  if (isa<arith::RemSIOp, arith::RemUIOp>(op))
    return divide(a, b) ? Size(BatchSize{}) : std::nullopt;
  if (isa<arith::MinSIOp, arith::MaxSIOp>(op) ||
      (isa<arith::MinUIOp, arith::MaxUIOp>(op) && isNatural(a) &&
       isNatural(b))) {
    Size less = compare(arith::CmpIPredicate::sle, a, b);
    if (!less)
      return std::nullopt;
    return (less->offset != 0) == isa<arith::MinSIOp, arith::MinUIOp>(op) ? a
                                                                          : b;
  }
  if (isa<arith::AndIOp, arith::OrIOp>(op)) {
    // Of truth values.
    if (!op->getResult(0).getType().isInteger(1) || !a.isConstant() ||
        !b.isConstant())
      return std::nullopt;
    bool both = isa<arith::AndIOp>(op);
    return BatchSize{0, both ? a.offset && b.offset : a.offset || b.offset};
  }
  if (auto cmp = dyn_cast<arith::CmpIOp>(op))
    return compare(cmp.getPredicate(), a, b);
  return std::nullopt;
}

/// `operands` are those of the dimensions, then of the symbols.
static Size evaluateAffine(AffineExpr expr, unsigned numDims,
                           ArrayRef<BatchSize> operands) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return BatchSize{0, constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return operands[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return operands[numDims + symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Size a = evaluateAffine(binary.getLHS(), numDims, operands);
  Size b = evaluateAffine(binary.getRHS(), numDims, operands);
  if (!a || !b)
    return std::nullopt;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return BatchSize{a->scale + b->scale, a->offset + b->offset};
  case AffineExprKind::Mul:
    return multiply(*a, *b);
  case AffineExprKind::FloorDiv:
  case AffineExprKind::CeilDiv:
    return divide(*a, *b);
  case AffineExprKind::Mod:
    return divide(*a, *b) ? Size(BatchSize{}) : std::nullopt;
  default:
    return std::nullopt;
  }
}

std::optional<BatchSize> BatchSizes::get(Value scalar) const {
  if (auto it = sizes.find(scalar); it != sizes.end())
    return it->second;
  APInt constant;
  if (!matchPattern(scalar, m_ConstantInt(&constant)))
    return std::nullopt;
  return BatchSize{0, scalar.getType().isInteger(1) ? !constant.isZero()
                                                    : constant.getSExtValue()};
}

std::optional<BatchSize> BatchSizes::get(OpFoldResult scalar) const {
  if (auto value = dyn_cast<Value>(scalar))
    return get(value);
  return BatchSize{0, *getConstantIntValue(scalar)};
}

bool BatchSizes::dependsOnBatch(Value scalar) const {
  if (unknown.contains(scalar))
    return true;
  auto it = sizes.find(scalar);
  return it != sizes.end() && !it->second.isConstant();
}

void BatchSizes::evaluate(Operation *op) {
  if (op->hasTrait<OpTrait::ConstantLike>())
    return;
  if (op->getNumResults() == 1) {
    Size result;
    if (auto select = dyn_cast<arith::SelectOp>(op)) {
      if (Size condition = get(select.getCondition());
          condition && condition->isConstant())
        result = get(condition->offset ? select.getTrueValue()
                                       : select.getFalseValue());
    } else if (isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp,
                   arith::ExtUIOp, arith::TruncIOp>(op)) {
      // A truth value is 0 or 1 here, whatever its extension.
      bool isSignedTruth =
          isa<arith::ExtSIOp>(op) && op->getOperand(0).getType().isInteger(1);
      bool isNarrow = op->getResult(0).getType().isIntOrFloat() &&
                      op->getResult(0).getType().getIntOrFloatBitWidth() < 32;
      if (!isSignedTruth && !isNarrow)
        result = get(op->getOperand(0));
    } else if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
      SmallVector<BatchSize> operands;
      for (Value operand : apply.getOperands())
        if (Size size = get(operand))
          operands.push_back(*size);
      AffineMap map = apply.getAffineMap();
      if (operands.size() == apply.getNumOperands())
        result = evaluateAffine(map.getResult(0), map.getNumDims(), operands);
    } else if (op->getNumOperands() == 2) {
      Size a = get(op->getOperand(0)), b = get(op->getOperand(1));
      if (a && b)
        result = evaluateBinary(op, *a, *b);
    }
    if (result) {
      set(op->getResult(0), *result);
      return;
    }
  }
  if (llvm::any_of(op->getOperands(),
                   [&](Value operand) { return dependsOnBatch(operand); }))
    unknown.insert(op->result_begin(), op->result_end());
}
