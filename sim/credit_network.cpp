#include "sim/credit_network.hpp"

#include <algorithm>

#include "sim/contract.hpp"

namespace sim {
namespace {

// Cutting off what is behind the point rounds to the nearest if this was added.
constexpr double half = 0.5;

}  // namespace

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
      waiting_{fabric.links(), buffers_.size() + fabric.links()},
      turns_(fabric.links()),
      sources_(fabric.lanes()) {
  require(!fabric.has_split_lanes(), "a packet takes one way");
  const std::int64_t most = wire_bytes(options, options.payload.count(), options.overhead.count());
  require(options.payload > Bytes{0} && most <= packet_max.count(), "a packet is not too large");
  require(options.buffer.count() >= most, "a buffer holds a packet");
  for (std::uint32_t link = 0; link < fabric.links(); ++link) {
    links_[link].ps_per_byte = std::pico::den / fabric.capacity(link);
    links_[link].latency = fabric.link_latency(link);
  }
  for (Buffer& buffer : buffers_) {
    buffer.room = options.buffer.count();
  }
  hop_lane_.reserve(fabric.hop_count());
  for (std::uint32_t lane = 0; lane < fabric.lanes(); ++lane) {
    hop_lane_.resize(fabric.hops_end(Lane{lane}), lane);
  }
}

void CreditNetwork::send(Lane lane, Bytes size, Carry /*carry*/) {
  const std::int64_t payload = options_.payload.count();
  const std::int64_t packets = std::max<std::int64_t>((size.count() + payload - 1) / payload, 1);
  require(packets <= std::numeric_limits<std::uint32_t>::max(), "a message has countable packets");
  Source& source = sources_[index(lane)];
  source.messages.push({.size = size.count(),
                        .unmade = size.count(),
                        .packets = static_cast<std::uint32_t>(packets),
                        .arrives = {}});
  const std::uint32_t link = fabric_->hop_link(fabric_->hops_begin(lane));
  turns_[link].push(static_cast<std::uint32_t>(lane));
  if (turns_[link].size() == 1) {
    waiting_.add(link, source_at(link));
    wake_at(link, std::max(engine_->now(), links_[link].free));
  }
}

void CreditNetwork::on_event(std::uint64_t payload) {
  const auto where = static_cast<std::uint32_t>(payload);
  switch (static_cast<Kind>(payload >> 32U)) {
    case Kind::ready: {
      const std::uint32_t link = fabric_->hop_link(first_in(where).hop);
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
    case Kind::delivered:
      deliver(where);
      break;
  }
}

void CreditNetwork::wake_at(std::uint32_t link, Instant when) {
  if (when < links_[link].wake) {
    links_[link].wake = when;
    engine_->at(when, self_, pack(Kind::wake, link));
  }
}

/// Lets a packet enter the link, if it is free and one can.
void CreditNetwork::serve(std::uint32_t link) {
  if (links_[link].free > engine_->now()) {
    wake_at(link, links_[link].free);
    return;
  }
  collect_credits(link);
  const Choice choice = choose(link);
  if (choice.found) {
    grant(link, choice);
    if (!waiting_.empty(link)) {
      wake_at(link, links_[link].free);
    }
    return;
  }
  Instant retry = choice.retry;
  if (!waiting_.empty(link) && !links_[link].credits.empty()) {
    retry = std::min(retry, links_[link].credits.front().when);
  }
  if (retry != never) {
    wake_at(link, retry);
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

/// The virtual channels that a packet may use behind its next link.
CreditNetwork::ChannelRange CreditNetwork::channels_at(std::uint32_t hop) const {
  const std::uint32_t own = std::min<std::uint32_t>(fabric_->hop_class(hop), classes_ - 1);
  return {own * channels_ / classes_, (own + 1) * channels_ / classes_};
}

/// The emptiest virtual channel of its class behind a packet's next link, if that has room for it.
std::optional<std::uint32_t> CreditNetwork::channel_with_room(std::uint32_t hop,
                                                              std::uint32_t bytes) const {
  const std::uint32_t link = fabric_->hop_link(hop);
  const ChannelRange range = channels_at(hop);
  std::uint32_t best = range.begin;
  for (std::uint32_t channel = range.begin + 1; channel < range.end; ++channel) {
    if (buffers_[buffer_of(link, channel)].room > buffers_[buffer_of(link, best)].room) {
      best = channel;
    }
  }
  return buffers_[buffer_of(link, best)].room >= bytes ? std::optional{best} : std::nullopt;
}

/// The packet that the source at a link would send now.
CreditNetwork::Packet CreditNetwork::next_of_source(std::uint32_t link) const {
  const std::uint32_t lane = turns_[link].front();
  const Source& source = sources_[lane];
  const Message& message = source.messages.back();
  const std::int64_t data = std::min(message.unmade, options_.payload.count());
  const bool has_head =
      options_.flow_control == FlowControl::packet || message.unmade == message.size;
  const std::int64_t head = has_head ? options_.overhead.count() : 0;
  return {.ready = engine_->now(),
          .tail = engine_->now(),
          .made = engine_->now(),
          .hop = fabric_->hops_begin(Lane{lane}),
          .data = static_cast<std::uint32_t>(data),
          .wire = static_cast<std::uint32_t>(wire_bytes(options_, data, head)),
          .message = source.first + static_cast<std::uint32_t>(source.messages.size()) - 1};
}

CreditNetwork::Choice CreditNetwork::choose(std::uint32_t link) {
  Choice best;
  Instant oldest = never;
  for (std::uint32_t waiter = waiting_.first(link); waiter != WaitingLists::none;
       waiter = waiting_.next(waiter)) {
    const bool source = is_source(waiter);
    if (!source && links_[link_behind(waiter)].input_free > engine_->now()) {
      best.retry = std::min(best.retry, links_[link_behind(waiter)].input_free);
      continue;
    }
    const Packet packet = source ? next_of_source(link) : first_in(waiter);
    if (packet.made >= oldest) {
      continue;
    }
    const bool ends = packet.hop + 1 == fabric_->hops_end(Lane{hop_lane_[packet.hop]});
    const auto channel = ends ? std::nullopt : channel_with_room(packet.hop, packet.wire);
    if (!ends && !channel) {
      continue;
    }
    best = {.waiter = waiter, .channel = channel, .packet = packet, .found = true};
    oldest = packet.made;
    if (options_.arbitration == Arbitration::round_robin) {
      break;  // whoever was served last waits behind the others
    }
  }
  return best;
}

void CreditNetwork::grant(std::uint32_t link, const Choice& choice) {
  Link& to = links_[link];
  waiting_.remove(link, choice.waiter);
  const Packet& packet = choice.packet;
  if (to.free < engine_->now()) {
    to.carry = half;
  }
  const double exact = (packet.wire * to.ps_per_byte) + to.carry;
  const Duration whole{static_cast<std::int64_t>(exact)};
  to.carry = exact - static_cast<double>(whole.count());
  // The tail cannot leave before it has come, where the link before is slower.
  to.free = std::max(engine_->now() + whole, packet.tail + options_.router_latency);
  to.busy += to.free - engine_->now();
  to.data += packet.data;
  to.wire += packet.wire;
  if (is_source(choice.waiter)) {
    take_from_source(link, packet.data);
  } else {
    take_from_buffer(choice.waiter, to.free);
  }
  enter(link, choice.channel, packet);
}

/// Counts a packet as made, and lets the next lane have its turn.
void CreditNetwork::take_from_source(std::uint32_t link, std::uint32_t data) {
  const std::uint32_t lane = turns_[link].front();
  turns_[link].pop();
  Message& message = sources_[lane].messages.back();
  message.unmade -= data;
  if (message.unmade > 0) {
    turns_[link].push(lane);
  } else {
    engine_->at(links_[link].free, self_, pack(Kind::left, lane));
  }
  if (!turns_[link].empty()) {
    waiting_.add(link, source_at(link));
  }
}

/// Takes the first packet out of a buffer, which it leaves to its last byte at `leaves`.
void CreditNetwork::take_from_buffer(std::uint32_t buffer, Instant leaves) {
  Buffer& from = buffers_[buffer];
  const std::uint32_t wire = from.packets.front().wire;
  from.packets.pop();
  from.free = leaves;
  if (!from.packets.empty()) {
    engine_->at(std::max(from.packets.front().ready, leaves), self_, pack(Kind::ready, buffer));
  }
  const std::uint32_t behind = link_behind(buffer);
  Link& link = links_[behind];
  link.input_free = leaves;
  const Instant back = leaves + link.latency + options_.credit_latency;
  link.credits.push({back, buffer, wire});
  if (!waiting_.empty(behind)) {
    wake_at(behind, std::max(back, link.free));
  }
}

/// The packet is on the link: it goes to the buffer behind it, or arrives.
void CreditNetwork::enter(std::uint32_t link, std::optional<std::uint32_t> channel, Packet packet) {
  const Link& along = links_[link];
  if (!channel) {
    arrive(packet, along.free + along.latency);
    return;
  }
  const std::uint32_t number = buffer_of(link, *channel);
  Buffer& buffer = buffers_[number];
  buffer.room -= packet.wire;
  require(buffer.room >= 0, "no virtual channel overfills");
  ++packet.hop;
  packet.ready = engine_->now() + along.latency + options_.router_latency;
  packet.tail = along.free + along.latency;
  buffer.packets.push(packet);
  if (buffer.packets.size() == 1) {
    engine_->at(std::max(packet.ready, buffer.free), self_, pack(Kind::ready, number));
  }
}

void CreditNetwork::arrive(const Packet& packet, Instant when) {
  const std::uint32_t lane = hop_lane_[packet.hop];
  Source& source = sources_[lane];
  Message& message = source.messages[packet.message - source.first];
  message.arrives = std::max(message.arrives, when);
  if (--message.packets == 0) {
    engine_->at(message.arrives, self_, pack(Kind::delivered, lane));
  }
}

/// Messages of a lane are reported in order, even where packets overtook each other.
void CreditNetwork::deliver(std::uint32_t lane) {
  Source& source = sources_[lane];
  while (!source.messages.empty() && source.messages.front().packets == 0 &&
         source.messages.front().arrives <= engine_->now()) {
    source.messages.pop();
    ++source.first;
    listener_->on_delivered(Lane{lane}, 0);
  }
}

std::vector<LinkUse> CreditNetwork::link_use() const {
  std::vector<LinkUse> use;
  use.reserve(links_.size());
  for (const Link& link : links_) {
    use.push_back({.bytes = static_cast<double>(link.data),
                   .overhead = static_cast<double>(link.wire - link.data),
                   .busy = link.busy});
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
    const std::uint32_t hop = first_in(at).hop;
    const std::uint32_t link = fabric_->hop_link(hop);
    const ChannelRange range = channels_at(hop);
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
