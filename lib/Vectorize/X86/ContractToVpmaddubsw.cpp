//===- ContractToVpmaddubsw.cpp - Groups of u8 by s8 that fit 16 bits -----===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Vectorize/ContractMatch.h"
#include "nnq/Vectorize/Transforms.h"

using namespace mlir;
using namespace nnq;

/// `acc(l) += row(p, v) * columns(p, l, v)`.
static bool isPartsContract(vector::ContractionOp op) {
  AffineExpr l, p, v;
  bindDims(op.getContext(), l, p, v);
  return hasMaps(op, {{p, v}, {p, l, v}, {l}});
}

namespace {
struct ContractToVpmaddubsw : public OpRewritePattern<vector::ContractionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ContractionOp op,
                                PatternRewriter &rewriter) const override {
    if (!isPartsContract(op))
      return rewriter.notifyMatchFailure(op, "not parts of a row by columns");
    if (!op->hasAttr(kFitsI16Attr))
      return rewriter.notifyMatchFailure(op, "the instruction may saturate");
    Value row = getExtended<arith::ExtUIOp>(op.getLhs(), 8);
    Value columns = getExtended<arith::ExtSIOp>(op.getRhs(), 8);
    if (!row || !columns)
      return rewriter.notifyMatchFailure(op, "factors are not u8 and s8");
    auto accType = cast<VectorType>(op.getAccType());
    int64_t lanes = accType.getNumElements();
    StringRef multiply = lanes == 4    ? "llvm.x86.ssse3.pmadd.ub.sw.128"
                         : lanes == 8  ? "llvm.x86.avx2.pmadd.ub.sw"
                         : lanes == 16 ? "llvm.x86.avx512.pmaddubs.w.512"
                                       : "";
    StringRef widen = lanes == 4   ? "llvm.x86.sse2.pmadd.wd"
                      : lanes == 8 ? "llvm.x86.avx2.pmadd.wd"
                                   : "llvm.x86.avx512.pmaddw.d.512";
    ArrayRef<int64_t> shape = cast<VectorType>(row.getType()).getShape();
    if (shape.back() != 4 || multiply.empty())
      return rewriter.notifyMatchFailure(op, "no instruction of this shape");

    Location loc = op.getLoc();
    auto i16s = VectorType::get({2 * lanes}, rewriter.getI16Type());
    auto call = [&](StringRef name, Type type, Value a, Value b) {
      return LLVM::CallIntrinsicOp::create(rewriter, loc, type,
                                           rewriter.getStringAttr(name),
                                           ValueRange{a, b})
          .getResult(0);
    };
    Value sum;
    for (int64_t part = 0; part < shape.front(); ++part) {
      ArrayRef<int64_t> at(part);
      Value group = vector::ExtractOp::create(rewriter, loc, row, at);
      Value weights = vector::ExtractOp::create(rewriter, loc, columns, at);
      Value product =
          call(multiply, i16s, splatGroup(rewriter, loc, group, lanes),
               flatten(rewriter, loc, weights));
      sum = sum ? Value(arith::AddIOp::create(rewriter, loc, sum, product))
                : product;
    }
    Value ones = arith::ConstantOp::create(
        rewriter, loc, DenseElementsAttr::get(i16s, int16_t(1)));
    rewriter.replaceOpWithNewOp<arith::AddIOp>(op, op.getAcc(),
                                               call(widen, accType, sum, ones));
    return success();
  }
};
} // namespace

void nnq::populateContractToVpmaddubswPatterns(RewritePatternSet &patterns) {
  patterns.add<ContractToVpmaddubsw>(patterns.getContext());
}
