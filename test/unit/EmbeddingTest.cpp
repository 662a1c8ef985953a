//===- EmbeddingTest.cpp - nnq as a part of another compiler --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nnq/Compress/Quantize/Transforms.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/InitAll.h"
#include "nnq/Lower/Transforms.h"
#include "nnq/Pipeline/Pipelines.h"
#include "nnq/Runtime/CompiledModel.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Vectorize/Transforms.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace {
/// What a compiler that embeds nnq starts with.
struct Embedding : public testing::Test {
  Embedding() {
    DialectRegistry registry;
    nnq::registerAllDialects(registry);
    context.appendDialectRegistry(registry);
  }
  MLIRContext context;
};
} // namespace

TEST_F(Embedding, RunsPipelines) {
  auto module = parseSourceString<ModuleOp>(R"mlir(
    func.func @layer(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
      %w = arith.constant dense<[[1.0, -2.0], [0.5, 0.5], [2.0, 0.0], [0.0, 1.0]]>
          : tensor<4x2xf32>
      %zero = arith.constant 0.0 : f32
      %empty = tensor.empty() : tensor<1x2xf32>
      %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2xf32>)
          -> tensor<1x2xf32>
      %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>)
          outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
      return %y : tensor<1x2xf32>
    })mlir",
                                            &context);
  ASSERT_TRUE(module);
  PassManager pm(&context);
  nnq::LowerToLLVMOptions options;
  options.target = "native";
  nnq::buildLowerToLLVMPipeline(pm, options);
  ASSERT_TRUE(succeeded(pm.run(*module)));

  auto model = nnq::CompiledModel::jit(*module);
  ASSERT_TRUE(bool(model)) << llvm::toString(model.takeError());
  float x[] = {1, 2, 3, 4};
  float y[2];
  model->run({x}, {y});
  EXPECT_EQ(y[0], 8);
  EXPECT_EQ(y[1], 3);
}

TEST_F(Embedding, TakesOnePattern) {
  auto module = parseSourceString<ModuleOp>(R"mlir(
    #x = affine_map<(lane, k) -> (k)>
    #w = affine_map<(lane, k) -> (lane, k)>
    #y = affine_map<(lane, k) -> (lane)>
    func.func @dot(%x: vector<4xi8>, %w: vector<16x4xi8>,
                   %y: vector<16xi32>) -> vector<16xi32> {
      %xe = arith.extui %x : vector<4xi8> to vector<4xi32>
      %we = arith.extsi %w : vector<16x4xi8> to vector<16x4xi32>
      %0 = vector.contract {indexing_maps = [#x, #w, #y],
                            iterator_types = ["parallel", "reduction"],
                            kind = #vector.kind<add>} %xe, %we, %y
          : vector<4xi32>, vector<16x4xi32> into vector<16xi32>
      return %0 : vector<16xi32>
    })mlir",
                                            &context);
  ASSERT_TRUE(module);
  context.loadAllAvailableDialects();
  RewritePatternSet patterns(&context);
  nnq::populateContractToVpdpbusdPatterns(patterns);
  ASSERT_TRUE(succeeded(applyPatternsGreedily(*module, std::move(patterns))));
  bool contracts = false;
  module->walk([&](vector::ContractionOp) { contracts = true; });
  EXPECT_FALSE(contracts);
}

TEST_F(Embedding, QuantizesAndLowersByPatterns) {
  auto module = parseSourceString<ModuleOp>(R"mlir(
    func.func @net(%x: tensor<2x4xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
      %w = arith.constant dense<[[1.0, -2.0], [0.5, 0.5], [2.0, 0.0], [0.0, 1.0]]>
          : tensor<4x2xf32>
      %zero = arith.constant 0.0 : f32
      %empty = tensor.empty() : tensor<2x2xf32>
      %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x2xf32>)
          -> tensor<2x2xf32>
      %y = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x2xf32>)
          outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
      %z = linalg.matmul ins(%y, %y : tensor<2x2xf32>, tensor<2x2xf32>)
          outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
      return %y, %z : tensor<2x2xf32>, tensor<2x2xf32>
    })mlir",
                                            &context);
  ASSERT_TRUE(module);
  context.loadAllAvailableDialects();
  auto count = [&](auto isCounted) {
    int found = 0;
    module->walk([&](Operation *op) { found += isCounted(op); });
    return found;
  };
  auto quantize = [&] {
    RewritePatternSet patterns(&context);
    nnq::populateQuantizeLayersPatterns(patterns);
    nnq::populatePropagateQuantizationPatterns(patterns);
    return nnq::applyPatternsWithoutFolding(*module, std::move(patterns));
  };
  // The product of two activations has no weights; twice is as once.
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(succeeded(quantize()));
    EXPECT_EQ(count([](auto *op) { return isa<nnq::DynamicQCastOp>(op); }), 1);
    EXPECT_EQ(count([](auto *op) { return op->hasAttr(nnq::kProvenanceAttr); }),
              1);
  }

  for (auto func : module->getOps<func::FuncOp>()) {
    nnq::LoweredQuantization lowered =
        nnq::lowerQuantization(func, nnq::ActivationStorage::S8);
    EXPECT_EQ(lowered.integerOps, 1u);
    EXPECT_EQ(lowered.floatOps, 0u);
  }
  EXPECT_EQ(count([](auto *op) { return isa<nnq::DynamicDCastOp>(op); }), 0);
}

TEST_F(Embedding, FusesByPatterns) {
  auto module = parseSourceString<ModuleOp>(R"mlir(
    #map = affine_map<(i) -> (i)>
    func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
      %zero = arith.constant 0.0 : f32
      %one = arith.constant 1.0 : f32
      %empty = tensor.empty() : tensor<8xf32>
      %0 = linalg.generic {indexing_maps = [#map, #map],
                           iterator_types = ["parallel"]}
          ins(%x : tensor<8xf32>) outs(%empty : tensor<8xf32>) {
      ^bb0(%in: f32, %out: f32):
        %1 = arith.addf %in, %one : f32
        linalg.yield %1 : f32
      } -> tensor<8xf32>
      %2 = linalg.generic {indexing_maps = [#map, #map],
                           iterator_types = ["parallel"]}
          ins(%0 : tensor<8xf32>) outs(%empty : tensor<8xf32>) {
      ^bb0(%in: f32, %out: f32):
        %3 = arith.maximumf %in, %zero : f32
        linalg.yield %3 : f32
      } -> tensor<8xf32>
      return %2 : tensor<8xf32>
    })mlir",
                                            &context);
  ASSERT_TRUE(module);
  RewritePatternSet patterns(&context);
  nnq::populateFuseElementwisePatterns(patterns);
  nnq::populateFoldReshapesPatterns(patterns);
  nnq::populateHoistMaxPoolPatterns(patterns);
  ASSERT_TRUE(succeeded(applyPatternsGreedily(*module, std::move(patterns))));
  int generics = 0;
  module->walk([&](linalg::GenericOp) { ++generics; });
  EXPECT_EQ(generics, 1);
}
