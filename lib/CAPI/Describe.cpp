//===- Describe.cpp - What a network takes and gives, as JSON -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Host.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Support/Refusals.h"
#include "nnq/Target/Codegen.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace nnq;

/// As a signature has it, or in MLIR's words where no signature could.
static std::string getTypeName(Type type, bool isUnsigned) {
  if (std::optional<DType> dtype = getDType(type, isUnsigned))
    return getName(*dtype).str();
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

static llvm::json::Object describe(Type type, bool isUnsigned) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return llvm::json::Object{{"dtype", getTypeName(type, isUnsigned)}};
  llvm::json::Array shape;
  for (int64_t size : tensor.getShape())
    shape.push_back(ShapedType::isDynamic(size) ? kDynamicBatch : size);
  return llvm::json::Object{
      {"shape", std::move(shape)},
      {"dtype", getTypeName(tensor.getElementType(), isUnsigned)}};
}

/// `getAttr` gives the attributes of an argument or a result by its name.
static llvm::json::Array
describe(TypeRange types,
         function_ref<Attribute(unsigned, StringRef)> getAttr) {
  llvm::json::Array result;
  for (auto [i, type] : llvm::enumerate(types)) {
    llvm::json::Object tensor =
        describe(type, static_cast<bool>(getAttr(i, kUnsignedAttr)));
    if (auto name =
            dyn_cast_if_present<StringAttr>(getAttr(i, kTensorNameAttr)))
      tensor["name"] = name.getValue();
    result.push_back(std::move(tensor));
  }
  return result;
}

/// What pruning took out of a function.
static llvm::json::Array describeRemoved(ArrayAttr blocks) {
  llvm::json::Array result;
  for (auto block : blocks.getAsRange<DictionaryAttr>()) {
    llvm::json::Object object;
    if (auto name = block.getAs<StringAttr>("name"))
      object["name"] = name.getValue();
    for (StringRef count : {"macs", "weights"})
      if (auto value = block.getAs<IntegerAttr>(count))
        object[count] = value.getInt();
    if (auto importance = block.getAs<FloatAttr>("importance"))
      object["importance"] = importance.getValueAsDouble();
    result.push_back(std::move(object));
  }
  return result;
}

/// Which channels pruning left to layers.
static llvm::json::Array describeKept(ArrayAttr layers) {
  llvm::json::Array result;
  for (auto layer : layers.getAsRange<DictionaryAttr>()) {
    llvm::json::Object object;
    if (auto name = layer.getAs<StringAttr>("layer"))
      object["layer"] = name.getValue();
    for (StringRef side : {"output", "input"})
      if (auto channels = layer.getAs<DenseI64ArrayAttr>(side))
        object[side] = llvm::json::Array(channels.asArrayRef());
    result.push_back(std::move(object));
  }
  return result;
}

/// Which compression would not have paid.
static llvm::json::Array describeRefused(ArrayAttr layers) {
  llvm::json::Array result;
  for (auto layer : layers.getAsRange<DictionaryAttr>()) {
    llvm::json::Object object;
    for (StringRef key : {"layer", "technique", "reason"})
      if (auto text = layer.getAs<StringAttr>(key))
        object[key] = text.getValue();
    result.push_back(std::move(object));
  }
  return result;
}

bool nnqNetworkDescribe(NnqNetwork network, NnqWriteCallback write,
                        void *userData) {
  if (!network || !network->isUsable())
    return false;
  FailureOr<std::vector<Signature>> signatures =
      readSignatures(*network->module);
  if (failed(signatures))
    return false;
  CallbackStream os(write, userData);
  llvm::json::OStream json(os);
  json.array([&] {
    for (const Signature &signature : *signatures)
      json.rawValue(signature.toJSON());
    for (auto function : network->module->getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isExternal())
        continue;
      auto getArgument = [&](unsigned i, StringRef name) {
        return function.getArgAttr(i, name);
      };
      auto getResult = [&](unsigned i, StringRef name) {
        return function.getResultAttr(i, name);
      };
      llvm::json::Object entry{
          {"entry", function.getName()},
          {"inputs", describe(function.getArgumentTypes(), getArgument)},
          {"outputs", describe(function.getResultTypes(), getResult)}};
      if (auto removed = function->getAttrOfType<ArrayAttr>(kRemovedBlocksAttr))
        entry["removed"] = describeRemoved(removed);
      if (auto kept = function->getAttrOfType<ArrayAttr>(kKeptChannelsAttr))
        entry["kept"] = describeKept(kept);
      if (auto refused = function->getAttrOfType<ArrayAttr>(kRefusedAttr))
        entry["refused"] = describeRefused(refused);
      json.value(std::move(entry));
    }
  });
  return true;
}
