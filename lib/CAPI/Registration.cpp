//===- Registration.cpp - nnq for users of the C API of MLIR --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq-c/Registration.h"

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/InitAll.h"

MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(NNQ, nnq, nnq::NNQDialect)

void nnqRegisterAllDialects(MlirDialectRegistry registry) {
  nnq::registerAllDialects(*unwrap(registry));
}

void nnqRegisterAllPasses(void) { nnq::registerAllPasses(); }
