//===- ObservedInputs.cpp - Layers whose inputs are observed --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ObservedInputs.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/LayerPatterns.h"
#include "nnq/Support/Layers.h"

using namespace mlir;
using namespace nnq;

llvm::Expected<ObservedInputs>
ObservedInputs::find(ModuleOp module, StringRef correlations, int64_t maxDepth,
                     function_ref<void(Operation *, StringRef)> miss) {
  llvm::Expected<llvm::Regex> regex = parseLayerPattern(correlations);
  if (!regex)
    return llvm::createStringError(
        "correlations=" + correlations +
        " is no regular expression: " + llvm::toString(regex.takeError()));
  ObservedInputs found;
  bool isMatched = correlations.empty() || correlations == ".*";
  module.walk([&](linalg::LinalgOp op) {
    if (op->hasAttr(kKeepF32Attr) || !op.hasPureTensorSemantics())
      return;
    FailureOr<WeightedOp> operands = matchWeightedOp(op);
    if (failed(operands) || isDequantized(operands->weight->get()) ||
        isDequantized(operands->activation->get()))
      return;
    std::string reason;
    FailureOr<LayerView> view = LayerView::get(op, *operands, reason);
    FailureOr<ConstantData> data = ConstantData::get(operands->weight->get());
    if (succeeded(view) &&
        (failed(data) || !data->getType().getElementType().isF32()))
      return miss(op, "the bytes of its weights are not at hand");
    if (failed(view))
      return miss(op, reason);
    int64_t known = 1;
    for (int64_t size : op.getShape(operands->activation))
      known *= ShapedType::isDynamic(size) ? 1 : size;
    if (failed(view->getPatches(known)))
      return miss(op, "more than the batch of its input is dynamic");
    Layer layer{op, std::move(*view), operands->activation, operands->weight};
    layer.isCorrelated =
        !correlations.empty() && regex->match(getLayerName(op));
    isMatched |= layer.isCorrelated;
    if (layer.isCorrelated && layer.view.getDepth() > maxDepth) {
      layer.isCorrelated = false;
      miss(op, "the correlation of the " +
                   std::to_string(layer.view.getDepth()) +
                   " numbers that each output multiplies is too large");
    }
    auto other = llvm::find_if(found.layers, [&](const Layer &before) {
      return before.activation->get() == layer.activation->get() &&
             before.view.readsAs(layer.view);
    });
    layer.input =
        other == found.layers.end() ? found.inputs.size() : other->input;
    if (other == found.layers.end())
      found.inputs.push_back(layer.activation->get());
    found.layers.push_back(std::move(layer));
  });
  if (!isMatched)
    return llvm::createStringError("no layer is called correlations=" +
                                   correlations);
  return found;
}

std::vector<InputObserver> ObservedInputs::makeObservers() const {
  std::vector<InputObserver> observers;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const LayerView *view = nullptr;
    bool isCorrelated = false;
    for (const Layer &layer : layers) {
      if (layer.input != i)
        continue;
      view = &layer.view;
      isCorrelated |= layer.isCorrelated;
    }
    observers.emplace_back(*view, isCorrelated);
  }
  return observers;
}
