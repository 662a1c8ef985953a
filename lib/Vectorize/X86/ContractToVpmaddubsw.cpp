//===- ContractToVpmaddubsw.cpp - Groups of u8 by s8 that fit 16 bits -----===//
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

/// Intrinsics of the widths that there are.
static StringRef getMultiply(int64_t lanes) {
  return lanes == 4    ? "llvm.x86.ssse3.pmadd.ub.sw.128"
         : lanes == 8  ? "llvm.x86.avx2.pmadd.ub.sw"
         : lanes == 16 ? "llvm.x86.avx512.pmaddubs.w.512"
                       : "";
}

static StringRef getWiden(int64_t lanes) {
  return lanes == 4    ? "llvm.x86.sse2.pmadd.wd"
         : lanes == 8  ? "llvm.x86.avx2.pmadd.wd"
         : lanes == 16 ? "llvm.x86.avx512.pmaddw.d.512"
                       : "";
}

static Value emitCall(PatternRewriter &rewriter, Location loc, StringRef name,
                      Type type, Value a, Value b) {
  return LLVM::CallIntrinsicOp::create(rewriter, loc, type,
                                       rewriter.getStringAttr(name),
                                       ValueRange{a, b})
      .getResult(0);
}

/// Neighbours of 16 bits, added: a product with ones.
static Value emitWiden(PatternRewriter &rewriter, Location loc, Type type,
                       Value pairs, int64_t lanes) {
  Value ones = arith::ConstantOp::create(
      rewriter, loc,
      DenseElementsAttr::get(cast<ShapedType>(pairs.getType()), int16_t(1)));
  return emitCall(rewriter, loc, getWiden(lanes), type, pairs, ones);
}

/// Constants that fit in 8 bits without a sign, as such: their extension has
/// been folded.
static Value getConstantBytes(PatternRewriter &rewriter, Value wide) {
  DenseIntElementsAttr numbers;
  if (!matchPattern(wide, m_Constant(&numbers)) ||
      !llvm::all_of(numbers.getValues<APInt>(),
                    [](const APInt &number) { return number.isIntN(8); }))
    return {};
  Type i8 = rewriter.getI8Type();
  return arith::ConstantOp::create(
      rewriter, wide.getLoc(), numbers.mapValues(i8, [](const APInt &number) {
        return number.trunc(8);
      }));
}

/// The row of u8 and the columns of s8 that may be multiplied so.
static FailureOr<std::pair<Value, Value>>
matchFactors(vector::ContractionOp op, PatternRewriter &rewriter) {
  if (!op->hasAttr(kFitsI16Attr))
    return rewriter.notifyMatchFailure(op, "the instruction may saturate");
  Value row = getExtended<arith::ExtUIOp>(op.getLhs(), 8);
  Value columns = getExtended<arith::ExtSIOp>(op.getRhs(), 8);
  if (!row && columns)
    row = getConstantBytes(rewriter, op.getLhs());
  if (!row || !columns)
    return rewriter.notifyMatchFailure(op, "factors are not u8 and s8");
  return std::pair(row, columns);
}

