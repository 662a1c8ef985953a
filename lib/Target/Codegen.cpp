//===- Codegen.cpp - From the LLVM dialect to machine code ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Target/Codegen.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Target/OpenMP.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DiagnosticHandler.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CodeGen.h"
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

bool nnq::isLowered(ModuleOp module) {
  return !module
              .walk([](Operation *op) {
                return isa<LLVM::LLVMDialect, omp::OpenMPDialect,
                           BuiltinDialect>(op->getDialect())
                           ? WalkResult::advance()
                           : WalkResult::interrupt();
              })
              .wasInterrupted();
}

FailureOr<std::vector<Signature>> nnq::readSignatures(ModuleOp module) {
  std::vector<Signature> result;
  for (auto global : module.getOps<LLVM::GlobalOp>()) {
    StringRef name = global.getSymName();
    if (!name.ends_with(kSignatureSuffix) || !global.getValueOrNull())
      continue;
    auto text = dyn_cast<StringAttr>(global.getValueOrNull());
    if (!text || !text.getValue().ends_with(StringRef("\0", 1)))
      return global.emitError() << "'" << name << "' holds no string";
    auto signature = Signature::fromJSON(text.getValue().drop_back());
    if (!signature)
      return global.emitError()
             << "'" << name << "': " << llvm::toString(signature.takeError());
    result.push_back(std::move(*signature));
  }
  return result;
}

namespace {
/// Takes the initializers of large constants away while it lives.
class Detachment {
public:
  explicit Detachment(ModuleOp module) {
    for (auto global : module.getOps<LLVM::GlobalOp>()) {
      if (!global.getConstant() || !global.getValueOrNull())
        continue;
      // Splats are small in LLVM, too.
      auto dense = dyn_cast<DenseElementsAttr>(global.getValueOrNull());
      FailureOr<ConstantData> data = ConstantData::get(global.getValueOrNull());
      if ((dense && dense.isSplat()) || failed(data) ||
          data->getBytes().size() < kMinBytes)
        continue;
      detached.push_back({global, global.getValueOrNull(), data->getBytes()});
      global.removeValueAttr();
    }
  }
  Detachment(const Detachment &) = delete;
  Detachment &operator=(const Detachment &) = delete;
  ~Detachment() {
    for (Global &global : detached)
      global.op.setValueAttr(global.value);
  }

  /// Makes them declarations.
  std::vector<DetachedConstant> declare(llvm::Module &module);

private:
  static constexpr size_t kMinBytes = 4096;
  struct Global {
    LLVM::GlobalOp op;
    Attribute value;
    ArrayRef<char> bytes;
  };
  SmallVector<Global> detached;
};
} // namespace

std::vector<DetachedConstant> Detachment::declare(llvm::Module &module) {
  std::vector<DetachedConstant> result;
  for (Global &global : detached) {
    llvm::GlobalVariable *variable =
        module.getGlobalVariable(global.op.getSymName(), /*AllowLocal=*/true);
    assert(module.getDataLayout().getTypeAllocSize(variable->getValueType()) ==
               global.bytes.size() &&
           "the type is that of the elements");
    // Not only an unknown initializer, of which passes may still ask.
    variable->setInitializer(nullptr);
    variable->setLinkage(llvm::GlobalValue::ExternalLinkage);
    variable->setDSOLocal(true);
    result.push_back({variable, global.bytes});
  }
  return result;
}

/// The bytes as an initializer. The type loses its dimensions, which would be
/// an object of LLVM for each row.
static void attach(LLVMProgram &program) {
  for (auto &[value, bytes] : program.constants) {
    auto *global = cast_or_null<llvm::GlobalVariable>(value);
    if (!global)
      continue;
    llvm::Type *element = global->getValueType();
    while (auto *array = dyn_cast<llvm::ArrayType>(element))
      element = array->getElementType();
    size_t width = element->getPrimitiveSizeInBits().getFixedValue() / 8;
    global->replaceInitializer(llvm::ConstantDataArray::getRaw(
        StringRef(bytes.data(), bytes.size()), bytes.size() / width, element));
    global->setLinkage(llvm::GlobalValue::PrivateLinkage);
  }
  program.constants.clear();
}

