//===- IntegerNorm.cpp - A layer norm without f32 -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "IntegerNorm.h"

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

/// Bits behind the point of c / sqrt(V), which is at most 1.
static constexpr unsigned kNormBits = 30;

std::string IntegerNorm::set(const LayerNorm &norm, double inScale,
                             double outScale) {
  // Sums of a row plus n 2^15 fit in 32 bits.
  constexpr int64_t kMostChannels = 1 << 15;
  // What a multiplier and an offset in units of the product leave room for.
  constexpr double kMostMultiplier = 1 << 30;
  constexpr unsigned kMostShift = 16;
  channels = norm.scale.size();
  if (channels > kMostChannels)
    return "its rows have more than 32768 elements, whose sum 32 bits do not "
           "hold";
  double steps = channels * norm.epsilon / (inScale * inScale);
  if (!(steps >= 0 && steps < std::ldexp(1.0, 60)))
    return "its epsilon is no number of steps";
  epsilon = std::llround(steps);
  double largest = 0;
  for (auto [scale, offset] : llvm::zip_equal(norm.scale, norm.offset)) {
    if (!std::isfinite(scale) || !std::isfinite(offset))
      return "its scale or offset is no finite number";
    largest =
        std::max(largest, std::abs(scale * std::sqrt(channels)) / outScale);
  }
  if (largest > kMostMultiplier)
    return "its scale is too large for the range of its result";
  shift = 0;
  while (shift < kMostShift && 2 * largest <= kMostMultiplier) {
    largest *= 2;
    ++shift;
  }
  for (auto [scale, offset] : llvm::zip_equal(norm.scale, norm.offset)) {
    double factor = scale * std::sqrt(channels) / outScale;
    multipliers.push_back(
        static_cast<int32_t>(std::llround(std::ldexp(factor, shift))));
    double bounded = std::clamp<double>(
        offset / outScale, -2 * kMostNormInteger, 2 * kMostNormInteger);
    offsets.push_back(std::llround(std::ldexp(bounded, kNormBits + shift)));
  }
  return "";
}

namespace {
/// Integer arithmetic in the body of an op.
struct Body {
  OpBuilder &b;
  Location loc;

  Value number(Type type, int64_t value) {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, value));
  }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubIOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulIOp::create(b, loc, x, y); }
  Value shiftLeft(Value x, Value y) {
    return arith::ShLIOp::create(b, loc, x, y);
  }
  Value shiftRight(Value x, Value y) {
    return arith::ShRSIOp::create(b, loc, x, y);
  }
  Value widen(Type type, Value x) {
    return arith::ExtSIOp::create(b, loc, type, x);
  }
  Value narrow(Type type, Value x) {
    return arith::TruncIOp::create(b, loc, type, x);
  }

  /// floor(sqrt(x)) of a 64-bit number without a sign, bit by bit.
  Value squareRoot(Value x) {
    Type i64 = b.getI64Type();
    Value root = number(i64, 0);
    for (int bit = 31; bit >= 0; --bit) {
      Value next =
          arith::OrIOp::create(b, loc, root, number(i64, int64_t(1) << bit));
      Value fits = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ule,
                                         mul(next, next), x);
      root = arith::SelectOp::create(b, loc, fits, next, root);
    }
    return root;
  }

  /// Half of the largest even number of bits that `x` > 0 moves up in 63.
  Value halfOfHeadroom(Value x) {
    Type i64 = b.getI64Type();
    Value zeros = math::CountLeadingZerosOp::create(b, loc, x);
    return shiftRight(sub(zeros, number(i64, 1)), number(i64, 1));
  }
};
} // namespace

