//===- ContractToVpmaddwd.cpp - Pairs of s16 by s8 ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "nnq/Vectorize/ContractMatch.h"
#include "nnq/Vectorize/Transforms.h"

using namespace mlir;
using namespace nnq;

namespace {
struct ContractToVpmaddwd : public OpRewritePattern<vector::ContractionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ContractionOp op,
                                PatternRewriter &rewriter) const override {
    bool perLane = isLaneContract(op);
    if (!perLane && !isRowContract(op))
      return rewriter.notifyMatchFailure(op, "not a row by columns");
    Value row = getExtended<arith::ExtSIOp>(op.getLhs(), 16);
    Value columns = getExtended<arith::ExtSIOp>(op.getRhs(), 8);
    bool isWide = !columns;
    if (isWide)
      columns = getExtended<arith::ExtSIOp>(op.getRhs(), 16);
    if (!row || !columns)
      return rewriter.notifyMatchFailure(op, "factors are not s16");
    auto accType = cast<VectorType>(op.getAccType());
    int64_t lanes = accType.getNumElements();
    if (cast<VectorType>(row.getType()).getShape().back() != 2)
      return rewriter.notifyMatchFailure(op, "groups are not pairs");
    StringRef name = lanes == 4    ? "llvm.x86.sse2.pmadd.wd"
                     : lanes == 8  ? "llvm.x86.avx2.pmadd.wd"
                     : lanes == 16 ? "llvm.x86.avx512.pmaddw.d.512"
                                   : "";
    if (name.empty())
      return rewriter.notifyMatchFailure(op, "no instruction of this shape");
    Location loc = op.getLoc();
    Value wide = flatten(rewriter, loc, columns);
    if (!isWide)
      wide = arith::ExtSIOp::create(
          rewriter, loc, VectorType::get({2 * lanes}, rewriter.getI16Type()),
          wide);
    Value factor = perLane ? flatten(rewriter, loc, row)
                           : splatGroup(rewriter, loc, row, lanes);
    auto products = LLVM::CallIntrinsicOp::create(rewriter, loc, accType,
                                                  rewriter.getStringAttr(name),
                                                  ValueRange{factor, wide});
    rewriter.replaceOpWithNewOp<arith::AddIOp>(op, op.getAcc(),
                                               products.getResult(0));
    return success();
  }
};
} // namespace

void nnq::populateContractToVpmaddwdPatterns(RewritePatternSet &patterns) {
  patterns.add<ContractToVpmaddwd>(patterns.getContext());
}
