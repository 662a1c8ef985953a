//===- Codegen.cpp - From the LLVM dialect to machine code ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Target/Codegen.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "nnq/Support/TargetInfo.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace nnq;

FailureOr<TargetAttr> nnq::getTargetOfLLVM(ModuleOp module) {
  if (auto target = module->getAttrOfType<TargetAttr>(kTargetAttr))
    return target;
  TargetSpec spec;
  if (auto triple = module->getAttrOfType<StringAttr>(
          LLVM::LLVMDialect::getTargetTripleAttrName()))
    spec.triple = triple.str();
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    if (function.isExternal())
      continue;
    spec.cpu = function.getTargetCpu().value_or("").str();
    if (auto features = function.getTargetFeaturesAttr())
      spec.features = features.getFeaturesString();
    break;
  }
  return makeTarget(module.getContext(), spec,
                    [&] { return module.emitError(); });
}

/// The signatures that the constants of the module hold.
static FailureOr<std::vector<Signature>> readSignatures(ModuleOp op,
                                                        llvm::Module &module) {
  std::vector<Signature> result;
  for (llvm::GlobalVariable &global : module.globals()) {
    if (!global.getName().ends_with(kSignatureSuffix) ||
        !global.hasInitializer())
      continue;
    auto *text =
        dyn_cast<llvm::ConstantDataSequential>(global.getInitializer());
    if (!text || !text->isCString())
      return op.emitError() << "'" << global.getName() << "' holds no string";
    auto signature = Signature::fromJSON(text->getAsCString());
    if (!signature)
      return op.emitError() << "'" << global.getName()
                            << "': " << llvm::toString(signature.takeError());
    result.push_back(std::move(*signature));
  }
  return result;
}

static void optimize(LLVMProgram &program, unsigned level) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopInterleaving = tuning.LoopVectorization = level > 1;
  tuning.SLPVectorization = tuning.LoopUnrolling = level > 1;
  llvm::PassBuilder builder(program.machine.get(), tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  const llvm::OptimizationLevel levels[] = {
      llvm::OptimizationLevel::O0, llvm::OptimizationLevel::O1,
      llvm::OptimizationLevel::O2, llvm::OptimizationLevel::O3};
  llvm::OptimizationLevel chosen = levels[std::min(level, 3u)];
  llvm::ModulePassManager passes =
      level == 0 ? builder.buildO0DefaultPipeline(chosen)
                 : builder.buildPerModuleDefaultPipeline(chosen);
  passes.run(*program.module, modules);
}

FailureOr<LLVMProgram> nnq::translateToLLVM(ModuleOp module, unsigned level) {
  FailureOr<TargetAttr> target = getTargetOfLLVM(module);
  if (failed(target))
    return failure();
  const llvm::CodeGenOptLevel levels[] = {
      llvm::CodeGenOptLevel::None, llvm::CodeGenOptLevel::Less,
      llvm::CodeGenOptLevel::Default, llvm::CodeGenOptLevel::Aggressive};
  auto machine = createTargetMachine(*target, levels[std::min(level, 3u)]);
  if (!machine)
    return module.emitError() << llvm::toString(machine.takeError());

  LLVMProgram program;
  program.machine = std::move(*machine);
  program.context = std::make_unique<llvm::LLVMContext>();
  StringRef name = module.getName().value_or("nnq");
  program.module = translateModuleToLLVMIR(module, *program.context, name);
  if (!program.module)
    return failure();
  program.module->setTargetTriple(program.machine->getTargetTriple());
  program.module->setDataLayout(program.machine->createDataLayout());
  program.module->setPICLevel(llvm::PICLevel::BigPIC);

  std::string errors;
  llvm::raw_string_ostream os(errors);
  if (llvm::verifyModule(*program.module, &os))
    return module.emitError() << "is no valid LLVM IR: " << errors;
  FailureOr<std::vector<Signature>> signatures =
      readSignatures(module, *program.module);
  if (failed(signatures))
    return failure();
  program.signatures = std::move(*signatures);
  optimize(program, level);
  return program;
}

llvm::Error nnq::emitCode(LLVMProgram &program, llvm::CodeGenFileType type,
                          llvm::raw_pwrite_stream &os) {
  llvm::legacy::PassManager passes;
  if (program.machine->addPassesToEmitFile(passes, os, nullptr, type))
    return llvm::createStringError(
        "the code generator of '%s' cannot write this kind of file",
        program.machine->getTargetTriple().str().c_str());
  passes.run(*program.module);
  return llvm::Error::success();
}

llvm::Expected<std::vector<std::string>>
nnq::findForeignSymbols(StringRef object, const llvm::Triple &triple) {
  auto file = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(object, "object"));
  if (!file)
    return file.takeError();
  llvm::TargetLibraryInfoImpl libraries(triple);
  std::vector<std::string> result;
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    llvm::Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    llvm::Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    llvm::LibFunc function;
    if (!(*flags & llvm::object::SymbolRef::SF_Undefined) || name->empty() ||
        *name == "_GLOBAL_OFFSET_TABLE_" ||
        libraries.getLibFunc(*name, function))
      continue;
    result.push_back(name->str());
  }
  llvm::sort(result);
  return result;
}
