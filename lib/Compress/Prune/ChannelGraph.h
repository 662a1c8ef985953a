//===- ChannelGraph.h - Which positions shrink together ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_PRUNE_CHANNELGRAPH_H
#define NNQ_LIB_COMPRESS_PRUNE_CHANNELGRAPH_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseMap.h"

namespace nnq {

/// Gives each use of a constant, an empty or a filled tensor one of its own, so
/// that layers do not depend on each other because they share zeros.
void isolateSources(mlir::func::FuncOp function);

/// A dimension of a tensor.
struct TensorDim {
  mlir::Value value;
  unsigned dim = 0;
};

/// A sum over positions that may go, followed by a product with a constant that
/// counts them: the mean of a layer norm.
struct MeanOfPositions {
  mlir::linalg::LinalgOp sum;
  unsigned loop = 0;
  /// The op that multiplies with 1/n, or divides by n.
  mlir::linalg::LinalgOp scale;
};

/// The positions along the dimensions of all tensors of a function, joined
/// where one cannot go without the other. What is joined is a unit: the least
/// that can be removed. Maps of structured ops, reshapes, concatenations, pads
/// and slices say what is joined; there is no table of layers.
class ChannelGraph {
public:
  /// Positions are counted through the whole function.
  using Position = unsigned;

  /// Expects isolated sources.
  explicit ChannelGraph(mlir::func::FuncOp function);

  llvm::ArrayRef<TensorDim> getDims() const { return dims; }
  int64_t getSize(unsigned dim) const { return sizes[dim]; }
  /// The first position of a dimension; the others follow.
  Position getFirst(unsigned dim) const { return firsts[dim]; }
  unsigned getNumPositions() const { return parents.size(); }
  std::optional<unsigned> findDim(mlir::Value value, unsigned dim) const;

  /// The unit that a position belongs to, by one position of it.
  Position getUnit(Position position) const;
  /// Why a unit has to stay; empty if it may go.
  llvm::StringRef getReason(Position unit) const;
  /// The op that is the cause.
  mlir::Operation *getCause(Position unit) const;

  llvm::ArrayRef<MeanOfPositions> getMeans() const { return means; }

private:
  struct Reshape {
    mlir::Operation *op;
    TensorDim flat;
    llvm::SmallVector<TensorDim> split;
  };
  struct Fixed {
    llvm::StringRef reason;
    mlir::Operation *op;
  };

  unsigned addDim(mlir::Value value, unsigned dim);
  void unite(Position a, Position b);
  /// Joins `count` positions from `from` on with those from `offset` on of
  /// another dimension.
  void unite(TensorDim a, int64_t offsetA, TensorDim b, int64_t offsetB,
             int64_t count);
  void unite(TensorDim a, TensorDim b, mlir::Operation *op);
  void fix(TensorDim dim, mlir::Operation *op, llvm::StringRef reason);
  void fixAll(mlir::Value value, mlir::Operation *op, llvm::StringRef reason);
  bool isFixed(TensorDim dim);

  void visit(mlir::Operation *op);
  void visit(mlir::linalg::LinalgOp op);
  void visitCast(mlir::Operation *op);
  void visit(mlir::tensor::PadOp op);
  void visit(mlir::tensor::ExtractSliceOp op);
  void visit(mlir::tensor::InsertSliceOp op);
  void visit(mlir::tensor::ConcatOp op);
  void visitSlice(mlir::Value whole, mlir::Value part,
                  mlir::OffsetSizeAndStrideOpInterface op,
                  const llvm::SmallBitVector &dropped);
  void visitReshape(mlir::Operation *op, mlir::Value flat, mlir::Value split,
                    llvm::ArrayRef<mlir::ReassociationIndices> groups);
  void visitReduction(mlir::linalg::LinalgOp op, unsigned loop);
  bool uniteGroups(mlir::linalg::LinalgOp op, mlir::OpOperand *operand,
                   unsigned dim, mlir::AffineExpr expr);
  void fixLoop(mlir::linalg::LinalgOp op, unsigned loop,
               llvm::StringRef reason);
  void decideReshapes();
  void decide(const Reshape &reshape, unsigned chosen);

  llvm::DenseMap<std::pair<mlir::Value, unsigned>, unsigned> numbers;
  llvm::SmallVector<TensorDim> dims;
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<Position> firsts;
  mutable std::vector<Position> parents;
  llvm::DenseMap<Position, Fixed> fixed;
  llvm::SmallVector<Reshape> reshapes;
  llvm::SmallVector<MeanOfPositions> means;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_CHANNELGRAPH_H
