#pragma once
// What a cluster is made of, counted from its topology.
//
// What stands in a block of the partition "server" is a server: its GPUs and NICs are counted, its
// switches (NVLink) and the links inside it (NVLink, PCI Express) belong to it. The rest is
// scale-out: switches, and cables, of which each is a link there and a link back.
//
//     gpu-cluster:4x8    4 servers, 32 GPUs, 32 NICs; leaves 8, spines 4: 12 switches
//                        32 cables from NICs to leaves, 8 x 4 from leaves to spines: 64
//     torus:4x4          16 GPUs, 32 cables between them; no switch, and no word of servers
//
// Where no partition is named "server", every switch is scale-out, and how many servers there are
// is not known. A GPU that is cabled straight to a switch has no NIC that would be counted.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/units.hpp"
#include "topology/topology.hpp"

namespace planning {

/// What a cable joins. One inside a server, and a NIC's slot, is no cable.
enum class CableKind : std::uint8_t {
  host,    // a GPU, a NIC or a server's own switch, and a scale-out switch
  fabric,  // two scale-out switches
  direct,  // neither end is a scale-out switch: a torus, or servers back to back
};
inline constexpr std::array<std::string_view, 3> cable_kind_names{"host", "fabric", "direct"};

struct Cables {
  CableKind kind{};
  sim::Bandwidth bandwidth;  // per direction
  std::int64_t count = 0;

  friend bool operator==(const Cables&, const Cables&) = default;
};

struct Parts {
  std::int64_t gpus = 0;
  std::optional<std::int64_t> servers{};  // none: no partition says
  std::int64_t nics = 0;
  std::int64_t switches = 0;     // scale-out
  std::vector<Cables> cables{};  // by kind, then by bandwidth
};

/// Counts. Parallel cables count each. A link without one of the same bandwidth back is a cable of
/// its own.
[[nodiscard]] Parts count_parts(const topology::Topology& topology);

/// With so many servers more, each with its GPUs and its share of NICs. Their cables and the ports
/// of switches for them are not counted.
[[nodiscard]] Parts with_servers(Parts parts, std::int64_t servers, std::int64_t gpus_per_server);

/// Of all kinds.
[[nodiscard]] std::int64_t cable_count(const Parts& parts);

/// Ends of cables: how many, and the Gb/s of all of them together.
struct CableEnds {
  std::int64_t count = 0;
  double gbps = 0;
};

/// The ports of scale-out switches that a cable is in.
[[nodiscard]] CableEnds switch_ports(const Parts& parts);

/// Which of the cables that could have transceivers are of copper, and have none.
enum class Copper : std::uint8_t {
  none,
  nic,  // those between a host and a switch
};
inline constexpr std::array<std::string_view, 2> copper_names{"none", "nic"};

/// Transceivers: one at each end of a cable of kind fabric, and of kind host if that is not of
/// copper. Direct cables are taken to be of copper.
[[nodiscard]] CableEnds transceivers(const Parts& parts, Copper copper);

}  // namespace planning
