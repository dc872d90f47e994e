#pragma once

#include <cstddef>
#include <string>

#include "cli/csv_input.hpp"

namespace cli {

/// The scenario, as YAML, that a row of configs/validation/multitree.csv was measured under: the
/// network, the NIC and the algorithm of the MultiTree authors' flit-level simulator.
///
/// Throws sim::Error at what it cannot be made from: a topology, an algorithm or a variant that
/// nobody described.
[[nodiscard]] std::string multitree_scenario(const CsvTable& table, std::size_t row);

}  // namespace cli
