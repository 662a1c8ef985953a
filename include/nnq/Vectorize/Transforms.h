//===- Transforms.h - Patterns of the Vectorize stage -----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_VECTORIZE_TRANSFORMS_H
#define NNQ_VECTORIZE_TRANSFORMS_H

#include "mlir/IR/PatternMatch.h"

namespace nnq {

/// vector.contract of `vector<4xi8>` (zero-extended) and `vector<Lx4xi8>`
/// (sign-extended) into `vector<Lxi32>` to vpdpbusd, for L of 4, 8 and 16.
/// Needs AVX512-VNNI (with VL for L < 16) or AVX-VNNI (L < 16).
void populateContractToVpdpbusdPatterns(mlir::RewritePatternSet &patterns);

/// vector.contract of `vector<2xi16>` and `vector<Lx2xi8>` or `vector<Lx2xi16>`
/// (both sign-extended) into `vector<Lxi32>` to vpmaddwd and vpaddd, for L of 4
/// (SSE2), 8 (AVX2) and 16 (AVX512BW). Exact: the sum of two products of 16
/// bits wraps around in 32 bits as the contraction does.
void populateContractToVpmaddwdPatterns(mlir::RewritePatternSet &patterns);

/// vector.contract of `vector<Px4xi8>` (zero-extended) and `vector<PxLx4xi8>`
/// (sign-extended) into `vector<Lxi32>`, with the attribute `nnq.fits_i16`, to
/// P times vpmaddubsw whose results are added up before vpmaddwd widens them,
/// for L of 4 (SSSE3), 8 (AVX2) and 16 (AVX512BW). Exact only where the
/// attribute tells the truth: vpmaddubsw saturates. So are contractions of
/// `vector<2x2xi8>` and `vector<Lx2x2xi8>` into `vector<Lx2xi16>`, and sums of
/// the pairs of `vector<Lx2xi16>` in `vector<Lxi32>` by vpmaddwd.
void populateContractToVpmaddubswPatterns(mlir::RewritePatternSet &patterns);

/// vector.contract of `vector<Px2xi8>` and `vector<Px4x2xi8>` (both
/// sign-extended) into `vector<4xi32>` to smull and P - 1 times smlal, which
/// add up in 16 bits, and sadalp, which widens. `nnq.fits_i16` tells that 16
/// bits hold the sums. So are contractions of `vector<2x1xi8>` and
/// `vector<4x2x1xi8>` into `vector<4x2xi16>`, and sums of these pairs in
/// `vector<4xi32>`.
void populateContractToSmullPatterns(mlir::RewritePatternSet &patterns);

/// vector.contract of `vector<4xi8>` and `vector<4x4xi8>` (both sign-extended)
/// into `vector<4xi32>` to sdot. Needs dotprod.
void populateContractToSdotPatterns(mlir::RewritePatternSet &patterns);

/// vector.contract of `vector<2x8xi8>` and `vector<2x8xi8>` (both
/// sign-extended) into `vector<2x2xi32>` to smmla. Needs i8mm.
void populateContractToSmmlaPatterns(mlir::RewritePatternSet &patterns);

/// nnq.lookup to vpshufb, of 16, 32 or 64 indices at a time as `vectorBits`
/// hold. Needs SSSE3, AVX2 or AVX512BW.
void populateLookupToVpshufbPatterns(mlir::RewritePatternSet &patterns,
                                     int64_t vectorBits);

/// nnq.lookup of 64 indices in a table of 32 to vpermb. Needs AVX512VBMI.
void populateLookupToVpermbPatterns(mlir::RewritePatternSet &patterns);

/// nnq.lookup to tbl, of 16 indices at a time.
void populateLookupToTblPatterns(mlir::RewritePatternSet &patterns);

/// arith.fptosi of math.roundeven of `vector<Lxf32>` to cvtps2dq, for L of 4,
/// 8 (AVX) and 16 (AVX512F). Relies on the default rounding mode of the C
/// environment, as all of LLVM does. Values must be in the range of i32, as
/// fptosi demands. Vectors of several registers of `vectorBits` are converted
/// one by one.
void populateRoundToCvtps2dqPatterns(mlir::RewritePatternSet &patterns,
                                     int64_t vectorBits);

/// arith.trunci to i16 or i8 of numbers bounded to 16 bits, out of a shuffle of
/// two vectors of L i32 by fours, to packssdw, for L of 4 (SSE2), 8 (AVX2) and
/// 16 (AVX512BW) that fit in `vectorBits`; with registers of 512 bits also to
/// i8 of numbers bounded to bytes, out of four vectors of 16 side by side, to
/// packssdw and packuswb or packsswb.
void populateNarrowToPackssdwPatterns(mlir::RewritePatternSet &patterns,
                                      int64_t vectorBits);

} // namespace nnq

#endif // NNQ_VECTORIZE_TRANSFORMS_H
