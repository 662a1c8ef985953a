//===- PropagateLayout.cpp - Channels-last activations --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Support/Contraction.h"

namespace nnq {
#define GEN_PASS_DEF_PROPAGATELAYOUT
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

using Permutation = SmallVector<int64_t, 4>;

/// Dimension i of the new value is dimension permutation[i] of the old one.
static AffineMap permuteResults(AffineMap map, ArrayRef<int64_t> permutation) {
  SmallVector<AffineExpr> results;
  for (int64_t from : permutation)
    results.push_back(map.getResult(from));
  return AffineMap::get(map.getNumDims(), 0, results, map.getContext());
}

static RankedTensorType permuteType(RankedTensorType type,
                                    ArrayRef<int64_t> permutation) {
  return RankedTensorType::get(applyPermutation(type.getShape(), permutation),
                               type.getElementType());
}

/// Moves `dim` to the end.
static Permutation channelsLast(int64_t rank, unsigned dim) {
  Permutation permutation;
  for (int64_t i = 0; i < rank; ++i)
    if (i != dim)
      permutation.push_back(i);
  permutation.push_back(dim);
  return permutation;
}

static bool movesOnlyUnitDims(RankedTensorType type,
                              ArrayRef<int64_t> permutation) {
  int64_t last = -1;
  for (int64_t from : permutation) {
    if (type.getDimSize(from) == 1)
      continue;
    if (from < last)
      return false;
    last = from;
  }
  return true;
}

namespace {

/// One walk in program order. A value may have a twin: the same tensor with
/// permuted dimensions, which consumers read instead.
class LayoutPropagation {
public:
  explicit LayoutPropagation(func::FuncOp func)
      : func(func), rewriter(func.getContext()) {}

  void run();

  unsigned transposes = 0;

private:
  struct Twin {
    Value value;
    Permutation permutation;
    /// A transpose of the value itself, which stays.
    bool isCopy = false;
  };

  void visitConvolution(linalg::GenericOp op, unsigned inputChannelDim,
                        unsigned outputChannelDim);
  bool visitTranspose(linalg::GenericOp op);
  void visitPad(tensor::PadOp op);
  void visitSlice(tensor::ExtractSliceOp op);
  bool visitGather(linalg::GenericOp op);
  void visitCollapse(tensor::CollapseShapeOp op);
  void visitConcat(tensor::ConcatOp op);
  void visitInsert(tensor::InsertSliceOp op);
  void visitFollower(linalg::GenericOp op);
  void visitObserve(ObserveOp op);
  linalg::GenericOp rewrite(linalg::GenericOp op, ArrayRef<Twin> inputs,
                            ArrayRef<int64_t> resultPermutation);
  Value getTwin(Value value, ArrayRef<int64_t> permutation);
  Value permutePad(tensor::PadOp op, Value source,
                   ArrayRef<int64_t> permutation);
  Value permuteInit(Value init, ArrayRef<int64_t> permutation);
  Value transpose(Location loc, Value value, ArrayRef<int64_t> permutation);

  func::FuncOp func;
  IRRewriter rewriter;
  DenseMap<Value, Twin> twins;
};

} // namespace

Value LayoutPropagation::transpose(Location loc, Value value,
                                   ArrayRef<int64_t> permutation) {
  if (isIdentityPermutation(permutation))
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  RankedTensorType result = permuteType(type, permutation);
  if (movesOnlyUnitDims(type, permutation)) {
    SmallVector<ReassociationIndices> all(1);
    for (int64_t i = 0; i < type.getRank(); ++i)
      all[0].push_back(i);
    Value flat = tensor::CollapseShapeOp::create(rewriter, loc, value, all);
    return tensor::ExpandShapeOp::create(rewriter, loc, result, flat, all);
  }
  ++transposes;
  Value empty = tensor::EmptyOp::create(rewriter, loc, result.getShape(),
                                        result.getElementType());
  SmallVector<AffineMap> maps{
      permuteResults(rewriter.getMultiDimIdentityMap(type.getRank()),
                     invertPermutationVector(permutation)),
      rewriter.getMultiDimIdentityMap(type.getRank())};
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             rewriter, loc, result, value, empty, maps, iterators,
             [](OpBuilder &nested, Location at, ValueRange args) {
               linalg::YieldOp::create(nested, at, args[0]);
             })
      .getResult(0);
}

