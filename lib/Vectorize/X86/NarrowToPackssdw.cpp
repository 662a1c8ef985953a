//===- NarrowToPackssdw.cpp - Two registers of i32 to one of i16 ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Vectorize/Transforms.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

namespace {
/// The least and the most that a number is bounded to.
struct Bounds {
  int64_t least, most;
};
} // namespace

static std::optional<int64_t> getSplat(Value value) {
  APInt number;
  if (!matchPattern(value, m_ConstantInt(&number)))
    return std::nullopt;
  return number.getSExtValue();
}

/// Tightens `bounds` if `op` is a bound by a constant.
static bool tighten(Operation *op, Bounds &bounds) {
  if (!isa_and_nonnull<arith::MaxSIOp, arith::MinSIOp>(op))
    return false;
  std::optional<int64_t> bound = getSplat(op->getOperand(1));
  if (!bound)
    return false;
  if (isa<arith::MaxSIOp>(op))
    bounds.least = std::max(bounds.least, *bound);
  else
    bounds.most = std::min(bounds.most, *bound);
  return true;
}

/// What `value` is between `bounds`, by constants.
static Value stripBounds(Value value, Bounds &bounds) {
  bounds = {llvm::minIntN(32), llvm::maxIntN(32)};
  while (tighten(value.getDefiningOp(), bounds))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

/// The instruction that narrows two vectors of `lanes`, by 128 bits.
static StringRef getInstruction(int64_t lanes) {
  switch (lanes) {
  case 4:
    return "llvm.x86.sse2.packssdw.128";
  case 8:
    return "llvm.x86.avx2.packssdw";
  case 16:
    return "llvm.x86.avx512.packssdw.512";
  default:
    return "";
  }
}

/// True if `shuffle` puts four numbers of its first and then four of its second
/// operand into each 128 bits of the narrow result.
static bool isByQuads(vector::ShuffleOp shuffle) {
  constexpr int64_t kQuad = 4;
  int64_t lanes = shuffle.getV1VectorType().getNumElements();
  ArrayRef<int64_t> mask = shuffle.getMask();
  if (static_cast<int64_t>(mask.size()) != 2 * lanes || lanes % kQuad != 0 ||
      shuffle.getV2VectorType() != shuffle.getV1VectorType())
    return false;
  for (int64_t i = 0; i < 2 * lanes; ++i) {
    int64_t quad = i / kQuad;
    if (mask[i] != quad / 2 * kQuad + i % kQuad + quad % 2 * lanes)
      return false;
  }
  return true;
}

namespace {
struct NarrowToPackssdw : public OpRewritePattern<arith::TruncIOp> {
  NarrowToPackssdw(MLIRContext *context, int64_t vectorBits)
      : OpRewritePattern(context), vectorBits(vectorBits) {}

  LogicalResult matchAndRewrite(arith::TruncIOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || type.getRank() != 1 ||
        !getElementTypeOrSelf(op.getIn().getType()).isInteger(32) ||
        (!type.getElementType().isInteger(16) &&
         !type.getElementType().isInteger(8)))
      return rewriter.notifyMatchFailure(op, "not from 32 bits to 16 or 8");
    Bounds bounds;
    Value wide = stripBounds(op.getIn(), bounds);
    if (!llvm::isInt<16>(bounds.least) || !llvm::isInt<16>(bounds.most) ||
        bounds.least > bounds.most)
      return rewriter.notifyMatchFailure(op, "not bounded to 16 bits");
    int64_t addend = 0;
    auto add = wide.getDefiningOp<arith::AddIOp>();
    if (add && canAddAfter(add, op, bounds))
      addend = *getSplat(add.getRhs());
    if (addend != 0)
      wide = add.getLhs();
    auto shuffle = wide.getDefiningOp<vector::ShuffleOp>();
    if (!shuffle || !isByQuads(shuffle))
      return rewriter.notifyMatchFailure(
          op, "channels are not in the order of the instruction");
    int64_t lanes = shuffle.getV1VectorType().getNumElements();
    StringRef name = getInstruction(lanes);
    if (name.empty() || lanes * 32 > vectorBits)
      return rewriter.notifyMatchFailure(op, "no instruction of this length");

    Location loc = op.getLoc();
    auto halfType = VectorType::get({2 * lanes}, rewriter.getI16Type());
    auto splat = [&](int64_t number) -> Value {
      return arith::ConstantOp::create(
          rewriter, loc,
          SplatElementsAttr::get(halfType, rewriter.getI16IntegerAttr(number)));
    };
    Value narrow = LLVM::CallIntrinsicOp::create(
                       rewriter, loc, halfType, rewriter.getStringAttr(name),
                       ValueRange{shuffle.getV1(), shuffle.getV2()})
                       .getResult(0);
    if (addend != 0)
      narrow = LLVM::SAddSat::create(rewriter, loc, narrow, splat(addend));
    if (bounds.least > llvm::minIntN(16))
      narrow =
          arith::MaxSIOp::create(rewriter, loc, narrow, splat(bounds.least));
    if (bounds.most < llvm::maxIntN(16))
      narrow =
          arith::MinSIOp::create(rewriter, loc, narrow, splat(bounds.most));
    if (type != halfType)
      narrow = arith::TruncIOp::create(rewriter, loc, type, narrow);
    rewriter.replaceOp(op, narrow);
    return success();
  }

private:
  /// True if a constant may be added, with saturation, behind the instruction:
  /// the sum does not wrap around, and what saturated too early is below the
  /// lower one of the `bounds` of the result and those that follow. Rounding
  /// gives numbers of 24 bits, the largest 127 below the end of the range.
  static bool canAddAfter(arith::AddIOp add, arith::TruncIOp narrow,
                          Bounds bounds) {
    constexpr int64_t kMost = 127;
    std::optional<int64_t> addend = getSplat(add.getRhs());
    auto shuffle = add.getLhs().getDefiningOp<vector::ShuffleOp>();
    if (!addend || *addend < 0 || *addend > kMost || !shuffle)
      return false;
    for (Value half : {shuffle.getV1(), shuffle.getV2()}) {
      auto call = half.getDefiningOp<LLVM::CallIntrinsicOp>();
      if (!half.getDefiningOp<arith::FPToSIOp>() &&
          !(call && call.getIntrin().contains("cvt")))
        return false;
    }
    Operation *user = narrow;
    while (narrow.getType() == user->getResult(0).getType() &&
           user->hasOneUse() && tighten(*user->user_begin(), bounds))
      user = *user->user_begin();
    return bounds.least >= llvm::minIntN(16) + *addend;
  }

  int64_t vectorBits;
};
} // namespace

