#pragma once
// Figures from papers, a row each.

#include <cstddef>

#include "cli/csv_input.hpp"
#include "cli/training_tables.hpp"

namespace cli {

/// The step of a row of such a table (see training_tables.hpp).
[[nodiscard]] MeasuredStep from_literature(const CsvTable& table, std::size_t row);

}  // namespace cli
