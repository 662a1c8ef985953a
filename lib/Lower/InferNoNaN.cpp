//===- InferNoNaN.cpp - Bounds of numbers in epilogues --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Support/ConstantData.h"

#include <cmath>
#include <limits>

namespace nnq {
#define GEN_PASS_DEF_INFERNONAN
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
/// Magnitudes of the f32 values of one body; infinity for what may be infinite
/// or no number.
class Magnitudes {
public:
  explicit Magnitudes(linalg::GenericOp op) : op(op) {}

  double get(Value value) {
    auto it = known.find(value);
    if (it != known.end())
      return it->second;
    double result = compute(value);
    // Rounding adds less than a bit to what is far from overflow.
    constexpr double kMost = 0x1p120;
    if (!(result <= kMost))
      result = kUnknown;
    known[value] = result;
    return result;
  }
  bool isNumber(Value value) { return get(value) != kUnknown; }

private:
  static constexpr double kUnknown = std::numeric_limits<double>::infinity();

  double compute(Value value);
  double ofConstant(Value tensor);

  linalg::GenericOp op;
  DenseMap<Value, double> known;
};
} // namespace

double Magnitudes::ofConstant(Value tensor) {
  FailureOr<ConstantData> data = ConstantData::get(tensor);
  if (failed(data) || !data->getType().getElementType().isF32())
    return kUnknown;
  double most = 0;
  for (float number : data->getAs<float>()) {
    if (std::isnan(number))
      return kUnknown;
    most = std::max<double>(most, std::abs(number));
  }
  return most;
}

double Magnitudes::compute(Value value) {
  APFloat number(0.0f);
  if (matchPattern(value, m_ConstantFloat(&number)))
    return number.isNaN() ? kUnknown : std::abs(number.convertToDouble());
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    bool isInput =
        arg.getOwner() == op.getBlock() &&
        static_cast<int64_t>(arg.getArgNumber()) < op.getNumDpsInputs();
    return isInput ? ofConstant(op.getInputs()[arg.getArgNumber()]) : kUnknown;
  }
  Operation *def = value.getDefiningOp();
  if (isa<arith::SIToFPOp, arith::UIToFPOp>(def))
    return std::ldexp(
        1.0, getElementTypeOrSelf(def->getOperand(0)).getIntOrFloatBitWidth());
  if (!getElementTypeOrSelf(value).isF32())
    return kUnknown;
  if (isa<arith::NegFOp>(def))
    return get(def->getOperand(0));
  if (auto select = dyn_cast<arith::SelectOp>(def))
    return std::max(get(select.getTrueValue()), get(select.getFalseValue()));
  if (def->getNumOperands() != 2)
    return kUnknown;
  double a = get(def->getOperand(0)), b = get(def->getOperand(1));
  if (isa<arith::MulFOp>(def))
    return a == kUnknown || b == kUnknown ? kUnknown : a * b;
  if (isa<arith::AddFOp, arith::SubFOp>(def))
    return a + b;
  if (isa<arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
          arith::MinNumFOp>(def))
    return std::max(a, b);
  return kUnknown;
}

namespace {
struct InferNoNaN : public nnq::impl::InferNoNaNBase<InferNoNaN> {
  void runOnOperation() override {
    getOperation().walk([&](linalg::GenericOp op) {
      Magnitudes magnitudes(op);
      for (Operation &inner : op.getBlock()->without_terminator()) {
        if (!isa<arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
                 arith::MinNumFOp>(inner) ||
            !llvm::all_of(inner.getOperands(), [&](Value operand) {
              return magnitudes.isNumber(operand);
            }))
          continue;
        auto flags = cast<arith::ArithFastMathInterface>(inner)
                         .getFastMathFlagsAttr()
                         .getValue();
        inner.setAttr("fastmath",
                      arith::FastMathFlagsAttr::get(
                          &getContext(), flags | arith::FastMathFlags::nnan));
        ++marked;
      }
    });
  }
};
} // namespace
