//===- SplitTransposedConv.cpp - No products of inserted zeros ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>
#include <numeric>

namespace nnq {
#define GEN_PASS_DEF_SPLITTRANSPOSEDCONV
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

/// A dimension that the window moves along: element i of the source lies at
/// `offset + i * stride`, zeros in between; the window reads
/// `output + tap * dilation`.
struct WindowDim {
  unsigned inputDim, outputLoop, tapLoop;
  int64_t offset = 0, stride = 1, dilation = 1, sourceSize = 0;
};

/// What the outputs `phase`, `phase + stride`, ... read along one dimension:
/// tap `firstTap + j * tapStep` meets element `first + i + j * dilation` of the
/// source for the i-th of them.
struct Phase {
  int64_t phase, outputs, firstTap, tapStep, taps, first, dilation;

  /// One past the last element.
  int64_t end() const { return first + outputs + (taps - 1) * dilation; }
};

class TransposedConv {
public:
  /// Fails, and says why, for any other op.
  static FailureOr<TransposedConv> match(linalg::LinalgOp op,
                                         std::string &reason);

  int64_t getNumPhases() const;
  /// The same result without the inserted zeros.
  Value split(RewriterBase &rewriter);
  Operation *getLast() {
    return epilogue.empty() ? op.getOperation()
                            : epilogue.back().getOperation();
  }

private:
  LogicalResult matchDims(std::string &reason);
  void findEpilogue();
  std::optional<Phase> getPhase(const WindowDim &dim, int64_t phase);
  Value padSource(RewriterBase &rewriter);
  Value createPhase(RewriterBase &rewriter, Value source,
                    ArrayRef<Phase> phases, StringRef suffix);
  Value createWeights(RewriterBase &rewriter, ArrayRef<Phase> phases);

  linalg::LinalgOp op;
  tensor::InsertSliceOp insert;
  FailureOr<ConstantData> weights = failure();
  SmallVector<WindowDim> dims;
  SmallVector<int64_t> ranges;
  /// Elementwise ops behind, applied to each part.
  SmallVector<linalg::GenericOp> epilogue;
  /// First element of the source, and one past the last, that is read.
  SmallVector<int64_t> low, high;
};

} // namespace

/// Matches `output + tap * dilation`.
static bool matchWindow(AffineExpr expr, linalg::LinalgOp op, WindowDim &dim) {
  auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!sum || sum.getKind() != AffineExprKind::Add)
    return false;
  bool hasOutput = false, hasTap = false;
  for (AffineExpr term : {sum.getLHS(), sum.getRHS()}) {
    int64_t factor = 1;
    if (auto scaled = dyn_cast<AffineBinaryOpExpr>(term)) {
      auto number = dyn_cast<AffineConstantExpr>(scaled.getRHS());
      if (scaled.getKind() != AffineExprKind::Mul || !number)
        return false;
      factor = number.getValue();
      term = scaled.getLHS();
    }
    auto loop = dyn_cast<AffineDimExpr>(term);
    if (!loop || factor < 1)
      return false;
    if (op.getIteratorTypesArray()[loop.getPosition()] ==
        utils::IteratorType::reduction) {
      dim.tapLoop = loop.getPosition();
      dim.dilation = factor;
      hasTap = true;
    } else if (factor == 1) {
      dim.outputLoop = loop.getPosition();
      hasOutput = true;
    }
  }
  return hasOutput && hasTap;
}

LogicalResult TransposedConv::matchDims(std::string &reason) {
  AffineMap x = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  AffineMap w = op.getMatchingIndexingMap(op.getDpsInputOperand(1));
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  ArrayRef<int64_t> source = insert.getSourceType().getShape();
  bool strided = false;
  for (unsigned i = 0; i < x.getNumResults(); ++i) {
    WindowDim dim;
    if (!matchWindow(x.getResult(i), op, dim)) {
      if (insert.getStaticStrides()[i] != 1 ||
          insert.getStaticOffsets()[i] != 0 ||
          source[i] != insert.getType().getDimSize(i)) {
        reason = "zeros are inserted where no window moves in steps of one";
        return failure();
      }
      continue;
    }
    dim.inputDim = i;
    dim.offset = insert.getStaticOffsets()[i];
    dim.stride = insert.getStaticStrides()[i];
    dim.sourceSize = source[i];
    strided |= dim.stride > 1;
    dims.push_back(dim);
  }
  if (!strided || !w.isProjectedPermutation() ||
      !out.isProjectedPermutation()) {
    reason = "no zeros between elements";
    return failure();
  }
  return success();
}