Value LayoutPropagation::permuteInit(Value init,
                                     ArrayRef<int64_t> permutation) {
  Location loc = init.getLoc();
  if (auto fill = init.getDefiningOp<linalg::FillOp>())
    return linalg::FillOp::create(
               rewriter, loc, fill.getInputs()[0],
               permuteInit(fill.getOutputs()[0], permutation))
        .getResult(0);
  if (init.getDefiningOp<tensor::EmptyOp>()) {
    RankedTensorType type =
        permuteType(cast<RankedTensorType>(init.getType()), permutation);
    return tensor::EmptyOp::create(rewriter, loc, type.getShape(),
                                   type.getElementType());
  }
  return transpose(loc, init, permutation);
}

/// `op` with its dimensions permuted, applied to `source`.
Value LayoutPropagation::permutePad(tensor::PadOp op, Value source,
                                    ArrayRef<int64_t> permutation) {
  rewriter.setInsertionPoint(op);
  auto pad = tensor::PadOp::create(
      rewriter, op.getLoc(), permuteType(op.getResultType(), permutation),
      source, applyPermutation(op.getMixedLowPad(), permutation),
      applyPermutation(op.getMixedHighPad(), permutation),
      op.getConstantPaddingValue(), op.getNofold());
  pad->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  return pad;
}

/// Rewrites `op` to read `inputs` (a null value keeps the operand) and to write
/// its result permuted; loops are ordered so that the map of the result is the
/// identity.
linalg::GenericOp
LayoutPropagation::rewrite(linalg::GenericOp op, ArrayRef<Twin> inputs,
                           ArrayRef<int64_t> resultPermutation) {
  rewriter.setInsertionPoint(op);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<Value> operands(op.getInputs());
  for (auto [i, twin] : llvm::enumerate(inputs)) {
    if (!twin.value)
      continue;
    operands[i] = twin.value;
    maps[i] = permuteResults(maps[i], twin.permutation);
  }
  maps.back() = permuteResults(maps.back(), resultPermutation);
  auto type = permuteType(cast<RankedTensorType>(op.getResult(0).getType()),
                          resultPermutation);
  auto result = linalg::GenericOp::create(
      rewriter, op.getLoc(), type, operands,
      permuteInit(op.getOutputs()[0], resultPermutation), maps,
      op.getIteratorTypesArray());
  rewriter.cloneRegionBefore(op.getRegion(), result.getRegion(),
                             result.getRegion().begin());
  result->setDiscardableAttrs(op->getDiscardableAttrDictionary());

  SmallVector<unsigned> order;
  for (AffineExpr expr : maps.back().getResults())
    order.push_back(cast<AffineDimExpr>(expr).getPosition());
  for (unsigned dim = 0; dim < result.getNumLoops(); ++dim)
    if (!llvm::is_contained(order, dim))
      order.push_back(dim);
  FailureOr<linalg::GenericOp> ordered =
      linalg::interchangeGenericOp(rewriter, result, order);
  return succeeded(ordered) ? *ordered : result;
}

/// An observer that does not mind the order of elements.
static bool isUnorderedObserver(Operation *op) {
  auto observe = dyn_cast<ObserveOp>(op);
  return observe && !observe.getOrdered();
}

static bool hasOneUser(Value value) {
  return llvm::count_if(value.getUses(), [](OpOperand &use) {
           return !isUnorderedObserver(use.getOwner());
         }) == 1;
}

