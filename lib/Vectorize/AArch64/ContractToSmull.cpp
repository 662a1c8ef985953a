//===- ContractToSmull.cpp - Groups of s8 by s8 that fit 16 bits ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Vectorize/ContractMatch.h"
#include "nnq/Vectorize/Transforms.h"

using namespace mlir;
using namespace nnq;

static constexpr int64_t kLanes = 4;

/// A pair in all lanes. As one integer it is a load that repeats what it reads;
/// of two bytes LLVM would make two registers and join these.
static Value splatPair(PatternRewriter &rewriter, Location loc, Value pair) {
  Type i16 = rewriter.getI16Type();
  Value whole = LLVM::BitcastOp::create(rewriter, loc, i16, pair);
  Value splat = vector::BroadcastOp::create(
      rewriter, loc, VectorType::get({kLanes}, i16), whole);
  return vector::BitCastOp::create(
      rewriter, loc, VectorType::get({2 * kLanes}, rewriter.getI8Type()),
      splat);
}

/// Products of a pair and those of four lanes, in 16 bits, added to `sum` if
/// there is one: LLVM makes one instruction of both.
static Value emitProducts(PatternRewriter &rewriter, Location loc, Value pair,
                          Value columns, Value sum) {
  auto type = VectorType::get({2 * kLanes}, rewriter.getI16Type());
  Value products = LLVM::CallIntrinsicOp::create(
                       rewriter, loc, type,
                       rewriter.getStringAttr("llvm.aarch64.neon.smull.v8i16"),
                       ValueRange{splatPair(rewriter, loc, pair),
                                  flatten(rewriter, loc, columns)})
                       .getResult(0);
  return sum ? Value(arith::AddIOp::create(rewriter, loc, sum, products))
             : products;
}

/// `acc` and the sums of neighbours: sadalp, as LLVM sees it.
static Value emitPairSums(PatternRewriter &rewriter, Location loc, Value sums,
                          Value acc) {
  Value wide =
      LLVM::CallIntrinsicOp::create(
          rewriter, loc, acc.getType(),
          rewriter.getStringAttr("llvm.aarch64.neon.saddlp.v4i32.v8i16"), sums)
          .getResult(0);
  return arith::AddIOp::create(rewriter, loc, acc, wide);
}

/// The row and the columns of s8 that may be multiplied so.
static FailureOr<std::pair<Value, Value>>
matchFactors(vector::ContractionOp op, PatternRewriter &rewriter) {
  if (!op->hasAttr(kFitsI16Attr))
    return rewriter.notifyMatchFailure(op, "16 bits may not hold the sums");
  Value row = getExtended<arith::ExtSIOp>(op.getLhs(), 8);
  Value columns = getExtended<arith::ExtSIOp>(op.getRhs(), 8);
  if (!row || !columns)
    return rewriter.notifyMatchFailure(op, "factors are not s8");
  return std::pair(row, columns);
}

namespace {
struct ContractToSmull : public OpRewritePattern<vector::ContractionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ContractionOp op,
                                PatternRewriter &rewriter) const override {
    if (!isPartsContract(op))
      return rewriter.notifyMatchFailure(op, "not parts of a row by columns");
    FailureOr<std::pair<Value, Value>> factors = matchFactors(op, rewriter);
    if (failed(factors))
      return failure();
    auto [row, columns] = *factors;
    ArrayRef<int64_t> shape = cast<VectorType>(row.getType()).getShape();
    if (shape.back() != 2 ||
        cast<VectorType>(op.getAccType()).getNumElements() != kLanes)
      return rewriter.notifyMatchFailure(op, "no instruction of this shape");
    Location loc = op.getLoc();
    Value sum;
    for (int64_t part = 0; part < shape.front(); ++part) {
      ArrayRef<int64_t> at(part);
      Value pair = vector::ExtractOp::create(rewriter, loc, row, at);
      Value weights = vector::ExtractOp::create(rewriter, loc, columns, at);
      sum = emitProducts(rewriter, loc, pair, weights, sum);
    }
    rewriter.replaceOp(op, emitPairSums(rewriter, loc, sum, op.getAcc()));
    return success();
  }
};

/// Products that are added up in 16 bits for longer than a step.
struct PairDotToSmull : public OpRewritePattern<vector::ContractionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ContractionOp op,
                                PatternRewriter &rewriter) const override {
    if (!isNarrowContract(op, /*perLane=*/false))
      return rewriter.notifyMatchFailure(op, "not pairs of a row by columns");
    FailureOr<std::pair<Value, Value>> factors = matchFactors(op, rewriter);
    if (failed(factors))
      return failure();
    auto [row, columns] = *factors;
    auto accType = cast<VectorType>(op.getAccType());
    if (cast<VectorType>(row.getType()).getShape() != ArrayRef<int64_t>{2, 1} ||
        accType.getDimSize(0) != kLanes)
      return rewriter.notifyMatchFailure(op, "no instruction of this shape");
    Location loc = op.getLoc();
    Value before = matchPattern(op.getAcc(), m_Zero())
                       ? Value()
                       : flatten(rewriter, loc, op.getAcc());
    Value sum = emitProducts(rewriter, loc, flatten(rewriter, loc, row),
                             columns, before);
    rewriter.replaceOpWithNewOp<vector::ShapeCastOp>(op, accType, sum);
    return success();
  }
};

/// The sum of pairs of 16 bits, added to 32 bits.
struct PairSumToSadalp : public OpRewritePattern<vector::MultiDimReductionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::MultiDimReductionOp op,
                                PatternRewriter &rewriter) const override {
    Value pairs = matchSumOfPairs(op);
    if (!pairs || op.getSourceVectorType().getDimSize(0) != kLanes)
      return rewriter.notifyMatchFailure(op, "not sums of pairs of s16");
    Location loc = op.getLoc();
    rewriter.replaceOp(op, emitPairSums(rewriter, loc,
                                        flatten(rewriter, loc, pairs),
                                        op.getAcc()));
    return success();
  }
};
} // namespace

void nnq::populateContractToSmullPatterns(RewritePatternSet &patterns) {
  patterns.add<ContractToSmull, PairDotToSmull, PairSumToSadalp>(
      patterns.getContext());
}
