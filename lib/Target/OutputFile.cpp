//===- OutputFile.cpp - Kinds of files that hold a program ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Target/OutputFile.h"

#include "nnq/Target/SharedLibrary.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace nnq;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;

std::optional<OutputKind> nnq::parseOutputKind(StringRef suffix) {
  return llvm::StringSwitch<std::optional<OutputKind>>(suffix)
      .Case("o", OutputKind::Object)
      .Case("so", OutputKind::Library)
      .Case("s", OutputKind::Assembly)
      .Case("ll", OutputKind::LLVM)
      .Default(std::nullopt);
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

Error nnq::writeFile(StringRef path, StringRef contents) {
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

static Error writeObject(LLVMProgram &program, OutputKind kind,
                         StringRef path) {
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
  if (kind == OutputKind::Object)
    return writeFile(path, contents);
  std::vector<std::string> exports = getExports(program);
  if (exports.empty())
    return createStringError(
        "a shared library needs an entry point with a signature; the module "
        "has none (--nnq-export-entry makes it)");
  return linkSharedLibrary(contents, path, triple, exports);
}

Error nnq::writeProgram(LLVMProgram &program, OutputKind kind, StringRef path) {
  switch (kind) {
  case OutputKind::LLVM:
    return writeIR(program, path);
  case OutputKind::Assembly:
    return writeAssembly(program, path);
  case OutputKind::Object:
  case OutputKind::Library:
    return writeObject(program, kind, path);
  }
  llvm_unreachable("unknown kind of output");
}
