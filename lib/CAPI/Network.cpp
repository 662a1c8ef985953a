//===- Network.cpp - Networks as MLIR in the C API ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Guard.h"
#include "Host.h"
#include "RunPipeline.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "nnq/Target/CHeader.h"
#include "nnq/Target/Codegen.h"
#include "nnq/Target/OutputFile.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace nnq;

bool NnqNetworkImpl::isUsable() const {
  return !isBroken ||
         host->fail("a pipeline failed on this network, which is no longer "
                    "whole; keep a clone if you want to go on");
}

namespace {
/// A network while it is parsed.
struct Parsed {
  std::shared_ptr<MLIRContext> context;
  std::shared_ptr<llvm::SourceMgr> sources;
  OwningOpRef<ModuleOp> module;
};
} // namespace

static NnqNetwork parse(const std::shared_ptr<Host> &host,
                        std::unique_ptr<llvm::MemoryBuffer> buffer) {
  auto parsed = std::make_unique<Parsed>();
  parsed->context = std::make_shared<MLIRContext>(host->registry);
  host->connect(*parsed->context);
  // Constants of bytecode stay in the buffer, which the sources own.
  parsed->sources = std::make_shared<llvm::SourceMgr>();
  std::string name = buffer->getBufferIdentifier().str();
  parsed->sources->AddNewSourceBuffer(std::move(buffer), SMLoc());
  // MLIR's reader of bytecode believes every size that it reads.
  if (std::optional<std::string> crash = runGuarded([&] {
        parsed->module =
            parseSourceFile<ModuleOp>(parsed->sources, parsed->context.get());
      })) {
    host->fail(name + ": is corrupt: " + *crash);
    // Nobody knows what state it is in.
    (void)parsed.release();
    return nullptr;
  }
  if (!parsed->module)
    return nullptr;
  return new NnqNetworkImpl{host, std::move(parsed->context),
                            std::move(parsed->module)};
}

/// What constants in bytecode may be aligned to.
static const llvm::Align kAlignment(kBufferAlignment);

NnqNetwork nnqNetworkParse(NnqContext context, const char *data, size_t size,
                           const char *name) {
  if (!context)
    return nullptr;
  if (!data && size) {
    context->host->fail("there is no text to parse");
    return nullptr;
  }
  auto buffer = llvm::WritableMemoryBuffer::getNewUninitMemBuffer(
      size, name ? name : "network", kAlignment);
  if (!buffer) {
    context->host->fail("no memory for " + Twine(size) + " bytes of MLIR");
    return nullptr;
  }
  llvm::copy(llvm::ArrayRef(data, size), buffer->getBufferStart());
  return parse(context->host, std::move(buffer));
}

NnqNetwork nnqNetworkParseFile(NnqContext context, const char *path) {
  if (!context)
    return nullptr;
  if (!path) {
    context->host->fail("there is no name of a file to parse");
    return nullptr;
  }
  std::string error;
  auto buffer = openInputFile(path, kAlignment, &error);
  if (!buffer) {
    context->host->fail(error);
    return nullptr;
  }
  return parse(context->host, std::move(buffer));
}

NnqNetwork nnqNetworkClone(NnqNetwork network) {
  if (!network || !network->isUsable())
    return nullptr;
  return new NnqNetworkImpl{network->host, network->context,
                            OwningOpRef<ModuleOp>(network->module->clone())};
}

void nnqNetworkDestroy(NnqNetwork network) { delete network; }

bool nnqNetworkRun(NnqNetwork network, const char *pipeline) {
  if (!network || !network->isUsable())
    return false;
  if (!pipeline)
    return network->host->fail("there is no pipeline to run");
  FailureOr<PipelineResult> result =
      runPipeline(*network->host, *network->module, pipeline);
  network->isBroken = succeeded(result) && *result == PipelineResult::Failed;
  return succeeded(result) && *result == PipelineResult::Done;
}

bool nnqNetworkPrint(NnqNetwork network, bool elideConstants,
                     NnqWriteCallback write, void *userData) {
  if (!network || !network->isUsable())
    return false;
  OpPrintingFlags flags;
  flags.enableDebugInfo();
  if (elideConstants) {
    flags.elideLargeElementsAttrs();
    flags.elideLargeResourceString();
  }
  CallbackStream os(write, userData);
  network->module->print(os, flags);
  os << "\n";
  return true;
}

bool nnqNetworkPrintBytecode(NnqNetwork network, NnqWriteCallback write,
                             void *userData) {
  if (!network || !network->isUsable())
    return false;
  CallbackStream os(write, userData);
  return succeeded(writeBytecodeToFile(*network->module, os));
}

FailureOr<LLVMLevels> NnqNetworkImpl::getCodegenLevels(int level) const {
  if (level < 0 || level > 3) {
    host->fail(Twine(level) + " is no level of LLVM; there are 0 to 3");
    return failure();
  }
  if (!isLowered(*module)) {
    host->fail("the network is not in the LLVM dialect; run lower-to-llvm "
               "first");
    return failure();
  }
  auto llvmLevel = static_cast<unsigned>(level);
  return LLVMLevels{llvmLevel, llvmLevel};
}

/// Errors have been reported if there is none.
static FailureOr<LLVMProgram> translate(NnqNetwork network, int level) {
  FailureOr<LLVMLevels> levels = network->getCodegenLevels(level);
  if (failed(levels))
    return failure();
  return translateToLLVM(*network->module, *levels);
}

bool nnqNetworkWrite(NnqNetwork network, const char *path, const char *kind,
                     int level) {
  if (!network || !network->isUsable())
    return false;
  if (!path || !kind)
    return network->host->fail("a file to write needs a path and a kind");
  std::optional<OutputKind> output = parseOutputKind(kind);
  if (!output)
    return network->host->fail("'" + Twine(kind) +
                               "' is no kind of file; there are so, o, s, ll");
  FailureOr<LLVMProgram> program = translate(network, level);
  if (failed(program))
    return false;
  if (llvm::Error error = writeProgram(*program, *output, path))
    return network->host->fail(std::move(error));
  return true;
}

bool nnqNetworkPrintHeader(NnqNetwork network, NnqWriteCallback write,
                           void *userData) {
  if (!network || !network->isUsable())
    return false;
  FailureOr<std::vector<Signature>> signatures =
      readSignatures(*network->module);
  if (failed(signatures))
    return false;
  llvm::Expected<std::string> text = makeCHeader(*signatures);
  if (!text)
    return network->host->fail(text.takeError());
  CallbackStream(write, userData) << *text;
  return true;
}
