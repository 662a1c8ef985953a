//===- NNQAttrs.cpp - Attributes of the nnq dialect -----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectImplementation.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

/// `, key = value` for each option that is not at its default.
static ParseResult parseKernelOptions(AsmParser &parser, bool &channelsOuter,
                                      int64_t &winograd, int64_t &strip,
                                      bool &fused, int64_t &bits, bool &panel,
                                      SparseKind &sparse, bool &codebook) {
  channelsOuter = fused = panel = codebook = false;
  winograd = strip = bits = 0;
  sparse = SparseKind::None;
  auto parseBool = [&](bool &value) -> ParseResult {
    value = succeeded(parser.parseOptionalKeyword("true"));
    return value ? success() : parser.parseKeyword("false");
  };
  while (succeeded(parser.parseOptionalComma())) {
    SMLoc loc = parser.getCurrentLocation();
    StringRef key;
    if (parser.parseKeyword(&key) || parser.parseEqual())
      return failure();
    if (key == "channels_outer") {
      if (parseBool(channelsOuter))
        return failure();
    } else if (key == "fused") {
      if (parseBool(fused))
        return failure();
    } else if (key == "panel") {
      if (parseBool(panel))
        return failure();
    } else if (key == "codebook") {
      if (parseBool(codebook))
        return failure();
    } else if (key == "bits") {
      if (parser.parseInteger(bits))
        return failure();
    } else if (key == "winograd") {
      if (parser.parseInteger(winograd))
        return failure();
    } else if (key == "strip") {
      if (parser.parseInteger(strip))
        return failure();
    } else if (key == "sparse") {
      FailureOr<SparseKind> kind = FieldParser<SparseKind>::parse(parser);
      if (failed(kind))
        return failure();
      sparse = *kind;
    } else {
      return parser.emitError(loc)
             << "expected 'channels_outer', 'winograd', 'strip', 'fused', "
                "'bits', 'panel', 'sparse' or 'codebook'";
    }
  }
  return success();
}

static void printKernelOptions(AsmPrinter &printer, bool channelsOuter,
                               int64_t winograd, int64_t strip, bool fused,
                               int64_t bits, bool panel, SparseKind sparse,
                               bool codebook) {
  if (channelsOuter)
    printer << ", channels_outer = true";
  if (winograd)
    printer << ", winograd = " << winograd;
  if (strip)
    printer << ", strip = " << strip;
  if (fused)
    printer << ", fused = true";
  if (bits)
    printer << ", bits = " << bits;
  if (codebook)
    printer << ", codebook = true";
  if (panel)
    printer << ", panel = true";
  if (sparse != SparseKind::None)
    printer << ", sparse = " << stringifySparseKind(sparse);
}

#include "nnq/Dialect/NNQ/IR/NNQEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "nnq/Dialect/NNQ/IR/NNQAttrs.cpp.inc"

void NNQDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "nnq/Dialect/NNQ/IR/NNQAttrs.cpp.inc"
      >();
}

bool nnq::selectsPlaces(SparseKind kind) {
  return kind == SparseKind::TwoOfFour || hasWindows(kind);
}

bool nnq::hasWindows(SparseKind kind) {
  return kind == SparseKind::Window || kind == SparseKind::WideWindow;
}

int64_t nnq::getPartSize(DotKind dot) {
  switch (dot) {
  case DotKind::VPMADDUBSW:
  case DotKind::VPDPBUSD:
  case DotKind::TDPBUSD:
  case DotKind::SDOT:
    return 4;
  case DotKind::SMMLA:
    return 8;
  case DotKind::VPMADDWD:
  case DotKind::SMULL:
    return 2;
  case DotKind::FMA:
  case DotKind::None:
    return 1;
  }
  llvm_unreachable("unknown dot kind");
}

bool nnq::addsInI16(DotKind dot) {
  return dot == DotKind::VPMADDUBSW || dot == DotKind::SMULL;
}

LogicalResult TargetAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 StringAttr triple, StringAttr, StringAttr,
                                 unsigned vectorBits, unsigned vectorRegisters,
                                 DotKind) {
  if (triple.empty())
    return emitError() << "'triple' must not be empty";
  if (!llvm::isPowerOf2_32(vectorBits) || vectorBits < 64)
    return emitError() << "'vector_bits' must be a power of two of at least 64,"
                       << " got " << vectorBits;
  if (vectorRegisters == 0)
    return emitError() << "'vector_registers' must be positive";
  return success();
}

int64_t nnq::countMatrices(int64_t rows) {
  return llvm::divideCeil(rows, kMatrixRows);
}

