#include "cli/multitree_reference.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/quantity_text.hpp"
#include "sim/suggest.hpp"

namespace cli {
namespace {

// The conditions. A cycle is 1 ns, a flit 16 B, so a link carries 16 GB/s. (The authors' public
// simulator, github.com/farabimahmud/accelerator: the configurations in src/booksim2/runfiles and
// the Python front end in src; the delays are those of BookSim 2's iq_router and channels.)
//
//   link      150 cycles, and one to be read at its end
//   router    VC allocation and switch allocation a cycle each before a head is on the wire again,
//             one more for route computation on switch networks (routing_delay 1)
//   buffers   4 virtual channels of 318 flits; a credit takes the link's way back and 1 cycle
//   (mesh:
//             credit_delay 2)
//   port      of a node with a router of its own: 1 cycle, and one to be read
//   packet    256 B and a head flit
//   NIC       takes in a packet a cycle, up to 32 in its own queue, 16 in the network's, and as
//   many
//             as the injection queue holds: 80 flits on direct networks, 318 on switch networks
//   node      a send is allocated, pushed and injected: 3 cycles after its conditions hold; a
//   serial
//             unit reduces 2 KiB in 16 cycles, and starts a cycle after a chunk has come
//   lockstep  58 messages are taken to be in queues
//   routes    dimension order; down a fat tree by the destination, up by the source
struct Conditions {
  std::string topology;
  std::string group;      // GPUs in the order of the ring; empty: as they are numbered
  std::string routing{};  // a line of the scenario; empty: the network's own
  bool direct = false;
  std::int64_t credit_ns = 1;
};

constexpr std::int64_t flit_queue_direct = 80;
constexpr std::int64_t flit_queue_switched = 318;
constexpr std::int64_t flits_of_data = 16;  // in a packet; a head is one more

/// "8x16" as two numbers, if it is that.
struct Pair {
  std::int64_t first = 0;
  std::int64_t second = 0;
};
std::optional<Pair> pair_in(std::string_view text, std::string_view between) {
  const std::size_t at = text.find(between);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const auto first = sim::parse_integer(text.substr(0, at));
  const auto second = sim::parse_integer(text.substr(at + between.size()));
  if (!first.value || !second.value || *first.value < 1 || *second.value < 1 ||
      *first.value > 1024 || *second.value > 1024) {
    return std::nullopt;
  }
  return Pair{*first.value, *second.value};
}

enum class Order : std::uint8_t { authors, locality };

std::string joined(const std::vector<std::int64_t>& nodes) {
  return fmt::format("{}", fmt::join(nodes, ","));
}

Conditions lattice(std::string_view kind, std::string_view shape, std::int64_t ports) {
  return {.topology = fmt::format("{{kind: {}, shape: {}, link: '16GB/s,151ns', injection: "
                                  "{{bandwidth: 16 GB/s, latency: 2 ns, ports: {}}}}}",
                                  kind, shape, ports),
          .group = {},
          .direct = true,
          .credit_ns = kind == "mesh" ? 2 : 1};
}

/// k nodes on each of k leaves. The authors' ring leaves the leaf with every hop.
Conditions fat_tree(std::int64_t k, Order order) {
  std::vector<std::int64_t> nodes;
  for (std::int64_t place = 0; order == Order::authors && place < k; ++place) {
    for (std::int64_t leaf = 0; leaf < k; ++leaf) {
      nodes.push_back(place + (k * leaf));
    }
  }
  return {.topology = fmt::format("{{kind: fat-tree, shape: {}, link: '16GB/s,151ns'}}", k),
          .group = joined(nodes),
          .routing = "routing: source\n"};
}

/// `nodes` on each of `switches`, the first half of which is the upper row. The authors' ring
/// changes rows with every hop and takes no switch pair twice; the local one does so with every
/// switch.
Conditions bigraph(std::int64_t nodes, std::int64_t switches, Order order) {
  const std::int64_t half = switches / 2;
  std::vector<std::int64_t> ring;
  if (order == Order::authors) {
    for (std::int64_t turn = 0; turn < nodes; ++turn) {
      for (std::int64_t upper = 0; upper < half; ++upper) {
        const std::int64_t lower = half + ((upper + turn) % half);
        ring.push_back((upper * nodes) + turn);
        ring.push_back((lower * nodes) + turn);
      }
    }
  } else {
    for (std::int64_t i = 0; i < half; ++i) {
      for (const std::int64_t at : {i, half + i}) {
        for (std::int64_t place = 0; place < nodes; ++place) {
          ring.push_back((at * nodes) + place);
        }
      }
    }
  }
  return {.topology =
              fmt::format("{{kind: bigraph, shape: {}x{}, link: '16GB/s,151ns'}}", nodes, switches),
          .group = joined(ring)};
}

/// Two boards of 8 nodes, joined by 8 links. The authors' ring changes boards with every hop.
Conditions dgx2(Order order) {
  constexpr std::int64_t board = 8;
  constexpr std::string_view link = "bandwidth: 16 GB/s, latency: 151 ns";
  std::string nodes;
  std::string links;
  std::vector<std::int64_t> ring;
  for (std::int64_t i = 0; i < 2 * board; ++i) {
    nodes += fmt::format("{{name: g{}, kind: gpu}}, ", i);
    links += fmt::format("{{from: g{}, to: s{}, {}}}, ", i, i / board, link);
    ring.push_back(order == Order::authors ? (i / 2) + (board * (i % 2)) : i);
  }
  return {.topology = fmt::format(
              "{{kind: custom, nodes: [{}{{name: s0, kind: switch}}, {{name: s1, kind: switch}}], "
              "links: [{}{{from: s0, to: s1, count: {}, {}}}]}}",
              nodes, links, board, link),
          .group = joined(ring)};
}

Conditions conditions_of(const CsvTable& table, std::size_t row, Order order) {
  constexpr std::int64_t ports_most = 64;
  const std::string_view name = table.at(row, "topology");
  const std::string_view plain = name.substr(0, name.find('_'));
  for (const std::string_view kind : {"torus", "mesh"}) {
    if (plain.starts_with(kind) && pair_in(plain.substr(kind.size()), "x")) {
      return lattice(kind, plain.substr(kind.size()),
                     table.integer(row, "NIs_per_node", 1, ports_most));
    }
  }
  constexpr std::string_view fat_tree_name = "fattree";
  constexpr std::string_view bigraph_name = "bigraph";
  if (plain.starts_with(fat_tree_name)) {
    const auto shape = pair_in(plain.substr(fat_tree_name.size()), "ary");
    if (shape && shape->second == 2) {
      return fat_tree(shape->first, order);
    }
  }
  if (plain.starts_with(bigraph_name)) {
    const auto shape = pair_in(plain.substr(bigraph_name.size()), "x");
    if (shape && shape->second % 2 == 0) {
      return bigraph(shape->first, shape->second, order);
    }
  }
  if (plain == "dgx2") {
    return dgx2(order);
  }
  table.fail(
      row, "topology",
      fmt::format("cannot make '{}'; expected torus4x4, mesh4x4, fattree4ary2_16, dgx2_16 or "
                  "bigraph4x8_32, of any size",
                  name));
}

Order order_of(const CsvTable& table, std::size_t row) {
  const std::string& variant = table.at(row, "variant");
  if (variant == "authors") {
    return Order::authors;
  }
  if (variant.find("locality") != std::string::npos) {
    return Order::locality;
  }
  table.fail(row, "variant", fmt::format("expected authors or locality, got '{}'", variant));
}

/// What the row's algorithm adds to the scenario.
std::string algorithm_keys(const CsvTable& table, std::size_t row, const Conditions& conditions,
                           std::int64_t nodes, std::int64_t ports) {
  constexpr std::array<std::string_view, 8> names{
      "ring",           "dtree",           "ring2d",         "hdrm", "multitree_alpha",
      "multitree_beta", "multitree_gamma", "multitree_delta"};
  const std::string& name = table.at(row, "algorithm");
  if (name == "ring") {
    return "algorithms: [ring]\n" +
           (conditions.group.empty() ? "" : fmt::format("group: '{}'\n", conditions.group));
  }
  if (name == "ring2d") {
    return "algorithms: [ring2d]\nphases: separate\nnic: {kind: table}\n";
  }
  if (name == "hdrm") {
    return "algorithms: [hdrm]\n";
  }
  if (name == "dtree") {
    // Half of the N pieces of S / N on each tree; first all is reduced.
    return fmt::format(
        "algorithms: [double-binary-tree]\npieces: {}\nphases: separate\n"
        "nic: {{kind: table}}\n",
        nodes / 2);
  }
  if (name.starts_with("multitree_") && std::ranges::find(names, name) != names.end()) {
    return fmt::format(
        "algorithms: [multitree]\nmultitree: {{order: authors, interfaces: {}, routes: network}}\n"
        "nic: {{kind: multitree, slack: 58}}\n",
        ports);
  }
  table.fail(row, "algorithm",
             fmt::format("unknown algorithm '{}'\n  hint: {}", name, sim::suggestion(name, names)));
}

}  // namespace

std::string multitree_scenario(const CsvTable& table, std::size_t row) {
  constexpr std::int64_t kib_most = std::int64_t{1} << 30;
  const Conditions conditions = conditions_of(table, row, order_of(table, row));
  const std::int64_t nodes = table.integer(row, "nodes", 2, 4096);
  const std::int64_t ports = table.integer(row, "NIs_per_node", 1, 64);
  const std::string& message = table.at(row, "message_size_B");
  const bool by_message = message == "0" || message == "whole chunk";
  if (!by_message && message != "256") {
    table.fail(row, "message_size_B", fmt::format("expected 256 or 0, got '{}'", message));
  }
  const std::int64_t queue_flits = conditions.direct ? flit_queue_direct : flit_queue_switched;
  return fmt::format(
             "topology: {}\n"
             "{}"
             "sizes: {} KiB\n"
             "network: packet\n"
             "packet:\n"
             "  switching: cut-through\n"
             "  payload: 256 B\n"
             "  overhead: 16 B\n"
             "  flit: 16 B\n"
             "  flow_control: {}\n"
             "  virtual_channels: 4\n"
             "  buffer: 5088 B\n"
             "  router_latency: {} ns\n"
             "  credit_latency: {} ns\n"
             "  queue: {}\n"
             "  queue_step: 1 ns\n"
             "message_latency: 3 ns\n"
             "reduction: {{bandwidth: 128 GB/s, granule: 2 KiB, start: 1 ns}}\n",
             conditions.topology, conditions.routing, table.integer(row, "data_kib", 1, kib_most),
             by_message ? "message" : "packet", conditions.direct ? 2 : 3, conditions.credit_ns,
             32 + 16 + (queue_flits / (flits_of_data + (by_message ? 0 : 1)))) +
         algorithm_keys(table, row, conditions, nodes, ports);
}

double multitree_time_s(const CsvTable& table, std::size_t row, const Row& run) {
  if (table.at(row, "algorithm") != "ring2d") {
    return run.quiet_s;
  }
  const auto half = static_cast<std::ptrdiff_t>(run.steps_s.size() / 2);
  const double half_s = *std::ranges::max_element(run.steps_s.begin(), run.steps_s.begin() + half);
  return 2 * (half_s + run.quiet_s - run.time_s);
}

}  // namespace cli
