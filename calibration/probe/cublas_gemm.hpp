#pragma once
// One matrix product as cublasLt does it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <cublasLt.h>

#include "calibration/probe/device.hpp"
#include "calibration/probe/kernels.hpp"

namespace probe {

/// C (m x n) = A (m x k) B^T with B (n x k), all row by row: a linear layer as frameworks call it.
/// With a batch, so many products of the same size, one behind another.
struct GemmShape {
  Format format = Format::bfloat16;
  std::int64_t batch = 1;
  std::int64_t m = 1;
  std::int64_t n = 1;
  std::int64_t k = 1;
};

/// Bytes that a product reads and writes. fp8 gives bfloat16; the others their own format.
struct GemmBytes {
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t c = 0;
};
[[nodiscard]] GemmBytes gemm_bytes(const GemmShape& shape);

/// The library, with the workspace that its kernels share. Not for two streams at a time.
class CublasLt {
 public:
  CublasLt();

  [[nodiscard]] cublasLtHandle_t handle() const { return handle_.get(); }
  [[nodiscard]] const DeviceBuffer& workspace() const { return workspace_; }

 private:
  struct Destroy {
    void operator()(cublasLtContext* handle) const;
  };
  std::unique_ptr<cublasLtContext, Destroy> handle_;
  DeviceBuffer workspace_;
};

/// Where the operands of a product lie; each at a multiple of 16 bytes.
struct GemmOperands {
  const std::byte* a = nullptr;
  const std::byte* b = nullptr;
  std::byte* c = nullptr;
};

class CublasGemm {
 public:
  /// Asks the library for its `candidates_most` best kernels. fp8 uses fast accumulation, as
  /// frameworks do in the forward pass, and scales of 1. Throws Unsupported if there are none.
  CublasGemm(const CublasLt& library, const GemmShape& shape, int candidates_most);

  [[nodiscard]] std::size_t candidates() const { return candidates_.size(); }

  /// The kernel that launch() uses from now on: number 0, the default, unless told.
  void choose(std::size_t candidate) { chosen_ = candidate; }

  void launch(const GemmOperands& operands, cudaStream_t stream) const;

 private:
  struct DestroyOperation {
    void operator()(cublasLtMatmulDescOpaque_t* operation) const;
  };
  struct DestroyLayout {
    void operator()(cublasLtMatrixLayoutOpaque_t* layout) const;
  };
  using Operation = std::unique_ptr<cublasLtMatmulDescOpaque_t, DestroyOperation>;
  using Layout = std::unique_ptr<cublasLtMatrixLayoutOpaque_t, DestroyLayout>;

  static Operation make_operation(Format format);
  static Layout make_layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns,
                            std::int64_t batch);

  const CublasLt* library_;
  Operation operation_;
  Layout a_;
  Layout b_;
  Layout c_;
  std::vector<cublasLtMatmulHeuristicResult_t> candidates_;
  std::size_t chosen_ = 0;
};

}  // namespace probe
