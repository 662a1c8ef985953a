//===- NumpyFile.cpp - Arrays in .npy and .npz files ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Runtime/NumpyFile.h"

#include "NumpyHeader.h"
#include "nnq/Runtime/ZipArchive.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"

#include <cmath>
#include <cstring>
#include <numeric>
#include <sys/mman.h>

using namespace nnq;
using llvm::ArrayRef;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// NumpyArray
//===----------------------------------------------------------------------===//

Error NumpyArray::error(const llvm::Twine &message) const {
  return createStringError(shown + ": " + message);
}

int64_t NumpyArray::getNumElements() const {
  return std::accumulate(dims.begin(), dims.end(), int64_t(1),
                         std::multiplies<>());
}

std::string NumpyArray::str() const {
  return TensorSignature{dims, type}.str();
}

ArrayRef<char> NumpyArray::getSamples(int64_t first, int64_t count) const {
  int64_t size = bytes.size() / std::max<int64_t>(getNumSamples(), 1);
  return bytes.slice(first * size, count * size);
}

Error NumpyArray::checkMatches(const TensorSignature &tensor,
                               StringRef what) const {
  if (type != tensor.dtype)
    return error("has elements of " + getName(type) + ", but " + what + " is " +
                 tensor.str() + "; convert it with .astype");
  ArrayRef<int64_t> sample = dims;
  ArrayRef<int64_t> expected = tensor.shape;
  if (sample.empty() || expected.empty() ||
      sample.drop_front() != expected.drop_front())
    return error("is " + str() + ", but " + what + " is " + tensor.str() +
                 ": all dimensions but the first must agree");
  if (getNumElements() == 0)
    return error("is empty: " + str());
  return Error::success();
}

/// Index of the first element that is not finite, and whether it is NaN.
template <typename T>
static std::optional<std::pair<size_t, bool>>
findNotFinite(ArrayRef<char> bytes) {
  for (size_t i = 0, e = bytes.size() / sizeof(T); i < e; ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    if (!std::isfinite(value))
      return std::make_pair(i, std::isnan(value));
  }
  return std::nullopt;
}

Error NumpyArray::checkFinite(ArrayRef<char> samples, int64_t first) const {
  std::optional<std::pair<size_t, bool>> found;
  if (type == DType::F32)
    found = findNotFinite<float>(samples);
  else if (type == DType::F64)
    found = findNotFinite<double>(samples);
  if (!found)
    return Error::success();
  auto [at, isNaN] = *found;
  size_t size = getNumElements() / getNumSamples();
  return error(llvm::Twine(isNaN ? "NaN" : "infinity") + " in sample " +
               llvm::Twine(first + at / size) + ", element " +
               llvm::Twine(at % size));
}

/// Calls `visit` with each element in its own type.
template <typename Visit>
static void forEach(DType dtype, ArrayRef<char> bytes, Visit visit) {
  auto run = [&](auto zero) {
    using T = decltype(zero);
    for (size_t i = 0, e = bytes.size() / sizeof(T); i < e; ++i) {
      T value;
      std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
      visit(value);
    }
  };
  switch (dtype) {
  // NOLINTNEXTLINE(bugprone-branch-clone): the branches differ in type.
  case DType::F32:
    return run(float());
  case DType::F64:
    return run(double());
  case DType::I8:
    return run(int8_t());
  case DType::U8:
  case DType::Bool:
    return run(uint8_t());
  case DType::I16:
    return run(int16_t());
  case DType::U16:
    return run(uint16_t());
  case DType::I32:
    return run(int32_t());
  case DType::U32:
    return run(uint32_t());
  case DType::I64:
    return run(int64_t());
  case DType::U64:
    return run(uint64_t());
  }
}

Expected<std::vector<int64_t>> NumpyArray::toIntegers() const {
  if (type == DType::F32 || type == DType::F64)
    return error("has elements of " + getName(type) +
                 "; class labels must be integers");
  std::vector<int64_t> result;
  forEach(type, bytes,
          [&](auto value) { result.push_back(static_cast<int64_t>(value)); });
  return result;
}

std::vector<double> NumpyArray::toDoubles() const {
  std::vector<double> result;
  forEach(type, bytes,
          [&](auto value) { result.push_back(static_cast<double>(value)); });
  return result;
}

