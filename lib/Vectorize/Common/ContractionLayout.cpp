//===- ContractionLayout.cpp - What a micro-kernel sees -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ContractionLayout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "nnq/Support/QuantMath.h"

using namespace mlir;
using namespace nnq;

FactorTypes nnq::getFactorTypes(const Contraction &contraction) {
  linalg::LinalgOp op = contraction.op;
  auto isSigned = [&](OpOperand *operand) {
    BlockArgument arg = op.getMatchingBlockArgument(operand);
    return llvm::none_of(arg.getUsers(), [](Operation *user) {
      return isa<arith::ExtUIOp>(user);
    });
  };
  return {getElementTypeOrSelf(contraction.activation->get().getType()),
          getElementTypeOrSelf(contraction.weight->get().getType()),
          isSigned(contraction.activation), isSigned(contraction.weight)};
}

/// Splits `d_parallel * step + d_reduction`.
static bool matchWindow(AffineExpr expr, linalg::LinalgOp op,
                        unsigned &parallel, int64_t &step,
                        unsigned &reduction) {
  auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!sum || sum.getKind() != AffineExprKind::Add)
    return false;
  AffineExpr terms[2] = {sum.getLHS(), sum.getRHS()};
  bool found[2] = {false, false};
  for (AffineExpr term : terms) {
    int64_t factor = 1;
    if (auto scaled = dyn_cast<AffineBinaryOpExpr>(term)) {
      auto constant = dyn_cast<AffineConstantExpr>(scaled.getRHS());
      if (scaled.getKind() != AffineExprKind::Mul || !constant)
        return false;
      factor = constant.getValue();
      term = scaled.getLHS();
    }
    auto dim = dyn_cast<AffineDimExpr>(term);
    if (!dim)
      return false;
    bool isReduction = op.getIteratorTypesArray()[dim.getPosition()] ==
                       utils::IteratorType::reduction;
    // A dilated window is not contiguous.
    if (isReduction && factor != 1)
      return false;
    (isReduction ? reduction : parallel) = dim.getPosition();
    if (!isReduction)
      step = factor;
    found[isReduction] = true;
  }
  return found[0] && found[1];
}

FailureOr<ContractionLayout> ContractionLayout::get(Operation *op,
                                                    std::string &reason) {
  auto fail = [&](StringRef why) {
    reason = why.str();
    return failure();
  };
  FailureOr<Contraction> contraction = Contraction::match(op);
  if (failed(contraction))
    return fail("not a contraction with one channel loop");
  linalg::LinalgOp linalgOp = contraction->op;
  if (linalgOp.hasDynamicShape())
    return fail("dynamic shape");
  AffineMap out =
      linalgOp.getMatchingIndexingMap(linalgOp.getDpsInitOperand(0));
  for (auto [i, expr] : llvm::enumerate(out.getResults()))
    if (expr != getAffineDimExpr(i, op->getContext()))
      return fail("loops are not in the order of the result");
  if (contraction->channelDim + 1 != out.getNumResults())
    return fail("the channel is not the innermost dimension of the result");
  AffineMap w = linalgOp.getMatchingIndexingMap(contraction->weight);
  if (!w.isProjectedPermutation())
    return fail("the weights are not indexed by plain loops");

  ContractionLayout layout;
  layout.contraction = *contraction;
  SmallVector<int64_t> ranges = linalgOp.getStaticLoopRanges();
  AffineMap x = linalgOp.getMatchingIndexingMap(contraction->activation);
  ArrayRef<int64_t> shape =
      cast<ShapedType>(contraction->activation->get().getType()).getShape();
  layout.runDim = x.getNumResults();
  int64_t stride = 1;
  auto take = [&](unsigned loop, unsigned dim) {
    layout.run.insert(layout.run.begin(), loop);
    layout.runLength *= ranges[loop];
    layout.runDim = dim;
    layout.runDimStride = stride;
    stride *= shape[dim];
  };
  for (int64_t dim = x.getNumResults() - 1; dim >= 0; --dim) {
    AffineExpr expr = x.getResult(dim);
    unsigned reduction = 0, parallel = 0;
    int64_t step = 0;
    if (auto plain = dyn_cast<AffineDimExpr>(expr)) {
      unsigned loop = plain.getPosition();
      if (linalgOp.getIteratorTypesArray()[loop] !=
              utils::IteratorType::reduction ||
          ranges[loop] != shape[dim])
        break;
      take(loop, dim);
      continue;
    }
    if (matchWindow(expr, linalgOp, parallel, step, reduction)) {
      take(reduction, dim);
      layout.windowLoop = parallel;
      layout.windowStep = step;
    }
    break;
  }
  if (layout.run.empty())
    return fail("the innermost dimension of the activation is not reduced");
  for (unsigned loop = out.getNumResults(); loop < linalgOp.getNumLoops();
       ++loop)
    if (!llvm::is_contained(layout.run, loop))
      layout.outerReductions.push_back(loop);
  return layout;
}

