#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "calibration/profile_parts.hpp"
#include "sim/quantity_text.hpp"
#include "sim/text_list.hpp"

namespace calibration {
namespace {

constexpr std::array<std::string_view, 2> number_kinds{"switches", "gpus"};
constexpr std::size_t dimensions = 5;  // of what the samples say beside the numbers
constexpr double us = 1e6;
using Bounds = CollectiveBounds;

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
          .line_Bps = node.at("line_Bps").number(Bounds::rate_least, Bounds::rate_most),
          .bus_Bps = node.at("bus_Bps").number(Bounds::rate_least, Bounds::rate_most),
          .nic_Bps = node.at("nic_Bps").number(0, Bounds::rate_most)};
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
  const auto count = [&](std::size_t word, std::int64_t least, std::int64_t most) {
    return static_cast<std::int32_t>(node.part(std::string{words[word]}).integer(least, most));
  };
  CollectiveSample sample;
  sample.shape.operation =
      static_cast<Operation>(node.part(std::string{words[0]}).choice(operation_names, "operation"));
  sample.shape.number =
      static_cast<Number>(node.part(std::string{words[1]}).choice(number_kinds, "kind of number"));
  sample.shape.ranks = count(2, 2, Bounds::ranks_most);
  sample.shape.nodes = count(3, 1, sample.shape.ranks);
  sample.shape.bytes = number(4, 1, Bounds::bytes_most);
  sample.seconds = number(5, Bounds::seconds_least * us, Bounds::seconds_most * us) / us;
  if (sample.shape.ranks % sample.shape.nodes != 0) {
    node.fail(fmt::format("{} ranks cannot be spread evenly over {} servers", sample.shape.ranks,
                          sample.shape.nodes));
  }
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
  constexpr double latency_least = 1e-15;
  constexpr double latency_most = 1;
  constexpr double sharing_most = 10;
  CollectiveFit::Found found{
      .method = {.pattern =
                     static_cast<Pattern>(method.at("pattern").choice(pattern_names, "pattern")),
                 .protocol = static_cast<Protocol>(
                     method.at("protocol").choice(protocol_names, "protocol"))},
      .numbers = {.base_s = numbers.at("base_s").number(latency_least, latency_most),
                  .step_s = numbers.at("step_s").number(latency_least, latency_most),
                  .far_step_s = numbers.at("far_step_s").number(latency_least, latency_most),
                  .rate_Bps = numbers.at("rate_Bps").number(Bounds::rate_least, Bounds::rate_most),
                  .sharing = numbers.at("sharing").number(0, sharing_most)},
      .settings = read_settings(node.at("beside"), dimensions),
      .samples = {}};
  for (const sim::ConfigNode& sample : node.at("samples").items()) {
    found.samples.push_back(read_sample(sample));
    if (!considers(server, found.method, found.samples.back().shape)) {
      sample.fail("this server does not do it by this method");
    }
  }
  if (found.samples.empty()) {
    node.at("samples").fail("expected at least one sample");
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
    const auto same = [&](const CollectiveFit::Found& each) {
      return each.method == methods.back().method;
    };
    if (std::ranges::count_if(methods, same) > 1) {
      method.at("method").fail("this method is there twice");
    }
  }
  if (methods.empty()) {
    node.at("methods").fail("expected at least one method");
  }
  return {.fit = CollectiveFit{server, std::move(methods)},
          .fitted = read_errors(node.at("fitted")),
          .held_out = read_errors(node.at("held_out"))};
}

}  // namespace calibration