NumpyArray NumpyArray::make(std::string name, DType dtype,
                            ArrayRef<int64_t> shape, std::vector<char> data) {
  NumpyArray array;
  array.shown = std::move(name);
  array.type = dtype;
  array.dims.assign(shape.begin(), shape.end());
  auto owned = std::make_shared<const std::vector<char>>(std::move(data));
  array.bytes = *owned;
  array.owner = std::move(owned);
  return array;
}

//===----------------------------------------------------------------------===//
// NumpyFile
//===----------------------------------------------------------------------===//

/// "x" of the member "x.npy".
static StringRef getKey(StringRef member) {
  member.consume_back(".npy");
  return member;
}

struct NumpyFile::State {
  std::string path;
  std::shared_ptr<llvm::MemoryBuffer> buffer;
  std::optional<ZipArchive> archive;
  std::vector<std::string> keys;

  ArrayRef<char> getBytes() const {
    return {buffer->getBufferStart(), buffer->getBufferSize()};
  }

  /// How errors name the array `key`.
  std::string getName(StringRef key) const {
    return archive ? (path + ", array '" + key + "'").str() : path;
  }

  Expected<const ZipArchive::Member *> find(StringRef key) const {
    for (const ZipArchive::Member &member : archive->members())
      if (getKey(member.name) == key)
        return &member;
    return createStringError(
        getName(key) + ": there is none; the file has: " +
        (keys.empty() ? std::string("nothing") : llvm::join(keys, ", ")));
  }
};

NumpyFile::NumpyFile(std::unique_ptr<State> state) : state(std::move(state)) {}
NumpyFile::NumpyFile(NumpyFile &&) noexcept = default;
NumpyFile &NumpyFile::operator=(NumpyFile &&) noexcept = default;
NumpyFile::~NumpyFile() = default;

const std::string &NumpyFile::path() const { return state->path; }
bool NumpyFile::isArchive() const { return state->archive.has_value(); }
const std::vector<std::string> &NumpyFile::keys() const { return state->keys; }

bool NumpyFile::contains(StringRef key) const {
  return llvm::is_contained(state->keys, key);
}

Expected<NumpyFile> NumpyFile::open(StringRef path) {
  // Mapped, so that only the samples in use are in memory.
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError(path + ": " + buffer.getError().message());
  auto state = std::make_unique<State>();
  state->path = path.str();
  state->buffer = std::move(*buffer);
  StringRef contents = state->buffer->getBuffer();
  if (contents.starts_with("PK") || path.ends_with(".npz")) {
    Expected<ZipArchive> archive = ZipArchive::parse(state->getBytes());
    if (!archive)
      return createStringError(path + ": " +
                               llvm::toString(archive.takeError()));
    for (const ZipArchive::Member &member : archive->members())
      state->keys.push_back(getKey(member.name).str());
    state->archive = std::move(*archive);
  }
  return NumpyFile(std::move(state));
}

Expected<NumpyArray> NumpyFile::read(StringRef key) const {
  NumpyArray array;
  array.shown = state->getName(key);
  ArrayRef<char> bytes = state->getBytes();
  array.owner = state->buffer;
  if (state->archive) {
    Expected<const ZipArchive::Member *> member = state->find(key);
    if (!member)
      return member.takeError();
    Expected<std::vector<char>> data = state->archive->read(**member);
    if (!data)
      return array.error(llvm::toString(data.takeError()));
    auto owned = std::make_shared<const std::vector<char>>(std::move(*data));
    bytes = *owned;
    array.owner = std::move(owned);
  }
  Expected<NumpyHeader> header = NumpyHeader::parse(bytes);
  if (!header)
    return array.error(llvm::toString(header.takeError()));
  array.type = header->dtype;
  array.dims = header->shape;
  array.bytes = bytes.slice(header->dataOffset,
                            array.getNumElements() * getSize(array.type));
  return array;
}

//===----------------------------------------------------------------------===//
// NumpyStream
//===----------------------------------------------------------------------===//

