//===- ZipArchive.cpp - Members of a zip file -----------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Runtime/ZipArchive.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/EndianStream.h"

#include <limits>
#include <optional>
#include <zlib.h>

using namespace nnq;
using llvm::ArrayRef;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::MutableArrayRef;
using llvm::StringRef;

static constexpr uint32_t kLocalHeader = 0x04034b50;
static constexpr uint32_t kDirectoryEntry = 0x02014b50;
static constexpr uint32_t kDirectoryEnd = 0x06054b50;
static constexpr uint32_t kDirectoryEnd64 = 0x06064b50;
static constexpr uint32_t kLocator64 = 0x07064b50;
static constexpr size_t kDirectoryEndSize = 22;
static constexpr uint16_t kStored = 0;
static constexpr uint16_t kDeflated = 8;

namespace {
/// Little-endian fields with a check of the bounds, which sticks.
class Reader {
public:
  Reader(ArrayRef<char> bytes, uint64_t at) : bytes(bytes), at(at) {}

  template <typename T>
  T read() {
    if (!has(sizeof(T)))
      return 0;
    T value = llvm::support::endian::read<T, llvm::endianness::little>(
        bytes.data() + at);
    at += sizeof(T);
    return value;
  }

  ArrayRef<char> take(uint64_t size) {
    if (!has(size))
      return {};
    ArrayRef<char> result = bytes.slice(at, size);
    at += size;
    return result;
  }

  void skip(uint64_t size) { (void)take(size); }
  bool ok() const { return good; }
  uint64_t position() const { return at; }

private:
  bool has(uint64_t size) {
    good = good && at <= bytes.size() && size <= bytes.size() - at;
    return good;
  }

  ArrayRef<char> bytes;
  uint64_t at;
  bool good = true;
};
} // namespace

static Error truncated() {
  return createStringError("not a zip archive, or truncated");
}

/// Position of the end record, which a comment may follow.
static std::optional<size_t> findDirectoryEnd(ArrayRef<char> bytes) {
  if (bytes.size() < kDirectoryEndSize)
    return std::nullopt;
  size_t last = bytes.size() - kDirectoryEndSize;
  size_t first = last > 0xffff ? last - 0xffff : 0;
  for (size_t at = last + 1; at-- > first;)
    if (llvm::support::endian::read32le(bytes.data() + at) == kDirectoryEnd)
      return at;
  return std::nullopt;
}

/// Replaces the sizes that a directory entry says are in its zip64 field.
static void readZip64(ArrayRef<char> extra, ZipArchive::Member &member) {
  Reader fields(extra, 0);
  while (fields.ok() && fields.position() < extra.size()) {
    uint16_t id = fields.read<uint16_t>();
    uint16_t size = fields.read<uint16_t>();
    if (id != 1) {
      fields.skip(size);
      continue;
    }
    constexpr uint32_t elsewhere = std::numeric_limits<uint32_t>::max();
    if (member.size == elsewhere)
      member.size = fields.read<uint64_t>();
    if (member.packedSize == elsewhere)
      member.packedSize = fields.read<uint64_t>();
    if (member.headerOffset == elsewhere)
      member.headerOffset = fields.read<uint64_t>();
    return;
  }
}

Expected<ZipArchive> ZipArchive::parse(ArrayRef<char> bytes) {
  std::optional<size_t> end = findDirectoryEnd(bytes);
  if (!end)
    return truncated();
  Reader record(bytes, *end + 10);
  uint64_t count = record.read<uint16_t>();
  record.skip(4);
  uint64_t start = record.read<uint32_t>();
  if (*end >= 20 &&
      llvm::support::endian::read32le(bytes.data() + *end - 20) == kLocator64) {
    Reader locator(bytes, *end - 12);
    Reader large(bytes, locator.read<uint64_t>());
    if (large.read<uint32_t>() != kDirectoryEnd64)
      return truncated();
    large.skip(28);
    count = large.read<uint64_t>();
    large.skip(8);
    start = large.read<uint64_t>();
    if (!large.ok())
      return truncated();
  }

  ZipArchive archive;
  archive.bytes = bytes;
  Reader entry(bytes, start);
  for (uint64_t i = 0; i < count; ++i) {
    if (entry.read<uint32_t>() != kDirectoryEntry)
      return truncated();
    Member member;
    entry.skip(6);
    member.method = entry.read<uint16_t>();
    entry.skip(4);
    member.crc = entry.read<uint32_t>();
    member.packedSize = entry.read<uint32_t>();
    member.size = entry.read<uint32_t>();
    uint16_t nameSize = entry.read<uint16_t>();
    uint16_t extraSize = entry.read<uint16_t>();
    uint16_t commentSize = entry.read<uint16_t>();
    entry.skip(8);
    member.headerOffset = entry.read<uint32_t>();
    ArrayRef<char> name = entry.take(nameSize);
    ArrayRef<char> extra = entry.take(extraSize);
    entry.skip(commentSize);
    if (!entry.ok())
      return truncated();
    member.name.assign(name.begin(), name.end());
    readZip64(extra, member);
    archive.list.push_back(std::move(member));
  }
  return archive;
}

