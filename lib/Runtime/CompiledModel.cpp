//===- CompiledModel.cpp - A network that can be run ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Runtime/CompiledModel.h"

#include "nnq/Support/TargetInfo.h"
#include "nnq/Target/OpenMP.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/TargetParser/Host.h"

#include <chrono>
#include <dlfcn.h>
#include <utility>

using namespace mlir;
using namespace nnq;

//===----------------------------------------------------------------------===//
// Calls with a number of arguments known at run time
//===----------------------------------------------------------------------===//

static constexpr size_t kMaxArguments = 64;

// A 64-bit integer is passed as pointers are.
template <size_t>
using Pointer = void *;
static_assert(sizeof(void *) == sizeof(int64_t));

template <size_t... I>
static void callWith(void *function, void *const *args,
                     std::index_sequence<I...>) {
  reinterpret_cast<void (*)(Pointer<I>...)>(function)(args[I]...);
}

template <size_t N>
static void callN(void *function, void *const *args) {
  callWith(function, args, std::make_index_sequence<N>());
}

using Caller = void (*)(void *, void *const *);

template <size_t... N>
static Caller getCaller(size_t count, std::index_sequence<N...>) {
  static constexpr Caller callers[] = {callN<N>...};
  return callers[count];
}

//===----------------------------------------------------------------------===//
// CompiledModel
//===----------------------------------------------------------------------===//

namespace {
struct FreeDeleter {
  void operator()(void *pointer) const { std::free(pointer); }
};
} // namespace

struct CompiledModel::Code {
  Signature signature;
  void *function = nullptr;
  Caller caller = nullptr;
  int64_t *ticks = nullptr;
  std::unique_ptr<void, FreeDeleter> workspace;
  bool isDynamic = false;
  size_t bytes = 0;
  double loadMs = 0;

  // What the function lives in.
  std::unique_ptr<llvm::orc::LLJIT> jit;
  void *library = nullptr;

  ~Code() {
    if (library)
      dlclose(library);
  }

  llvm::Error prepare() {
    isDynamic = signature.hasDynamicBatch();
    size_t count = signature.inputs.size() + signature.outputs.size() +
                   (isDynamic ? 2 : 1);
    if (count > kMaxArguments)
      return llvm::createStringError(
          "entry point '%s' takes %zu arguments, more than the %zu that can be "
          "passed",
          signature.entry.c_str(), count, kMaxArguments);
    caller = getCaller(count, std::make_index_sequence<kMaxArguments + 1>());
    size_t bytes = std::max<size_t>(
        llvm::alignTo(signature.workspace, kBufferAlignment), kBufferAlignment);
    workspace.reset(std::aligned_alloc(kBufferAlignment, bytes));
    if (!workspace)
      return llvm::createStringError("no memory for a workspace of %zu bytes",
                                     bytes);
    return llvm::Error::success();
  }
};

CompiledModel::CompiledModel(std::unique_ptr<Code> code)
    : code(std::move(code)) {}
CompiledModel::CompiledModel(CompiledModel &&) noexcept = default;
CompiledModel &CompiledModel::operator=(CompiledModel &&) noexcept = default;
CompiledModel::~CompiledModel() = default;

const Signature &CompiledModel::signature() const { return code->signature; }
size_t CompiledModel::codeBytes() const { return code->bytes; }
double CompiledModel::loadMs() const { return code->loadMs; }

llvm::MutableArrayRef<int64_t> CompiledModel::ticks() {
  return {code->ticks, code->ticks ? code->signature.layers.size() : 0};
}

void *CompiledModel::entry() const { return code->function; }

void CompiledModel::run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs,
                        int64_t batch) {
  run(inputs, outputs, batch, code->workspace.get());
}

void CompiledModel::run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs,
                        int64_t batch, void *workspace) const {
  assert(inputs.size() == code->signature.inputs.size() &&
         outputs.size() == code->signature.outputs.size());
  void *args[kMaxArguments];
  void **arg = args;
  for (const void *input : inputs)
    *arg++ = const_cast<void *>(input);
  for (void *output : outputs)
    *arg++ = output;
  if (code->isDynamic)
    *arg++ = reinterpret_cast<void *>(batch);
  *arg = workspace;
  code->caller(code->function, args);
}