/// `value` with its dimensions permuted: its twin, its producer rewritten if it
/// is elementwise or a pad, or an explicit transpose.
Value LayoutPropagation::getTwin(Value value, ArrayRef<int64_t> permutation) {
  if (auto it = twins.find(value); it != twins.end()) {
    const Twin &twin = it->second;
    // Dimension i of the result is dimension relative[i] of the twin.
    Permutation relative;
    for (int64_t dim : permutation)
      relative.push_back(llvm::find(twin.permutation, dim) -
                         twin.permutation.begin());
    rewriter.setInsertionPointAfterValue(twin.value);
    return transpose(value.getLoc(), twin.value, relative);
  }
  auto producer = value.getDefiningOp<linalg::GenericOp>();
  if (producer && producer.getNumReductionLoops() == 0 && hasOneUser(value) &&
      producer.getNumDpsInits() == 1 &&
      producer.getIndexingMapsArray().back().isPermutation()) {
    SmallVector<Twin> none(producer.getNumDpsInputs());
    Value result = rewrite(producer, none, permutation).getResult(0);
    twins[value] = {result, Permutation(permutation)};
    return result;
  }
  if (auto pad = value.getDefiningOp<tensor::PadOp>();
      pad && hasOneUser(value) && pad.getConstantPaddingValue()) {
    Value source = getTwin(pad.getSource(), permutation);
    Value result = permutePad(pad, source, permutation);
    twins[value] = {result, Permutation(permutation)};
    return result;
  }
  rewriter.setInsertionPointAfterValue(value);
  Value result = transpose(value.getLoc(), value, permutation);
  twins[value] = {result, Permutation(permutation), /*isCopy=*/true};
  return result;
}

void LayoutPropagation::visitConvolution(linalg::GenericOp op,
                                         unsigned inputChannelDim,
                                         unsigned outputChannelDim) {
  Value x = op.getInputs()[0];
  Permutation in =
      channelsLast(cast<ShapedType>(x.getType()).getRank(), inputChannelDim);
  Value result = op.getResult(0);
  Permutation out = channelsLast(cast<ShapedType>(result.getType()).getRank(),
                                 outputChannelDim);
  SmallVector<Twin> inputs(op.getNumDpsInputs());
  inputs[0] = {getTwin(x, in), in};
  twins[result] = {rewrite(op, inputs, out).getResult(0), out};
}

/// The result of a transpose is the same tensor as its operand.
bool LayoutPropagation::visitTranspose(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 1 || op.getBlock()->getTerminator()->getOperand(
                                       0) != op.getBlock()->getArgument(0))
    return false;
  AffineMap in = op.getIndexingMapsArray()[0];
  AffineMap out = op.getIndexingMapsArray()[1];
  auto it = twins.find(op.getInputs()[0]);
  if (it == twins.end() || !in.isPermutation() || !out.isPermutation())
    return false;
  Twin twin = it->second;
  for (int64_t &dim : twin.permutation)
    dim = *out.getResultPosition(in.getResult(dim));
  twins[op.getResult(0)] = twin;
  return true;
}

void LayoutPropagation::visitPad(tensor::PadOp op) {
  auto it = twins.find(op.getSource());
  if (it == twins.end() || it->second.isCopy || !op.getConstantPaddingValue())
    return;
  Twin twin = it->second;
  twin.value = permutePad(op, twin.value, twin.permutation);
  twins[op.getResult()] = twin;
}

void LayoutPropagation::visitSlice(tensor::ExtractSliceOp op) {
  auto it = twins.find(op.getSource());
  if (it == twins.end() || it->second.isCopy ||
      op.getSourceType().getRank() != op.getType().getRank())
    return;
  Twin twin = it->second;
  rewriter.setInsertionPoint(op);
  auto slice = tensor::ExtractSliceOp::create(
      rewriter, op.getLoc(), permuteType(op.getType(), twin.permutation),
      twin.value, applyPermutation(op.getMixedOffsets(), twin.permutation),
      applyPermutation(op.getMixedSizes(), twin.permutation),
      applyPermutation(op.getMixedStrides(), twin.permutation));
  slice->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  twin.value = slice;
  twins[op.getResult()] = twin;
}

