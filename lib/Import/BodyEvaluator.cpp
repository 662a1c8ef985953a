//===- BodyEvaluator.cpp - Compute structured ops on constants ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "BodyEvaluator.h"
#include "nnq/Support/ConstantData.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace nnq;

template <typename T>
static Scalar load(const char *from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  if constexpr (std::is_floating_point_v<T>)
    return {value, 0};
  else
    return {0, value};
}

template <typename T>
static void store(Scalar scalar, char *to) {
  T value;
  if constexpr (std::is_floating_point_v<T>)
    value = static_cast<T>(scalar.real);
  else
    value = static_cast<T>(scalar.integer);
  std::memcpy(to, &value, sizeof(T));
}

LoadFn nnq::getLoad(Type type) {
  if (type.isF32())
    return load<float>;
  if (type.isF64())
    return load<double>;
  if (type.isInteger(8))
    return load<int8_t>;
  if (type.isInteger(16))
    return load<int16_t>;
  if (type.isInteger(32))
    return load<int32_t>;
  if (type.isInteger(64))
    return load<int64_t>;
  return nullptr;
}

StoreFn nnq::getStore(Type type) {
  if (type.isF32())
    return store<float>;
  if (type.isF64())
    return store<double>;
  if (type.isInteger(8))
    return store<int8_t>;
  if (type.isInteger(16))
    return store<int16_t>;
  if (type.isInteger(32))
    return store<int32_t>;
  if (type.isInteger(64))
    return store<int64_t>;
  return nullptr;
}

static bool isEvaluated(Type type) {
  return type.isF32() || type.isF64() || type.isIndex() ||
         (type.isSignlessInteger() && type.getIntOrFloatBitWidth() <= 64);
}

/// What storing the number in a value of `type` leaves of it. Rounding a sum,
/// product, quotient or root in f64 to f32 gives the same as computing in f32.
static Scalar wrap(Scalar scalar, Type type) {
  if (type.isF32())
    scalar.real = static_cast<float>(scalar.real);
  else if (type.isInteger(1))
    scalar.integer &= 1;
  else if (type.isSignlessInteger())
    scalar.integer =
        llvm::SignExtend64(scalar.integer, type.getIntOrFloatBitWidth());
  return scalar;
}

//===----------------------------------------------------------------------===//
// What single ops compute
//===----------------------------------------------------------------------===//

using RealFn = double (*)(double);
using RealsFn = double (*)(double, double);
using IntegersFn = int64_t (*)(int64_t, int64_t);

static double maximum(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::nan("");
  return a == b ? (std::signbit(a) ? b : a) : std::max(a, b);
}

static double minimum(double a, double b) { return -maximum(-a, -b); }

