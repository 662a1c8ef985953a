//===- ContractToVpdpbusd.cpp - Groups of four u8 by s8 -------------------===//
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
struct ContractToVpdpbusd : public OpRewritePattern<vector::ContractionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ContractionOp op,
                                PatternRewriter &rewriter) const override {
    bool perLane = isLaneContract(op);
    if (!perLane && !isRowContract(op))
      return rewriter.notifyMatchFailure(op, "not a row by columns");
    Value row = getExtended<arith::ExtUIOp>(op.getLhs(), 8);
    Value columns = getExtended<arith::ExtSIOp>(op.getRhs(), 8);
    if (!row || !columns)
      return rewriter.notifyMatchFailure(op, "factors are not u8 and s8");
    auto accType = cast<VectorType>(op.getAccType());
    int64_t lanes = accType.getNumElements();
    if (cast<VectorType>(row.getType()).getShape().back() != 4 ||
        (lanes != 4 && lanes != 8 && lanes != 16))
      return rewriter.notifyMatchFailure(op, "no instruction of this shape");
    Location loc = op.getLoc();
    Value factor = perLane ? flatten(rewriter, loc, row)
                           : splatGroup(rewriter, loc, row, lanes);
    std::string name = "llvm.x86.avx512.vpdpbusd." + std::to_string(32 * lanes);
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, accType, rewriter.getStringAttr(name),
        ValueRange{op.getAcc(), factor, flatten(rewriter, loc, columns)});
    return success();
  }
};
} // namespace

void nnq::populateContractToVpdpbusdPatterns(RewritePatternSet &patterns) {
  patterns.add<ContractToVpdpbusd>(patterns.getContext());
}
