//===- OutlineKernels.cpp - Equal loops once ------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Vectorize/Passes.h"
#include "llvm/Support/FormatVariadic.h"

namespace nnq {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
/// A loop and what it reads from outside.
struct Kernel {
  scf::ForOp loop;
  /// Whole buffers, which become arguments. No two of them overlap.
  SetVector<Value> buffers;
  /// Indices, scalars and views, which the function computes by itself.
  SetVector<Operation *> slice;

  LogicalResult collect(std::string &reason);
  func::FuncOp makeFunction(OpBuilder &b, SymbolTableCollection &symbols,
                            StringRef name);

private:
  LogicalResult add(Value value, std::string &reason);
};

/// Functions by what they do, whatever their names.
struct SameFunction : DenseMapInfo<func::FuncOp> {
  static constexpr auto kFlags = OperationEquivalence::IgnoreLocations;

  static unsigned getHashValue(func::FuncOp function) {
    llvm::hash_code hash = hash_value(function.getFunctionType());
    function.getBody().walk([&](Operation *op) {
      hash = llvm::hash_combine(
          hash, OperationEquivalence::computeHash(
                    op, OperationEquivalence::ignoreHashValue,
                    OperationEquivalence::ignoreHashValue, kFlags));
    });
    return hash;
  }

  static bool isEqual(func::FuncOp lhs, func::FuncOp rhs) {
    if (lhs == rhs)
      return true;
    for (func::FuncOp key : {getEmptyKey(), getTombstoneKey()})
      if (lhs == key || rhs == key)
        return false;
    return lhs.getFunctionType() == rhs.getFunctionType() &&
           lhs.getArgAttrsAttr() == rhs.getArgAttrsAttr() &&
           OperationEquivalence::isRegionEquivalentTo(&lhs.getBody(),
                                                      &rhs.getBody(), kFlags);
  }
};
} // namespace

LogicalResult Kernel::add(Value value, std::string &reason) {
  Operation *op = value.getDefiningOp();
  if (op && slice.contains(op))
    return success();
  // Weights are what tells layers apart.
  bool isWeights = isa_and_nonnull<memref::GetGlobalOp>(op);
  if (op && !isWeights && op->getNumRegions() == 0 && isPure(op)) {
    for (Value operand : op->getOperands())
      if (failed(add(operand, reason)))
        return failure();
    slice.insert(op);
    return success();
  }
  auto type = dyn_cast<MemRefType>(value.getType());
  if (!type || (op && !isWeights && !isa<memref::AllocOp>(op))) {
    reason = "reads a value that no buffer holds";
    return failure();
  }
  // As a plain pointer.
  if (!type.hasStaticShape() || !type.getLayout().isIdentity() ||
      type.getMemorySpace()) {
    reason = llvm::formatv("works on a buffer of type {0}", type);
    return failure();
  }
  buffers.insert(value);
  return success();
}

LogicalResult Kernel::collect(std::string &reason) {
  if (loop.getNumResults()) {
    reason = "has results";
    return failure();
  }
  // Threads get the buffers through memory, where what is known of arguments
  // is lost: measured, the code is slower.
  if (loop->hasAttr(kParallelAttr) &&
      getNumThreads(loop->getParentOfType<ModuleOp>()) > 1) {
    reason = "threads may share the loop";
    return failure();
  }
  bool allocates =
      loop.walk([](memref::AllocOp) { return WalkResult::interrupt(); })
          .wasInterrupted();
  if (allocates) {
    reason = "allocates a buffer in the loop";
    return failure();
  }
  for (Value operand : loop->getOperands())
    if (failed(add(operand, reason)))
      return failure();
  SetVector<Value> used;
  getUsedValuesDefinedAbove(loop->getRegions(), used);
  for (Value value : used)
    if (failed(add(value, reason)))
      return failure();
  return success();
}

/// Bytes to which the address of `buffer` is aligned, 0 if that is not known.
static int64_t getAlignment(Value buffer, SymbolTableCollection &symbols) {
  if (buffer.getDefiningOp<memref::AllocOp>())
    return kBufferAlignment;
  auto get = buffer.getDefiningOp<memref::GetGlobalOp>();
  if (!get)
    return 0;
  auto global =
      symbols.lookupNearestSymbolFrom<memref::GlobalOp>(get, get.getNameAttr());
  return global.getAlignment().value_or(0);
}