/// "a, b" of the entry points.
static std::string listEntries(ArrayRef<Signature> signatures) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(signatures, os,
                        [&](const Signature &s) { os << s.entry; });
  return text;
}

static llvm::Expected<Signature> choose(ArrayRef<Signature> signatures,
                                        StringRef entry) {
  if (signatures.empty())
    return llvm::createStringError(
        "no entry point: there is no symbol that ends in '%s'",
        kSignatureSuffix.data());
  if (entry.empty() && signatures.size() == 1)
    return signatures.front();
  for (const Signature &signature : signatures)
    if (signature.entry == entry)
      return signature;
  if (entry.empty())
    return llvm::createStringError("several entry points: %s; choose one",
                                   listEntries(signatures).c_str());
  return llvm::createStringError("no entry point '%s'; there are: %s",
                                 entry.str().c_str(),
                                 listEntries(signatures).c_str());
}

namespace {
/// Milliseconds since it was made.
struct Stopwatch {
  using Clock = std::chrono::steady_clock;
  Clock::time_point start = Clock::now();

  double read() const {
    return std::chrono::duration<double, std::milli>(Clock::now() - start)
        .count();
  }
};
} // namespace

static llvm::Error checkHost(StringRef triple, StringRef cpu,
                             StringRef features) {
  if (runsOnHost(triple, cpu, features))
    return llvm::Error::success();
  std::string shown = cpu.str();
  if (!features.empty())
    shown += "," + features.str();
  return llvm::createStringError(
      "made for cpu '%s' of %s, whose code this machine cannot run; compile "
      "with --target=native",
      shown.c_str(), triple.str().c_str());
}

//===----------------------------------------------------------------------===//
// In this process
//===----------------------------------------------------------------------===//

llvm::Expected<CompiledModel>
CompiledModel::jit(ModuleOp module, const llvm::StringMap<void *> &symbols,
                   StringRef entry, LLVMLevels levels) {
  Stopwatch watch;
  // Errors of MLIR become the error of this function.
  std::string messages;
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diag) {
    if (diag.getSeverity() == DiagnosticSeverity::Error)
      messages += (messages.empty() ? "" : "; ") + diag.str();
    return success();
  });
  auto fail = [&] { return llvm::createStringError(messages); };

  FailureOr<TargetAttr> target = getTargetOfLLVM(module);
  if (failed(target))
    return fail();
  if (llvm::Error error = checkHost(target->getTriple(), target->getCpu(),
                                    target->getFeatures()))
    return error;
  FailureOr<LLVMProgram> program = translateToLLVM(module, levels);
  if (failed(program))
    return fail();
  llvm::Expected<Signature> signature = choose(program->signatures, entry);
  if (!signature)
    return signature.takeError();

  // The object is the one that nnq-compile would write.
  llvm::Expected<llvm::SmallVector<char, 0>> object = emitObject(*program);
  if (!object)
    return object.takeError();

  auto foreign = findForeignSymbols(StringRef(object->data(), object->size()),
                                    program->machine->getTargetTriple());
  if (!foreign)
    return foreign.takeError();
  llvm::erase_if(*foreign,
                 [&](StringRef name) { return symbols.contains(name); });
  if (!foreign->empty())
    return llvm::createStringError("calls functions that nobody offers: %s",
                                   llvm::join(*foreign, ", ").c_str());

  // The linker needs memory, too.
  program.reset();

  if (signature->threads > 1)
    if (llvm::Error error = loadOpenMP())
      return error;

  auto code = std::make_unique<Code>();
  code->signature = std::move(*signature);
  code->bytes = object->size();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  code->jit = std::move(*jit);
  llvm::orc::JITDylib &library = code->jit->getMainJITDylib();
  llvm::orc::SymbolMap given;
  for (const auto &symbol : symbols)
    given[code->jit->mangleAndIntern(symbol.getKey())] = {
        llvm::orc::ExecutorAddr::fromPtr(symbol.getValue()),
        llvm::JITSymbolFlags::Exported};
  if (llvm::Error error =
          library.define(llvm::orc::absoluteSymbols(std::move(given))))
    return error;
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      code->jit->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  library.addGenerator(std::move(*process));
  if (llvm::Error error = code->jit->addObjectFile(
          std::make_unique<llvm::SmallVectorMemoryBuffer>(
              std::move(*object), /*RequiresNullTerminator=*/false)))
    return error;
  auto function = code->jit->lookup(code->signature.entry);
  if (!function)
    return function.takeError();
  code->function = function->toPtr<void *>();
  if (!code->signature.layers.empty()) {
    auto ticks = code->jit->lookup(code->signature.entry + kTicksSuffix.str());
    if (!ticks)
      return ticks.takeError();
    code->ticks = ticks->toPtr<int64_t *>();
  }
  if (llvm::Error error = code->prepare())
    return error;
  code->loadMs = watch.read();
  return CompiledModel(std::move(code));
}

