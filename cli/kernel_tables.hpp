#pragma once
// Tables of kernel times, as others publish them:
//
//     gpu,gemm_dtype,m,n,k,latency_us                                                  GEMMs
//     gpu,batch_size,isl,num_heads,num_key_value_heads,head_dim,latency_us             attention
//
// Further columns are left alone.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "calibration/kernel_fit.hpp"
#include "cli/csv_input.hpp"

namespace cli {

/// Samples of one kernel in one number format on one GPU.
struct KernelTable {
  std::string gpu;
  calibration::Kernel kernel{};
  std::string dtype;
  std::vector<calibration::KernelSample> samples;
};

/// The rows of a table by GPU and number format, in the order in which those first occur. Throws
/// sim::Error at a table that is neither, at unknown types and at fields out of range.
[[nodiscard]] std::vector<KernelTable> read_kernel_tables(const CsvTable& table);

/// The columns of a kernel's shape: "m", "n", "k".
[[nodiscard]] std::span<const std::string_view> columns_of(calibration::Kernel kernel);

/// "gemm bfloat16"
[[nodiscard]] std::string name_of(calibration::Kernel kernel, std::string_view dtype);

/// What a kernel runs on, as far as a table's words say it: bytes of an operand, of a type in
/// calibration/kernel_types.hpp; 0 processors, which a fit then finds, for a GPU that nobody knows.
[[nodiscard]] calibration::Machine machine_of(std::string_view gpu, std::string_view dtype);

}  // namespace cli
