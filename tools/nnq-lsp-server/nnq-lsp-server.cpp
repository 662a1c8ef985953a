//===- nnq-lsp-server.cpp - Language server -------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "nnq/InitAll.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  nnq::registerAllDialects(registry);
  return failed(mlir::MlirLspServerMain(argc, argv, registry));
}
