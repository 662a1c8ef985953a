//===- NumpyFileTest.cpp --------------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Runtime/NumpyFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <numeric>

using namespace nnq;
using llvm::StringRef;

namespace {
class NumpyFileTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("nnq-numpy", folder));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string path(StringRef name) {
    llvm::SmallString<128> full(folder);
    llvm::sys::path::append(full, name);
    return full.str().str();
  }

  std::string write(StringRef name, StringRef bytes) {
    std::error_code error;
    llvm::raw_fd_ostream(path(name), error) << bytes;
    EXPECT_FALSE(error);
    return path(name);
  }

  /// A .npy file with a header of our choice.
  std::string writeNpy(StringRef name, StringRef dictionary, StringRef data,
                       char version = 1) {
    std::string bytes("\x93NUMPY", 6);
    bytes += {version, '\0'};
    bytes += {char(dictionary.size() & 0xff), char(dictionary.size() >> 8)};
    if (version > 1)
      bytes += {'\0', '\0'};
    return write(name, bytes + dictionary.str() + data.str());
  }

  static std::string readError(StringRef file, StringRef key = "x") {
    llvm::Expected<NumpyFile> opened = NumpyFile::open(file);
    if (!opened)
      return llvm::toString(opened.takeError());
    llvm::Expected<NumpyArray> array = opened->read(key);
    return array ? "" : llvm::toString(array.takeError());
  }

  llvm::SmallString<128> folder;
};

NumpyArray floats(llvm::ArrayRef<int64_t> shape, std::vector<float> values) {
  std::vector<char> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return NumpyArray::make("memory", DType::F32, shape, std::move(bytes));
}

void expectContains(const std::string &text, StringRef part) {
  EXPECT_TRUE(StringRef(text).contains(part)) << text;
}
} // namespace

TEST_F(NumpyFileTest, RoundTripNpy) {
  NumpyArray array = floats({2, 3}, {1, 2, 3, 4, 5, 6});
  ASSERT_FALSE(writeNumpyFile(path("a.npy"), {{"x", array}}));
  auto file = NumpyFile::open(path("a.npy"));
  ASSERT_TRUE(bool(file));
  EXPECT_FALSE(file->isArchive());
  auto read = file->read("any");
  ASSERT_TRUE(bool(read));
  EXPECT_EQ(read->str(), "f32[2, 3]");
  EXPECT_EQ(read->getNumSamples(), 2);
  EXPECT_EQ(read->toDoubles(), array.toDoubles());
  float second[3];
  std::memcpy(second, read->getSamples(1).data(), sizeof(second));
  EXPECT_EQ(second[0], 4);
}

TEST_F(NumpyFileTest, RoundTripNpz) {
  std::vector<char> labels = {1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0};
  ASSERT_FALSE(writeNumpyFile(
      path("a.npz"),
      {{"x", floats({2, 1}, {1, 2})},
       {"y", NumpyArray::make("memory", DType::I64, {2}, labels)}}));
  auto file = NumpyFile::open(path("a.npz"));
  ASSERT_TRUE(bool(file));
  EXPECT_TRUE(file->isArchive());
  EXPECT_TRUE(file->contains("y"));
  auto y = file->read("y");
  ASSERT_TRUE(bool(y));
  auto integers = y->toIntegers();
  ASSERT_TRUE(bool(integers));
  EXPECT_EQ(*integers, (std::vector<int64_t>{1, 2}));
}

TEST_F(NumpyFileTest, StreamsGiveWhatReadDoes) {
  std::vector<float> values(60);
  std::iota(values.begin(), values.end(), 0.0f);
  NumpyArray array = floats({20, 3}, values);
  ASSERT_FALSE(writeNumpyFile(path("s.npy"), {{"x", array}}));
  ASSERT_FALSE(writeNumpyFile(path("s.npz"), {{"x", array}, {"y", array}}));
  for (const char *name : {"s.npy", "s.npz"}) {
    auto file = NumpyFile::open(path(name));
    ASSERT_TRUE(bool(file));
    auto stream = file->stream("x");
    ASSERT_TRUE(bool(stream));
    EXPECT_EQ(stream->array().str(), "f32[20, 3]");
    std::vector<char> sample(3 * sizeof(float));
    for (int64_t i = 0; i < 20; ++i) {
      ASSERT_FALSE(stream->read(sample));
      EXPECT_TRUE(llvm::ArrayRef<char>(sample) == array.getSamples(i));
    }
    EXPECT_TRUE(StringRef(llvm::toString(stream->read(sample)))
                    .ends_with("file is truncated"));
  }
}