/// The operands of shuffles that put vectors of `lanes` one behind the other;
/// false where `value` is something else.
static bool getParts(Value value, int64_t lanes,
                     SmallVectorImpl<Value> &parts) {
  auto type = cast<VectorType>(value.getType());
  if (type.getNumElements() == lanes) {
    parts.push_back(value);
    return true;
  }
  auto shuffle = value.getDefiningOp<vector::ShuffleOp>();
  return shuffle && shuffle.getV1VectorType() == shuffle.getV2VectorType() &&
         llvm::equal(shuffle.getMask(),
                     llvm::seq<int64_t>(
                         0, 2 * shuffle.getV1VectorType().getNumElements())) &&
         getParts(shuffle.getV1(), lanes, parts) &&
         getParts(shuffle.getV2(), lanes, parts);
}

namespace {
/// Four registers of 32 bits to one of bytes.
struct NarrowToBytes : public OpRewritePattern<arith::TruncIOp> {
  NarrowToBytes(MLIRContext *context, int64_t vectorBits)
      : OpRewritePattern(context), vectorBits(vectorBits) {}

  LogicalResult matchAndRewrite(arith::TruncIOp op,
                                PatternRewriter &rewriter) const override {
    constexpr int64_t kLanes = 16, kParts = 4;
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || type.getRank() != 1 ||
        type.getNumElements() != kLanes * kParts ||
        !type.getElementType().isInteger(8) ||
        !getElementTypeOrSelf(op.getIn().getType()).isInteger(32) ||
        vectorBits < kLanes * 32)
      return rewriter.notifyMatchFailure(op, "not four registers to one");
    Bounds bounds;
    Value wide = stripBounds(op.getIn(), bounds);
    bool isUnsigned = bounds.least >= 0 && bounds.most <= UINT8_MAX;
    bool isSigned = llvm::isInt<8>(bounds.least) && llvm::isInt<8>(bounds.most);
    SmallVector<Value> parts;
    if (bounds.least > bounds.most || (!isUnsigned && !isSigned) ||
        !getParts(wide, kLanes, parts))
      return rewriter.notifyMatchFailure(
          op, "not bounded to bytes, or no registers side by side");

    Location loc = op.getLoc();
    auto call = [&](StringRef name, VectorType result, Value a, Value b) {
      return LLVM::CallIntrinsicOp::create(rewriter, loc, result,
                                           rewriter.getStringAttr(name),
                                           ValueRange{a, b})
          .getResult(0);
    };
    auto halfType =
        VectorType::get({kLanes * kParts / 2}, rewriter.getI16Type());
    StringRef halve = getInstruction(kLanes);
    Value low = call(halve, halfType, parts[0], parts[1]);
    Value high = call(halve, halfType, parts[2], parts[3]);
    Value bytes = call(isUnsigned ? "llvm.x86.avx512.packuswb.512"
                                  : "llvm.x86.avx512.packsswb.512",
                       type, low, high);
    // Fours of each part are 128 bits apart.
    auto foursType = VectorType::get({kLanes}, rewriter.getI32Type());
    SmallVector<int64_t> order;
    for (int64_t part = 0; part < kParts; ++part)
      for (int64_t four = 0; four < kLanes / 4; ++four)
        order.push_back(four * kParts + part);
    Value fours = vector::BitCastOp::create(rewriter, loc, foursType, bytes);
    fours = vector::ShuffleOp::create(rewriter, loc, fours, fours, order);
    Value result = vector::BitCastOp::create(rewriter, loc, type, fours);
    auto splat = [&](int64_t number) -> Value {
      return arith::ConstantOp::create(
          rewriter, loc,
          SplatElementsAttr::get(
              type, rewriter.getIntegerAttr(
                        type.getElementType(),
                        APInt(8, static_cast<uint64_t>(number),
                              /*isSigned=*/false, /*implicitTrunc=*/true))));
    };
    if (isUnsigned && bounds.least > 0)
      result =
          arith::MaxUIOp::create(rewriter, loc, result, splat(bounds.least));
    if (isUnsigned && bounds.most < UINT8_MAX)
      result =
          arith::MinUIOp::create(rewriter, loc, result, splat(bounds.most));
    if (!isUnsigned && bounds.least > INT8_MIN)
      result =
          arith::MaxSIOp::create(rewriter, loc, result, splat(bounds.least));
    if (!isUnsigned && bounds.most < INT8_MAX)
      result =
          arith::MinSIOp::create(rewriter, loc, result, splat(bounds.most));
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  int64_t vectorBits;
};
} // namespace

void nnq::populateNarrowToPackssdwPatterns(RewritePatternSet &patterns,
                                           int64_t vectorBits) {
  patterns.add<NarrowToPackssdw, NarrowToBytes>(patterns.getContext(),
                                                vectorBits);
}
