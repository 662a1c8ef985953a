//===- FoldConstants.cpp - Compute what reads only constants --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "BodyEvaluator.h"
#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/IR/Matchers.h"

namespace nnq {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

/// A constant operand, read along the loops.
struct ConstantOperand {
  ConstantData data;
  LoadFn load;
  /// Bytes from one element to the next along each loop.
  SmallVector<int64_t> strides;
  int64_t offset = 0;

  Scalar at(ArrayRef<int64_t> indices) const {
    int64_t byte = offset;
    for (auto [index, stride] : llvm::zip(indices, strides))
      byte += index * stride;
    return load(data.getBytes().data() + byte);
  }
};

} // namespace

static bool isSplat(Value value) {
  SplatElementsAttr attr;
  return matchPattern(value, m_Constant(&attr));
}

/// Fails if the operand is no constant, or read otherwise than by loop indices
/// and constants.
static FailureOr<ConstantOperand> getConstantOperand(linalg::LinalgOp op,
                                                     OpOperand *operand) {
  FailureOr<ConstantData> data = ConstantData::get(operand->get());
  if (failed(data))
    return failure();
  ConstantOperand result;
  result.data = *data;
  result.load = getLoad(data->getType().getElementType());
  if (!result.load)
    return failure();
  result.strides.resize(op.getNumLoops());
  int64_t stride = data->getType().getElementTypeBitWidth() / 8;
  AffineMap map = op.getMatchingIndexingMap(operand);
  for (int64_t i = int64_t(map.getNumResults()) - 1; i >= 0; --i) {
    AffineExpr expr = map.getResult(i);
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      result.strides[dim.getPosition()] += stride;
    else if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      result.offset += constant.getValue() * stride;
    else
      return failure();
    stride *= data->getShape()[i];
  }
  return result;
}

/// The next point of the loops, row-major; false after the last one.
static bool advance(SmallVectorImpl<int64_t> &indices,
                    ArrayRef<int64_t> ranges) {
  for (int64_t i = ranges.size() - 1; i >= 0; --i) {
    if (++indices[i] < ranges[i])
      return true;
    indices[i] = 0;
  }
  return false;
}

static TypedAttr makeSplat(ShapedType type, ArrayRef<char> element) {
  return DenseElementsAttr::getFromRawBuffer(type, element);
}

namespace {

struct EvaluateStructured : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  EvaluateStructured(MLIRContext *context, int64_t maxBytes,
                     llvm::function_ref<void()> count)
      : OpInterfaceRewritePattern(context), maxBytes(maxBytes), count(count) {}

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    // Fills and broadcasts are smaller than what they make.
    if (isa<linalg::FillOp, linalg::BroadcastOp>(op) ||
        !op.hasPureTensorSemantics() || op.getNumReductionLoops() > 0)
      return rewriter.notifyMatchFailure(op, "not elementwise on tensors");
    if (op->getNumResults() != 1 || op.isInitTensor(op.getDpsInitOperand(0)) ||
        !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
      return rewriter.notifyMatchFailure(op, "not one result in loop order");
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    StoreFn store = getStore(type.getElementType());
    if (!store || !type.hasStaticShape() || type.getNumElements() == 0)
      return rewriter.notifyMatchFailure(op, "type of result not evaluated");

    SmallVector<ConstantOperand> operands;
    bool allSplats = true;
    int64_t bytesRead = 0;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      if (!matchPattern(operand->get(), m_Constant()))
        return rewriter.notifyMatchFailure(op, "an operand is no constant");
      FailureOr<ConstantOperand> constant = getConstantOperand(op, operand);
      if (failed(constant))
        return rewriter.notifyMatchFailure(op, "operand is not evaluated");
      allSplats &= isSplat(operand->get());
      bytesRead += constant->data.getBytes().size();
      operands.push_back(std::move(*constant));
    }
    std::string reason;
    FailureOr<BodyEvaluator> body = BodyEvaluator::get(op, reason);
    if (failed(body))
      return rewriter.notifyMatchFailure(op, reason);
    bool isSplatResult = allSplats && body->getIndices().empty();
    int64_t width = type.getElementTypeBitWidth() / 8;
    int64_t size = isSplatResult ? width : type.getNumElements() * width;
    if (size > std::max(maxBytes, bytesRead)) {
      remarkMissed(op, "nnq-fold-constants",
                   "the result is larger than its operands");
      return rewriter.notifyMatchFailure(op, "result too large");
    }

    std::vector<char> bytes(size);
    SmallVector<int64_t> indices(type.getRank());
    SmallVector<Scalar> inputs(operands.size()), results;
    char *to = bytes.data();
    do {
      for (auto [input, operand] : llvm::zip(inputs, operands))
        input = operand.at(indices);
      if (failed(body->run(inputs, indices, results)))
        return markFailed(rewriter, body->getFailedCheck());
      store(results.front(), to);
      to += width;
    } while (to != bytes.data() + size && advance(indices, type.getShape()));