//===----------------------------------------------------------------------===//
// ZipStream
//===----------------------------------------------------------------------===//

static uint32_t checksum(uint32_t crc, ArrayRef<char> data) {
  constexpr size_t chunk = 1u << 30;
  for (; !data.empty(); data = data.drop_front(std::min(chunk, data.size())))
    crc = crc32(crc, reinterpret_cast<const Bytef *>(data.data()),
                std::min(chunk, data.size()));
  return crc;
}

struct ZipStream::State {
  ArrayRef<char> packed;
  uint64_t remaining = 0;
  uint32_t crc = 0, expectedCrc = 0;
  bool isDeflated = false;
  z_stream zlib = {};

  ~State() {
    if (isDeflated)
      inflateEnd(&zlib);
  }

  Error inflateTo(MutableArrayRef<char> out);
  Error finish();
};

ZipStream::ZipStream(std::unique_ptr<State> state) : state(std::move(state)) {}
ZipStream::ZipStream(ZipStream &&) noexcept = default;
ZipStream &ZipStream::operator=(ZipStream &&) noexcept = default;
ZipStream::~ZipStream() = default;

static Error corrupt() {
  return createStringError("compressed data is corrupt or truncated");
}

Error ZipStream::State::inflateTo(MutableArrayRef<char> out) {
  constexpr uInt chunk = 1u << 30;
  while (!out.empty()) {
    zlib.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
    zlib.avail_in = std::min<size_t>(packed.size(), chunk);
    zlib.next_out = reinterpret_cast<Bytef *>(out.data());
    zlib.avail_out = std::min<size_t>(out.size(), chunk);
    uInt givenIn = zlib.avail_in;
    uInt givenOut = zlib.avail_out;
    int status = inflate(&zlib, Z_NO_FLUSH);
    packed = packed.drop_front(givenIn - zlib.avail_in);
    out = out.drop_front(givenOut - zlib.avail_out);
    if (status != Z_OK && !(status == Z_STREAM_END && out.empty()))
      return corrupt();
  }
  return Error::success();
}

/// Nothing may be left but the mark of the end, and the checksum must match.
Error ZipStream::State::finish() {
  if (isDeflated) {
    Bytef none;
    zlib.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
    zlib.avail_in = packed.size();
    zlib.next_out = &none;
    zlib.avail_out = 0;
    if (inflate(&zlib, Z_NO_FLUSH) != Z_STREAM_END)
      return corrupt();
  }
  if (crc != expectedCrc)
    return createStringError("checksum does not match: the file is corrupt");
  return Error::success();
}

Error ZipStream::read(MutableArrayRef<char> out) {
  if (out.size() > state->remaining)
    return createStringError("file is truncated");
  if (state->isDeflated) {
    if (Error error = state->inflateTo(out))
      return error;
  } else {
    std::copy_n(state->packed.begin(), out.size(), out.begin());
    state->packed = state->packed.drop_front(out.size());
  }
  state->crc = checksum(state->crc, out);
  state->remaining -= out.size();
  return state->remaining == 0 ? state->finish() : Error::success();
}

