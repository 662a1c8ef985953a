//===- LowerParallel.cpp - Parallel loops become work of a team -----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "MemoryAccesses.h"
#include "TeamBarrier.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Target/Passes.h"
#include "llvm/Support/FormatVariadic.h"

namespace nnq {
#define GEN_PASS_DEF_LOWERPARALLEL
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static bool hasParallelLoop(Operation *op) {
  return op->walk([](scf::ParallelOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

/// Computes numbers and uses no memory: every thread may do so.
static bool isComputation(Operation &op) {
  return isMemoryEffectFree(&op) || isa<LLVM::CallIntrinsicOp>(op);
}

namespace {
/// What stands between two points at which threads may have to wait.
struct Step {
  /// Ops of one thread; or an op of all: a loop that they share or run
  /// together, or what reads memory for such a loop.
  SmallVector<Operation *> ops;
  bool isShared = false;
  MemoryAccesses accesses;
};

/// The number of a thread in its team, and how many there are.
struct Member {
  Value id, count;
};
} // namespace

/// The ops of a block whose results loops of the team use.
static llvm::DenseSet<Operation *> findNeeded(Block &block) {
  llvm::DenseSet<Operation *> needed;
  for (Operation &op : llvm::reverse(block.without_terminator())) {
    if (!needed.contains(&op) && !hasParallelLoop(&op))
      continue;
    op.walk([&](Operation *nested) {
      for (Value operand : nested->getOperands())
        if (Operation *producer = operand.getDefiningOp();
            producer && producer->getBlock() == &block)
          needed.insert(producer);
    });
  }
  return needed;
}

/// The steps of a block; the reason if threads cannot run it together.
static FailureOr<SmallVector<Step>> findSteps(Block &block,
                                              std::string &reason) {
  SmallVector<Step> steps;
  llvm::DenseSet<Operation *> needed = findNeeded(block), alone;
  bool isOpen = false;
  auto addShared = [&](Operation &op) {
    Step &step = steps.emplace_back();
    step.isShared = true;
    step.ops.push_back(&op);
    step.accesses.add(&op);
    isOpen = false;
  };
  for (Operation &op : block.without_terminator()) {
    bool needsOne = llvm::any_of(op.getOperands(), [&](Value operand) {
      return alone.contains(operand.getDefiningOp());
    });
    if (hasParallelLoop(&op)) {
      if (!isa<scf::ParallelOp, scf::ForOp>(op) || op.getNumResults()) {
        reason = llvm::formatv("'{0}' holds a parallel loop", op.getName());
        return failure();
      }
      addShared(op);
      continue;
    }
    MemoryAccesses accesses;
    accesses.add(&op);
    if (needed.contains(&op) && !accesses.empty()) {
      // What one thread finds, only that thread knows.
      if (accesses.hasWrites()) {
        reason = llvm::formatv("the result of '{0}' is used by all threads",
                               op.getName());
        return failure();
      }
      addShared(op);
      continue;
    }
    if (accesses.empty() && isComputation(op) && !needsOne) {
      // A clock is read between what stands before and behind it.
      isOpen &= isMemoryEffectFree(&op);
      continue;
    }
    if (!isOpen)
      steps.emplace_back();
    isOpen = true;
    steps.back().ops.push_back(&op);
    steps.back().accesses.add(accesses);
    alone.insert(&op);
  }
  // Results of what one thread runs leave its branch nowhere.
  for (Step &step : steps)
    for (Operation *op : step.ops)
      for (Operation *user : op->getUsers())
        if (!step.isShared && !llvm::any_of(step.ops, [&](Operation *other) {
              return other->isAncestor(user);
            })) {
          reason =
              llvm::formatv("the result of '{0}' is used later", op->getName());
          return failure();
        }
  return steps;
}

/// `loop` for the part of its steps that `member` does; the parts follow each
/// other, and differ by one step at most.
static Operation *sharePart(IRRewriter &rewriter, scf::ParallelOp loop,
                            Member member) {
  rewriter.setInsertionPoint(loop);
  ImplicitLocOpBuilder b(loop.getLoc(), rewriter);
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, value);
  };
  SmallVector<Value> counts;
  Value all = constant(1);
  for (auto [lower, upper, step] :
       llvm::zip(loop.getLowerBound(), loop.getUpperBound(), loop.getStep())) {
    Value length = b.createOrFold<arith::SubIOp>(upper, lower);
    counts.push_back(b.createOrFold<arith::CeilDivSIOp>(length, step));
    all = b.createOrFold<arith::MulIOp>(all, counts.back());
  }
  auto bound = [&](Value id) {
    Value product = b.createOrFold<arith::MulIOp>(id, all);
    return b.createOrFold<arith::DivUIOp>(product, member.count);
  };
  Value one = constant(1);
  Value first = bound(member.id);
  Value last = bound(b.createOrFold<arith::AddIOp>(member.id, one));
  auto part = scf::ForOp::create(b, first, last, one);
  b.setInsertionPointToStart(part.getBody());

  // The last of the nested loops is the fastest.
  SmallVector<Value> indices(counts.size());
  Value rest = part.getInductionVar();
  for (size_t i = counts.size(); i-- > 0;) {
    Value index = rest;
    if (i > 0) {
      index = b.createOrFold<arith::RemUIOp>(rest, counts[i]);
      rest = b.createOrFold<arith::DivUIOp>(rest, counts[i]);
    }
    Value offset = b.createOrFold<arith::MulIOp>(index, loop.getStep()[i]);
    indices[i] = b.createOrFold<arith::AddIOp>(loop.getLowerBound()[i], offset);
  }
  rewriter.eraseOp(loop.getBody()->getTerminator());
  rewriter.inlineBlockBefore(loop.getBody(), part.getBody()->getTerminator(),
                             indices);
  rewriter.eraseOp(loop);
  return part;
}

namespace {
struct LowerParallel : public nnq::impl::LowerParallelBase<LowerParallel> {
  using LowerParallelBase::LowerParallelBase;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    for (auto function :
         llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      if (!hasParallelLoop(function))
        continue;
      std::string reason;
      if (succeeded(checkBody(function, reason))) {
        runByTeam(rewriter, function);
        ++numTeams;
        continue;
      }
      remarkMissed(function, "nnq-lower-parallel",
                   "threads are started for each loop: " + reason);
      function.walk([&](scf::ParallelOp loop) {
        rewriter.setInsertionPoint(loop);
        Block *body = startTeam(rewriter, loop.getLoc());
        Member member = findMember(rewriter, loop.getLoc());
        rewriter.moveOpBefore(loop, body->getTerminator());
        sharePart(rewriter, loop, member);
        ++numTeams;
      });
    }
  }

  /// Succeeds if one team can run all of `function`.
  LogicalResult checkBody(func::FuncOp function, std::string &reason) {
    if (!function.getBody().hasOneBlock() || function.getNumResults()) {
      reason = "the function has branches or results";
      return failure();
    }
    // Teams do not nest.
    WalkResult calls = function.walk([&](func::CallOp call) {
      auto callee = getOperation().lookupSymbol<func::FuncOp>(call.getCallee());
      return callee && hasParallelLoop(callee) ? WalkResult::interrupt()
                                               : WalkResult::advance();
    });
    if (calls.wasInterrupted()) {
      reason = "it calls a function with parallel loops";
      return failure();
    }
    WalkResult blocks = function.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<scf::ParallelOp>(op) || !hasParallelLoop(op))
        return WalkResult::skip();
      return failed(findSteps(op->getRegion(0).front(), reason))
                 ? WalkResult::interrupt()
                 : WalkResult::advance();
    });
    return failure(blocks.wasInterrupted());
  }

  /// A region that several threads run; the builder stands inside of it.
  Block *startTeam(IRRewriter &rewriter, Location loc) {
    omp::ParallelOperands clauses;
    clauses.numThreads = LLVM::ConstantOp::create(
        rewriter, loc, rewriter.getI32IntegerAttr(threads));
    auto parallel = omp::ParallelOp::create(rewriter, loc, clauses);
    Block *body = rewriter.createBlock(&parallel.getRegion());
    omp::TerminatorOp::create(rewriter, loc);
    rewriter.setInsertionPointToStart(body);
    return body;
  }

  /// Asks OpenMP, which may give fewer threads than are wanted. By names that
  /// only LLVM's library has: another one in the process, such as that of
  /// PyTorch, may answer `omp_get_thread_num`, and knows none of our threads.
  Member findMember(IRRewriter &rewriter, Location loc) {
    auto ask = [&](StringRef name) -> Value {
      Type i32 = rewriter.getI32Type();
      auto pointer = LLVM::LLVMPointerType::get(&getContext());
      if (!getOperation().lookupSymbol(name)) {
        OpBuilder b = OpBuilder::atBlockEnd(getOperation().getBody());
        LLVM::LLVMFuncOp::create(b, loc, name,
                                 LLVM::LLVMFunctionType::get(i32, {pointer}));
      }
      // A place in the source, which is not used.
      Value place = LLVM::ZeroOp::create(rewriter, loc, pointer);
      Value number = LLVM::CallOp::create(rewriter, loc, TypeRange(i32), name,
                                          ValueRange(place))
                         .getResult();
      return arith::IndexCastOp::create(rewriter, loc, rewriter.getIndexType(),
                                        number);
    };
    Value id = ask("__kmpc_bound_thread_num");
    return {id, ask("__kmpc_bound_num_threads")};
  }

  /// Moves the body of `function` into one of its own, which keeps what is
  /// known of the arguments, and has a team call it.
  void runByTeam(IRRewriter &rewriter, func::FuncOp function) {
    Location loc = function.getLoc();
    ImplicitLocOpBuilder b(loc, rewriter);
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    Type index = b.getIndexType();
    SmallVector<Type> types(function.getArgumentTypes());
    unsigned numArgs = types.size();
    types.append({pointer, index, index});

    b.setInsertionPointAfter(function);
    auto body = func::FuncOp::create(b, (function.getName() + "_by_team").str(),
                                     b.getFunctionType(types, TypeRange()));
    body.setPrivate();
    SymbolTable(getOperation()).insert(body, Block::iterator(body));
    for (unsigned i = 0; i < numArgs; ++i)
      body.setArgAttrs(i, function.getArgAttrDict(i));
    body.getBody().takeBody(function.getBody());
    Block &block = body.getBody().front();
    Value state = block.addArgument(pointer, loc);
    Member member{block.addArgument(index, loc), block.addArgument(index, loc)};
    runSteps(rewriter, block, member, state);

    Block *entry = function.addEntryBlock();
    rewriter.setInsertionPointToStart(entry);
    SmallVector<Value> operands(entry->getArguments());
    operands.push_back(TeamBarrier::createState(rewriter, loc));
    startTeam(rewriter, loc);
    Member caller = findMember(rewriter, loc);
    operands.append({caller.id, caller.count});
    func::CallOp::create(rewriter, loc, body, operands);
    rewriter.setInsertionPointToEnd(entry);
    func::ReturnOp::create(rewriter, loc);
  }

  void wait(IRRewriter &rewriter, Operation *after, Member member,
            Value state) {
    LLVM::LLVMFuncOp barrier = TeamBarrier::getOrCreate(getOperation());
    rewriter.setInsertionPointAfter(after);
    Value count = arith::IndexCastOp::create(
        rewriter, after->getLoc(), rewriter.getI32Type(), member.count);
    LLVM::CallOp::create(rewriter, after->getLoc(), barrier,
                         ValueRange{state, count});
    ++numBarriers;
  }

  void runSteps(IRRewriter &rewriter, Block &block, Member member,
                Value state) {
    std::string reason;
    SmallVector<Step> steps = *findSteps(block, reason);
    // Steps since threads last waited: of one thread, and of all.
    MemoryAccesses single, shared;
    Operation *last = nullptr;
    for (Step &step : steps) {
      bool conflicts = step.accesses.conflictsWith(shared) ||
                       (step.isShared && step.accesses.conflictsWith(single));
      if (conflicts) {
        wait(rewriter, last, member, state);
        single.clear();
        shared.clear();
      }
      (step.isShared ? shared : single).add(step.accesses);
      last = lower(rewriter, step, member, state);
    }
  }

  /// Returns the op behind which the next step begins.
  Operation *lower(IRRewriter &rewriter, Step &step, Member member,
                   Value state) {
    Operation *op = step.ops.back();
    Location loc = op->getLoc();
    rewriter.setInsertionPoint(op);
    if (!step.isShared) {
      Value zero = arith::ConstantIndexOp::create(rewriter, loc, 0);
      Value isFirst = arith::CmpIOp::create(
          rewriter, loc, arith::CmpIPredicate::eq, member.id, zero);
      auto branch = scf::IfOp::create(rewriter, loc, isFirst,
                                      /*withElseRegion=*/false);
      for (Operation *single : step.ops)
        rewriter.moveOpBefore(single, branch.thenYield());
      return branch;
    }
    if (auto loop = dyn_cast<scf::ForOp>(op); loop && hasParallelLoop(loop)) {
      runSteps(rewriter, *loop.getBody(), member, state);
      // The next round may write what this one still reads.
      wait(rewriter, loop.getBody()->getTerminator()->getPrevNode(), member,
           state);
      return loop;
    }
    if (auto loop = dyn_cast<scf::ParallelOp>(op))
      return sharePart(rewriter, loop, member);
    return op;
  }
};
} // namespace
