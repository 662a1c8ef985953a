//===- CompiledModel.h - A network that can be run --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_RUNTIME_COMPILEDMODEL_H
#define NNQ_RUNTIME_COMPILEDMODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "nnq/Support/Signature.h"
#include "nnq/Target/Codegen.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <memory>

namespace nnq {

/// An entry point of a compiled network with the workspace that it needs. Not
/// safe for use by two threads at once.
class CompiledModel {
public:
  /// Compiles a module that is in the LLVM dialect. `symbols` are C functions
  /// that it calls. Without a name, the only entry point is taken. Refuses a
  /// module whose target is not this machine.
  static llvm::Expected<CompiledModel>
  jit(mlir::ModuleOp module, const llvm::StringMap<void *> &symbols = {},
      llvm::StringRef entry = "", LLVMLevels levels = {});

  /// Loads a shared library that nnq-compile made.
  static llvm::Expected<CompiledModel> load(llvm::StringRef path,
                                            llvm::StringRef entry = "");

  CompiledModel(CompiledModel &&) noexcept;
  CompiledModel &operator=(CompiledModel &&) noexcept;
  ~CompiledModel();

  const Signature &signature() const;

  /// Size of the library, or of the object that was compiled in process.
  size_t codeBytes() const;

  /// Milliseconds that it took to compile, or to map the library.
  double loadMs() const;

  /// Runs once. One pointer for each input and each output of the signature;
  /// `batch` samples if their number is dynamic.
  void run(llvm::ArrayRef<const void *> inputs, llvm::ArrayRef<void *> outputs,
           int64_t batch = 1);

  /// The same with a workspace of the caller's, of 64-byte alignment and the
  /// size that the signature states. Any number of threads may call it.
  void run(llvm::ArrayRef<const void *> inputs, llvm::ArrayRef<void *> outputs,
           int64_t batch, void *workspace) const;

  /// The C function: inputs, outputs, batch if it is dynamic, workspace.
  void *entry() const;

  /// Ticks of `signature().layers`, summed up over all runs; may be reset.
  llvm::MutableArrayRef<int64_t> ticks();

private:
  struct Code;
  explicit CompiledModel(std::unique_ptr<Code> code);
  std::unique_ptr<Code> code;
};

} // namespace nnq

#endif // NNQ_RUNTIME_COMPILEDMODEL_H
