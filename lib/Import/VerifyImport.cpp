//===- VerifyImport.cpp - Check that a network can be compiled ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Support/BatchAnalysis.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"

namespace nnq {
#define GEN_PASS_DEF_VERIFYIMPORT
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static bool isSupported(Operation *op) {
  if (op->getParentOfType<linalg::LinalgOp>())
    return isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) ||
           isa<linalg::YieldOp, linalg::IndexOp, tensor::ExtractOp>(op);
  if (auto structured = dyn_cast<linalg::LinalgOp>(op))
    return structured.hasPureTensorSemantics();
  if (isa<arith::ArithDialect, math::MathDialect>(op->getDialect()))
    return op->hasTrait<OpTrait::ConstantLike>() ||
           llvm::none_of(op->getResultTypes(), llvm::IsaPred<ShapedType>);
  return isa<ModuleOp, tensor::DimOp, tensor::EmptyOp, tensor::ExpandShapeOp,
             tensor::CollapseShapeOp, tensor::PadOp, tensor::YieldOp,
             tensor::ExtractOp, tensor::ExtractSliceOp, tensor::InsertSliceOp,
             tensor::ConcatOp>(op) ||
         isa<func::FuncDialect, quant::QuantDialect, NNQDialect>(
             op->getDialect());
}

/// "layer 'conv1'", or nothing if the network has no name for the op.
static std::string describeLayer(Operation *op) {
  StringRef name = findLayerName(op);
  if (name.empty())
    return "";
  return (" in layer '" + name + "'").str();
}

template <typename T>
static bool isFinite(T bits, T exponent) {
  return (bits & exponent) != exponent;
}

/// Index of the first element that is NaN (or infinite if `orInfinite`).
template <typename T>
static std::optional<int64_t> findNotFinite(ArrayRef<T> elements, T exponent,
                                            bool orInfinite) {
  for (auto [i, bits] : llvm::enumerate(elements)) {
    if (isFinite(bits, exponent))
      continue;
    T mantissa = static_cast<T>(bits << 1) ^ static_cast<T>(exponent << 1);
    if (orInfinite || mantissa != 0)
      return i;
  }
  return std::nullopt;
}

static std::optional<int64_t> findNotFinite(const ConstantData &data,
                                            bool orInfinite) {
  Type element = data.getType().getElementType();
  if (element.isF32())
    return findNotFinite<uint32_t>(data.getAs<uint32_t>(), 0x7f800000u,
                                   orInfinite);
  if (element.isF16())
    return findNotFinite<uint16_t>(data.getAs<uint16_t>(), 0x7c00u, orInfinite);
  if (element.isBF16())
    return findNotFinite<uint16_t>(data.getAs<uint16_t>(), 0x7f80u, orInfinite);
  if (element.isF64())
    return findNotFinite<uint64_t>(data.getAs<uint64_t>(),
                                   0x7ff0000000000000ull, orInfinite);
  return std::nullopt;
}

/// Infinities are legal in masks, which are added or selected, not in what a
/// network has learned.
static bool isLearned(Value constant) {
  if (cast<ShapedType>(constant.getType()).getRank() <= 1)
    return true;
  return llvm::any_of(constant.getUsers(), [](Operation *user) {
    auto op = dyn_cast<linalg::LinalgOp>(user);
    return op && isMultiplyAccumulate(op);
  });
}

static std::string printIndex(int64_t linear, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> index(shape.size());
  for (int64_t i = shape.size() - 1; i >= 0; --i) {
    index[i] = linear % shape[i];
    linear /= shape[i];
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(index, os << "[");
  os << "]";
  return text;
}

namespace {

struct VerifyImport : public nnq::impl::VerifyImportBase<VerifyImport> {
  void runOnOperation() override {
    unsupported.clear();
    failure = false;
    getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (!isSupported(op)) {
        unsupported[op->getName()].push_back(op);
        // What its regions hold is part of it.
        return WalkResult::skip();
      }
      checkOp(op);
      return WalkResult::advance();
    });
    report();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (unsupported.empty() && !function.isExternal() &&
          hasDynamicShapes(function) && failed(BatchAnalysis::create(function)))
        failure = true;
    if (failure)
      signalPassFailure();
  }

private:
  void checkOp(Operation *op) {
    if (auto structured = dyn_cast<linalg::LinalgOp>(op)) {
      if (isMultiplyAccumulate(structured) &&
          !isZeroFill(structured.getDpsInitOperand(0)->get())) {
        emitError(op->getLoc())
            << "'" << op->getName() << "' does not start from zero"
            << describeLayer(op) << "; run --nnq-split-bias";
        failure = true;
      }
    } else if (op->hasTrait<OpTrait::ConstantLike>() &&
               isa<ShapedType>(op->getResult(0).getType())) {
      checkConstant(op);
    }
  }

  void checkConstant(Operation *op) {
    Value value = op->getResult(0);
    FailureOr<ConstantData> data = ConstantData::get(value);
    if (failed(data))
      return;
    std::optional<int64_t> at = findNotFinite(*data, isLearned(value));
    if (!at)
      return;
    StringRef layer = getUserLayerName(value);
    emitError(op->getLoc())
        << "the weights of layer '"
        << (layer.empty() ? getLayerName(op) : layer)
        << "' are not finite: element " << printIndex(*at, data->getShape())
        << " of " << value.getType() << " is NaN or infinite";
    failure = true;
  }

  void report() {
    for (auto &[name, ops] : unsupported) {
      InFlightDiagnostic diagnostic = emitError(ops.front()->getLoc());
      diagnostic << "unsupported operation '" << name << "'"
                 << describeLayer(ops.front());
      if (ops.size() > 1)
        diagnostic << " and at " << ops.size() - 1 << " more places";
      for (Operation *op : ArrayRef(ops).drop_front())
        diagnostic.attachNote(op->getLoc()) << "also here" << describeLayer(op);
      failure = true;
    }
  }

  llvm::MapVector<OperationName, SmallVector<Operation *>> unsupported;
  bool failure = false;
};

} // namespace
