#pragma once
// What a network model sees of a network: flat arrays, no graph.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/units.hpp"

namespace sim {

enum class Lane : std::uint32_t {};

constexpr std::size_t index(Lane lane) {
  return static_cast<std::size_t>(lane);
}

/// One link on a lane's way, and the share of the lane's traffic that crosses it: 1, or less where
/// the lane is split over several paths.
struct Hop {
  std::uint32_t link = 0;
  double share = 1;
  std::uint8_t channel_class = 0;  // of the virtual channels that its packets may use there
};

/// How a lane's hops hang together where its packets have a choice: the first `firsts` hops begin
/// at the sender, and behind hop i comes one of the hops `next[next_begin[i]]` to
/// `next[next_begin[i + 1] - 1]` of the lane; behind the last ones none.
struct Fork {
  std::uint32_t firsts = 1;
  std::span<const std::uint32_t> next_begin;  // one more than there are hops
  std::span<const std::uint32_t> next;
};

/// Which of several hops a packet takes.
enum class Choice : std::uint8_t {
  random,        // by chance, in proportion to their shares
  least_loaded,  // the one that it waits for least; among equals by chance
};

/// Directed links, and lanes: fixed ways through them, each carrying one message at a time.
///
/// The hops of all lanes stand in one array, in lane order; `hops(lane)` is the range of one lane.
class Fabric {
 public:
  /// Returns the link's number, counted from 0. `latency` is what a packet takes along it. Links
  /// that leave one `node` are ports of one switch; without a node a link is alone.
  std::uint32_t add_link(Bandwidth capacity, Duration latency = {},
                         std::optional<std::uint32_t> node = {});

  /// The links from `first` on are the ports of hosts: of each host `ports` to send by, then as
  /// many to receive by. A network may send a message by another port than its lane's.
  void set_ports(std::uint32_t first, std::uint32_t ports) {
    first_port_ = first;
    ports_ = ports;
  }

  /// Requires at least one hop, on distinct links. `latency` is that of the whole way: the sum over
  /// its links, or, where the lane is split, over those of its slowest part.
  /// Of packets behind one link that want to go the same way, those of the lower `urgency` go
  /// first.
  Lane add_lane(std::span<const Hop> hops, Duration latency, std::int32_t urgency = 0);

  /// The same for a lane whose packets have a choice. Either all lanes fork, if only in name, or
  /// none does.
  Lane add_lane(std::span<const Hop> hops, Duration latency, std::int32_t urgency,
                const Fork& fork);
  void set_choice(Choice choice) { choice_ = choice; }

  /// Message k of `lane` is less urgent than the first one by k times `stride`.
  void set_urgency_stride(Lane lane, std::int32_t stride);

  /// Message k of `lane` arrives by the receiver's port `ports[k mod size]`, counted from its
  /// first, on networks with virtual channels; others keep to the lane's last hop. Requires a lane
  /// that ends at a port.
  void set_arrivals(Lane lane, std::span<const std::uint8_t> ports);

  [[nodiscard]] std::size_t links() const { return capacity_.size(); }
  [[nodiscard]] std::size_t lanes() const { return latency_.size(); }
  /// Is this hop of the lane the last one of a way?
  [[nodiscard]] bool is_last(Lane lane, std::uint32_t hop) const {
    return forks() ? next_begin_[hop] == next_begin_[hop + 1] : hop + 1 == hops_end(lane);
  }

  /// The ports that the sender of a lane may use: links numbered in a row.
  [[nodiscard]] std::uint32_t first_port(Lane lane) const {
    const std::uint32_t link = hop_link(hops_begin(lane));
    return ports_ == 0 || link < first_port_ ? link : link - ((link - first_port_) % ports_);
  }
  [[nodiscard]] std::uint32_t port_count(Lane lane) const {
    return ports_ == 0 || hop_link(hops_begin(lane)) < first_port_ ? 1 : ports_;
  }

  /// The link of the last hop of message `number`.
  [[nodiscard]] std::uint32_t arrival_link(Lane lane, std::uint32_t number) const;
  [[nodiscard]] bool has_arrivals() const { return !arrivals_.empty(); }

