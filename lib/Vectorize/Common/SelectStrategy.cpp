//===- SelectStrategy.cpp - Micro-kernels by target and shape -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "BlockSparsity.h"
#include "CodeTables.h"
#include "ContractionLayout.h"
#include "DepthwiseBorder.h"
#include "RowEmitter.h"
#include "SparseStrategy.h"
#include "WinogradCost.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "nnq/Support/ConstantCode.h"
#include "nnq/Support/QuantMath.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Vectorize/KernelCost.h"
#include "nnq/Vectorize/Passes.h"
#include "llvm/Support/MathExtras.h"

namespace nnq {
#define GEN_PASS_DEF_SELECTSTRATEGY
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static bool isX86(TargetAttr target) {
  return target.getDot() == DotKind::VPDPBUSD ||
         target.getDot() == DotKind::VPMADDWD;
}

/// The largest group of elements that `dot` multiplies and adds up in 16 bits,
/// if there is one. Padding must not cost more than it saves.
static std::optional<int64_t>
findNarrowGroup(DotKind dot, const ContractionLayout &layout, int64_t bits) {
  FailureOr<ConstantData> weights =
      ConstantData::get(layout.contraction.weight->get());
  if (failed(weights))
    return std::nullopt;
  int64_t part = getPartSize(dot);
  for (int64_t group : {32, 16, 8, 4, 2}) {
    // Only weights of few bits leave room for so many, and have several parts.
    if (group < part || (bits ? group < part * 8 / bits : group > 8))
      continue;
    int64_t padded = llvm::alignTo(layout.runLength, group);
    bool isWasteful = group > 4 && 8 * padded > 9 * layout.runLength;
    // Groups that are merged later begin where an instruction does.
    bool isAligned =
        !layout.contraction.groupChannels || layout.runLength % group == 0;
    if (!isWasteful && isAligned && fitsI16(layout, *weights, dot, group))
      return group;
  }
  return std::nullopt;
}

/// The dot instruction for a contraction on `target`, and its group size, with
/// weights of `bits`, or of 8 where it is 0.
static std::pair<DotKind, int64_t> selectDot(TargetAttr target,
                                             const ContractionLayout &layout,
                                             int64_t bits, bool pairsOfRows) {
  FactorTypes types = getFactorTypes(layout.contraction);
  // Packed weights come in as many parts as a byte has at least.
  auto parts = [&](DotKind dot) -> std::pair<DotKind, int64_t> {
    return {dot, getPartSize(dot) * (bits ? 8 / bits : 1)};
  };
  auto narrow = [&](DotKind dot) -> std::pair<DotKind, int64_t> {
    if (std::optional<int64_t> group = findNarrowGroup(dot, layout, bits))
      return {dot, *group};
    return parts(DotKind::None);
  };
  if (isa<FloatType>(types.activation))
    return parts(DotKind::FMA);
  if (!types.weight.isInteger(8) || !types.weightSigned)
    return parts(DotKind::None);
  if (types.activation.isInteger(16) && types.activationSigned && isX86(target))
    return parts(DotKind::VPMADDWD);
  if (!types.activation.isInteger(8))
    return parts(DotKind::None);
  if (!types.activationSigned) {
    if (target.getDot() == DotKind::VPDPBUSD)
      return parts(DotKind::VPDPBUSD);
    if (target.getDot() == DotKind::VPMADDWD)
      return narrow(DotKind::VPMADDUBSW);
    return parts(DotKind::None);
  }
  if (target.getDot() == DotKind::SMULL)
    return narrow(DotKind::SMULL);
  if (target.getDot() == DotKind::SMMLA && pairsOfRows)
    return parts(DotKind::SMMLA);
  if (target.getDot() == DotKind::SMMLA || target.getDot() == DotKind::SDOT)
    return parts(DotKind::SDOT);
  return parts(DotKind::None);
}

/// True for an integer depthwise convolution whose taps vpmaddwd can take two
/// at a time.
static bool isPairedDepthwise(linalg::GenericOp op, TargetAttr target,
                              unsigned lane) {
  constexpr int64_t kLeastLanes = 8;
  FailureOr<Contraction> contraction = Contraction::matchDepthwise(op);
  if (!isX86(target) || failed(contraction) ||
      contraction->channelLoop != lane ||
      op.getStaticLoopRanges()[lane] < kLeastLanes)
    return false;
  FactorTypes types = getFactorTypes(*contraction);
  return types.weight.isInteger(8) &&
         (types.activation.isInteger(8) ||
          (types.activation.isInteger(16) && types.activationSigned));
}

static bool fitsInt4(const ContractionLayout &layout) {
  FailureOr<ConstantData> weights =
      ConstantData::get(layout.contraction.weight->get());
  return succeeded(weights) &&
         llvm::all_of(weights->getAs<int8_t>(), [](int8_t value) {
           return value >= kInt4.min && value <= kInt4.max;
         });
}

/// True if the code that weights of 8 bits are decoded from has fewer bytes
/// than `countStored` says that a kernel stores for each of them.
static bool
isShorterEncoded(const ContractionLayout &layout,
                 function_ref<double(const ConstantData &)> countStored) {
  FailureOr<ConstantData> weights =
      ConstantData::get(layout.contraction.weight->get());
  if (failed(weights) || !weights->getType().getElementType().isInteger(8))
    return false;
  ArrayRef<char> bytes = weights->getBytes();
  std::optional<ConstantCode> code = ConstantCode::get(bytes, 1);
  return code &&
         double(code->getNumBytes()) < countStored(*weights) * bytes.size();
}

/// Kernels for weights that share a byte: those of 2 bits may have to take 4.
static double countNarrow(const ConstantData &) { return kTableBits / 8.0; }

/// Why weights of few bits have no kernel and stay at 8, if that is so.
static StringRef findNarrowObstacle(TargetAttr target,
                                    const ContractionLayout &layout,
                                    const KernelProblem &problem,
                                    DotKind dense) {
  if (problem.dot == DotKind::None && dense != DotKind::None)
    return problem.bits == kTableBits
               ? "no dot instruction multiplies its weights two to a byte: "
                 "they have 8 bits"
               : "no dot instruction multiplies its weights four to a byte: "
                 "they have 4 bits";
  if (!problem.isCodebook)
    return "";
  ContractionLayout merged = layout;
  int64_t lanes = getWidestLanes(target, problem.dot);
  merged.mergeGroups(lanes);
  FailureOr<ConstantData> weights =
      ConstantData::get(layout.contraction.weight->get());
  if (failed(weights) ||
      failed(CodeTables::get(merged, *weights, lanes, 1 << problem.bits)))
    return problem.bits == kTableBits
               ? "blocks of its output channels have more than 16 numbers: "
                 "weights have 8 bits"
               : "blocks of its output channels have more than 4 numbers: "
                 "weights have 4 bits";
  return "";
}

/// Bytes that the activation moves along dimension `rowDim` of the result, or
/// 0.
static int64_t getRowBytes(OpOperand *activation, unsigned rowDim) {
  auto op = cast<linalg::GenericOp>(activation->getOwner());
  auto type = cast<ShapedType>(activation->get().getType());
  auto loop = dyn_cast<AffineDimExpr>(
      op.getIndexingMapsArray().back().getResult(rowDim));
  if (!loop)
    return 0;
  std::optional<int64_t> stride =
      getLoopStride(MemRefType::get(type.getShape(), type.getElementType()),
                    op.getMatchingIndexingMap(activation), loop.getPosition());
  return stride ? *stride * type.getElementTypeBitWidth() / 8 : 0;
}

/// Lines of an image, each of which is a row loop at `rowDim`.
static void findLines(OpOperand *activation, ArrayRef<int64_t> result,
                      int64_t rowDim, KernelProblem &problem) {
  int64_t lineDim = rowDim - 1;
  while (lineDim > 0 && result[lineDim] == 1)
    --lineDim;
  if (!problem.rowBytes || lineDim < 0)
    return;
  int64_t bytes = getRowBytes(activation, lineDim);
  if (bytes % problem.rowBytes != 0 || bytes < problem.rowBytes * problem.rows)
    return;
  problem.pitch = bytes / problem.rowBytes;
  problem.lines = result[lineDim];
}

/// True if numbers of a codebook are looked up more slowly than memory gives
/// them as bytes. Those that f32 multiplies are converted in either case: on a
/// Zen 4 a register of 256x256 to 2048x2048 weights takes 2.6 cycles with
/// lookups and 1.9 without (AVX-512), 1.7 and 1.0 (AVX2), while main memory
/// takes 1.8 and 0.9 at a batch of 1.
static bool isSlowLookup(const KernelProblem &problem) {
  return problem.isCodebook && problem.dot == DotKind::FMA;
}

namespace {
struct SelectStrategy : public nnq::impl::SelectStrategyBase<SelectStrategy> {
  using SelectStrategyBase::SelectStrategyBase;

