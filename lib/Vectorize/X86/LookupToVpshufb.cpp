//===- LookupToVpshufb.cpp - Tables of 16 bytes ---------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Vectorize/LookupParts.h"
#include "nnq/Vectorize/Transforms.h"

using namespace mlir;
using namespace nnq;

/// Bits that may be one in the bytes of `value`.
static uint8_t findPossibleBits(Value value) {
  DenseElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant))) {
    uint8_t bits = 0;
    for (const APInt &element : constant.getValues<APInt>())
      bits |= element.getZExtValue();
    return bits;
  }
  if (auto op = value.getDefiningOp<arith::AndIOp>())
    return findPossibleBits(op.getLhs()) & findPossibleBits(op.getRhs());
  if (auto op = value.getDefiningOp<arith::OrIOp>())
    return findPossibleBits(op.getLhs()) | findPossibleBits(op.getRhs());
  return 0xff;
}

/// The instruction reads bits 0 to 3 of an index, and bit 7, which must be
/// zero: others need not be cleared, and shifts may be those of 16 bits.
static Value dropUnreadBits(PatternRewriter &rewriter, Location loc,
                            Value indices) {
  constexpr uint8_t kRead = 0x8f, kIndex = 0x0f;
  auto isSplat = [](Value value, int64_t number) {
    APInt bits;
    return matchPattern(value, m_ConstantInt(&bits)) &&
           bits.getZExtValue() == static_cast<uint64_t>(number);
  };
  if (auto op = indices.getDefiningOp<arith::AndIOp>())
    if (isSplat(op.getRhs(), kIndex) &&
        !(findPossibleBits(op.getLhs()) & kRead & ~kIndex))
      return op.getLhs();
  auto shift = indices.getDefiningOp<arith::ShRUIOp>();
  auto type = cast<VectorType>(indices.getType());
  // What comes from the next byte ends up in the high bits.
  if (!shift || !isSplat(shift.getRhs(), kTableBits) ||
      findPossibleBits(shift.getLhs()) & 1 << (kTableBits - 1) ||
      type.getNumElements() % 2 != 0)
    return indices;
  auto words =
      VectorType::get({type.getNumElements() / 2}, rewriter.getI16Type());
  Value wide = vector::BitCastOp::create(rewriter, loc, words, shift.getLhs());
  Value count = arith::ConstantOp::create(
      rewriter, loc,
      DenseElementsAttr::get(words, rewriter.getI16IntegerAttr(kTableBits)));
  return vector::BitCastOp::create(
      rewriter, loc, type, arith::ShRUIOp::create(rewriter, loc, wide, count));
}

namespace {
struct LookupToVpshufb : public OpRewritePattern<LookupOp> {
  LookupToVpshufb(MLIRContext *context, int64_t vectorBits)
      : OpRewritePattern(context), widest(vectorBits / 8) {}

  LogicalResult matchAndRewrite(LookupOp op,
                                PatternRewriter &rewriter) const override {
    int64_t count = cast<VectorType>(op.getType()).getNumElements();
    if (cast<VectorType>(op.getTable().getType()).getNumElements() !=
        kTableSize)
      return rewriter.notifyMatchFailure(op, "a table of more than 16 bytes");
    int64_t width = widest;
    while (width > kTableSize && count % width != 0)
      width /= 2;
    if (count > width && count % width != 0)
      return rewriter.notifyMatchFailure(op, "indices fill no registers");
    StringRef name = width == 16   ? "llvm.x86.ssse3.pshuf.b.128"
                     : width == 32 ? "llvm.x86.avx2.pshuf.b"
                     : width == 64 ? "llvm.x86.avx512.pshuf.b.512"
                                   : "";
    if (name.empty())
      return rewriter.notifyMatchFailure(op, "no instruction of this length");
    if (Value less = dropUnreadBits(rewriter, op.getLoc(), op.getIndices());
        less != op.getIndices())
      rewriter.modifyOpInPlace(op,
                               [&] { op.getIndicesMutable().assign(less); });
    // Each 128 bits have the table of their own.
    lookUpByParts(op, width, rewriter, [&](Value table, Value indices) {
      return LLVM::CallIntrinsicOp::create(
                 rewriter, op.getLoc(), indices.getType(),
                 rewriter.getStringAttr(name), ValueRange{table, indices})
          .getResult(0);
    });
    return success();
  }

private:
  int64_t widest;
};
} // namespace

void nnq::populateLookupToVpshufbPatterns(RewritePatternSet &patterns,
                                          int64_t vectorBits) {
  patterns.add<LookupToVpshufb>(patterns.getContext(), vectorBits);
}
