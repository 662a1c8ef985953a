//===- ResolveBatch.cpp - Prove and simplify a dynamic batch --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"
#include "nnq/Support/BatchAnalysis.h"

#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

namespace nnq {
#define GEN_PASS_DEF_RESOLVEBATCH
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// `rows` for each sample.
static Value multiply(OpBuilder &b, Location loc, Value batch, int64_t rows) {
  if (rows == 1)
    return batch;
  return arith::MulIOp::create(b, loc, batch,
                               arith::ConstantIndexOp::create(b, loc, rows));
}

/// Merges and splits dimensions as `op` does, whose result holds the batch in
/// `dim`.
static void replaceReshape(OpBuilder &b, tensor::ReshapeOp op, BatchDim dim,
                           function_ref<Value()> getBatch) {
  auto source = cast<RankedTensorType>(op.getSource().getType());
  auto type = cast<RankedTensorType>(op.getType());
  Location loc = op.getLoc();
  Value value = op.getSource();
  if (source != type) {
    auto groups = getReassociationIndicesForReshape(source, type);
    if (!groups || source.getRank() == type.getRank()) {
      // Through one dimension.
      auto flat =
          RankedTensorType::get({ShapedType::kDynamic}, type.getElementType());
      auto all = [](int64_t rank) {
        return SmallVector<ReassociationIndices>{
            llvm::to_vector_of<int64_t>(llvm::seq<int64_t>(0, rank))};
      };
      if (source.getRank() > 1)
        value = tensor::CollapseShapeOp::create(b, loc, flat, value,
                                                all(source.getRank()));
      source = flat;
      groups = all(type.getRank());
    }
    if (source.getRank() > type.getRank()) {
      value = tensor::CollapseShapeOp::create(b, loc, type, value, *groups);
    } else if (source.getRank() < type.getRank()) {
      SmallVector<OpFoldResult> sizes;
      for (int64_t size : type.getShape())
        sizes.push_back(
            ShapedType::isDynamic(size)
                ? OpFoldResult(multiply(b, loc, getBatch(), dim.scale))
                : b.getIndexAttr(size));
      value =
          tensor::ExpandShapeOp::create(b, loc, type, value, *groups, sizes);
    }
  }
  op.replaceAllUsesWith(value);
  op.erase();
}

namespace {
struct ResolveBatch : public nnq::impl::ResolveBatchBase<ResolveBatch> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal() || !hasDynamicShapes(function))
        continue;
      FailureOr<BatchAnalysis> analysis = BatchAnalysis::create(function);
      if (failed(analysis))
        return signalPassFailure();
      simplify(function, *analysis);
      ++numFunctions;
    }
  }

  static void simplify(func::FuncOp function, const BatchAnalysis &analysis) {
    Block &body = function.getBody().front();
    OpBuilder b = OpBuilder::atBlockBegin(&body);
    Value batch;
    auto getBatch = [&] {
      if (batch)
        return batch;
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(&body);
      BlockArgument input =
          *llvm::find_if(function.getArguments(), [&](Value arg) {
            return analysis.getBatchDim(arg).has_value();
          });
      batch = tensor::DimOp::create(b, function.getLoc(), input, 0);
      return batch;
    };
    for (Operation &op : llvm::make_early_inc_range(body)) {
      b.setInsertionPoint(&op);
      TypeSwitch<Operation *>(&op)
          .Case([&](cf::AssertOp check) {
            std::optional<BatchSize> truth =
                analysis.getSizes().get(check.getArg());
            if (truth && truth->offset)
              check.erase();
          })
          .Case([&](tensor::ReshapeOp reshape) {
            if (std::optional<BatchDim> dim = analysis.getBatchDim(reshape))
              replaceReshape(b, reshape, *dim, getBatch);
          })
          .Case([&](linalg::LinalgOp structured) {
            replaceSampleNumbers(structured, analysis);
          })
          .Default([&](Operation *) {
            if (op.getNumResults() == 1 &&
                !op.hasTrait<OpTrait::ConstantLike>())
              replaceSize(b, op.getResult(0), analysis, getBatch);
          });
    }
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
      if (isOpTriviallyDead(&op))
        op.erase();
  }

  static void replaceSampleNumbers(linalg::LinalgOp op,
                                   const BatchAnalysis &analysis) {
    op->walk([&](arith::SelectOp select) {
      Value number = analysis.getSampleNumber(select);
      if (!number)
        return;
      Operation *compare = select.getCondition().getDefiningOp();
      select.replaceAllUsesWith(number);
      select.erase();
      if (isOpTriviallyDead(compare))
        compare->erase();
    });
  }

  static void replaceSize(OpBuilder &b, Value value,
                          const BatchAnalysis &analysis,
                          function_ref<Value()> getBatch) {
    std::optional<BatchSize> size = analysis.getSizes().get(value);
    if (!size)
      return;
    Location loc = value.getLoc();
    if (size->isConstant()) {
      value.replaceAllUsesWith(arith::ConstantOp::create(
          b, loc, b.getIntegerAttr(value.getType(), size->offset)));
      return;
    }
    if (!value.getType().isIndex() || !size->isMultiple())
      return;
    value.replaceAllUsesWith(multiply(b, loc, getBatch(), size->scale));
  }
};
} // namespace