/// Dimensions that are collapsed must be neighbours in the new order, too.
void LayoutPropagation::visitCollapse(tensor::CollapseShapeOp op) {
  auto it = twins.find(op.getSrc());
  if (it == twins.end() || it->second.isCopy)
    return;
  Twin twin = it->second;
  SmallVector<ReassociationIndices> groups = op.getReassociationIndices(),
                                    newGroups;
  Permutation permutation;
  for (int64_t at = 0, rank = twin.permutation.size(); at < rank;) {
    auto group = llvm::find_if(groups, [&](const ReassociationIndices &dims) {
      return dims.front() == twin.permutation[at];
    });
    if (group == groups.end())
      return;
    permutation.push_back(group - groups.begin());
    newGroups.emplace_back();
    for (int64_t dim : *group) {
      if (at == rank || twin.permutation[at] != dim)
        return;
      newGroups.back().push_back(at++);
    }
  }
  rewriter.setInsertionPoint(op);
  auto collapse = tensor::CollapseShapeOp::create(
      rewriter, op.getLoc(), permuteType(op.getResultType(), permutation),
      twin.value, newGroups);
  collapse->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  twins[op.getResult()] = {collapse, permutation};
}

void LayoutPropagation::visitConcat(tensor::ConcatOp op) {
  auto find = [&](Value input) {
    auto it = twins.find(input);
    return it != twins.end() && !it->second.isCopy;
  };
  Value leader;
  for (Value input : op.getInputs())
    if (!leader && find(input))
      leader = input;
  if (!leader)
    return;
  Permutation permutation = twins[leader].permutation;
  // Parts of one channel are whole rows in the old order.
  if (llvm::all_of(op.getInputs(), [&](Value input) {
        return movesOnlyUnitDims(cast<RankedTensorType>(input.getType()),
                                 permutation);
      }))
    return;
  SmallVector<Value> inputs;
  for (Value input : op.getInputs())
    inputs.push_back(getTwin(input, permutation));
  rewriter.setInsertionPoint(op);
  int64_t dim = llvm::find(permutation, op.getDim()) - permutation.begin();
  auto concat = tensor::ConcatOp::create(
      rewriter, op.getLoc(), permuteType(op.getResultType(), permutation), dim,
      inputs);
  concat->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  twins[op.getResult()] = {concat, permutation};
}

void LayoutPropagation::visitInsert(tensor::InsertSliceOp op) {
  auto it = twins.find(op.getSource());
  if (it == twins.end() || it->second.isCopy ||
      op.getSourceType().getRank() != op.getType().getRank())
    return;
  Permutation permutation = it->second.permutation;
  Value source = it->second.value, dest = op.getDest();
  rewriter.setInsertionPoint(op);
  dest = dest.getDefiningOp<tensor::EmptyOp>() ||
                 dest.getDefiningOp<linalg::FillOp>()
             ? permuteInit(dest, permutation)
             : getTwin(dest, permutation);
  rewriter.setInsertionPoint(op);
  auto insert = tensor::InsertSliceOp::create(
      rewriter, op.getLoc(), source, dest,
      applyPermutation(op.getMixedOffsets(), permutation),
      applyPermutation(op.getMixedSizes(), permutation),
      applyPermutation(op.getMixedStrides(), permutation));
  insert->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  twins[op.getResult()] = {insert, permutation};
}

