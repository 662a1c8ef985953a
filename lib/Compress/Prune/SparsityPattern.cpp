//===- SparsityPattern.cpp - Where zeros may be ---------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "SparsityPattern.h"
#include "nnq/Support/Layers.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace nnq;

std::optional<SparsityPattern> SparsityPattern::parse(StringRef text) {
  SparsityPattern pattern;
  pattern.text = text.str();
  if (text == "unstructured")
    return pattern;
  bool isNOfM = text.contains(':');
  auto [first, second] = text.split(isNOfM ? ':' : 'x');
  uint32_t left, right;
  if (first.getAsInteger(10, left) || second.getAsInteger(10, right) ||
      left == 0)
    return std::nullopt;
  if (isNOfM) {
    if (left >= right)
      return std::nullopt;
    pattern.kept = left;
    pattern.period = right;
    return pattern;
  }
  if (right == 0)
    return std::nullopt;
  pattern.blockRows = left;
  pattern.blockColumns = right;
  return pattern;
}

FailureOr<std::optional<SparsityRequest>> SparsityRequest::read(Operation *op) {
  Attribute attr = op->getAttr(kSparsityAttr);
  if (!attr)
    return std::optional<SparsityRequest>();
  auto dictionary = dyn_cast<DictionaryAttr>(attr);
  auto text =
      dictionary ? dictionary.getAs<StringAttr>("pattern") : StringAttr();
  auto zeros =
      dictionary ? dictionary.getAs<IntegerAttr>("zeros") : IntegerAttr();
  std::optional<SparsityPattern> pattern =
      text ? SparsityPattern::parse(text) : std::nullopt;
  if (!pattern || !zeros) {
    emitLayerError(op) << kSparsityAttr
                       << " has to be {pattern = unstructured, N:M or RxC, "
                          "zeros = their number}";
    return failure();
  }
  return std::optional(SparsityRequest{*pattern, zeros.getInt()});
}

void SparsityRequest::write(Operation *op) const {
  Builder builder(op->getContext());
  op->setAttr(
      kSparsityAttr,
      builder.getDictionaryAttr(
          {builder.getNamedAttr("pattern", builder.getStringAttr(pattern.text)),
           builder.getNamedAttr("zeros", builder.getI64IntegerAttr(zeros))}));
}