/// Room in the object, found again by name.
static void makeRoom(LLVMProgram &program) {
  for (auto &[value, bytes] : program.constants) {
    auto *global = cast_or_null<llvm::GlobalVariable>(value);
    if (!global)
      continue;
    global->setInitializer(
        llvm::ConstantAggregateZero::get(global->getValueType()));
    // The code generator does not look at such an initializer.
    global->setExternallyInitialized(true);
    global->setLinkage(llvm::GlobalValue::InternalLinkage);
  }
}

/// Puts the bytes where `makeRoom` has made room.
static llvm::Error fillRoom(LLVMProgram &program,
                            llvm::MutableArrayRef<char> object) {
  llvm::StringMap<ArrayRef<char>> constants;
  for (auto &[value, bytes] : program.constants)
    if (value)
      constants[value->getName()] = bytes;
  program.constants.clear();
  if (constants.empty())
    return llvm::Error::success();
  auto file = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(StringRef(object.data(), object.size()), "object"));
  if (!file)
    return file.takeError();
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    llvm::Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    auto constant = constants.find(*name);
    if (constant == constants.end())
      continue;
    auto section = symbol.getSection();
    if (!section)
      return section.takeError();
    llvm::Expected<StringRef> room = (*section)->getContents();
    if (!room)
      return room.takeError();
    llvm::Expected<uint64_t> offset = symbol.getValue();
    if (!offset)
      return offset.takeError();
    ArrayRef<char> bytes = constant->second;
    assert(*offset + bytes.size() <= room->size());
    llvm::copy(bytes, object.data() + (room->data() - object.data()) + *offset);
    constants.erase(constant);
  }
  if (!constants.empty())
    return llvm::createStringError("the object has no constant '%s'",
                                   constants.begin()->getKey().str().c_str());
  return llvm::Error::success();
}

namespace {
/// LLVM's own handler ends the process at the first error.
struct ErrorCollector : public llvm::DiagnosticHandler {
  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    if (info.getSeverity() != llvm::DS_Error)
      return false;
    llvm::raw_string_ostream os(errors);
    llvm::DiagnosticPrinterRawOStream printer(os);
    os << (errors.empty() ? "" : "; ");
    info.print(printer);
    return true;
  }
  std::string errors;
};
} // namespace

static llvm::Error takeErrors(LLVMProgram &program) {
  auto *collector =
      const_cast<ErrorCollector *>(static_cast<const ErrorCollector *>(
          program.context->getDiagHandlerPtr()));
  if (collector->errors.empty())
    return llvm::Error::success();
  return llvm::createStringError("LLVM: " +
                                 std::exchange(collector->errors, ""));
}

/// Lets what is stored in part be computed as a whole: VectorCombine would
/// repeat the last multiply-add of a loop behind it for these lanes alone, and
/// keep all that it reads in memory until then.
static void fencePartialStores(llvm::Module &module) {
  llvm::SmallVector<llvm::ShuffleVectorInst *> parts;
  for (llvm::Function &function : module)
    for (llvm::Instruction &inst : llvm::instructions(function))
      if (auto *shuffle = llvm::dyn_cast<llvm::ShuffleVectorInst>(&inst);
          shuffle && shuffle->getType()->isFPOrFPVectorTy() &&
          shuffle->isIdentityWithExtract())
        parts.push_back(shuffle);
  for (llvm::ShuffleVectorInst *shuffle : parts) {
    llvm::Value *whole = shuffle->getOperand(0);
    if (!llvm::isa<llvm::Instruction>(whole))
      continue;
    llvm::IRBuilder<> builder(shuffle);
    shuffle->setOperand(0,
                        builder.CreateArithmeticFence(whole, whole->getType()));
  }
}

