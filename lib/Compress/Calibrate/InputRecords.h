//===- InputRecords.h - Statistics of inputs as JSON ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_CALIBRATE_INPUTRECORDS_H
#define NNQ_LIB_COMPRESS_CALIBRATE_INPUTRECORDS_H

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "llvm/Support/JSON.h"

namespace nnq {

/// Adds the attributes of an object: shapes, and f32 in base64, little endian.
void writeInputStats(llvm::json::OStream &json, InputStatsAttr stats);

/// On failure `error` says what is missing or wrong.
mlir::FailureOr<InputStatsAttr> parseInputStats(const llvm::json::Object &json,
                                                mlir::MLIRContext *context,
                                                std::string &error);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_CALIBRATE_INPUTRECORDS_H
