//===- LayerNorm.cpp - Normalizations of rows -----------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/LayerNorm.h"

#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nnq;

namespace {

/// An element of a tensor, or a scalar in the body of an op, by the dimensions
/// of x: `map` gives the indices of the element, or the loops of the op.
struct Element {
  Value value;
  AffineMap map;
  linalg::GenericOp body;

  bool operator==(const Element &other) const {
    return value == other.value && map == other.map;
  }
};

/// The scalar op that computes an element, and the loops around it by the
/// dimensions of x.
struct Scalar {
  linalg::GenericOp op;
  AffineMap loops;
  Operation *def = nullptr;
};

class Matcher {
public:
  explicit Matcher(linalg::GenericOp last)
      : context(last.getContext()), rank(last.getNumLoops()) {
    norm.last = last;
  }

  FailureOr<LayerNorm> match();
  Operation *getRoot() const { return root; }

private:
  /// Behind reshapes by unit dimensions and broadcasts. Indices of dimensions
  /// of size 1 are 0.
  Element peel(Element element);
  AffineMap normalize(Value tensor, AffineMap map);
  std::optional<Scalar> getScalar(Element element);
  Element getOperand(const Scalar &scalar, unsigned i);
  std::optional<double> getConstant(const Scalar &scalar, unsigned i);
  /// The operand that is no constant, and the other one as a number.
  template <typename Op>
  std::optional<Element> takeConstant(Element element, double &number);
  /// The same with a constant for each channel. Leaves an element that no such
  /// op computes, or that others read, as it is.
  template <typename Op>
  void takeChannels(Element &element, SmallVectorImpl<float> &values,
                    float neutral);
  /// What a mean by row is of.
  std::optional<Element> takeMean(Element element);
  std::optional<Element> takeSquare(Element element);
  bool isWhole(const Element &element) {
    return !element.body &&
           element == peel({element.value,
                            AffineMap::getMultiDimIdentityMap(rank, context),
                            {}});
  }
  bool matchVariance(Element variance, Element centered);

  MLIRContext *context;
  unsigned rank;
  LayerNorm norm;
  Operation *root = nullptr;
};

} // namespace

AffineMap Matcher::normalize(Value tensor, AffineMap map) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<AffineExpr> results;
  for (auto [size, expr] : llvm::zip_equal(type.getShape(), map.getResults()))
    results.push_back(size == 1 ? getAffineConstantExpr(0, context) : expr);
  return AffineMap::get(rank, 0, results, context);
}

/// The indices of the source of a reshape that adds or drops dimensions of size
/// 1, if it is one.
static std::optional<SmallVector<AffineExpr>> getSourceIndices(Operation *op,
                                                               AffineMap map) {
  SmallVector<ReassociationIndices> groups;
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    groups = expand.getReassociationIndices();
  else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    groups = collapse.getReassociationIndices();
  else
    return std::nullopt;
  bool isExpanding = isa<tensor::ExpandShapeOp>(op);
  auto source = cast<RankedTensorType>(op->getOperand(0).getType());
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  RankedTensorType wide = isExpanding ? result : source;
  SmallVector<AffineExpr> indices;
  for (auto [i, group] : llvm::enumerate(groups)) {
    AffineExpr zero = getAffineConstantExpr(0, map.getContext());
    std::optional<int64_t> longDim;
    for (int64_t dim : group)
      if (wide.getDimSize(dim) != 1) {
        if (longDim)
          return std::nullopt;
        longDim = dim;
      }
    if (isExpanding)
      indices.push_back(longDim ? map.getResult(*longDim) : zero);
    else
      for (int64_t dim : group)
        indices.push_back(dim == longDim ? map.getResult(i) : zero);
  }
  return indices;
}

Element Matcher::peel(Element element) {
  while (true) {
    element.map = normalize(element.value, element.map);
    Operation *def = element.value.getDefiningOp();
    if (!def)
      return element;
    if (std::optional<SmallVector<AffineExpr>> indices =
            getSourceIndices(def, element.map)) {
      element = {
          def->getOperand(0), AffineMap::get(rank, 0, *indices, context), {}};
      continue;
    }
    std::optional<Broadcast> broadcast = matchBroadcast(element.value);
    if (!broadcast)
      return element;
    SmallVector<AffineExpr> kept;
    for (auto [i, expr] : llvm::enumerate(element.map.getResults()))
      if (!llvm::is_contained(broadcast->added, static_cast<int64_t>(i)))
        kept.push_back(expr);
    element = {broadcast->source, AffineMap::get(rank, 0, kept, context), {}};
  }
}

