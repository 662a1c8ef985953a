//===- ConstantPoolTest.cpp -----------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/MLIRContext.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace nnq;

namespace {
TEST(ConstantPool, KeepsEqualBytesOnce) {
  MLIRContext context;
  context.loadDialect<NNQDialect>();
  Builder b(&context);
  auto bytes = RankedTensorType::get({4}, b.getI8Type());
  auto words = RankedTensorType::get({2}, b.getI16Type());
  std::vector<char> data{1, 2, 3, 4}, same = data, other{1, 2, 3, 5};
  auto first = makeResource(bytes, "w", data);
  EXPECT_EQ(first, makeResource(bytes, "v", same));
  EXPECT_TRUE(first.getRawHandle() ==
              makeResource(words, "v", same).getRawHandle());
  auto second = makeResource(bytes, "w", other);
  EXPECT_FALSE(first.getRawHandle() == second.getRawHandle());
  EXPECT_EQ(second.getRawHandle().getBlob()->getData(), ArrayRef<char>(other));
}

TEST(ConstantPool, IsNotNeeded) {
  MLIRContext context;
  Builder b(&context);
  auto type = RankedTensorType::get({2}, b.getI8Type());
  std::vector<char> data{1, 2};
  EXPECT_EQ(makeResource(type, "w", data).getRawHandle().getBlob()->getData(),
            ArrayRef<char>(data));
}
} // namespace