  void runOnOperation() override {
    TargetAttr target = findTarget(getOperation());
    if (!target) {
      getOperation().emitError()
          << "no '" << kTargetAttr
          << "' on the module; run nnq-set-target before nnq-select-strategy";
      return signalPassFailure();
    }
    getOperation().walk([&](linalg::GenericOp op) {
      if (op->hasAttr(kKernelAttr))
        return;
      if (isIntegerProduct(op))
        return selectProduct(op, target);
      bool isGroups = findSumOfGroups(op.getResult(0)) &&
                      succeeded(Contraction::matchGroups(op));
      if (!isGroups && failed(Contraction::match(op))) {
        if (op.getNumReductionLoops() > 0 && !op.hasDynamicShape())
          selectReduction(op, target);
        return;
      }
      std::string reason;
      FailureOr<ContractionLayout> layout = ContractionLayout::get(op, reason);
      if (failed(layout))
        return remarkMissed(op, "nnq-select-strategy", reason);
      select(op, std::move(*layout), target);
    });
  }

  void select(linalg::GenericOp op, ContractionLayout layout,
              TargetAttr target) {
    KernelProblem problem;
    problem.window = 1;
    ArrayRef<int64_t> result =
        cast<ShapedType>(op.getResult(0).getType()).getShape();
    if (layout.contraction.groupLoop)
      result = cast<ShapedType>(
                   findSumOfGroups(op.getResult(0)).getResult(0).getType())
                   .getShape();
    if (linalg::GenericOp pool = getFusiblePool(op)) {
      result = cast<ShapedType>(pool.getResult(0).getType()).getShape();
      SmallVector<int64_t> poolRanges = pool.getStaticLoopRanges();
      for (int64_t size : ArrayRef(poolRanges).drop_front(result.size()))
        problem.window *= size;
    }
    problem.rows = 1;
    unsigned rowDim = 0;
    for (auto [dim, size] : llvm::enumerate(result.drop_back()))
      if (size > 1) {
        problem.rows = size;
        rowDim = dim;
      }
    if (problem.rows > 1)
      problem.rowBytes = getRowBytes(layout.contraction.activation, rowDim);
    findLines(layout.contraction.activation, result, rowDim, problem);
    problem.outer =
        ShapedType::getNumElements(result.drop_back()) / problem.rows;
    auto bytesOf = [](OpOperand *operand) {
      auto type = cast<ShapedType>(operand->get().getType());
      return type.getNumElements() * type.getElementTypeBitWidth() / 8;
    };
    problem.weightBytes = bytesOf(layout.contraction.weight);
    problem.channelBytes = problem.weightBytes / result.back();
    problem.activationBytes = bytesOf(layout.contraction.activation);
    bool pairs = problem.window % 2 == 0 || problem.rows % 2 == 0;
    problem.savesBytes = objective == CodeObjective::Size;
    problem.bits = getNarrowBits(op);
    if (objective == CodeObjective::Size && problem.bits &&
        isShorterEncoded(layout, countNarrow))
      problem.bits = 0;
    std::tie(problem.dot, problem.group) =
        selectDot(target, layout, problem.bits, pairs);
    while (problem.bits) {
      problem.isCodebook = problem.bits < kTableBits || !fitsInt4(layout);
      auto dense = selectDot(target, layout, /*bits=*/0, pairs);
      StringRef obstacle =
          findNarrowObstacle(target, layout, problem, dense.first);
      if (obstacle.empty())
        break;
      remarkMissed(op, "nnq-select-strategy", obstacle);
      ++unpacked;
      // The next more bits that there are kernels of.
      problem.bits = problem.bits < kTableBits ? kTableBits : 0;
      problem.isCodebook = false;
      std::tie(problem.dot, problem.group) =
          selectDot(target, layout, problem.bits, pairs);
    }
    if (objective == CodeObjective::Latency && isSlowLookup(problem)) {
      remarkMissed(op, "nnq-select-strategy",
                   "to look its numbers up takes longer than to read them as 8 "
                   "bits; objective=size keeps " +
                       std::to_string(problem.bits) + " bits");
      ++unpacked;
      problem.bits = 0;
      problem.isCodebook = false;
      std::tie(problem.dot, problem.group) =
          selectDot(target, layout, /*bits=*/0, pairs);
    }
    if (problem.dot == DotKind::None) {
      ++withoutDot;
      remarkMissed(op, "nnq-select-strategy",
                   "no dot instruction of the target multiplies these types");
    }
    layout.mergeGroups(getWidestLanes(target, problem.dot));
    problem.channels = layout.getGroupChannels();
    if (layout.contraction.groupLoop)
      problem.groupSteps =
          llvm::divideCeil(layout.getRunLength(), getPartSize(problem.dot));
    KernelEstimate dense = estimateKernel(target, layout, problem);
    std::string reason;
    KernelEstimate direct =
        chooseSparse(target, layout, problem, dense, reason);
    SparseKind skipped = direct.kernel.getSparse();
    auto countPlaced = [&](const ConstantData &weights) {
      double kept = hasWindows(skipped) ? 1 - getZeroShare(weights) : 1.0;
      return getStoredBytes(skipped) * kept;
    };
    if (objective == CodeObjective::Size && selectsPlaces(skipped) &&
        isShorterEncoded(layout, countPlaced))
      direct = dense;
    if (KernelEstimate matrices = chooseMatrices(layout, target, problem);
        matrices.kernel && direct.kernel.getSparse() == SparseKind::None &&
        matrices.cycles < direct.cycles) {
      ++ofMatrices;
      direct = matrices;
    }
    KernelAttr kernel = direct.kernel;
    // Transformed weights are more and wider numbers.
    KernelAttr better;
    if (objective != CodeObjective::Size)
      better = selectWinograd(layout, target, problem, direct.cycles);
    if (better) {
      ++transformed;
      kernel = better;
    } else if (kernel.getSparse() != SparseKind::None) {
      ++sparse;
    }
    if (!reason.empty()) {
      ++unskipped;
      remarkMissed(op, "nnq-select-strategy", reason);
    }
    op->setAttr(kKernelAttr, kernel);
    ++kernels;
  }

