#pragma once
// Columns of results for people: titles, units, and how many digits there are.

#include "cli/report_columns.hpp"

namespace cli {

/// Title, unit, role and the like, by the key of a result: from a list, or else from the unit that
/// the key ends with.
[[nodiscard]] ReportColumn result_column(const std::string& key);

/// By which columns are ordered: axes, what is shown at first, what is not, parts of the time.
[[nodiscard]] std::size_t place_of(const ReportColumn& column);

/// Numbers of an axis that were written with units, such as "400 Gbps", become numbers: in that
/// unit if it is always the same, else in bytes, bytes a second, or seconds. Others stay as they
/// are.
void read_units(ReportColumn& axis);

/// One unit for all of the column, so that the largest value has one to three digits before the
/// point where the unit takes prefixes: those of bytes, rates, energy, power, and of times below a
/// second do. Sizes of messages that are whole in KiB or MiB are in these. Behind the point are so
/// many digits that the smallest value has three: six in all at most, where the largest one allows
/// that.
void choose_unit(ReportColumn& column);

}  // namespace cli
