//===- FixedPoint.cpp - Rescaling by integers -----------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "FixedPoint.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

FixedPointFactor nnq::getFixedPointFactor(double factor) {
  FixedPointFactor result;
  double fraction = std::frexp(factor, &result.shift);
  auto fixed = static_cast<int64_t>(std::round(fraction * (int64_t(1) << 31)));
  if (fixed == (int64_t(1) << 31)) {
    fixed /= 2;
    ++result.shift;
  }
  if (result.shift < -31)
    return {};
  if (result.shift > 30)
    return {std::numeric_limits<int32_t>::max(), 30};
  result.value = static_cast<int32_t>(fixed);
  return result;
}

Value nnq::emitFixedPointProduct(OpBuilder &builder, Location loc, Value x,
                                 Value factor, Value left, Value right) {
  Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
  auto constant = [&](int64_t value, Type type) -> Value {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getIntegerAttr(type, value));
  };
  auto widen = [&](Value value) -> Value {
    return arith::ExtSIOp::create(builder, loc, i64, value);
  };
  if (left)
    x = arith::ShLIOp::create(builder, loc, x, left);
  // The only product that does not fit after doubling is that of two -2^31,
  // which no factor is.
  Value product = arith::MulIOp::create(builder, loc, widen(x), widen(factor));
  product = arith::AddIOp::create(builder, loc, product,
                                  constant(int64_t(1) << 30, i64));
  Value high = arith::ShRSIOp::create(builder, loc, product, constant(31, i64));
  Value value = arith::TruncIOp::create(builder, loc, i32, high);

  Value one = constant(1, i32), zero = constant(0, i32);
  Value mask = arith::SubIOp::create(
      builder, loc, arith::ShLIOp::create(builder, loc, one, right), one);
  Value rest = arith::AndIOp::create(builder, loc, value, mask);
  Value isNegative = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::slt, value, zero);
  Value half = arith::ShRSIOp::create(builder, loc, mask, one);
  half = arith::AddIOp::create(
      builder, loc, half,
      arith::ExtUIOp::create(builder, loc, i32, isNegative));
  Value isMore = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sgt,
                                       rest, half);
  value = arith::ShRSIOp::create(builder, loc, value, right);
  return arith::AddIOp::create(
      builder, loc, value, arith::ExtUIOp::create(builder, loc, i32, isMore));
}
