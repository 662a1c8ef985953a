//===- Driver.h - What nnq-compile and nnq-run share ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_PIPELINE_DRIVER_H
#define NNQ_PIPELINE_DRIVER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

namespace nnq {

/// `name`, which becomes free if a library that is linked in has an option of
/// that name for itself.
inline llvm::StringRef takeOption(llvm::StringRef name) {
  auto &options = llvm::cl::getRegisteredOptions();
  if (auto it = options.find(name); it != options.end())
    it->second->removeArgument();
  return name;
}

/// Options of a tool that say how a network is lowered. One object, made in
/// main, registers them.
struct LoweringCommandLine {
  llvm::cl::opt<std::string> target{
      "target",
      llvm::cl::desc("native (default), x86-64-v2, x86-64-v3, x86-64-v4, "
                     "aarch64 or any cpu that LLVM knows, then +feature..."),
      llvm::cl::value_desc("name"), llvm::cl::init("")};
  llvm::cl::opt<std::string> triple{
      "triple", llvm::cl::desc("LLVM target triple"), llvm::cl::init("")};
  llvm::cl::opt<std::string> cpu{"cpu", llvm::cl::desc("LLVM cpu name"),
                                 llvm::cl::init("")};
  llvm::cl::opt<std::string> features{
      "features", llvm::cl::desc("LLVM features, for example +avx2,+fma"),
      llvm::cl::init("")};
  llvm::cl::opt<unsigned> threads{
      takeOption("threads"),
      llvm::cl::desc("Threads that share a large loop, by OpenMP (default: 1)"),
      llvm::cl::value_desc("number"), llvm::cl::init(1)};
  llvm::cl::opt<bool> reference{
      "reference",
      llvm::cl::desc("Lower by upstream passes alone: slow, the judge of the "
                     "fast path"),
      llvm::cl::init(false)};
  llvm::cl::opt<bool> profile{"profile",
                              llvm::cl::desc("Count the time of each layer"),
                              llvm::cl::init(false)};
  llvm::cl::opt<std::string> name{
      "name", llvm::cl::desc("Name of the entry point (default: as it is)"),
      llvm::cl::value_desc("name"), llvm::cl::init("")};
  /// Pipelines such as --quantize-int8, which run first.
  mlir::PassPipelineCLParser passes{"", "Passes to run before lowering"};
};

/// Gives large blocks of memory back as soon as they are free: by default glibc
/// keeps blocks of up to 32 MB, which the matrices of layers are.
void returnMemoryEarly();

/// Leaves what is registered so far, which is LLVM's, to --help-hidden.
void hideRegisteredOptions();

/// Text for the end of --help: pipelines with their options. Single passes,
/// which are to be registered, are left to --help-hidden.
std::string describePipelinesForHelp();

/// Parses MLIR text or bytecode, runs the passes asked for and, unless it is in
/// the LLVM dialect already, lowers it. Errors are printed, with their place in
/// the file; the result is null then.
mlir::OwningOpRef<mlir::ModuleOp>
loadAndLower(mlir::MLIRContext &context, llvm::StringRef path,
             const LoweringCommandLine &options, bool reference);

/// Error of a function whose diagnostics are printed already.
llvm::Error alreadyReported();

/// Ends a program: "<program>: error: <message>", and the exit code of failure.
int reportError(llvm::StringRef program, llvm::Error error);

} // namespace nnq

#endif // NNQ_PIPELINE_DRIVER_H
