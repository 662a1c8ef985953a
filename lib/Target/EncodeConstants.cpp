//===- EncodeConstants.cpp - Constants that are decoded when used ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "nnq/Support/ConstantCode.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Target/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

#include <map>

namespace nnq {
#define GEN_PASS_DEF_ENCODECONSTANTS
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-encode-constants";

/// What a decoder takes of the code, about.
static constexpr int64_t kLeastSaving = 256;

namespace {
struct EncodeConstants
    : public nnq::impl::EncodeConstantsBase<EncodeConstants> {
  void runOnOperation() override {
    llvm::MapVector<StringAttr, SmallVector<memref::GetGlobalOp>> readers;
    getOperation()->walk([&](memref::GetGlobalOp get) {
      readers[get.getNameAttr().getAttr()].push_back(get);
    });
    // Before decoders are there: what is asked of it is where constants of the
    // network are read.
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal())
        views.try_emplace(function, function);
    for (auto global : llvm::make_early_inc_range(
             getOperation().getOps<memref::GlobalOp>())) {
      auto found = readers.find(global.getSymNameAttr());
      if (found != readers.end())
        encode(global, found->second);
    }
    views.clear();
  }

private:
  void encode(memref::GlobalOp global, ArrayRef<memref::GetGlobalOp> gets);
  memref::GlobalOp makeGlobal(memref::GlobalOp before, StringRef suffix,
                              Type element, ArrayRef<char> bytes);

  /// Of the functions that have memory of their own, the entry points.
  std::map<Operation *, BufferViewFlowAnalysis> views;
};

/// Writes a constant into a buffer.
struct Decoder {
  OpBuilder &b;
  Location loc;
  const ConstantCode &code;
  memref::GlobalOp stream, table;

  void emit(Value buffer);

private:
  Value index(int64_t number) {
    return arith::ConstantIndexOp::create(b, loc, number);
  }
  Value get(memref::GlobalOp global) {
    return memref::GetGlobalOp::create(b, loc, global.getType(),
                                       global.getSymName());
  }
  /// The bits of entry `i` as a word.
  Value readEntry(Value bytes, Value i);
};
} // namespace

Value Decoder::readEntry(Value bytes, Value i) {
  Value bit = arith::MulIOp::create(b, loc, i, index(code.getEntryBits()));
  Value byte = arith::ShRUIOp::create(b, loc, bit, index(3));
  Value shift = arith::AndIOp::create(b, loc, bit, index(7));
  Type i32 = b.getI32Type();
  Value four = vector::LoadOp::create(
      b, loc, VectorType::get({4}, b.getI8Type()), bytes, byte);
  Value word = vector::ExtractOp::create(
      b, loc,
      vector::BitCastOp::create(b, loc, VectorType::get({1}, i32), four), 0);
  return arith::ShRUIOp::create(
      b, loc, word, arith::IndexCastUIOp::create(b, loc, i32, shift));
}

void Decoder::emit(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  ReassociationIndices all =
      llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  Value flat = type.getRank() == 1
                   ? buffer
                   : memref::CollapseShapeOp::create(
                         b, loc, buffer, ArrayRef<ReassociationIndices>{all});
  Type element = type.getElementType();
  auto lanes = VectorType::get({code.lanes}, element);
  auto scale = [&](Value i) -> Value {
    return arith::MulIOp::create(b, loc, i, index(code.lanes));
  };
  if (code.runBits) {
    auto fill = scf::ForOp::create(
        b, loc, index(0), index(type.getNumElements()), index(code.lanes));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(fill.getBody());
    const char *frequent = reinterpret_cast<const char *>(&code.frequent);
    Value number = arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::getFromRawBuffer(
            lanes, ArrayRef(frequent, static_cast<size_t>(code.width))));
    vector::StoreOp::create(b, loc, number, flat, fill.getInductionVar());
  }
  Value bytes = get(stream), numbers = get(table);
  auto loop = scf::ForOp::create(b, loc, index(0), index(code.numEntries),
                                 index(1), ValueRange{index(0)});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value word = readEntry(bytes, loop.getInductionVar());
  auto field = [&](Value from, int64_t bits) -> Value {
    Value mask =
        arith::ConstantOp::create(b, loc, b.getI32IntegerAttr((1 << bits) - 1));
    return arith::IndexCastUIOp::create(
        b, loc, b.getIndexType(), arith::AndIOp::create(b, loc, from, mask));
  };
  Value at = loop.getRegionIterArg(0), place = word;
  if (code.runBits) {
    at = arith::AddIOp::create(b, loc, at, field(word, code.runBits));
    place = arith::ShRUIOp::create(
        b, loc, word,
        arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(code.runBits)));
  }
  Value number = vector::LoadOp::create(b, loc, lanes, numbers,
                                        scale(field(place, code.indexBits)));
  vector::StoreOp::create(b, loc, number, flat, scale(at));
  scf::YieldOp::create(b, loc,
                       ValueRange{arith::AddIOp::create(b, loc, at, index(1))});
}

