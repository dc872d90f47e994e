#pragma once
// The words in which collectives are measured and their costs are told.

#include <array>
#include <cstdint>
#include <string_view>

namespace calibration {

/// What a communication library is asked for, and on which sizes: those of nccl-tests, in which
/// `bytes` is the larger of a rank's two buffers.
enum class Operation : std::uint8_t {
  all_reduce,
  all_gather,
  reduce_scatter,
  all_to_all,
  broadcast,
  reduce,
  send_receive,
};
inline constexpr std::array<std::string_view, 7> operation_names{
    "all-reduce", "all-gather", "reduce-scatter", "all-to-all",
    "broadcast",  "reduce",     "send-receive"};

/// How the library carries it out.
enum class Pattern : std::uint8_t {
  ring,      // from rank to rank, all of them at once
  tree,      // up a tree and down again, in pieces
  nvls,      // switches add and multiply out (NVLink SHARP)
  pairwise,  // every pair in turn: all-to-all, send and receive
};
inline constexpr std::array<std::string_view, 4> pattern_names{"ring", "tree", "nvls", "pairwise"};

/// How bytes cross a link (NCCL's words).
enum class Protocol : std::uint8_t {
  ll,      // a flag with every 4 bytes: no waiting, half of the bandwidth
  ll128,   // a flag with every 120 bytes, where links keep 128 bytes together
  simple,  // plain data in large pieces, with a fence and a signal after each
};
inline constexpr std::array<std::string_view, 3> protocol_names{"ll", "ll128", "simple"};

/// Who can add the numbers that are summed: NVLink's switches too, or GPUs only, as those of a
/// single byte.
enum class Number : std::uint8_t { switches, gpus };

/// What a measured collective, and what is said of a server, may be: 1 ns to 11 days, 2 to a
/// million ranks, 1 kB/s to 1 PB/s.
struct CollectiveBounds {
  static constexpr double seconds_least = 1e-9;
  static constexpr double seconds_most = 1e6;
  static constexpr std::int64_t ranks_most = std::int64_t{1} << 20;
  static constexpr double bytes_most = 1e16;
  static constexpr double rate_least = 1e3;
  static constexpr double rate_most = 1e15;
};

struct Method {
  Pattern pattern{};
  Protocol protocol{};

  friend bool operator==(const Method&, const Method&) = default;
};

/// A collective of `ranks` ranks on `nodes` servers, on each as many.
struct CollectiveShape {
  Operation operation{};
  Number number{};
  std::int32_t ranks = 2;
  std::int32_t nodes = 1;
  double bytes = 0;
};

/// How often a message's latency stands in the time of a collective, inside servers and between
/// them, and how many times `bytes` have to leave the busiest rank: 2 (n - 1) and 2 (n - 1) / n for
/// a ring's all-reduce in one server. `far_share` is how many times they leave the busiest server.
///
/// Where pieces follow each other through a pipeline, `share` is that of `pieces` pieces, the
/// filling of the pipeline included, and their latencies do not add up.
struct Trips {
  double steps = 0;
  double far_steps = 0;
  double share = 0;
  double far_share = 0;
  std::int32_t pieces = 0;  // 0: no pipeline
};
[[nodiscard]] Trips trips(Pattern pattern, const CollectiveShape& shape);

}  // namespace calibration
