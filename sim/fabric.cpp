#include "sim/fabric.hpp"

#include <algorithm>
#include <limits>

#include "sim/contract.hpp"

namespace sim {

std::uint32_t Fabric::add_link(Bandwidth capacity, Duration latency) {
  require(capacity > Bandwidth{0}, "a link carries something");
  capacity_.push_back(static_cast<double>(capacity.count()));
  link_latency_.push_back(latency);
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

double Fabric::lone_rate(Lane lane) const {
  double rate = std::numeric_limits<double>::infinity();
  for (std::uint32_t hop = hops_begin(lane); hop < hops_end(lane); ++hop) {
    rate = std::min(rate, capacity_[hop_link_[hop]] / hop_share(hop));
  }
  return rate;
}

}  // namespace sim
