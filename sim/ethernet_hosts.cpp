// The hosts of an Ethernet: who may send when, what receivers tell senders, and going back.

#include <algorithm>

#include <fmt/format.h>

#include "sim/error.hpp"
#include "sim/ethernet_network.hpp"

namespace sim {

void EthernetNetwork::send(Lane lane, Bytes size, Carry /*carry*/) {
  constexpr std::int64_t packets_max = std::int64_t{1} << 31;  // whose numbers can be told apart
  if (size.count() / options_.payload.count() >= packets_max) {
    throw Failure{
        fmt::format("a message of {} bytes is more than {} packets of {} bytes: take a "
                    "larger 'payload', or pieces",
                    size.count(), packets_max, options_.payload.count())};
  }
  hosts_[index(lane)].connection.add(size, options_.payload);
  go_on(static_cast<std::uint32_t>(lane));
}

bool EthernetNetwork::may_send(const Host& host, std::uint32_t lane) const {
  return host.connection.has_next() && !host.given_up &&
         (windows_.empty() ||
          host.connection.next() - host.acknowledged < windows_[lane].packets());
}

/// Lets the lane wait for its turn, if it has something to send.
void EthernetNetwork::offer(std::uint32_t lane) {
  Host& host = hosts_[lane];
  if (host.has_turn || !may_send(host, lane)) {
    return;
  }
  host.has_turn = true;
  if (fabric_->forks()) {
    host.hop = ways_.first(Lane{lane}, [&](std::uint32_t link) { return load(link); });
  }
  Port& port = ports_[first_link(lane)];
  if (host.may_send > engine_->now()) {
    port.later.push({.when = host.may_send, .order = lane, .payload = lane});
  } else {
    port.turns.push(lane);
  }
}

/// Something has changed: the lane may be able to send now.
void EthernetNetwork::go_on(std::uint32_t lane) {
  offer(lane);
  serve(first_link(lane));
}

void EthernetNetwork::send_from_host(std::uint32_t link) {
  Port& port = ports_[link];
  const std::uint32_t lane = port.turns.front();
  port.turns.pop();
  Host& host = hosts_[lane];
  host.has_turn = false;
  if (!may_send(host, lane)) {
    return;
  }
  const Connection::Piece piece = host.connection.take(options_.payload);
  const auto wire = piece.data + static_cast<std::uint32_t>(options_.overhead.count());
  put_on_wire(link, {.hop = host.hop, .number = piece.number, .wire = wire});
  if (piece.leaves) {
    schedule(port.wire.free - engine_->now(), Kind::left, lane);
  }
  start_timer(lane);
  if (!rates_.empty() && rates_[lane].is_limited()) {
    rates_[lane].on_sent(engine_->now(), wire);
    host.may_send = engine_->now() + rates_[lane].time_for(engine_->now(), wire);
  }
  offer(lane);
  if (first_link(lane) != link) {  // where it goes on from
    wake_at(first_link(lane), std::max(engine_->now(), ports_[first_link(lane)].wire.free));
  }
}

/// The receiver gets a packet.
void EthernetNetwork::take_in(const Packet& packet) {
  const std::uint32_t lane = hop_lane_[packet.hop];
  Host& host = hosts_[lane];
  const Instant now = engine_->now();
  last_arrival_ = now;
  const Duration back = fabric_->latency(Lane{lane});
  if (is_marked(packet) && !rates_.empty() &&
      (host.notified == Instant{} ||
       now - host.notified >= options_.ethernet.dcqcn.notification_interval)) {
    host.notified = now;
    schedule(back, Kind::notified, lane);
  }
  switch (host.connection.on_arrival(packet.number, fabric_->forks())) {
    case Connection::Receipt::taken:
      if (!windows_.empty()) {
        schedule(back, is_marked(packet) ? Kind::acknowledged_marked : Kind::acknowledged, lane,
                 host.connection.expected());
      }
      break;
    case Connection::Receipt::gap:
      schedule(back, Kind::missing, lane, host.connection.expected());
      break;
    case Connection::Receipt::unwanted:
      break;
  }
  while (const auto size = host.connection.take_delivered()) {
    host.delivered += size->count();
    listener_->on_delivered(Lane{lane}, 0);
  }
}

void EthernetNetwork::go_back(std::uint32_t lane, std::uint32_t number) {
  if (hosts_[lane].connection.go_back(number)) {
    on_gone_back(lane);
  }
}

void EthernetNetwork::on_gone_back(std::uint32_t lane) {
  if (!windows_.empty()) {
    hosts_[lane].acknowledged = hosts_[lane].connection.expected();
    windows_[lane].on_loss();
  }
  go_on(lane);
}

void EthernetNetwork::start_timer(std::uint32_t lane) {
  Host& host = hosts_[lane];
  if (!host.timer && !fabric_->forks()) {
    host.timer = true;
    host.timer_expected = host.connection.expected();
    timers_.push({engine_->now() + options_.ethernet.retry_after, lane});
    if (timers_.size() == 1) {
      schedule(options_.ethernet.retry_after, Kind::timer, 0);
    }
  }
}

void EthernetNetwork::on_timers() {
  while (!timers_.empty() && timers_.front().when <= engine_->now()) {
    on_timer(timers_.front().lane);
    timers_.pop();  // now, so that those that have started meanwhile were not the first
  }
  if (!timers_.empty()) {
    schedule(timers_.front().when - engine_->now(), Kind::timer, 0);
  }
}

/// Nothing was taken since the timer started: the sender goes back, or gives up.
void EthernetNetwork::on_timer(std::uint32_t lane) {
  Host& host = hosts_[lane];
  host.timer = false;
  if (host.connection.under_way() == 0) {
    host.retries = 0;
    return;
  }
  if (host.connection.expected() != host.timer_expected) {
    host.retries = 0;
  } else if (++host.retries > options_.ethernet.retries) {
    host.given_up = true;
    ++given_up_;
    return;
  } else {
    if (host.connection.start_again()) {
      on_gone_back(lane);
    }
  }
  start_timer(lane);
}

}  // namespace sim
