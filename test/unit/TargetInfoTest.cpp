//===- TargetInfoTest.cpp -------------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/TargetInfo.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/TargetParser/Host.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace nnq;

namespace {
class TargetInfo : public testing::Test {
protected:
  TargetInfo() {
    context.loadDialect<NNQDialect>();
    context.getDiagEngine().registerHandler([this](Diagnostic &diag) {
      errors.push_back(diag.str());
      return success();
    });
  }

  TargetAttr make(const TargetSpec &spec) {
    FailureOr<TargetAttr> target = makeTarget(
        &context, spec, [&] { return emitError(UnknownLoc::get(&context)); });
    return succeeded(target) ? *target : TargetAttr();
  }

  void expect(StringRef name, unsigned bits, unsigned registers, DotKind dot) {
    TargetAttr target = make({name.str(), "", "", ""});
    ASSERT_TRUE(target) << name.str();
    EXPECT_EQ(target.getVectorBits(), bits) << name.str();
    EXPECT_EQ(target.getVectorRegisters(), registers) << name.str();
    EXPECT_EQ(target.getDot(), dot) << name.str();
  }

  void expectError(const TargetSpec &spec, StringRef message) {
    errors.clear();
    EXPECT_FALSE(make(spec));
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_NE(errors[0].find(message), std::string::npos) << errors[0];
  }

  MLIRContext context;
  std::vector<std::string> errors;
};
} // namespace

TEST_F(TargetInfo, ShortNames) {
  expect("x86-64", 128, 16, DotKind::VPMADDWD);
  expect("x86-64-v2", 128, 16, DotKind::VPMADDWD);
  expect("x86-64-v3", 256, 16, DotKind::VPMADDWD);
  expect("x86-64-v4", 512, 32, DotKind::VPMADDWD);
  expect("x86-64-v4+avx512vnni", 512, 32, DotKind::VPDPBUSD);
  expect("x86-64-v3+avxvnni", 256, 16, DotKind::VPDPBUSD);
  expect("znver3", 256, 16, DotKind::VPMADDWD);
  expect("znver4", 512, 32, DotKind::VPDPBUSD);
  expect("alderlake", 256, 16, DotKind::VPDPBUSD);
  expect("aarch64", 128, 32, DotKind::SMULL);
  expect("aarch64+dotprod", 128, 32, DotKind::SDOT);
  expect("aarch64+dotprod+i8mm", 128, 32, DotKind::SMMLA);
  expect("aarch64+sve", 128, 32, DotKind::SMULL);
  expect("cortex-a76", 128, 32, DotKind::SDOT);
}

TEST_F(TargetInfo, UnitsOf512Bits) {
  auto hasTwo = [&](StringRef name, StringRef features = "") {
    TargetAttr target = make({name.str(), "", "", features.str()});
    return target && hasTwoWideUnits(target);
  };
  EXPECT_TRUE(hasTwo("skylake-avx512"));
  EXPECT_TRUE(hasTwo("icelake-server"));
  EXPECT_TRUE(hasTwo("sapphirerapids"));
  EXPECT_TRUE(hasTwo("znver5"));
  // A cpu that LLVM does not know is what its features say.
  EXPECT_TRUE(hasTwo("x86-64-v4+avx512vnni+avxvnni"));
  EXPECT_FALSE(hasTwo("x86-64-v4"));
  EXPECT_FALSE(hasTwo("znver4"));
  EXPECT_FALSE(hasTwo("icelake-client"));
  // Without registers of 512 bits.
  EXPECT_FALSE(hasTwo("alderlake"));
  EXPECT_FALSE(hasTwo("sapphirerapids", "-avx512f"));
  EXPECT_FALSE(hasTwo("aarch64"));
}

TEST_F(TargetInfo, NativeIsThisMachine) {
  TargetAttr native = make({"native", "", "", ""});
  ASSERT_TRUE(native);
  EXPECT_EQ(native, make({}));
  EXPECT_EQ(native.getTriple().getValue(), llvm::sys::getDefaultTargetTriple());
  EXPECT_TRUE(runsOnHost(native));
}

TEST_F(TargetInfo, PartsOverride) {
  TargetAttr target =
      make({"x86-64-v2", "aarch64-unknown-linux-gnu", "cortex-a55", "+i8mm"});
  ASSERT_TRUE(target);
  EXPECT_EQ(target.getTriple().getValue(), "aarch64-unknown-linux-gnu");
  EXPECT_EQ(target.getCpu().getValue(), "cortex-a55");
  EXPECT_EQ(target.getFeatures().getValue(), "+i8mm,+dotprod");
  EXPECT_EQ(target.getDot(), DotKind::SMMLA);

  // A cpu alone tells its architecture; a feature may be taken away.
  TargetAttr arm = make({"", "", "neoverse-n1", ""});
  ASSERT_TRUE(arm);
  EXPECT_TRUE(arm.getTriple().getValue().starts_with("aarch64"));
  TargetAttr narrow = make({"znver4", "", "", "-avx512f"});
  ASSERT_TRUE(narrow);
  EXPECT_EQ(narrow.getVectorBits(), 256u);
}

TEST_F(TargetInfo, ErrorsNameTheValueAndItsNeighbours) {
  expectError({"znvr4", "", "", ""}, "unknown target 'znvr4'");
  expectError({"znvr4", "", "", ""}, "did you mean 'znver4'");
  expectError({"x86-64-v3+avxvnn", "", "", ""}, "did you mean 'avxvnni'?");
  expectError({"aarch64", "", "cortex-a760", ""},
              "unknown cpu 'cortex-a760' for aarch64; did you mean");
  expectError({"", "", "nosuch", ""}, "unknown cpu 'nosuch'");
  expectError({"", "klingon-unknown-linux", "", ""},
              "unknown triple 'klingon-unknown-linux'");
  expectError({"x86-64-v3", "", "", "fma"}, "must start with '+' or '-'");
}

TEST_F(TargetInfo, OtherMachinesDoNotRunHere) {
  bool isX86 =
      StringRef(llvm::sys::getDefaultTargetTriple()).starts_with("x86_64");
  TargetAttr other = make({isX86 ? "aarch64" : "x86-64", "", "", ""});
  ASSERT_TRUE(other);
  EXPECT_FALSE(runsOnHost(other));
}

TEST_F(TargetInfo, WhatDoesNotComputeIsNoObstacle) {
  // The name stands for a whole cpu, of which a hypervisor may hide parts; only
  // those that code would use count, and the native target names them.
  TargetAttr native = make({});
  TargetAttr named = make({llvm::sys::getHostCPUName().str(), "", "", ""});
  ASSERT_TRUE(native);
  ASSERT_TRUE(named);
  bool hides = native.getFeatures().getValue().contains('-');
  EXPECT_EQ(runsOnHost(named), !hides) << native.getFeatures().str();
}

TEST_F(TargetInfo, FeaturesOfThisMachine) {
  if (!StringRef(llvm::sys::getDefaultTargetTriple()).starts_with("x86_64"))
    GTEST_SKIP() << "x86 only";
  TargetAttr system = make({"x86-64", "", "", "+sgx,+pku,+shstk,+rdpru,+sha"});
  ASSERT_TRUE(system);
  EXPECT_TRUE(runsOnHost(system));
  // No machine has both.
  TargetAttr vectors = make({"x86-64", "", "", "+xop,+avx512fp16"});
  ASSERT_TRUE(vectors);
  EXPECT_FALSE(runsOnHost(vectors));
}
