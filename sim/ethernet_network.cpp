#include "sim/ethernet_network.hpp"

#include <algorithm>
#include <map>

#include "sim/contract.hpp"
#include "sim/random.hpp"

namespace sim {
namespace {

constexpr std::uint32_t last_hop = std::uint32_t{1} << 31U;  // of a lane's route
constexpr std::uint32_t marked = std::uint32_t{1} << 31U;    // on a packet's size

constexpr unsigned kind_shift = 60;
constexpr unsigned where_shift = 32;
constexpr std::uint64_t where_mask = (std::uint64_t{1} << (kind_shift - where_shift)) - 1;

}  // namespace

EthernetNetwork::EthernetNetwork(Engine& engine, const Fabric& fabric, MessageListener& listener,
                                 const PacketOptions& options)
    : engine_{&engine},
      fabric_{&fabric},
      listener_{&listener},
      options_{options},
      self_{engine.attach(*this)},
      ports_(fabric.links()),
      histories_(fabric.links()),
      hosts_(fabric.lanes()),
      ways_{fabric, options.seed},
      random_{options.seed} {
  require(fabric.forks() || !fabric.has_split_lanes(), "a packet takes one way");
  require(!fabric.forks() || options.ethernet.loss == Loss::pause,
          "packets that overtake each other are not lost");
  require(options.payload > Bytes{0} && options.payload + options.overhead <= packet_max,
          "a packet carries something, and not too much");
  require(fabric.links() <= where_mask && fabric.lanes() <= where_mask, "events can name them all");
  std::map<std::uint32_t, std::uint32_t> buffer_of;  // per node
  for (std::uint32_t link = 0; link < fabric.links(); ++link) {
    Port& port = ports_[link];
    port.wire.ps_per_byte = std::pico::den / fabric.capacity(link);
    port.latency = fabric.link_latency(link);
    port.buffer = static_cast<std::uint32_t>(buffers_.size());
    if (const auto node = fabric.link_node(link)) {
      port.buffer = buffer_of.try_emplace(*node, port.buffer).first->second;
    }
    buffers_.resize(std::max<std::size_t>(buffers_.size(), port.buffer + 1),
                    {.size = options.ethernet.buffer.count()});
  }
  route_.reserve(fabric.hop_count());
  hop_lane_.reserve(fabric.hop_count());
  for (std::uint32_t number = 0; number < fabric.lanes(); ++number) {
    const Lane lane{number};
    for (std::uint32_t hop = fabric.hops_begin(lane); hop < fabric.hops_end(lane); ++hop) {
      route_.push_back(fabric.hop_link(hop) | (fabric.is_last(lane, hop) ? last_hop : 0));
      hop_lane_.push_back(number);
    }
    hosts_[number].hop = fabric.hops_begin(lane);
    if (options_.ethernet.control == CongestionControl::dcqcn) {
      rates_.emplace_back(options_.ethernet.dcqcn,
                          fabric.capacity(fabric.hop_link(fabric.hops_begin(lane))));
    } else if (options_.ethernet.control == CongestionControl::dctcp) {
      windows_.emplace_back(options_.ethernet.dctcp);
    }
  }
}

void EthernetNetwork::schedule(Duration delay, Kind kind, std::uint32_t where,
                               std::uint32_t number) {
  engine_->after(delay, self_,
                 (static_cast<std::uint64_t>(kind) << kind_shift) |
                     (static_cast<std::uint64_t>(where) << where_shift) | number);
}

bool EthernetNetwork::is_marked(const Packet& packet) {
  return (packet.wire & marked) != 0;
}

std::uint32_t EthernetNetwork::link_of(const Packet& packet) const {
  return route_[packet.hop] & ~last_hop;
}

std::uint32_t EthernetNetwork::first_link(std::uint32_t lane) const {
  return route_[hosts_[lane].hop] & ~last_hop;
}

bool EthernetNetwork::is_last(const Packet& packet) const {
  return (route_[packet.hop] & last_hop) != 0;
}

void EthernetNetwork::on_event(std::uint64_t payload) {
  const auto where = static_cast<std::uint32_t>((payload >> where_shift) & where_mask);
  const auto number = static_cast<std::uint32_t>(payload);
  switch (static_cast<Kind>(payload >> kind_shift)) {
    case Kind::crossed:
      on_crossed(where);
      break;
    case Kind::wake:
      if (ports_[where].wake == engine_->now()) {  // else it was woken before, or will be later
        ports_[where].wake = Instant::max();
        serve(where);
      }
      break;
    case Kind::left:
      listener_->on_left(Lane{where}, 0);
      break;
    case Kind::pause:
      set_paused(where, true);
      break;
    case Kind::resume:
      set_paused(where, false);
      break;
    case Kind::notified:
      rates_[where].on_notification(engine_->now());
      break;
    case Kind::acknowledged:
    case Kind::acknowledged_marked:
      hosts_[where].acknowledged = number;
      windows_[where].on_arrived(number, hosts_[where].connection.next(),
                                 static_cast<Kind>(payload >> kind_shift) != Kind::acknowledged);
      go_on(where);
      break;
    case Kind::missing:
      go_back(where, number);
      break;
    case Kind::timer:
      on_timers();
      break;
  }
}

/// How long a packet that came now would wait.
Duration EthernetNetwork::load(std::uint32_t link) const {
  const Port& port = ports_[link];
  const double queue_ps = static_cast<double>(port.queued) * port.wire.ps_per_byte;
  return std::max(port.wire.free - engine_->now(), Duration{0}) +
         Duration{static_cast<std::int64_t>(queue_ps)};
}

/// Puts a packet on the link, if it is free and one waits: of a switch's queue and a host's lanes,
/// should both be there, in turn.
void EthernetNetwork::serve(std::uint32_t link) {
  Port& port = ports_[link];
  while (!port.later.empty() && port.later.top().when <= engine_->now()) {
    port.turns.push(static_cast<std::uint32_t>(port.later.pop().payload));
  }
  while (!port.paused && port.wire.free <= engine_->now()) {
    if (!port.turns.empty() && (port.queue.empty() || port.host_next)) {
      port.host_next = false;
      send_from_host(link);
    } else if (!port.queue.empty()) {
      port.host_next = true;
      send_from_queue(link);
    } else {
      break;
    }
  }
  if (port.paused) {
    return;
  }
  if (!port.queue.empty() || !port.turns.empty()) {
    wake_at(link, port.wire.free);
  } else if (!port.later.empty()) {
    wake_at(link, std::max(port.wire.free, port.later.top().when));
  }
}

void EthernetNetwork::wake_at(std::uint32_t link, Instant when) {
  if (when < ports_[link].wake) {
    ports_[link].wake = when;
    schedule(when - engine_->now(), Kind::wake, link);
  }
}

void EthernetNetwork::put_on_wire(std::uint32_t link, const Packet& packet) {
  Port& port = ports_[link];
  const std::uint32_t bytes = packet.wire & ~marked;
  port.wire.load(engine_->now(), bytes);
  port.bytes += bytes;
  ++port.packets;
  const Instant arrives = port.wire.free + port.latency;
  port.crossing.push({arrives, packet});
  if (port.crossing.size() == 1) {
    schedule(arrives - engine_->now(), Kind::crossed, link);
  }
}

void EthernetNetwork::on_crossed(std::uint32_t link) {
  Port& port = ports_[link];
  Packet packet = port.crossing.front().packet;
  port.crossing.pop();
  if (!port.crossing.empty()) {
    schedule(port.crossing.front().arrives - engine_->now(), Kind::crossed, link);
  }
  if (is_last(packet)) {
    take_in(packet);
  } else {
    packet.hop = ways_.next(packet.hop, [&](std::uint32_t other) { return load(other); });
    packet.from = link;
    join(packet);
  }
}

/// A switch takes in a packet, if it has room.
void EthernetNetwork::join(const Packet& packet) {
  const std::uint32_t link = link_of(packet);
  Port& port = ports_[link];
  if (port.queue.empty() && port.turns.empty() && !port.paused &&
      port.wire.free <= engine_->now()) {
    put_on_wire(link, packet);  // it does not wait
    return;
  }
  const EthernetOptions& ethernet = options_.ethernet;
  SharedBuffer& buffer = buffers_[port.buffer];
  const std::int64_t bytes = packet.wire & ~marked;
  const bool has_room = ethernet.loss == Loss::pause
                            ? buffer.used + bytes <= buffer.size
                            : buffer.admits(port.queued, bytes, ethernet.share) &&
                                  (!port.full || engine_->now() >= port.room_from);
  port.full = !has_room;
  if (!has_room) {
    histories_[link].on_drop();
    if (fabric_->forks()) {
      ++lost_;
    }
    return;
  }
  Packet joining = packet;
  if (marks(port.queued)) {
    joining.wire |= marked;
    histories_[link].on_mark();
  }
  port.queue.push(joining);
  port.queued += bytes;
  buffer.used += bytes;
  histories_[link].on_queue(engine_->now(), port.queued, ethernet.statistics_interval);
  if (ethernet.loss == Loss::pause) {
    hold(packet.from, bytes);
  }
  serve(link);
}

void EthernetNetwork::send_from_queue(std::uint32_t link) {
  Port& port = ports_[link];
  const Packet packet = port.queue.front();
  port.queue.pop();
  const std::int64_t bytes = packet.wire & ~marked;
  port.queued -= bytes;
  buffers_[port.buffer].used -= bytes;
  histories_[link].on_queue(engine_->now(), port.queued, options_.ethernet.statistics_interval);
  if (options_.ethernet.loss == Loss::pause) {
    release(packet.from, bytes);
  } else if (port.full) {
    // Senders of one rate stay in step with the queue, and one of them would come first to every
    // place that gets free. In a real switch it is chance who does, of those that come within a
    // packet time.
    const double packet_ps = static_cast<double>(bytes) * port.wire.ps_per_byte;
    port.room_from =
        engine_->now() + Duration{static_cast<std::int64_t>(unit_interval(random_) * packet_ps)};
  }
  put_on_wire(link, packet);
}

/// Random early detection, on the length of the queue as a packet finds it.
bool EthernetNetwork::marks(std::int64_t queued) {
  const EthernetOptions& ethernet = options_.ethernet;
  if (queued <= ethernet.mark_from.count() || ethernet.control == CongestionControl::none) {
    return false;
  }
  if (queued > ethernet.mark_all.count()) {
    return true;
  }
  const double share = static_cast<double>(queued - ethernet.mark_from.count()) /
                       static_cast<double>((ethernet.mark_all - ethernet.mark_from).count());
  return unit_interval(random_) < share * ethernet.mark_probability;
}

/// The switch behind a link holds more, or less, of what came by it.
void EthernetNetwork::hold(std::uint32_t link, std::int64_t bytes) {
  Port& port = ports_[link];
  port.held += bytes;
  if (!port.pausing && port.held > options_.ethernet.pause_above.count()) {
    port.pausing = true;
    schedule(port.latency, Kind::pause, link);
  }
}

void EthernetNetwork::release(std::uint32_t link, std::int64_t bytes) {
  Port& port = ports_[link];
  port.held -= bytes;
  if (port.pausing && port.held <= options_.ethernet.resume_below.count()) {
    port.pausing = false;
    schedule(port.latency, Kind::resume, link);
  }
}

void EthernetNetwork::set_paused(std::uint32_t link, bool paused) {
  ports_[link].paused = paused;
  histories_[link].on_pause(engine_->now(), paused, options_.ethernet.statistics_interval);
  if (!paused) {
    serve(link);
  }
}

std::vector<LinkUse> EthernetNetwork::link_use() const {
  std::vector<LinkUse> use(ports_.size());
  for (std::uint32_t lane = 0; !fabric_->forks() && lane < hosts_.size(); ++lane) {
    for (std::uint32_t hop = fabric_->hops_begin(Lane{lane}); hop < fabric_->hops_end(Lane{lane});
         ++hop) {
      use[fabric_->hop_link(hop)].bytes += static_cast<double>(hosts_[lane].delivered);
    }
  }
  for (std::size_t link = 0; link < ports_.size(); ++link) {
    if (fabric_->forks()) {  // where nothing is sent again
      use[link].bytes = static_cast<double>(ports_[link].bytes -
                                            (ports_[link].packets * options_.overhead.count()));
    }
    use[link].overhead = static_cast<double>(ports_[link].bytes) - use[link].bytes;
    use[link].busy = ports_[link].wire.busy;
  }
  return use;
}

std::vector<PortReport> EthernetNetwork::port_reports() const {
  std::vector<PortReport> reports;
  reports.reserve(histories_.size());
  for (const PortHistory& history : histories_) {
    reports.push_back(history.report(last_arrival_, options_.ethernet.statistics_interval));
  }
  return reports;
}

std::vector<std::uint32_t> EthernetNetwork::waiting_circle() const {
  // From a paused link to a paused one that packets which came by it wait for, and so on.
  const auto next = [&](std::uint32_t link) -> std::optional<std::uint32_t> {
    for (std::uint32_t other = 0; other < ports_.size(); ++other) {
      const RingBuffer<Packet>& queue = ports_[other].queue;
      for (std::size_t i = 0; ports_[other].paused && i < queue.size(); ++i) {
        if (queue[i].from == link) {
          return other;
        }
      }
    }
    return std::nullopt;
  };
  std::vector<std::uint32_t> way;
  std::vector<bool> seen(ports_.size(), false);
  std::optional<std::uint32_t> at;
  for (std::uint32_t link = 0; !at && link < ports_.size(); ++link) {
    if (ports_[link].paused) {
      at = link;
    }
  }
  while (at && !seen[*at]) {
    seen[*at] = true;
    way.push_back(*at);
    at = next(*at);
  }
  if (!at) {
    return {};
  }
  way.erase(way.begin(), std::ranges::find(way, *at));
  return way;
}

}  // namespace sim
