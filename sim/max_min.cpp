#include "sim/max_min.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/contract.hpp"

namespace sim {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Marks a flow that still grows. No rate is negative.
constexpr double growing = -1;

// Two ways to sum the same shares differ by some 1e-16 per term. A rate that moved by less than
// this is the same rate; and a flow this little below the threshold is treated as at it.
constexpr double same_rate = 1e-12;
constexpr double threshold_slack = 1e-9;

}  // namespace

bool MaxMin::later(const Level& a, const Level& b) {
  return a.share > b.share || (!(a.share < b.share) && a.link > b.link);
}

MaxMin::MaxMin(const Fabric& fabric)
    : fabric_{&fabric},
      rate_(fabric.lanes(), 0),
      link_begin_(fabric.links() + 1, 0),
      link_count_(fabric.links(), 0),
      link_hop_(fabric.hop_count()),
      hop_slot_(fabric.hop_count()),
      hop_lane_(fabric.hop_count()),
      threshold_{infinity},
      link_mark_(fabric.links(), 0),
      lane_mark_(fabric.lanes(), 0),
      open_(fabric.links(), 0),
      residual_(fabric.links(), 0),
      weight_(fabric.links(), 0),
      next_rate_(fabric.lanes(), 0) {
  for (std::uint32_t lane = 0; lane < fabric.lanes(); ++lane) {
    for (std::uint32_t hop = fabric.hops_begin(Lane{lane}); hop < fabric.hops_end(Lane{lane});
         ++hop) {
      hop_lane_[hop] = lane;
      ++link_begin_[fabric.hop_link(hop) + 1];
    }
  }
  for (std::size_t link = 0; link < fabric.links(); ++link) {
    link_begin_[link + 1] += link_begin_[link];
  }
}

void MaxMin::add(Lane lane) {
  for (std::uint32_t hop = fabric_->hops_begin(lane); hop < fabric_->hops_end(lane); ++hop) {
    const std::uint32_t link = fabric_->hop_link(hop);
    const std::uint32_t slot = link_begin_[link] + link_count_[link]++;
    link_hop_[slot] = hop;
    hop_slot_[hop] = slot;
  }
  added_.push_back(lane);
}

void MaxMin::remove(Lane lane) {
  require(rate_[index(lane)] > 0, "a flow that leaves was solved before");
  for (std::uint32_t hop = fabric_->hops_begin(lane); hop < fabric_->hops_end(lane); ++hop) {
    const std::uint32_t link = fabric_->hop_link(hop);
    const std::uint32_t last = link_begin_[link] + --link_count_[link];
    const std::uint32_t slot = hop_slot_[hop];
    link_hop_[slot] = link_hop_[last];
    hop_slot_[link_hop_[slot]] = slot;
    if (link_count_[link] > 0) {
      touched_.push_back(link);
      threshold_ = std::min(threshold_, rate_[index(lane)]);
    }
  }
  rate_[index(lane)] = 0;
}

bool MaxMin::is_alone(Lane lane) const {
  for (std::uint32_t hop = fabric_->hops_begin(lane); hop < fabric_->hops_end(lane); ++hop) {
    if (link_count_[fabric_->hop_link(hop)] != 1) {
      return false;
    }
  }
  return true;
}

void MaxMin::touch(std::uint32_t link) {
  if (link_mark_[link] != epoch_) {
    link_mark_[link] = epoch_;
    region_.push_back(link);
  }
}

std::span<const Lane> MaxMin::solve() {
  changed_.clear();
  for (const Lane lane : added_) {
    if (is_alone(lane)) {
      rate_[index(lane)] = fabric_->lone_rate(lane);
      changed_.push_back(lane);
      continue;
    }
    for (std::uint32_t hop = fabric_->hops_begin(lane); hop < fabric_->hops_end(lane); ++hop) {
      const std::uint32_t link = fabric_->hop_link(hop);
      touched_.push_back(link);
      // Shares are at most 1, so this is a level that the link surely reaches.
      threshold_ =
          std::min(threshold_, fabric_->capacity(link) / static_cast<double>(link_count_[link]));
    }
  }
  added_.clear();
  if (!touched_.empty()) {
    collect();
    fill();
    apply();
    touched_.clear();
  }
  threshold_ = infinity;
  return changed_;
}

