#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "calibration/profile_parts.hpp"
#include "sim/quantity_text.hpp"
#include "sim/text_list.hpp"

namespace calibration {
namespace {

constexpr std::array<std::string_view, 2> number_kinds{"floating", "integer"};
constexpr std::size_t dimensions = 5;  // of what the samples say beside the numbers
constexpr double us = 1e6;
constexpr double smallest = std::numeric_limits<double>::min();
constexpr double largest = 1e30;

template <class Names>
std::string_view name_at(const Names& names, auto value) {
  return names.at(static_cast<std::size_t>(value));
}

std::string node_text(const NodeKind& node) {
  return fmt::format(
      "      node: {{architecture: {}, joint: {}, line_Bps: {}, bus_Bps: {}, nic_Bps: {}}}\n",
      name_at(architecture_names, node.architecture), name_at(joint_names, node.joint),
      node.line_Bps, node.bus_Bps, node.nic_Bps);
}

NodeKind read_node(const sim::ConfigNode& node) {
  node.expect_keys({"architecture", "joint", "line_Bps", "bus_Bps", "nic_Bps"});
  return {.architecture = static_cast<Architecture>(
              node.at("architecture").choice(architecture_names, "architecture")),
          .joint = static_cast<Joint>(node.at("joint").choice(joint_names, "joint")),
          .line_Bps = node.at("line_Bps").number(1, largest),
          .bus_Bps = node.at("bus_Bps").number(1, largest),
          .nic_Bps = node.at("nic_Bps").number(0, largest)};
}

std::string sample_text(const CollectiveSample& sample) {
  const CollectiveShape& shape = sample.shape;
  return fmt::format("            - {} {} {} {} {:.17g} {:.9g}\n",
                     name_at(operation_names, shape.operation), name_at(number_kinds, shape.number),
                     shape.ranks, shape.nodes, shape.bytes, sample.seconds * us);
}

/// "all-reduce floating 8 1 1024 22.1".
CollectiveSample read_sample(const sim::ConfigNode& node) {
  const std::string text = node.text();
  const std::vector<std::string_view> words = sim::split(text, ' ');
  constexpr std::size_t fields = 6;
  if (words.size() != fields) {
    node.fail(fmt::format("expected {} words, found {}", fields, words.size()));
  }
  const auto number = [&](std::size_t word, double least, double most) {
    return node.part(std::string{words[word]}).number(least, most);
  };
  constexpr double ranks_max = 1 << 20;
  CollectiveSample sample;
  sample.shape.operation =
      static_cast<Operation>(node.part(std::string{words[0]}).choice(operation_names, "operation"));
  sample.shape.number =
      static_cast<Number>(node.part(std::string{words[1]}).choice(number_kinds, "kind of number"));
  sample.shape.ranks = static_cast<std::int32_t>(number(2, 2, ranks_max));
  sample.shape.nodes = static_cast<std::int32_t>(number(3, 1, sample.shape.ranks));
  sample.shape.bytes = number(4, 1, largest);
  sample.seconds = number(5, smallest, largest) / us;
  return sample;
}

std::string method_text(const MethodFit& fit) {
  const MethodNumbers& numbers = fit.numbers;
  std::string out = fmt::format(
      "        - method: {{pattern: {}, protocol: {}}}\n"
      "          numbers: {{base_s: {}, step_s: {}, far_step_s: {}, rate_Bps: {}, sharing: {}}}\n",
      name_at(pattern_names, fit.method.pattern), name_at(protocol_names, fit.method.protocol),
      numbers.base_s, numbers.step_s, numbers.far_step_s, numbers.rate_Bps, numbers.sharing);
  out +=
      "          beside:  # over log2 bytes, log2 ranks, log2 nodes, operation, what is summed\n" +
      settings_text(fit.beside.settings(), "            ");
  out += "          samples:  # operation, what is summed, ranks, nodes, bytes, microseconds\n";
  for (const CollectiveSample& sample : fit.samples) {
    out += sample_text(sample);
  }
  return out;
}

CollectiveFit::Found read_method(const sim::ConfigNode& node, const NodeKind& server) {
  node.expect_keys({"method", "numbers", "beside", "samples"});
  const sim::ConfigNode method = node.at("method");
  method.expect_keys({"pattern", "protocol"});
  const sim::ConfigNode numbers = node.at("numbers");
  numbers.expect_keys({"base_s", "step_s", "far_step_s", "rate_Bps", "sharing"});
  CollectiveFit::Found found{
      .method = {.pattern =
                     static_cast<Pattern>(method.at("pattern").choice(pattern_names, "pattern")),
                 .protocol = static_cast<Protocol>(
                     method.at("protocol").choice(protocol_names, "protocol"))},
      .numbers = {.base_s = numbers.at("base_s").number(smallest, largest),
                  .step_s = numbers.at("step_s").number(smallest, largest),
                  .far_step_s = numbers.at("far_step_s").number(smallest, largest),
                  .rate_Bps = numbers.at("rate_Bps").number(smallest, largest),
                  .sharing = numbers.at("sharing").number(0, largest)},
      .settings = read_settings(node.at("beside"), dimensions),
      .samples = {}};
  for (const sim::ConfigNode& sample : node.at("samples").items()) {
    found.samples.push_back(read_sample(sample));
    if (!considers(server, found.method, found.samples.back().shape)) {
      sample.fail("this server does not do it by this method");
    }
  }
  return found;
}

}  // namespace

std::string collectives_text(const ProfiledCollectives& collectives) {
  std::string out =
      fmt::format("    collectives:\n{}      fitted: {}\n      held_out: {}\n      methods:\n",
                  node_text(collectives.fit.node()), errors_text(collectives.fitted),
                  errors_text(collectives.held_out));
  for (const MethodFit& method : collectives.fit.methods()) {
    out += method_text(method);
  }
  return out;
}

ProfiledCollectives read_collectives(const sim::ConfigNode& node) {
  node.expect_keys({"node", "fitted", "held_out", "methods"});
  const NodeKind server = read_node(node.at("node"));
  std::vector<CollectiveFit::Found> methods;
  for (const sim::ConfigNode& method : node.at("methods").items()) {
    methods.push_back(read_method(method, server));
  }
  return {.fit = CollectiveFit{server, std::move(methods)},
          .fitted = read_errors(node.at("fitted")),
          .held_out = read_errors(node.at("held_out"))};
}

}  // namespace calibration
