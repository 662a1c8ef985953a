//===- BatchAnalysis.cpp - Samples that do not meet -----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/BatchAnalysis.h"

#include "BatchProof.h"

#include "mlir/IR/Matchers.h"

#include <numeric>

using namespace mlir;
using namespace nnq;

static bool isDynamic(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped && !shaped.hasStaticShape();
}

bool nnq::hasDynamicShapes(func::FuncOp function) {
  if (llvm::any_of(function.getArgumentTypes(), isDynamic) ||
      llvm::any_of(function.getResultTypes(), isDynamic))
    return true;
  return function
      .walk([](Operation *op) {
        return llvm::any_of(op->getResultTypes(), isDynamic)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

std::optional<BatchDim> nnq::unify(BatchDim a, BatchDim b) {
  BatchDim both{a.position, a.scale, std::lcm(a.outer, b.outer),
                std::lcm(a.rows, b.rows)};
  return a.position == b.position && a.scale == b.scale &&
                 a.scale % (both.outer * both.rows) == 0
             ? std::optional(both)
             : std::nullopt;
}

std::optional<BatchDim> BatchAnalysis::getBatchDim(Value tensor) const {
  auto it = dims.find(tensor);
  return it == dims.end() ? std::nullopt : std::optional(it->second);
}

FailureOr<BatchAnalysis> BatchAnalysis::create(func::FuncOp function) {
  BatchAnalysis analysis;
  if (failed(BatchProof(analysis).visit(function)))
    return failure();
  return analysis;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

LogicalResult BatchProof::refuse(Operation *op, const Twine &cause) {
  return emitLayerError(op) << cause
                            << ", so the batch cannot be dynamic; import the "
                               "network with static shapes (--shape)";
}

LogicalResult BatchProof::visit(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return refuse(function, "branches");
  for (BlockArgument arg : function.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(arg.getType());
    if (type && type.hasStaticShape())
      continue;
    if (!type && !isa<ShapedType>(arg.getType()))
      continue;
    if (!type || !type.isDynamicDim(0) || type.getNumDynamicDims() != 1)
      return refuse(function, "has an input of type " + print(arg.getType()) +
                                  ", but only the first size may be open");
    analysis.dims[arg] = {0};
  }
  for (Operation &op : function.getBody().front())
    if (failed(visit(&op)))
      return failure();
  return success();
}

bool BatchProof::readsBatch(Operation *op) const {
  return op
      ->walk([&](Operation *nested) {
        return llvm::any_of(nested->getOperands(),
                            [&](Value operand) {
                              return analysis.getBatchDim(operand).has_value();
                            })
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

/// select(n == 1, 0, i) is i, as long as i < n or n > 1.
void BatchProof::findSampleNumbers(linalg::LinalgOp op) {
  std::optional<BatchDim> batch;
  std::optional<AffineExpr> loop;
  for (OpOperand &operand : op->getOpOperands())
    if (!loop && (batch = analysis.getBatchDim(operand.get())))
      loop = op.getMatchingIndexingMap(&operand).getResult(batch->position);
  if (!loop)
    return;
  op->walk([&](arith::SelectOp select) {
    auto compare = select.getCondition().getDefiningOp<arith::CmpIOp>();
    auto number = select.getFalseValue().getDefiningOp<linalg::IndexOp>();
    if (!compare || !number ||
        compare.getPredicate() != arith::CmpIPredicate::eq ||
        getAffineDimExpr(number.getDim(), op.getContext()) != *loop ||
        !matchPattern(select.getTrueValue(), m_Zero()) ||
        !matchPattern(compare.getRhs(), m_One()))
      return;
    std::optional<BatchSize> size = analysis.sizes.get(compare.getLhs());
    if (size && size->isMultiple() && (size->scale > 1 || batch->scale == 1))
      analysis.sampleNumbers[select] = number;
  });
}

/// True if all that reads the truth value reads the number of the sample.
bool BatchProof::isOfSampleNumbers(Operation *compare) const {
  return compare->getNumResults() == 1 &&
         llvm::all_of(compare->getUsers(), [&](Operation *user) {
           return user->getNumResults() == 1 &&
                  analysis.getSampleNumber(user->getResult(0));
         });
}

LogicalResult BatchProof::visit(Operation *op) {
  evaluateShape(op);
  if (auto structured = dyn_cast<linalg::LinalgOp>(op))
    findSampleNumbers(structured);
  if (failed(checkScalars(op)))
    return failure();
  if (!readsBatch(op) && llvm::none_of(op->getResultTypes(), isDynamic) &&
      !isa<cf::AssertOp, tensor::PadOp>(op))
    return success();
  LogicalResult result =
      TypeSwitch<Operation *, LogicalResult>(op)
          .Case<linalg::LinalgOp, cf::AssertOp, func::ReturnOp, tensor::EmptyOp,
                tensor::PadOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp,
                tensor::ReshapeOp, tensor::ExtractSliceOp,
                tensor::InsertSliceOp, tensor::ConcatOp>(
              [&](auto typed) { return check(typed); })
          .Case<tensor::DimOp, ObserveOp>([](auto) { return success(); })
          .Case<quant::QuantizeCastOp, quant::DequantizeCastOp,
                quant::StorageCastOp, DynamicDCastOp>(
              [&](auto) { return checkCast(op); })
          .Case([&](DynamicQCastOp cast) { return check(cast); })
          .Default([&](Operation *) {
            return refuse(op, "is not known to keep samples apart");
          });
  return failed(result) ? failure() : checkResults(op);
}

/// Sizes, and tensors that hold shapes.
void BatchProof::evaluateShape(Operation *op) {
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<BatchDim> batch = analysis.getBatchDim(dim.getSource());
    std::optional<int64_t> index = dim.getConstantIndex();
    auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
    if (!type || !index || *index >= type.getRank())
      return;
    if (batch && batch->position == *index)
      analysis.sizes.set(dim, {batch->scale, 0});
    else if (!type.isDynamicDim(*index))
      analysis.sizes.set(dim, {0, type.getDimSize(*index)});
    return;
  }
  if (auto list = dyn_cast<tensor::FromElementsOp>(op)) {
    SmallVector<BatchSize> shape;
    for (Value element : list.getElements())
      if (std::optional<BatchSize> size = analysis.sizes.get(element))
        shape.push_back(*size);
    if (shape.size() == list.getElements().size())
      shapes[list] = std::move(shape);
    return;
  }
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    auto it = shapes.find(extract.getTensor());
    if (it == shapes.end() || extract.getIndices().size() != 1)
      return;
    std::optional<BatchSize> index =
        analysis.sizes.get(extract.getIndices().front());
    if (index && index->isConstant() && index->offset >= 0 &&
        index->offset < static_cast<int64_t>(it->second.size()))
      analysis.sizes.set(extract, it->second[index->offset]);
    return;
  }
  if (op->getNumRegions() == 0 &&
      llvm::none_of(op->getOperandTypes(), llvm::IsaPred<ShapedType>) &&
      llvm::none_of(op->getResultTypes(), llvm::IsaPred<ShapedType>))
    analysis.sizes.evaluate(op);
}

/// True for operands that say how large a result is, which `checkResults` and
/// the check of the op look at.
static bool isSizeOperand(OpOperand &operand) {
  return isa<tensor::EmptyOp, tensor::ExpandShapeOp, tensor::ExtractSliceOp,
             tensor::InsertSliceOp, tensor::PadOp, cf::AssertOp>(
      operand.getOwner());
}

/// Numbers derived from the batch may be sizes, not part of a computation.
LogicalResult BatchProof::checkScalars(Operation *op) {
  auto isComputedWith = [&](OpOperand &operand) {
    Value value = operand.get();
    if (isa<ShapedType>(value.getType())) {
      auto it = shapes.find(value);
      return it != shapes.end() &&
             !isa<tensor::ReshapeOp, tensor::ExtractOp>(operand.getOwner()) &&
             !llvm::all_of(it->second, std::mem_fn(&BatchSize::isConstant));
    }
    if (!analysis.sizes.dependsOnBatch(value))
      return false;
    if (operand.getOwner() != op)
      return !isOfSampleNumbers(operand.getOwner());
    // Scalars of scalars are known or depend on the batch in turn.
    bool isScalar =
        op->getNumRegions() == 0 &&
        llvm::none_of(op->getOperandTypes(), llvm::IsaPred<ShapedType>) &&
        llvm::none_of(op->getResultTypes(), llvm::IsaPred<ShapedType>) &&
        op->getNumResults() > 0;
    bool isShape =
        isa<tensor::FromElementsOp>(op) && shapes.contains(op->getResult(0));
    return !isScalar && !isShape && !isSizeOperand(operand);
  };
  for (OpOperand &operand : op->getOpOperands())
    if (isComputedWith(operand))
      return refuse(op, "computes with the size of the batch");
  WalkResult result = op->walk([&](Operation *nested) {
    return nested != op && llvm::any_of(nested->getOpOperands(), isComputedWith)
               ? WalkResult::interrupt()
               : WalkResult::advance();
  });
  return result.wasInterrupted()
             ? refuse(op, "computes with the size of the batch")
             : success();
}

/// The batch is the only size that is open.
LogicalResult BatchProof::checkResults(Operation *op) {
  for (Value result : op->getResults()) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (!type) {
      if (isDynamic(result.getType()))
        return refuse(op, "makes a value of type " + print(result.getType()));
      continue;
    }
    std::optional<BatchDim> batch = analysis.getBatchDim(result);
    if (type.getNumDynamicDims() != (batch ? 1 : 0) ||
        (batch && !type.isDynamicDim(batch->position)))
      return refuse(op, "makes a tensor of type " + print(type) +
                            ", whose open sizes are not just the batch");
  }
  return success();
}

LogicalResult BatchProof::check(func::ReturnOp op) {
  for (Value operand : op.getOperands()) {
    std::optional<BatchDim> batch = analysis.getBatchDim(operand);
    if (batch && (batch->position != 0 || batch->scale != 1))
      return refuse(op, "returns a tensor of type " + print(operand.getType()) +
                            " whose first dimension is not the batch");
  }
  return success();
}

LogicalResult BatchProof::check(cf::AssertOp op) {
  // Others are checked when constants are folded.
  if (!analysis.sizes.dependsOnBatch(op.getArg()) &&
      (op.getArg().getDefiningOp<arith::ConstantOp>() ||
       !analysis.sizes.get(op.getArg())))
    return success();
  std::optional<BatchSize> truth = analysis.sizes.get(op.getArg());
  if (truth && truth->isConstant() && truth->offset)
    return success();
  return refuse(op, "checks the size of the batch (" + op.getMsg() + ")");
}

//===----------------------------------------------------------------------===//
// Structured ops
//===----------------------------------------------------------------------===//

/// Adds what a loop over samples reads, or only writes, to what is known of it.
/// False if these are other samples.
static bool addSamples(std::optional<BatchDim> &samples, BatchDim batch,
                       bool isRead = true) {
  batch.position = 0;
  if (!isRead)
    batch = {0, batch.scale};
  std::optional<BatchDim> both = samples ? unify(*samples, batch) : batch;
  if (both)
    samples = both;
  return both.has_value();
}

LogicalResult BatchProof::check(linalg::LinalgOp op) {
  std::optional<unsigned> loop;
  // Of the loop, as if it were a dimension.
  std::optional<BatchDim> samples;
  for (OpOperand &operand : op->getOpOperands()) {
    std::optional<BatchDim> batch = analysis.getBatchDim(operand.get());
    if (!batch)
      continue;
    AffineExpr index =
        op.getMatchingIndexingMap(&operand).getResult(batch->position);
    auto dim = dyn_cast<AffineDimExpr>(index);
    if (!dim)
      return refuse(op, "has a window over the batch");
    if (loop && *loop != dim.getPosition())
      return refuse(op, "pairs samples with each other");
    loop = dim.getPosition();
    bool isRead =
        !op.isDpsInit(&operand) || op.payloadUsesValueFromOperand(&operand);
    if (!addSamples(samples, *batch, isRead))
      return refuse(op, "pairs samples with parts of samples");
  }
  if (!loop)
    return checkBody(op, std::nullopt, samples);

  if (op.getIteratorTypesArray()[*loop] != utils::IteratorType::parallel)
    return refuse(op, "reduces over the batch");
  for (OpOperand &operand : op->getOpOperands()) {
    std::optional<BatchDim> batch = analysis.getBatchDim(operand.get());
    if (op.isDpsInit(&operand) && !batch)
      return refuse(op, "writes all samples to one place");
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [i, index] : llvm::enumerate(map.getResults()))
      if (index.isFunctionOfDim(*loop) &&
          !(batch && batch->position == static_cast<int64_t>(i)))
        return refuse(op, "indexes another dimension by the sample");
  }
  if (failed(checkBody(op, loop, samples)))
    return failure();
  for (OpResult result : op->getResults()) {
    Value init = op.getDpsInits()[result.getResultNumber()];
    BatchDim batch = *samples;
    batch.position = analysis.getBatchDim(init)->position;
    analysis.dims[result] = batch;
  }
  return success();
}

/// What the body reads besides its operands; sample i may read of sample i.
LogicalResult BatchProof::checkBody(linalg::LinalgOp op,
                                    std::optional<unsigned> loop,
                                    std::optional<BatchDim> &samples) {
  auto isSample = [&](Value index) {
    while (auto cast = index.getDefiningOp<arith::IndexCastOp>())
      index = cast.getIn();
    if (Value number = analysis.getSampleNumber(index))
      index = number;
    auto number = index.getDefiningOp<linalg::IndexOp>();
    return number && loop && number.getDim() == *loop;
  };
  std::string cause;
  WalkResult result = op->walk([&](Operation *nested) {
    if (nested == op)
      return WalkResult::advance();
    auto extract = dyn_cast<tensor::ExtractOp>(nested);
    std::optional<BatchDim> batch =
        extract ? analysis.getBatchDim(extract.getTensor()) : std::nullopt;
    for (OpOperand &operand : nested->getOpOperands()) {
      // Behind the tensor come its indices.
      bool isIndexOfSample =
          batch && static_cast<int64_t>(operand.getOperandNumber()) ==
                       1 + batch->position;
      if (isIndexOfSample ? !isSample(operand.get())
                          : analysis.getBatchDim(operand.get()) && !extract)
        cause = "reads samples at an index that is computed";
      else if (isIndexOfSample && !addSamples(samples, *batch))
        cause = "pairs samples with parts of samples";
      else if (!isIndexOfSample && isSample(operand.get()) &&
               !isa<arith::IndexCastOp>(nested) &&
               !(nested->getNumResults() == 1 &&
                 analysis.getSampleNumber(nested->getResult(0))))
        cause = "computes with the number of the sample";
    }
    return cause.empty() ? WalkResult::advance() : WalkResult::interrupt();
  });
  return result.wasInterrupted() ? refuse(op, cause) : success();
}