/// An elementwise op on all of `value` whose other operands do not depend on
/// the dimensions that the window moves along.
static bool isEpilogue(linalg::GenericOp op, Value value,
                       ArrayRef<unsigned> windowDims) {
  if (!op || !op.hasPureTensorSemantics() || op.getNumReductionLoops() != 0 ||
      op->getNumResults() != 1 || op.hasIndexSemantics() ||
      !op.getIndexingMapsArray().back().isIdentity() ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) ||
      cast<ShapedType>(op->getResult(0).getType()).getShape() !=
          cast<ShapedType>(value.getType()).getShape())
    return false;
  return llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (operand->get() == value)
      return map.isIdentity();
    return llvm::none_of(
        windowDims, [&](unsigned dim) { return map.isFunctionOfDim(dim); });
  });
}

void TransposedConv::findEpilogue() {
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  SmallVector<unsigned> windowDims;
  for (const WindowDim &dim : dims)
    windowDims.push_back(*out.getResultPosition(
        getAffineDimExpr(dim.outputLoop, op.getContext())));
  Value value = op->getResult(0);
  while (value.hasOneUse()) {
    auto next = dyn_cast<linalg::GenericOp>(*value.user_begin());
    if (!isEpilogue(next, value, windowDims))
      break;
    epilogue.push_back(next);
    value = next.getResult(0);
  }
}

FailureOr<TransposedConv> TransposedConv::match(linalg::LinalgOp op,
                                                std::string &reason) {
  auto fail = [&](const char *why) {
    reason = why;
    return failure();
  };
  TransposedConv conv;
  conv.op = op;
  if (!isConvolution(op) || !op.hasPureTensorSemantics() ||
      op.hasDynamicShape() || op.getNumDpsInputs() != 2)
    return fail("no static convolution");
  conv.insert = op.getDpsInputs()[0].getDefiningOp<tensor::InsertSliceOp>();
  if (!conv.insert || conv.insert.hasUnitStride() ||
      conv.insert.getSourceType().getRank() != conv.insert.getType().getRank())
    return fail("no zeros between elements");
  if (!isZeroFill(conv.insert.getDest()) &&
      !matchPattern(conv.insert.getDest(), m_AnyZeroFloat()))
    return fail("what is inserted is not zero");
  if (!isZeroFill(op.getDpsInits()[0]))
    return fail("does not start from zero");
  conv.weights = ConstantData::get(op.getDpsInputs()[1]);
  if (failed(conv.weights))
    return fail("weights are not constant");
  conv.ranges = op.getStaticLoopRanges();
  if (failed(conv.matchDims(reason)))
    return failure();
  conv.findEpilogue();
  return conv;
}

int64_t TransposedConv::getNumPhases() const {
  int64_t count = 1;
  for (const WindowDim &dim : dims)
    count *= dim.stride;
  return count;
}

/// Nothing if no tap meets an element.
std::optional<Phase> TransposedConv::getPhase(const WindowDim &dim,
                                              int64_t phase) {
  Phase result;
  result.phase = phase;
  result.outputs = llvm::divideCeil(ranges[dim.outputLoop] - phase, dim.stride);
  int64_t common = std::gcd(dim.dilation, dim.stride);
  result.tapStep = dim.stride / common;
  result.dilation = dim.dilation / common;
  int64_t taps = ranges[dim.tapLoop];
  for (int64_t tap = 0; tap < std::min(taps, result.tapStep); ++tap) {
    int64_t distance = phase + tap * dim.dilation - dim.offset;
    if (distance % dim.stride != 0)
      continue;
    result.firstTap = tap;
    result.first = distance / dim.stride;
    result.taps = llvm::divideCeil(taps - tap, result.tapStep);
    return result;
  }
  return std::nullopt;
}

/// The source with the zeros around it that any phase reads.
Value TransposedConv::padSource(RewriterBase &rewriter) {
  int64_t rank = insert.getSourceType().getRank();
  low.assign(rank, 0);
  high.assign(insert.getSourceType().getShape().begin(),
              insert.getSourceType().getShape().end());
  SmallVector<int64_t> before(rank, 0), after(rank, 0);
  for (const WindowDim &dim : dims)
    for (int64_t phase = 0; phase < dim.stride; ++phase)
      if (std::optional<Phase> part = getPhase(dim, phase)) {
        low[dim.inputDim] = std::min(low[dim.inputDim], part->first);
        high[dim.inputDim] = std::max(high[dim.inputDim], part->end());
      }
  SmallVector<int64_t> shape(rank);
  bool padded = false;
  for (int64_t i = 0; i < rank; ++i) {
    before[i] = -low[i];
    after[i] = high[i] - insert.getSourceType().getDimSize(i);
    shape[i] = high[i] - low[i];
    padded |= before[i] + after[i] > 0;
  }
  if (!padded)
    return insert.getSource();
  Location loc = op.getLoc();
  RankedTensorType type = insert.getSourceType().clone(shape);
  Value zero = arith::ConstantOp::create(
      rewriter, loc, rewriter.getZeroAttr(type.getElementType()));
  MLIRContext *context = rewriter.getContext();
  return tensor::PadOp::create(rewriter, loc, type, insert.getSource(),
                               getAsIndexOpFoldResult(context, before),
                               getAsIndexOpFoldResult(context, after), zero,
                               /*nofold=*/false);
}

