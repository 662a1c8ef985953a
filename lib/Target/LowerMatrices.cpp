//===- LowerMatrices.cpp - Matrices in registers of AMX -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Target/Passes.h"
#include "llvm/TargetParser/Triple.h"

namespace nnq {
#define GEN_PASS_DEF_LOWERMATRICES
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static bool isSame(MatrixConfigureOp a, MatrixConfigureOp b) {
  return a.getRowsAttr() == b.getRowsAttr() &&
         a.getBytesAttr() == b.getBytesAttr();
}

/// The configurations in `op`; none and false if they differ, or if something
/// in `op` may change them.
static std::pair<SmallVector<MatrixConfigureOp>, bool>
findConfigurations(Operation *op) {
  SmallVector<MatrixConfigureOp> found;
  bool isUniform = true;
  op->walk([&](Operation *nested) {
    if (auto configure = dyn_cast<MatrixConfigureOp>(nested)) {
      isUniform &= found.empty() || isSame(found.front(), configure);
      found.push_back(configure);
    }
    isUniform &= !isa<CallOpInterface, omp::ParallelOp>(nested);
  });
  return {found, isUniform};
}

/// Leaves the configurations that change something, as far outside as they can
/// be. `current` is the one in force, or null.
static void hoistConfigurations(Block &block, MatrixConfigureOp current) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (auto configure = dyn_cast<MatrixConfigureOp>(op)) {
      if (current && isSame(current, configure))
        configure.erase();
      else
        current = configure;
      continue;
    }
    auto [inside, isUniform] = findConfigurations(&op);
    if (!isUniform || (!inside.empty() && !isa<scf::ForOp>(op))) {
      current = {};
      for (Region &region : op.getRegions())
        for (Block &nested : region)
          hoistConfigurations(nested, {});
      continue;
    }
    if (inside.empty())
      continue;
    if (!current || !isSame(current, inside.front())) {
      current = inside.front();
      current->moveBefore(&op);
    }
    for (MatrixConfigureOp configure : inside)
      if (configure != current)
        configure.erase();
  }
}

/// The function or the region of threads that runs `op`.
static Operation *findThread(Operation *op) {
  do
    op = op->getParentOp();
  while (!isa<func::FuncOp, omp::ParallelOp>(op));
  return op;
}

/// One buffer for all that `block`, which a thread runs from start to end,
/// allocates on the stack in loops; those that are alive together follow each
/// other in it.
static void shareStack(Block &block) {
  struct Slot {
    memref::AllocaOp alloca;
    int64_t offset, size;
  };
  SmallVector<Slot> slots;
  int64_t size = 0;
  block.walk([&](memref::AllocaOp alloca) {
    MemRefType type = alloca.getType();
    if (alloca->getBlock() == &block || !type.hasStaticShape() ||
        findThread(alloca) != block.getParentOp())
      return;
    Slot slot{alloca, 0,
              static_cast<int64_t>(llvm::alignTo(
                  type.getNumElements() * type.getElementTypeBitWidth() / 8,
                  kBufferAlignment))};
    for (const Slot &other : slots)
      if (other.alloca->getBlock()->getParentOp()->isAncestor(alloca))
        slot.offset = std::max(slot.offset, other.offset + other.size);
    slots.push_back(slot);
    size = std::max(size, slot.offset + slot.size);
  });
  if (slots.empty())
    return;
  OpBuilder b(&block, block.begin());
  Location loc = slots.front().alloca.getLoc();
  Value stack =
      memref::AllocaOp::create(b, loc, MemRefType::get({size}, b.getI8Type()),
                               b.getI64IntegerAttr(kBufferAlignment));
  for (Slot &slot : slots) {
    b.setInsertionPoint(slot.alloca);
    Value offset = arith::ConstantIndexOp::create(b, loc, slot.offset);
    Value view = memref::ViewOp::create(b, loc, slot.alloca.getType(), stack,
                                        offset, ValueRange());
    slot.alloca.replaceAllUsesWith(view);
    slot.alloca.erase();
  }
}

namespace {
/// Instructions for the ops of a module.
class Lowering {
public:
  explicit Lowering(ModuleOp module) : module(module), b(module.getContext()) {}

  void lower(Operation *op);
  void release(Operation *before) {
    b.setInsertionPoint(before);
    call(before->getLoc(), "tilerelease", {});
  }
  /// Asks the system for the registers before anything else runs.
  void emitRequest();

private:
  void call(Location loc, StringRef name, ValueRange operands) {
    LLVM::CallIntrinsicOp::create(
        b, loc, b.getStringAttr(("llvm.x86." + name).str()), operands);
  }
  Value number(Location loc, int64_t value) {
    return LLVM::ConstantOp::create(b, loc, b.getI8IntegerAttr(value));
  }
  Value stride(Location loc, int64_t value) {
    return LLVM::ConstantOp::create(b, loc, b.getI64IntegerAttr(value));
  }
  Value getSizes(MatrixConfigureOp op);

  ModuleOp module;
  OpBuilder b;
  DenseMap<Attribute, LLVM::GlobalOp> sizes;
};
} // namespace