Expected<ZipStream> ZipArchive::open(const Member &member) const {
  Reader header(bytes, member.headerOffset);
  if (header.read<uint32_t>() != kLocalHeader)
    return truncated();
  header.skip(22);
  uint16_t nameSize = header.read<uint16_t>();
  uint16_t extraSize = header.read<uint16_t>();
  header.skip(nameSize + extraSize);
  auto state = std::make_unique<ZipStream::State>();
  state->packed = header.take(member.packedSize);
  state->remaining = member.size;
  state->expectedCrc = member.crc;
  if (!header.ok())
    return truncated();

  // Deflate cannot do better than 1032 to 1, so that a size beyond it is a lie
  // that would only cost memory.
  if (member.size / 1032 > member.packedSize)
    return createStringError("size in the directory is corrupt");
  if (member.method == kStored) {
    if (member.packedSize != member.size)
      return createStringError("size in the directory is corrupt");
  } else if (member.method == kDeflated) {
    if (inflateInit2(&state->zlib, -MAX_WBITS) != Z_OK)
      return createStringError("zlib does not start");
    state->isDeflated = true;
  } else {
    return createStringError("compression method %u is not supported; use "
                             "numpy.savez or numpy.savez_compressed",
                             unsigned(member.method));
  }
  return ZipStream(std::move(state));
}

Expected<std::vector<char>> ZipArchive::read(const Member &member) const {
  Expected<ZipStream> stream = open(member);
  if (!stream)
    return stream.takeError();
  std::vector<char> data(member.size);
  if (Error error = stream->read(data))
    return error;
  return data;
}

//===----------------------------------------------------------------------===//
// ZipWriter
//===----------------------------------------------------------------------===//

/// The sizes are in the zip64 field, so that any size has one form.
static void writeFields(llvm::support::endian::Writer &writer,
                        const ZipArchive::Member &member) {
  writer.write<uint16_t>(kStored);
  writer.write<uint32_t>(0x00210000); // 1980-01-01, so that runs agree
  writer.write<uint32_t>(member.crc);
  writer.write<uint32_t>(0xffffffff);
  writer.write<uint32_t>(0xffffffff);
  writer.write<uint16_t>(member.name.size());
}

void ZipWriter::add(StringRef name, ArrayRef<char> header,
                    ArrayRef<char> data) {
  uint64_t size = header.size() + data.size();
  ZipArchive::Member member{
      name.str(), kStored, checksum(checksum(0, header), data),
      size,       size,    offset};
  llvm::support::endian::Writer writer(os, llvm::endianness::little);
  writer.write<uint32_t>(kLocalHeader);
  writer.write<uint16_t>(45);
  writer.write<uint16_t>(0);
  writeFields(writer, member);
  writer.write<uint16_t>(20);
  os << name;
  writer.write<uint16_t>(1);
  writer.write<uint16_t>(16);
  writer.write<uint64_t>(size);
  writer.write<uint64_t>(size);
  os.write(header.data(), header.size());
  os.write(data.data(), data.size());
  offset += 30 + name.size() + 20 + size;
  list.push_back(std::move(member));
}

void ZipWriter::finish() {
  llvm::support::endian::Writer writer(os, llvm::endianness::little);
  uint64_t start = offset;
  for (const ZipArchive::Member &member : list) {
    writer.write<uint32_t>(kDirectoryEntry);
    writer.write<uint16_t>(45);
    writer.write<uint16_t>(45);
    writer.write<uint16_t>(0);
    writeFields(writer, member);
    writer.write<uint16_t>(28);
    writer.write<uint16_t>(0); // comment
    writer.write<uint16_t>(0); // disk
    writer.write<uint16_t>(0);
    writer.write<uint32_t>(0);
    writer.write<uint32_t>(0xffffffff);
    os << member.name;
    writer.write<uint16_t>(1);
    writer.write<uint16_t>(24);
    writer.write<uint64_t>(member.size);
    writer.write<uint64_t>(member.packedSize);
    writer.write<uint64_t>(member.headerOffset);
    offset += 46 + member.name.size() + 28;
  }
  uint64_t end = offset;
  writer.write<uint32_t>(kDirectoryEnd64);
  writer.write<uint64_t>(44);
  writer.write<uint16_t>(45);
  writer.write<uint16_t>(45);
  writer.write<uint32_t>(0);
  writer.write<uint32_t>(0);
  writer.write<uint64_t>(list.size());
  writer.write<uint64_t>(list.size());
  writer.write<uint64_t>(end - start);
  writer.write<uint64_t>(start);
  writer.write<uint32_t>(kLocator64);
  writer.write<uint32_t>(0);
  writer.write<uint64_t>(end);
  writer.write<uint32_t>(1);
  writer.write<uint32_t>(kDirectoryEnd);
  writer.write<uint32_t>(0);
  writer.write<uint16_t>(list.size());
  writer.write<uint16_t>(list.size());
  writer.write<uint32_t>(0xffffffff);
  writer.write<uint32_t>(0xffffffff);
  writer.write<uint16_t>(0);
}