/// The taps of `phases`.
Value TransposedConv::createWeights(RewriterBase &rewriter,
                                    ArrayRef<Phase> phases) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInputOperand(1));
  ArrayRef<int64_t> shape = weights->getShape();
  int64_t rank = shape.size();
  SmallVector<int64_t> start(rank, 0), step(rank, 1), size(shape);
  for (auto [dim, phase] : llvm::zip(dims, phases)) {
    unsigned at =
        *map.getResultPosition(getAffineDimExpr(dim.tapLoop, op.getContext()));
    start[at] = phase.firstTap;
    step[at] = phase.tapStep;
    size[at] = phase.taps;
  }
  auto type = RankedTensorType::get(size, weights->getType().getElementType());
  int64_t width = type.getElementTypeBitWidth() / 8;
  std::vector<char> bytes(type.getNumElements() * width);
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    int64_t rest = i, from = 0, stride = 1;
    for (int64_t d = rank - 1; d >= 0; --d) {
      from += (start[d] + rest % size[d] * step[d]) * stride;
      rest /= size[d];
      stride *= shape[d];
    }
    std::memcpy(bytes.data() + i * width,
                weights->getBytes().data() + from * width, width);
  }
  return makeConstant(rewriter, op.getLoc(), type, "phase", bytes);
}

static void nameAfter(Operation *part, Operation *whole, StringRef suffix) {
  if (auto layer = whole->getAttrOfType<StringAttr>(kLayerAttr))
    part->setAttr(kLayerAttr, StringAttr::get(part->getContext(),
                                              layer.getValue() + suffix));
}

Value TransposedConv::createPhase(RewriterBase &rewriter, Value source,
                                  ArrayRef<Phase> phases, StringRef suffix) {
  Location loc = op.getLoc();
  MLIRContext *context = rewriter.getContext();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  auto sourceType = cast<RankedTensorType>(source.getType());
  auto outType = cast<RankedTensorType>(op->getResult(0).getType());
  SmallVector<int64_t> offsets(sourceType.getRank(), 0),
      sizes(sourceType.getShape()), ones(sourceType.getRank(), 1),
      shape(outType.getShape());
  SmallVector<AffineExpr> window(maps[0].getResults());
  for (auto [dim, phase] : llvm::zip(dims, phases)) {
    offsets[dim.inputDim] = phase.first - low[dim.inputDim];
    sizes[dim.inputDim] = phase.end() - phase.first;
    AffineExpr output = rewriter.getAffineDimExpr(dim.outputLoop);
    window[dim.inputDim] =
        output + rewriter.getAffineDimExpr(dim.tapLoop) * phase.dilation;
    shape[*maps[2].getResultPosition(output)] = phase.outputs;
  }
  maps[0] = AffineMap::get(op.getNumLoops(), 0, window, context);
  Value part = source;
  if (sizes != sourceType.getShape())
    part = tensor::ExtractSliceOp::create(
        rewriter, loc, sourceType.clone(sizes), source,
        getAsIndexOpFoldResult(context, offsets),
        getAsIndexOpFoldResult(context, sizes),
        getAsIndexOpFoldResult(context, ones));
  Value kernel = createWeights(rewriter, phases);
  Value empty =
      tensor::EmptyOp::create(rewriter, loc, shape, outType.getElementType());
  Value zero = arith::ConstantOp::create(
      rewriter, loc, rewriter.getZeroAttr(outType.getElementType()));
  Value init = linalg::FillOp::create(rewriter, loc, zero, empty).getResult(0);
  auto conv = linalg::GenericOp::create(rewriter, loc, init.getType(),
                                        ValueRange{part, kernel}, init, maps,
                                        op.getIteratorTypesArray());
  rewriter.cloneRegionBefore(op->getRegion(0), conv.getRegion(),
                             conv.getRegion().begin());
  nameAfter(conv, op, suffix);
  return conv.getResult(0);
}