static void optimize(LLVMProgram &program, unsigned level) {
  if (level > 0)
    fencePartialStores(*program.module);
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

FailureOr<LLVMProgram> nnq::translateToLLVM(ModuleOp module,
                                            LLVMLevels levels) {
  FailureOr<TargetAttr> target = getTargetOfLLVM(module);
  if (failed(target))
    return failure();
  const llvm::CodeGenOptLevel codegen[] = {
      llvm::CodeGenOptLevel::None, llvm::CodeGenOptLevel::Less,
      llvm::CodeGenOptLevel::Default, llvm::CodeGenOptLevel::Aggressive};
  auto machine =
      createTargetMachine(*target, codegen[std::min(levels.codegen, 3u)]);
  if (!machine)
    return module.emitError() << llvm::toString(machine.takeError());

  LLVMProgram program;
  program.machine = std::move(*machine);
  program.context = std::make_unique<llvm::LLVMContext>();
  program.context->setDiagnosticHandler(std::make_unique<ErrorCollector>());
  StringRef name = module.getName().value_or("nnq");
  {
    Detachment detachment(module);
    program.module = translateModuleToLLVMIR(module, *program.context, name);
    if (!program.module)
      return failure();
    program.module->setTargetTriple(program.machine->getTargetTriple());
    program.module->setDataLayout(program.machine->createDataLayout());
    program.constants = detachment.declare(*program.module);
  }
  program.module->setPICLevel(llvm::PICLevel::BigPIC);

  std::string errors;
  llvm::raw_string_ostream os(errors);
  if (llvm::verifyModule(*program.module, &os))
    return module.emitError() << "is no valid LLVM IR: " << errors;
  FailureOr<std::vector<Signature>> signatures = readSignatures(module);
  if (failed(signatures))
    return failure();
  program.signatures = std::move(*signatures);
  optimize(program, levels.optimizer);
  if (llvm::Error error = takeErrors(program))
    return module.emitError() << llvm::toString(std::move(error));
  return program;
}

static llvm::Error emitCode(LLVMProgram &program, llvm::CodeGenFileType type,
                            llvm::raw_pwrite_stream &os) {
  llvm::legacy::PassManager passes;
  if (program.machine->addPassesToEmitFile(passes, os, nullptr, type))
    return llvm::createStringError(
        "the code generator of '%s' cannot write this kind of file",
        program.machine->getTargetTriple().str().c_str());
  passes.run(*program.module);
  return takeErrors(program);
}

llvm::Expected<llvm::SmallVector<char, 0>>
nnq::emitObject(LLVMProgram &program) {
  const llvm::Triple &triple = program.machine->getTargetTriple();
  bool isPlain = triple.isOSBinFormatELF() && triple.isLittleEndian();
  llvm::SmallVector<char, 0> object;
  if (isPlain)
    makeRoom(program);
  else
    attach(program);
  size_t size = 1 << 20;
  for (const DetachedConstant &constant : program.constants)
    size += constant.bytes.size();
  object.reserve(size);
  llvm::raw_svector_ostream os(object);
  if (llvm::Error error =
          emitCode(program, llvm::CodeGenFileType::ObjectFile, os))
    return error;
  if (llvm::Error error = fillRoom(program, object))
    return error;
  return object;
}

llvm::Error nnq::emitAssembly(LLVMProgram &program,
                              llvm::raw_pwrite_stream &os) {
  attach(program);
  return emitCode(program, llvm::CodeGenFileType::AssemblyFile, os);
}

void nnq::emitIR(LLVMProgram &program, llvm::raw_ostream &os) {
  attach(program);
  program.module->print(os, nullptr);
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
        *name == "_GLOBAL_OFFSET_TABLE_" || isOpenMPSymbol(*name) ||
        *name == kYield || libraries.getLibFunc(*name, function))
      continue;
    result.push_back(name->str());
  }
  llvm::sort(result);
  return result;
}