memref::GlobalOp EncodeConstants::makeGlobal(memref::GlobalOp before,
                                             StringRef suffix, Type element,
                                             ArrayRef<char> bytes) {
  OpBuilder b(before);
  int64_t count = bytes.size() * 8 / element.getIntOrFloatBitWidth();
  auto type = RankedTensorType::get({count}, element);
  std::string name = (before.getSymName() + suffix).str();
  return memref::GlobalOp::create(
      b, before.getLoc(), name, b.getStringAttr("private"),
      MemRefType::get({count}, element), makeResource(type, name, bytes),
      /*constant=*/true, IntegerAttr());
}

/// The op of the body of `function` in front of which a decoder has to be: that
/// which first reads or writes through `get`.
static Operation *findFirstUse(memref::GetGlobalOp get, func::FuncOp function,
                               const BufferViewFlowAnalysis &views) {
  Block &body = function.getBody().front();
  Operation *first = nullptr;
  for (Value view : views.resolve(get.getResult()))
    for (Operation *user : view.getUsers()) {
      if (isa<ViewLikeOpInterface>(user))
        continue;
      Operation *at = body.findAncestorOpInBlock(*user);
      if (at && (!first || at->isBeforeInBlock(first)))
        first = at;
    }
  return first;
}

void EncodeConstants::encode(memref::GlobalOp global,
                             ArrayRef<memref::GetGlobalOp> gets) {
  MemRefType type = global.getType();
  Type element = type.getElementType();
  Attribute value = global.getInitialValueAttr();
  FailureOr<ConstantData> data = failure();
  if (!global.getConstant() || !global.isPrivate() || type.getRank() == 0 ||
      !type.getLayout().isIdentity() || !value || !element.isIntOrFloat() ||
      isa<SplatElementsAttr>(value) || failed(data = ConstantData::get(value)))
    return;
  int64_t width = element.getIntOrFloatBitWidth() / 8;
  std::optional<ConstantCode> code = ConstantCode::get(data->getBytes(), width);
  int64_t before = data->getBytes().size();
  if (!code ||
      code->getNumBytes() + kLeastSaving * int64_t(gets.size()) > before)
    return;
  SmallVector<std::pair<memref::GetGlobalOp, Operation *>> uses;
  for (memref::GetGlobalOp get : gets) {
    auto function = get->getParentOfType<func::FuncOp>();
    Operation *use = nullptr;
    auto its = views.find(function);
    if (its != views.end() && function.getBody().hasOneBlock() &&
        get->getBlock() == &function.getBody().front())
      use = findFirstUse(get, function, its->second);
    if (!use) {
      ++numMissed;
      remarkMissed(get, kPass,
                   "its constant is read where there is no memory to decode "
                   "it to");
      return;
    }
    uses.emplace_back(get, use);
  }
  memref::GlobalOp stream = makeGlobal(
      global, "_code", IntegerType::get(&getContext(), 8), code->getStream());
  memref::GlobalOp table =
      makeGlobal(global, "_numbers", element, code->getTable());
  for (auto [get, use] : uses) {
    OpBuilder b(get);
    // The time counts as that of moving data for the layer, which has its name.
    std::string name = (getLayerName(use) + ".decode").str();
    Location loc = NameLoc::get(b.getStringAttr(name));
    Value buffer = memref::AllocOp::create(b, get.getLoc(), type);
    b.setInsertionPoint(use);
    Decoder{b, loc, *code, stream, table}.emit(buffer);
    remarkPassed(use, kPass,
                 llvm::formatv("{0} bytes of constants are {1}, decoded at "
                               "every call in {2} steps",
                               before, code->getNumBytes(), code->numEntries)
                     .str());
    get.replaceAllUsesWith(buffer);
    get.erase();
    ++numDecoders;
  }
  bytes += before - code->getNumBytes();
  global.erase();
}
