//===- EmitKernels.cpp - Contractions and what they feed ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Vectorize/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_EMITKERNELS
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The fill that initializes the output of `op`: the last writer before it.
static linalg::FillOp findInit(linalg::GenericOp op) {
  Value out = op.getOutputs()[0];
  for (Operation *prev = op->getPrevNode(); prev; prev = prev->getPrevNode()) {
    auto fill = dyn_cast<linalg::FillOp>(prev);
    if (fill && fill.getOutputs()[0] == out)
      return fill;
    if (llvm::is_contained(prev->getOperands(), out))
      return {};
  }
  return {};
}

/// The generic that alone reads the buffer that `op` writes, if the buffer is
/// of no use otherwise.
static linalg::GenericOp findSoleReader(linalg::GenericOp op,
                                        linalg::FillOp init) {
  Value buffer = op.getOutputs()[0];
  if (!buffer.getDefiningOp<memref::AllocOp>())
    return {};
  linalg::GenericOp reader;
  for (Operation *user : buffer.getUsers()) {
    if (user == op || user == init || isa<memref::DeallocOp>(user))
      continue;
    auto generic = dyn_cast<linalg::GenericOp>(user);
    if (!generic || (reader && reader != generic) ||
        generic.getOutputs()[0] == buffer ||
        llvm::count(generic.getInputs(), buffer) != 1)
      return {};
    reader = generic;
  }
  if (!reader || reader->getBlock() != op->getBlock() ||
      !op->isBeforeInBlock(reader))
    return {};
  return reader;
}

/// The buffer that `view` shows a part of.
static Value getBase(Value view) {
  while (auto op = view.getDefiningOp<ViewLikeOpInterface>())
    view = op.getViewSource();
  return view;
}

static bool isMajorIdentity(AffineMap map) {
  for (auto [i, expr] : llvm::enumerate(map.getResults()))
    if (expr != getAffineDimExpr(i, map.getContext()))
      return false;
  return true;
}

/// The contraction may move to where its root is: nothing in between writes.
static bool canSinkTo(Operation *from, Operation *to,
                      const DenseSet<Operation *> &members) {
  for (Operation *op = from->getNextNode(); op && op != to;
       op = op->getNextNode()) {
    if (members.contains(op) || isa<memref::AllocOp>(op))
      continue;
    // A fill of a buffer that the group does not read is harmless; any other
    // effect may change an operand.
    auto fill = dyn_cast<linalg::FillOp>(op);
    if (fill && llvm::is_contained(from->getOperands(), fill.getOutputs()[0]))
      return false;
    if (!fill && !isMemoryEffectFree(op))
      return false;
  }
  return true;
}

/// True if a pool or epilogue has the loops of the result first, in order.
static bool hasKernelLoops(linalg::GenericOp op) {
  return op.getNumDpsInits() == 1 &&
         isMajorIdentity(op.getIndexingMapsArray().back());
}

static FailureOr<KernelGroup> matchGroup(linalg::GenericOp op,
                                         std::string &reason) {
  auto fail = [&](StringRef why) {
    reason = why.str();
    return failure();
  };
  KernelGroup group;
  group.contraction = op;
  group.kernel = op->getAttrOfType<KernelAttr>(kKernelAttr);
  if (!isMultiplyAddBody(op) || !hasKernelLoops(op))
    return fail("not a contraction in the order of its result");
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  auto weights = dyn_cast<MemRefType>(op.getInputs()[1].getType());
  if (!weights || weights.getRank() < 3 || !weights.getLayout().isIdentity() ||
      weights.getShape().back() != group.kernel.getGroup() ||
      weights.getShape()[weights.getRank() - 2] != group.kernel.getLanes())
    return fail("the weights are not packed for the kernel");
  unsigned channel = op.getIndexingMapsArray().back().getNumResults() - 1;
  if (group.kernel.getGroup() > 1 &&
      getLoopStride(cast<MemRefType>(op.getInputs()[0].getType()),
                    op.getIndexingMapsArray()[0], ranges.size() - 1) != 1)
    return fail("the activation is not contiguous along a group");
  group.init = findInit(op);
  if (!group.init)
    return fail("the accumulator does not start from a fill");

  DenseSet<Operation *> members{op};
  linalg::GenericOp reader = findSoleReader(op, group.init);
  if (reader && isMaxReduction(reader) && hasKernelLoops(reader) &&
      reader.getInputs()[0] == op.getOutputs()[0]) {
    linalg::FillOp poolInit = findInit(reader);
    bool isUnsigned = isa<arith::MaxUIOp>(
        reader.getBlock()->getTerminator()->getOperand(0).getDefiningOp());
    if (poolInit && isLowestValue(poolInit.getInputs()[0], isUnsigned) &&
        canSinkTo(op, reader, members)) {
      members.insert(reader);
      members.insert(poolInit);
      group.pool = reader;
      group.poolInit = poolInit;
      reader = findSoleReader(reader, poolInit);
    } else {
      reader = {};
    }
  }
  if (reader && reader.getNumReductionLoops() == 0 && hasKernelLoops(reader) &&
      reader.getNumLoops() == channel + 1 && canEmitRows(reader, channel) &&
      canSinkTo(op, reader, members)) {
    Value source = group.pool ? group.pool.getOutputs()[0] : op.getOutputs()[0];
    for (OpOperand *operand : reader.getDpsInputOperands())
      // A result in place of the activation would be read as one.
      if (operand->get() == source &&
          reader.getMatchingIndexingMap(operand).isIdentity() &&
          getBase(reader.getOutputs()[0]) != getBase(op.getInputs()[0]))
        group.epilogue = reader;
  }
  linalg::GenericOp root = group.root();
  if (getLoopStride(cast<MemRefType>(root.getOutputs()[0].getType()),
                    root.getIndexingMapsArray().back(), channel) != 1)
    return fail("channels of the result are not contiguous");
  return group;
}

static void eraseGroup(IRRewriter &rewriter, const KernelGroup &group) {
  SmallVector<Value> buffers;
  for (linalg::GenericOp op : {group.epilogue, group.pool, group.contraction}) {
    if (!op)
      continue;
    buffers.push_back(op.getOutputs()[0]);
    rewriter.eraseOp(op);
  }
  for (linalg::FillOp fill : {group.init, group.poolInit})
    if (fill)
      rewriter.eraseOp(fill);
  for (Value buffer : buffers)
    if (auto alloc = buffer.getDefiningOp<memref::AllocOp>();
        alloc && alloc->use_empty())
      rewriter.eraseOp(alloc);
}

namespace {
struct EmitKernels : public nnq::impl::EmitKernelsBase<EmitKernels> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    getOperation().walk([&](linalg::GenericOp op) {
      if (op->hasAttrOfType<KernelAttr>(kKernelAttr))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::GenericOp op : ops) {
      std::string reason;
      FailureOr<KernelGroup> group = matchGroup(op, reason);
      if (failed(group)) {
        remarkMissed(op, "nnq-emit-kernels", reason);
        continue;
      }
      rewriter.setInsertionPoint(group->root());
      emitKernel(rewriter, *group);
      ++emitted;
      fusedEpilogues += group->epilogue ? 1 : 0;
      fusedPools += group->pool ? 1 : 0;
      eraseGroup(rewriter, *group);
    }
  }
};
} // namespace