struct NumpyStream::State {
  NumpyArray array;
  std::shared_ptr<llvm::MemoryBuffer> buffer;
  /// The elements that are left, or where they come from.
  ArrayRef<char> bytes;
  std::optional<ZipStream> member;
  size_t resident = 0;

  Error read(llvm::MutableArrayRef<char> out) {
    if (member)
      return member->read(out);
    if (out.size() > bytes.size())
      return createStringError("file is truncated");
    std::copy_n(bytes.begin(), out.size(), out.begin());
    bytes = bytes.drop_front(out.size());
    return Error::success();
  }
};

NumpyStream::NumpyStream(std::unique_ptr<State> state)
    : state(std::move(state)) {}
NumpyStream::NumpyStream(NumpyStream &&) noexcept = default;
NumpyStream &NumpyStream::operator=(NumpyStream &&) noexcept = default;
NumpyStream::~NumpyStream() = default;

const NumpyArray &NumpyStream::array() const { return state->array; }

/// Gives the memory of a mapped file back; it is read again where it is needed.
static void release(const llvm::MemoryBuffer &buffer) {
  if (buffer.getBufferKind() != llvm::MemoryBuffer::MemoryBuffer_MMap)
    return;
  // Not dontNeedIfMmap, whose posix_madvise does nothing in glibc.
  (void)madvise(const_cast<char *>(buffer.getBufferStart()),
                buffer.getBufferSize(), MADV_DONTNEED);
}

Error NumpyStream::read(llvm::MutableArrayRef<char> bytes) {
  if (Error error = state->read(bytes))
    return state->array.error(llvm::toString(std::move(error)));
  // Pages that have been read would stay as long as the file is mapped.
  constexpr size_t maxResident = size_t(16) << 20;
  state->resident += bytes.size();
  if (state->resident > maxResident) {
    release(*state->buffer);
    state->resident = 0;
  }
  return Error::success();
}

Expected<NumpyStream> NumpyFile::stream(StringRef key) const {
  auto source = std::make_unique<NumpyStream::State>();
  NumpyArray &array = source->array;
  array.shown = state->getName(key);
  source->buffer = state->buffer;
  source->bytes = state->getBytes();
  uint64_t size = source->bytes.size();
  if (state->archive) {
    Expected<const ZipArchive::Member *> member = state->find(key);
    if (!member)
      return member.takeError();
    Expected<ZipStream> opened = state->archive->open(**member);
    if (!opened)
      return array.error(llvm::toString(opened.takeError()));
    source->member = std::move(*opened);
    size = (*member)->size;
  }
  // The header tells its own size.
  std::vector<char> bytes(std::min<uint64_t>(size, NumpyHeader::kStartSize));
  if (Error error = source->read(bytes))
    return array.error(llvm::toString(std::move(error)));
  Expected<size_t> headerSize = NumpyHeader::parseSize(bytes, size);
  if (!headerSize)
    return array.error(llvm::toString(headerSize.takeError()));
  size_t done = bytes.size();
  bytes.resize(std::max(*headerSize, done));
  if (Error error =
          source->read(llvm::MutableArrayRef<char>(bytes).drop_front(done)))
    return array.error(llvm::toString(std::move(error)));
  Expected<NumpyHeader> header = NumpyHeader::parse(bytes, size);
  if (!header)
    return array.error(llvm::toString(header.takeError()));
  array.type = header->dtype;
  array.dims = header->shape;
  return NumpyStream(std::move(source));
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

Error nnq::writeNumpyFile(StringRef path,
                          ArrayRef<std::pair<std::string, NumpyArray>> arrays) {
  bool single = path.ends_with(".npy");
  if (single && arrays.size() != 1)
    return createStringError(path + ": .npy holds one array, there are " +
                             llvm::Twine(arrays.size()) + "; use .npz");
  // Written under another name first: readers never see half a file.
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &os) -> Error {
    ZipWriter zip(os);
    for (const auto &[key, array] : arrays) {
      std::string header = NumpyHeader::write(array.dtype(), array.shape());
      if (single) {
        os << header;
        os.write(array.getBytes().data(), array.getBytes().size());
      } else {
        zip.add(key + ".npy", ArrayRef<char>(header.data(), header.size()),
                array.getBytes());
      }
    }
    if (!single)
      zip.finish();
    return Error::success();
  });
}
