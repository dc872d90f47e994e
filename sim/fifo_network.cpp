#include "sim/fifo_network.hpp"

#include <algorithm>
#include <cmath>

#include "sim/contract.hpp"

namespace sim {
namespace {

constexpr std::uint32_t last_hop = std::uint32_t{1} << 31U;      // of a lane's route
constexpr std::uint32_t ends_message = std::uint32_t{1} << 31U;  // on a packet's size

static_assert(packet_max.count() < ends_message);

}  // namespace

std::uint64_t FifoNetwork::pack(Kind kind, std::uint32_t where) {
  return (static_cast<std::uint64_t>(kind) << 32U) | where;
}

FifoNetwork::FifoNetwork(Engine& engine, const Fabric& fabric, MessageListener& listener,
                         const PacketOptions& options)
    : engine_{&engine},
      listener_{&listener},
      options_{options},
      self_{engine.attach(*this)},
      ports_(fabric.links()),
      turns_(fabric.links()),
      remaining_(fabric.lanes(), 0),
      ways_{fabric, options.seed},
      forks_{fabric.forks()},
      book_{forks_ ? fabric.lanes() : 0, options},
      message_(forks_ ? fabric.lanes() : 0) {
  require(fabric.forks() || !fabric.has_split_lanes(), "a packet takes one way");
  require(options.payload > Bytes{0} && options.payload + options.overhead <= packet_max,
          "a packet carries something, and not too much");
  for (std::uint32_t link = 0; link < fabric.links(); ++link) {
    ports_[link].wire.ps_per_byte = std::pico::den / fabric.capacity(link);
    ports_[link].latency = fabric.link_latency(link);
  }
  route_.reserve(fabric.hop_count());
  hop_lane_.reserve(fabric.hop_count());
  for (std::uint32_t lane = 0; lane < fabric.lanes(); ++lane) {
    for (std::uint32_t hop = fabric.hops_begin(Lane{lane}); hop < fabric.hops_end(Lane{lane});
         ++hop) {
      route_.push_back(fabric.hop_link(hop) | (fabric.is_last(Lane{lane}, hop) ? last_hop : 0));
      hop_lane_.push_back(lane);
    }
  }
}

std::uint32_t FifoNetwork::link_at(std::uint32_t hop) const {
  return route_[hop] & ~last_hop;
}

/// The next packet of a lane would go this way now.
std::uint32_t FifoNetwork::first_hop(std::uint32_t lane) {
  return ways_.first(Lane{lane}, [&](std::uint32_t link) {
    return std::max(ports_[link].wire.free, engine_->now()) +
           Duration{static_cast<std::int64_t>(turns_[link].size())};
  });
}

void FifoNetwork::send(Lane lane, Bytes size, Carry /*carry*/) {
  remaining_[index(lane)] = size.count();
  if (forks_) {
    message_[index(lane)] = book_.add(lane, size).number;
  }
  const std::uint32_t hop = first_hop(static_cast<std::uint32_t>(lane));
  if (options_.pacing == Pacing::line_rate) {
    engine_->after(Duration{0}, self_, pack(Kind::made, hop));
    return;
  }
  wait_for_turn(hop, Duration{0});
}

/// The lane waits at the link of its next packet, for `wait` at least.
void FifoNetwork::wait_for_turn(std::uint32_t hop, Duration wait) {
  const std::uint32_t link = link_at(hop);
  turns_[link].push(hop);
  if (turns_[link].size() == 1) {
    engine_->after(wait, self_, pack(Kind::pull, link));
  }
}

void FifoNetwork::on_event(std::uint64_t payload) {
  const auto where = static_cast<std::uint32_t>(payload);
  switch (static_cast<Kind>(payload >> 32U)) {
    case Kind::arrival:
      on_arrival(ports_[where], where);
      break;
    case Kind::pull:
      pull(where);
      break;
    case Kind::made:
      make_packet(where);
      break;
    case Kind::left:
      listener_->on_left(Lane{hop_lane_[where]}, 0);
      break;
    case Kind::delivered:
      while (book_.take_delivered(where, engine_->now())) {
        listener_->on_delivered(Lane{where}, 0);
      }
      break;
  }
}

void FifoNetwork::on_arrival(Port& port, std::uint32_t link) {
  const Packet packet = port.under_way.front();
  port.under_way.pop();
  if (!port.under_way.empty()) {
    engine_->at(port.under_way.front().arrives, self_, pack(Kind::arrival, link));
  }
  if ((route_[packet.hop] & last_hop) != 0) {
    listener_->on_delivered(Lane{hop_lane_[packet.hop]}, 0);
  } else {
    const std::uint32_t next =
        ways_.next(packet.hop, [&](std::uint32_t other) { return ports_[other].wire.free; });
    join(next, packet.size, packet.message);
  }
}

/// Lanes that begin at one link take turns, a packet each.
void FifoNetwork::pull(std::uint32_t link) {
  RingBuffer<std::uint32_t>& turns = turns_[link];
  const std::uint32_t hop = turns.front();
  turns.pop();
  const Duration wait = make_packet(hop);
  if (remaining_[hop_lane_[hop]] > 0) {
    const std::uint32_t next = forks_ ? first_hop(hop_lane_[hop]) : hop;
    const std::uint32_t other = link_at(next);
    if (other == link) {
      turns.push(next);
    } else {
      wait_for_turn(next, std::max(ports_[other].wire.free - engine_->now(), Duration{0}));
    }
  }
  if (!turns.empty()) {
    engine_->after(wait, self_, pack(Kind::pull, link));
  }
}

/// Cuts the next packet off a message and puts it in the queue of its first link. Returns the time
/// until it has left.
Duration FifoNetwork::make_packet(std::uint32_t hop) {
  std::int64_t& remaining = remaining_[hop_lane_[hop]];
  const std::int64_t data = std::min(remaining, options_.payload.count());
  remaining -= data;
  const auto size = static_cast<std::uint32_t>(data + options_.overhead.count());
  const std::uint32_t lane = hop_lane_[hop];
  const Duration wait =
      join(hop, remaining == 0 ? size | ends_message : size, forks_ ? message_[lane] : 0);
  if (remaining == 0) {
    engine_->after(wait, self_, pack(Kind::left, hop));
  } else if (options_.pacing == Pacing::line_rate) {
    const double time = static_cast<double>(size) * ports_[link_at(hop)].wire.ps_per_byte;
    const std::uint32_t next = forks_ ? first_hop(lane) : hop;
    engine_->after(Duration{std::llround(time)}, self_, pack(Kind::made, next));
  }
  return wait;
}

/// Puts a packet in the queue of a link, and on the link when its turn comes. Returns the time
/// until it has left.
Duration FifoNetwork::join(std::uint32_t hop, std::uint32_t size, std::uint32_t message) {
  const std::uint32_t route = route_[hop];
  const std::uint32_t link = route & ~last_hop;
  Port& port = ports_[link];
  const std::uint32_t bytes = size & ~ends_message;
  port.wire.load(engine_->now(), bytes);
  port.bytes += bytes;
  ++port.packets;
  if (forks_ && (route & last_hop) != 0) {
    const MessageId id{.lane = hop_lane_[hop], .number = message};
    if (const auto whole = book_.on_arrival(id, port.wire.free + port.latency)) {
      engine_->at(*whole, self_, pack(Kind::delivered, id.lane));
    }
    return port.wire.free - engine_->now();
  }
  // Nothing happens when a packet reaches its end, unless it is the last one of its message.
  if ((route & last_hop) == 0 || (size & ends_message) != 0) {
    port.under_way.push({port.wire.free + port.latency, hop, size, message});
    if (port.under_way.size() == 1) {
      engine_->at(port.wire.free + port.latency, self_, pack(Kind::arrival, link));
    }
  }
  return port.wire.free - engine_->now();
}

std::vector<LinkUse> FifoNetwork::link_use() const {
  std::vector<LinkUse> use;
  use.reserve(ports_.size());
  for (const Port& port : ports_) {
    const auto overhead = static_cast<double>(port.packets * options_.overhead.count());
    use.push_back({.bytes = static_cast<double>(port.bytes) - overhead,
                   .overhead = overhead,
                   .busy = port.wire.busy});
  }
  return use;
}

}  // namespace sim
