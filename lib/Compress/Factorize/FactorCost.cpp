//===- FactorCost.cpp - Estimated time of layers in a row -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "FactorCost.h"
#include "nnq/Vectorize/LayerCost.h"

using namespace mlir;
using namespace nnq;

double nnq::estimateCycles(TargetAttr target, const FactorPlan &plan) {
  double sum = 0;
  for (const FactorStep &step : plan.steps) {
    llvm::BitVector sums(step.sizes.size());
    sums.set(step.numParallel, step.sizes.size());
    sum += estimateLayerCycles(
        target, {step.sizes, sums, step.activationMap, step.weightMap});
  }
  return sum;
}
