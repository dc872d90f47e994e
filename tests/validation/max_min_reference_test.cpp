#include <cmath>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "cli/flow_cases.hpp"
#include "tests/reference_data.hpp"

namespace {

/// Every case with a published answer: ours within the relative tolerance, flow by flow.
void check_cases(const std::string& text, double tolerance) {
  const auto expected = nlohmann::ordered_json::parse(text);
  const cli::JsonSource source{"cases.json", text};
  const auto ours = cli::run_flow_cases(source, cli::parse_json(source), sim::NetworkModel::flow);
  REQUIRE(ours["cases"].size() == expected["cases"].size());
  for (std::size_t i = 0; i < expected["cases"].size(); ++i) {
    const auto& wanted = expected["cases"][i];
    const auto& found = ours["cases"][i];
    CAPTURE(wanted["name"].get<std::string>());
    REQUIRE(found["completion_s"].size() == wanted["completion_s"].size());
    for (std::size_t flow = 0; flow < wanted["completion_s"].size(); ++flow) {
      const double want = wanted["completion_s"][flow];
      CHECK(std::abs(found["completion_s"][flow].get<double>() - want) <= tolerance * want);
      if (wanted.contains("initial_rates_Bps") && wanted["initial_rates_Bps"].size() > flow &&
          wanted["initial_rates_Bps"][flow].is_number()) {
        const double rate = wanted["initial_rates_Bps"][flow];
        CHECK(std::abs(found["initial_rates_Bps"][flow].get<double>() - rate) <= tolerance * rate);
      }
    }
    const double makespan = wanted["makespan_s"];
    CHECK(std::abs(found["makespan_s"].get<double>() - makespan) <= tolerance * makespan);
  }
}

}  // namespace

TEST_CASE("validation: every published SimGrid max-min case, to 1e-6") {
  const auto file = reference_file("maxmin/simgrid_maxmin_visible.json");
  if (!file) {
    MESSAGE("skipped: ../shared/reference/maxmin is not there");
    return;
  }
  check_cases(read_text(*file), 1e-6);
}

TEST_CASE("validation: cases worked out by hand") {
  // Parking lot, 1, 2 and 4 GB/s, 1 MB each. The long flow and flow 1 get 0.5 GB/s and end at
  // 2 ms. Flow 2 gets 1.5 GB/s: 2/3 ms. Flow 3 gets 3.5 GB/s: 2/7 ms.
  check_cases(R"({"cases": [{"name": "parking lot",
    "edges": [{"id": 7, "capacity_Bps": 1e9}, {"id": 3, "capacity_Bps": 2e9},
              {"id": 5, "capacity_Bps": 4e9}],
    "flows": [{"id": 0, "size_bytes": 1000000, "start_s": 0.0, "route": [7, 3, 5]},
              {"id": 1, "size_bytes": 1000000, "start_s": 0.0, "route": [7]},
              {"id": 2, "size_bytes": 1000000, "start_s": 0.0, "route": [3]},
              {"id": 3, "size_bytes": 1000000, "start_s": 0.0, "route": [5]}],
    "completion_s": [0.002, 0.002, 0.000666666666666667, 0.000285714285714286],
    "initial_rates_Bps": [0.5e9, 0.5e9, 1.5e9, 3.5e9],
    "makespan_s": 0.002}]})",
              1e-9);
}