    count();
    if (isSplatResult)
      rewriter.replaceOpWithNewOp<arith::ConstantOp>(op,
                                                     makeSplat(type, bytes));
    else
      rewriter.replaceOp(
          op, makeConstant(rewriter, op.getLoc(), type, getHint(op), bytes));
    return success();
  }

private:
  /// Says in the IR that the check fails; the pass about checks reports it.
  static LogicalResult markFailed(PatternRewriter &rewriter, Operation *op) {
    auto check = cast<cf::AssertOp>(op);
    if (matchPattern(check.getArg(), m_Constant()))
      return rewriter.notifyMatchFailure(op, "known to fail");
    rewriter.setInsertionPoint(check);
    Value no = arith::ConstantOp::create(rewriter, op->getLoc(),
                                         rewriter.getBoolAttr(false));
    rewriter.modifyOpInPlace(check, [&] { check.getArgMutable().set(no); });
    return success();
  }

  static StringRef getHint(linalg::LinalgOp op) {
    StringRef name = getLocationName(op.getLoc());
    return name.empty() ? "folded" : name;
  }

  int64_t maxBytes;
  llvm::function_ref<void()> count;
};

/// A slice of a constant.
struct FoldSlice : public OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExtractSliceOp op,
                                PatternRewriter &rewriter) const override {
    auto isStatic = [](ArrayRef<int64_t> values) {
      return llvm::none_of(values, ShapedType::isDynamic);
    };
    if (!isStatic(op.getStaticOffsets()) || !isStatic(op.getStaticSizes()) ||
        !isStatic(op.getStaticStrides()))
      return rewriter.notifyMatchFailure(op, "not a static slice");
    FailureOr<ConstantData> data = ConstantData::get(op.getSource());
    if (failed(data) || op.getType().getNumElements() == 0)
      return rewriter.notifyMatchFailure(op, "source is no constant");
    int64_t width = data->getType().getElementTypeBitWidth() / 8;
    SmallVector<int64_t> index(data->getType().getRank());
    std::vector<char> bytes;
    do {
      int64_t at = 0;
      for (auto [i, position] : llvm::enumerate(index))
        at = at * data->getShape()[i] + op.getStaticOffsets()[i] +
             position * op.getStaticStrides()[i];
      const char *from = data->getBytes().data() + at * width;
      bytes.insert(bytes.end(), from, from + width);
    } while (advance(index, op.getStaticSizes()));
    rewriter.replaceOp(
        op, makeConstant(rewriter, op.getLoc(), op.getType(), "slice", bytes));
    return success();
  }
};

/// A number is written as such: no global of one may be a resource.
struct InlineNumber : public OpRewritePattern<arith::ConstantOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ConstantOp op,
                                PatternRewriter &rewriter) const override {
    auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue());
    FailureOr<ConstantData> data = failure();
    if (!resource || resource.getType().getRank() != 0 ||
        failed(data = ConstantData::get(resource)))
      return rewriter.notifyMatchFailure(op, "no number in a resource");
    rewriter.modifyOpInPlace(op, [&] {
      op.setValueAttr(DenseElementsAttr::getFromRawBuffer(resource.getType(),
                                                          data->getBytes()));
    });
    return success();
  }
};

/// Arithmetic on scalars, by the folders of arith and math alone: those of
/// other dialects change what quantization means.
struct FoldScalar : public RewritePattern {
  FoldScalar(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isa_and_nonnull<arith::ArithDialect, math::MathDialect>(
            op->getDialect()) ||
        op->hasTrait<OpTrait::ConstantLike>() || op->getNumResults() != 1 ||
        !op->getResult(0).getType().isIntOrIndexOrFloat())
      return failure();
    SmallVector<Attribute> operands(op->getNumOperands());
    for (auto [attr, operand] : llvm::zip(operands, op->getOperands()))
      if (!matchPattern(operand, m_Constant(&attr)))
        return rewriter.notifyMatchFailure(op, "an operand is no constant");
    SmallVector<OpFoldResult> results;
    if (failed(op->fold(operands, results)) || results.size() != 1)
      return rewriter.notifyMatchFailure(op, "does not fold");
    auto value = dyn_cast<Attribute>(results.front());
    if (!value)
      rewriter.replaceOp(op, cast<Value>(results.front()));
    else
      rewriter.replaceOpWithNewOp<arith::ConstantOp>(op,
                                                     cast<TypedAttr>(value));
    return success();
  }
};

struct FoldConstants : public nnq::impl::FoldConstantsBase<FoldConstants> {
  using FoldConstantsBase::FoldConstantsBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    auto count = [&] { ++numFolded; };
    populateFoldConstantsPatterns(patterns, maxBytes, count);
    populateFoldConstantLayoutPatterns(patterns);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateFoldConstantsPatterns(RewritePatternSet &patterns,
                                        int64_t maxBytes,
                                        llvm::function_ref<void()> count) {
  patterns.add<EvaluateStructured>(patterns.getContext(), maxBytes, count);
  patterns.add<FoldScalar, FoldSlice, InlineNumber>(patterns.getContext());
}