Value IntegerNorm::emit(OpBuilder &builder, Location loc, Value x,
                        StringRef layer) const {
  auto type = cast<RankedTensorType>(x.getType());
  unsigned rank = type.getRank();
  Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
  AffineMap all = builder.getMultiDimIdentityMap(rank);
  AffineMap row = all.getSliceMap(0, rank - 1);
  AffineMap channel = all.getSliceMap(rank - 1, 1);
  AffineMap rowAlone = builder.getMultiDimIdentityMap(rank - 1);
  ArrayRef<int64_t> rows = type.getShape().drop_back();

  auto emitOp = [&](ArrayRef<int64_t> shape, Type element, ValueRange inputs,
                    ArrayRef<AffineMap> maps, bool reduces,
                    function_ref<Value(Body, ValueRange)> body) -> Value {
    Value init = tensor::EmptyOp::create(builder, loc, shape, element);
    if (reduces) {
      Value zero = arith::ConstantOp::create(
          builder, loc, builder.getIntegerAttr(element, 0));
      init = linalg::FillOp::create(builder, loc, zero, init).getResult(0);
    }
    SmallVector<utils::IteratorType> iterators(maps[0].getNumDims(),
                                               utils::IteratorType::parallel);
    if (reduces)
      iterators.back() = utils::IteratorType::reduction;
    auto op = linalg::GenericOp::create(
        builder, loc, init.getType(), inputs, init, maps, iterators,
        [&](OpBuilder &nested, Location at, ValueRange args) {
          linalg::YieldOp::create(nested, at, body(Body{nested, at}, args));
        });
    op->setAttr(kLayerAttr, builder.getStringAttr(layer));
    return op.getResult(0);
  };

  Value sum = emitOp(rows, i32, x, {all, row}, /*reduces=*/true,
                     [&](Body b, ValueRange args) {
                       return b.add(args[1], b.widen(i32, args[0]));
                     });
  // Numerators are made positive: division rounds down.
  constexpr int64_t kShift = kMostNormInteger + 1;
  Value mean = emitOp(
      rows, i32, sum, {rowAlone, rowAlone}, /*reduces=*/false,
      [&](Body b, ValueRange args) {
        Value up =
            b.add(args[0], b.number(i32, kShift * channels + channels / 2));
        Value quotient =
            arith::DivUIOp::create(b.b, b.loc, up, b.number(i32, channels));
        return b.sub(quotient, b.number(i32, kShift));
      });
  auto center = [&](Body b, Value element, Value of) {
    return b.sub(b.widen(i32, element), of);
  };
  Value squares = emitOp(rows, i64, {x, mean}, {all, row, row},
                         /*reduces=*/true, [&](Body b, ValueRange args) {
                           Value c = b.widen(i64, center(b, args[0], args[1]));
                           return b.add(args[2], b.mul(c, c));
                         });
  Value power = emitOp(
      rows, i64, squares, {rowAlone, rowAlone},
      /*reduces=*/false, [&](Body b, ValueRange args) {
        Value v = b.add(args[0], b.number(i64, epsilon));
        return Value(arith::MaxSIOp::create(b.b, b.loc, v, b.number(i64, 1)));
      });
  // 2^61 / sqrt(V 4^h), where V 4^h has 62 or 63 bits, and so 30 or 31 itself.
  Value inverse =
      emitOp(rows, i32, power, {rowAlone, rowAlone}, /*reduces=*/false,
             [&](Body b, ValueRange args) {
               Value bits =
                   b.shiftLeft(b.halfOfHeadroom(args[0]), b.number(i64, 1));
               Value root = b.squareRoot(b.shiftLeft(args[0], bits));
               Value quotient = arith::DivUIOp::create(
                   b.b, b.loc, b.number(i64, int64_t(1) << 61), root);
               return b.narrow(i32, quotient);
             });
  // c inverse / 2^(31 - h) has kNormBits bits behind the point.
  Value down = emitOp(rows, i64, power, {rowAlone, rowAlone},
                      /*reduces=*/false, [&](Body b, ValueRange args) {
                        return b.sub(b.number(i64, 61 - kNormBits),
                                     b.halfOfHeadroom(args[0]));
                      });
  auto channelType = RankedTensorType::get({channels}, i32);
  Value factors =
      makeConstant(builder, loc, channelType, (layer + "_multiplier").str(),
                   asBytes<int32_t>(multipliers));
  Value shifts =
      makeConstant(builder, loc, channelType.clone(i64),
                   (layer + "_offset").str(), asBytes<int64_t>(offsets));
  return emitOp(type.getShape(), type.getElementType(),
                {x, mean, inverse, down, factors, shifts},
                {all, row, row, row, channel, channel, all}, /*reduces=*/false,
                [&](Body b, ValueRange args) {
                  auto roundDown = [&](Value value, Value bits) {
                    Value half = arith::ShRUIOp::create(
                        b.b, b.loc, b.shiftLeft(b.number(i64, 1), bits),
                        b.number(i64, 1));
                    return b.shiftRight(b.add(value, half), bits);
                  };
                  Value c = b.widen(i64, center(b, args[0], args[1]));
                  Value unit =
                      roundDown(b.mul(c, b.widen(i64, args[2])), args[3]);
                  // At most 1, which 32 bits hold: the product is one of 32 by
                  // 32 bits.
                  unit = b.widen(i64, b.narrow(i32, unit));
                  Value y = b.add(b.mul(unit, b.widen(i64, args[4])), args[5]);
                  y = roundDown(y, b.number(i64, kNormBits + shift));
                  y = arith::MaxSIOp::create(b.b, b.loc, y,
                                             b.number(i64, -kMostNormInteger));
                  y = arith::MinSIOp::create(b.b, b.loc, y,
                                             b.number(i64, kMostNormInteger));
                  return b.narrow(type.getElementType(), y);
                });
}
