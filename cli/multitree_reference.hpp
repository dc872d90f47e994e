#pragma once

#include <cstddef>
#include <string>

#include "cli/csv_input.hpp"
#include "cli/result.hpp"

namespace cli {

/// The scenario, as YAML, that a row of configs/validation/multitree.csv was measured under: the
/// network, the NIC and the algorithm of the MultiTree authors' flit-level simulator.
///
/// Throws sim::Error at what it cannot be made from: a topology, an algorithm or a variant that
/// nobody described.
[[nodiscard]] std::string multitree_scenario(const CsvTable& table, std::size_t row);

/// The time that the row's figure stands for, of the scenario's run: until the network is quiet.
/// Of the 2D ring the authors run the first half, the rings in one dimension each, and double it.
[[nodiscard]] double multitree_time_s(const CsvTable& table, std::size_t row, const Row& run);

}  // namespace cli
