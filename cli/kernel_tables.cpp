#include "cli/kernel_tables.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "calibration/kernel_types.hpp"
#include "calibration/known_gpus.hpp"
#include "sim/contract.hpp"
#include "sim/quantity_text.hpp"

namespace cli {
namespace {

using calibration::Kernel;

constexpr std::array<std::string_view, 3> gemm_columns{"m", "n", "k"};
constexpr std::array<std::string_view, 5> attention_columns{"batch_size", "isl", "num_heads",
                                                            "num_key_value_heads", "head_dim"};

using Bounds = calibration::KernelBounds;

double seconds_at(const CsvTable& table, std::size_t row) {
  constexpr std::string_view column = "latency_us";
  constexpr double us = 1e6;
  const auto parsed = sim::parse_number(table.at(row, column));
  if (!parsed.value || !(*parsed.value >= Bounds::seconds_least * us) ||
      *parsed.value > Bounds::seconds_most * us) {
    table.fail(
        row, column,
        fmt::format("expected a time in us from {} to {}, got '{}'", Bounds::seconds_least * us,
                    Bounds::seconds_most * us, table.at(row, column)));
  }
  return *parsed.value / us;
}

}  // namespace

std::span<const std::string_view> columns_of(Kernel kernel) {
  switch (kernel) {
    case Kernel::gemm:
      return gemm_columns;
    case Kernel::attention:
      break;
    case Kernel::batched_gemm:
    case Kernel::grouped_gemm:  // no tables of others have them
      return calibration::shape_names(kernel);
  }
  return attention_columns;
}

std::string name_of(Kernel kernel, std::string_view dtype) {
  return fmt::format("{} {}", calibration::kernel_names.at(static_cast<std::size_t>(kernel)),
                     dtype);
}

calibration::Machine machine_of(std::string_view gpu, std::string_view dtype) {
  const std::optional<double> bytes = calibration::element_bytes(dtype);
  sim::require(bytes.has_value(), "types that nobody knows are refused where they are read");
  calibration::Machine machine{.processors = 0, .element_bytes = *bytes};
  if (const calibration::KnownGpu* const known = calibration::find_gpu(gpu)) {
    machine.processors = known->processors;
  }
  return machine;
}

std::vector<KernelTable> read_kernel_tables(const CsvTable& table) {
  const bool is_gemm = table.has("gemm_dtype");
  if (!is_gemm && !table.has("isl")) {
    static_cast<void>(table.at(0, "gemm_dtype"));  // fails, and names the column
  }
  std::vector<KernelTable> out;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& gpu = table.at(row, "gpu");
    const std::string dtype = is_gemm ? table.at(row, "gemm_dtype") : "bfloat16";
    if (!calibration::element_bytes(dtype)) {
      table.fail(row, "gemm_dtype", calibration::unknown_kernel_type(dtype));
    }
    auto found = std::ranges::find_if(
        out, [&](const KernelTable& each) { return each.gpu == gpu && each.dtype == dtype; });
    if (found == out.end()) {
      out.push_back({gpu, is_gemm ? Kernel::gemm : Kernel::attention, dtype, {}});
      found = out.end() - 1;
    }
    calibration::KernelSample sample;
    const auto add = [&](std::string_view column) {
      sample.shape.push_back(static_cast<double>(table.integer(row, column, 1, Bounds::size_most)));
    };
    std::ranges::for_each(columns_of(found->kernel), add);
    sample.seconds = seconds_at(table, row);
    found->samples.push_back(std::move(sample));
  }
  return out;
}

}  // namespace cli
