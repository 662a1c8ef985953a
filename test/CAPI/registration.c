/* The dialect and the passes in a context of MLIR's own C API.

RUN: nnq-capi-registration | FileCheck %s
*/
#include "nnq-c/Registration.h"

#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/IR.h"
#include "mlir-c/Pass.h"

#include <stdio.h>

static void print(MlirStringRef text, void *userData) {
  (void)userData;
  fwrite(text.data, 1, text.length, stdout);
}

static MlirStringRef get(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

int main(void) {
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  nnqRegisterAllDialects(registry);
  MlirContext context = mlirContextCreateWithRegistry(registry, true);
  mlirDialectRegistryDestroy(registry);
  MlirDialectHandle handle = mlirGetDialectHandle__nnq__();
  MlirDialect dialect = mlirDialectHandleLoadDialect(handle, context);
  print(mlirDialectGetNamespace(dialect), NULL);
  printf("\n");
  /* CHECK: nnq
   */

  nnqRegisterAllPasses();
  MlirModule module = mlirModuleCreateParse(
      context, get("func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {\n"
                   "  return %x : tensor<2xf32>\n"
                   "}"));
  MlirPassManager pm = mlirPassManagerCreate(context);
  MlirLogicalResult parsed = mlirParsePassPipeline(
      mlirPassManagerGetAsOpPassManager(pm),
      get("builtin.module(import,lower-to-llvm{target=x86-64-v3})"), print,
      NULL);
  if (mlirLogicalResultIsFailure(parsed) ||
      mlirLogicalResultIsFailure(
          mlirPassManagerRunOnOp(pm, mlirModuleGetOperation(module))))
    return 1;
  mlirOperationPrint(mlirModuleGetOperation(module), print, NULL);
  /* CHECK: llvm.func @f(
   */
  mlirPassManagerDestroy(pm);
  mlirModuleDestroy(module);
  mlirContextDestroy(context);
  return 0;
}