  /// Matrices in registers, where the target has them and the problem is one
  /// for them; they store no weights of fewer bits.
  KernelEstimate chooseMatrices(const ContractionLayout &layout,
                                TargetAttr target,
                                const KernelProblem &problem) {
    if (problem.dot != DotKind::VPDPBUSD || problem.bits ||
        problem.window != 1 || problem.groupSteps || !problem.rowBytes ||
        objective == CodeObjective::Size || !multipliesMatrices(target))
      return {};
    linalg::LinalgOp op = layout.contraction.op;
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    int64_t steps = 1;
    for (unsigned loop : layout.outerReductions)
      steps *= ranges[loop];
    return nnq::chooseMatrices(target, problem, layout.runLength, steps);
  }

  /// F(m x m, 3 x 3) where it takes fewer than `cycles`.
  KernelAttr selectWinograd(const ContractionLayout &layout, TargetAttr target,
                            const KernelProblem &problem, double cycles) {
    bool isInteger = problem.dot == DotKind::VPMADDWD ||
                     problem.dot == DotKind::VPMADDUBSW ||
                     problem.dot == DotKind::VPDPBUSD;
    if (!isInteger || problem.window != 1 || problem.bits)
      return {};
    std::string reason;
    FailureOr<WinogradProblem> winograd = WinogradProblem::get(layout, reason);
    if (failed(winograd))
      return {};
    int64_t threads =
        getNumThreads(getOperation()->getParentOfType<ModuleOp>());
    return chooseWinograd(target, *winograd, threads, cycles);
  }