func::FuncOp Kernel::makeFunction(OpBuilder &b, SymbolTableCollection &symbols,
                                  StringRef name) {
  Location loc = loop.getLoc();
  auto types = llvm::to_vector(ValueRange(buffers.getArrayRef()).getTypes());
  auto function = func::FuncOp::create(loc, name, b.getFunctionType(types, {}));
  function.setPrivate();
  Block *body = function.addEntryBlock();
  OpBuilder inside = OpBuilder::atBlockBegin(body);
  DataLayout layout = DataLayout::closest(loop);
  IRMapping mapping;
  for (auto [buffer, arg] : llvm::zip(buffers, body->getArguments())) {
    mapping.map(buffer, arg);
    unsigned i = arg.getArgNumber();
    auto type = cast<MemRefType>(arg.getType());
    int64_t bytes = type.getNumElements() *
                    layout.getTypeSize(type.getElementType()).getFixedValue();
    function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                        b.getUnitAttr());
    function.setArgAttr(i, LLVM::LLVMDialect::getDereferenceableAttrName(),
                        b.getI64IntegerAttr(bytes));
    if (int64_t alignment = getAlignment(buffer, symbols))
      function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                          b.getI64IntegerAttr(alignment));
  }
  for (Operation *op : slice)
    inside.clone(*op, mapping);
  inside.clone(*loop, mapping);
  func::ReturnOp::create(inside, loc);
  return function;
}

namespace {
/// Kernels that do the same, and how.
struct Group {
  func::FuncOp function;
  SmallVector<Kernel> kernels;
};

struct OutlineKernels : public nnq::impl::OutlineKernelsBase<OutlineKernels> {
  using OutlineKernelsBase::OutlineKernelsBase;

  void runOnOperation() override {
    SmallVector<Group> groups = findGroups();
    SymbolTable table(getOperation());
    for (Group &group : groups) {
      // A call and what saves registers take more than such a loop gains.
      if (group.kernels.size() == 1 &&
          countOps(group.kernels.front().loop) < minUniqueOps) {
        group.function.erase();
        continue;
      }
      outline(group, table);
    }
  }

  static int64_t countOps(Operation *root) {
    int64_t count = 0;
    root->walk([&](Operation *) { ++count; });
    return count;
  }

  /// The functions are in no module yet.
  SmallVector<Group> findGroups() {
    SmallVector<Group> groups;
    DenseMap<func::FuncOp, size_t, SameFunction> known;
    SymbolTableCollection symbols;
    OpBuilder b(&getContext());
    for (auto caller : getOperation().getOps<func::FuncOp>())
      for (Block &block : caller.getBody())
        for (auto loop : block.getOps<scf::ForOp>()) {
          if (countOps(loop) < minOps)
            continue;
          Kernel kernel{loop, {}, {}};
          std::string reason;
          if (failed(kernel.collect(reason))) {
            ++numKept;
            remarkMissed(loop, "nnq-outline-kernels", reason);
            continue;
          }
          func::FuncOp function = kernel.makeFunction(
              b, symbols, (caller.getName() + "_kernel").str());
          auto [group, isNew] = known.try_emplace(function, groups.size());
          if (isNew)
            groups.push_back({function, {}});
          else
            function.erase();
          groups[group->second].kernels.push_back(std::move(kernel));
        }
    return groups;
  }

  void outline(Group &group, SymbolTable &table) {
    func::FuncOp function = group.function;
    auto caller = group.kernels.front().loop->getParentOfType<func::FuncOp>();
    table.insert(function, Block::iterator(caller));
    ++numFunctions;
    numMerged += group.kernels.size() - 1;
    for (Kernel &kernel : group.kernels) {
      if (&kernel != &group.kernels.front())
        remarkPassed(kernel.loop, "nnq-outline-kernels",
                     llvm::formatv("calls '{0}' of layer '{1}'",
                                   function.getName(), getLayerName(function))
                         .str());
      OpBuilder b(kernel.loop);
      func::CallOp::create(b, kernel.loop.getLoc(), function,
                           kernel.buffers.getArrayRef());
      kernel.loop.erase();
    }
  }
};
} // namespace
