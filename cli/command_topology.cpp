// espalier topology: look at a network, draw it, convert it.

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/atomic_file.hpp"
#include "cli/commands.hpp"
#include "cli/json_document.hpp"
#include "cli/plot.hpp"
#include "cli/settings.hpp"
#include "cli/topology_key.hpp"
#include "collectives/bound.hpp"
#include "sim/config.hpp"
#include "sim/error.hpp"
#include "sim/quantity_text.hpp"
#include "topology/dot.hpp"
#include "topology/graphml.hpp"
#include "topology/registry.hpp"
#include "topology/routes.hpp"

namespace cli {

namespace {

constexpr std::array topology_options{
    Option{"link", 0, "BANDWIDTH,LATENCY", "of every link: 16GB/s,150ns"},
    Option{"set", 0, "KEY=VALUE", "any key of the network: shape=4x4, injection=50GB/s"},
    Option{"output", 'o', "FILE", "draw: .svg, .png, .pdf, .dot; convert: .graphml, .dot"},
    Option{"json", 0, "", "list, show: print JSON"},
    Option{"help", 'h', "", "show this"},
};
constexpr std::array<std::string_view, 2> topology_words{"action", "topology"};

}  // namespace

const Command topology_command{
    .name = "topology",
    .summary = "list the kinds of network; show, draw or convert one",
    .usage = "espalier topology list|show|draw|convert [TOPOLOGY] [options]",
    .examples =
        "espalier topology list\n"
        "espalier topology show dragonfly:2x4x2\n"
        "espalier topology show configs/topologies/tpu-v4-512.yaml --set shape=4x4x4\n"
        "espalier topology draw fat-tree:4 -o fat-tree.svg\n"
        "espalier topology convert configs/topologies/dgx-h100-64.yaml -o pod.graphml",
    .options = topology_options,
    .positional = topology_words,
};

namespace {

int list_kinds(const Arguments& arguments) {
  if (arguments.has("json")) {
    auto list = nlohmann::ordered_json::array();
    for (const topology::Kind& kind : topology::kinds()) {
      list.push_back({{"kind", kind.name}, {"example", kind.example}, {"summary", kind.summary}});
    }
    fmt::print("{}", json_document({{"kinds", list}}));
    return 0;
  }
  for (const topology::Kind& kind : topology::kinds()) {
    fmt::print("{:<16} {:<28} {}\n", kind.name, kind.example, kind.summary);
  }
  return 0;
}

/// What is worth knowing about a network at a glance.
struct Figures {
  std::map<std::string_view, std::int64_t> nodes;  // by kind
  std::map<std::tuple<std::string_view, std::string_view, std::int64_t, std::int64_t>,
           std::int64_t>
      links;  // by kinds of the ends, bandwidth, latency
  std::int32_t hops_max = 0;
  sim::Duration latency_max{};
};

Figures measure(const topology::Topology& topology) {
  Figures figures;
  for (const topology::Node& node : topology.nodes()) {
    ++figures.nodes[topology::name_of(node.kind)];
  }
  for (const topology::Link& link : topology.links()) {
    ++figures.links[{topology::name_of(topology.node(link.from).kind),
                     topology::name_of(topology.node(link.to).kind), link.spec.bandwidth.count(),
                     link.spec.latency.count()}];
  }
  // All pairs of a large network take too long: then from every so many endpoints.
  constexpr std::size_t links_walked_max = 50'000'000;
  const auto endpoints = topology.endpoints();
  const std::size_t sources_max =
      std::clamp<std::size_t>(links_walked_max / (topology.links().size() + 1), 1, 256);
  const std::size_t stride = std::max<std::size_t>(endpoints.size() / sources_max, 1);
  for (std::size_t i = 0; i < endpoints.size(); i += stride) {
    const auto hops = topology::hops_to(topology, endpoints[i]);
    const auto latency = topology::latency_from(topology, endpoints[i], topology::Through::relays);
    for (const topology::NodeId to : endpoints) {
      figures.hops_max = std::max(figures.hops_max, hops[topology::index(to)]);
      figures.latency_max = std::max(figures.latency_max, latency[topology::index(to)]);
    }
  }
  return figures;
}

void print_figures(const topology::Topology& topology, const Figures& figures) {
  fmt::print("{}\n", topology.summary());
  for (const auto& [kind, count] : figures.nodes) {
    fmt::print("  {:>8} {}\n", count, kind);
  }
  fmt::print("links (directed)\n");
  for (const auto& [key, count] : figures.links) {
    const auto& [from, to, bandwidth, latency] = key;
    fmt::print("  {:>8} {:<18} {:>12}, {}\n", count, fmt::format("{} -> {}", from, to),
               sim::to_text(sim::Bandwidth{bandwidth}), sim::to_text(sim::Duration{latency}));
  }
  if (const auto injection = topology.injection()) {
    fmt::print("injection  {} each way per port, {}, {} per GPU\n",
               sim::to_text(injection->bandwidth), sim::to_text(injection->latency),
               injection->ports);
  }
  for (const topology::Partition& partition : topology.partitions()) {
    const auto blocks = 1 + std::ranges::max(partition.block_of);
    fmt::print("{:<10} {} of them\n", partition.name, blocks);
  }
  fmt::print("diameter   {} hops, {} between GPUs\n", figures.hops_max,
             sim::to_text(figures.latency_max));
}

nlohmann::ordered_json to_json(const topology::Topology& topology, const Figures& figures) {
  nlohmann::ordered_json out;
  out["kind"] = topology.kind();
  out["gpus"] = topology.endpoints().size();
  out["nodes"] = topology.nodes().size();
  out["links"] = topology.links().size();
  out["nodes_by_kind"] = figures.nodes;
  auto& links = out["links_by_kind"] = nlohmann::ordered_json::array();
  for (const auto& [key, count] : figures.links) {
    const auto& [from, to, bandwidth, latency] = key;
    links.push_back({{"from", from},
                     {"to", to},
                     {"bandwidth_Bps", bandwidth},
                     {"latency_s", sim::seconds(sim::Duration{latency})},
                     {"count", count}});
  }
  out["diameter_hops"] = figures.hops_max;
  out["diameter_s"] = sim::seconds(figures.latency_max);
  return out;
}

int draw(const topology::Topology& topology, const std::string& file) {
  const std::string dot = topology::write_dot(topology, {});
  const std::size_t dot_at = file.rfind('.');
  const std::string format = dot_at == std::string::npos ? "" : file.substr(dot_at + 1);
  if (format == "dot" || format == "gv") {
    write_file_atomically(file, dot);
    return 0;
  }
  if (format != "svg" && format != "png" && format != "pdf") {
    throw sim::Error{
        std::string{"--output"},
        fmt::format("expected a file that ends in .svg, .png, .pdf or .dot, got '{}'", file)};
  }
  write_file_atomically(file, render_dot(topology, dot, format));
  return 0;
}

int convert(const topology::Topology& topology, const std::string& file) {
  if (file.ends_with(".graphml")) {
    write_file_atomically(file, topology::write_graphml(topology));
  } else if (file.ends_with(".dot") || file.ends_with(".gv")) {
    write_file_atomically(file, topology::write_dot(topology, {}));
  } else {
    throw sim::Error{std::string{"--output"},
                     fmt::format("expected a file that ends in .graphml or .dot, got '{}'", file)};
  }
  return 0;
}

/// The network asked for, with `--link` and `--set` over it.
topology::Topology read_topology(const Arguments& arguments) {
  const std::string text = arguments.at("topology");
  std::optional<sim::ConfigNode> link;
  if (const auto value = arguments.find("link")) {
    link = sim::ConfigNode::scalar("--link", *value);
  }
  if (!arguments.has("set")) {
    return topology::load("TOPOLOGY", text, link);
  }
  sim::ConfigNode spec = topology::read_spec("TOPOLOGY", text);
  if (link) {
    spec = spec.with("link", *link);
  }
  return topology::build(with_settings(std::move(spec), arguments));
}

}  // namespace

int run_topology(const Arguments& arguments) {
  constexpr std::array<std::string_view, 4> actions{"list", "show", "draw", "convert"};
  const auto action =
      sim::ConfigNode::scalar("espalier topology", arguments.find("action").value_or("list"))
          .choice(actions, "action");
  if (action == 0) {
    return list_kinds(arguments);
  }
  const topology::Topology topology = read_topology(arguments);
  if (action == 1) {
    const Figures figures = measure(topology);
    if (arguments.has("json")) {
      fmt::print("{}", json_document(to_json(topology, figures)));
    } else {
      print_figures(topology, figures);
    }
    return 0;
  }
  const std::string file = arguments.at("output");
  return action == 2 ? draw(topology, file) : convert(topology, file);
}

}  // namespace cli
