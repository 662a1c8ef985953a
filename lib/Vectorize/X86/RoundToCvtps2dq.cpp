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

/// The conversion of `lanes` floats, or an empty name.
static StringRef conversionOf(int64_t lanes) {
  switch (lanes) {
  case 4:
    return "llvm.x86.sse2.cvtps2dq";
  case 8:
    return "llvm.x86.avx.cvt.ps2dq.256";
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
    // Wider registers than those of AVX convert more at a time, as LLVM knows.
    bool splits = vectorBits <= 256 && lanes % widest == 0;
    int64_t width = splits ? widest : lanes;
    StringRef name = conversionOf(width);
    if (name.empty() || width > widest)
      return rewriter.notifyMatchFailure(op, "no instruction of this length");
    Location loc = op.getLoc();
    auto convert = [&](Value part) {
      return LLVM::CallIntrinsicOp::create(
                 rewriter, loc, VectorType::get({width}, type.getElementType()),
                 rewriter.getStringAttr(name), ValueRange{part})
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
