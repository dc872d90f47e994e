#include "topology/channel_layers.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "sim/contract.hpp"

namespace topology {
namespace {

/// A virtual channel of one class behind a link.
using Channel = std::uint32_t;

constexpr std::uint32_t classes_max = 4;  // that routing gives

Channel channel_of(const sim::Hop& hop) {
  sim::require(hop.channel_class < classes_max, "routing gives few classes");
  return (hop.link * classes_max) + hop.channel_class;
}

}  // namespace

/// A graph of waits that has no circle, and is kept so (with an order of its nodes, in the manner
/// of D. Pearce and P. Kelly, "A dynamic topological sort algorithm for directed acyclic graphs",
/// JEA 11, 2006).
class ChannelLayers::Layer {
 public:
  explicit Layer(std::size_t channels)
      : next_(channels), previous_(channels), place_(channels), mark_(channels, 0) {
    for (std::size_t i = 0; i < channels; ++i) {
      place_[i] = static_cast<std::uint32_t>(i);
    }
  }

  /// Adds the waits of a lane; if that would close a circle, none of them, and returns false.
  bool add(std::span<const Wait> waits) {
    const std::size_t before = added_.size();
    const bool fits = std::ranges::all_of(waits, [&](const Wait& wait) {
      return add_one(channel_of(wait.behind), channel_of(wait.next));
    });
    if (!fits) {
      take_back(before);
    }
    return fits;
  }

 private:
  /// Removes all waits but the first `count`.
  void take_back(std::size_t count) {
    while (added_.size() > count) {
      const auto [from, to] = added_.back();
      next_[from].pop_back();
      previous_[to].pop_back();
      added_.pop_back();
    }
  }

  bool add_one(Channel from, Channel to) {
    if (std::ranges::find(next_[from], to) != next_[from].end()) {
      return true;
    }
    if (place_[to] <= place_[from] && !move_behind(from, to)) {
      return false;
    }
    next_[from].push_back(to);
    previous_[to].push_back(from);
    added_.emplace_back(from, to);
    return true;
  }

  /// Reorders what lies between, so that `to` and all that wait behind it come after `from`. False
  /// if `from` is one of them.
  bool move_behind(Channel from, Channel to) {
    if (from == to) {
      return false;
    }
    const std::vector<Channel> behind =
        reach(to, next_, [&](Channel channel) { return place_[channel] <= place_[from]; });
    if (std::ranges::find(behind, from) != behind.end()) {
      return false;
    }
    const std::vector<Channel> ahead =
        reach(from, previous_, [&](Channel channel) { return place_[channel] >= place_[to]; });
    std::vector<Channel> order{ahead};
    order.insert(order.end(), behind.begin(), behind.end());
    std::vector<std::uint32_t> places;
    for (const Channel channel : order) {
      places.push_back(place_[channel]);
    }
    std::ranges::sort(places);
    for (std::size_t i = 0; i < order.size(); ++i) {
      place_[order[i]] = places[i];
    }
    return true;
  }

  /// What can be reached within `bounds`, in the present order.
  template <class Bounds>
  std::vector<Channel> reach(Channel start, const std::vector<std::vector<Channel>>& links,
                             Bounds bounds) {
    ++round_;
    mark_[start] = round_;
    std::vector<Channel> found{start};
    // NOLINTNEXTLINE(modernize-loop-convert): the list grows while it is walked
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (const Channel other : links[found[i]]) {
        if (mark_[other] != round_ && bounds(other)) {
          mark_[other] = round_;
          found.push_back(other);
        }
      }
    }
    std::ranges::sort(found, {}, [&](Channel channel) { return place_[channel]; });
    return found;
  }

  std::vector<std::vector<Channel>> next_;      // what a channel's packets wait for
  std::vector<std::vector<Channel>> previous_;  // whose wait for it
  std::vector<std::uint32_t> place_;            // in an order in which every wait goes forward
  std::vector<std::uint32_t> mark_;
  std::uint32_t round_ = 0;
  std::vector<std::pair<Channel, Channel>> added_;
};

ChannelLayers::ChannelLayers(std::size_t links, std::int32_t most)
    : channels_{links * classes_max}, most_{static_cast<std::size_t>(most)} {
  sim::require(most >= 1 && most <= std::numeric_limits<std::uint8_t>::max(),
               "layers can be counted");
}
ChannelLayers::~ChannelLayers() = default;

std::uint8_t ChannelLayers::place(std::span<const Wait> waits) {
  for (std::size_t number = 0; number < most_; ++number) {
    if (number == layers_.size()) {
      layers_.push_back(std::make_unique<Layer>(channels_));
    }
    if (layers_[number]->add(waits)) {
      return static_cast<std::uint8_t>(number);
    }
  }
  return static_cast<std::uint8_t>(most_ - 1);
}

}  // namespace topology
