//===- ZipArchive.h - Members of a zip file ---------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_RUNTIME_ZIPARCHIVE_H
#define NNQ_RUNTIME_ZIPARCHIVE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <string>
#include <vector>

namespace nnq {

/// The contents of a member from front to back, in constant memory.
class ZipStream {
public:
  ZipStream(ZipStream &&) noexcept;
  ZipStream &operator=(ZipStream &&) noexcept;
  ~ZipStream();

  /// Fills `out` with what comes next. An error if there is less, or if this is
  /// the end and the checksum of all does not match.
  llvm::Error read(llvm::MutableArrayRef<char> out);

private:
  friend class ZipArchive;
  struct State;
  explicit ZipStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

/// A zip archive in memory (or mapped), members stored or deflated, with or
/// without zip64.
class ZipArchive {
public:
  struct Member {
    std::string name;
    uint16_t method;
    uint32_t crc;
    uint64_t packedSize;
    uint64_t size;
    uint64_t headerOffset;
  };

  /// `bytes` must outlive the archive.
  static llvm::Expected<ZipArchive> parse(llvm::ArrayRef<char> bytes);

  llvm::ArrayRef<Member> members() const { return list; }

  llvm::Expected<ZipStream> open(const Member &member) const;

  /// The contents, checked against their checksum.
  llvm::Expected<std::vector<char>> read(const Member &member) const;

private:
  llvm::ArrayRef<char> bytes;
  std::vector<Member> list;
};

/// Writes members as they come, stored; `finish` writes the directory.
class ZipWriter {
public:
  explicit ZipWriter(llvm::raw_ostream &os) : os(os) {}
  void add(llvm::StringRef name, llvm::ArrayRef<char> header,
           llvm::ArrayRef<char> data);
  void finish();

private:
  llvm::raw_ostream &os;
  uint64_t offset = 0;
  std::vector<ZipArchive::Member> list;
};

} // namespace nnq

#endif // NNQ_RUNTIME_ZIPARCHIVE_H
