//===- RowEmitter.cpp - Vectors of lanes along one loop -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RowEmitter.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Structured.h"

using namespace mlir;
using namespace nnq;

/// The factor of `loop` in a linear expression.
static std::optional<int64_t> getCoefficient(AffineExpr expr, unsigned loop,
                                             unsigned numLoops) {
  if (!expr.isFunctionOfDim(loop))
    return 0;
  if (auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
      sum && sum.getKind() == AffineExprKind::Add) {
    std::optional<int64_t> left = getCoefficient(sum.getLHS(), loop, numLoops),
                           right = getCoefficient(sum.getRHS(), loop, numLoops);
    if (!left || !right)
      return std::nullopt;
    return *left + *right;
  }
  bool linear = true;
  expr.walk([&](AffineExpr part) {
    if (part.getKind() == AffineExprKind::Mod ||
        part.getKind() == AffineExprKind::FloorDiv ||
        part.getKind() == AffineExprKind::CeilDiv)
      linear = false;
  });
  if (!linear)
    return std::nullopt;
  MLIRContext *context = expr.getContext();
  SmallVector<AffineExpr> at(numLoops, getAffineConstantExpr(0, context));
  auto base = dyn_cast<AffineConstantExpr>(expr.replaceDims(at));
  at[loop] = getAffineConstantExpr(1, context);
  auto next = dyn_cast<AffineConstantExpr>(expr.replaceDims(at));
  if (!base || !next)
    return std::nullopt;
  return next.getValue() - base.getValue();
}

std::optional<int64_t> nnq::getLoopStride(MemRefType memref, AffineMap map,
                                          unsigned loop) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(memref.getStridesAndOffset(strides, offset)))
    return std::nullopt;
  int64_t total = 0;
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), strides)) {
    std::optional<int64_t> factor =
        getCoefficient(expr, loop, map.getNumDims());
    if (!factor || (*factor != 0 && ShapedType::isDynamic(stride)))
      return std::nullopt;
    total += *factor == 0 ? 0 : *factor * stride;
  }
  return total;
}

bool nnq::isBodyOnVectors(linalg::GenericOp op) {
  return llvm::all_of(op.getBlock()->without_terminator(),
                      [](Operation &inner) {
                        return OpTrait::hasElementwiseMappableTraits(&inner) ||
                               inner.hasTrait<OpTrait::ConstantLike>();
                      });
}

Value nnq::emitExtended(OpBuilder &builder, Location loc, Value value,
                        Type element, BlockArgument arg) {
  if (getElementTypeOrSelf(value.getType()) == element)
    return value;
  Type type = element;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    type = vector.clone(element);
  if (isa<FloatType>(element)) {
    if (isa<IntegerType>(getElementTypeOrSelf(value.getType())))
      return arith::SIToFPOp::create(builder, loc, type, value);
    return arith::ExtFOp::create(builder, loc, type, value);
  }
  if (isExtendedUnsigned(arg))
    return arith::ExtUIOp::create(builder, loc, type, value);
  return arith::ExtSIOp::create(builder, loc, type, value);
}

bool nnq::canEmitRows(linalg::GenericOp op, unsigned loop) {
  return canEmitRows(op, loop, [&](OpOperand &operand, int64_t stride) {
    return !op.isDpsInit(&operand) || stride == 1;
  });
}

bool nnq::canEmitRows(linalg::GenericOp op, unsigned loop,
                      function_ref<bool(OpOperand &, int64_t)> accepts) {
  if (op.getNumDpsInits() != 1)
    return false;
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    if (!type) {
      // A scalar operand is broadcast.
      if (isa<ShapedType>(operand.get().getType()))
        return false;
      continue;
    }
    std::optional<int64_t> stride =
        getLoopStride(type, op.getMatchingIndexingMap(&operand), loop);
    if (!stride || !accepts(operand, *stride))
      return false;
  }
  return isBodyOnVectors(op);
}

SmallVector<Value> nnq::emitIndices(OpBuilder &builder, Location loc,
                                    AffineMap map,
                                    ArrayRef<OpFoldResult> indices) {
  SmallVector<Value> result;
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    result.push_back(getValueOrCreateConstantIndexOp(
        builder, loc,
        affine::makeComposedFoldedAffineApply(builder, loc, map.getSubMap({i}),
                                              indices)));
  return result;
}

/// Lanes beyond the useful ones repeat the last, which is defined and cheap.
static Value widen(OpBuilder &builder, Location loc, Value value,
                   const Row &row) {
  if (row.useful == row.lanes)
    return value;
  SmallVector<int64_t> mask;
  for (int64_t lane = 0; lane < row.lanes; ++lane)
    mask.push_back(std::min(lane, row.useful - 1));
  return vector::ShuffleOp::create(builder, loc, value, value, mask);
}

/// `indices`, `steps` further along `loop`.
static LoopIndices moveAlong(OpBuilder &builder, Location loc,
                             ArrayRef<OpFoldResult> indices, unsigned loop,
                             int64_t steps) {
  LoopIndices moved(indices);
  AffineExpr next = builder.getAffineDimExpr(0) + steps;
  moved[loop] = affine::makeComposedFoldedAffineApply(
      builder, loc, AffineMap::get(1, 0, next), moved[loop]);
  return moved;
}

