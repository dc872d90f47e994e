#include "cli/packet_scenario.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/ethernet_scenario.hpp"
#include "sim/quantity_text.hpp"

namespace cli {
namespace {

sim::Bytes size_or(const sim::ConfigNode& node, std::string_view key, sim::Bytes least,
                   sim::Bytes most, sim::Bytes otherwise) {
  const auto value = node.find(key);
  const sim::Bytes bytes = value ? value->bytes() : otherwise;
  if (value && (bytes < least || bytes > most)) {
    value->fail(fmt::format("expected a size from {} to {}, got '{}'", sim::to_text(least),
                            sim::to_text(most), value->text()));
  }
  return bytes;
}

template <class Choice>
Choice choice_or(const sim::ConfigNode& node, std::string_view key,
                 std::span<const std::string_view> names, std::string_view what, Choice otherwise) {
  const auto value = node.find(key);
  return value ? static_cast<Choice>(value->choice(names, what)) : otherwise;
}

/// Refuses keys that belong to another way of switching.
void check_keys(const sim::ConfigNode& node, sim::Switching switching) {
  constexpr std::array<std::string_view, 4> all{"payload", "overhead", "switching", "buffer"};
  constexpr std::array<std::string_view, 8> cut_through{
      "flit",        "flow_control", "virtual_channels", "router_latency", "credit_latency",
      "arbitration", "queue",        "queue_step"};
  std::vector<std::string_view> known{all.begin(), all.end()};
  known.insert(known.end(), cut_through.begin(), cut_through.end());
  known.insert(known.end(), ethernet_keys.begin(), ethernet_keys.end());
  node.expect_keys(known);
  const auto refuse = [&](std::string_view key, std::string_view hint) {
    if (const auto value = node.find(key)) {
      value->fail(fmt::format("'switching: {}' has no '{}'",
                              sim::switching_names.at(static_cast<std::size_t>(switching)), key),
                  hint);
    }
  };
  for (const std::string_view key : cut_through) {
    if (switching != sim::Switching::cut_through) {
      refuse(key, "it belongs to 'switching: cut-through'");
    }
  }
  for (const std::string_view key : ethernet_keys) {
    if (switching != sim::Switching::ethernet) {
      refuse(key, "it belongs to 'switching: ethernet'");
    }
  }
  if (switching == sim::Switching::fifo) {
    refuse("buffer", "its queues are unbounded; others: 'switching: cut-through' or 'ethernet'");
  }
}

}  // namespace

sim::PacketOptions read_packet(const sim::ConfigNode& node) {
  sim::PacketOptions packet;
  packet.switching =
      choice_or(node, "switching", sim::switching_names, "switching", packet.switching);
  check_keys(node, packet.switching);
  // A third each, so that data, head and filling together stay below the most.
  const sim::Bytes third{sim::packet_max.count() / 3};
  packet.payload = size_or(node, "payload", sim::Bytes{1}, third, packet.payload);
  packet.overhead = size_or(node, "overhead", sim::Bytes{0}, third, packet.overhead);
  packet.flit = size_or(node, "flit", sim::Bytes{1}, third, packet.flit);
  packet.flow_control =
      choice_or(node, "flow_control", sim::flow_control_names, "flow control", packet.flow_control);
  packet.arbitration =
      choice_or(node, "arbitration", sim::arbitration_names, "arbitration", packet.arbitration);
  if (const auto channels = node.find("virtual_channels")) {
    constexpr std::int64_t channels_max = 64;
    packet.virtual_channels = static_cast<std::int32_t>(channels->integer(1, channels_max));
  }
  if (const auto latency = node.find("router_latency")) {
    packet.router_latency = latency->duration();
  }
  if (const auto latency = node.find("credit_latency")) {
    packet.credit_latency = latency->duration();
  }
  if (const auto queue = node.find("queue")) {
    constexpr std::int64_t queue_max = 1'000'000;
    packet.nic_queue = static_cast<std::int32_t>(queue->integer(0, queue_max));
  }
  if (const auto step = node.find("queue_step")) {
    packet.nic_step = step->duration();
  }
  const sim::Bytes largest{
      sim::wire_bytes(packet, packet.payload.count(), packet.overhead.count())};
  if (packet.switching == sim::Switching::ethernet) {
    packet.ethernet = read_ethernet(node);
  } else {
    packet.buffer = size_or(node, "buffer", largest, sim::bytes_max, packet.buffer);
  }
  const sim::Bytes buffer =
      packet.switching == sim::Switching::ethernet ? packet.ethernet.buffer : packet.buffer;
  if (packet.switching != sim::Switching::fifo && buffer < largest) {
    node.fail(fmt::format("a packet of {} does not fit into a buffer of {}", sim::to_text(largest),
                          sim::to_text(buffer)),
              "give a larger 'buffer', or a smaller 'payload'");
  }
  return packet;
}

}  // namespace cli
