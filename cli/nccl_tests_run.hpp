#pragma once
// One run of a program of nccl-tests, whichever form its figures came in, and what has to be found
// out about it: often a log is only a table, cut out of what stood around it.
//
//   collective   from the name of the program or of the file; else whichever one fits all rows: is
//                there an operator, a root, is the count a rank's share of the size, and what is
//                busbw / algbw?
//   ranks        from the list of devices; else size / (count x bytes of an element), where a count
//                is a rank's share; else all-reduce's busbw / algbw = 2 (n - 1) / n, if only one n
//                gives what is printed
//
// Whatever was said or found, each row's bandwidths must bear it out.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/collective_tables.hpp"
#include "cli/nccl_tests_input.hpp"

namespace cli {

/// A figure as it is printed: it stands for all that lie within half a unit of its last digit.
struct Rounded {
  double value = 0;
  double half_unit = 0;
};

/// Half of a row: out of place, or in place.
struct NcclTestsTiming {
  Rounded time_us;
  Rounded algbw_GBps;
  Rounded busbw_GBps;
  bool is_wrong = false;  // so were results
};

/// What stands in the column of the operator: nothing, or there is no such column; "none"; "sum".
enum class OperatorColumn : std::uint8_t { absent, none, some };

struct NcclTestsRow {
  std::int64_t place = 0;  // the line of a text, or the entry in a list of results
  sim::Bytes bytes;        // at least 1
  std::int64_t count = 0;
  std::string dtype;  // one of number_types.hpp
  OperatorColumn op{};
  bool has_root = false;  // of 0 or above
  NcclTestsTiming out_of_place;
  std::optional<NcclTestsTiming> in_place{};
};

/// A rank, in the list that a run begins with.
struct NcclTestsDevice {
  std::int64_t rank = 0;
  std::int64_t group = 0;  // the communicator it is in
  std::string host;
  std::string gpu;
};

struct NcclTestsRun {
  std::optional<collectives::Collective> collective{};
  std::int64_t ranks_per_process = 1;
  std::vector<NcclTestsDevice> devices;
  std::string nccl;
  std::optional<bool> has_operator_column{};  // in the titles of old layouts
  std::vector<NcclTestsRow> rows;
};

/// Throws a sim::Error at a row.
using FailAtRow = std::function<void(std::int64_t place, const std::string& what)>;

/// "2.28.3" for 22803, and "2.8.4" for 2804, as NCCL counted up to 2.8.
[[nodiscard]] std::string nccl_version_text(std::int64_t code);

/// Puts the rows of `run`, at least one, into their table. Throws sim::Error for what is missing
/// and cannot be found out, and at rows that contradict the rest.
void add_run(std::vector<CollectiveTable>& tables, const NcclTestsRun& run, const std::string& file,
             const NcclTestsOptions& options, const FailAtRow& fail);

}  // namespace cli
