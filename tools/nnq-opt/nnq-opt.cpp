//===- nnq-opt.cpp - The developer tool -----------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "nnq/InitAll.h"
#include "nnq/Pipeline/Driver.h"
#include "llvm/Support/CommandLine.h"

/// The note that prints the op of an error, which may be the whole network,
/// would bury the error; --mlir-print-op-on-diagnostic asks for it.
static void leaveOpsOutOfErrors() {
  mlir::registerMLIRContextCLOptions();
  llvm::cl::Option *option =
      llvm::cl::getRegisteredOptions().lookup("mlir-print-op-on-diagnostic");
  if (auto *prints = dynamic_cast<llvm::cl::opt<bool> *>(option))
    prints->setInitialValue(false);
}

int main(int argc, char **argv) {
  nnq::returnMemoryEarly();
  mlir::registerAllPasses();
  nnq::registerAllPasses();
  leaveOpsOutOfErrors();
  mlir::DialectRegistry registry;
  nnq::registerAllDialects(registry);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "nnq network compiler\n", registry));
}