TEST_F(NumpyFileTest, StreamsFindCorruptionAtTheEnd) {
  ASSERT_FALSE(writeNumpyFile(path("c.npz"), {{"x", floats({2}, {1, 2})}}));
  auto buffer = llvm::MemoryBuffer::getFile(path("c.npz"));
  ASSERT_TRUE(bool(buffer));
  std::string bytes = (*buffer)->getBuffer().str();
  // The first element.
  size_t at = bytes.find(std::string("\0\0\x80\x3f", 4));
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 1;
  auto file = NumpyFile::open(write("c2.npz", bytes));
  ASSERT_TRUE(bool(file));
  auto stream = file->stream("x");
  ASSERT_TRUE(bool(stream));
  std::vector<char> sample(sizeof(float));
  EXPECT_FALSE(stream->read(sample));
  expectContains(llvm::toString(stream->read(sample)),
                 "checksum does not match");
}

TEST_F(NumpyFileTest, HeaderVersions) {
  StringRef dictionary =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n";
  StringRef data("\0\0\0\0", 4);
  for (char version : {1, 2, 3})
    EXPECT_EQ(readError(writeNpy("v.npy", dictionary, data, version)), "");
  expectContains(readError(writeNpy("v.npy", dictionary, data, 9)),
                 "version 9 of the format is not known");
}

TEST_F(NumpyFileTest, Refused) {
  StringRef data("\0\0\0\0\0\0\0\0", 8);
  auto refuse = [&](StringRef dictionary, StringRef cause) {
    expectContains(readError(writeNpy("r.npy", dictionary, data)), cause);
  };
  refuse("{'descr': '<f4', 'fortran_order': True, 'shape': (2,)}",
         "Fortran order");
  refuse("{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}",
         "big-endian");
  refuse("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
         "element type '<c8' is not supported");
  refuse("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
         "structured");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
         "truncated: f32[3] needs 12 bytes, 8 are there");
  refuse("{'descr': '<f4', 'fortran_order': False, "
         "'shape': (4611686018427387904, 4611686018427387904)}",
         "truncated");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
         "header is corrupt");
  refuse("{'shape': (1,)}", "header is corrupt");
  expectContains(readError(write("t.npy", "hello, world")), "not a numpy file");
  expectContains(readError(write("e.npy", "")), "file is truncated");
  expectContains(readError(path("missing.npy")), "No such file");
}

TEST_F(NumpyFileTest, TruncatedArchive) {
  ASSERT_FALSE(writeNumpyFile(path("a.npz"), {{"x", floats({2, 1}, {1, 2})}}));
  std::string bytes;
  {
    auto buffer = llvm::MemoryBuffer::getFile(path("a.npz"));
    bytes = (*buffer)->getBuffer().str();
  }
  for (size_t size = 0; size < bytes.size(); size += 7)
    EXPECT_NE(readError(write("t.npz", StringRef(bytes).take_front(size))), "");
  // A flipped bit in the data is caught by the checksum.
  bytes[60 + 128] ^= 1;
  expectContains(readError(write("c.npz", bytes)), "checksum");
}

TEST_F(NumpyFileTest, MissingKeyListsKeys) {
  ASSERT_FALSE(writeNumpyFile(
      path("a.npz"), {{"x", floats({1}, {1})}, {"y", floats({1}, {1})}}));
  expectContains(readError(path("a.npz"), "z"),
                 "array 'z': there is none; the file has: x, y");
}

TEST_F(NumpyFileTest, Checks) {
  TensorSignature input{{1, 3}, DType::F32};
  EXPECT_FALSE(floats({4, 3}, std::vector<float>(12)).checkMatches(input, "i"));
  auto message = [](llvm::Error error) {
    return llvm::toString(std::move(error));
  };
  expectContains(
      message(floats({4, 2}, std::vector<float>(8)).checkMatches(input, "in")),
      "is f32[4, 2], but in is f32[1, 3]");
  expectContains(message(floats({0, 3}, {}).checkMatches(input, "in")),
                 "is empty");
  expectContains(
      message(NumpyArray::make("a", DType::I8, {1, 3}, std::vector<char>(3))
                  .checkMatches(input, "in")),
      "has elements of i8");
  EXPECT_FALSE(floats({2, 2}, {0, 1, 2, 3}).checkFinite());
  expectContains(message(floats({2, 2}, {0, 1, 2, NAN}).checkFinite()),
                 "NaN in sample 1, element 1");
  expectContains(message(floats({2, 2}, {0, -INFINITY, 2, 3}).checkFinite()),
                 "infinity in sample 0, element 1");
}
