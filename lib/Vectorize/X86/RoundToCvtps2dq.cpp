//===- RoundToCvtps2dq.cpp - Rounding conversions -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "nnq/Vectorize/Transforms.h"

using namespace mlir;
using namespace nnq;

/// AVX-512's conversion takes a mask and a rounding mode.
static constexpr int64_t kLanes512 = 16;

/// The conversion of `lanes` floats, or an empty name.
static StringRef conversionOf(int64_t lanes) {
  switch (lanes) {
  case 4:
    return "llvm.x86.sse2.cvtps2dq";
  case 8:
    return "llvm.x86.avx.cvt.ps2dq.256";
  case kLanes512:
    return "llvm.x86.avx512.mask.cvtps2dq.512";
  default:
    return "";
  }
}

namespace {
struct RoundToCvtps2dq : public OpRewritePattern<arith::FPToSIOp> {
  RoundToCvtps2dq(MLIRContext *context, int64_t vectorBits)
      : OpRewritePattern(context), vectorBits(vectorBits) {}

  LogicalResult matchAndRewrite(arith::FPToSIOp op,
                                PatternRewriter &rewriter) const override {
    auto round = op.getIn().getDefiningOp<math::RoundEvenOp>();
    auto type = dyn_cast<VectorType>(op.getType());
    if (!round || !type || type.getRank() != 1 ||
        !type.getElementType().isInteger(32) ||
        !getElementTypeOrSelf(op.getIn().getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not a rounding of f32 to i32");
    int64_t lanes = type.getNumElements();
    int64_t widest = vectorBits / 32;
    int64_t width = lanes % widest == 0 ? widest : lanes;
    StringRef name = conversionOf(width);
    if (name.empty() || width > widest)
      return rewriter.notifyMatchFailure(op, "no instruction of this length");
    Location loc = op.getLoc();
    auto partType = VectorType::get({width}, type.getElementType());
    auto convert = [&](Value part) {
      SmallVector<Value> operands{part};
      if (width == kLanes512) {
        constexpr int32_t kCurrentMode = 4;
        for (TypedAttr operand :
             {TypedAttr(rewriter.getZeroAttr(partType)),
              TypedAttr(rewriter.getI16IntegerAttr(-1)),
              TypedAttr(rewriter.getI32IntegerAttr(kCurrentMode))})
          operands.push_back(arith::ConstantOp::create(rewriter, loc, operand));
      }
      return LLVM::CallIntrinsicOp::create(rewriter, loc, partType,
                                           rewriter.getStringAttr(name),
                                           operands)
          .getResult(0);
    };
    Value x = round.getOperand();
    if (width == lanes) {
      rewriter.replaceOp(op, convert(x));
      return success();
    }
    Value all =
        arith::ConstantOp::create(rewriter, loc, rewriter.getZeroAttr(type));
    SmallVector<int64_t> one{1};
    for (int64_t at = 0; at < lanes; at += width) {
      Value part = convert(vector::ExtractStridedSliceOp::create(
          rewriter, loc, x, ArrayRef(at), ArrayRef(width), one));
      all = vector::InsertStridedSliceOp::create(rewriter, loc, part, all,
                                                 ArrayRef(at), one);
    }
    rewriter.replaceOp(op, all);
    return success();
  }

private:
  int64_t vectorBits;
};
} // namespace

void nnq::populateRoundToCvtps2dqPatterns(RewritePatternSet &patterns,
                                          int64_t vectorBits) {
  patterns.add<RoundToCvtps2dq>(patterns.getContext(), vectorBits);
}
