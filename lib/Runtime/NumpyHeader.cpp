//===- NumpyHeader.cpp - The header of a .npy file ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "NumpyHeader.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace nnq;
using llvm::createStringError;
using llvm::Expected;
using llvm::StringRef;

static constexpr StringRef kMagic("\x93NUMPY", 6);

static Expected<DType> parseDescr(StringRef descr) {
  if (descr.starts_with(">"))
    return createStringError("elements are big-endian (" + descr +
                             "); convert them with .astype");
  auto dtype = llvm::StringSwitch<std::optional<DType>>(descr.ltrim("<|="))
                   .Case("f4", DType::F32)
                   .Case("f8", DType::F64)
                   .Case("i1", DType::I8)
                   .Case("u1", DType::U8)
                   .Case("i2", DType::I16)
                   .Case("u2", DType::U16)
                   .Case("i4", DType::I32)
                   .Case("u4", DType::U32)
                   .Case("i8", DType::I64)
                   .Case("u8", DType::U64)
                   .Case("b1", DType::Bool)
                   .Default(std::nullopt);
  if (!dtype)
    return createStringError("element type '" + descr +
                             "' is not supported; use f4, f8, i1, u1, i2, u2, "
                             "i4, u4, i8, u8 or b1");
  return *dtype;
}

/// The text after `'key':` in the dictionary, or none.
static std::optional<StringRef> findValue(StringRef dictionary, StringRef key) {
  for (const char *quote : {"'", "\""}) {
    size_t at = dictionary.find((quote + key + quote).str());
    if (at == StringRef::npos)
      continue;
    StringRef rest = dictionary.drop_front(at + key.size() + 2).ltrim();
    if (rest.consume_front(":"))
      return rest.ltrim();
  }
  return std::nullopt;
}

static Expected<NumpyHeader> parseDictionary(StringRef text) {
  std::optional<StringRef> descr = findValue(text, "descr");
  std::optional<StringRef> order = findValue(text, "fortran_order");
  std::optional<StringRef> shape = findValue(text, "shape");
  if (!descr || !order || !shape)
    return createStringError("header is corrupt");
  if (!order->starts_with("False"))
    return createStringError("array is in Fortran order; save it with "
                             "numpy.ascontiguousarray");
  NumpyHeader header;
  if (!descr->starts_with("'") && !descr->starts_with("\""))
    return createStringError("array has structured elements; save plain ones");
  char quote = descr->front();
  Expected<DType> dtype = parseDescr(
      descr->drop_front().take_until([&](char c) { return c == quote; }));
  if (!dtype)
    return dtype.takeError();
  header.dtype = *dtype;

  if (!shape->consume_front("("))
    return createStringError("header is corrupt");
  for (StringRef rest = shape->take_until([](char c) { return c == ')'; });
       !rest.trim().empty();) {
    StringRef number;
    std::tie(number, rest) = rest.split(',');
    // Python 2 wrote long integers with an L.
    int64_t size;
    if (number.trim().rtrim("L").getAsInteger(10, size) || size < 0)
      return createStringError("header is corrupt");
    header.shape.push_back(size);
  }
  return header;
}

/// Where the dictionary starts.
static size_t getStart(StringRef all) {
  return all[6] == 1 ? 10 : NumpyHeader::kStartSize;
}

Expected<size_t> NumpyHeader::parseSize(llvm::ArrayRef<char> bytes,
                                        uint64_t fileSize) {
  StringRef all(bytes.data(), bytes.size());
  if (!all.starts_with(kMagic))
    return createStringError(all.size() < kMagic.size() ? "file is truncated"
                                                        : "not a numpy file");
  if (all.size() < kStartSize)
    return createStringError("file is truncated");
  unsigned version = static_cast<unsigned char>(all[6]);
  if (version < 1 || version > 3)
    return createStringError("version %u of the format is not known", version);
  uint64_t size = version == 1
                      ? llvm::support::endian::read16le(all.data() + 8)
                      : llvm::support::endian::read32le(all.data() + 8);
  if (size > fileSize - getStart(all))
    return createStringError("file is truncated");
  return getStart(all) + size;
}

Expected<NumpyHeader> NumpyHeader::parse(llvm::ArrayRef<char> bytes,
                                         uint64_t fileSize) {
  Expected<size_t> size = parseSize(bytes, fileSize);
  if (!size)
    return size.takeError();
  StringRef all(bytes.data(), bytes.size());
  Expected<NumpyHeader> header =
      parseDictionary(all.slice(getStart(all), *size));
  if (!header)
    return header;
  header->dataOffset = *size;

  uint64_t needed = getSize(header->dtype);
  bool overflow = false;
  for (int64_t dim : header->shape) {
    bool over = false;
    needed = llvm::SaturatingMultiply<uint64_t>(needed, dim, &over);
    overflow |= over;
  }
  uint64_t there = fileSize - header->dataOffset;
  if (overflow || needed > there)
    return createStringError(
        "file is truncated: %s needs %llu bytes, %llu are there",
        TensorSignature{header->shape, header->dtype}.str().c_str(),
        static_cast<unsigned long long>(needed),
        static_cast<unsigned long long>(there));
  return header;
}

static StringRef getDescr(DType dtype) {
  switch (dtype) {
  case DType::F32:
    return "<f4";
  case DType::F64:
    return "<f8";
  case DType::I8:
    return "|i1";
  case DType::U8:
    return "|u1";
  case DType::I16:
    return "<i2";
  case DType::U16:
    return "<u2";
  case DType::I32:
    return "<i4";
  case DType::U32:
    return "<u4";
  case DType::I64:
    return "<i8";
  case DType::U64:
    return "<u8";
  case DType::Bool:
    return "|b1";
  }
  llvm_unreachable("unknown element type");
}

std::string NumpyHeader::write(DType dtype, llvm::ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "{'descr': '" << getDescr(dtype)
     << "', 'fortran_order': False, 'shape': (";
  llvm::interleaveComma(shape, os);
  os << (shape.size() == 1 ? ",), }" : "), }");
  // The elements start at a multiple of 64 bytes.
  text.append(llvm::offsetToAlignment(10 + text.size() + 1, llvm::Align(64)),
              ' ');
  text.push_back('\n');

  std::string header = kMagic.str();
  header += {'\x01', '\x00'};
  header.push_back(static_cast<char>(text.size() & 0xff));
  header.push_back(static_cast<char>(text.size() >> 8));
  return header + text;
}