bool nnq::hasVectors(MemRefType memref) {
  return !memref.getElementType().isInteger(1);
}

Value nnq::emitLoadRow(OpBuilder &builder, Location loc, Value memref,
                       AffineMap map, ArrayRef<OpFoldResult> indices,
                       const Row &row) {
  auto type = dyn_cast<MemRefType>(memref.getType());
  auto vectorType = VectorType::get({row.lanes}, type ? type.getElementType()
                                                      : memref.getType());
  if (!type)
    return vector::BroadcastOp::create(builder, loc, vectorType, memref);

  int64_t stride = *getLoopStride(type, map, row.loop);
  SmallVector<Value> at = emitIndices(builder, loc, map, indices);
  if (stride == 0) {
    Value scalar = memref::LoadOp::create(builder, loc, memref, at);
    return vector::BroadcastOp::create(builder, loc, vectorType, scalar);
  }
  auto usefulType = VectorType::get({row.useful}, type.getElementType());
  if (stride == 1 && hasVectors(type) &&
      map.getResults().back().isFunctionOfDim(row.loop))
    return widen(builder, loc,
                 vector::LoadOp::create(builder, loc, usefulType, memref, at),
                 row);
  SmallVector<Value> scalars;
  for (int64_t lane = 0; lane < row.useful; ++lane) {
    scalars.push_back(memref::LoadOp::create(
        builder, loc, memref,
        emitIndices(builder, loc, map,
                    moveAlong(builder, loc, indices, row.loop, lane))));
  }
  return widen(
      builder, loc,
      vector::FromElementsOp::create(builder, loc, usefulType, scalars), row);
}

void nnq::emitStoreRow(OpBuilder &builder, Location loc, Value value,
                       Value memref, AffineMap map,
                       ArrayRef<OpFoldResult> indices, const Row &row) {
  if (row.useful != row.lanes)
    value = vector::ExtractStridedSliceOp::create(
        builder, loc, value, ArrayRef<int64_t>{0},
        ArrayRef<int64_t>{row.useful}, ArrayRef<int64_t>{1});
  auto type = cast<MemRefType>(memref.getType());
  if (getLoopStride(type, map, row.loop) != 1 || !hasVectors(type)) {
    for (int64_t lane = 0; lane < row.useful; ++lane) {
      Value element = vector::ExtractOp::create(builder, loc, value, lane);
      memref::StoreOp::create(
          builder, loc, element, memref,
          emitIndices(builder, loc, map,
                      moveAlong(builder, loc, indices, row.loop, lane)));
    }
    return;
  }
  SmallVector<Value> at = emitIndices(builder, loc, map, indices);
  if (map.getResults().back().isFunctionOfDim(row.loop)) {
    vector::StoreOp::create(builder, loc, value, memref, at);
    return;
  }
  // Contiguous along an outer dimension because the inner ones have size 1: a
  // view without them makes the row the innermost dimension.
  unsigned keep = type.getRank();
  while (!map.getResult(keep - 1).isFunctionOfDim(row.loop))
    --keep;
  SmallVector<ReassociationIndices> reassociation;
  for (unsigned i = 0; i < keep; ++i)
    reassociation.push_back({i});
  for (int64_t i = keep; i < type.getRank(); ++i)
    reassociation.back().push_back(i);
  Value view =
      memref::CollapseShapeOp::create(builder, loc, memref, reassociation);
  at.truncate(keep);
  vector::StoreOp::create(builder, loc, value, view, at);
}

/// The ops of the body of `op` between two ops, the second included, on vectors
/// of `lanes`, and constants before them. From the start or to the terminator
/// where an op is null.
static void emitOps(OpBuilder &builder, linalg::GenericOp op,
                    IRMapping &mapping, int64_t lanes, Operation *after,
                    Operation *last) {
  Location loc = op.getLoc();
  auto vectorOf = [&](Type type) { return VectorType::get({lanes}, type); };
  auto lookup = [&](Value value) -> Value {
    if (Value mapped = mapping.lookupOrNull(value))
      return mapped;
    // Defined outside of the body, or a scalar constant.
    Value scalar = value;
    Value splat = vector::BroadcastOp::create(
        builder, loc, vectorOf(value.getType()), scalar);
    mapping.map(value, splat);
    return splat;
  };
  bool isBefore = after != nullptr;
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (auto constant = dyn_cast<arith::ConstantOp>(inner)) {
      auto type = vectorOf(constant.getType());
      mapping.map(
          constant.getResult(),
          arith::ConstantOp::create(
              builder, loc, SplatElementsAttr::get(type, constant.getValue()))
              .getResult());
    } else if (!isBefore) {
      SmallVector<Value> operands;
      for (Value operand : inner.getOperands())
        operands.push_back(lookup(operand));
      SmallVector<Type> types;
      for (Type type : inner.getResultTypes())
        types.push_back(vectorOf(type));
      OperationState state(loc, inner.getName(), operands, types,
                           inner.getAttrs());
      state.propertiesAttr = inner.getPropertiesAsAttribute();
      Operation *clone = builder.create(state);
      mapping.map(inner.getResults(), clone->getResults());
    }
    isBefore &= &inner != after;
    if (&inner == last)
      return;
  }
  lookup(op.getBlock()->getTerminator()->getOperand(0));
}

