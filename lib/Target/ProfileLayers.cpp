//===- ProfileLayers.cpp - Count the time of each layer -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Signature.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Target/Passes.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/TargetParser/Triple.h"

namespace nnq {
#define GEN_PASS_DEF_PROFILELAYERS
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The intrinsic that reads a clock of constant rate without a system call.
static StringRef getClock(TargetAttr target) {
  llvm::Triple triple(target.getTriple().getValue());
  if (triple.isX86())
    return "llvm.readcyclecounter";
  // The cycle counter of AArch64 is not for programs.
  return triple.isAArch64() ? "llvm.readsteadycounter" : "";
}

/// True for what becomes loops, loads, stores or calls.
static bool takesTime(Operation &op) {
  return !op.hasTrait<OpTrait::IsTerminator>() &&
         !isa<memref::AllocOp, memref::DeallocOp>(op) &&
         (op.getNumRegions() || !isMemoryEffectFree(&op));
}

namespace {
/// A layer and 0, or 1 for the movement of data for it.
using Counter = std::pair<StringAttr, int>;

struct ProfileLayers : public nnq::impl::ProfileLayersBase<ProfileLayers> {
  using ProfileLayersBase::ProfileLayersBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    TargetAttr target = getRequiredTarget(module);
    if (!target)
      return signalPassFailure();
    clock = getClock(target);
    if (clock.empty()) {
      module.emitError() << "no clock is known of " << target.getTriple()
                         << "; compile without profile";
      return signalPassFailure();
    }
    if (auto described = module->getAttrOfType<DictionaryAttr>(kLayersAttr))
      layers = described;
    else
      layers = DictionaryAttr::get(&getContext());
    for (auto function : module.getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isExternal())
        continue;
      auto batch = function->getAttrOfType<BatchAttr>(kBatchAttr);
      if (batch && batch.getTile() != 1) {
        function.emitError()
            << "'" << function.getName() << "' computes " << batch.getTile()
            << " samples at a time; only single ones are profiled "
               "(nnq-tile-batch=tile=1)";
        return signalPassFailure();
      }
      profile(function,
              batch ? batch.getEntry().getValue() : function.getName());
    }
  }

  /// Bytes of the constants that ops of a layer read; ops may share some.
  void countStored(func::FuncOp function) {
    SymbolTable symbols(getOperation());
    DataLayout layout = DataLayout::closest(getOperation());
    llvm::DenseSet<std::pair<StringAttr, Operation *>> counted;
    function.walk([&](memref::GetGlobalOp get) {
      auto global = symbols.lookup<memref::GlobalOp>(get.getName());
      if (!global || !global.getConstant())
        return;
      MemRefType type = global.getType();
      int64_t bytes = type.getNumElements() *
                      layout.getTypeSize(type.getElementType()).getFixedValue();
      for (Operation *user : get->getUsers()) {
        auto name = StringAttr::get(&getContext(), findLayerName(user));
        if (counted.insert({name, global}).second)
          stored[name] += bytes;
      }
    });
  }

  void profile(func::FuncOp function, StringRef entry) {
    stored.clear();
    countStored(function);
    SmallVector<std::pair<Operation *, Counter>> starts;
    llvm::MapVector<Counter, int64_t> counters;
    for (Block &block : function.getBody())
      for (auto [op, counter] : findStarts(block)) {
        counters.insert({counter, counters.size()});
        starts.emplace_back(op, counter);
      }
    OpBuilder b(&getContext());
    SmallVector<Attribute> described;
    for (auto [counter, index] : counters)
      described.push_back(describe(b, counter));
    function->setAttr(kLayersAttr, b.getArrayAttr(described));
    numCounters += counters.size();
    if (counters.empty())
      return;

    b.setInsertionPointToStart(getOperation().getBody());
    int64_t count = counters.size();
    auto type = LLVM::LLVMArrayType::get(b.getI64Type(), count);
    auto ticks = LLVM::GlobalOp::create(
        b, function.getLoc(), type, /*isConstant=*/false,
        LLVM::Linkage::External, (entry + kTicksSuffix).str(),
        DenseElementsAttr::get(RankedTensorType::get({count}, b.getI64Type()),
                               b.getI64IntegerAttr(0).getValue()));
    for (Block &block : function.getBody()) {
      Value start;
      int64_t current = 0;
      for (auto [op, counter] : starts) {
        if (op->getBlock() != &block)
          continue;
        b.setInsertionPoint(op);
        Value now = readClock(b, op->getLoc());
        if (start)
          add(b, ticks, current, start, now);
        start = now;
        current = counters.lookup(counter);
      }
      if (!start)
        continue;
      b.setInsertionPoint(block.getTerminator());
      add(b, ticks, current, start,
          readClock(b, block.getTerminator()->getLoc()));
    }
  }

  /// The ops of `block` at which the time of another counter begins.
  SmallVector<std::pair<Operation *, Counter>> findStarts(Block &block) {
    SmallVector<std::pair<Operation *, StringAttr>> ops;
    for (Operation &op : block)
      if (takesTime(op)) {
        auto name = StringAttr::get(&getContext(), findLayerName(&op));
        ops.emplace_back(&op, layers.contains(name) ? name : StringAttr());
      }
    // What no layer does is done for the next one, and at the end for the last.
    SmallVector<std::pair<Operation *, Counter>> result;
    StringAttr next = StringAttr::get(&getContext(), "network");
    for (auto [op, name] : ops)
      if (name)
        next = name;
    for (auto [op, name] : llvm::reverse(ops)) {
      next = name ? name : next;
      result.emplace_back(op, Counter(next, name ? 0 : 1));
    }
    std::reverse(result.begin(), result.end());
    result.erase(llvm::unique(result,
                              [](const auto &a, const auto &b) {
                                return a.second == b.second;
                              }),
                 result.end());
    return result;
  }

  Attribute describe(Builder &b, Counter counter) {
    auto [name, isMovement] = counter;
    NamedAttrList layer;
    if (isMovement)
      layer.set("kind", b.getStringAttr("data movement"));
    else
      layer = cast<DictionaryAttr>(layers.get(name));
    if (int64_t bytes = isMovement ? 0 : stored.lookup(name))
      layer.set("stored", b.getI64IntegerAttr(bytes));
    layer.set("name", name);
    return layer.getDictionary(b.getContext());
  }

  Value readClock(OpBuilder &b, Location loc) {
    ++numReads;
    return LLVM::CallIntrinsicOp::create(b, loc, b.getI64Type(),
                                         b.getStringAttr(clock), ValueRange())
        .getResult(0);
  }

  static void add(OpBuilder &b, LLVM::GlobalOp ticks, int64_t index,
                  Value start, Value now) {
    Location loc = now.getLoc();
    Value base = LLVM::AddressOfOp::create(b, loc, ticks);
    Value at = LLVM::GEPOp::create(b, loc, base.getType(), b.getI64Type(), base,
                                   LLVM::GEPArg(static_cast<int32_t>(index)));
    Value time = LLVM::SubOp::create(b, loc, now, start);
    Value sum = LLVM::LoadOp::create(b, loc, b.getI64Type(), at);
    LLVM::StoreOp::create(b, loc, LLVM::AddOp::create(b, loc, sum, time), at);
  }

  StringRef clock;
  DictionaryAttr layers;
  /// Bytes of constants in the object, by layer.
  llvm::DenseMap<StringAttr, int64_t> stored;
};
} // namespace
