#pragma once
// What CUDA, cublasLt and NCCL return, turned into exceptions in one place.
//
// No fmt here: fmt 9.1 does not compile as C++20 under nvcc 13.

#include <source_location>
#include <stdexcept>

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <nccl.h>

namespace probe {

/// This point cannot be measured on this GPU: a number format it has not, or too little memory. The
/// others still can.
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws sim::Failure with the call's place and the library's own words, unless all is well;
/// Unsupported where the library says so, or memory is short.
void check(cudaError_t code, std::source_location where = std::source_location::current());
void check(cublasStatus_t code, std::source_location where = std::source_location::current());
void check(ncclResult_t code, std::source_location where = std::source_location::current());

}  // namespace probe
