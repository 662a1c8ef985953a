//===- LayerInvariants.cpp - What compression made of a layer -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "LayerInvariants.h"
#include "nnq/Compress/Recipe/Passes.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/QuantScales.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace nnq;

/// Codebooks have no more entries.
static constexpr size_t kFewValues = 256;

static std::string describeSizes(ArrayRef<int64_t> sizes) {
  auto texts =
      llvm::map_range(sizes, [](int64_t size) { return std::to_string(size); });
  return llvm::join(texts, "x");
}

static bool isZero(ArrayRef<int8_t> zeros, int64_t element) {
  return !zeros.empty() && (zeros[element / 8] >> (element % 8) & 1);
}

std::string LayerInvariants::findBroken(const LayerInvariants &now) const {
  auto sorted = [](SmallVector<int64_t> list) {
    llvm::sort(list);
    return list;
  };
  if (sizes.size() == now.sizes.size() &&
      llvm::any_of(llvm::zip_equal(sorted(sizes), sorted(now.sizes)),
                   [](auto pair) {
                     auto [was, is] = pair;
                     return is > was;
                   }))
    return llvm::formatv("has weights of {0}, and had {1}",
                         describeSizes(now.sizes), describeSizes(sizes));
  if (now.numNonzero > numNonzero)
    return llvm::formatv("has {0} weights that are not zero, and had {1}",
                         now.numNonzero, numNonzero);
  if (sizes == now.sizes) {
    int64_t lost = 0;
    for (int64_t i = 0, e = ShapedType::getNumElements(sizes); i < e; ++i)
      lost += isZero(zeros, i) && !isZero(now.zeros, i);
    if (lost)
      return llvm::formatv("has lost {0} zeros", lost);
  }
  if (StringRef(step).starts_with("share-") && numValues && now.isF32 &&
      (!now.numValues || now.numValues > numValues))
    return llvm::formatv("has more values than the {0} it shared", numValues);
  return "";
}

bool LayerInvariants::isLess(const LayerInvariants &before) const {
  return numNonzero < before.numNonzero || sizes != before.sizes ||
         (numValues && numValues != before.numValues);
}

/// Fails for what is neither f32 nor 8 bits or fewer with scales.
static FailureOr<LayerInvariants> inspect(Operation *op, Value weight) {
  auto cast = weight.getDefiningOp<quant::DequantizeCastOp>();
  FailureOr<ConstantData> data =
      ConstantData::getWidened(cast ? cast.getInput() : weight);
  if (failed(data))
    return failure();
  LayerInvariants found{
      "", llvm::to_vector(data->getShape()), 0, {}, 0, false, op->getLoc()};
  const int64_t count = data->getNumElements();
  std::vector<bool> zero(count);
  if (data->getType().getElementType().isF32()) {
    found.isF32 = true;
    llvm::DenseSet<uint32_t> values;
    for (auto [i, bits] : llvm::enumerate(data->getAs<uint32_t>())) {
      // Of both signs.
      zero[i] = !(bits << 1);
      if (values.size() <= kFewValues)
        values.insert(zero[i] ? 0 : bits);
    }
    found.numValues = values.size() <= kFewValues ? values.size() : 0;
  } else {
    if (!cast || !data->getType().getElementType().isInteger(8))
      return failure();
    FailureOr<QuantScales> scales = QuantScales::get(cast.getQuantizedType());
    if (failed(scales))
      return failure();
    // Zero points that differ are those of one dimension.
    SmallVector<int64_t> blocks = scales->getBlockShape(data->getShape());
    for (auto [i, byte] : llvm::enumerate(data->getBytes())) {
      int64_t q = cast.getQuantizedType().isSigned()
                      ? static_cast<int8_t>(byte)
                      : static_cast<uint8_t>(byte);
      int64_t rest = i, block = 0;
      SmallVector<int64_t> index(blocks.size());
      if (scales->zeroPoints.size() > 1) {
        for (int64_t dim = blocks.size() - 1; dim >= 0; --dim) {
          index[dim] = rest % data->getShape()[dim];
          rest /= data->getShape()[dim];
        }
        for (const QuantScales::Blocks &along : scales->blocks)
          block = block * along.count + index[along.dim] / along.size;
      }
      zero[i] = q == scales->zeroPoints[block];
    }
  }
  found.numNonzero = llvm::count(zero, false);
  if (found.numNonzero < count) {
    found.zeros.resize((count + 7) / 8);
    for (int64_t i = 0; i < count; ++i)
      found.zeros[i / 8] |= zero[i] << (i % 8);
  }
  return found;
}

InvariantMap nnq::collectInvariants(func::FuncOp function) {
  InvariantMap layers;
  function.walk([&](linalg::LinalgOp op) {
    FailureOr<WeightedOp> operands = matchWeightedOp(op);
    if (!isMultiplyAccumulate(op) || failed(operands))
      return;
    FailureOr<LayerInvariants> found = inspect(op, operands->weight->get());
    if (failed(found))
      return;
    std::string name = getLayerName(op).str(), free = name;
    for (int i = 1; layers.count(free); ++i)
      free = llvm::formatv("{0}#{1}", name, i);
    layers.try_emplace(free, std::move(*found));
  });
  return layers;
}

FailureOr<InvariantMap> nnq::readInvariants(func::FuncOp function) {
  InvariantMap layers;
  Attribute attr = function->getAttr(kInvariantsAttr);
  if (!attr)
    return layers;
  auto entries = dyn_cast<ArrayAttr>(attr);
  auto fail = [&]() {
    return function.emitError()
           << kInvariantsAttr
           << " has to be an array of {layer, step, sizes, nonzero, zeros, "
              "values}";
  };
  if (!entries)
    return fail();
  for (Attribute each : entries) {
    auto entry = dyn_cast<DictionaryAttr>(each);
    if (!entry)
      return fail();
    auto layer = entry.getAs<StringAttr>("layer");
    auto step = entry.getAs<StringAttr>("step");
    auto sizes = entry.getAs<DenseI64ArrayAttr>("sizes");
    auto nonzero = entry.getAs<IntegerAttr>("nonzero");
    auto zeros = entry.getAs<DenseI8ArrayAttr>("zeros");
    auto values = entry.getAs<IntegerAttr>("values");
    if (!layer || !step || !sizes || !nonzero || !zeros || !values ||
        (!zeros.empty() &&
         zeros.size() !=
             (ShapedType::getNumElements(sizes.asArrayRef()) + 7) / 8))
      return fail();
    layers.try_emplace(
        layer.str(),
        LayerInvariants{step.str(), llvm::to_vector(sizes.asArrayRef()),
                        nonzero.getInt(), llvm::to_vector(zeros.asArrayRef()),
                        values.getInt(), true, function.getLoc()});
  }
  return layers;
}

void nnq::writeInvariants(func::FuncOp function, const InvariantMap &layers) {
  Builder b(function.getContext());
  SmallVector<Attribute> entries;
  for (const auto &[name, layer] : layers)
    entries.push_back(b.getDictionaryAttr(
        {b.getNamedAttr("layer", b.getStringAttr(name)),
         b.getNamedAttr("nonzero", b.getI64IntegerAttr(layer.numNonzero)),
         b.getNamedAttr("sizes", b.getDenseI64ArrayAttr(layer.sizes)),
         b.getNamedAttr("step", b.getStringAttr(layer.step)),
         b.getNamedAttr("values", b.getI64IntegerAttr(layer.numValues)),
         b.getNamedAttr("zeros", b.getDenseI8ArrayAttr(layer.zeros))}));
  function->setAttr(kInvariantsAttr, b.getArrayAttr(entries));
}
