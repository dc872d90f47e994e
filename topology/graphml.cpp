#include "topology/graphml.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <sstream>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/graph/graphml.hpp>
#include <boost/property_map/function_property_map.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include "sim/error.hpp"
#include "sim/quantity_text.hpp"
#include "sim/text_file.hpp"
#include "topology/boost_graph.hpp"
#include "topology/graphml_item.hpp"
#include "topology/graphml_outline.hpp"
#include "topology/spec.hpp"

namespace topology {
namespace {

constexpr std::array kinds{NodeKind::gpu, NodeKind::nic, NodeKind::switching};

std::string partition_key(std::size_t number) {
  return fmt::format("partition{}", number);
}

struct Edge {
  std::size_t from = 0;
  std::size_t to = 0;
  GraphmlItem item;
};

/// What Boost's reader fills in. Texts stay texts: no digit is lost on the way.
class Collector : public boost::mutate_graph {
 public:
  explicit Collector(const GraphmlOutline& outline)
      : outline_{&outline}, graph_{outline.graph, "graph"} {}

  [[nodiscard]] const GraphmlItem& graph() const { return graph_; }
  [[nodiscard]] std::span<const GraphmlItem> nodes() const { return nodes_; }
  [[nodiscard]] std::span<const Edge> edges() const { return edges_; }

  /// Boost asks before each edge and refuses the file if the edge is of the other sort. Either sort
  /// is fine here.
  [[nodiscard]] bool is_directed() const override {
    return edges_.size() >= outline_->edges.size() || outline_->edges[edges_.size()].is_directed;
  }

  boost::any do_add_vertex() override {
    if (nodes_.size() == outline_->nodes.size()) {
      throw boost::parse_error{"an edge leads to a node that is not declared"};
    }
    const GraphmlOutline::NodeTag& tag = outline_->nodes[nodes_.size()];
    nodes_.emplace_back(tag.where, fmt::format("node '{}'", tag.id));
    return nodes_.size() - 1;
  }

  std::pair<boost::any, bool> do_add_edge(boost::any source, boost::any target) override {
    const auto from = boost::any_cast<std::size_t>(source);
    const auto to = boost::any_cast<std::size_t>(target);
    edges_.push_back({from, to,
                      GraphmlItem{outline_->edges.at(edges_.size()).where,
                                  fmt::format("edge from '{}' to '{}'", outline_->nodes[from].id,
                                              outline_->nodes[to].id)}});
    return {edges_.size() - 1, true};
  }

  void set_graph_property(const std::string& name, const std::string& value,
                          const std::string& /*type*/) override {
    graph_.set(name, value);
  }
  void set_vertex_property(const std::string& name, boost::any vertex, const std::string& value,
                           const std::string& /*type*/) override {
    nodes_[boost::any_cast<std::size_t>(vertex)].set(name, value);
  }
  void set_edge_property(const std::string& name, boost::any edge, const std::string& value,
                         const std::string& /*type*/) override {
    edges_[boost::any_cast<std::size_t>(edge)].item.set(name, value);
  }

 private:
  const GraphmlOutline* outline_;
  GraphmlItem graph_;
  std::vector<GraphmlItem> nodes_;
  std::vector<Edge> edges_;
};

/// Runs Boost's reader and turns what it throws into sim::Error.
Collector collect(const std::string& label, const std::string& text,
                  const GraphmlOutline& outline) {
  Collector collector{outline};
  try {
    std::istringstream stream{text};
    boost::read_graphml(stream, collector, 0);
  } catch (const boost::property_tree::file_parser_error& bad) {
    throw sim::Error{sim::SourcePos{label, static_cast<int>(bad.line()), 1}, bad.message()};
  } catch (const boost::property_tree::ptree_error& bad) {
    throw sim::Error{label, bad.what()};
  } catch (const boost::graph_exception& bad) {
    throw sim::Error{label, bad.what()};
  }
  if (collector.nodes().size() != outline.nodes.size() ||
      collector.edges().size() != outline.edges.size()) {
    throw sim::Error{label,
                     "the nodes and edges could not be told apart: ids must be written "
                     "the same way everywhere"};
  }
  return collector;
}

std::size_t count_partitions(const GraphmlItem& graph) {
  std::size_t count = 0;
  while (graph.find(partition_key(count)) != nullptr) {
    ++count;
  }
  return count;
}

/// `fixed` and the first `partitions` partition keys.
class KeyList {
 public:
  KeyList(std::initializer_list<std::string_view> fixed, std::size_t partitions) : keys_{fixed} {
    for (std::size_t i = 0; i < partitions; ++i) {
      names_.push_back(partition_key(i));
    }
    keys_.insert(keys_.end(), names_.begin(), names_.end());
  }
  [[nodiscard]] std::span<const std::string_view> keys() const { return keys_; }

