//===- PlanMemory.cpp - One arena for all intermediate buffers ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/MemoryPlan.h"
#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_PLANMEMORY
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
/// Position of each op in program order; that of an op with regions spans them.
struct ProgramOrder {
  llvm::DenseMap<Operation *, std::pair<int64_t, int64_t>> spans;
  int64_t next = 0;

  explicit ProgramOrder(Operation *root) { number(root); }

  void number(Operation *op) {
    int64_t begin = next++;
    for (Region &region : op->getRegions())
      for (Operation &nested : region.getOps())
        number(&nested);
    spans[op] = {begin, next++};
  }
};

struct PlanMemory : public nnq::impl::PlanMemoryBase<PlanMemory> {
  using PlanMemoryBase::PlanMemoryBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      LogicalResult result =
          function.isPublic() ? plan(function) : checkNoAllocation(function);
      if (failed(result))
        return signalPassFailure();
    }
  }

  /// The caller of an entry function owns the arena; who would for others?
  static LogicalResult checkNoAllocation(func::FuncOp function) {
    WalkResult result = function.walk([&](memref::AllocOp alloc) {
      emitLayerError(alloc)
          << "allocates in the function '" << function.getName()
          << "', which is no entry point; inline it first "
             "(--inline)";
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  LogicalResult plan(func::FuncOp function);
};
} // namespace

static LogicalResult checkStatic(memref::AllocOp alloc) {
  MemRefType type = alloc.getType();
  if (!type.hasStaticShape())
    return emitLayerError(alloc)
           << "needs a buffer of type " << type
           << ", whose size is known only at run time; give the inputs of the "
              "network static shapes";
  if (!type.getLayout().isIdentity() || type.getMemorySpace())
    return emitLayerError(alloc) << "needs a buffer of type " << type
                                 << "; only plain row-major ones can be placed";
  return success();
}

/// The first and the last point at which the contents of `alloc` matter, or
/// failure if they outlive an iteration of the loop around it.
static FailureOr<LiveBuffer> getLiveRange(memref::AllocOp alloc,
                                          func::FuncOp function,
                                          const BufferViewFlowAnalysis &views,
                                          const ProgramOrder &order) {
  SmallVector<Operation *> uses;
  bool pinned = !function.getBody().hasOneBlock();
  for (Value view : views.resolve(alloc.getMemref()))
    for (Operation *user : view.getUsers()) {
      uses.push_back(user);
      // The address as a number escapes the analysis.
      pinned |= isa<memref::ExtractAlignedPointerAsIndexOp>(user);
    }
  LiveBuffer range{std::numeric_limits<int64_t>::max(), -1, 0};
  if (pinned) {
    auto [begin, end] = order.spans.lookup(function);
    return LiveBuffer{begin, end, 0};
  }

  // The block in which every use lies, itself or by an op around it.
  Block *scope = alloc->getBlock();
  for (Operation *use : uses)
    while (!scope->findAncestorOpInBlock(*use)) {
      Operation *parent = scope->getParentOp();
      if (isa<LoopLikeOpInterface>(parent))
        return emitLayerError(alloc) << "needs a buffer that outlives an "
                                        "iteration of the loop around it; "
                                        "allocate it before the loop";
      scope = parent->getBlock();
    }
  // A yield hands the buffer on to the results of the op around it; their
  // users are in `uses`, but a loop may hand it on to its own next iteration.
  for (Operation *use : uses)
    if (use->hasTrait<OpTrait::IsTerminator>() &&
        isa<LoopLikeOpInterface>(use->getParentOp()) &&
        use->getParentOp()->isAncestor(alloc))
      return emitLayerError(alloc) << "needs a buffer that outlives an "
                                      "iteration of the loop around it; "
                                      "allocate it before the loop";
  for (Operation *use : uses) {
    auto [begin, end] = order.spans.lookup(scope->findAncestorOpInBlock(*use));
    range.begin = std::min(range.begin, begin);
    range.end = std::max(range.end, end);
  }
  return range;
}

LogicalResult PlanMemory::plan(func::FuncOp function) {
  if (!function.getNumArguments() ||
      !function.getArgAttr(function.getNumArguments() - 1, kWorkspaceAttr)) {
    unsigned index = function.getNumArguments();
    auto empty = MemRefType::get({0}, IntegerType::get(&getContext(), 8));
    DictionaryAttr attrs = DictionaryAttr::get(
        &getContext(),
        NamedAttribute(StringAttr::get(&getContext(), kWorkspaceAttr),
                       UnitAttr::get(&getContext())));
    if (failed(function.insertArgument(index, empty, attrs, function.getLoc())))
      return failure();
  } else {
    // Planned before: a second arena would have no name in the C interface.
    return checkNoAllocation(function);
  }

  function.walk([](memref::DeallocOp dealloc) { dealloc.erase(); });
  function.walk([](memref::AllocOp alloc) {
    if (alloc->use_empty())
      alloc.erase();
  });
  DataLayout layout = DataLayout::closest(function);
  BufferViewFlowAnalysis views(function);
  ProgramOrder order(function);
  SmallVector<memref::AllocOp> allocs;
  SmallVector<LiveBuffer> buffers;
  WalkResult result = function.walk([&](memref::AllocOp alloc) {
    if (failed(checkStatic(alloc)))
      return WalkResult::interrupt();
    FailureOr<LiveBuffer> range = getLiveRange(alloc, function, views, order);
    if (failed(range))
      return WalkResult::interrupt();
    MemRefType type = alloc.getType();
    range->size = type.getNumElements() *
                  layout.getTypeSize(type.getElementType()).getFixedValue();
    allocs.push_back(alloc);
    buffers.push_back(*range);
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();

  MemoryPlan plan = planMemory(buffers, kBufferAlignment);
  OpBuilder b(&getContext());
  BlockArgument arena = function.getArguments().back();
  auto arenaType = MemRefType::get({plan.size}, b.getI8Type());
  arena.setType(arenaType);
  SmallVector<Type> inputs(function.getArgumentTypes());
  inputs.back() = arenaType;
  function.setFunctionType(
      b.getFunctionType(inputs, function.getResultTypes()));

  for (auto [alloc, offset] : llvm::zip(allocs, plan.offsets)) {
    b.setInsertionPoint(alloc);
    Value start = arith::ConstantIndexOp::create(b, alloc.getLoc(), offset);
    Value view = memref::ViewOp::create(b, alloc.getLoc(), alloc.getType(),
                                        arena, start, ValueRange{});
    alloc.replaceAllUsesWith(view);
    alloc.erase();
  }
  for (const LiveBuffer &buffer : buffers)
    bytesTotal += buffer.size;
  bytesArena += plan.size;
  numBuffers += buffers.size();
  return success();
}
