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
#include "nnq/Target/OutputFile.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace nnq;
using llvm::createStringError;
using llvm::Error;

static constexpr StringLiteral kProgram = "nnq-compile";

namespace {
struct Options {
  llvm::cl::opt<std::string> input{
      llvm::cl::Positional, llvm::cl::desc("<network: MLIR or bytecode>"),
      llvm::cl::init("-")};
  llvm::cl::opt<std::string> output{
      "o", llvm::cl::desc("Output: .so, .o, .s or .ll"),
      llvm::cl::value_desc("file"), llvm::cl::Required};
  llvm::cl::opt<OutputKind> emit{
      "emit", llvm::cl::desc("Kind of the output, whatever its suffix"),
      llvm::cl::values(clEnumValN(OutputKind::Library, "so", "shared library"),
                       clEnumValN(OutputKind::Object, "obj", "object"),
                       clEnumValN(OutputKind::Assembly, "asm", "assembly"),
                       clEnumValN(OutputKind::LLVM, "llvm", "LLVM IR"))};
  llvm::cl::opt<std::string> header{
      "header", llvm::cl::desc("Write a C header, too"),
      llvm::cl::value_desc("file"), llvm::cl::init("")};
  llvm::cl::opt<unsigned> level{
      "O", llvm::cl::Prefix, llvm::cl::desc("LLVM's level, 0 to 3"),
      llvm::cl::value_desc("level"), llvm::cl::init(3)};
  LoweringCommandLine lowering;
};
} // namespace

static llvm::Expected<OutputKind> getKind(const Options &options) {
  if (options.emit.getNumOccurrences())
    return options.emit;
  StringRef suffix = llvm::sys::path::extension(options.output);
  if (std::optional<OutputKind> kind = parseOutputKind(suffix.drop_front(1)))
    return *kind;
  return createStringError(
      "cannot tell from '" + options.output +
      "' what to write: end it in .so, .o, .s or .ll, or give --emit");
}

static Error compile(const Options &options) {
  llvm::Expected<OutputKind> kind = getKind(options);
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
  returnMemoryEarly();
  registerAllPasses();
  hideRegisteredOptions();
  Options options;
  std::string pipelines = describePipelinesForHelp();
  llvm::cl::extrahelp help(pipelines);
  llvm::cl::ParseCommandLineOptions(
      argc, argv, "nnq-compile: a network to a library for C\n");
  if (Error error = compile(options))
    return reportError(kProgram, std::move(error));
  return 0;
}
