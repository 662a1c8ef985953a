//===- LinearMapEmitter.cpp - Products with small matrices ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "LinearMapEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace nnq;

namespace {

/// `factor * value`
struct Term {
  Value value;
  int64_t factor;
};

class LinearMapEmitter {
public:
  LinearMapEmitter(OpBuilder &builder, Location loc)
      : builder(builder), loc(loc) {}

  SmallVector<Value> emit(const IntMatrix &matrix, ArrayRef<Value> x);

private:
  void pairColumns(IntMatrix &matrix, SmallVectorImpl<Value> &x);
  Value add(Value a, Value b) {
    return arith::AddIOp::create(builder, loc, a, b);
  }
  Value subtract(Value a, Value b) {
    return arith::SubIOp::create(builder, loc, a, b);
  }
  Value constant(Type type, int64_t value);
  Value multiply(Value value, int64_t factor);
  Value sum(ArrayRef<Term> terms);

  OpBuilder &builder;
  Location loc;
};

} // namespace

Value LinearMapEmitter::constant(Type type, int64_t value) {
  auto vector = cast<VectorType>(type);
  return arith::ConstantOp::create(
      builder, loc,
      SplatElementsAttr::get(
          vector, builder.getIntegerAttr(vector.getElementType(), value)));
}

/// `factor` is positive.
Value LinearMapEmitter::multiply(Value value, int64_t factor) {
  if (factor == 1)
    return value;
  if (factor == 2)
    return add(value, value);
  if (llvm::isPowerOf2_64(factor))
    return arith::ShLIOp::create(
        builder, loc, value,
        constant(value.getType(), llvm::Log2_64(factor)));
  return arith::MulIOp::create(builder, loc, value,
                               constant(value.getType(), factor));
}

/// A sum of at least one term. What all factors share is multiplied last.
Value LinearMapEmitter::sum(ArrayRef<Term> terms) {
  int64_t common = 0;
  for (const Term &term : terms)
    common = std::gcd(common, term.factor);
  // Positive terms come first, so that nothing is negated.
  SmallVector<Term> ordered;
  for (bool positive : {true, false})
    for (const Term &term : terms)
      if ((term.factor > 0) == positive)
        ordered.push_back(term);
  bool allNegative = ordered.front().factor < 0;
  Value result;
  for (const Term &term : ordered) {
    int64_t factor = term.factor / common * (allNegative ? -1 : 1);
    Value scaled = multiply(term.value, std::abs(factor));
    result = !result        ? scaled
             : factor > 0   ? add(result, scaled)
                            : subtract(result, scaled);
  }
  result = multiply(result, common);
  if (allNegative)
    result = subtract(constant(result.getType(), 0), result);
  return result;
}

/// Replaces columns that are equal up to signs by their sum and difference.
void LinearMapEmitter::pairColumns(IntMatrix &matrix,
                                   SmallVectorImpl<Value> &x) {
  for (int64_t first = 0; first < matrix.cols; ++first)
    for (int64_t second = first + 1; second < matrix.cols; ++second) {
      bool plus = false, minus = false, pairs = true;
      for (int64_t row = 0; row < matrix.rows; ++row) {
        int64_t a = matrix.at(row, first), b = matrix.at(row, second);
        pairs &= std::abs(a) == std::abs(b);
        plus |= a != 0 && a == b;
        minus |= a != 0 && a == -b;
      }
      if (!pairs || !plus || !minus)
        continue;
      Value sum = add(x[first], x[second]);
      x[second] = subtract(x[first], x[second]);
      x[first] = sum;
      for (int64_t row = 0; row < matrix.rows; ++row) {
        int64_t &a = matrix.values[row * matrix.cols + first];
        int64_t &b = matrix.values[row * matrix.cols + second];
        bool isSum = a == b;
        b = isSum ? 0 : a;
        a = isSum ? a : 0;
      }
    }
}

SmallVector<Value> LinearMapEmitter::emit(const IntMatrix &given,
                                          ArrayRef<Value> inputs) {
  IntMatrix matrix = given;
  SmallVector<Value> x(inputs);
  pairColumns(matrix, x);
  SmallVector<Value> result(matrix.rows);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    if (result[row])
      continue;
    // Another row that has the same terms, some of them with other signs.
    int64_t partner = -1;
    SmallVector<Term> same, other, all;
    for (int64_t next = row + 1; next < matrix.rows && partner < 0; ++next) {
      same.clear();
      other.clear();
      bool isPartner = true;
      for (int64_t col = 0; col < matrix.cols; ++col) {
        int64_t a = matrix.at(row, col), b = matrix.at(next, col);
        isPartner &= std::abs(a) == std::abs(b);
        if (a != 0)
          (a == b ? same : other).push_back({x[col], a});
      }
      if (isPartner && !same.empty() && !other.empty() && !result[next])
        partner = next;
    }
    if (partner >= 0) {
      Value even = sum(same), odd = sum(other);
      result[row] = add(even, odd);
      result[partner] = subtract(even, odd);
      continue;
    }
    for (int64_t col = 0; col < matrix.cols; ++col)
      if (matrix.at(row, col) != 0)
        all.push_back({x[col], matrix.at(row, col)});
    result[row] = sum(all);
  }
  return result;
}

SmallVector<Value> nnq::emitLinearMap(OpBuilder &builder, Location loc,
                                      const IntMatrix &matrix,
                                      ArrayRef<Value> x) {
  return LinearMapEmitter(builder, loc).emit(matrix, x);
}

SmallVector<Value> nnq::emitLinearMap2D(OpBuilder &builder, Location loc,
                                        const IntMatrix &matrix,
                                        ArrayRef<Value> x) {
  int64_t rows = matrix.rows, cols = matrix.cols;
  SmallVector<Value> half(rows * cols), result(rows * rows);
  for (int64_t col = 0; col < cols; ++col) {
    SmallVector<Value> column;
    for (int64_t row = 0; row < cols; ++row)
      column.push_back(x[row * cols + col]);
    for (auto [row, value] :
         llvm::enumerate(emitLinearMap(builder, loc, matrix, column)))
      half[row * cols + col] = value;
  }
  for (int64_t row = 0; row < rows; ++row)
    for (auto [col, value] : llvm::enumerate(
             emitLinearMap(builder, loc, matrix,
                           ArrayRef(half).slice(row * cols, cols))))
      result[row * rows + col] = value;
  return result;
}
