//===- LoopOverBatch.cpp - Entry points that take any batch ---------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Signature.h"
#include "nnq/Target/Passes.h"
#include "llvm/ADT/MapVector.h"

namespace nnq {
#define GEN_PASS_DEF_LOOPOVERBATCH
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// For each input and output of a signature, the bytes from one sample to the
/// next.
static SmallVector<int64_t> getStrides(DictionaryAttr signature) {
  SmallVector<int64_t> strides;
  for (StringRef role : {"inputs", "outputs"})
    for (auto tensor :
         signature.getAs<ArrayAttr>(role).getAsRange<DictionaryAttr>()) {
      TensorSignature described{
          SmallVector<int64_t>(
              tensor.getAs<DenseI64ArrayAttr>("shape").asArrayRef()),
          *parseDType(tensor.getAs<StringAttr>("dtype"))};
      strides.push_back(described.hasDynamicBatch() ? described.getNumBytes(1)
                                                    : 0);
    }
  return strides;
}

static BatchAttr getBatch(LLVM::LLVMFuncOp function) {
  return function->getAttrOfType<BatchAttr>(kBatchAttr);
}

/// The entry point with arguments as those of the parts and the batch.
static LLVM::LLVMFuncOp declareEntry(OpBuilder &b, LLVM::LLVMFuncOp part) {
  LLVM::LLVMFunctionType type = part.getFunctionType();
  SmallVector<Type> types(type.getParams());
  types.insert(types.end() - 1, b.getI64Type());
  auto entry = LLVM::LLVMFuncOp::create(
      b, part.getLoc(), getBatch(part).getEntry(),
      LLVM::LLVMFunctionType::get(type.getReturnType(), types));
  for (unsigned i = 0, e = type.getNumParams(); i < e; ++i)
    entry.setArgAttrs(i + 1 == e ? e : i, part.getArgAttrDict(i));
  entry->setAttr(kSignatureAttr, part->getAttr(kSignatureAttr));
  return entry;
}

/// for (; i + tile <= batch; i += tile) part(x + i * stride, ..., workspace);
/// The builder stands at the end of a block, and of the one behind the loop
/// then.
static Value addLoop(OpBuilder &b, LLVM::LLVMFuncOp entry,
                     LLVM::LLVMFuncOp part, ArrayRef<int64_t> strides,
                     Value first) {
  Location loc = part.getLoc();
  Type i64 = b.getI64Type();
  Block *before = b.getInsertionBlock();
  Block *head =
      b.createBlock(&entry.getBody(), entry.getBody().end(), i64, loc);
  Block *body = b.createBlock(&entry.getBody(), entry.getBody().end());
  Block *exit = b.createBlock(&entry.getBody(), entry.getBody().end());
  b.setInsertionPointToEnd(before);
  LLVM::BrOp::create(b, loc, first, head);

  b.setInsertionPointToEnd(head);
  Value sample = head->getArgument(0);
  Value batch = entry.getArgument(strides.size());
  auto constant = [&](int64_t value) {
    return LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(value));
  };
  Value next =
      LLVM::AddOp::create(b, loc, sample, constant(getBatch(part).getTile()));
  Value fits =
      LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::sle, next, batch);
  LLVM::CondBrOp::create(b, loc, fits, body, exit);

  b.setInsertionPointToEnd(body);
  SmallVector<Value> args;
  for (auto [i, stride] : llvm::enumerate(strides)) {
    Value arg = entry.getArgument(i);
    if (stride) {
      Value offset = LLVM::MulOp::create(b, loc, sample, constant(stride));
      arg = LLVM::GEPOp::create(b, loc, arg.getType(), b.getI8Type(), arg,
                                ArrayRef<LLVM::GEPArg>{offset},
                                LLVM::GEPNoWrapFlags::inbounds);
    }
    args.push_back(arg);
  }
  args.push_back(entry.getArguments().back());
  LLVM::CallOp::create(b, loc, part, args);
  LLVM::BrOp::create(b, loc, next, head);
  b.setInsertionPointToEnd(exit);
  return sample;
}

namespace {
struct LoopOverBatch : public nnq::impl::LoopOverBatchBase<LoopOverBatch> {
  void runOnOperation() override {
    llvm::MapVector<StringAttr, SmallVector<LLVM::LLVMFuncOp>> entries;
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (BatchAttr batch = getBatch(function))
        entries[batch.getEntry()].push_back(function);
    for (auto &[name, parts] : entries)
      if (failed(makeEntry(name, parts)))
        return signalPassFailure();
  }

  LogicalResult makeEntry(StringAttr name,
                          MutableArrayRef<LLVM::LLVMFuncOp> parts) {
    OpBuilder b(&getContext());
    b.setInsertionPointAfter(parts.back());
    llvm::sort(parts, [](LLVM::LLVMFuncOp a, LLVM::LLVMFuncOp b) {
      return getBatch(a).getTile() > getBatch(b).getTile();
    });
    LLVM::LLVMFuncOp first = parts.front();
    auto signature = first->getAttrOfType<DictionaryAttr>(kSignatureAttr);
    if (!signature)
      return first.emitError()
             << "'" << first.getName() << "' has no '" << kSignatureAttr
             << "'; run --nnq-export-entry before";
    SmallVector<int64_t> strides = getStrides(signature);
    for (LLVM::LLVMFuncOp part : parts)
      if (part.getNumArguments() != strides.size() + 1)
        return part.emitError()
               << "'" << part.getName() << "' does not take what '"
               << kSignatureAttr << "' says";
    if (getBatch(parts.back()).getTile() != 1)
      return parts.back().emitError()
             << "no function computes single samples of '" << name.getValue()
             << "'";

    LLVM::LLVMFuncOp entry = declareEntry(b, first);
    b.setInsertionPointToEnd(entry.addEntryBlock(b));
    Value sample = LLVM::ConstantOp::create(b, entry.getLoc(), b.getI64Type(),
                                            b.getI64IntegerAttr(0));
    for (LLVM::LLVMFuncOp part : parts) {
      sample = addLoop(b, entry, part, strides, sample);
      part->removeAttr(kSignatureAttr);
      part->removeAttr(kBatchAttr);
    }
    LLVM::ReturnOp::create(b, entry.getLoc(), ValueRange{});
    ++numEntries;
    return success();
  }
};
} // namespace
