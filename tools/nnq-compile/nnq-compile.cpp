//===- nnq-compile.cpp - From a network to a library ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/MLIRContext.h"
#include "nnq/InitAll.h"
#include "nnq/Pipeline/Driver.h"
#include "nnq/Target/CHeader.h"
#include "nnq/Target/Codegen.h"
#include "nnq/Target/SharedLibrary.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace nnq;
using llvm::createStringError;
using llvm::Error;

static constexpr StringLiteral kProgram = "nnq-compile";

namespace {
enum class Emit { FromSuffix, Object, Library, Assembly, LLVM };

struct Options {
  llvm::cl::opt<std::string> input{
      llvm::cl::Positional, llvm::cl::desc("<network: MLIR or bytecode>"),
      llvm::cl::init("-")};
  llvm::cl::opt<std::string> output{
      "o", llvm::cl::desc("Output: .so, .o, .s or .ll"),
      llvm::cl::value_desc("file"), llvm::cl::Required};
  llvm::cl::opt<Emit> emit{
      "emit", llvm::cl::desc("Kind of the output, whatever its suffix"),
      llvm::cl::values(clEnumValN(Emit::Library, "so", "shared library"),
                       clEnumValN(Emit::Object, "obj", "object"),
                       clEnumValN(Emit::Assembly, "asm", "assembly"),
                       clEnumValN(Emit::LLVM, "llvm", "LLVM IR")),
      llvm::cl::init(Emit::FromSuffix)};
  llvm::cl::opt<std::string> header{
      "header", llvm::cl::desc("Write a C header, too"),
      llvm::cl::value_desc("file"), llvm::cl::init("")};
  llvm::cl::opt<unsigned> level{
      "O", llvm::cl::Prefix, llvm::cl::desc("LLVM's level, 0 to 3"),
      llvm::cl::value_desc("level"), llvm::cl::init(3)};
  LoweringCommandLine lowering;
};
} // namespace

static llvm::Expected<Emit> getKind(const Options &options) {
  if (options.emit != Emit::FromSuffix)
    return options.emit;
  StringRef suffix = llvm::sys::path::extension(options.output);
  Emit kind = llvm::StringSwitch<Emit>(suffix)
                  .Case(".o", Emit::Object)
                  .Case(".so", Emit::Library)
                  .Case(".s", Emit::Assembly)
                  .Case(".ll", Emit::LLVM)
                  .Default(Emit::FromSuffix);
  if (kind == Emit::FromSuffix)
    return createStringError(
        "cannot tell from '" + options.output +
        "' what to write: end it in .so, .o, .s or .ll, or give --emit");
  return kind;
}

/// What a caller may see: entry points and their signatures.
static std::vector<std::string> getExports(const LLVMProgram &program) {
  std::vector<std::string> names;
  for (const Signature &signature : program.signatures) {
    names.push_back(signature.entry);
    names.push_back(signature.entry + kSignatureSuffix.str());
    if (!signature.layers.empty())
      names.push_back(signature.entry + kTicksSuffix.str());
  }
  return names;
}

static Error writeFile(StringRef path, StringRef contents) {
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &os) {
    os << contents;
    return Error::success();
  });
}

static Error writeAssembly(LLVMProgram &program, StringRef path) {
  llvm::SmallString<0> contents;
  llvm::raw_svector_ostream os(contents);
  if (Error error = emitAssembly(program, os))
    return error;
  return writeFile(path, contents);
}

static Error writeIR(LLVMProgram &program, StringRef path) {
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &os) {
    emitIR(program, os);
    return Error::success();
  });
}

static Error writeObject(LLVMProgram &program, Emit kind, StringRef path) {
  llvm::Expected<llvm::SmallVector<char, 0>> object = emitObject(program);
  if (!object)
    return object.takeError();
  StringRef contents(object->data(), object->size());
  const llvm::Triple &triple = program.machine->getTargetTriple();
  auto foreign = findForeignSymbols(contents, triple);
  if (!foreign)
    return foreign.takeError();
  if (!foreign->empty())
    return createStringError(
        "the network calls what neither libc nor libm has: %s",
        llvm::join(*foreign, ", ").c_str());
  if (kind == Emit::Object)
    return writeFile(path, contents);
  std::vector<std::string> exports = getExports(program);
  if (exports.empty())
    return createStringError(
        "a shared library needs an entry point with a signature; the module "
        "has none (--nnq-export-entry makes it)");
  return linkSharedLibrary(contents, path, triple, exports);
}

static Error writeProgram(LLVMProgram &program, Emit kind, StringRef path) {
  if (kind == Emit::LLVM)
    return writeIR(program, path);
  if (kind == Emit::Assembly)
    return writeAssembly(program, path);
  return writeObject(program, kind, path);
}

static Error compile(const Options &options) {
  llvm::Expected<Emit> kind = getKind(options);
  if (!kind)
    return kind.takeError();
  if (options.level > 3)
    return createStringError("-O%u is no level; there are 0 to 3",
                             options.level.getValue());

  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = loadAndLower(
      context, options.input, options.lowering, options.lowering.reference);
  if (!module)
    return alreadyReported();
  FailureOr<LLVMProgram> program =
      translateToLLVM(*module, {options.level, options.level});
  if (failed(program))
    return alreadyReported();

  std::string header;
  if (!options.header.empty()) {
    auto text = makeCHeader(program->signatures);
    if (!text)
      return text.takeError();
    header = std::move(*text);
  }
  if (Error error = writeProgram(*program, *kind, options.output))
    return error;
  return options.header.empty() ? Error::success()
                                : writeFile(options.header, header);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  registerAllPasses();
  Options options;
  llvm::cl::ParseCommandLineOptions(
      argc, argv, "nnq-compile: a network to a library for C\n");
  if (Error error = compile(options))
    return reportError(kProgram, std::move(error));
  return 0;
}
