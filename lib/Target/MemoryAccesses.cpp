//===- MemoryAccesses.cpp - What memory an op reads and writes ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "MemoryAccesses.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

using namespace mlir;
using namespace nnq;

static bool isAddress(Type type) {
  return isa<BaseMemRefType, LLVM::LLVMPointerType>(type);
}

/// Bytes of a buffer that a view of constant offset and size has.
static std::optional<std::pair<int64_t, int64_t>>
getBytes(memref::ViewOp view) {
  APInt shift;
  MemRefType type = view.getType();
  if (!matchPattern(view.getByteShift(), m_ConstantInt(&shift)) ||
      !type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return std::nullopt;
  int64_t size =
      type.getNumElements() *
      static_cast<int64_t>(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
  int64_t first = shift.getSExtValue();
  return std::make_pair(first, first + size);
}

static bool isConstant(memref::GetGlobalOp get) {
  auto global = SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
      get, get.getNameAttr());
  return global && global.getConstant();
}

/// What `address` points to; nothing for a constant.
static std::optional<MemoryAccess> findMemory(Value address) {
  MemoryAccess access;
  while (Operation *op = address.getDefiningOp()) {
    if (auto view = dyn_cast<memref::ViewOp>(op)) {
      access.bytes = getBytes(view);
      address = view.getSource();
    } else if (auto view = dyn_cast<ViewLikeOpInterface>(op)) {
      address = view.getViewSource();
    } else if (isa<LLVM::GEPOp, LLVM::ExtractValueOp>(op) ||
               (isa<UnrealizedConversionCastOp>(op) &&
                op->getNumOperands() == 1)) {
      address = op->getOperand(0);
    } else if (auto get = dyn_cast<memref::GetGlobalOp>(op)) {
      if (isConstant(get))
        return std::nullopt;
      return MemoryAccess();
    } else if (isa<memref::AllocOp, memref::AllocaOp>(op)) {
      break;
    } else {
      return MemoryAccess();
    }
  }
  access.buffer = address;
  return access;
}

/// Two buffers that share no byte.
static bool areApart(Value a, Value b) {
  auto isOwn = [](Value buffer) {
    auto argument = dyn_cast<BlockArgument>(buffer);
    if (!argument)
      return true;
    auto function =
        dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
    return function &&
           function.getArgAttr(argument.getArgNumber(),
                               LLVM::LLVMDialect::getNoAliasAttrName());
  };
  return a != b && isOwn(a) && isOwn(b);
}

static bool conflict(const MemoryAccess &a, const MemoryAccess &b) {
  if (!a.writes && !b.writes)
    return false;
  if (!a.buffer || !b.buffer)
    return true;
  if (a.buffer != b.buffer)
    return !areApart(a.buffer, b.buffer);
  return !a.bytes || !b.bytes ||
         (a.bytes->first < b.bytes->second && b.bytes->first < a.bytes->second);
}

void MemoryAccesses::add(Operation *op) {
  op->walk([&](Operation *nested) { addOne(nested); });
}

void MemoryAccesses::addOne(Operation *op) {
  if (op->hasTrait<OpTrait::IsTerminator>() ||
      op->hasTrait<OpTrait::HasRecursiveMemoryEffects>() ||
      isMemoryEffectFree(op) || isa<memref::AllocaOp, LLVM::AllocaOp>(op))
    return;
  bool writes = isMatrixOp(op) ? isa<MatrixStoreOp>(op)
                               : !hasSingleEffect<MemoryEffects::Read>(op);
  bool hasAddress = false;
  for (Value operand : op->getOperands())
    if (isAddress(operand.getType())) {
      hasAddress = true;
      if (std::optional<MemoryAccess> access = findMemory(operand)) {
        access->writes = writes;
        list.push_back(*access);
      }
    }
  // An instruction of a target uses the memory at its operands. A function may
  // use any.
  if (isMatrixOp(op) || isa<LLVM::CallIntrinsicOp>(op) ||
      (hasAddress && !isa<CallOpInterface>(op)))
    return;
  MemoryAccess unknown;
  unknown.writes = true;
  list.push_back(unknown);
}

bool MemoryAccesses::hasWrites() const {
  return llvm::any_of(list, [](const auto &access) { return access.writes; });
}

bool MemoryAccesses::conflictsWith(const MemoryAccesses &other) const {
  return llvm::any_of(list, [&](const MemoryAccess &a) {
    return llvm::any_of(other.list,
                        [&](const MemoryAccess &b) { return conflict(a, b); });
  });
}
