#pragma once
// What NCCL expects its own methods to take, and so which one it chooses.
//
// NCCL measures nothing when it chooses. It holds a table of latencies and bandwidths per algorithm
// and protocol, adds them up for the ranks, servers and links at hand, and takes the method that it
// expects to be over first: time = base + steps * latency + bytes / bandwidth. Where the table is
// wrong the choice is, and a measured curve has a jump. So the jumps are predicted by the table and
// not by the curve.
//
// The constants are those of NCCL 2.28.9, src/graph/tuning.cc, topo.h and search.cc (the tables
// `base_latency_us`, `hw_latency_us`, `llMaxBw`, ... there).

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "calibration/collective.hpp"

namespace calibration {

enum class Architecture : std::uint8_t { volta, ampere, hopper, blackwell };
inline constexpr std::array<std::string_view, 4> architecture_names{"volta", "ampere", "hopper",
                                                                    "blackwell"};

/// What joins the GPUs of a server.
enum class Joint : std::uint8_t { pcie, nvlink };
inline constexpr std::array<std::string_view, 2> joint_names{"pcie", "nvlink"};

/// A server as NCCL sees it.
struct NodeKind {
  Architecture architecture{};
  Joint joint{};
  double line_Bps = 0;  // what a GPU can send
  double bus_Bps = 0;   // of all channels that its search finds, together
  double nic_Bps = 0;   // of all NICs of a server, together; only with several servers

  friend bool operator==(const NodeKind&, const NodeKind&) = default;
};

/// How NCCL reckons one method.
struct Expectation {
  Method method;
  double base_s = 0;         // once
  double step_s = 0;         // for each of the steps (`trips`) inside a server
  double far_step_s = 0;     // for each between servers
  double bandwidth_Bps = 0;  // of what leaves the busiest rank
  double seconds = 0;
};

/// All methods that it would consider, in a fixed order. Empty for a single rank.
[[nodiscard]] std::vector<Expectation> nccl_expectations(const NodeKind& node,
                                                         const CollectiveShape& shape);

/// Is this method among them?
[[nodiscard]] bool considers(const NodeKind& node, Method method, const CollectiveShape& shape);

/// The one that it takes. Requires at least two ranks.
[[nodiscard]] Expectation nccl_choice(const NodeKind& node, const CollectiveShape& shape);

}  // namespace calibration
