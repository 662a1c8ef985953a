//===- Describe.cpp - What a network takes and gives, as JSON -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Host.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nnq/Target/Codegen.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace nnq;

/// As a signature has it, or in MLIR's words where no signature could.
static std::string getTypeName(Type type) {
  if (std::optional<DType> dtype = getDType(type))
    return getName(*dtype).str();
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

static llvm::json::Object describe(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return llvm::json::Object{{"dtype", getTypeName(type)}};
  llvm::json::Array shape;
  for (int64_t size : tensor.getShape())
    shape.push_back(ShapedType::isDynamic(size) ? kDynamicBatch : size);
  return llvm::json::Object{{"shape", std::move(shape)},
                            {"dtype", getTypeName(tensor.getElementType())}};
}

static llvm::json::Array describe(TypeRange types) {
  llvm::json::Array result;
  for (Type type : types)
    result.push_back(describe(type));
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
    for (auto function : network->module->getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal())
        json.value(llvm::json::Object{
            {"entry", function.getName()},
            {"inputs", describe(function.getArgumentTypes())},
            {"outputs", describe(function.getResultTypes())}});
  });
  return true;
}