namespace {
struct ContractToVpmaddubsw : public OpRewritePattern<vector::ContractionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ContractionOp op,
                                PatternRewriter &rewriter) const override {
    if (!isPartsContract(op))
      return rewriter.notifyMatchFailure(op, "not parts of a row by columns");
    FailureOr<std::pair<Value, Value>> factors = matchFactors(op, rewriter);
    if (failed(factors))
      return failure();
    auto [row, columns] = *factors;
    auto accType = cast<VectorType>(op.getAccType());
    int64_t lanes = accType.getNumElements();
    StringRef multiply = getMultiply(lanes);
    ArrayRef<int64_t> shape = cast<VectorType>(row.getType()).getShape();
    if (shape.back() != 4 || multiply.empty())
      return rewriter.notifyMatchFailure(op, "no instruction of this shape");

    Location loc = op.getLoc();
    auto i16s = VectorType::get({2 * lanes}, rewriter.getI16Type());
    Value sum;
    for (int64_t part = 0; part < shape.front(); ++part) {
      ArrayRef<int64_t> at(part);
      Value group = vector::ExtractOp::create(rewriter, loc, row, at);
      Value weights = vector::ExtractOp::create(rewriter, loc, columns, at);
      Value product = emitCall(rewriter, loc, multiply, i16s,
                               splatGroup(rewriter, loc, group, lanes),
                               flatten(rewriter, loc, weights));
      sum = sum ? Value(arith::AddIOp::create(rewriter, loc, sum, product))
                : product;
    }
    rewriter.replaceOpWithNewOp<arith::AddIOp>(
        op, op.getAcc(), emitWiden(rewriter, loc, accType, sum, lanes));
    return success();
  }
};

/// Products and their sums by pairs in 16 bits, `acc(l, h) += row(h, v) *
/// columns(l, h, v)`, are the instruction itself. Each lane may have a row of
/// its own.
struct PairDotToVpmaddubsw : public OpRewritePattern<vector::ContractionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ContractionOp op,
                                PatternRewriter &rewriter) const override {
    bool perLane = op.getLhsType().getRank() == 3;
    if (!isNarrowContract(op, perLane))
      return rewriter.notifyMatchFailure(op, "not pairs of a row by columns");
    FailureOr<std::pair<Value, Value>> factors = matchFactors(op, rewriter);
    if (failed(factors))
      return failure();
    auto [row, columns] = *factors;
    auto accType = cast<VectorType>(op.getAccType());
    int64_t lanes = accType.getDimSize(0);
    StringRef multiply = getMultiply(lanes);
    ArrayRef<int64_t> shape = cast<VectorType>(row.getType()).getShape();
    if (shape.take_back(2) != ArrayRef<int64_t>{2, 2} || multiply.empty())
      return rewriter.notifyMatchFailure(op, "no instruction of this shape");
    Location loc = op.getLoc();
    auto i16s = VectorType::get({2 * lanes}, rewriter.getI16Type());
    Value factor = flatten(rewriter, loc, row);
    if (!perLane)
      factor = splatGroup(rewriter, loc, factor, lanes);
    Value sum = emitCall(rewriter, loc, multiply, i16s, factor,
                         flatten(rewriter, loc, columns));
    if (!matchPattern(op.getAcc(), m_Zero()))
      sum = arith::AddIOp::create(rewriter, loc,
                                  flatten(rewriter, loc, op.getAcc()), sum);
    rewriter.replaceOpWithNewOp<vector::ShapeCastOp>(op, accType, sum);
    return success();
  }
};

/// The sum of pairs of 16 bits, added to 32 bits: a product with ones.
struct PairSumToVpmaddwd
    : public OpRewritePattern<vector::MultiDimReductionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::MultiDimReductionOp op,
                                PatternRewriter &rewriter) const override {
    Value pairs = matchSumOfPairs(op);
    if (!pairs)
      return rewriter.notifyMatchFailure(op, "not sums of pairs of s16");
    auto type = cast<VectorType>(op.getDestType());
    int64_t lanes = type.getNumElements();
    if (getWiden(lanes).empty())
      return rewriter.notifyMatchFailure(op, "no instruction of this shape");
    Location loc = op.getLoc();
    Value sums =
        emitWiden(rewriter, loc, type, flatten(rewriter, loc, pairs), lanes);
    rewriter.replaceOpWithNewOp<arith::AddIOp>(op, op.getAcc(), sums);
    return success();
  }
};
} // namespace

void nnq::populateContractToVpmaddubswPatterns(RewritePatternSet &patterns) {
  patterns.add<ContractToVpmaddubsw, PairDotToVpmaddubsw, PairSumToVpmaddwd>(
      patterns.getContext());
}
