//===- LowerTosa.cpp - From TOSA to linalg on tensors ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"

#include "mlir/Conversion/TosaToArith/TosaToArith.h"
#include "mlir/Conversion/TosaToLinalg/TosaToLinalg.h"
#include "mlir/Conversion/TosaToSCF/TosaToSCF.h"
#include "mlir/Conversion/TosaToTensor/TosaToTensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Transforms/Passes.h"
#include "mlir/Transforms/DialectConversion.h"

namespace nnq {
#define GEN_PASS_DEF_LOWERTOSA
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct LowerTosa : public nnq::impl::LowerTosaBase<LowerTosa> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    TypeConverter converter;
    tosa::populateTosaTypeConversion(converter);
    RewritePatternSet patterns(context);
    tosa::populateTosaDecomposeTransposeConv(context, patterns);
    TosaToLinalgNamedOptions options;
    tosa::populateTosaToLinalgNamedConversionPatterns(converter, &patterns,
                                                      options);
    tosa::populateTosaToLinalgConversionPatterns(converter, &patterns);
    tosa::populateTosaToArithConversionPatterns(&patterns);
    tosa::populateTosaRescaleToArithConversionPatterns(&patterns,
                                                       /*include32Bit=*/true);
    tosa::populateTosaToTensorConversionPatterns(converter, &patterns);
    tosa::populateTosaToSCFConversionPatterns(&patterns);

    // Operators without a conversion are left over, for the edge of the stage
    // to list. What is legal is not folded either.
    ConversionTarget target(*context);
    for (Dialect *dialect : context->getLoadedDialects())
      if (!isa<tosa::TosaDialect>(dialect))
        target.addLegalDialect(dialect->getNamespace());
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      return signalPassFailure();
    getOperation()->walk([](tosa::ConstShapeOp op) {
      if (op->use_empty())
        op->erase();
    });
  }
};
} // namespace