Value TransposedConv::split(RewriterBase &rewriter) {
  Location loc = op.getLoc();
  MLIRContext *context = rewriter.getContext();
  rewriter.setInsertionPoint(getLast());
  Value source = padSource(rewriter);
  auto type = cast<RankedTensorType>(getLast()->getResult(0).getType());
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  Value whole = tensor::EmptyOp::create(rewriter, loc, type.getShape(),
                                        type.getElementType());
  for (int64_t index = 0, count = getNumPhases(); index < count; ++index) {
    SmallVector<Phase> phases;
    SmallVector<int64_t> offsets(type.getRank(), 0), sizes(type.getShape()),
        strides(type.getRank(), 1);
    bool isEmpty = false;
    int64_t rest = index;
    for (const WindowDim &dim : dims) {
      int64_t phase = rest % dim.stride;
      rest /= dim.stride;
      unsigned at =
          *out.getResultPosition(getAffineDimExpr(dim.outputLoop, context));
      offsets[at] = phase;
      strides[at] = dim.stride;
      sizes[at] = llvm::divideCeil(type.getDimSize(at) - phase, dim.stride);
      std::optional<Phase> part = getPhase(dim, phase);
      isEmpty |= !part;
      if (part)
        phases.push_back(*part);
    }
    if (llvm::is_contained(sizes, 0))
      continue;
    std::string suffix = ".phase" + std::to_string(index);
    Value value;
    if (isEmpty) {
      Type element = getElementTypeOrSelf(op->getResult(0).getType());
      Value zero = arith::ConstantOp::create(rewriter, loc,
                                             rewriter.getZeroAttr(element));
      Value empty = tensor::EmptyOp::create(rewriter, loc, sizes, element);
      value = linalg::FillOp::create(rewriter, loc, zero, empty).getResult(0);
    } else {
      value = createPhase(rewriter, source, phases, suffix);
    }
    Value before = op->getResult(0);
    for (linalg::GenericOp step : epilogue) {
      Value empty = tensor::EmptyOp::create(
          rewriter, loc, sizes,
          getElementTypeOrSelf(step.getResult(0).getType()));
      SmallVector<Value> inputs(step.getInputs());
      llvm::replace(inputs, before, value);
      auto part = linalg::GenericOp::create(
          rewriter, step.getLoc(), empty.getType(), inputs, empty,
          step.getIndexingMapsArray(), step.getIteratorTypesArray());
      rewriter.cloneRegionBefore(step.getRegion(), part.getRegion(),
                                 part.getRegion().begin());
      nameAfter(part, step, suffix);
      before = step.getResult(0);
      value = part.getResult(0);
    }
    // Right behind the part, which is then written into its place.
    whole = tensor::InsertSliceOp::create(
        rewriter, loc, value, whole, getAsIndexOpFoldResult(context, offsets),
        getAsIndexOpFoldResult(context, sizes),
        getAsIndexOpFoldResult(context, strides));
  }
  for (StringRef name : {kStatsAttr, kQuantRangeAttr})
    if (Attribute attr = getLast()->getAttr(name))
      whole.getDefiningOp()->setAttr(name, attr);
  return whole;
}

namespace {

struct SplitPhases : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  SplitPhases(MLIRContext *context, int64_t maxPhases,
              llvm::function_ref<void()> count)
      : OpInterfaceRewritePattern(context), maxPhases(maxPhases), count(count) {
  }

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    std::string reason;
    FailureOr<TransposedConv> conv = TransposedConv::match(op, reason);
    if (failed(conv))
      return rewriter.notifyMatchFailure(op, reason);
    if (conv->getNumPhases() > maxPhases) {
      remarkMissed(op, "nnq-split-transposed-conv",
                   "the strides make too many parts");
      return rewriter.notifyMatchFailure(op, "too many parts");
    }
    Value result = conv->split(rewriter);
    rewriter.replaceOp(conv->getLast(), result);
    count();
    return success();
  }

private:
  int64_t maxPhases;
  llvm::function_ref<void()> count;
};

struct SplitTransposedConv
    : public nnq::impl::SplitTransposedConvBase<SplitTransposedConv> {
  using SplitTransposedConvBase::SplitTransposedConvBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    auto count = [&] { ++numSplit; };
    populateSplitTransposedConvPatterns(patterns, maxPhases, count);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateSplitTransposedConvPatterns(
    RewritePatternSet &patterns, int64_t maxPhases,
    llvm::function_ref<void()> count) {
  patterns.add<SplitPhases>(patterns.getContext(), maxPhases, count);
}
