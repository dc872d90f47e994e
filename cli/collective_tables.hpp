#pragma once
// Tables of collective times, as others publish them:
//
//     gpu,nccl_version,op,nccl_dtype,nranks,bytes,time_us                    one row a point
//     log_id,op,gpu,nodes,nranks,dtype,size_bytes,time_us,time_us_inplace    rows of several logs
//
// Further columns are left alone, but for algbw_GBps: it tells whether sizes are what we take them
// for. nodes, nccl_version (or nccl), log_id and time_us_inplace may be missing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calibration/collective.hpp"
#include "cli/csv_input.hpp"
#include "collectives/schedule.hpp"
#include "sim/units.hpp"

namespace cli {

/// What a collective of a size took.
struct CollectiveSample {
  collectives::Collective collective{};
  std::string dtype;  // as NCCL calls it: "half", "float", "uint8"
  std::int32_t ranks = 0;
  std::int32_t nodes = 1;
  sim::Bytes bytes;    // the larger of a rank's two buffers, as in collectives/schedule.hpp
  double seconds = 0;  // out of place
  std::optional<double> in_place_seconds{};
};

/// Samples of one GPU, one NCCL and one source, in their order there. A point that was measured
/// several times has several samples.
struct CollectiveTable {
  std::string gpu;     // empty if not said
  std::string nccl;    // "2.28.3"; empty if not said
  std::string source;  // the log's id, or the file's name without its ending
  std::vector<CollectiveSample> samples;
};

/// What a measured time in microseconds, and a number of ranks, may be.
inline constexpr double time_us_least = calibration::CollectiveBounds::seconds_least * 1e6;
inline constexpr double time_us_most = calibration::CollectiveBounds::seconds_most * 1e6;
inline constexpr std::int64_t ranks_most = calibration::CollectiveBounds::ranks_most;

/// "all_reduce", "all-reduce", "AllReduce", "alltoall", "sendrecv", ...; nothing for other words.
[[nodiscard]] std::optional<collectives::Collective> collective_named(std::string_view word);

/// "unknown collective 'all_redcue'", and the nearest name as a hint.
[[nodiscard]] std::string unknown_collective(std::string_view word);

/// The samples of the table for that GPU, NCCL and source, which is added if there is none.
[[nodiscard]] std::vector<CollectiveSample>& samples_of(std::vector<CollectiveTable>& tables,
                                                        const std::string& gpu,
                                                        const std::string& nccl,
                                                        const std::string& source);

/// The rows of a table by GPU, NCCL and source, in the order in which those first occur. Rows of
/// 0 bytes are left out. Throws sim::Error at missing columns, unknown collectives and types, those
/// of which no profile knows the cost, fields out of range, and a bandwidth that is not bytes over
/// time.
[[nodiscard]] std::vector<CollectiveTable> read_collective_tables(const CsvTable& table);

}  // namespace cli