WeightIndex::WeightIndex(const ContractionLayout &layout) {
  linalg::LinalgOp op = layout.contraction.op;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  SmallVector<int64_t> strides(op.getNumLoops(), 0);
  AffineMap map = op.getMatchingIndexingMap(layout.contraction.weight);
  ArrayRef<int64_t> shape = op.getShape(layout.contraction.weight);
  int64_t stride = 1;
  for (int64_t dim = map.getNumResults() - 1; dim >= 0; --dim) {
    strides[cast<AffineDimExpr>(map.getResult(dim)).getPosition()] = stride;
    stride *= shape[dim];
  }
  channels = ranges[layout.contraction.channelLoop];
  channelStride = strides[layout.contraction.channelLoop];
  outer = 1;
  for (unsigned loop : layout.outerReductions) {
    outer *= ranges[loop];
    outerLoops.push_back({ranges[loop], strides[loop]});
  }
  for (unsigned loop : layout.run)
    runLoops.push_back({ranges[loop], strides[loop]});
}

int64_t WeightIndex::offsetOf(ArrayRef<Loop> loops, int64_t index) {
  int64_t offset = 0;
  for (const Loop &loop : llvm::reverse(loops)) {
    offset += index % loop.size * loop.stride;
    index /= loop.size;
  }
  return offset;
}

int64_t nnq::getPartSize(KernelAttr kernel) {
  return kernel.getDot() == DotKind::VPMADDUBSW ? 4 : kernel.getGroup();
}

int64_t nnq::getNumParts(KernelAttr kernel) {
  return kernel.getGroup() / getPartSize(kernel);
}

unsigned nnq::getNumGroupLoops(KernelAttr kernel) {
  return getNumParts(kernel) > 1 ? 2 : 1;
}

bool nnq::fitsI16(const ContractionLayout &layout, const ConstantData &weights,
                  int64_t group) {
  WeightIndex index(layout);
  ArrayRef<int8_t> values = weights.getAs<int8_t>();
  for (int64_t channel = 0; channel < index.channels; ++channel)
    for (int64_t step = 0; step < index.outer; ++step)
      for (int64_t first = 0; first < layout.runLength; first += group) {
        // The instruction adds up neighbours; parts are added lane by lane.
        int64_t sums[2][2] = {};
        int64_t end = std::min(first + group, layout.runLength);
        for (int64_t r = first; r < end; ++r) {
          int64_t value = values[index.at(channel, step, r)];
          int64_t &sum = sums[(r - first) / 2 % 2][value < 0];
          sum += std::abs(value);
          if (sum > kMaxWeightSumI16)
            return false;
        }
      }
  return true;
}

linalg::GenericOp nnq::getFusiblePool(Operation *op) {
  Value result = op->getResult(0);
  if (!result.hasOneUse())
    return {};
  auto pool = dyn_cast<linalg::GenericOp>(*result.user_begin());
  if (!pool || !isMaxReduction(pool) || pool.getInputs()[0] != result)
    return {};
  return pool;
}