int64_t nnq::getMatrixRows(int64_t rows) {
  return llvm::divideCeil(rows, countMatrices(rows));
}

bool nnq::fitsMatrices(int64_t rows, int64_t blocks) {
  int64_t down = countMatrices(rows);
  // Factors in one direction stay over a step, those in the other are read one
  // after the other.
  int64_t kept = std::min(down, blocks);
  return down * blocks + kept < kNumMatrices;
}

static LogicalResult
verifyMatrices(function_ref<InFlightDiagnostic()> emitError, int64_t lanes,
               int64_t group, int64_t rows, int64_t blocks) {
  if (lanes != kMatrixRows || group % 4 != 0 || group > 4 * kMatrixRows)
    return emitError() << "tdpbusd has 16 'lanes' and a 'group' of whole fours "
                          "up to 64, got "
                       << lanes << " and " << group;
  if (!fitsMatrices(rows, blocks))
    return emitError() << "eight registers of tdpbusd do not hold matrices for "
                       << rows << " rows by " << blocks
                       << " blocks and their factors";
  return success();
}

LogicalResult KernelAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 DotKind dot, int64_t lanes, int64_t group,
                                 int64_t rows, int64_t blocks, bool,
                                 int64_t winograd, int64_t strip, bool fused,
                                 int64_t bits, bool panel, SparseKind sparse,
                                 bool codebook) {
  if (lanes <= 0 || group <= 0 || rows <= 0 || blocks <= 0)
    return emitError()
           << "'lanes', 'group', 'rows' and 'blocks' must be positive";
  if (addsInI16(dot) && group % getPartSize(dot) != 0)
    return emitError() << stringifyDotKind(dot) << " needs a 'group' of whole "
                       << (dot == DotKind::SMULL ? "twos" : "fours") << ", got "
                       << group;
  if (dot == DotKind::TDPBUSD &&
      failed(verifyMatrices(emitError, lanes, group, rows, blocks)))
    return failure();
  if (dot == DotKind::TDPBUSD &&
      (bits || winograd || sparse != SparseKind::None))
    return emitError() << "tdpbusd multiplies all weights, as bytes";
  if (bits != 0 && bits != 2 && bits != 4)
    return emitError() << "'bits' must be 0, 2 or 4, got " << bits;
  if (bits == 2 && !codebook)
    return emitError() << "'bits' of 2 are places in a 'codebook'";
  if (codebook && !bits)
    return emitError() << "'codebook' needs 'bits'";
  if (bits && (group / getPartSize(dot)) % (8 / bits) != 0)
    return emitError() << "'bits' needs a 'group' of a multiple of " << 8 / bits
                       << " parts of " << getPartSize(dot) << ", got " << group;
  if (bits && winograd)
    return emitError() << "'winograd' transforms weights of 8 bits";
  if (panel && !bits)
    return emitError() << "'panel' is about weights of fewer 'bits'";
  if (sparse != SparseKind::None && (bits || winograd))
    return emitError() << "'sparse' goes neither with 'bits' nor with "
                          "'winograd'";
  bool selects = selectsPlaces(sparse);
  if (selects && dot != DotKind::VPMADDUBSW && dot != DotKind::VPDPBUSD &&
      dot != DotKind::SDOT && dot != DotKind::VPMADDWD)
    return emitError() << "'sparse = " << stringifySparseKind(sparse)
                       << "' has no kernel by " << stringifyDotKind(dot);
  if (sparse == SparseKind::WideWindow &&
      (dot != DotKind::VPDPBUSD || lanes != 16))
    return emitError() << "'sparse = wide_window' is for vpdpbusd of 16 lanes";
  // Two parts of twice as many elements have their places together.
  int64_t taken = getPartSize(dot) * (sparse == SparseKind::TwoOfFour ? 4 : 1);
  if (selects && group % taken != 0)
    return emitError() << "'sparse = " << stringifySparseKind(sparse)
                       << "' needs a 'group' of whole " << taken << ", got "
                       << group;
  if (fused && (!winograd || blocks != 1))
    return emitError() << "'fused' is for 'winograd' of one block at a time";
  if (winograd == 0)
    return success();
  if (winograd != 2 && winograd != 4)
    return emitError() << "'winograd' must be 0, 2 or 4, got " << winograd;
  if (dot != DotKind::VPMADDWD || group != 2)
    return emitError() << "'winograd' multiplies pairs of 16 bits by vpmaddwd";
  if (strip <= 0)
    return emitError() << "'strip' must be positive with 'winograd'";
  return success();
}