 private:
  std::vector<std::string> names_;
  std::vector<std::string_view> keys_;
};

Node read_node(const GraphmlItem& item, const std::string& id) {
  const std::string* given = item.find("name");
  Node node{given == nullptr ? id : *given, {}, {}};
  if (const std::string_view problem = name_problem(node.name); !problem.empty()) {
    item.fail(problem);
  }
  const std::string& kind = item.at("kind");
  const auto* const found = std::ranges::find(kinds, kind, name_of);
  if (found == kinds.end()) {
    item.fail(fmt::format("kind: expected gpu, nic or switch, got '{}'", kind));
  }
  node.kind = *found;
  node.relay = item.boolean("relay").value_or(node.kind != NodeKind::gpu) ? Relay::yes : Relay::no;
  return node;
}

void add_nodes(Topology& topology, const Collector& collector, const GraphmlOutline& outline,
               std::size_t partitions) {
  const KeyList allowed{{"name", "kind", "relay"}, partitions};
  std::unordered_set<std::string> names;  // looked up, never iterated
  for (std::size_t i = 0; i < collector.nodes().size(); ++i) {
    const GraphmlItem& item = collector.nodes()[i];
    item.expect_keys(allowed.keys());
    Node node = read_node(item, outline.nodes[i].id);
    if (!names.insert(node.name).second) {
      item.fail(fmt::format("there are two nodes named '{}'", node.name));
    }
    topology.add_node(std::move(node));
  }
}

LinkSpec read_edge(const GraphmlItem& item) {
  constexpr std::array<std::string_view, 4> allowed{"bandwidth_bytes_per_second", "bandwidth",
                                                    "latency_picoseconds", "latency"};
  item.expect_keys(allowed);
  const auto bandwidth = item.quantity<sim::Bandwidth>(allowed[0], 1, sim::bandwidth_max.count(),
                                                       allowed[1], sim::parse_bandwidth);
  if (!bandwidth) {
    item.fail(fmt::format("missing key '{}'", allowed[0]));
  }
  const auto latency = item.quantity<sim::Duration>(allowed[2], 0, sim::duration_max.count(),
                                                    allowed[3], sim::parse_duration);
  return {*bandwidth, latency.value_or(sim::Duration{0})};
}

void add_links(Topology& topology, const Collector& collector, const GraphmlOutline& outline) {
  for (std::size_t i = 0; i < collector.edges().size(); ++i) {
    const Edge& edge = collector.edges()[i];
    if (edge.from == edge.to) {
      edge.item.fail("a link from a node to itself leads nowhere");
    }
    const LinkSpec link = read_edge(edge.item);
    const auto from = static_cast<NodeId>(edge.from);
    const auto to = static_cast<NodeId>(edge.to);
    topology.add_link(from, to, link);
    if (!outline.edges[i].is_directed) {
      topology.add_link(to, from, link);
    }
  }
}

void add_partitions(Topology& topology, const Collector& collector, std::size_t partitions) {
  for (std::size_t number = 0; number < partitions; ++number) {
    const std::string key = partition_key(number);
    Partition partition{collector.graph().at(key), {}};
    if (const std::string_view problem = name_problem(partition.name); !problem.empty()) {
      collector.graph().fail(problem);
    }
    const auto most = static_cast<std::int64_t>(collector.nodes().size()) - 1;
    for (const GraphmlItem& item : collector.nodes()) {
      partition.block_of.push_back(
          static_cast<std::int32_t>(item.integer(key, -1, most).value_or(-1)));
    }
    topology.add_partition(std::move(partition));
  }
}

bool joined(const Topology& topology, std::int64_t from, std::int64_t to) {
  const NodeId target = topology.endpoints()[static_cast<std::size_t>(to)];
  const auto links = topology.out_links(topology.endpoints()[static_cast<std::size_t>(from)]);
  return std::ranges::any_of(links, [&](LinkId id) { return topology.link(id).to == target; });
}

/// Refuses a lattice that the links do not form: algorithms will rely on it.
void check_lattice(const Topology& topology, const Lattice& lattice, const GraphmlItem& graph) {
  const auto count = std::ssize(topology.endpoints());
  std::int64_t product = 1;
  for (const std::int32_t extent : lattice.shape) {
    product *= extent;
  }
  if (product != count) {
    graph.fail(fmt::format("lattice: '{}' holds {} endpoints, there are {}",
                           fmt::join(lattice.shape, "x"), product, count));
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const Node& node = topology.node(topology.endpoints()[static_cast<std::size_t>(i)]);
    if (node.relay == Relay::no) {
      graph.fail(fmt::format("lattice: '{}' does not relay", node.name));
    }
    std::int64_t stride = count;
    for (const std::int32_t extent : lattice.shape) {
      stride /= extent;
      const std::int64_t at = (i / stride) % extent;
      if (extent == 1 || (at + 1 == extent && !lattice.wraps)) {
        continue;
      }
      const std::int64_t up = i + ((((at + 1) % extent) - at) * stride);
      if (!joined(topology, i, up) || !joined(topology, up, i)) {
        graph.fail(
            fmt::format("lattice: '{}' and '{}' are neighbours that no cable joins", node.name,
                        topology.node(topology.endpoints()[static_cast<std::size_t>(up)]).name));
      }
    }
  }
}

void read_graph(Topology& topology, const std::string& label, const GraphmlItem& graph) {
  if (const auto bandwidth = graph.quantity<sim::Bandwidth>("injection_bytes_per_second", 1,
                                                            sim::bandwidth_max.count(), "injection",
                                                            sim::parse_bandwidth)) {
    const auto latency =
        graph.quantity<sim::Duration>("injection_latency_picoseconds", 0, sim::duration_max.count(),
                                      "injection_latency", sim::parse_duration);
    const auto ports = graph.integer("injection_ports", 1, ports_max);
    topology.set_injection(Injection{.bandwidth = *bandwidth,
                                     .latency = latency.value_or(sim::Duration{0}),
                                     .ports = static_cast<std::int32_t>(ports.value_or(1))});
  }
  const std::string* shape = graph.find("lattice");
  if (shape == nullptr) {
    return;
  }
  constexpr std::size_t dimensions_max = 6;
  Lattice lattice{
      read_shape(sim::ConfigNode::scalar(label + ": lattice", *shape), 1, dimensions_max),
      graph.boolean("wraps").value_or(false)};
  check_lattice(topology, lattice, graph);
  topology.set_lattice(std::move(lattice));
}

void check_connected(const Topology& topology, const GraphmlItem& graph) {
  if (topology.endpoints().empty()) {
    graph.fail("the network has no GPU");
  }
  if (const auto gap = find_unreachable(topology)) {
    graph.fail(fmt::format("the network falls apart into {} parts: no path leads from '{}' to '{}'",
                           gap->components, topology.node(gap->from).name,
                           topology.node(gap->to).name));
  }
}

void write_graph_keys(boost::dynamic_properties& keys, const Topology& topology) {
  const auto add = [&](const std::string& name, const auto& value) {
    keys.property(name, boost::make_function_property_map<BoostGraph*>(
                            [value](BoostGraph* /*graph*/) { return value; }));
  };
  add("kind", topology.kind());
  if (topology.lattice()) {
    add("lattice", fmt::format("{}", fmt::join(topology.lattice()->shape, "x")));
    add("wraps", fmt::format("{}", topology.lattice()->wraps));
  }
  if (topology.injection()) {
    add("injection_bytes_per_second", topology.injection()->bandwidth.count());
    add("injection_latency_picoseconds", topology.injection()->latency.count());
    add("injection_ports", topology.injection()->ports);
  }
  for (std::size_t i = 0; i < topology.partitions().size(); ++i) {
    add(partition_key(i), topology.partitions()[i].name);
  }
}

void write_node_keys(boost::dynamic_properties& keys, const Topology& topology) {
  using Vertex = BoostGraph::vertex_descriptor;
  const auto add = [&](const std::string& name, auto value_of) {
    keys.property(name, boost::make_function_property_map<Vertex>(value_of));
  };
  const std::span<const Node> nodes = topology.nodes();
  add("name", [nodes](Vertex v) { return nodes[v].name; });
  add("kind", [nodes](Vertex v) { return std::string{name_of(nodes[v].kind)}; });
  add("relay",
      [nodes](Vertex v) { return std::string{nodes[v].relay == Relay::yes ? "true" : "false"}; });
  for (std::size_t i = 0; i < topology.partitions().size(); ++i) {
    const std::span<const std::int32_t> block_of = topology.partitions()[i].block_of;
    add(partition_key(i), [block_of](Vertex v) { return block_of[v]; });
  }
}

}  // namespace

Topology read_graphml(const std::string& label, const std::string& text) {
  const GraphmlOutline outline = outline_graphml(label, text);
  const Collector collector = collect(label, text, outline);
  const GraphmlItem& graph = collector.graph();
  const std::size_t partitions = count_partitions(graph);
  graph.expect_keys(
      KeyList{{"kind", "lattice", "wraps", "injection_bytes_per_second", "injection",
               "injection_latency_picoseconds", "injection_latency", "injection_ports"},
              partitions}
          .keys());
  if (std::cmp_greater(partitions, partitions_max)) {
    graph.fail(fmt::format("there are more than {} partitions", partitions_max));
  }
  const std::string* kind = graph.find("kind");
  if (kind != nullptr && !name_problem(*kind).empty()) {
    graph.fail(fmt::format("kind: {}", name_problem(*kind)));
  }
  Topology topology{kind == nullptr ? "custom" : *kind};
  add_nodes(topology, collector, outline, partitions);
  add_links(topology, collector, outline);
  add_partitions(topology, collector, partitions);
  if (std::ssize(topology.endpoints()) > endpoints_max) {
    graph.fail(fmt::format("there are {} endpoints; at most {} are read",
                           topology.endpoints().size(), endpoints_max));
  }
  read_graph(topology, label, graph);
  check_connected(topology, graph);
  return topology;
}

Topology load_graphml(const std::string& path) {
  constexpr std::size_t size_max = std::size_t{64} << 20;
  return read_graphml(path, sim::read_text_file(path, size_max));
}

std::string write_graphml(const Topology& topology) {
  const BoostGraph graph = to_boost(topology);
  boost::dynamic_properties keys;
  write_graph_keys(keys, topology);
  write_node_keys(keys, topology);
  using EdgeId = BoostGraph::edge_descriptor;
  const auto link_of = [&](const EdgeId& edge) {
    return topology.links()[boost::get(boost::edge_index, graph, edge)].spec;
  };
  keys.property("bandwidth_bytes_per_second",
                boost::make_function_property_map<EdgeId>(
                    [=](const EdgeId& edge) { return link_of(edge).bandwidth.count(); }));
  keys.property("latency_picoseconds",
                boost::make_function_property_map<EdgeId>(
                    [=](const EdgeId& edge) { return link_of(edge).latency.count(); }));
  std::ostringstream out;
  boost::write_graphml(out, graph, keys);
  return std::move(out).str();
}

}  // namespace topology