/// Reads at places that the body computes follow if they walk the channels of
/// a twin in the order of the result.
bool LayoutPropagation::visitGather(linalg::GenericOp op) {
  SmallVector<tensor::ExtractOp> reads(
      op.getBody()->getOps<tensor::ExtractOp>());
  AffineMap out = op.getIndexingMapsArray().back();
  if (reads.empty() || !out.isIdentity())
    return false;
  Permutation permutation;
  for (tensor::ExtractOp read : reads) {
    auto it = twins.find(read.getTensor());
    if (it == twins.end() || it->second.isCopy ||
        it->second.permutation.size() != out.getNumResults() ||
        (!permutation.empty() && it->second.permutation != permutation))
      return false;
    permutation = it->second.permutation;
    unsigned channel = permutation.back();
    auto index = read.getIndices()[channel].getDefiningOp<linalg::IndexOp>();
    if (!index || index.getDim() != channel)
      return false;
  }
  SmallVector<Twin> none(op.getNumDpsInputs());
  linalg::GenericOp result = rewrite(op, none, permutation);
  for (auto read :
       llvm::to_vector(result.getBody()->getOps<tensor::ExtractOp>())) {
    rewriter.setInsertionPoint(read);
    rewriter.replaceOpWithNewOp<tensor::ExtractOp>(
        read, twins[read.getTensor()].value,
        applyPermutation(SmallVector<Value>(read.getIndices()), permutation));
  }
  twins[op.getResult(0)] = {result.getResult(0), permutation};
  return true;
}

void LayoutPropagation::visitFollower(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || visitTranspose(op) || visitGather(op))
    return;
  SmallVector<Twin> inputs(op.getNumDpsInputs());
  Value result = op.getResult(0);
  int64_t rank = cast<ShapedType>(result.getType()).getRank();
  AffineMap outMap = op.getIndexingMapsArray().back();
  if (!outMap.isProjectedPermutation())
    return;
  Permutation out;
  for (auto [i, operand] : llvm::enumerate(op.getInputs())) {
    auto it = twins.find(operand);
    if (it == twins.end())
      continue;
    inputs[i] = it->second;
    // The result takes the order in which the first such operand now runs over
    // the loops of the result.
    if (!out.empty())
      continue;
    AffineMap map =
        permuteResults(op.getIndexingMapsArray()[i], it->second.permutation);
    if (static_cast<int64_t>(it->second.permutation.size()) != rank) {
      // Repeated rows and columns are further dimensions: channels stay last.
      if (std::optional<unsigned> dim =
              outMap.getResultPosition(map.getResults().back());
          dim && static_cast<int64_t>(it->second.permutation.size()) < rank)
        out = channelsLast(rank, *dim);
      continue;
    }
    for (AffineExpr expr : map.getResults())
      for (int64_t dim = 0; dim < rank; ++dim)
        if (expr.isFunctionOfDim(
                cast<AffineDimExpr>(outMap.getResult(dim)).getPosition()))
          out.push_back(dim);
    if (!isPermutationVector(out) || static_cast<int64_t>(out.size()) != rank)
      out.clear();
  }
  if (llvm::none_of(inputs, [](const Twin &twin) { return !!twin.value; }))
    return;
  bool permuted = !out.empty() && !isIdentityPermutation(out);
  if (!permuted)
    out.assign(llvm::to_vector<4>(llvm::seq<int64_t>(0, rank)));
  Value replacement = rewrite(op, inputs, out).getResult(0);
  if (permuted)
    twins[result] = {replacement, out};
  else
    rewriter.replaceAllUsesWith(result, replacement);
}

void LayoutPropagation::visitObserve(ObserveOp op) {
  auto it = twins.find(op.getValue());
  if (!isUnorderedObserver(op) || it == twins.end() || it->second.isCopy)
    return;
  // Before any op that may take over the buffer.
  rewriter.moveOpAfter(op, it->second.value.getDefiningOp());
  rewriter.modifyOpInPlace(
      op, [&] { op.getValueMutable().assign(it->second.value); });
}

/// The dimension of the activation that a group is a part of.
static unsigned getGroupDim(const Contraction &contraction) {
  linalg::LinalgOp op = contraction.op;
  AffineMap x = op.getMatchingIndexingMap(contraction.activation);
  unsigned dim = 0;
  while (!x.getResult(dim).isFunctionOfDim(contraction.channelLoop))
    ++dim;
  return dim;
}