LogicalResult CodebookAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   int64_t bits, int64_t channels, bool,
                                   int64_t vector) {
  if (bits < 1 || bits > 8)
    return emitError() << "codebooks are of 1 to 8 bits, not " << bits;
  if (channels < 0)
    return emitError() << "'channels' share a codebook, 0 for all; got "
                       << channels;
  if (!llvm::is_contained({1, 2, 4}, vector))
    return emitError() << "entries are for 1, 2 or 4 weights, not " << vector;
  return success();
}

LogicalResult
WeightFormatAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                         QuantScheme scheme, WeightGranularity granularity,
                         WeightRange range, int64_t bits, int64_t group) {
  if (bits != 4 && bits != 8)
    return emitError() << "weights have 4 or 8 bits, not " << bits;
  if (!llvm::is_contained({0, 32, 64, 128}, group))
    return emitError() << "groups are of 32, 64 or 128 weights, or 0 for none, "
                          "not "
                       << group;
  if (group && granularity == WeightGranularity::PerTensor)
    return emitError() << "groups have scales of their own; per-tensor does "
                          "not go with them";
  if (bits != 8 && range == WeightRange::Reduced)
    return emitError() << "a reduced range is about weights of 8 bits";
  if (scheme == QuantScheme::Asymmetric && range == WeightRange::Reduced)
    return emitError() << "a reduced range is about symmetric weights";
  return success();
}

LogicalResult BatchAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                StringAttr entry, int64_t tile,
                                DenseBoolArrayAttr, DenseBoolArrayAttr) {
  if (entry.empty())
    return emitError() << "'entry' must not be empty";
  if (tile <= 0)
    return emitError() << "'tile' must be positive";
  return success();
}

LogicalResult
TensorStatsAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                        FloatAttr min, FloatAttr max, FloatAttr, FloatAttr,
                        int64_t count, DenseI64ArrayAttr histogram,
                        FloatAttr movingMin, FloatAttr movingMax) {
  if (!min.getValue().isFinite() || !max.getValue().isFinite())
    return emitError() << "'min' and 'max' must be finite";
  if (!(min.getValueAsDouble() <= max.getValueAsDouble()))
    return emitError() << "'min' must not exceed 'max'";
  if (count <= 0)
    return emitError() << "'count' must be positive";
  if (llvm::any_of(histogram.asArrayRef(), [](int64_t n) { return n < 0; }))
    return emitError() << "'histogram' must not hold negative counts";
  if (!movingMin != !movingMax)
    return emitError() << "'moving_min' and 'moving_max' go together";
  return success();
}

LogicalResult
InputStatsAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                       ElementsAttr min, ElementsAttr max, ElementsAttr mean,
                       ElementsAttr secondMoment, int64_t count,
                       ElementsAttr outputMean, ElementsAttr correlation) {
  Type f32 = Float32Type::get(min.getContext());
  auto shape = min.getShapedType();
  if (shape.getRank() != 2 || shape.getElementType() != f32)
    return emitError() << "statistics are f32 tensors of groups x numbers";
  if (max.getShapedType() != shape || mean.getShapedType() != shape ||
      secondMoment.getShapedType() != shape)
    return emitError() << "'max', 'mean' and 'second_moment' must be of the "
                          "shape of 'min'";
  if (count <= 0)
    return emitError() << "'count' must be positive";
  if (outputMean.getShapedType().getRank() != 1 ||
      outputMean.getElementType() != f32)
    return emitError() << "'output_mean' must be a vector of f32";
  int64_t length = shape.getDimSize(1);
  if (correlation &&
      correlation.getShapedType() !=
          RankedTensorType::get(
              {shape.getDimSize(0), length * (length + 1) / 2}, f32))
    return emitError() << "'correlation' must be a triangle for each group";
  return success();
}

QuantRangeAttr QuantRangeAttr::get(MLIRContext *context, double low,
                                   double high, double clipped) {
  FloatAttr share;
  if (clipped > 0)
    share = FloatAttr::get(Float64Type::get(context), clipped);
  return get(context, DenseF64ArrayAttr::get(context, {low, high}), share);
}

LogicalResult
QuantRangeAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                       DenseF64ArrayAttr bounds, FloatAttr clipped) {
  if (bounds.size() != 2)
    return emitError() << "takes two bounds, got " << bounds.size();
  if (!std::isfinite(bounds[0]) || !std::isfinite(bounds[1]))
    return emitError() << "bounds must be finite";
  if (!(bounds[0] <= bounds[1]))
    return emitError() << "the first bound must not exceed the second";
  if (clipped &&
      !(clipped.getValueAsDouble() >= 0 && clipped.getValueAsDouble() <= 1))
    return emitError() << "'clipped' must be a share between 0 and 1";
  return success();
}
