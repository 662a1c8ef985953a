//===- ListPipelines.cpp - Pipelines with their options -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Host.h"

#include "nnq/Pipeline/Pipelines.h"
#include "llvm/Support/JSON.h"

using namespace nnq;

void nnqListPipelines(NnqWriteCallback write, void *userData) {
  CallbackStream(write, userData) << llvm::json::Value(llvm::json::Object{
      {"version", NNQ_VERSION}, {"pipelines", describePipelines()}});
}

const char *nnqVersion(void) { return NNQ_VERSION; }
