//===- Signature.cpp - What a compiled network takes and gives ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Signature.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <numeric>

using namespace mlir;
using namespace nnq;

StringRef nnq::getName(DType dtype) {
  switch (dtype) {
  case DType::F32:
    return "f32";
  case DType::F64:
    return "f64";
  case DType::I8:
    return "i8";
  case DType::U8:
    return "u8";
  case DType::I16:
    return "i16";
  case DType::U16:
    return "u16";
  case DType::I32:
    return "i32";
  case DType::U32:
    return "u32";
  case DType::I64:
    return "i64";
  case DType::U64:
    return "u64";
  case DType::Bool:
    return "bool";
  }
  llvm_unreachable("unknown element type");
}

std::optional<DType> nnq::parseDType(StringRef name) {
  return llvm::StringSwitch<std::optional<DType>>(name)
      .Case("f32", DType::F32)
      .Case("f64", DType::F64)
      .Case("i8", DType::I8)
      .Case("u8", DType::U8)
      .Case("i16", DType::I16)
      .Case("u16", DType::U16)
      .Case("i32", DType::I32)
      .Case("u32", DType::U32)
      .Case("i64", DType::I64)
      .Case("u64", DType::U64)
      .Case("bool", DType::Bool)
      .Default(std::nullopt);
}

size_t nnq::getSize(DType dtype) {
  switch (dtype) {
  case DType::I8:
  case DType::U8:
  case DType::Bool:
    return 1;
  case DType::I16:
  case DType::U16:
    return 2;
  case DType::F32:
  case DType::I32:
  case DType::U32:
    return 4;
  case DType::F64:
  case DType::I64:
  case DType::U64:
    return 8;
  }
  llvm_unreachable("unknown element type");
}

std::optional<DType> nnq::getDType(Type type, bool isUnsigned) {
  if (type.isF32())
    return DType::F32;
  if (type.isF64())
    return DType::F64;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  isUnsigned |= integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return DType::Bool;
  case 8:
    return isUnsigned ? DType::U8 : DType::I8;
  case 16:
    return isUnsigned ? DType::U16 : DType::I16;
  case 32:
    return isUnsigned ? DType::U32 : DType::I32;
  case 64:
    return isUnsigned ? DType::U64 : DType::I64;
  default:
    return std::nullopt;
  }
}

bool TensorSignature::hasDynamicBatch() const {
  return !shape.empty() && shape.front() == kDynamicBatch;
}

llvm::SmallVector<int64_t> TensorSignature::getShape(int64_t batch) const {
  llvm::SmallVector<int64_t> result = shape;
  if (hasDynamicBatch())
    result.front() = batch;
  return result;
}

int64_t TensorSignature::getNumBytes(int64_t batch) const {
  llvm::SmallVector<int64_t> sizes = getShape(batch);
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(getSize(dtype)),
                         std::multiplies<>());
}

std::string TensorSignature::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << getName(dtype) << "[";
  llvm::interleaveComma(shape, os, [&](int64_t size) {
    if (size == kDynamicBatch)
      os << "?";
    else
      os << size;
  });
  os << "]";
  return text;
}

bool Signature::hasDynamicBatch() const {
  auto isDynamic = std::mem_fn(&TensorSignature::hasDynamicBatch);
  return llvm::any_of(inputs, isDynamic) || llvm::any_of(outputs, isDynamic);
}