  /// Products of two activations, the second of which is packed at run time.
  void selectProduct(linalg::GenericOp op, TargetAttr target) {
    FailureOr<ActivationProduct> product = ActivationProduct::match(op);
    if (failed(product)) {
      remarkMissed(op, "nnq-select-strategy",
                   "a product whose first activation is not read along rows, "
                   "or whose second does not run along the result");
      return selectReduction(op, target);
    }
    AffineMap y = op.getIndexingMapsArray()[1];
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    KernelProblem problem;
    problem.window = problem.rows = 1;
    for (int64_t loop = static_cast<int64_t>(product->lane) - 1; loop >= 0;
         --loop)
      if (sizes[loop] > 1) {
        if (!y.isFunctionOfDim(loop))
          problem.rows = sizes[loop];
        break;
      }
    problem.channels = sizes[product->lane];
    bool hasVnni = target.getDot() == DotKind::VPDPBUSD;
    bool isBytes = isProductOfBytes(op);
    bool hasDot = isBytes ? hasVnni : isX86(target);
    problem.dot = !hasDot   ? DotKind::None
                  : isBytes ? DotKind::VPDPBUSD
                            : DotKind::VPMADDWD;
    problem.group = getPartSize(problem.dot);
    problem.fusesSum = hasVnni;
    if (!hasDot) {
      ++withoutDot;
      remarkMissed(op, "nnq-select-strategy",
                   "no dot instruction of the target multiplies these types");
    }
    op->setAttr(kKernelAttr, chooseKernel(target, problem));
    ++kernels;
  }

