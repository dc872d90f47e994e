// The hosts of a credit network: how messages become packets, and wait to enter it.

#include <algorithm>

#include "sim/credit_network.hpp"

namespace sim {

void CreditNetwork::send(Lane lane, Bytes size, Carry /*carry*/) {
  const MessageId message = book_.add(lane, size);
  const std::uint32_t hop = first_hop(message.lane);
  if (options_.nic_queue == 0) {
    take_turn(fabric_->hop_link(hop), message, hop);
    return;
  }
  const std::uint32_t first = fabric_->first_port(lane);
  for (std::uint32_t link = first; link < first + fabric_->port_count(lane); ++link) {
    if (!ports_[link].taking) {
      take_in(link, message);
      return;
    }
  }
  ports_[first].waiting.push(message);
}

/// The next packet of a lane would go this way now.
std::uint32_t CreditNetwork::first_hop(std::uint32_t lane) {
  return ways_.first(Lane{lane}, [&](std::uint32_t link) { return load(link); });
}

/// The message gets its turns at a link.
void CreditNetwork::take_turn(std::uint32_t link, MessageId message, std::uint32_t hop) {
  ports_[link].packets += book_.packets(message);
  wait_for_turn(link, {message, hop});
}

void CreditNetwork::wait_for_turn(std::uint32_t link, Turn turn) {
  Port& port = ports_[link];
  port.turns.push(turn);
  if (port.turns.size() == 1) {
    wait_with_next(link);
    wake_at(link, std::max(engine_->now(), links_[link].wire.free));
  }
}

/// A free port begins to take in a message.
void CreditNetwork::take_in(std::uint32_t link, MessageId message) {
  Port& port = ports_[link];
  port.taking = true;
  port.last_taken = message.lane;
  const std::int64_t packets = book_.packets(message);
  const std::int64_t packets_max = duration_max / std::max(options_.nic_step, Duration{1});
  // A message that takes longer than a port may ever take has no end that anyone waits for.
  port.taken = engine_->now() + (std::min(packets, packets_max) * options_.nic_step);
  take_turn(link, message, fabric_->hops_begin(Lane{message.lane}));
  check_taken(link);
}

/// The message that a port takes in is in the queue when no more packets are left than that holds.
void CreditNetwork::check_taken(std::uint32_t link) {
  Port& port = ports_[link];
  if (port.taking && port.packets <= options_.nic_queue && port.taken != never) {
    engine_->at(std::max(port.taken, engine_->now()), self_, pack(Kind::taken, link));
    port.taken = never;  // it is on its way
  }
}

void CreditNetwork::on_taken(std::uint32_t link) {
  Port& port = ports_[link];
  port.taking = false;
  const std::uint32_t lane = port.last_taken;
  const std::uint32_t first = fabric_->first_port(Lane{lane});
  if (!ports_[first].waiting.empty()) {
    const MessageId next = ports_[first].waiting.front();
    ports_[first].waiting.pop();
    take_in(link, next);
  }
  listener_->on_left(Lane{lane}, 0);
}

/// Makes the next packet of the source at a link, which waits with it.
void CreditNetwork::wait_with_next(std::uint32_t link) {
  Port& port = ports_[link];
  const auto [message, hop] = port.turns.front();
  const MessageBook::Piece piece = book_.next(message);
  port.next = {.ready = {},
               .tail = {},
               .made = engine_->now(),
               .hop = hop,
               .data = piece.data,
               .wire = piece.wire,
               .message = message.number,
               .ends = piece.ends};
  heads_[source_at(link)] = head_of(port.next);
  add_waiter(link, source_at(link));
}

/// Counts a packet as made, and lets the next message have its turn.
void CreditNetwork::take_from_source(std::uint32_t link) {
  Port& port = ports_[link];
  const Turn turn = port.turns.front();
  const MessageId message = turn.message;
  const bool all_made = book_.on_made(message);
  --port.packets;
  if (options_.nic_queue > 0) {
    check_taken(link);
  } else if (all_made) {
    engine_->at(links_[link].wire.free, self_, pack(Kind::left, message.lane));
  }
  // Messages that have virtual channels of their own do not mix at a port: each could wait for the
  // channel of another one that waits for its turn.
  const bool mixes = options_.nic_queue == 0 && options_.flow_control == FlowControl::packet;
  if (all_made || mixes) {
    port.turns.pop();
  }
  if (!all_made && mixes) {
    const std::uint32_t hop = fabric_->forks() ? first_hop(message.lane) : turn.hop;
    const std::uint32_t other = fabric_->forks() ? fabric_->hop_link(hop) : link;
    if (other == link) {
      port.turns.push({message, hop});
    } else {
      wait_for_turn(other, {message, hop});
    }
  }
  if (!port.turns.empty()) {
    wait_with_next(link);
  }
}

}  // namespace sim