std::optional<Scalar> Matcher::getScalar(Element element) {
  if (element.body) {
    Operation *def = element.value.getDefiningOp();
    return def ? std::optional(Scalar{element.body, element.map, def})
               : std::nullopt;
  }
  auto op = element.value.getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumReductionLoops() != 0 || op->getNumResults() != 1 ||
      !op.getIndexingMapsArray().back().isIdentity())
    return std::nullopt;
  Operation *def =
      op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  if (!def || def->getBlock() != op.getBlock())
    return std::nullopt;
  return Scalar{op, element.map, def};
}

Element Matcher::getOperand(const Scalar &scalar, unsigned i) {
  linalg::GenericOp op = scalar.op;
  Value value = scalar.def->getOperand(i);
  auto arg = dyn_cast<BlockArgument>(value);
  if (!arg || arg.getOwner() != op.getBlock())
    return {value, scalar.loops, op};
  OpOperand *operand = op.getMatchingOpOperand(arg);
  return peel({operand->get(),
               op.getMatchingIndexingMap(operand).compose(scalar.loops),
               {}});
}

std::optional<double> Matcher::getConstant(const Scalar &scalar, unsigned i) {
  Value value = scalar.def->getOperand(i);
  if (auto narrowed = value.getDefiningOp<arith::TruncFOp>())
    value = narrowed.getIn();
  APFloat number(0.0f);
  if (matchPattern(value, m_ConstantFloat(&number)))
    return number.convertToDouble();
  APInt integer;
  if (matchPattern(value, m_ConstantInt(&integer)))
    return static_cast<double>(integer.getSExtValue());
  Element element = getOperand(scalar, i);
  FailureOr<ConstantData> data = failure();
  if (!element.body)
    data = ConstantData::get(element.value);
  if (failed(data) || data->getNumElements() != 1 ||
      !data->getType().getElementType().isF32())
    return std::nullopt;
  return data->getAs<float>().front();
}

/// Positions that the first of two operands may have.
static ArrayRef<unsigned> getOrders(Operation *op) {
  static constexpr unsigned kOrders[] = {0, 1};
  return ArrayRef(kOrders).take_front(
      op->hasTrait<OpTrait::IsCommutative>() ? 2 : 1);
}

template <typename Op>
std::optional<Element> Matcher::takeConstant(Element element, double &number) {
  std::optional<Scalar> scalar = getScalar(element);
  if (!scalar || !isa<Op>(scalar->def))
    return std::nullopt;
  for (unsigned i : getOrders(scalar->def))
    if (std::optional<double> constant = getConstant(*scalar, 1 - i)) {
      number = *constant;
      return getOperand(*scalar, i);
    }
  return std::nullopt;
}

template <typename Op>
void Matcher::takeChannels(Element &element, SmallVectorImpl<float> &values,
                           float neutral) {
  int64_t channels = cast<RankedTensorType>(norm.last->getResult(0).getType())
                         .getShape()
                         .back();
  values.assign(channels, neutral);
  std::optional<Scalar> scalar = getScalar(element);
  if (!scalar || !isa<Op>(scalar->def))
    return;
  for (unsigned i : {0, 1}) {
    Element rest = getOperand(*scalar, i);
    if (!rest.value.hasOneUse())
      continue;
    if (std::optional<double> number = getConstant(*scalar, 1 - i)) {
      values.assign(channels, static_cast<float>(*number));
      element = rest;
      return;
    }
    Element constant = getOperand(*scalar, 1 - i);
    auto type = dyn_cast<RankedTensorType>(constant.value.getType());
    if (!type || type.getNumElements() != channels ||
        !type.getElementType().isF32() || type.getRank() == 0 ||
        type.getShape().back() != channels ||
        constant.map.getResults().back() != getAffineDimExpr(rank - 1, context))
      continue;
    FailureOr<ConstantData> data = ConstantData::get(constant.value);
    if (failed(data))
      continue;
    values = SmallVector<float>(data->getAs<float>());
    element = rest;
    return;
  }
}