std::string Signature::toJSON() const {
  auto tensors = [](ArrayRef<TensorSignature> list) {
    llvm::json::Array result;
    for (const TensorSignature &tensor : list) {
      llvm::json::Object described{{"shape", llvm::json::Array(tensor.shape)},
                                   {"dtype", getName(tensor.dtype)}};
      if (!tensor.name.empty())
        described["name"] = tensor.name;
      result.push_back(std::move(described));
    }
    return result;
  };
  llvm::json::Object object{
      {"entry", entry},
      {"inputs", tensors(inputs)},
      {"outputs", tensors(outputs)},
      {"workspace", workspace},
      {"weights", weights},
      {"target", llvm::json::Object{{"triple", triple},
                                    {"cpu", cpu},
                                    {"features", features}}}};
  if (threads > 1)
    object["threads"] = threads;
  if (!layers.empty()) {
    llvm::json::Array list;
    for (const LayerSignature &layer : layers) {
      llvm::json::Object described{{"name", layer.name},
                                   {"kind", layer.kind},
                                   {"type", layer.type},
                                   {"macs", layer.macs}};
      if (layer.weights)
        described["weights"] = layer.weights;
      if (layer.stored)
        described["stored"] = layer.stored;
      if (layer.factors)
        described["factors"] = layer.factors;
      if (layer.zeros)
        described["zeros"] = layer.zeros;
      if (layer.sqnr)
        described["sqnr"] = *layer.sqnr;
      if (layer.weightSqnr)
        described["weight_sqnr"] = *layer.weightSqnr;
      if (!layer.weightScheme.empty())
        described["weight_scheme"] = layer.weightScheme;
      if (!layer.inputScheme.empty())
        described["input_scheme"] = layer.inputScheme;
      if (layer.inputRange)
        described["input_range"] = llvm::json::Array{layer.inputRange->first,
                                                     layer.inputRange->second};
      if (layer.clipped)
        described["clipped"] = *layer.clipped;
      if (!layer.format.empty())
        described["format"] = layer.format;
      list.push_back(std::move(described));
    }
    object["layers"] = std::move(list);
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::json::Value(std::move(object));
  return text;
}

static bool parseTensors(const llvm::json::Array *list,
                         std::vector<TensorSignature> &result) {
  if (!list)
    return false;
  for (const llvm::json::Value &value : *list) {
    const llvm::json::Object *object = value.getAsObject();
    const llvm::json::Array *shape =
        object ? object->getArray("shape") : nullptr;
    std::optional<StringRef> name =
        object ? object->getString("dtype") : std::nullopt;
    std::optional<DType> dtype = name ? parseDType(*name) : std::nullopt;
    if (!shape || !dtype)
      return false;
    TensorSignature tensor{
        {}, *dtype, object->getString("name").value_or("").str()};
    for (const llvm::json::Value &size : *shape) {
      bool mayBeDynamic = tensor.shape.empty();
      if (!size.getAsInteger() ||
          (*size.getAsInteger() < 0 &&
           !(mayBeDynamic && *size.getAsInteger() == kDynamicBatch)))
        return false;
      tensor.shape.push_back(*size.getAsInteger());
    }
    result.push_back(std::move(tensor));
  }
  return true;
}

static std::optional<std::pair<double, double>>
parseRange(const llvm::json::Array *bounds) {
  if (!bounds || bounds->size() != 2 || !(*bounds)[0].getAsNumber() ||
      !(*bounds)[1].getAsNumber())
    return std::nullopt;
  return std::pair(*(*bounds)[0].getAsNumber(), *(*bounds)[1].getAsNumber());
}

static bool parseLayers(const llvm::json::Array &list,
                        std::vector<LayerSignature> &result) {
  for (const llvm::json::Value &value : list) {
    const llvm::json::Object *object = value.getAsObject();
    if (!object || !object->getString("name") || !object->getString("kind") ||
        !object->getString("type") || !object->getInteger("macs"))
      return false;
    result.push_back(
        {object->getString("name")->str(), object->getString("kind")->str(),
         object->getString("type")->str(), *object->getInteger("macs"),
         object->getInteger("weights").value_or(0),
         object->getInteger("stored").value_or(0),
         object->getInteger("factors").value_or(0),
         object->getInteger("zeros").value_or(0), object->getNumber("sqnr"),
         object->getNumber("weight_sqnr"),
         object->getString("weight_scheme").value_or("").str(),
         object->getString("input_scheme").value_or("").str(),
         parseRange(object->getArray("input_range")),
         object->getNumber("clipped"),
         object->getString("format").value_or("").str()});
  }
  return true;
}

llvm::Expected<Signature> Signature::fromJSON(StringRef text) {
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (!value)
    return value.takeError();
  const llvm::json::Object *object = value->getAsObject();
  const llvm::json::Object *target =
      object ? object->getObject("target") : nullptr;
  Signature signature;
  if (!target || !object->getString("entry") ||
      !object->getInteger("workspace") || !object->getInteger("weights") ||
      !parseTensors(object->getArray("inputs"), signature.inputs) ||
      !parseTensors(object->getArray("outputs"), signature.outputs))
    return llvm::createStringError("not a signature of an entry point");
  if (const llvm::json::Array *layers = object->getArray("layers");
      layers && !parseLayers(*layers, signature.layers))
    return llvm::createStringError("the layers of the signature are malformed");
  signature.entry = object->getString("entry")->str();
  signature.workspace = *object->getInteger("workspace");
  signature.weights = *object->getInteger("weights");
  signature.threads = object->getInteger("threads").value_or(1);
  signature.triple = target->getString("triple").value_or("").str();
  signature.cpu = target->getString("cpu").value_or("").str();
  signature.features = target->getString("features").value_or("").str();
  return signature;
}

DictionaryAttr Signature::toAttribute(MLIRContext *context) const {
  Builder b(context);
  auto tensors = [&](ArrayRef<TensorSignature> list) {
    SmallVector<Attribute> result;
    for (const TensorSignature &tensor : list) {
      NamedAttrList described;
      described.set("shape", b.getDenseI64ArrayAttr(tensor.shape));
      described.set("dtype", b.getStringAttr(getName(tensor.dtype)));
      if (!tensor.name.empty())
        described.set("name", b.getStringAttr(tensor.name));
      result.push_back(described.getDictionary(context));
    }
    return b.getArrayAttr(result);
  };
  return b.getDictionaryAttr(
      {b.getNamedAttr("entry", b.getStringAttr(entry)),
       b.getNamedAttr("inputs", tensors(inputs)),
       b.getNamedAttr("outputs", tensors(outputs)),
       b.getNamedAttr("workspace", b.getI64IntegerAttr(workspace)),
       b.getNamedAttr("weights", b.getI64IntegerAttr(weights))});
}