  /// Taps in a border of padding are added up once for `rows` of the result.
  void selectBorder(linalg::GenericOp op, int64_t rows) {
    constexpr int64_t kLeastRows = 4;
    std::optional<DepthwiseBorder> border = DepthwiseBorder::find(op);
    if (!border || rows < kLeastRows)
      return;
    op->setAttr(kBorderAttr, DenseI64ArrayAttr::get(
                                 &getContext(), {border->low, border->high}));
    ++borders;
  }

  /// Reductions of unpacked operands: depthwise convolutions, pools, products
  /// of activations, sums of rows.
  void selectReduction(linalg::GenericOp op, TargetAttr target) {
    ArrayRef<int64_t> shape =
        cast<ShapedType>(op.getResult(0).getType()).getShape();
    ReductionProblem problem;
    problem.accumulatorBits =
        getElementTypeOrSelf(op.getResult(0).getType()).getIntOrFloatBitWidth();
    bool isFloat =
        isa<FloatType>(getElementTypeOrSelf(op.getResult(0).getType()));
    problem.dot =
        isFloat && isMultiplyAddBody(op) ? DotKind::FMA : DotKind::None;
    int64_t lane = -1;
    for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
      if (shape[dim] == 1)
        continue;
      if (lane >= 0) {
        problem.rows = shape[dim];
        break;
      }
      lane = dim;
      problem.channels = shape[dim];
    }
    if (lane >= 0)
      for (OpOperand *operand : op.getDpsInputOperands())
        problem.broadcasts |=
            op.payloadUsesValueFromOperand(operand) &&
            !op.getMatchingIndexingMap(operand).isFunctionOfDim(lane);
    if (isPairedDepthwise(op, target, lane)) {
      problem.dot = DotKind::VPMADDWD;
      problem.group = 2;
      selectBorder(op, problem.rows);
    }
    op->setAttr(kKernelAttr, chooseReduction(target, problem));
    ++kernels;
  }
};
} // namespace
