//===- CompiledModelTest.cpp ----------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Runtime/CompiledModel.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "nnq/InitAll.h"
#include "nnq/Pipeline/Pipelines.h"
#include "nnq/Target/Passes.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace nnq;

namespace {
class CompiledModelTest : public testing::Test {
protected:
  CompiledModelTest() : context(makeRegistry()) {}

  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }

  OwningOpRef<ModuleOp> lower(StringRef text, StringRef target = "native") {
    auto module = parseSourceString<ModuleOp>(text, &context);
    PassManager pm(&context);
    SetTargetOptions options;
    options.target = target.str();
    pm.addPass(createSetTarget(options));
    buildReferencePipeline(pm);
    buildTargetPipeline(pm);
    EXPECT_TRUE(succeeded(pm.run(*module)));
    return module;
  }

  MLIRContext context;
};

struct Seen {
  std::vector<std::pair<int64_t, std::vector<float>>> calls;
};
Seen seen;

void observe(int64_t id, const float *data, int64_t count) {
  seen.calls.emplace_back(id, std::vector<float>(data, data + count));
}

constexpr const char *kDouble = R"mlir(
  func.func @twice(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
    %0 = arith.addf %x, %x : tensor<1x4xf32>
    return %0 : tensor<1x4xf32>
  })mlir";
} // namespace

TEST_F(CompiledModelTest, RunsInThisProcess) {
  auto module = lower(kDouble);
  auto model = CompiledModel::jit(*module);
  ASSERT_TRUE(bool(model)) << llvm::toString(model.takeError());
  EXPECT_EQ(model->signature().entry, "twice");
  EXPECT_EQ(model->signature().inputs[0].str(), "f32[1, 4]");
  float x[] = {1, 2, 3, 4};
  float y[4];
  model->run({x}, {y});
  EXPECT_EQ(y[3], 8);
  EXPECT_EQ(x[3], 4);
}

TEST_F(CompiledModelTest, ObserversAreCalled) {
  auto module = lower(R"mlir(
    func.func @f(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
      %s = tensor.extract_slice %x[0, 1] [2, 2] [1, 1]
        : tensor<2x4xf32> to tensor<2x2xf32>
      nnq.observe %s {id = 7 : i64} : tensor<2x2xf32>
      %0 = arith.addf %x, %x : tensor<2x4xf32>
      nnq.observe %0 {id = 8 : i64} : tensor<2x4xf32>
      return %0 : tensor<2x4xf32>
    })mlir");
  auto model = CompiledModel::jit(
      *module, {{"nnq_observe", reinterpret_cast<void *>(&observe)}});
  ASSERT_TRUE(bool(model)) << llvm::toString(model.takeError());
  float x[] = {1, 2, 3, 4, 5, 6, 7, 8};
  float y[8];
  seen.calls.clear();
  model->run({x}, {y});
  // A part of an array is observed in runs.
  ASSERT_EQ(seen.calls.size(), 3u);
  EXPECT_EQ(seen.calls[0].first, 7);
  EXPECT_EQ(seen.calls[0].second, (std::vector<float>{2, 3}));
  EXPECT_EQ(seen.calls[1].first, 7);
  EXPECT_EQ(seen.calls[1].second, (std::vector<float>{6, 7}));
  EXPECT_EQ(seen.calls[2].first, 8);
  EXPECT_EQ(seen.calls[2].second.back(), 16);
}

TEST_F(CompiledModelTest, RefusesOtherMachines) {
  bool isX86 =
#if defined(__x86_64__)
      true;
#else
      false;
#endif
  auto module = lower(kDouble, isX86 ? "aarch64" : "x86-64");
  auto model = CompiledModel::jit(*module);
  ASSERT_FALSE(bool(model));
  EXPECT_NE(llvm::toString(model.takeError()).find("cannot run"),
            std::string::npos);
}

TEST_F(CompiledModelTest, UnresolvedSymbolIsAnError) {
  auto module = lower(R"mlir(
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      nnq.observe %x {id = 7 : i64} : tensor<4xf32>
      return %x : tensor<4xf32>
    })mlir");
  auto model = CompiledModel::jit(*module);
  ASSERT_FALSE(bool(model));
  EXPECT_NE(llvm::toString(model.takeError()).find("nnq_observe"),
            std::string::npos);
}

TEST_F(CompiledModelTest, LoadingWhatIsNoLibrary) {
  for (const char *path : {"/nonexistent.so", "/etc/passwd"}) {
    auto model = CompiledModel::load(path);
    ASSERT_FALSE(bool(model));
    EXPECT_NE(llvm::toString(model.takeError()).find(path), std::string::npos);
  }
}
