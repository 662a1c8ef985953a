//===- CHeader.cpp - The C declaration of a compiled network --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Target/CHeader.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace nnq;
using llvm::StringRef;

static StringRef getCType(DType dtype) {
  switch (dtype) {
  case DType::F32:
    return "float";
  case DType::F64:
    return "double";
  case DType::I8:
    return "int8_t";
  case DType::U8:
    return "uint8_t";
  case DType::I16:
    return "int16_t";
  case DType::U16:
    return "uint16_t";
  case DType::I32:
    return "int32_t";
  case DType::U32:
    return "uint32_t";
  case DType::I64:
    return "int64_t";
  case DType::U64:
    return "uint64_t";
  case DType::Bool:
    return "bool";
  }
  llvm_unreachable("unknown element type");
}

static bool isReserved(StringRef name) {
  static const llvm::StringSet<> words = {
      "main",         "auto",      "break",     "case",     "char",
      "const",        "do",        "default",   "double",   "else",
      "continue",     "enum",      "extern",    "float",    "for",
      "goto",         "if",        "int",       "long",     "register",
      "return",       "short",     "signed",    "sizeof",   "static",
      "struct",       "switch",    "typedef",   "union",    "unsigned",
      "void",         "volatile",  "while",     "class",    "new",
      "delete",       "this",      "template",  "public",   "private",
      "operator",     "namespace", "inline",    "restrict", "try",
      "catch",        "throw",     "using",     "bool",     "true",
      "false",        "protected", "and",       "or",       "not",
      "xor",          "asm",       "export",    "virtual",  "friend",
      "explicit",     "mutable",   "typename",  "typeid",   "nullptr",
      "alignas",      "alignof",   "constexpr", "decltype", "noexcept",
      "thread_local", "concept",   "requires",  "typeof",   "wchar_t",
      "int8_t",       "int16_t",   "int32_t",   "int64_t",  "uint8_t",
      "uint16_t",     "uint32_t",  "uint64_t"};
  return words.contains(name);
}

/// What the network calls a tensor, as far as C lets a parameter be called so;
/// else "x", or "x0", "x1", ... if there are several.
static std::string getName(llvm::ArrayRef<TensorSignature> tensors,
                           size_t index, char letter,
                           llvm::StringSet<> &taken) {
  std::string name;
  for (char c : tensors[index].name)
    name.push_back(llvm::isAlnum(c) ? c : '_');
  bool isFree = !name.empty() && !llvm::isDigit(name.front()) &&
                name.front() != '_' && !isReserved(name) &&
                taken.insert(name).second;
  if (isFree)
    return name;
  name = letter;
  if (tensors.size() != 1)
    name += std::to_string(index);
  while (!taken.insert(name).second)
    name.push_back('_');
  return name;
}

/// Without what would end or nest a comment.
static std::string quote(StringRef name) {
  std::string text;
  for (char c : name)
    text.push_back(llvm::isPrint(c) && c != '*' ? c : '_');
  return "'" + text + "'";
}

static void declare(llvm::raw_ostream &os, const Signature &signature) {
  std::string macro = StringRef(signature.entry).upper() + "_WORKSPACE_BYTES";
  os << "/*\n * Runs the network once. Not more than one thread may use a "
        "workspace at a\n * time; buffers must not overlap.\n *\n";
  llvm::SmallVector<std::string> params;
  llvm::StringSet<> taken({"batch", "workspace", signature.entry});
  auto describe = [&](llvm::ArrayRef<TensorSignature> tensors, char letter,
                      StringRef role, StringRef qualifier) {
    for (size_t i = 0; i < tensors.size(); ++i) {
      std::string name = getName(tensors, i, letter, taken);
      os << " * " << name << ": " << role;
      if (!tensors[i].name.empty() && tensors[i].name != name)
        os << " " << quote(tensors[i].name);
      os << ", " << getCType(tensors[i].dtype);
      for (int64_t size : tensors[i].shape)
        os << "[" << (size == kDynamicBatch ? "batch" : std::to_string(size))
           << "]";
      os << "\n";
      params.push_back(
          (qualifier + getCType(tensors[i].dtype) + " *" + name).str());
    }
  };
  describe(signature.inputs, 'x', "input", "const ");
  describe(signature.outputs, 'y', "output", "");
  if (signature.hasDynamicBatch()) {
    os << " * batch: number of samples; none are computed if it is not "
          "positive.\n";
    params.push_back("int64_t batch");
  }
  params.push_back("void *workspace");
  os << " * workspace: " << macro << " bytes of scratch memory, 64-byte aligned"
     << (signature.hasDynamicBatch() ? ", for any batch;\n" : ";\n")
     << " *   its contents do not matter before and after.\n";
  if (signature.threads > 1)
    os << " *\n * Runs on " << signature.threads
       << " threads by OpenMP: an object needs LLVM's libomp when it is\n"
          " * linked (-lomp), a shared library when it is loaded.\n";
  os << " */\n"
     << "#define " << macro << " " << signature.workspace << "\n"
     << "void " << signature.entry << "(";
  llvm::interleaveComma(params, os);
  os << ");\n\n"
     << "/* The above as JSON. */\n"
     << "extern const char " << signature.entry << kSignatureSuffix
     << "[];\n\n";
  if (!signature.layers.empty())
    os << "/* Ticks of the processor's clock that each layer of the above "
          "took, "
          "summed up. */\n"
       << "extern int64_t " << signature.entry << kTicksSuffix << "["
       << signature.layers.size() << "];\n\n";
}

llvm::Expected<std::string>
nnq::makeCHeader(llvm::ArrayRef<Signature> signatures) {
  if (signatures.empty())
    return llvm::createStringError(
        "a header needs an entry point with a signature; the module has none "
        "(--nnq-export-entry makes it)");
  for (const Signature &signature : signatures)
    if (isReserved(signature.entry))
      return llvm::createStringError(
          "'%s' cannot be declared in C; give the entry point another name "
          "(--name)",
          signature.entry.c_str());

  const Signature &first = signatures.front();
  std::string guard = "NNQ_" + StringRef(first.entry).upper() + "_H";
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "/* Made by nnq-compile for " << first.cpu << " (" << first.triple
     << "). */\n#ifndef " << guard << "\n#define " << guard
     << "\n\n#include <stdbool.h>\n#include <stdint.h>\n\n"
     << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  for (const Signature &signature : signatures)
    declare(os, signature);
  os << "#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << guard << " */\n";
  return text;
}