std::optional<Element> Matcher::takeMean(Element element) {
  double number;
  int64_t count = cast<RankedTensorType>(norm.last->getResult(0).getType())
                      .getShape()
                      .back();
  std::optional<Element> sum = takeConstant<arith::MulFOp>(element, number);
  if (sum) {
    if (std::abs(number * count - 1) > 1e-6)
      return std::nullopt;
  } else {
    sum = takeConstant<arith::DivFOp>(element, number);
    if (!sum || number != count)
      return std::nullopt;
  }
  if (sum->body)
    return std::nullopt;
  auto op = sum->value.getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 ||
      op.getNumReductionLoops() != 1 || !isZeroFill(op.getDpsInits()[0]))
    return std::nullopt;
  Block &body = *op.getBlock();
  auto add = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add || body.getOperations().size() != 2 ||
      !llvm::is_contained(add.getOperands(), body.getArgument(0)) ||
      !llvm::is_contained(add.getOperands(), body.getArgument(1)))
    return std::nullopt;
  // The rows are those of what is summed up.
  AffineMap read = op.getIndexingMapsArray()[0];
  AffineMap written = op.getIndexingMapsArray()[1];
  if (!read.isIdentity() || read.getNumDims() != rank ||
      !linalg::isReductionIterator(op.getIteratorTypesArray().back()) ||
      normalize(sum->value, written) != sum->map)
    return std::nullopt;
  return peel({op.getDpsInputs()[0], read, {}});
}

std::optional<Element> Matcher::takeSquare(Element element) {
  double factor, exponent;
  // A power with a whole exponent becomes products, which start from 1.
  std::optional<Element> product = takeConstant<arith::MulFOp>(element, factor);
  if (product && factor == 1)
    element = *product;
  std::optional<Element> base = takeConstant<math::PowFOp>(element, exponent);
  if (!base)
    base = takeConstant<math::FPowIOp>(element, exponent);
  if (base)
    return exponent == 2 ? base : std::nullopt;
  std::optional<Scalar> square = getScalar(element);
  if (!square || !isa<arith::MulFOp>(square->def))
    return std::nullopt;
  Element a = getOperand(*square, 0), b = getOperand(*square, 1);
  return a == b ? std::optional(a) : std::nullopt;
}

/// The variance is of `centered`, and that of x.
bool Matcher::matchVariance(Element variance, Element centered) {
  std::optional<Element> square = takeMean(variance);
  std::optional<Element> difference =
      square ? takeSquare(*square) : std::nullopt;
  if (!difference || !(*difference == centered) || !isWhole(centered))
    return false;
  std::optional<Scalar> sub = getScalar(centered);
  if (!sub || !isa<arith::SubFOp>(sub->def))
    return false;
  Element x = getOperand(*sub, 0);
  std::optional<Element> summed = takeMean(getOperand(*sub, 1));
  if (!summed || !(*summed == x) || !isWhole(x) ||
      x.value.getType() != norm.last->getResult(0).getType())
    return false;
  norm.input = x.value;
  return true;
}

FailureOr<LayerNorm> Matcher::match() {
  Value result = norm.last.getBlock()->getTerminator()->getOperand(0);
  Element y{result, AffineMap::getMultiDimIdentityMap(rank, context),
            norm.last};
  takeChannels<arith::AddFOp>(y, norm.offset, 0.0f);
  takeChannels<arith::MulFOp>(y, norm.scale, 1.0f);
  std::optional<Scalar> scaled = getScalar(y);
  if (!scaled || !isa<arith::MulFOp, arith::DivFOp>(scaled->def))
    return failure();
  bool isDivision = isa<arith::DivFOp>(scaled->def);
  for (unsigned i : getOrders(scaled->def)) {
    std::optional<Scalar> deviation = getScalar(getOperand(*scaled, 1 - i));
    if (!deviation || !(isDivision ? isa<math::SqrtOp>(deviation->def)
                                   : isa<math::RsqrtOp>(deviation->def)))
      continue;
    root = deviation->def;
    std::optional<Element> variance =
        takeConstant<arith::AddFOp>(getOperand(*deviation, 0), norm.epsilon);
    if (variance && matchVariance(*variance, getOperand(*scaled, i)))
      return norm;
  }
  return failure();
}

SmallVector<LayerNorm> nnq::findLayerNorms(Operation *module) {
  // The last match of a square root has taken most in.
  llvm::MapVector<Operation *, LayerNorm> norms;
  module->walk([&](linalg::GenericOp op) {
    if (op->getNumResults() != 1 || !op.hasPureTensorSemantics() ||
        op.getNumReductionLoops() != 0 || op.getNumLoops() < 2 ||
        !op.getIndexingMapsArray().back().isIdentity())
      return;
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (!type.hasStaticShape() || !type.getElementType().isF32())
      return;
    Matcher matcher(op);
    if (FailureOr<LayerNorm> norm = matcher.match(); succeeded(norm))
      norms[matcher.getRoot()] = std::move(*norm);
  });
  return llvm::map_to_vector(
      norms, [](auto &found) { return std::move(found.second); });
}
