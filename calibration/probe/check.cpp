#include "calibration/probe/check.hpp"

#include <string>

#include <fmt/format.h>

#include "sim/error.hpp"

namespace probe {

namespace {

std::string message(const char* library, const std::string& what, int code,
                    const std::source_location& where) {
  return fmt::format("{} failed: {} (code {}) at {}:{}", library, what, code, where.file_name(),
                     where.line());
}

}  // namespace

void check(cudaError_t code, std::source_location where) {
  if (code == cudaSuccess) {
    return;
  }
  const std::string text = message("CUDA", cudaGetErrorString(code), static_cast<int>(code), where);
  // An error that leaves the GPU usable stays the last one until it is asked for: the launch of
  // another point would report it once more.
  cudaGetLastError();
  if (code == cudaErrorMemoryAllocation || code == cudaErrorNotSupported) {
    throw Unsupported{text};
  }
  throw sim::Failure{text};
}

void check(cublasStatus_t code, std::source_location where) {
  if (code == CUBLAS_STATUS_SUCCESS) {
    return;
  }
  const std::string text =
      message("cublasLt", cublasLtGetStatusString(code), static_cast<int>(code), where);
  if (code == CUBLAS_STATUS_NOT_SUPPORTED || code == CUBLAS_STATUS_ARCH_MISMATCH ||
      code == CUBLAS_STATUS_ALLOC_FAILED) {
    throw Unsupported{text};
  }
  throw sim::Failure{text};
}

void check(ncclResult_t code, std::source_location where) {
  if (code != ncclSuccess) {
    // Its own words come from the library, which may not be loaded; NCCL_DEBUG=INFO says more.
    throw sim::Failure{
        message("NCCL", "set NCCL_DEBUG=INFO for its reason", static_cast<int>(code), where)};
  }
}

}  // namespace probe