Value nnq::emitBody(OpBuilder &builder, linalg::GenericOp op,
                    ArrayRef<Value> args, int64_t lanes, Value last) {
  IRMapping mapping;
  for (auto [from, to] : llvm::zip(op.getBlock()->getArguments(), args))
    if (to)
      mapping.map(from, to);
  emitOps(builder, op, mapping, lanes, /*after=*/nullptr,
          last ? last.getDefiningOp() : nullptr);
  return mapping.lookup(last ? last
                             : op.getBlock()->getTerminator()->getOperand(0));
}

Value nnq::emitRestOfBody(OpBuilder &builder, linalg::GenericOp op, Value first,
                          Value vector, ArrayRef<Value> args) {
  IRMapping mapping;
  for (auto [from, to] : llvm::zip(op.getBlock()->getArguments(), args))
    mapping.map(from, to);
  mapping.map(first, vector);
  emitOps(builder, op, mapping,
          cast<VectorType>(vector.getType()).getNumElements(),
          first.getDefiningOp(), /*last=*/nullptr);
  return mapping.lookup(op.getBlock()->getTerminator()->getOperand(0));
}

/// The only operand of `op` that is no constant, if there is one.
static Value getVariable(Operation *op) {
  Value variable;
  for (Value operand : op->getOperands()) {
    if (matchPattern(operand, m_Constant()))
      continue;
    if (variable)
      return {};
    variable = operand;
  }
  return variable;
}

Value nnq::findWideResult(linalg::GenericOp op) {
  constexpr unsigned kWideBits = 32;
  Block *body = op.getBlock();
  bool isWide = false;
  Value value = body->getTerminator()->getOperand(0);
  // The truncation, and bounds on both sides of it.
  while (Operation *def = value.getDefiningOp()) {
    if (def->getBlock() != body)
      return {};
    bool isTruncation = isa<arith::TruncIOp>(def);
    if (isWide ? isTruncation || !isa<arith::MaxSIOp, arith::MinSIOp>(def)
               : !isTruncation && !isa<arith::MaxSIOp, arith::MinSIOp>(def))
      break;
    Value variable = getVariable(def);
    if (!variable)
      break;
    isWide |= isTruncation && variable.getType().isInteger(kWideBits);
    value = variable;
  }
  return isWide && value.getDefiningOp() ? value : Value();
}

/// `for (iv = 0; iv < end; iv += step)` around `body`. Where threads may share
/// the loop it says that its steps are independent.
static void emitLoop(OpBuilder &builder, Location loc, int64_t end,
                     int64_t step,
                     function_ref<void(OpBuilder &, Value)> body) {
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value last = arith::ConstantIndexOp::create(builder, loc, end);
  Value by = arith::ConstantIndexOp::create(builder, loc, step);
  auto loop = scf::ForOp::create(builder, loc, zero, last, by);
  auto module = loop->getParentOfType<ModuleOp>();
  if (module && getNumThreads(module) > 1)
    loop->setAttr(kParallelAttr, builder.getUnitAttr());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  body(builder, loop.getInductionVar());
}

static void
emitLoops(OpBuilder &builder, Location loc, ArrayRef<int64_t> sizes,
          SmallVectorImpl<OpFoldResult> &indices,
          function_ref<void(OpBuilder &, ArrayRef<OpFoldResult>)> body) {
  if (indices.size() == sizes.size())
    return body(builder, indices);
  int64_t size = sizes[indices.size()];
  if (size == 1) {
    indices.push_back(builder.getIndexAttr(0));
    emitLoops(builder, loc, sizes, indices, body);
    indices.pop_back();
    return;
  }
  emitLoop(builder, loc, size, 1, [&](OpBuilder &nested, Value iv) {
    indices.push_back(iv);
    emitLoops(nested, loc, sizes, indices, body);
    indices.pop_back();
  });
}

void nnq::emitLoopNest(
    OpBuilder &builder, Location loc, ArrayRef<int64_t> sizes,
    function_ref<void(OpBuilder &, ArrayRef<OpFoldResult>)> body) {
  SmallVector<OpFoldResult> indices;
  emitLoops(builder, loc, sizes, indices, body);
}

void nnq::emitTiled(
    OpBuilder &builder, Location loc, int64_t size, int64_t step,
    function_ref<void(OpBuilder &, OpFoldResult, int64_t)> body) {
  int64_t full = size / step * step;
  if (full == step) {
    body(builder, builder.getIndexAttr(0), step);
  } else if (full > 0) {
    emitLoop(builder, loc, full, step,
             [&](OpBuilder &nested, Value iv) { body(nested, iv, step); });
  }
  if (size > full)
    body(builder, builder.getIndexAttr(full), size - full);
}
