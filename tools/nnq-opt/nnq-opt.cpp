//===- nnq-opt.cpp - The developer tool -----------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "nnq/InitAll.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  nnq::registerAllPasses();
  mlir::DialectRegistry registry;
  nnq::registerAllDialects(registry);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "nnq network compiler\n", registry));
}
