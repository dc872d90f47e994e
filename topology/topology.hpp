#pragma once
// The network as a graph: GPUs, NICs and switches joined by directed links.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/units.hpp"

namespace topology {

enum class NodeId : std::int32_t {};
enum class LinkId : std::int32_t {};

constexpr std::size_t index(auto id) {
  return static_cast<std::size_t>(id);
}

/// `gpu` is an endpoint: it sends, receives and reduces. The others only pass traffic on.
enum class NodeKind : std::uint8_t { gpu, nic, switching };

/// May the traffic of others pass through a node? A GPU with a router of its own (a torus) relays;
/// a GPU behind a switch does not.
enum class Relay : std::uint8_t { no, yes };

struct Node {
  std::string name;
  NodeKind kind{};
  Relay relay{};
};

/// What a cable can do, per direction.
struct LinkSpec {
  sim::Bandwidth bandwidth;
  sim::Duration latency{};

  friend bool operator==(const LinkSpec&, const LinkSpec&) = default;
};

/// One direction of one cable. Parallel cables are separate links.
struct Link {
  NodeId from{};
  NodeId to{};
  LinkSpec spec;
};

/// Endpoints on a grid: endpoint i sits at the row-major coordinates of i in `shape`.
struct Lattice {
  std::vector<std::int32_t> shape;
  bool wraps = false;  // a torus; otherwise a mesh
};

/// What stands between an endpoint and its links: ports, by which all that it sends and receives
/// goes. A GPU with a router of its own has them; behind a switch its cable is its port.
struct Injection {
  sim::Bandwidth bandwidth;  // of each port, each way
  sim::Duration latency{};
  std::int32_t ports = 1;

  friend bool operator==(const Injection&, const Injection&) = default;
};
inline constexpr std::int32_t ports_max = 64;

/// A division of the nodes into blocks that share something: a server, a leaf switch, a group of
/// routers. What `hierarchical` works in, and where the lower bound looks for thin cuts.
struct Partition {
  std::string name;                    // "server", "leaf", "group"
  std::vector<std::int32_t> block_of;  // per node; none (-1) if in no block
};

/// A graph under construction, then read-only.
///
/// Links keep the order in which they were added: `out_links` is the order in which algorithms
/// look at neighbours, and ties are broken by the lower id.
class Topology {
 public:
  /// `kind` names the builder: "torus". Algorithms ask for it by `lattice()` and `partitions()`.
  explicit Topology(std::string kind) : kind_{std::move(kind)} {}

  /// Endpoints take ranks in the order in which they are added.
  NodeId add_node(Node node);
  LinkId add_link(NodeId from, NodeId to, LinkSpec spec);

  /// A cable: one link each way, `from` to `to` first.
  void connect(NodeId from, NodeId to, LinkSpec spec);

  void set_lattice(Lattice lattice) { lattice_ = std::move(lattice); }

  /// The first partition added is the innermost one. Requires one entry per node.
  void add_partition(Partition partition);

  /// Gives every endpoint ports, which limit what it can send, and receive, over all its links.
  void set_injection(std::optional<Injection> injection) { injection_ = injection; }

  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] std::span<const Node> nodes() const { return nodes_; }
  [[nodiscard]] std::span<const Link> links() const { return links_; }
  [[nodiscard]] const Node& node(NodeId id) const { return nodes_[index(id)]; }
  [[nodiscard]] const Link& link(LinkId id) const { return links_[index(id)]; }
  [[nodiscard]] std::span<const LinkId> out_links(NodeId id) const { return out_[index(id)]; }
  [[nodiscard]] std::span<const LinkId> in_links(NodeId id) const { return in_[index(id)]; }

  /// The GPUs, in rank order.
  [[nodiscard]] std::span<const NodeId> endpoints() const { return endpoints_; }

  [[nodiscard]] const std::optional<Lattice>& lattice() const { return lattice_; }
  [[nodiscard]] std::span<const Partition> partitions() const { return partitions_; }
  [[nodiscard]] const std::optional<Injection>& injection() const { return injection_; }

  /// "torus of 64 GPUs, 256 links"
  [[nodiscard]] std::string summary() const;

 private:
  std::string kind_;
  std::vector<Node> nodes_;
  std::vector<Link> links_;
  std::vector<std::vector<LinkId>> out_;
  std::vector<std::vector<LinkId>> in_;
  std::vector<NodeId> endpoints_;
  std::optional<Lattice> lattice_;
  std::vector<Partition> partitions_;
  std::optional<Injection> injection_;
};

/// "gpu", "nic", "switch": the words used in files.
[[nodiscard]] std::string_view name_of(NodeKind kind);

/// Two endpoints between which no path exists.
struct Unreachable {
  NodeId from{};
  NodeId to{};
  std::int32_t components = 0;  // groups of endpoints that all reach one another; at least 2
};

/// Looks for two endpoints between which no path exists. A path passes only through nodes that
/// relay: any other node can be its first or its last.
///
/// Near-linear in the links where some relaying node can reach, and be reached by, every endpoint,
/// or where none relays. Otherwise one walk per endpoint.
[[nodiscard]] std::optional<Unreachable> find_unreachable(const Topology& topology);

}  // namespace topology