/// The links and flows that can change: from the touched links on, over flows at or above the
/// threshold. What the other flows carry is taken off the capacity.
void MaxMin::collect() {
  ++epoch_;
  region_.clear();
  moving_.clear();
  const double least = threshold_ * (1 - threshold_slack);
  for (const std::uint32_t link : touched_) {
    if (link_count_[link] > 0) {
      touch(link);
    }
  }
  // NOLINTNEXTLINE(modernize-loop-convert): touch() appends to the region while it is walked
  for (std::size_t i = 0; i < region_.size(); ++i) {
    const std::uint32_t link = region_[i];
    double residual = fabric_->capacity(link);
    double weight = 0;
    std::uint32_t open = 0;
    const std::uint32_t end = link_begin_[link] + link_count_[link];
    for (std::uint32_t slot = link_begin_[link]; slot < end; ++slot) {
      const std::uint32_t hop = link_hop_[slot];
      const std::uint32_t lane = hop_lane_[hop];
      const double rate = rate_[lane];
      if (rate > 0 && rate < least) {
        residual -= fabric_->hop_share(hop) * rate;
        continue;
      }
      weight += fabric_->hop_share(hop);
      ++open;
      if (lane_mark_[lane] != epoch_) {
        lane_mark_[lane] = epoch_;
        next_rate_[lane] = growing;
        moving_.push_back(Lane{lane});
        for (std::uint32_t h = fabric_->hops_begin(Lane{lane}); h < fabric_->hops_end(Lane{lane});
             ++h) {
          touch(fabric_->hop_link(h));
        }
      }
    }
    residual_[link] = residual;
    weight_[link] = weight;
    open_[link] = open;
  }
}

/// Progressive filling of the region, link by link in the order in which they fill up.
void MaxMin::fill() {
  heap_.clear();
  for (const std::uint32_t link : region_) {
    if (open_[link] > 0) {
      heap_.push_back({residual_[link] / weight_[link], link});
    }
  }
  std::ranges::make_heap(heap_, later);
  double level = 0;
  std::size_t left = moving_.size();
  while (left > 0) {
    require(!heap_.empty(), "every flow is limited by a link");
    std::ranges::pop_heap(heap_, later);
    const Level top = heap_.back();
    heap_.pop_back();
    if (open_[top.link] == 0) {
      continue;
    }
    // A link's share only rises while others fill up: an old entry is early, never late.
    const double share = residual_[top.link] / weight_[top.link];
    if (!heap_.empty() && share > heap_.front().share) {
      heap_.push_back({share, top.link});
      std::ranges::push_heap(heap_, later);
      continue;
    }
    // Links that fill together differ by rounding only: one level, so that their flows end
    // together.
    if (share > level * (1 + same_rate)) {
      level = share;
    }
    left -= open_[top.link];
    freeze_link(top.link, level);
  }
}

void MaxMin::freeze_link(std::uint32_t link, double level) {
  const std::uint32_t end = link_begin_[link] + link_count_[link];
  for (std::uint32_t slot = link_begin_[link]; slot < end; ++slot) {
    const std::uint32_t lane = hop_lane_[link_hop_[slot]];
    if (lane_mark_[lane] != epoch_ || next_rate_[lane] >= 0) {
      continue;
    }
    next_rate_[lane] = level;
    for (std::uint32_t hop = fabric_->hops_begin(Lane{lane}); hop < fabric_->hops_end(Lane{lane});
         ++hop) {
      const std::uint32_t other = fabric_->hop_link(hop);
      residual_[other] -= fabric_->hop_share(hop) * level;
      weight_[other] -= fabric_->hop_share(hop);
      --open_[other];
    }
  }
}

void MaxMin::apply() {
  for (const Lane lane : moving_) {
    double& rate = rate_[index(lane)];
    const double next = next_rate_[index(lane)];
    if (std::abs(next - rate) > same_rate * next) {
      rate = next;
      changed_.push_back(lane);
    }
  }
}

}  // namespace sim