/// The address of the operand of ldtilecfg: palette 1, then bytes in 16 bits
/// each from byte 16 on and rows from byte 48 on.
Value Lowering::getSizes(MatrixConfigureOp op) {
  SmallVector<uint8_t> bytes(64, 0);
  bytes[0] = 1;
  for (int64_t i = 0; i < kNumMatrices; ++i) {
    bytes[16 + 2 * i] = static_cast<uint8_t>(op.getBytes()[i]);
    bytes[48 + i] = static_cast<uint8_t>(op.getRows()[i]);
  }
  auto type = RankedTensorType::get({64}, b.getI8Type());
  auto value = DenseElementsAttr::get(type, ArrayRef(bytes));
  LLVM::GlobalOp &global = sizes[value];
  if (!global) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    global = LLVM::GlobalOp::create(
        b, op.getLoc(), LLVM::LLVMArrayType::get(b.getI8Type(), 64),
        /*isConstant=*/true, LLVM::Linkage::Internal,
        ("nnq_matrix_sizes_" + Twine(sizes.size() - 1)).str(), value,
        /*alignment=*/64);
  }
  return LLVM::AddressOfOp::create(b, op.getLoc(), global);
}

void Lowering::lower(Operation *op) {
  Location loc = op->getLoc();
  b.setInsertionPoint(op);
  if (auto configure = dyn_cast<MatrixConfigureOp>(op))
    call(loc, "ldtilecfg", getSizes(configure));
  else if (auto zero = dyn_cast<MatrixZeroOp>(op))
    call(loc, "tilezero", number(loc, zero.getMatrix()));
  else if (auto load = dyn_cast<MatrixLoadOp>(op))
    call(loc, "tileloadd64",
         {number(loc, load.getMatrix()), load.getBase(),
          stride(loc, load.getStride())});
  else if (auto store = dyn_cast<MatrixStoreOp>(op))
    call(loc, "tilestored64",
         {number(loc, store.getMatrix()), store.getBase(),
          stride(loc, store.getStride())});
  else if (auto dot = dyn_cast<MatrixDotOp>(op))
    call(loc, "tdpbusd",
         {number(loc, dot.getAcc()), number(loc, dot.getLhs()),
          number(loc, dot.getRhs())});
  else
    return;
  op->erase();
}

void Lowering::emitRequest() {
  Location loc = module.getLoc();
  ImplicitLocOpBuilder builder(loc, b);
  builder.setInsertionPointToEnd(module.getBody());
  MLIRContext *context = module.getContext();
  auto nothing = LLVM::LLVMVoidType::get(context);
  auto request = LLVM::LLVMFuncOp::create(
      builder, "nnq_request_matrices", LLVM::LLVMFunctionType::get(nothing, {}),
      LLVM::Linkage::Internal);
  Block *body = request.addEntryBlock(builder);
  builder.setInsertionPointToStart(body);
  // System call 158, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA.
  auto constant = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(builder, builder.getI64IntegerAttr(value));
  };
  Value operands[] = {constant(158), constant(0x1023), constant(18)};
  LLVM::InlineAsmOp::create(
      builder, TypeRange(builder.getI64Type()), operands, "syscall",
      "={rax},0,{rdi},{rsi},~{rcx},~{r11},~{memory}",
      /*has_side_effects=*/true, /*is_align_stack=*/false,
      LLVM::TailCallKind::None,
      LLVM::AsmDialectAttr::get(context, LLVM::AsmDialect::AD_ATT),
      /*operand_attrs=*/ArrayAttr());
  LLVM::ReturnOp::create(builder, ValueRange());
  builder.setInsertionPointToEnd(module.getBody());
  LLVM::GlobalCtorsOp::create(
      builder, builder.getArrayAttr(FlatSymbolRefAttr::get(request)),
      builder.getI32ArrayAttr(0),
      builder.getArrayAttr(LLVM::ZeroAttr::get(context)));
}

namespace {
struct LowerMatrices : public nnq::impl::LowerMatricesBase<LowerMatrices> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    Lowering lowering(module);
    bool isUsed = false;
    // What one thread runs from start to end.
    SmallVector<Block *> bodies;
    module.walk([&](Operation *op) {
      if (isa<func::FuncOp, omp::ParallelOp>(op) && op->getNumRegions() &&
          !op->getRegion(0).empty())
        bodies.push_back(&op->getRegion(0).front());
    });
    for (Block *body : bodies) {
      shareStack(*body);
      if (!isa<func::FuncOp>(body->getParentOp()))
        continue;
      hoistConfigurations(*body, {});
    }
    for (Block *body : bodies) {
      bool configures = false;
      body->walk<WalkOrder::PreOrder>([&](Operation *op) {
        if (isa<omp::ParallelOp>(op))
          return WalkResult::skip();
        configures |= isa<MatrixConfigureOp>(op);
        return WalkResult::advance();
      });
      if (configures)
        lowering.release(body->getTerminator());
      isUsed |= configures;
    }
    SmallVector<Operation *> ops;
    module.walk([&](Operation *op) {
      numConfigurations += isa<MatrixConfigureOp>(op);
      numDots += isa<MatrixDotOp>(op);
      if (isMatrixOp(op))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      lowering.lower(op);
    TargetAttr target = findTarget(module);
    if (isUsed &&
        (!target || llvm::Triple(target.getTriple().getValue()).isOSLinux()))
      lowering.emitRequest();
  }
};
} // namespace
