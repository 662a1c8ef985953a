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
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

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

/// `  left    - right`, as LLVM aligns options.
static void printRow(llvm::raw_ostream &os, std::string left,
                     const llvm::Twine &right) {
  constexpr unsigned kColumn = 36;
  os << llvm::left_justify(left, kColumn);
  if (left.size() > kColumn)
    os << '\n' << std::string(kColumn, ' ');
  os << " - " << right << '\n';
}

static void printOption(llvm::raw_ostream &os,
                        const llvm::json::Object &option) {
  StringRef type = option.getString("type").value_or("");
  std::string left = ("      " + *option.getString("name")).str();
  std::string right = option.getString("description")->str();
  if (const llvm::json::Array *values = option.getArray("values")) {
    left += '=';
    llvm::raw_string_ostream stream(left);
    llvm::interleave(
        *values, stream,
        [&](const llvm::json::Value &value) { stream << *value.getAsString(); },
        "|");
    right += (" (default: " + *option.getString("default") + ")").str();
  } else if (type != "bool") {
    left += ("=<" + type + ">").str();
    // 0 and less stand for none or all, which descriptions tell.
    if (double number = option.getNumber("default").value_or(0); number > 0)
      right += llvm::formatv(" (default: {0})", llvm::format("%g", number));
  } else if (option.getBoolean("default") == true) {
    left += "=false";
    right += " (default: true)";
  }
  printRow(os, left, right);
}

void nnq::returnMemoryEarly() {
#ifdef __GLIBC__
  constexpr int kLargeBlock = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, kLargeBlock);
#endif
}

std::string nnq::describePipelinesForHelp() {
  auto &registered = llvm::cl::getRegisteredOptions();
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "\nPipelines, which run in the order given, before the network is "
        "lowered.\nOptions are separated by blanks: "
        "--quantize-int8=\"data=x.npz samples=100\".\nPasses that they are "
        "made "
        "of are options, too (--help-hidden).\n\n";
  for (const llvm::json::Value &value : describePipelines()) {
    const llvm::json::Object &pipeline = *value.getAsObject();
    StringRef name = *pipeline.getString("name");
    // One option parses the names of all passes and pipelines.
    if (auto it = registered.find(name); it != registered.end())
      it->second->setHiddenFlag(llvm::cl::Hidden);
    printRow(os, ("  --" + name).str(), *pipeline.getString("description"));
    for (const llvm::json::Value &option : *pipeline.getArray("options"))
      printOption(os, *option.getAsObject());
    os << '\n';
  }
  return text;
}

llvm::Error nnq::alreadyReported() { return llvm::createStringError(""); }

int nnq::reportError(StringRef program, llvm::Error error) {
  std::string message = llvm::toString(std::move(error));
  if (!message.empty())
    llvm::WithColor::error(llvm::errs(), program) << message << "\n";
  return 1;
}
