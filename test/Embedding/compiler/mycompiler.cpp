//===- mycompiler.cpp - An opt tool that takes patterns of nnq ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Compress/Quantize/Transforms.h"
#include "nnq/Import/Passes.h"
#include "nnq/InitAll.h"
#include "nnq/Pipeline/Pipelines.h"
#include "nnq/Support/Rewrite.h"

using namespace mlir;

namespace {

/// Its own: x * x in place of linalg.square.
struct ExpandSquare : public OpRewritePattern<linalg::SquareOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::SquareOp op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getInputs().front();
    rewriter.replaceOpWithNewOp<linalg::MulOp>(op, ValueRange{x, x},
                                               op.getOutputs());
    return success();
  }
};

struct MyExpand : public PassWrapper<MyExpand, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(MyExpand)
  StringRef getArgument() const final { return "my-expand"; }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandSquare>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

/// Patterns of nnq, one by one, in a pass of its own.
struct MyQuantize : public PassWrapper<MyQuantize, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(MyQuantize)
  StringRef getArgument() const final { return "my-quantize"; }

  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<nnq::NNQDialect, quant::QuantDialect>();
  }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    nnq::LayerFormat format;
    format.weightGranularity = nnq::WeightGranularity::PerTensor;
    nnq::populateQuantizeLayersPatterns(patterns, format);
    nnq::populatePropagateQuantizationPatterns(patterns);
    if (failed(nnq::applyPatternsWithoutFolding(getOperation(),
                                                std::move(patterns))))
      signalPassFailure();
  }
};

struct MyOptions : public PassPipelineOptions<MyOptions> {
  Option<std::string> data{*this, "data", llvm::cl::desc("Samples")};
};

/// Its own pass manager: passes of both, in the order that it wants.
void buildMyPipeline(OpPassManager &pm, const MyOptions &options) {
  pm.addPass(std::make_unique<MyExpand>());
  nnq::buildImportPipeline(pm);
  nnq::CalibrateOptions calibrate;
  calibrate.data = options.data;
  pm.addPass(nnq::createCalibrate(calibrate, nnq::buildCalibrationPipeline));
  pm.addPass(std::make_unique<MyQuantize>());
  pm.addPass(createCSEPass());
  pm.addPass(nnq::createVerifyQuantized());
}

} // namespace

int main(int argc, char **argv) {
  nnq::registerAllPasses();
  PassPipelineRegistration<MyOptions>("my-compiler", "Quantize in its own way",
                                      buildMyPipeline);
  DialectRegistry registry;
  nnq::registerAllDialects(registry);
  return asMainReturnCode(
      MlirOptMain(argc, argv, "A compiler with nnq in it\n", registry));
}
