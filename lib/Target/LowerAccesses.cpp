//===- LowerAccesses.cpp - Loads and stores by address --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_LOWERACCESSES
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
/// What a load or a store says about the place that it works on.
struct Access {
  Operation *op;
  TypedValue<MemRefType> buffer;
  OperandRange indices;
  /// Bytes, 0 for that of the element.
  uint64_t alignment;
  bool isNontemporal;
  /// Null for a load.
  Value stored;

  static std::optional<Access> get(Operation *op);
};

/// The part of an address that no constant gives.
struct Place {
  Block *block;
  Value buffer;
  AffineMap map;
  SmallVector<Value> operands;

  bool operator==(const Place &other) const {
    return block == other.block && buffer == other.buffer && map == other.map &&
           operands == other.operands;
  }
};

struct LowerAccesses : public nnq::impl::LowerAccessesBase<LowerAccesses> {
  using LowerAccessesBase::LowerAccessesBase;

  void runOnOperation() override;
};
} // namespace

template <>
struct llvm::DenseMapInfo<Place> {
  static Place getEmptyKey() {
    return {DenseMapInfo<Block *>::getEmptyKey(), {}, {}, {}};
  }
  static Place getTombstoneKey() {
    return {DenseMapInfo<Block *>::getTombstoneKey(), {}, {}, {}};
  }
  static unsigned getHashValue(const Place &place) {
    return hash_combine(place.block, place.buffer, place.map,
                        hash_combine_range(place.operands));
  }
  static bool isEqual(const Place &lhs, const Place &rhs) { return lhs == rhs; }
};

template <typename Op>
static Access makeAccess(Op op, TypedValue<MemRefType> buffer, Value stored) {
  return {op,
          buffer,
          op.getIndices(),
          op.getAlignment().value_or(0),
          op.getNontemporal(),
          stored};
}

/// Of a matrix only the first element is told: rows have their own distance.
template <typename Op>
static std::optional<Access> makeMatrixAccess(Op op) {
  auto buffer = dyn_cast<TypedValue<MemRefType>>(op.getBase());
  if (!buffer)
    return std::nullopt;
  return Access{op,
                buffer,
                op.getIndices(),
                /*alignment=*/0,
                /*isNontemporal=*/false,
                /*stored=*/Value()};
}

/// The same op with an address in place of a buffer and indices.
template <typename Op>
static void setAddress(Op op, Value address) {
  op.getBaseMutable().assign(address);
  op.getIndicesMutable().clear();
}

std::optional<Access> Access::get(Operation *op) {
  auto access =
      llvm::TypeSwitch<Operation *, std::optional<Access>>(op)
          .Case<vector::LoadOp>([](auto load) {
            return makeAccess(load, load.getBase(), Value());
          })
          .Case<vector::StoreOp>([](auto store) {
            return makeAccess(store, store.getBase(), store.getValueToStore());
          })
          .Case<memref::LoadOp>([](auto load) {
            return makeAccess(load, load.getMemref(), Value());
          })
          .Case<memref::StoreOp>([](auto store) {
            return makeAccess(store, store.getMemref(), store.getValue());
          })
          .Case<MatrixLoadOp, MatrixStoreOp>(
              [](auto op) { return makeMatrixAccess(op); })
          .Default([](Operation *) { return std::nullopt; });
  if (!access)
    return std::nullopt;
  MemRefType type = access->buffer.getType();
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  Type moved = access->stored        ? access->stored.getType()
               : op->getNumResults() ? op->getResultTypes()[0]
                                     : Type();
  auto vector = dyn_cast_or_null<VectorType>(moved);
  if (!type.getElementType().isIntOrFloat() || type.getMemorySpace() ||
      failed(type.getStridesAndOffset(strides, offset)) ||
      llvm::any_of(strides, ShapedType::isDynamic) ||
      (vector && (vector.getRank() != 1 || vector.isScalable())))
    return std::nullopt;
  return access;
}

namespace {
/// Addresses of one function.
class AddressBuilder {
public:
  AddressBuilder(const LLVMTypeConverter &types) : types(types) {}

  Value getAddress(const Access &access);

private:
  /// Where the first element lies, or, with an offset that is no constant, the
  /// memory that it counts from; computed where the buffer comes from.
  Value getBase(TypedValue<MemRefType> buffer);

  const LLVMTypeConverter &types;
  DenseMap<Value, Value> bases;
  DenseMap<Place, Value> places;
};
} // namespace

