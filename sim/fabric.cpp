#include "sim/fabric.hpp"

#include <algorithm>
#include <limits>

#include "sim/contract.hpp"

namespace sim {

std::uint32_t Fabric::add_link(Bandwidth capacity, Duration latency,
                               std::optional<std::uint32_t> node) {
  require(capacity > Bandwidth{0}, "a link carries something");
  capacity_.push_back(static_cast<double>(capacity.count()));
  link_latency_.push_back(latency);
  link_node_.push_back(node);
  return static_cast<std::uint32_t>(capacity_.size() - 1);
}

Lane Fabric::add_lane(std::span<const Hop> hops, Duration latency, std::int32_t urgency) {
  require(!hops.empty(), "a lane crosses at least one link");
  const auto lane = static_cast<Lane>(latency_.size());
  for (const Hop& hop : hops) {
    require(hop.link < capacity_.size() && hop.share > 0 && hop.share <= 1,
            "a hop is a share of an existing link");
    if (hop.share < 1 && hop_share_.empty()) {
      hop_share_.assign(hop_link_.size(), 1.0);
    }
    if (hop.channel_class > 0 && hop_class_.empty()) {
      hop_class_.assign(hop_link_.size(), 0);
    }
    if (!hop_class_.empty() || hop.channel_class > 0) {
      hop_class_.push_back(hop.channel_class);
      channel_classes_ = std::max(channel_classes_, hop.channel_class + 1);
    }
    hop_link_.push_back(hop.link);
    if (!hop_share_.empty() || hop.share < 1) {
      hop_share_.push_back(hop.share);
    }
  }
  latency_.push_back(latency);
  urgency_.push_back(urgency);
  hops_begin_.push_back(static_cast<std::uint32_t>(hop_link_.size()));
  return lane;
}

Lane Fabric::add_lane(std::span<const Hop> hops, Duration latency, std::int32_t urgency,
                      const Fork& fork) {
  require(forks() || lanes() == 0, "all lanes fork, or none");
  require(fork.firsts >= 1 && fork.next_begin.size() == hops.size() + 1, "every hop has its next");
  const auto first = static_cast<std::uint32_t>(hop_link_.size());
  const Lane lane = add_lane(hops, latency, urgency);
  firsts_.push_back(fork.firsts);
  if (next_begin_.empty()) {
    next_begin_.push_back(0);
  }
  for (std::size_t i = 0; i < hops.size(); ++i) {
    for (std::uint32_t k = fork.next_begin[i]; k < fork.next_begin[i + 1]; ++k) {
      require(fork.next[k] > i && fork.next[k] < hops.size(), "a way leads forward");
      next_.push_back(first + fork.next[k]);
    }
    next_begin_.push_back(static_cast<std::uint32_t>(next_.size()));
  }
  return lane;
}

void Fabric::set_urgency_stride(Lane lane, std::int32_t stride) {
  urgency_stride_.resize(lanes(), 0);
  urgency_stride_[index(lane)] = stride;
}

void Fabric::set_arrivals(Lane lane, std::span<const std::uint8_t> ports) {
  require(ports_ > 0 && hop_link(hops_end(lane) - 1) >= first_port_, "the lane ends at a port");
  require(std::ranges::all_of(ports, [&](std::uint8_t port) { return port < ports_; }),
          "a host has this port");
  arrivals_.resize(lanes());
  arrivals_[index(lane)].assign(ports.begin(), ports.end());
}

std::uint32_t Fabric::arrival_link(Lane lane, std::uint32_t number) const {
  const std::uint32_t link = hop_link(hops_end(lane) - 1);
  if (arrivals_.empty() || arrivals_[index(lane)].empty()) {
    return link;
  }
  const std::vector<std::uint8_t>& ports = arrivals_[index(lane)];
  return link - ((link - first_port_) % ports_) + ports[number % ports.size()];
}

double Fabric::lone_rate(Lane lane) const {
  double rate = std::numeric_limits<double>::infinity();
  for (std::uint32_t hop = hops_begin(lane); hop < hops_end(lane); ++hop) {
    rate = std::min(rate, capacity_[hop_link_[hop]] / hop_share(hop));
  }
  return rate;
}

}  // namespace sim