/// Wraps around, which signed overflow in C++ does not.
template <typename Fn>
static int64_t wrapping(int64_t a, int64_t b, Fn fn) {
  return static_cast<int64_t>(
      fn(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
}

static RealFn getReal(Operation *op) {
  return llvm::TypeSwitch<Operation *, RealFn>(op)
      .Case([](arith::NegFOp) -> RealFn { return [](double a) { return -a; }; })
      .Case([](math::AbsFOp) -> RealFn { return std::fabs; })
      .Case([](math::SqrtOp) -> RealFn { return std::sqrt; })
      .Case([](math::RsqrtOp) -> RealFn {
        return [](double a) { return 1 / std::sqrt(a); };
      })
      .Case([](math::ExpOp) -> RealFn { return std::exp; })
      .Case([](math::LogOp) -> RealFn { return std::log; })
      .Case([](math::TanhOp) -> RealFn { return std::tanh; })
      .Case([](math::ErfOp) -> RealFn { return std::erf; })
      .Case([](math::FloorOp) -> RealFn { return std::floor; })
      .Case([](math::CeilOp) -> RealFn { return std::ceil; })
      .Case([](math::RoundEvenOp) -> RealFn { return std::nearbyint; })
      .Case<arith::TruncFOp, arith::ExtFOp>(
          [](auto) -> RealFn { return [](double a) { return a; }; })
      .Default(RealFn());
}

static RealsFn getReals(Operation *op) {
  return llvm::TypeSwitch<Operation *, RealsFn>(op)
      .Case([](arith::AddFOp) -> RealsFn {
        return [](double a, double b) { return a + b; };
      })
      .Case([](arith::SubFOp) -> RealsFn {
        return [](double a, double b) { return a - b; };
      })
      .Case([](arith::MulFOp) -> RealsFn {
        return [](double a, double b) { return a * b; };
      })
      .Case([](arith::DivFOp) -> RealsFn {
        return [](double a, double b) { return a / b; };
      })
      .Case([](math::PowFOp) -> RealsFn { return std::pow; })
      .Case([](arith::MaxNumFOp) -> RealsFn { return std::fmax; })
      .Case([](arith::MinNumFOp) -> RealsFn { return std::fmin; })
      .Case([](arith::MaximumFOp) -> RealsFn { return maximum; })
      .Case([](arith::MinimumFOp) -> RealsFn { return minimum; })
      .Default(RealsFn());
}

static IntegersFn getIntegers(Operation *op) {
  return llvm::TypeSwitch<Operation *, IntegersFn>(op)
      .Case([](arith::AddIOp) -> IntegersFn {
        return [](int64_t a, int64_t b) {
          return wrapping(a, b, std::plus<uint64_t>());
        };
      })
      .Case([](arith::SubIOp) -> IntegersFn {
        return [](int64_t a, int64_t b) {
          return wrapping(a, b, std::minus<uint64_t>());
        };
      })
      .Case([](arith::MulIOp) -> IntegersFn {
        return [](int64_t a, int64_t b) {
          return wrapping(a, b, std::multiplies<uint64_t>());
        };
      })
      .Case([](arith::MaxSIOp) -> IntegersFn {
        return [](int64_t a, int64_t b) { return std::max(a, b); };
      })
      .Case([](arith::MinSIOp) -> IntegersFn {
        return [](int64_t a, int64_t b) { return std::min(a, b); };
      })
      .Case([](arith::AndIOp) -> IntegersFn {
        return [](int64_t a, int64_t b) { return a & b; };
      })
      .Case([](arith::OrIOp) -> IntegersFn {
        return [](int64_t a, int64_t b) { return a | b; };
      })
      .Default(IntegersFn());
}

static Scalar toInteger(double real, Type type) {
  // Out of range, the op has no value; any will do.
  if (!(std::fabs(real) < 9.2e18))
    return {};
  return wrap({0, static_cast<int64_t>(real)}, type);
}

/// The function that `op` computes, before its result is stored; null if it is
/// not known here.
static std::function<Scalar(ArrayRef<Scalar>)> getFunction(Operation *op) {
  using Fn = std::function<Scalar(ArrayRef<Scalar>)>;
  using Args = ArrayRef<Scalar>;
  if (RealFn fn = getReal(op))
    return [fn](Args a) -> Scalar { return {fn(a[0].real), 0}; };
  if (RealsFn fn = getReals(op))
    return [fn](Args a) -> Scalar { return {fn(a[0].real, a[1].real), 0}; };
  if (IntegersFn fn = getIntegers(op))
    return
        [fn](Args a) -> Scalar { return {0, fn(a[0].integer, a[1].integer)}; };
  return llvm::TypeSwitch<Operation *, Fn>(op)
      .Case([](arith::SIToFPOp) -> Fn {
        return [](Args a) -> Scalar {
          return {static_cast<double>(a[0].integer), 0};
        };
      })
      .Case([](arith::FPToSIOp op) -> Fn {
        return [type = op.getType()](Args a) {
          return toInteger(a[0].real, type);
        };
      })
      .Case([](arith::ExtSIOp op) -> Fn {
        bool isBool = op.getIn().getType().isInteger(1);
        return [isBool](Args a) -> Scalar {
          return {0, isBool ? -a[0].integer : a[0].integer};
        };
      })
      .Case([](arith::ExtUIOp op) -> Fn {
        unsigned width = op.getIn().getType().getIntOrFloatBitWidth();
        return
            [mask = llvm::maskTrailingOnes<uint64_t>(width)](Args a) -> Scalar {
              return {0, static_cast<int64_t>(a[0].integer & mask)};
            };
      })
      .Case<arith::TruncIOp, arith::IndexCastOp>(
          [](auto) -> Fn { return [](Args a) { return a[0]; }; })
      .Case([](arith::SelectOp) -> Fn {
        return [](Args a) { return a[0].integer ? a[1] : a[2]; };
      })
      .Case([](arith::CmpFOp op) -> Fn {
        return [predicate = op.getPredicate()](Args a) -> Scalar {
          return {0, arith::applyCmpPredicate(predicate, APFloat(a[0].real),
                                              APFloat(a[1].real))};
        };
      })
      .Case([](arith::CmpIOp op) -> Fn {
        return [predicate = op.getPredicate()](Args a) -> Scalar {
          auto bits = [](Scalar s) {
            return APInt(64, static_cast<uint64_t>(s.integer));
          };
          return {0,
                  arith::applyCmpPredicate(predicate, bits(a[0]), bits(a[1]))};
        };
      })
      .Case([](tensor::ExtractOp op) -> Fn {
        FailureOr<ConstantData> data = ConstantData::get(op.getTensor());
        if (failed(data))
          return nullptr;
        LoadFn load = getLoad(data->getType().getElementType());
        if (!load)
          return nullptr;
        unsigned width = data->getType().getElementTypeBitWidth() / 8;
        return [data = *data, load, width](Args a) -> Scalar {
          int64_t at = 0;
          for (auto [size, index] : llvm::zip(data.getShape(), a.drop_front()))
            at = at * size + std::clamp<int64_t>(index.integer, 0, size - 1);
          return load(data.getBytes().data() + at * width);
        };
      })
      .Case<cf::AssertOp>(
          [](auto) -> Fn { return [](Args a) { return a[0]; }; })
      .Default(nullptr);
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

llvm::SetVector<Operation *> nnq::getBodySlice(linalg::LinalgOp op,
                                               ValueRange values) {
  llvm::SetVector<Operation *> slice;
  auto add = [&](Value value) {
    Operation *def = value.getDefiningOp();
    if (def && def->getBlock() == op.getBlock())
      slice.insert(def);
  };
  llvm::for_each(values, add);
  for (size_t i = 0; i < slice.size(); ++i)
    llvm::for_each(slice[i]->getOperands(), add);
  return slice;
}

FailureOr<unsigned> BodyEvaluator::getSlot(Value value) {
  if (auto it = slots.find(value); it != slots.end())
    return it->second;
  Scalar scalar;
  // Of a tensor only its place in the list of operands is needed.
  if (!isa<ShapedType>(value.getType())) {
    Attribute attr;
    if (!matchPattern(value, m_Constant(&attr)))
      return failure();
    if (auto real = dyn_cast<FloatAttr>(attr))
      scalar.real = real.getValueAsDouble();
    else if (auto integer = dyn_cast<IntegerAttr>(attr))
      scalar.integer = value.getType().isInteger(1)
                           ? integer.getValue().getZExtValue()
                           : integer.getValue().getSExtValue();
    else
      return failure();
  }
  slots[value] = values.size();
  values.push_back(scalar);
  return values.size() - 1;
}

LogicalResult BodyEvaluator::addStep(Operation &op, std::string &reason) {
  if (op.hasTrait<OpTrait::ConstantLike>())
    return success();
  Step step;
  step.op = &op;
  step.isCheck = isa<cf::AssertOp>(op);
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    step.loop = index.getDim();
    indices.insert(step.loop);
  } else if (step.compute = getFunction(&op); !step.compute) {
    reason = ("'" + op.getName().getStringRef() + "' is not evaluated").str();
    return failure();
  }
  for (Value operand : op.getOperands()) {
    FailureOr<unsigned> slot = getSlot(operand);
    if (failed(slot)) {
      reason = "the body reads a value that is no constant";
      return failure();
    }
    step.operands.push_back(*slot);
  }
  step.result = values.size();
  if (!step.isCheck) {
    if (!isEvaluated(op.getResult(0).getType())) {
      reason = "the body computes in a type that is not evaluated";
      return failure();
    }
    slots[op.getResult(0)] = step.result;
  }
  values.emplace_back();
  steps.push_back(std::move(step));
  return success();
}

FailureOr<BodyEvaluator> BodyEvaluator::get(linalg::LinalgOp op,
                                            std::string &reason) {
  return get(op, op.getBlock()->getTerminator()->getOperands(), reason);
}

FailureOr<BodyEvaluator> BodyEvaluator::get(linalg::LinalgOp op,
                                            ValueRange wanted,
                                            std::string &reason) {
  BodyEvaluator evaluator;
  Block *body = op.getBlock();
  evaluator.numInputs = op.getNumDpsInputs();
  for (unsigned i = 0; i < evaluator.numInputs; ++i)
    evaluator.slots[body->getArgument(i)] = i;
  evaluator.values.resize(evaluator.numInputs);

  // Checks are run for the sake of what they guard.
  SmallVector<Value> roots(wanted);
  bool isWhole = llvm::equal(wanted, body->getTerminator()->getOperands());
  if (isWhole)
    for (auto check : body->getOps<cf::AssertOp>())
      roots.push_back(check.getArg());
  llvm::SetVector<Operation *> slice = getBodySlice(op, roots);
  for (Operation &step : body->without_terminator())
    if (slice.contains(&step) || (isWhole && isa<cf::AssertOp>(step)))
      if (failed(evaluator.addStep(step, reason)))
        return failure();
  for (Value value : wanted) {
    FailureOr<unsigned> slot = evaluator.getSlot(value);
    if (failed(slot)) {
      reason = "the body yields a value that is no constant";
      return failure();
    }
    evaluator.yielded.push_back(*slot);
  }
  return evaluator;
}

LogicalResult BodyEvaluator::run(ArrayRef<Scalar> inputs,
                                 ArrayRef<int64_t> indices,
                                 SmallVectorImpl<Scalar> &results) {
  llvm::copy(inputs, values.begin());
  SmallVector<Scalar, 4> arguments;
  for (const Step &step : steps) {
    if (step.loop >= 0) {
      values[step.result].integer = indices[step.loop];
      continue;
    }
    arguments.clear();
    for (unsigned slot : step.operands)
      arguments.push_back(values[slot]);
    Scalar result = step.compute(arguments);
    if (step.isCheck) {
      if (!result.integer) {
        failedCheck = step.op;
        return failure();
      }
      continue;
    }
    values[step.result] = wrap(result, step.op->getResult(0).getType());
  }
  results.clear();
  for (unsigned slot : yielded)
    results.push_back(values[slot]);
  return success();
}
