//===- FactorRequest.cpp - Factorizations asked for by attributes ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "FactorRequest.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Layers.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace nnq;

static constexpr std::pair<FactorMethod, StringLiteral> kNames[] = {
    {FactorMethod::Auto, "auto"},
    {FactorMethod::Svd, "svd"},
    {FactorMethod::SpatialSvd, "spatial-svd"},
    {FactorMethod::ChannelSvd, "channel-svd"},
    {FactorMethod::Tucker, "tucker"},
    {FactorMethod::Cp, "cp"}};

StringRef nnq::getMethodName(FactorMethod method) {
  for (auto &[its, name] : kNames)
    if (its == method)
      return name;
  llvm_unreachable("unknown method");
}

std::optional<FactorMethod> nnq::parseFactorMethod(StringRef name) {
  for (auto &[method, its] : kNames)
    if (its == name)
      return method;
  return std::nullopt;
}

std::string nnq::describe(FactorMethod method, ArrayRef<int64_t> ranks) {
  auto texts =
      llvm::map_range(ranks, [](int64_t rank) { return llvm::itostr(rank); });
  return llvm::formatv("{0} of {1} {2}", getMethodName(method),
                       ranks.size() == 1 ? "rank" : "ranks",
                       llvm::join(texts, " and "));
}

FailureOr<std::optional<FactorRequest>> FactorRequest::read(Operation *op) {
  Attribute attr = op->getAttr(kFactorizeAttr);
  if (!attr)
    return std::optional<FactorRequest>();
  auto dictionary = dyn_cast<DictionaryAttr>(attr);
  auto method =
      dictionary ? dictionary.getAs<StringAttr>("method") : StringAttr();
  auto ranks = dictionary ? dictionary.getAs<DenseI64ArrayAttr>("ranks")
                          : DenseI64ArrayAttr();
  std::optional<FactorMethod> found =
      method ? parseFactorMethod(method) : std::nullopt;
  if (!found || *found == FactorMethod::Auto || !ranks ||
      dictionary.size() != 2) {
    emitLayerError(op) << kFactorizeAttr
                       << " has to be {method = \"svd\", ranks = array<i64: "
                          "8>}, or another method";
    return failure();
  }
  return std::optional(
      FactorRequest{*found, llvm::to_vector(ranks.asArrayRef())});
}

void FactorRequest::write(Operation *op) const {
  MLIRContext *context = op->getContext();
  auto name = [&](StringRef text) { return StringAttr::get(context, text); };
  op->setAttr(
      kFactorizeAttr,
      DictionaryAttr::get(
          context, {{name("method"), name(getMethodName(method))},
                    {name("ranks"), DenseI64ArrayAttr::get(context, ranks)}}));
}
