//===- OutputFile.h - Kinds of files that hold a program --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TARGET_OUTPUTFILE_H
#define NNQ_TARGET_OUTPUTFILE_H

#include "nnq/Target/Codegen.h"

#include <optional>

namespace nnq {

enum class OutputKind { Object, Library, Assembly, LLVM };

/// The kind that files with this suffix are of: "o", "so", "s" or "ll".
std::optional<OutputKind> parseOutputKind(llvm::StringRef suffix);

/// Writes a program; a library exports the entry points and their signatures.
/// Nothing is left at `path` on an error.
llvm::Error writeProgram(LLVMProgram &program, OutputKind kind,
                         llvm::StringRef path);

/// Writes text or bytes, all or nothing.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef contents);

} // namespace nnq

#endif // NNQ_TARGET_OUTPUTFILE_H
