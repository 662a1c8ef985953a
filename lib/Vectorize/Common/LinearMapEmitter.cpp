//===- LinearMapEmitter.cpp - Products with small matrices ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "LinearMapEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace nnq;

LinearMapEmitter::LinearMapEmitter(OpBuilder &builder, Location loc,
                                   const IntMatrix &matrix)
    : builder(builder), loc(loc), matrix(matrix) {
  pairColumns();
  pairRows();
}

namespace {
/// How two lists of factors compare.
struct SignComparison {
  bool equalUpToSigns = true, someEqual = false, someOpposite = false;

  void add(int64_t a, int64_t b) {
    equalUpToSigns &= std::abs(a) == std::abs(b);
    someEqual |= a != 0 && a == b;
    someOpposite |= a != 0 && a == -b;
  }
  bool isPair() const { return equalUpToSigns && someEqual && someOpposite; }
};
} // namespace

/// Finds columns that are equal up to signs and rewrites them as factors of
/// their sum and difference.
void LinearMapEmitter::pairColumns() {
  for (int64_t first = 0; first < matrix.cols; ++first)
    for (int64_t second = first + 1; second < matrix.cols; ++second) {
      SignComparison signs;
      for (int64_t row = 0; row < matrix.rows; ++row)
        signs.add(matrix.at(row, first), matrix.at(row, second));
      if (!signs.isPair())
        continue;
      columnPairs.push_back({first, second});
      for (int64_t row = 0; row < matrix.rows; ++row) {
        int64_t &a = matrix.values[row * matrix.cols + first];
        int64_t &b = matrix.values[row * matrix.cols + second];
        bool isSum = a == b;
        b = isSum ? 0 : a;
        a = isSum ? a : 0;
      }
    }
}

/// Finds rows that have the same terms, some of them with other signs.
void LinearMapEmitter::pairRows() {
  partners.assign(matrix.rows, -1);
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t next = row + 1; next < matrix.rows; ++next) {
      SignComparison signs;
      for (int64_t col = 0; col < matrix.cols; ++col)
        signs.add(matrix.at(row, col), matrix.at(next, col));
      if (!signs.isPair() || partners[row] >= 0 || partners[next] >= 0)
        continue;
      partners[row] = next;
      partners[next] = row;
    }
}

SmallVector<SmallVector<int64_t>> LinearMapEmitter::groupRows() const {
  llvm::EquivalenceClasses<int64_t> classes;
  for (int64_t row = 0; row < matrix.rows; ++row) {
    classes.insert(row);
    if (partners[row] >= 0)
      classes.unionSets(row, partners[row]);
    for (int64_t next = row + 1; next < matrix.rows; ++next)
      for (auto [sum, difference] : columnPairs)
        for (int64_t col : {sum, difference})
          if (matrix.at(row, col) != 0 && matrix.at(next, col) != 0)
            classes.unionSets(row, next);
  }
  SmallVector<SmallVector<int64_t>> groups;
  for (int64_t row = 0; row < matrix.rows; ++row) {
    if (llvm::any_of(groups, [&](ArrayRef<int64_t> group) {
          return classes.isEquivalent(group.front(), row);
        }))
      continue;
    groups.emplace_back();
    for (int64_t next = row; next < matrix.rows; ++next)
      if (classes.isEquivalent(row, next))
        groups.back().push_back(next);
  }
  return groups;
}

Value LinearMapEmitter::add(Value a, Value b) {
  return arith::AddIOp::create(builder, loc, a, b);
}

Value LinearMapEmitter::subtract(Value a, Value b) {
  return arith::SubIOp::create(builder, loc, a, b);
}

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
        builder, loc, value, constant(value.getType(), llvm::Log2_64(factor)));
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
    result = !result      ? scaled
             : factor > 0 ? add(result, scaled)
                          : subtract(result, scaled);
  }
  result = multiply(result, common);
  if (allNegative)
    result = subtract(constant(result.getType(), 0), result);
  return result;
}

/// Terms of a row that its partner has, too, or has with the other sign.
LinearMapEmitter::Part LinearMapEmitter::emitPart(int64_t row, bool isOdd,
                                                  ArrayRef<Value> x) {
  Part part{SmallVector<int64_t>(matrix.cols, 0), {}};
  SmallVector<Term> terms;
  for (int64_t col = 0; col < matrix.cols; ++col) {
    int64_t factor = matrix.at(row, col);
    if (factor == 0 || (matrix.at(partners[row], col) != factor) != isOdd)
      continue;
    part.factors[col] = factor;
    terms.push_back({x[col], factor});
  }
  part.value = sum(terms);
  return part;
}

/// Instructions that take a sum of `factors`, in about.
static int64_t countSteps(ArrayRef<int64_t> factors) {
  int64_t common = 0, steps = 0;
  for (int64_t factor : factors)
    common = std::gcd(common, factor);
  for (int64_t factor : factors)
    if (factor != 0)
      steps += std::abs(factor) == common                       ? 1
               : llvm::isPowerOf2_64(std::abs(factor) / common) ? 2
                                                                : 3;
  return steps - 1 + (common == 1 ? 0 : 1);
}