void LayoutPropagation::run() {
  SmallVector<Operation *> ops;
  for (Operation &op : func.getBody().front())
    if (isa<linalg::GenericOp, tensor::PadOp, tensor::ExtractSliceOp,
            tensor::ConcatOp, tensor::InsertSliceOp, tensor::CollapseShapeOp>(
            op))
      ops.push_back(&op);
  SmallVector<Value> originals;
  for (Operation *operation : ops) {
    originals.append(operation->getResults().begin(),
                     operation->getResults().end());
    if (auto pad = dyn_cast<tensor::PadOp>(operation)) {
      visitPad(pad);
      continue;
    }
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(operation)) {
      visitSlice(slice);
      continue;
    }
    if (auto concat = dyn_cast<tensor::ConcatOp>(operation)) {
      visitConcat(concat);
      continue;
    }
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(operation)) {
      visitCollapse(collapse);
      continue;
    }
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(operation)) {
      visitInsert(insert);
      continue;
    }
    auto op = cast<linalg::GenericOp>(operation);
    if (FailureOr<Contraction> grouped = Contraction::match(op);
        succeeded(grouped) && grouped->groupChannels) {
      visitConvolution(op, getGroupDim(*grouped), grouped->channelDim);
      continue;
    }
    FailureOr<linalg::ConvolutionDimensions> dims = failure();
    if (op.getNumDpsInputs() == 2 && op.getNumDpsInits() == 1 &&
        isMultiplyAddBody(op))
      dims = linalg::inferConvolutionDims(op);
    if (failed(dims) || dims->outputImage.empty()) {
      visitFollower(op);
      continue;
    }
    ArrayRef<unsigned> in =
        dims->inputChannel.empty() ? dims->depth : dims->inputChannel;
    ArrayRef<unsigned> out =
        dims->outputChannel.empty() ? dims->depth : dims->outputChannel;
    std::optional<unsigned> inDim, outDim;
    if (in.size() == 1 && out.size() == 1) {
      inDim = op.getIndexingMapsArray()[0].getResultPosition(
          rewriter.getAffineDimExpr(in[0]));
      outDim = op.getIndexingMapsArray().back().getResultPosition(
          rewriter.getAffineDimExpr(out[0]));
    }
    if (inDim && outDim)
      visitConvolution(op, *inDim, *outDim);
    else
      visitFollower(op);
  }

  // A consumer further down may have given the tensor its twin.
  for (ObserveOp op : llvm::to_vector(func.getOps<ObserveOp>()))
    visitObserve(op);

  // What was not rewritten reads a transpose of the twin.
  for (Value value : originals) {
    auto it = twins.find(value);
    if (it == twins.end() || it->second.isCopy)
      continue;
    Twin twin = it->second;
    bool needed = llvm::any_of(value.getUses(), [&](OpOperand &use) {
      return !isOpTriviallyDead(use.getOwner());
    });
    if (!needed)
      continue;
    rewriter.setInsertionPointAfter(value.getDefiningOp());
    Value back = transpose(value.getLoc(), twin.value,
                           invertPermutationVector(twin.permutation));
    rewriter.replaceAllUsesWith(value, back);
  }
  SmallVector<Operation *> all;
  for (Operation &op : func.getBody().front())
    all.push_back(&op);
  for (Operation *op : llvm::reverse(all))
    if (isOpTriviallyDead(op))
      rewriter.eraseOp(op);
}

namespace {
struct PropagateLayout
    : public nnq::impl::PropagateLayoutBase<PropagateLayout> {
  void runOnOperation() override {
    if (!getOperation().getBody().hasOneBlock())
      return;
    LayoutPropagation propagation(getOperation());
    propagation.run();
    transposes += propagation.transposes;
  }
};
} // namespace
