//===- RunPipeline.h - Pipelines as text, with progress ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_CAPI_RUNPIPELINE_H
#define NNQ_LIB_CAPI_RUNPIPELINE_H

#include "Host.h"

namespace nnq {

enum class PipelineResult { Done, Failed };

/// Failure if there is no such pipeline, which leaves the module as it is.
mlir::FailureOr<PipelineResult>
runPipeline(const Host &host, mlir::ModuleOp module, llvm::StringRef pipeline);

} // namespace nnq

#endif // NNQ_LIB_CAPI_RUNPIPELINE_H
