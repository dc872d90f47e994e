#pragma once
// Throughputs read off the figures of D. Narayanan et al., SC 2021, by their numbers there.

#include <cstddef>

#include "cli/csv_input.hpp"
#include "cli/training_tables.hpp"

namespace cli {

/// The step of a row of such a table (see training_tables.hpp).
[[nodiscard]] MeasuredStep from_figure(const CsvTable& table, std::size_t row);

}  // namespace cli
