//===- TeamBarrier.cpp - Threads that wait for each other -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "TeamBarrier.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Target/OpenMP.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kName = "nnq_wait_for_team";
/// Apart by more than a line of the cache: who waits reads the second number
/// only.
static constexpr int64_t kApart = 128;
/// Some 50 us.
static constexpr int64_t kSpins = 4096;

/// Tells the core that it waits in a loop.
static void createPause(ImplicitLocOpBuilder &b, ModuleOp module) {
  TargetAttr target = findTarget(module);
  if (!target)
    return;
  llvm::Triple triple(target.getTriple().getValue());
  if (triple.isX86())
    LLVM::CallIntrinsicOp::create(b, b.getStringAttr("llvm.x86.sse2.pause"),
                                  ValueRange());
  else if (triple.isAArch64())
    LLVM::CallIntrinsicOp::create(
        b, b.getStringAttr("llvm.aarch64.hint"),
        ValueRange(LLVM::ConstantOp::create(b, b.getI32IntegerAttr(1))));
}

LLVM::LLVMFuncOp TeamBarrier::getOrCreate(ModuleOp module) {
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(kName))
    return function;
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  b.setInsertionPointToEnd(module.getBody());
  Type i32 = b.getI32Type();
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  if (!module.lookupSymbol(kYield))
    LLVM::LLVMFuncOp::create(b, kYield, LLVM::LLVMFunctionType::get(i32, {}));
  auto function = LLVM::LLVMFuncOp::create(
      b, kName,
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  {pointer, i32}));
  SymbolTable::setSymbolVisibility(function, SymbolTable::Visibility::Private);

  Block *entry = function.addEntryBlock(b);
  Region &body = function.getBody();
  Block *last = b.createBlock(&body, body.end());
  Block *spin = b.createBlock(&body, body.end(), i32, b.getLoc());
  Block *pause = b.createBlock(&body, body.end());
  Block *yield = b.createBlock(&body, body.end());
  Block *next = b.createBlock(&body, body.end());
  Block *end = b.createBlock(&body, body.end());
  Value arrived = entry->getArgument(0), threads = entry->getArgument(1);
  auto constant = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(b, b.getI32IntegerAttr(value));
  };
  auto compare = [&](LLVM::ICmpPredicate predicate, Value x, Value y) -> Value {
    return LLVM::ICmpOp::create(b, predicate, x, y);
  };

  // The generation is read before this thread is counted: the last one that
  // comes starts the next.
  b.setInsertionPointToEnd(entry);
  Value one = constant(1), zero = constant(0), spins = constant(kSpins);
  Value generation = LLVM::GEPOp::create(b, pointer, b.getI8Type(), arrived,
                                         LLVM::GEPArg(int32_t(kApart)));
  auto load = [&]() -> Value {
    return LLVM::LoadOp::create(b, i32, generation, /*alignment=*/4,
                                /*isVolatile=*/false, /*isNonTemporal=*/false,
                                /*isInvariant=*/false,
                                /*isInvariantGroup=*/false,
                                LLVM::AtomicOrdering::acquire);
  };
  auto store = [&](Value value, Value address, LLVM::AtomicOrdering ordering) {
    LLVM::StoreOp::create(b, value, address, /*alignment=*/4,
                          /*isVolatile=*/false, /*isNonTemporal=*/false,
                          /*isInvariantGroup=*/false, ordering);
  };
  Value mine = load();
  Value before = LLVM::AtomicRMWOp::create(b, LLVM::AtomicBinOp::add, arrived,
                                           one, LLVM::AtomicOrdering::acq_rel);
  Value others = LLVM::SubOp::create(b, threads, one);
  LLVM::CondBrOp::create(b, compare(LLVM::ICmpPredicate::eq, before, others),
                         last, ValueRange(), spin, ValueRange(zero));

  b.setInsertionPointToEnd(last);
  store(zero, arrived, LLVM::AtomicOrdering::monotonic);
  store(LLVM::AddOp::create(b, mine, one), generation,
        LLVM::AtomicOrdering::release);
  LLVM::BrOp::create(b, ValueRange(), end);

  b.setInsertionPointToEnd(spin);
  Value count = spin->getArgument(0);
  LLVM::CondBrOp::create(b, compare(LLVM::ICmpPredicate::ne, load(), mine), end,
                         pause);

  b.setInsertionPointToEnd(pause);
  LLVM::CondBrOp::create(b, compare(LLVM::ICmpPredicate::ult, count, spins),
                         next, yield);

  b.setInsertionPointToEnd(yield);
  LLVM::CallOp::create(b, TypeRange(i32), kYield, ValueRange());
  LLVM::BrOp::create(b, ValueRange(count), spin);

  b.setInsertionPointToEnd(next);
  createPause(b, module);
  LLVM::BrOp::create(b, ValueRange(LLVM::AddOp::create(b, count, one)), spin);

  b.setInsertionPointToEnd(end);
  LLVM::ReturnOp::create(b, ValueRange());
  return function;
}

Value TeamBarrier::createState(OpBuilder &builder, Location loc) {
  ImplicitLocOpBuilder b(loc, builder);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Value size = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(2 * kApart));
  Value state = LLVM::AllocaOp::create(b, pointer, b.getI8Type(), size,
                                       /*alignment=*/kApart);
  Value zero = LLVM::ConstantOp::create(b, b.getI32IntegerAttr(0));
  LLVM::StoreOp::create(b, zero, state, /*alignment=*/4);
  Value generation = LLVM::GEPOp::create(b, pointer, b.getI8Type(), state,
                                         LLVM::GEPArg(int32_t(kApart)));
  LLVM::StoreOp::create(b, zero, generation, /*alignment=*/4);
  return state;
}
