#include "cli/sample_log_input.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "calibration/kernel_types.hpp"
#include "calibration/sample_tables.hpp"
#include "cli/number_types.hpp"
#include "sim/error.hpp"
#include "sim/suggest.hpp"

namespace cli {
namespace {

using Bounds = calibration::KernelBounds;
using calibration::CollectiveBounds;

/// One sample, and the line it stands on.
class Place {
 public:
  Place(const std::string& file, int line, const calibration::Sample& sample)
      : where_{file, line, 1}, sample_{&sample} {}

  [[noreturn]] void fail(const std::string& what) const { throw sim::Error{where_, what}; }

  void check_times() const {
    constexpr double us = 1e6;
    const calibration::Spread& seconds = sample_->seconds;
    if (seconds.median < Bounds::seconds_least || seconds.median > Bounds::seconds_most) {
      fail(fmt::format("median_us: expected a time in us from {} to {}, got {}",
                       Bounds::seconds_least * us, Bounds::seconds_most * us, seconds.median * us));
    }
    if (std::max(seconds.p5, seconds.p95) > Bounds::seconds_most) {
      fail(fmt::format("p5_us, p95_us: expected times in us up to {}, got {} and {}",
                       Bounds::seconds_most * us, seconds.p5 * us, seconds.p95 * us));
    }
  }

  void check_size(std::string_view name, std::int64_t least, std::int64_t most) const {
    const double size = number(name);
    if (std::floor(size) != size || size < static_cast<double>(least) ||
        size > static_cast<double>(most)) {
      fail(fmt::format("shape.{}: expected a whole number from {} to {}, got {}", name, least, most,
                       size));
    }
  }

  void check_sizes(std::span<const std::string_view> names) const {
    for (const std::string_view name : names) {
      check_size(name, 1, Bounds::size_most);
    }
  }

  void check_collective() const {
    check_size("ranks", 1, CollectiveBounds::ranks_most);
    const double bytes = number("bytes");
    if (bytes < 1 || bytes > CollectiveBounds::bytes_most) {
      fail(fmt::format("shape.bytes: expected a number from 1 to {}, got {}",
                       CollectiveBounds::bytes_most, bytes));
    }
    const std::string& dtype = sample_->key.dtype;
    if (find_number_type(dtype) == nullptr) {
      fail(fmt::format("dtype: unknown type '{}'\n  hint: {}", dtype,
                       sim::suggestion(dtype, number_type_names())));
    }
  }

  void check_kernel(calibration::Kernel kernel) const {
    check_sizes(calibration::shape_names(kernel));
    if (kernel == calibration::Kernel::attention) {
      check_size("causal", 0, 1);
    }
    if (!calibration::element_bytes(sample_->key.dtype)) {
      fail(fmt::format("dtype: {}", calibration::unknown_kernel_type(sample_->key.dtype)));
    }
  }

  void check() const {
    check_times();
    if (sample_->bytes > 0 &&
        (sample_->bytes < 1 || sample_->bytes > CollectiveBounds::bytes_most)) {
      fail(fmt::format("bytes: expected 0, or a number from 1 to {}, got {}",
                       CollectiveBounds::bytes_most, sample_->bytes));
    }
    if (const auto kernel = calibration::kernel_of(sample_->key)) {
      check_kernel(*kernel);
    } else if (calibration::operation_of(sample_->key)) {
      check_collective();
    } else if (sample_->key.op == "contention_gemm") {
      check_sizes(calibration::shape_names(calibration::Kernel::gemm));
      check_size("ctas", 0, Bounds::size_most);
    }
  }

 private:
  [[nodiscard]] double number(std::string_view name) const {
    const calibration::Shape& shape = sample_->key.shape;
    const auto found = std::ranges::find(shape, name, &calibration::Shape::value_type::first);
    if (found == shape.end()) {
      fail(fmt::format("shape: missing key '{}'", name));
    }
    return found->second;
  }

  sim::SourcePos where_;
  const calibration::Sample* sample_;
};

}  // namespace

calibration::SampleLog read_sample_log(const std::string& file, std::string_view text) {
  std::optional<calibration::SampleLog> log = calibration::parse_sample_log(file, text);
  if (!log || log->samples.empty()) {
    throw sim::Error{file, "the log has no samples"};
  }
  int line = 2;  // the header is the first, and none is blank
  for (const calibration::Sample& sample : log->samples) {
    Place{file, line, sample}.check();
    ++line;
  }
  return *std::move(log);
}

}  // namespace cli
