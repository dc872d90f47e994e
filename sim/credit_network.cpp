#include "sim/credit_network.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

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
      book_{fabric.lanes(), options},
      ways_{fabric, options.seed} {
  require(fabric.forks() || !fabric.has_split_lanes(), "a packet takes one way");
  require(
      !fabric.forks() || (options.nic_queue == 0 && options.flow_control == FlowControl::packet),
      "where packets have a choice none follows another one");
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
  first_come_ = options.arbitration == Arbitration::round_robin && !fabric.has_urgency_strides();
  hop_lane_.reserve(fabric.hop_count());
  for (std::uint32_t lane = 0; lane < fabric.lanes(); ++lane) {
    first_come_ = first_come_ && fabric.urgency(Lane{lane}) == fabric.urgency(Lane{0});
    hop_lane_.resize(fabric.hops_end(Lane{lane}), lane);
  }
}

void CreditNetwork::on_event(std::uint64_t payload) {
  const auto where = static_cast<std::uint32_t>(payload);
  switch (static_cast<Kind>(payload >> 32U)) {
    case Kind::ready: {
      Packet& first = buffers_[where].packets.front();
      if (fabric_->forks()) {
        first.hop = ways_.next(first.hop, [&](std::uint32_t other) { return load(other); });
      }
      const std::uint32_t link = next_link(first);
      heads_[where] = head_of(first_in(where));
      add_waiter(link, where);
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

/// How long a packet that came now would wait, roughly: for those that wait, for those under way or
/// in the buffer behind, and for the one on the link.
Duration CreditNetwork::load(std::uint32_t link) {
  collect_credits(link);
  const Link& along = links_[link];
  const std::int64_t bytes =
      along.under_way + (along.waiters * (options_.payload + options_.overhead).count());
  return std::max(along.wire.free - engine_->now(), Duration{0}) +
         Duration{static_cast<std::int64_t>(static_cast<double>(bytes) * along.wire.ps_per_byte)};
}

void CreditNetwork::add_waiter(std::uint32_t link, std::uint32_t waiter) {
  waiting_.add(link, waiter);
  ++links_[link].waiters;
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
    links_[link].under_way -= credits.front().bytes;
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
  --to.waiters;
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
  // A packet to a slow link gives back its credit later than those that leave after it.
  for (std::size_t i = link.credits.size() - 1;
       i > 0 && link.credits[i].when < link.credits[i - 1].when; --i) {
    std::swap(link.credits[i], link.credits[i - 1]);
  }
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
  links_[link].under_way += packet.wire;
  require(buffer.room >= 0, "no virtual channel overfills");
  packet.hop += fabric_->forks() ? 0U : 1U;  // else it is chosen when it is ready
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
