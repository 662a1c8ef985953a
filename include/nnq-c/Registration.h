/*===- Registration.h - nnq for users of the C API of MLIR
-----------------===*\
|*
|* Part of the nnq project.
|*
|* nnq-c/nnq.h needs none of this: it is for programs that hold an MlirContext.
|* They link libMLIR.so as libnnq.so does; MLIR's C API must come from libraries
|* that do so, too.
|*
\*===----------------------------------------------------------------------===*/

#ifndef NNQ_C_REGISTRATION_H
#define NNQ_C_REGISTRATION_H

#include "nnq-c/Support.h"

#include "mlir-c/IR.h"

#ifdef __cplusplus
extern "C" {
#endif

/* mlirGetDialectHandle__nnq__() */
MLIR_DECLARE_CAPI_DIALECT_REGISTRATION(NNQ, nnq);

/* The nnq dialect, and every dialect and extension that its passes need. */
NNQ_EXPORT void nnqRegisterAllDialects(MlirDialectRegistry registry);

/* Every pass and pipeline of nnq, for pipelines given as text. */
NNQ_EXPORT void nnqRegisterAllPasses(void);

#ifdef __cplusplus
}
#endif

#endif /* NNQ_C_REGISTRATION_H */