/// A row without a partner: a part of others takes the place of its terms
/// where fewer steps are left.
Value LinearMapEmitter::emitSingle(int64_t row, ArrayRef<Part> parts,
                                   ArrayRef<Value> x) {
  ArrayRef<int64_t> all =
      ArrayRef(matrix.values).slice(row * matrix.cols, matrix.cols);
  SmallVector<int64_t> best(all);
  int64_t steps = countSteps(all);
  Term shared{};
  for (const Part &part : parts)
    for (int64_t factor : {1, -1, 2, -2}) {
      SmallVector<int64_t> rest(all);
      for (auto [left, taken] : llvm::zip_equal(rest, part.factors))
        left -= factor * taken;
      if (llvm::all_of(rest, [](int64_t left) { return left == 0; }))
        continue;
      int64_t needed = countSteps(rest) + std::abs(factor);
      if (needed >= steps)
        continue;
      best = rest;
      steps = needed;
      shared = {part.value, factor};
    }
  SmallVector<Term> terms;
  for (auto [value, factor] : llvm::zip_equal(x, best))
    if (factor != 0)
      terms.push_back({value, factor});
  Value result = sum(terms);
  if (!shared.value)
    return result;
  Value scaled = multiply(shared.value, std::abs(shared.factor));
  return shared.factor > 0 ? add(result, scaled) : subtract(result, scaled);
}

SmallVector<Value> LinearMapEmitter::emitRows(ArrayRef<int64_t> rows,
                                              ArrayRef<Value> given) {
  SmallVector<Value> x(given);
  for (auto [first, second] : columnPairs) {
    auto reads = [&](int64_t col) {
      return llvm::any_of(
          rows, [&](int64_t row) { return matrix.at(row, col) != 0; });
    };
    Value a = x[first], b = x[second];
    if (reads(first))
      x[first] = add(a, b);
    if (reads(second))
      x[second] = subtract(a, b);
  }
  SmallVector<Value> result(matrix.rows);
  SmallVector<Part, 4> parts;
  for (int64_t row : rows) {
    int64_t partner = partners[row];
    if (result[row] || partner < 0)
      continue;
    Part same = emitPart(row, /*isOdd=*/false, x),
         other = emitPart(row, /*isOdd=*/true, x);
    result[row] = add(same.value, other.value);
    result[partner] = subtract(same.value, other.value);
    parts.append({same, other});
  }
  for (int64_t row : rows)
    if (!result[row])
      result[row] = emitSingle(row, parts, x);
  return result;
}

SmallVector<int64_t> LinearMapEmitter::getRead(ArrayRef<int64_t> rows) const {
  SmallVector<bool> isRead(matrix.cols, false);
  for (int64_t row : rows)
    for (int64_t i = 0; i < matrix.cols; ++i)
      isRead[i] = isRead[i] || matrix.at(row, i) != 0;
  for (auto [first, second] : columnPairs)
    isRead[first] = isRead[second] = isRead[first] || isRead[second];
  SmallVector<int64_t> read;
  for (int64_t i = 0; i < matrix.cols; ++i)
    if (isRead[i])
      read.push_back(i);
  return read;
}

void LinearMapEmitter::emitRows2D(
    ArrayRef<int64_t> rows, LinearMapEmitter &columns,
    function_ref<Value(int64_t, int64_t)> load,
    function_ref<void(int64_t, int64_t, Value)> store) {
  SmallVector<int64_t> read = getRead(rows);
  SmallVector<SmallVector<Value>> half(matrix.rows);
  for (int64_t col = 0; col < columns.matrix.cols; ++col) {
    SmallVector<Value> column(matrix.cols);
    for (int64_t i : read)
      column[i] = load(i, col);
    SmallVector<Value> values = emitRows(rows, column);
    for (int64_t row : rows)
      half[row].push_back(values[row]);
  }
  for (int64_t row : rows)
    for (auto [col, value] : llvm::enumerate(columns.emitAllRows(half[row])))
      store(row, col, value);
}

void LinearMapEmitter::emitColumns(int64_t end,
                                   function_ref<Value(int64_t, int64_t)> load,
                                   Columns &columns) {
  for (int64_t col = columns.size(); col < end; ++col) {
    SmallVector<Value> column;
    for (int64_t i = 0; i < matrix.cols; ++i)
      column.push_back(load(i, col));
    columns.push_back(emitAllRows(column));
  }
}

void LinearMapEmitter::emit2D(function_ref<Value(int64_t, int64_t)> load,
                              function_ref<void(int64_t, int64_t, Value)> store,
                              Columns &columns) {
  emitColumns(matrix.cols, load, columns);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    SmallVector<Value> half;
    for (ArrayRef<Value> column : columns)
      half.push_back(column[row]);
    for (auto [col, value] : llvm::enumerate(emitAllRows(half)))
      store(row, col, value);
  }
}
