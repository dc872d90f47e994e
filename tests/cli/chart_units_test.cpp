#include "cli/chart_units.hpp"

#include <string>

#include <doctest/doctest.h>

using cli::axis_label;
using cli::Prefix;
using cli::unit_of;

namespace {

/// What an axis is called whose largest value is this.
std::string label_for(const std::string& key, double largest) {
  const cli::Unit unit = unit_of(key);
  return axis_label(key, unit, cli::prefix_for(largest, unit));
}

}  // namespace

TEST_CASE("chart units: the end of a key says the unit, and the largest value its prefix") {
  CHECK(label_for("step_s", 12) == "step time (s)");
  CHECK(label_for("step_s", 5000) == "step time (s)");
  CHECK(label_for("time_s", 0.02) == "time (ms)");
  CHECK(label_for("compute_s", 3e-6) == "compute (us)");
  CHECK(label_for("memory_B", 80e9) == "memory per GPU (GB)");
  CHECK(label_for("busbw_Bps", 1.8e12) == "bus bandwidth (GB/s)");
  CHECK(label_for("tokens_per_s", 2e6) == "throughput (M tokens/s)");
  CHECK(label_for("tokens_per_s", 20) == "throughput (tokens/s)");
  CHECK(label_for("model_flop_per_s", 3e14) == "model (TFLOP/s)");
  CHECK(label_for("mfu", 0.4) == "MFU (%)");
  CHECK(label_for("busiest_utilisation", 0.4) == "busiest utilisation (%)");
  CHECK(label_for("cost_usd", 3.2e6) == "cost (MUSD)");
  CHECK(label_for("events", 12) == "events");
  CHECK(label_for("events", 2e6) == "events (M)");
  CHECK(label_for("layout.micro_batch", 8) == "layout.micro_batch");
  CHECK(label_for("step_s", 0) == "step time (s)");
}

TEST_CASE("chart units: short texts have no zeros at the end, and words stay away") {
  CHECK(cli::short_text(0.0125, unit_of("step_s")) == "12.5 ms");
  CHECK(cli::short_text(4000, unit_of("events")) == "4 k");
  CHECK(cli::short_text(4000, unit_of("tokens_per_s")) == "4 k");
  CHECK(cli::short_text(38, unit_of("mfu")) == "38 %");
  CHECK(cli::short_text(123456, unit_of("step_s")) == "123456 s");
  CHECK(cli::short_text(0, unit_of("step_s")) == "0 s");
  CHECK(cli::four_digits(5.14, unit_of("step_s")) == "5.140 s");
  CHECK(cli::four_digits(30.64, unit_of("mfu")) == "30.64 %");
}

TEST_CASE("chart units: a quantity is a number of its unit") {
  CHECK(cli::measure_of("1 MiB")->value == 1048576);
  CHECK(cli::measure_of("1 MiB")->ending == "_B");
  CHECK(cli::measure_of("100 Gbps")->value == 12.5e9);
  CHECK(cli::measure_of("100 Gbps")->ending == "_Bps");
  CHECK(cli::measure_of("500ns")->value == 500e-9);
  CHECK_FALSE(cli::measure_of("16GB/s,150ns"));
  CHECK_FALSE(cli::measure_of("100"));
  CHECK_FALSE(cli::measure_of("ring"));
}