//===----------------------------------------------------------------------===//
// From a shared library
//===----------------------------------------------------------------------===//

/// The signatures are found by name among the dynamic symbols, so that loading
/// needs nothing but the library itself.
static llvm::Expected<std::vector<std::string>>
findSignatureSymbols(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(buffer.getError(),
                                   buffer.getError().message().c_str());
  auto file = llvm::object::ObjectFile::createObjectFile(**buffer);
  if (!file) {
    llvm::consumeError(file.takeError());
    return llvm::createStringError("not a shared library");
  }
  auto *elf = dyn_cast<llvm::object::ELFObjectFileBase>(file->get());
  if (!elf)
    return llvm::createStringError("not an ELF shared library");
  // The loader's own word for it is that there is no such file.
  llvm::Triple::ArchType host =
      llvm::Triple(llvm::sys::getProcessTriple()).getArch();
  if (elf->getArch() != host)
    return llvm::createStringError(
        "made for " + llvm::Triple::getArchTypeName(elf->getArch()) +
        ", but this machine is " + llvm::Triple::getArchTypeName(host));
  std::vector<std::string> names;
  for (const llvm::object::ELFSymbolRef &symbol :
       elf->getDynamicSymbolIterators()) {
    llvm::Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (name->ends_with(kSignatureSuffix))
      names.push_back(name->str());
  }
  return names;
}

llvm::Expected<CompiledModel> CompiledModel::load(StringRef path,
                                                  StringRef entry) {
  std::string shown = path.str();
  auto fail = [&](const std::string &message) {
    return llvm::createStringError(shown + ": " + message);
  };
  auto names = findSignatureSymbols(path);
  if (!names)
    return fail(llvm::toString(names.takeError()));

  // A name without a folder would be searched in the library path.
  SmallString<128> absolute(path);
  if (std::error_code error = llvm::sys::fs::make_absolute(absolute))
    return fail(error.message());
  auto code = std::make_unique<Code>();
  uint64_t bytes = 0;
  if (std::error_code error = llvm::sys::fs::file_size(path, bytes))
    return fail(error.message());
  code->bytes = bytes;
  Stopwatch watch;
  code->library = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!code->library)
    return fail(dlerror());

  std::vector<Signature> signatures;
  for (const std::string &name : *names) {
    const auto *text =
        static_cast<const char *>(dlsym(code->library, name.c_str()));
    if (!text)
      return fail(dlerror());
    auto signature = Signature::fromJSON(text);
    if (!signature)
      return fail(llvm::toString(signature.takeError()));
    signatures.push_back(std::move(*signature));
  }
  code->loadMs = watch.read();
  auto signature = choose(signatures, entry);
  if (!signature)
    return fail(llvm::toString(signature.takeError()));
  if (llvm::Error error =
          checkHost(signature->triple, signature->cpu, signature->features))
    return fail(llvm::toString(std::move(error)));
  code->signature = std::move(*signature);
  code->function = dlsym(code->library, code->signature.entry.c_str());
  if (!code->function)
    return fail(dlerror());
  if (!code->signature.layers.empty()) {
    std::string ticks = code->signature.entry + kTicksSuffix.str();
    code->ticks = static_cast<int64_t *>(dlsym(code->library, ticks.c_str()));
    if (!code->ticks)
      return fail(dlerror());
  }
  if (llvm::Error error = code->prepare())
    return error;
  return CompiledModel(std::move(code));
}
