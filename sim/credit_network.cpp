#include "sim/credit_network.hpp"

#include <algorithm>
#include <cmath>

#include "sim/contract.hpp"

namespace sim {

std::uint64_t CreditNetwork::pack(Kind kind, std::uint32_t where) {
  return (static_cast<std::uint64_t>(kind) << 32U) | where;
}

CreditNetwork::CreditNetwork(Engine& engine, const Fabric& fabric, MessageListener& listener,
                             const PacketOptions& options)
    : engine_{&engine},
      fabric_{&fabric},
      listener_{&listener},
      options_{options},
      self_{engine.attach(*this)},
      channels_{static_cast<std::uint32_t>(options.virtual_channels)},
      classes_{std::min(channels_, static_cast<std::uint32_t>(fabric.channel_classes()))},
      links_(fabric.links()),
      buffers_(fabric.links() * channels_),
      heads_(buffers_.size() + fabric.links()),
      waiting_{fabric.links(), buffers_.size() + fabric.links()},
      ports_(fabric.links()),
      book_{fabric.lanes(), options} {
  require(!fabric.has_split_lanes(), "a packet takes one way");
  const std::int64_t most = wire_bytes(options, options.payload.count(), options.overhead.count());
  require(options.payload > Bytes{0} && most <= packet_max.count(), "a packet is not too large");
  require(options.buffer.count() >= most, "a buffer holds a packet");
  for (std::uint32_t link = 0; link < fabric.links(); ++link) {
    links_[link].wire.ps_per_byte = std::pico::den / fabric.capacity(link);
    links_[link].latency = fabric.link_latency(link);
  }
  for (Buffer& buffer : buffers_) {
    buffer.room = options.buffer.count();
  }
  first_come_ = options.arbitration == Arbitration::round_robin;
  hop_lane_.reserve(fabric.hop_count());
  for (std::uint32_t lane = 0; lane < fabric.lanes(); ++lane) {
    first_come_ = first_come_ && fabric.urgency(Lane{lane}) == fabric.urgency(Lane{0});
    hop_lane_.resize(fabric.hops_end(Lane{lane}), lane);
  }
}

void CreditNetwork::send(Lane lane, Bytes size, Carry /*carry*/) {
  const MessageId message = book_.add(lane, size);
  const std::uint32_t first = fabric_->first_port(lane);
  if (options_.nic_queue == 0) {
    take_turn(fabric_->hop_link(fabric_->hops_begin(lane)), message);
    return;
  }
  for (std::uint32_t link = first; link < first + fabric_->port_count(lane); ++link) {
    if (!ports_[link].taking) {
      take_in(link, message);
      return;
    }
  }
  ports_[first].waiting.push(message);
}

/// The message gets its turns at a link.
void CreditNetwork::take_turn(std::uint32_t link, MessageId message) {
  Port& port = ports_[link];
  port.turns.push(message);
  port.packets += book_.packets(message);
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
  port.taken = engine_->now() + (book_.packets(message) * options_.nic_step);
  take_turn(link, message);
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

void CreditNetwork::on_event(std::uint64_t payload) {
  const auto where = static_cast<std::uint32_t>(payload);
  switch (static_cast<Kind>(payload >> 32U)) {
    case Kind::ready: {
      const std::uint32_t link = next_link(first_in(where));
      heads_[where] = head_of(first_in(where));
      waiting_.add(link, where);
      serve(link);
      break;
    }
    case Kind::wake:
      if (links_[where].wake == engine_->now()) {  // else it was woken before, or will be later
        links_[where].wake = never;
        serve(where);
      }
      break;
    case Kind::left:
      listener_->on_left(Lane{where}, 0);
      break;
    case Kind::taken:
      on_taken(where);
      break;
    case Kind::delivered:
      deliver(where);
      break;
  }
}

std::uint32_t CreditNetwork::next_link(const Packet& packet) const {
  return fabric_->has_arrivals() && is_last(packet.hop)
             ? fabric_->arrival_link(Lane{hop_lane_[packet.hop]}, packet.message)
             : fabric_->hop_link(packet.hop);
}

void CreditNetwork::wake_at(std::uint32_t link, Instant when) {
  if (when < links_[link].wake) {
    links_[link].wake = when;
    engine_->at(when, self_, pack(Kind::wake, link));
  }
}

/// Lets a packet enter the link, if it is free and one can.
void CreditNetwork::serve(std::uint32_t link) {
  if (links_[link].wire.free > engine_->now()) {
    wake_at(link, links_[link].wire.free);
    return;
  }
  collect_credits(link);
  const Choice choice = choose(link);
  if (choice.channel != no_room) {
    grant(link, choice);
    if (!waiting_.empty(link)) {
      wake_at(link, links_[link].wire.free);
    }
    return;
  }
  if (!waiting_.empty(link) && !links_[link].credits.empty()) {
    wake_at(link, links_[link].credits.front().when);
  }
}

void CreditNetwork::collect_credits(std::uint32_t link) {
  RingBuffer<Credit>& credits = links_[link].credits;
  while (!credits.empty() && credits.front().when <= engine_->now()) {
    Buffer& buffer = buffers_[credits.front().buffer];
    buffer.room += credits.front().bytes;
    require(buffer.room <= options_.buffer.count(), "no more credits come back than were given");
    credits.pop();
  }
}

CreditNetwork::Head CreditNetwork::head_of(const Packet& packet) const {
  if (is_last(packet.hop)) {
    return {.wire = packet.wire};
  }
  const std::uint32_t own = std::min<std::uint32_t>(fabric_->hop_class(packet.hop), classes_ - 1);
  return {.wire = packet.wire,
          .begin = static_cast<std::uint8_t>(own * channels_ / classes_),
          .end = static_cast<std::uint8_t>((own + 1) * channels_ / classes_)};
}

/// The virtual channel behind `link` that a packet may enter now: the one that its message has, or
/// else the emptiest of its class that no message has, if there is room.
std::uint32_t CreditNetwork::channel_with_room(std::uint32_t link, std::uint32_t waiter) const {
  const Head head = heads_[waiter];
  if (head.arrives()) {
    return host;
  }
  const bool owned = options_.flow_control == FlowControl::message;
  const std::uint64_t key = owned ? message_key(first_of(waiter)) : 0;
  std::uint32_t best = no_room;
  std::int64_t room = static_cast<std::int64_t>(head.wire) - 1;
  for (std::uint32_t channel = head.begin; channel < head.end; ++channel) {
    const Buffer& buffer = buffers_[buffer_of(link, channel)];
    if (owned && buffer.owner == key) {
      return buffer.room >= head.wire ? channel : no_room;
    }
    if (buffer.room > room && buffer.owner == unowned) {
      best = channel;
      room = buffer.room;
    }
  }
  return best;
}

/// Makes the next packet of the source at a link, which waits with it.
void CreditNetwork::wait_with_next(std::uint32_t link) {
  Port& port = ports_[link];
  const MessageId message = port.turns.front();
  const MessageBook::Piece piece = book_.next(message);
  port.next = {.ready = {},
               .tail = {},
               .made = engine_->now(),
               .hop = fabric_->hops_begin(Lane{message.lane}),
               .data = piece.data,
               .wire = piece.wire,
               .message = message.number,
               .ends = piece.ends};
  heads_[source_at(link)] = head_of(port.next);
  waiting_.add(link, source_at(link));
}

CreditNetwork::Choice CreditNetwork::choose(std::uint32_t link) const {
  Choice best;
  for (std::uint32_t waiter = waiting_.first(link); waiter != WaitingLists::none;
       waiter = waiting_.next(waiter)) {
    if (best.channel != no_room && !precedes(waiter, best)) {
      continue;
    }
    const std::uint32_t channel = channel_with_room(link, waiter);
    if (channel != no_room) {
      best = {.waiter = waiter, .channel = channel};
      if (first_come_) {
        break;
      }
    }
  }
  return best;
}

/// Does `waiter` go before the choice, which has waited longer? By age, the older packet; in turns,
/// the more urgent one of the same input.
bool CreditNetwork::precedes(std::uint32_t waiter, const Choice& choice) const {
  if (options_.arbitration == Arbitration::age) {
    return first_of(waiter).made < first_of(choice.waiter).made;
  }
  return !is_source(waiter) && !is_source(choice.waiter) &&
         link_behind(waiter) == link_behind(choice.waiter) &&
         urgency(first_in(waiter)) < urgency(first_in(choice.waiter));
}

void CreditNetwork::grant(std::uint32_t link, const Choice& choice) {
  Link& to = links_[link];
  waiting_.remove(link, choice.waiter);
  const Packet packet = first_of(choice.waiter);
  to.wire.load(engine_->now(), packet.wire);
  if (!is_source(choice.waiter)) {
    // The tail cannot leave before it has come, where the link before is slower.
    const Instant tail = std::max(to.wire.free, packet.tail + options_.router_latency);
    to.wire.busy += tail - to.wire.free;
    to.wire.free = tail;
  }
  to.data += packet.data;
  to.bytes += packet.wire;
  if (is_source(choice.waiter)) {
    take_from_source(link);
  } else {
    take_from_buffer(choice.waiter, to);
  }
  enter(link, choice.channel, packet);
}

/// Counts a packet as made, and lets the next message have its turn.
void CreditNetwork::take_from_source(std::uint32_t link) {
  Port& port = ports_[link];
  const MessageId message = port.turns.front();
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
    port.turns.push(message);
  }
  if (!port.turns.empty()) {
    wait_with_next(link);
  }
}

/// Takes the first packet out of a buffer, into a link that is free again when all of it has left.
void CreditNetwork::take_from_buffer(std::uint32_t buffer, const Link& to) {
  const Instant leaves = to.wire.free;
  Buffer& from = buffers_[buffer];
  const std::uint32_t wire = from.packets.front().wire;
  from.packets.pop();
  from.free = leaves;
  if (!from.packets.empty()) {
    engine_->at(std::max(from.packets.front().ready, leaves), self_, pack(Kind::ready, buffer));
  }
  const std::uint32_t behind = link_behind(buffer);
  Link& link = links_[behind];
  const Instant back = room_for_next(link, to) + link.latency + options_.credit_latency;
  link.credits.push({back, buffer, wire});
  quiet_ = std::max(quiet_, back);
  if (!waiting_.empty(behind)) {
    wake_at(behind, std::max(back, link.wire.free));
  }
}

/// From when on there is room behind `in` for as much as begins to leave it now, into `out`. A
/// packet enters where all of it fits. What follows the head of a message has no head of its own
/// and goes flit by flit: it may enter when the first flit has made room, if the others do so as
/// fast as it comes.
Instant CreditNetwork::room_for_next(const Link& in, const Link& out) const {
  if (options_.flow_control == FlowControl::packet || out.wire.ps_per_byte > in.wire.ps_per_byte) {
    return out.wire.free;
  }
  const double flit_ps = static_cast<double>(options_.flit.count()) * out.wire.ps_per_byte;
  return std::min(out.wire.free, engine_->now() + Duration{std::llround(flit_ps)});
}

/// The packet is on the link: it goes to the buffer behind it, or arrives.
void CreditNetwork::enter(std::uint32_t link, std::uint32_t channel, Packet packet) {
  const Link& along = links_[link];
  if (channel == host) {
    const Instant when = along.wire.free + along.latency;
    quiet_ = std::max(quiet_, when + along.latency + options_.credit_latency);
    arrive(packet, when);
    return;
  }
  const std::uint32_t number = buffer_of(link, channel);
  Buffer& buffer = buffers_[number];
  if (options_.flow_control == FlowControl::message) {
    buffer.owner = packet.ends ? unowned : message_key(packet);
  }
  buffer.room -= packet.wire;
  require(buffer.room >= 0, "no virtual channel overfills");
  ++packet.hop;
  packet.ready = engine_->now() + along.latency + options_.router_latency;
  packet.tail = along.wire.free + along.latency;
  buffer.packets.push(packet);
  if (buffer.packets.size() == 1) {
    engine_->at(std::max(packet.ready, buffer.free), self_, pack(Kind::ready, number));
  }
}

void CreditNetwork::arrive(const Packet& packet, Instant when) {
  const MessageId message{.lane = hop_lane_[packet.hop], .number = packet.message};
  if (const auto whole = book_.on_arrival(message, when)) {
    engine_->at(*whole, self_, pack(Kind::delivered, message.lane));
  }
}

void CreditNetwork::deliver(std::uint32_t lane) {
  while (book_.take_delivered(lane, engine_->now())) {
    listener_->on_delivered(Lane{lane}, 0);
  }
}

std::vector<LinkUse> CreditNetwork::link_use() const {
  std::vector<LinkUse> use;
  use.reserve(links_.size());
  for (const Link& link : links_) {
    use.push_back({.bytes = static_cast<double>(link.data),
                   .overhead = static_cast<double>(link.bytes - link.data),
                   .busy = link.wire.busy});
  }
  return use;
}

std::vector<std::uint32_t> CreditNetwork::waiting_circle() const {
  // From a buffer with packets to the fullest one that its first packet may go to, and so on.
  std::vector<std::uint32_t> way;
  std::vector<bool> seen(buffers_.size(), false);
  std::uint32_t at = 0;
  while (at < buffers_.size() && buffers_[at].packets.empty()) {
    ++at;
  }
  if (at == buffers_.size()) {
    return {};
  }
  while (!seen[at]) {
    seen[at] = true;
    way.push_back(at);
    const std::uint32_t link = next_link(first_in(at));
    const Head range = head_of(first_in(at));
    at = buffer_of(link, range.begin);
    for (std::uint32_t channel = range.begin; channel < range.end; ++channel) {
      const std::uint32_t other = buffer_of(link, channel);
      at = buffers_[other].packets.empty() ? at : other;
    }
    if (buffers_[at].packets.empty()) {
      return {};
    }
  }
  way.erase(way.begin(), std::ranges::find(way, at));
  for (std::uint32_t& each : way) {
    each = link_behind(each);
  }
  return way;
}

}  // namespace sim
