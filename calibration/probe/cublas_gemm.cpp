#include "calibration/probe/cublas_gemm.hpp"

#include "calibration/probe/check.hpp"

namespace probe {

namespace {

// What NVIDIA's documentation recommends for Hopper; frameworks take as much.
constexpr std::size_t workspace_bytes = std::size_t{32} << 20;

struct Types {
  cudaDataType_t operand;
  cudaDataType_t result;
  cublasComputeType_t compute;
  std::size_t operand_bytes;
  std::size_t result_bytes;
};

Types types_of(Format format) {
  switch (format) {
    case Format::float16:
      return {CUDA_R_16F, CUDA_R_16F, CUBLAS_COMPUTE_32F, 2, 2};
    case Format::fp8:
      return {CUDA_R_8F_E4M3, CUDA_R_16BF, CUBLAS_COMPUTE_32F, 1, 2};
    case Format::tf32:
      return {CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32, 4, 4};
    case Format::bfloat16:
      break;
  }
  return {CUDA_R_16BF, CUDA_R_16BF, CUBLAS_COMPUTE_32F, 2, 2};
}

}  // namespace

GemmBytes gemm_bytes(const GemmShape& shape) {
  const Types types = types_of(shape.format);
  const auto elements = [&](std::int64_t rows, std::int64_t columns) {
    return static_cast<std::size_t>(shape.batch * rows * columns);
  };
  return {elements(shape.m, shape.k) * types.operand_bytes,
          elements(shape.n, shape.k) * types.operand_bytes,
          elements(shape.m, shape.n) * types.result_bytes};
}

void CublasLt::Destroy::operator()(cublasLtContext* handle) const {
  cublasLtDestroy(handle);
}

CublasLt::CublasLt() : workspace_{workspace_bytes} {
  cublasLtHandle_t handle = nullptr;
  check(cublasLtCreate(&handle));
  handle_.reset(handle);
}

void CublasGemm::DestroyOperation::operator()(cublasLtMatmulDescOpaque_t* operation) const {
  cublasLtMatmulDescDestroy(operation);
}

void CublasGemm::DestroyLayout::operator()(cublasLtMatrixLayoutOpaque_t* layout) const {
  cublasLtMatrixLayoutDestroy(layout);
}

CublasGemm::Operation CublasGemm::make_operation(Format format) {
  cublasLtMatmulDesc_t made = nullptr;
  check(cublasLtMatmulDescCreate(&made, types_of(format).compute, CUDA_R_32F));
  Operation operation{made};
  const cublasOperation_t transposed = CUBLAS_OP_T;
  const cublasOperation_t as_is = CUBLAS_OP_N;
  check(cublasLtMatmulDescSetAttribute(made, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                       sizeof transposed));
  check(cublasLtMatmulDescSetAttribute(made, CUBLASLT_MATMUL_DESC_TRANSB, &as_is, sizeof as_is));
  if (format == Format::fp8) {
    const std::int8_t fast = 1;
    check(
        cublasLtMatmulDescSetAttribute(made, CUBLASLT_MATMUL_DESC_FAST_ACCUM, &fast, sizeof fast));
  }
  return operation;
}

CublasGemm::Layout CublasGemm::make_layout(cudaDataType_t type, std::int64_t rows,
                                           std::int64_t columns, std::int64_t batch) {
  cublasLtMatrixLayout_t made = nullptr;
  check(cublasLtMatrixLayoutCreate(&made, type, static_cast<std::uint64_t>(rows),
                                   static_cast<std::uint64_t>(columns), rows));
  Layout layout{made};
  if (batch > 1) {
    const auto count = static_cast<std::int32_t>(batch);
    const std::int64_t stride = rows * columns;
    check(cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count,
                                           sizeof count));
    check(cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                           &stride, sizeof stride));
  }
  return layout;
}

// cublasLt knows columns first: it sees our rows as columns, every matrix transposed. So
// C^T (n x m) = (B^T)^T A^T: its first operand is our B, k x n, to be transposed, and its second
// our A, k x m, as it is. This is also the only layout that fp8 has before Blackwell.
CublasGemm::CublasGemm(const CublasLt& library, const GemmShape& shape, int candidates_most)
    : library_{&library},
      operation_{make_operation(shape.format)},
      a_{make_layout(types_of(shape.format).operand, shape.k, shape.n, shape.batch)},
      b_{make_layout(types_of(shape.format).operand, shape.k, shape.m, shape.batch)},
      c_{make_layout(types_of(shape.format).result, shape.n, shape.m, shape.batch)},
      candidates_(static_cast<std::size_t>(candidates_most)) {
  cublasLtMatmulPreference_t preference = nullptr;
  check(cublasLtMatmulPreferenceCreate(&preference));
  const std::size_t bytes = library.workspace().size();
  int found = 0;
  const cublasStatus_t set = cublasLtMatmulPreferenceSetAttribute(
      preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes, sizeof bytes);
  const cublasStatus_t asked = cublasLtMatmulAlgoGetHeuristic(
      library.handle(), operation_.get(), a_.get(), b_.get(), c_.get(), c_.get(), preference,
      candidates_most, candidates_.data(), &found);
  check(cublasLtMatmulPreferenceDestroy(preference));
  check(set);
  if (asked == CUBLAS_STATUS_INVALID_VALUE) {
    throw Unsupported{"cublasLt refuses this shape in this format"};
  }
  check(asked);
  candidates_.resize(static_cast<std::size_t>(found));
  std::erase_if(candidates_, [](const cublasLtMatmulHeuristicResult_t& candidate) {
    return candidate.state != CUBLAS_STATUS_SUCCESS;
  });
  if (candidates_.empty()) {
    throw Unsupported{"cublasLt has no kernel for this shape in this format"};
  }
}

void CublasGemm::launch(const GemmOperands& operands, cudaStream_t stream) const {
  const float one = 1;
  const float zero = 0;
  check(cublasLtMatmul(library_->handle(), operation_.get(), &one, operands.b, a_.get(), operands.a,
                       b_.get(), &zero, operands.c, c_.get(), operands.c, c_.get(),
                       &candidates_[chosen_].algo, library_->workspace().data(),
                       library_->workspace().size(), stream));
}

}  // namespace probe
