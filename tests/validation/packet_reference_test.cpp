#include <cmath>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "cli/flow_cases.hpp"
#include "collectives/execute.hpp"
#include "tests/collectives/support.hpp"
#include "tests/reference_data.hpp"

TEST_CASE("validation: every published ns-3 FIFO case, the makespan to 1e-6") {
  const auto file = reference_file("netsim/ns3_fifo_visible.json");
  if (!file) {
    MESSAGE("skipped: ../shared/reference/netsim is not there");
    return;
  }
  const cli::JsonSource source{"cases.json", read_text(*file)};
  const auto expected = cli::parse_json(source);
  const auto ours = cli::run_flow_cases(source, expected, sim::NetworkModel::packet);
  for (std::size_t i = 0; i < expected["cases"].size(); ++i) {
    const auto& wanted = expected["cases"][i];
    const auto& found = ours["cases"][i];
    CAPTURE(wanted["name"].get<std::string>());
    const double makespan = wanted["makespan_s"];
    CHECK(std::abs(found["makespan_s"].get<double>() - makespan) <= 1e-6 * makespan);
    const double tie = wanted["per_flow_abs_tol_s"];
    for (std::size_t flow = 0; flow < wanted["completion_s"].size(); ++flow) {
      const double want = wanted["completion_s"][flow];
      CHECK(std::abs(found["completion_s"][flow].get<double>() - want) <= tie);
    }
  }
}

TEST_CASE("validation: a ring all-reduce in packets takes what ns-3 says") {
  // On a star, 100 Gb/s, 1 us a link, 64 MiB, packets of 4096 B and 30 B of headers. The times are
  // those of ns-3.37, and of 2 (N - 1) steps of n packets, each with one more for store and
  // forward: 2 (N - 1) ((n + 1) 4126 B / B + 2 us).
  for (const auto& [ranks, published_us] : {std::pair{16, 10209.96}, std::pair{64, 10940.6506}}) {
    CAPTURE(ranks);
    const Machine machine{"switch:" + std::to_string(ranks) + ",link=100Gbps,1us"};
    const auto schedule =
        algorithm(collectives::Collective::all_reduce, "ring")
            .build(machine.request(collectives::Collective::all_reduce, sim::Bytes{64 << 20}));
    const auto run = collectives::execute(
        machine.topology, machine.group, schedule,
        {.network = sim::NetworkModel::packet, .packet = {.overhead = sim::Bytes{30}}});
    CHECK(run.time_s * 1e6 == doctest::Approx(published_us).epsilon(1e-8));
    const double packets = (64 << 20) / ranks / 4096.0;
    CHECK(
        run.time_s ==
        doctest::Approx(2 * (ranks - 1) * (((packets + 1) * 4126 / 12.5e9) + 2e-6)).epsilon(1e-10));
  }
}
