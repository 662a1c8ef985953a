//===- SharedLibrary.cpp - From an object to a shared library -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Target/SharedLibrary.h"

#include "nnq/Target/OpenMP.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"

using namespace nnq;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::SmallString;
using llvm::StringRef;

namespace {
struct Linker {
  std::string program;
  /// A compiler takes the options of the linker after -Wl, or -Xlinker.
  bool isCompiler;
};

/// Files that go when it goes.
class Scratch {
public:
  static Expected<Scratch> create() {
    Scratch scratch;
    if (std::error_code error =
            llvm::sys::fs::createUniqueDirectory("nnq-link", scratch.folder))
      return llvm::createFileError("temporary folder", error);
    return scratch;
  }
  Scratch(Scratch &&other) noexcept : folder(std::move(other.folder)) {
    other.folder.clear();
  }
  Scratch &operator=(Scratch &&) = delete;
  ~Scratch() {
    if (!folder.empty())
      llvm::sys::fs::remove_directories(folder);
  }

  std::string file(StringRef name) const {
    SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    return path.str().str();
  }

  Expected<std::string> write(StringRef name, StringRef bytes) const {
    std::string path = file(name);
    std::error_code error;
    llvm::raw_fd_ostream os(path, error);
    if (!error) {
      os << bytes;
      os.flush();
      error = os.error();
      os.clear_error();
    }
    if (error)
      return llvm::createFileError(path, error);
    return path;
  }

private:
  Scratch() = default;
  SmallString<128> folder;
};
} // namespace

static bool isHost(const llvm::Triple &triple) {
  llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  return triple.getArch() == host.getArch() && triple.getOS() == host.getOS();
}

static Expected<Linker> findLinker(const llvm::Triple &triple) {
  for (const char *name : {"ld.lld-22", "ld.lld"})
    if (auto program = llvm::sys::findProgramByName(name))
      return Linker{*program, false};
  if (isHost(triple))
    for (const char *name : {"clang-22", "clang", "cc", "gcc"})
      if (auto program = llvm::sys::findProgramByName(name))
        return Linker{*program, true};
  return createStringError("a shared library for %s needs a linker, and there "
                           "is none on the PATH; install lld, or write an "
                           "object (-o name.o)",
                           triple.str().c_str());
}

static Error run(const Linker &linker, const Scratch &scratch,
                 llvm::ArrayRef<std::string> options,
                 llvm::ArrayRef<std::string> files, StringRef output) {
  std::vector<std::string> args{linker.program, "-shared", "-o", output.str()};
  if (linker.isCompiler)
    args.push_back("-nostdlib");
  for (const std::string &option : options) {
    if (linker.isCompiler)
      args.push_back("-Xlinker");
    args.push_back(option);
  }
  args.insert(args.end(), files.begin(), files.end());
  std::string log = scratch.file("log");
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(log),
                                          StringRef(log)};
  std::vector<StringRef> refs(args.begin(), args.end());
  std::string message;
  int code = llvm::sys::ExecuteAndWait(linker.program, refs, std::nullopt,
                                       redirects, 0, 0, &message);
  if (code == 0)
    return Error::success();
  if (auto text = llvm::MemoryBuffer::getFile(log))
    message += (*text)->getBuffer().rtrim();
  return createStringError("%s failed: %s", linker.program.c_str(),
                           message.c_str());
}

namespace {
/// Libraries whose functions an object calls.
struct Needs {
  bool libm = false;
  bool openMP = false;
};
} // namespace

/// What every libc has does not count.
static Expected<Needs> findNeeds(StringRef object) {
  Needs needs;
  auto file = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(object, "object"));
  if (!file)
    return file.takeError();
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (!(*flags & llvm::object::SymbolRef::SF_Undefined) || name->empty() ||
        llvm::is_contained({StringRef("memcpy"), StringRef("memset"),
                            StringRef("memmove"), StringRef("memcmp"),
                            StringRef(kYield)},
                           *name))
      continue;
    (isOpenMPSymbol(*name) ? needs.openMP : needs.libm) = true;
  }
  return needs;
}

Error nnq::linkSharedLibrary(StringRef object, StringRef path,
                             const llvm::Triple &triple,
                             llvm::ArrayRef<std::string> symbols) {
  if (!triple.isOSBinFormatELF())
    return createStringError("shared libraries for %s are not supported; write "
                             "an object (-o name.o)",
                             triple.str().c_str());
  Expected<Linker> linker = findLinker(triple);
  if (!linker)
    return linker.takeError();
  Expected<Scratch> scratch = Scratch::create();
  if (!scratch)
    return scratch.takeError();
  Expected<std::string> input = scratch->write("network.o", object);
  if (!input)
    return input.takeError();

  std::string script = "{ global:";
  for (const std::string &symbol : symbols)
    script += " " + symbol + ";";
  Expected<std::string> exports =
      scratch->write("exports", script + " local: *; };\n");
  if (!exports)
    return exports.takeError();

  // Small: nothing that a network has no use for, no padding between segments.
  std::vector<std::string> options{"--gc-sections",
                                   "-s",
                                   "--hash-style=gnu",
                                   "--build-id=none",
                                   "-z",
                                   "now",
                                   "-z",
                                   "noexecstack",
                                   "-z",
                                   "max-page-size=4096",
                                   "--version-script",
                                   *exports};
  std::vector<std::string> files{*input};

  // The library says what it needs, also where that is not there to link
  // against, as for another machine: an empty library of the name stands in.
  Expected<Needs> needs = findNeeds(object);
  if (!needs)
    return needs.takeError();
  std::vector<std::string> names;
  if (needs->libm && triple.isOSLinux() && triple.isGNUEnvironment())
    names.push_back("libm.so.6");
  if (needs->openMP) {
    names.push_back(kOpenMPLibrary.str());
    if (isHost(triple))
      if (Error error = loadOpenMP())
        return error;
  }
  if (!names.empty()) {
    Expected<std::string> nothing =
        scratch->write("nothing", "{ local: *; };\n");
    if (!nothing)
      return nothing.takeError();
    for (const std::string &name : names) {
      files.push_back(scratch->file(name));
      if (Error error = run(
              *linker, *scratch,
              {"-soname", name, "--gc-sections", "--version-script", *nothing},
              {*input}, files.back()))
        return error;
    }
  }

  // Readers never see half a library.
  SmallString<128> unfinished(path);
  unfinished += ".tmp-%%%%%%";
  llvm::sys::fs::createUniquePath(unfinished, unfinished,
                                  /*MakeAbsolute=*/false);
  llvm::scope_exit discard(
      [&] { llvm::sys::fs::remove(unfinished, /*IgnoreNonExisting=*/true); });
  if (Error error = run(*linker, *scratch, options, files, unfinished))
    return error;
  if (std::error_code error = llvm::sys::fs::rename(unfinished, path))
    return llvm::createFileError(path, error);
  return Error::success();
}