Value AddressBuilder::getBase(TypedValue<MemRefType> buffer) {
  Value &base = bases[buffer];
  if (base)
    return base;
  MemRefType type = buffer.getType();
  Location loc = buffer.getLoc();
  OpBuilder b(buffer.getContext());
  b.setInsertionPointAfterValue(buffer);
  Value cast = UnrealizedConversionCastOp::create(
                   b, loc, types.convertType(type), buffer)
                   .getResult(0);
  base = MemRefDescriptor(cast).bufferPtr(b, loc, types, type);
  return base;
}

Value AddressBuilder::getAddress(const Access &access) {
  MLIRContext *context = access.op->getContext();
  Location loc = access.op->getLoc();
  MemRefType type = access.buffer.getType();
  auto [strides, offset] = type.getStridesAndOffset();

  // The sum of all, then what its indices are computed from.
  AffineExpr sum = getAffineConstantExpr(0, context);
  for (auto [i, stride] : llvm::enumerate(strides))
    sum = sum + getAffineDimExpr(i, context) * stride;
  auto map = AffineMap::get(strides.size(), 0, sum);
  SmallVector<Value> operands(access.indices);
  affine::fullyComposeAffineMapAndOperands(&map, &operands);
  affine::canonicalizeMapAndOperands(&map, &operands);
  map = simplifyAffineMap(map);

  // x + 3 and x + 5 have x in common.
  int64_t constant = 0;
  AffineExpr rest = map.getResult(0);
  if (auto number = dyn_cast<AffineConstantExpr>(rest)) {
    constant = number.getValue();
    rest = getAffineConstantExpr(0, context);
  } else if (auto binary = dyn_cast<AffineBinaryOpExpr>(rest);
             binary && binary.getKind() == AffineExprKind::Add)
    if (auto number = dyn_cast<AffineConstantExpr>(binary.getRHS())) {
      constant = number.getValue();
      rest = binary.getLHS();
    }

  OpBuilder b(access.op);
  auto pointer = LLVM::LLVMPointerType::get(context);
  auto makePointer = [&](Value from, LLVM::GEPArg index) -> Value {
    return LLVM::GEPOp::create(b, loc, pointer, type.getElementType(), from,
                               index);
  };
  Value address = getBase(access.buffer);
  if (!isa<AffineConstantExpr>(rest)) {
    map = AffineMap::get(map.getNumDims(), map.getNumSymbols(), rest);
    Value &place =
        places[{access.op->getBlock(), access.buffer, map, operands}];
    if (!place) {
      Value index = affine::AffineApplyOp::create(b, loc, map, operands);
      index = UnrealizedConversionCastOp::create(b, loc, types.getIndexType(),
                                                 index)
                  .getResult(0);
      place = makePointer(address, index);
    }
    address = place;
  }
  return constant == 0 ? address : makePointer(address, constant);
}

static void lower(const Access &access, Value address,
                  const DataLayout &layout) {
  if (auto load = dyn_cast<MatrixLoadOp>(access.op))
    return setAddress(load, address);
  if (auto store = dyn_cast<MatrixStoreOp>(access.op))
    return setAddress(store, address);
  OpBuilder b(access.op);
  Location loc = access.op->getLoc();
  uint64_t alignment = access.alignment;
  if (alignment == 0)
    alignment = layout.getTypePreferredAlignment(
        access.buffer.getType().getElementType());
  if (access.stored) {
    LLVM::StoreOp::create(b, loc, access.stored, address, alignment,
                          /*isVolatile=*/false, access.isNontemporal);
  } else {
    Value loaded = LLVM::LoadOp::create(
        b, loc, access.op->getResultTypes()[0], address, alignment,
        /*isVolatile=*/false, access.isNontemporal);
    access.op->getResult(0).replaceAllUsesWith(loaded);
  }
  access.op->erase();
}

void LowerAccesses::runOnOperation() {
  DataLayout layout = DataLayout::closest(getOperation());
  LowerToLLVMOptions options(&getContext(), layout);
  LLVMTypeConverter types(&getContext(), options);
  AddressBuilder addresses(types);
  // One after the other: what is stored may be what has been loaded.
  getOperation()->walk([&](Operation *op) {
    std::optional<Access> access = Access::get(op);
    if (!access)
      return;
    lower(*access, addresses.getAddress(*access), layout);
    ++numAccesses;
  });
}
