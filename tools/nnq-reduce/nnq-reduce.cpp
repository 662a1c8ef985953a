//===- nnq-reduce.cpp - Test case reducer ---------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"
#include "nnq/InitAll.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  nnq::registerAllPasses();
  mlir::DialectRegistry registry;
  nnq::registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  return failed(mlir::mlirReduceMain(argc, argv, context));
}
