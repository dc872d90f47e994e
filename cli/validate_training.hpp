#pragma once
// Training steps beside those that others measured (training_tables.hpp).

#include <cstddef>
#include <string>

#include "cli/csv_input.hpp"
#include "cli/validation.hpp"

namespace cli {

/// Adds the comparisons of a table's rows, by what they belong to; rows of figures that are not
/// certain to tables of their own. Throws sim::Error for a table of no known form.
void compare_training(const CsvTable& table, const RowDone& done, Comparisons& out);

/// The scenario, as YAML, that stands for a row: of what it does not say, what is fastest of all
/// that fits into memory. Throws sim::Error for a row that is passed over.
[[nodiscard]] std::string training_scenario(const CsvTable& table, std::size_t row);

void print_training(const ComparedTable& table);

}  // namespace cli
