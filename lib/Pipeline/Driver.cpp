//===- Driver.cpp - What nnq-compile and nnq-run share --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Pipeline/Driver.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "nnq/Pipeline/Pipelines.h"
#include "nnq/Support/Signature.h"
#include "nnq/Target/Codegen.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace nnq;

/// Gives the entry point another name.
static LogicalResult rename(ModuleOp module, StringRef name) {
  SmallVector<func::FuncOp> entries;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      entries.push_back(function);
  if (entries.size() != 1)
    return module.emitError()
           << "--name needs one public function, the network has "
           << entries.size();
  if (entries.front().getName() == name)
    return success();
  if (module.lookupSymbol(name))
    return module.emitError()
           << "--name=" << name << ": there is a function of that name";
  auto attr = StringAttr::get(module.getContext(), name);
  if (failed(SymbolTable::replaceAllSymbolUses(entries.front(), attr, module)))
    return failure();
  entries.front().setSymNameAttr(attr);
  return success();
}

/// Verifying every op after every pass takes half of the time; each stage ends
/// in a verifier anyhow, and nnq-opt does it.
static LogicalResult run(PassManager &pm, ModuleOp module) {
  pm.enableVerifier(false);
  return failure(failed(pm.run(module)) || failed(verify(module)));
}

static LogicalResult lower(ModuleOp module, const LoweringCommandLine &options,
                           bool reference) {
  if (!options.name.empty() && failed(rename(module, options.name)))
    return failure();
  PassManager pm(module.getContext());
  LowerToLLVMOptions lowering;
  lowering.reference = reference;
  lowering.target = options.target.getValue();
  lowering.triple = options.triple.getValue();
  lowering.cpu = options.cpu.getValue();
  lowering.features = options.features.getValue();
  lowering.threads = options.threads.getValue();
  lowering.profile = options.profile.getValue();
  buildLowerToLLVMPipeline(pm, lowering);
  return run(pm, module);
}

static bool hasProfile(ModuleOp module) {
  return llvm::any_of(module.getOps<LLVM::GlobalOp>(), [](LLVM::GlobalOp op) {
    return op.getSymName().ends_with(kTicksSuffix);
  });
}

OwningOpRef<ModuleOp> nnq::loadAndLower(MLIRContext &context, StringRef path,
                                        const LoweringCommandLine &options,
                                        bool reference) {
  // The note that prints the whole op would bury the error.
  context.printOpOnDiagnostic(false);
  std::string error;
  // Resources in bytecode lie at multiples of 64 bytes of the buffer.
  auto file = openInputFile(path, llvm::Align(64), &error);
  if (!file) {
    llvm::WithColor::error(llvm::errs()) << error << "\n";
    return nullptr;
  }
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(file), SMLoc());
  SourceMgrDiagnosticHandler handler(*sources, &context);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return nullptr;

  PassManager pm(&context);
  if (failed(options.passes.addToPipeline(pm,
                                          [&](const Twine &message) {
                                            emitError(UnknownLoc::get(&context))
                                                << message;
                                            return failure();
                                          })) ||
      failed(run(pm, *module)))
    return nullptr;
  if (!isLowered(*module)) {
    if (failed(lower(*module, options, reference)))
      return nullptr;
    return module;
  }
  for (const llvm::cl::Option *option :
       {static_cast<const llvm::cl::Option *>(&options.target),
        static_cast<const llvm::cl::Option *>(&options.triple),
        static_cast<const llvm::cl::Option *>(&options.cpu),
        static_cast<const llvm::cl::Option *>(&options.features),
        static_cast<const llvm::cl::Option *>(&options.threads),
        static_cast<const llvm::cl::Option *>(&options.name)})
    if (option->getNumOccurrences()) {
      module->emitError() << "is in the LLVM dialect already; --"
                          << option->ArgStr << " comes too late";
      return nullptr;
    }
  if (options.profile && !hasProfile(*module)) {
    module->emitError() << "is in the LLVM dialect already and counts no time; "
                           "lower it with --lower-to-llvm=profile";
    return nullptr;
  }
  return module;
}

void nnq::hideRegisteredOptions() {
  for (auto &entry : llvm::cl::getRegisteredOptions()) {
    bool isOfAllPrograms = llvm::any_of(
        entry.second->Categories, [](const llvm::cl::OptionCategory *category) {
          return category->getName() == "Generic Options" ||
                 category->getName() == "Color Options";
        });
    if (!isOfAllPrograms &&
        entry.second->getOptionHiddenFlag() == llvm::cl::NotHidden)
      entry.second->setHiddenFlag(llvm::cl::Hidden);
  }
}

llvm::Error nnq::alreadyReported() { return llvm::createStringError(""); }

int nnq::reportError(StringRef program, llvm::Error error) {
  std::string message = llvm::toString(std::move(error));
  if (!message.empty())
    llvm::WithColor::error(llvm::errs(), program) << message << "\n";
  return 1;
}
