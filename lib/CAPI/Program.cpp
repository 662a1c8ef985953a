//===- Program.cpp - Programs that can be called, in the C API ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Host.h"

#include "nnq/Target/Codegen.h"

using namespace mlir;
using namespace nnq;

static NnqProgram wrap(const Host &host, llvm::Expected<CompiledModel> model) {
  if (!model) {
    host.fail(model.takeError());
    return nullptr;
  }
  std::string signature = model->signature().toJSON();
  return new NnqProgramImpl{std::move(*model), std::move(signature)};
}

NnqProgram nnqProgramCompile(NnqNetwork network, const char *entry, int level) {
  if (!network || !network->isUsable())
    return nullptr;
  FailureOr<LLVMLevels> levels = network->getCodegenLevels(level);
  if (failed(levels))
    return nullptr;
  return wrap(*network->host, CompiledModel::jit(*network->module, {},
                                                 entry ? entry : "", *levels));
}

NnqProgram nnqProgramLoad(NnqContext context, const char *path,
                          const char *entry) {
  if (!context)
    return nullptr;
  if (!path) {
    context->host->fail("there is no name of a library to load");
    return nullptr;
  }
  return wrap(*context->host, CompiledModel::load(path, entry ? entry : ""));
}

void nnqProgramDestroy(NnqProgram program) { delete program; }

static NnqType getType(DType dtype) {
  switch (dtype) {
  case DType::F32:
    return NNQ_F32;
  case DType::F64:
    return NNQ_F64;
  case DType::I8:
    return NNQ_I8;
  case DType::U8:
    return NNQ_U8;
  case DType::I16:
    return NNQ_I16;
  case DType::U16:
    return NNQ_U16;
  case DType::I32:
    return NNQ_I32;
  case DType::U32:
    return NNQ_U32;
  case DType::I64:
    return NNQ_I64;
  case DType::U64:
    return NNQ_U64;
  case DType::Bool:
    return NNQ_BOOL;
  }
  llvm_unreachable("unknown element type");
}

static NnqTensor getTensor(ArrayRef<TensorSignature> tensors, size_t index) {
  if (index >= tensors.size())
    return {};
  const TensorSignature &tensor = tensors[index];
  return {tensor.name.c_str(), getType(tensor.dtype),
          static_cast<int64_t>(tensor.shape.size()), tensor.shape.data()};
}

size_t nnqProgramNumInputs(NnqProgram program) {
  return program ? program->model.signature().inputs.size() : 0;
}

size_t nnqProgramNumOutputs(NnqProgram program) {
  return program ? program->model.signature().outputs.size() : 0;
}

NnqTensor nnqProgramInput(NnqProgram program, size_t index) {
  return program ? getTensor(program->model.signature().inputs, index)
                 : NnqTensor{};
}

NnqTensor nnqProgramOutput(NnqProgram program, size_t index) {
  return program ? getTensor(program->model.signature().outputs, index)
                 : NnqTensor{};
}

const char *nnqProgramSignature(NnqProgram program) {
  return program ? program->signature.c_str() : nullptr;
}

size_t nnqProgramWorkspaceBytes(NnqProgram program) {
  return program ? program->model.signature().workspace : 0;
}

size_t nnqProgramCodeBytes(NnqProgram program) {
  return program ? program->model.codeBytes() : 0;
}

void *nnqProgramEntry(NnqProgram program) {
  return program ? program->model.entry() : nullptr;
}

void nnqProgramCall(NnqProgram program, const void *const *inputs,
                    void *const *outputs, int64_t batch) {
  const Signature &signature = program->model.signature();
  program->model.run({inputs, signature.inputs.size()},
                     {const_cast<void **>(outputs), signature.outputs.size()},
                     batch);
}

void nnqProgramCallWith(NnqProgram program, const void *const *inputs,
                        void *const *outputs, int64_t batch, void *workspace) {
  const Signature &signature = program->model.signature();
  program->model.run({inputs, signature.inputs.size()},
                     {const_cast<void **>(outputs), signature.outputs.size()},
                     batch, workspace);
}

int64_t *nnqProgramTicks(NnqProgram program, size_t *count) {
  llvm::MutableArrayRef<int64_t> ticks =
      program ? program->model.ticks() : llvm::MutableArrayRef<int64_t>();
  if (count)
    *count = ticks.size();
  return ticks.empty() ? nullptr : ticks.data();
}
