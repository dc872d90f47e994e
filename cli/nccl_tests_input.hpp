#pragma once
// What nccl-tests prints, and what it writes with -J, as samples of collectives.
//
//     # Collective test starting: all_reduce_perf
//     # nThread 1 nGpus 2 minBytes 1048576 maxBytes 1048576 step: 2(factor) ...
//     #  Rank  0 Group  0 Pid  93200 on host-a device  0 [0000:f9:05] NVIDIA H200
//     #  Rank  1 Group  0 Pid  93200 on host-a device  1 [0000:fb:05] NVIDIA H200
//     #     size    count    type   redop    root     time   algbw   busbw  #wrong     time ...
//       1048576   262144   float     sum      -1    27.37   38.31   38.31       0    26.93 ...
//
// Logs are dirty: messages of NCCL and MPI stand between the rows, several runs follow each other,
// and often only the table was kept. So a row is a line that begins with two whole numbers and a
// type; what follows is told apart by how many columns there are:
//
//     [operator] [root] (time algbw busbw wrong [bitdiff] [i_min i_max i_p99 i_cv])  twice  [date]
//
// A row that a message of NCCL cut in two is left out, and so are rows of 0 bytes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/collective_tables.hpp"

namespace cli {

/// With -C 1 the times are those that the CPU took to launch, and not those of the collective.
enum class CpuTimes : std::uint8_t { refuse, accept };

/// What the user says of a file. It goes before what the file says.
struct NcclTestsOptions {
  std::optional<collectives::Collective> collective{};  // --collective, in errors
  std::optional<std::int32_t> ranks{};                  // --ranks
  std::optional<std::int32_t> nodes{};
  std::string gpu{};
  CpuTimes cpu_times = CpuTimes::refuse;
};

/// The samples in a text that nccl-tests printed, of all the runs in it. `file` names it in errors,
/// and may name the collective: "h100_allreduce.txt". Throws sim::Error for a text without rows,
/// for rows that are cut off or out of range or whose results were wrong, and for a run whose
/// collective or number of ranks is not said and cannot be found out.
[[nodiscard]] std::vector<CollectiveTable> read_nccl_tests_text(const std::string& file,
                                                                std::string_view text,
                                                                const NcclTestsOptions& options);

/// The same for what nccl-tests wrote with -J.
[[nodiscard]] std::vector<CollectiveTable> read_nccl_tests_json(const std::string& file,
                                                                std::string_view text,
                                                                const NcclTestsOptions& options);

/// Is there a line that nccl-tests prints, a row or one from above the table?
[[nodiscard]] bool looks_like_nccl_tests(std::string_view text);

}  // namespace cli