  [[nodiscard]] std::size_t hop_count() const { return hop_link_.size(); }

  /// Bytes per second.
  [[nodiscard]] double capacity(std::uint32_t link) const { return capacity_[link]; }
  [[nodiscard]] Duration link_latency(std::uint32_t link) const { return link_latency_[link]; }
  [[nodiscard]] std::optional<std::uint32_t> link_node(std::uint32_t link) const {
    return link_node_[link];
  }
  [[nodiscard]] Duration latency(Lane lane) const { return latency_[index(lane)]; }
  [[nodiscard]] std::int32_t urgency(Lane lane) const { return urgency_[index(lane)]; }
  [[nodiscard]] bool has_urgency_strides() const { return !urgency_stride_.empty(); }
  /// Of message `number`.
  [[nodiscard]] std::int32_t urgency(Lane lane, std::uint32_t number) const {
    return urgency_stride_.empty()
               ? urgency(lane)
               : urgency(lane) + (urgency_stride_[index(lane)] * static_cast<std::int32_t>(number));
  }

  [[nodiscard]] std::uint32_t hops_begin(Lane lane) const { return hops_begin_[index(lane)]; }
  [[nodiscard]] std::uint32_t hops_end(Lane lane) const { return hops_begin_[index(lane) + 1]; }
  [[nodiscard]] std::uint32_t hop_link(std::uint32_t hop) const { return hop_link_[hop]; }
  [[nodiscard]] double hop_share(std::uint32_t hop) const {
    return hop_share_.empty() ? 1.0 : hop_share_[hop];
  }

  /// Do packets have a choice? And of which hops, first and then behind one?
  [[nodiscard]] bool forks() const { return !next_begin_.empty(); }
  [[nodiscard]] Choice choice() const { return choice_; }
  [[nodiscard]] std::uint32_t first_hops(Lane lane) const {
    return forks() ? firsts_[index(lane)] : 1;
  }
  [[nodiscard]] std::span<const std::uint32_t> next_hops(std::uint32_t hop) const {
    return std::span{next_}.subspan(next_begin_[hop], next_begin_[hop + 1] - next_begin_[hop]);
  }

  /// Packets of different classes use different virtual channels: of C classes, class c the c-th
  /// part of them. Where lanes could wait for each other in a circle, classes break it.
  [[nodiscard]] std::uint8_t hop_class(std::uint32_t hop) const {
    return hop_class_.empty() ? std::uint8_t{0} : hop_class_[hop];
  }
  [[nodiscard]] std::int32_t channel_classes() const { return channel_classes_; }

  /// There are at least so many classes, whether lanes use them or not.
  void reserve_channel_classes(std::int32_t classes) {
    channel_classes_ = std::max(channel_classes_, classes);
  }

  /// Is some lane split over several paths?
  [[nodiscard]] bool has_split_lanes() const { return !hop_share_.empty(); }

  /// The rate of a message that has the lane's links for itself, in bytes per second.
  [[nodiscard]] double lone_rate(Lane lane) const;

 private:
  std::vector<double> capacity_;
  std::vector<Duration> link_latency_;
  std::vector<std::optional<std::uint32_t>> link_node_;
  std::vector<Duration> latency_;
  std::vector<std::int32_t> urgency_;
  std::vector<std::int32_t> urgency_stride_;  // empty while all are 0
  std::vector<std::uint32_t> hops_begin_{0};
  std::vector<std::uint32_t> hop_link_;
  std::vector<std::uint32_t> firsts_;      // per lane; this and the next two: empty without forks
  std::vector<std::uint32_t> next_begin_;  // per hop, and one more
  std::vector<std::uint32_t> next_;        // hops
  Choice choice_ = Choice::random;
  std::vector<double> hop_share_;                    // empty while every share is 1
  std::vector<std::uint8_t> hop_class_;              // empty while every class is 0
  std::vector<std::vector<std::uint8_t>> arrivals_;  // per lane; empty if no lane has them
  std::int32_t channel_classes_ = 1;
  std::uint32_t first_port_ = 0;
  std::uint32_t ports_ = 0;  // 0: none
};

}  // namespace sim
