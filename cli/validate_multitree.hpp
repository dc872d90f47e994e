#pragma once
// Times of the MultiTree authors' simulator beside ours.

#include "cli/csv_input.hpp"
#include "cli/validation.hpp"

namespace cli {

/// Adds the comparison of a table, which is named after its file.
void compare_multitree(const CsvTable& table, const RowDone& done, Comparisons& out);

void print_multitree(const ComparedTable& table);

}  // namespace cli
