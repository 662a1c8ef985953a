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

#include <string>
#include <vector>

namespace nnq {

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
