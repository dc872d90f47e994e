#pragma once
// Mixtures of experts under several mappings: D. Liu et al., "MoE Parallel Folding", 2025.

#include <cstddef>

#include "cli/csv_input.hpp"
#include "cli/training_tables.hpp"

namespace cli {

/// The step of a row of such a table (see training_tables.hpp).
[[nodiscard]] MeasuredStep from_mixtures(const CsvTable& table, std::size_t row);

}  // namespace cli
