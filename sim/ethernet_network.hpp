#pragma once

#include <cstdint>
#include <vector>

#include "sim/connection.hpp"
#include "sim/dcqcn.hpp"
#include "sim/dctcp.hpp"
#include "sim/engine.hpp"
#include "sim/event_queue.hpp"
#include "sim/fabric.hpp"
#include "sim/network.hpp"
#include "sim/port_history.hpp"
#include "sim/ring_buffer.hpp"
#include "sim/shared_buffer.hpp"
#include "sim/units.hpp"
#include "sim/way_chooser.hpp"
#include "sim/wire.hpp"

namespace sim {

/// Packets through a datacenter Ethernet: store and forward, one queue per port of a switch, which
/// share its memory.
///
/// A switch that runs short of memory pauses the links that its packets came by, or drops what
/// comes. It marks packets in long queues; receivers tell senders of marks, and they slow down
/// (DCQCN) or send less at a time (DCTCP). A receiver that misses a packet tells the sender, who
/// goes back to it. At a host every lane is a connection with a rate or window of its own, and
/// those that may send take turns, a packet each.
///
/// Acknowledgements, notifications and pauses go before everything else and are short: they come
/// after the latencies of the links, and use nothing of their bandwidth.
///
/// Where packets have a choice of links they overtake each other; then receivers take them in any
/// order, and none may be lost.
///
/// A packet costs one event per link, one more where it waits in a queue.
class EthernetNetwork final : public Network {
 public:
  EthernetNetwork(Engine& engine, const Fabric& fabric, MessageListener& listener,
                  const PacketOptions& options);

  void send(Lane lane, Bytes size, Carry carry) override;
  [[nodiscard]] std::vector<LinkUse> link_use() const override;
  [[nodiscard]] std::vector<PortReport> port_reports() const override;
  [[nodiscard]] std::vector<std::uint32_t> waiting_circle() const override;
  [[nodiscard]] std::size_t given_up() const override { return given_up_; }
  [[nodiscard]] std::size_t lost() const override { return lost_; }
  void on_event(std::uint64_t payload) override;

 private:
  struct Packet {
    std::uint32_t hop = 0;     // of the fabric: its next link, or the one it is crossing
    std::uint32_t number = 0;  // see Connection
    std::uint32_t wire = 0;    // bytes on a link; and `marked`
    std::uint32_t from = 0;    // the link that it came by
  };
  struct Crossing {
    Instant arrives;
    Packet packet;
  };
  /// A link, and at its near end the queue of a switch or the lanes of a host.
  struct Port {
    Wire wire;
    Duration latency{};
    Instant wake = Instant::max();  // when it is looked at again
    RingBuffer<Packet> queue;
    RingBuffer<std::uint32_t> turns;  // lanes that begin here and may send
    EventQueue later;                 // ... and those that may at a later time
    RingBuffer<Crossing> crossing;    // on their way along the link
    std::int64_t queued = 0;          // bytes in the queue
    std::int64_t held = 0;            // bytes of what came by this link, in queues behind it
    std::int64_t bytes = 0;           // put on the link so far
    std::int64_t packets = 0;         // ...
    std::uint32_t buffer = 0;         // the switch's
    Instant room_from;                // a full queue takes nothing in before
    bool full = false;                // it has dropped what came last
    bool paused = false;
    bool pausing = false;    // the switch behind it has told it to pause
    bool host_next = false;  // of a queue and lanes that both wait, the lanes are next
  };
  /// A lane at its two hosts.
  struct Host {
    Connection connection;
    std::uint32_t hop = 0;             // the first one of its next packet
    Instant may_send;                  // not before
    Instant notified;                  // the receiver told of a mark
    std::uint32_t acknowledged = 0;    // packets, as far as the sender knows
    std::uint32_t timer_expected = 0;  // what was expected when the timer started
    std::int32_t retries = 0;
    bool has_turn = false;  // it waits for a turn, or for the time it may send
    bool timer = false;
    bool given_up = false;
    std::int64_t delivered = 0;  // bytes
  };
  struct Timer {
    Instant when;
    std::uint32_t lane = 0;
  };
  enum class Kind : std::uint8_t {
    crossed,              // the first packet on its way along a link has
    wake,                 // a link
    left,                 // a message of a lane has left its source
    pause,                // a link has been told to
    resume,               // ... that it may send again
    notified,             // a lane, of marks
    acknowledged,         // what a lane's receiver took
    acknowledged_marked,  // ... the last of it marked
    missing,              // the receiver of a lane misses a packet
    timer,                // the first one to end
  };

  void schedule(Duration delay, Kind kind, std::uint32_t where, std::uint32_t number = 0);
  [[nodiscard]] static bool is_marked(const Packet& packet);
  [[nodiscard]] std::uint32_t link_of(const Packet& packet) const;
  [[nodiscard]] std::uint32_t first_link(std::uint32_t lane) const;
  [[nodiscard]] bool is_last(const Packet& packet) const;

  [[nodiscard]] Duration load(std::uint32_t link) const;
  void serve(std::uint32_t link);
  void wake_at(std::uint32_t link, Instant when);
  void put_on_wire(std::uint32_t link, const Packet& packet);
  void send_from_queue(std::uint32_t link);
  void send_from_host(std::uint32_t link);
  void on_crossed(std::uint32_t link);
  void join(const Packet& packet);
  [[nodiscard]] bool marks(std::int64_t queued);
  void hold(std::uint32_t link, std::int64_t bytes);
  void release(std::uint32_t link, std::int64_t bytes);
  void set_paused(std::uint32_t link, bool paused);

  [[nodiscard]] bool may_send(const Host& host, std::uint32_t lane) const;
  void offer(std::uint32_t lane);
  void go_on(std::uint32_t lane);
  void take_in(const Packet& packet);
  void go_back(std::uint32_t lane, std::uint32_t number);
  void on_gone_back(std::uint32_t lane);
  void start_timer(std::uint32_t lane);
  void on_timers();
  void on_timer(std::uint32_t lane);

  Engine* engine_;
  const Fabric* fabric_;
  MessageListener* listener_;
  PacketOptions options_;
  HandlerId self_;
  std::vector<Port> ports_;              // per link
  std::vector<SharedBuffer> buffers_;    // per switch
  std::vector<PortHistory> histories_;   // per link
  std::vector<Host> hosts_;              // per lane
  std::vector<DcqcnRate> rates_;         // per lane, of DCQCN
  std::vector<DctcpWindow> windows_;     // per lane, of DCTCP
  std::vector<std::uint32_t> route_;     // per hop of the fabric: its link, and `last_hop`
  std::vector<std::uint32_t> hop_lane_;  // per hop of the fabric
  RingBuffer<Timer> timers_;             // all as long: the first to start is the first to end
  WayChooser ways_;
  std::uint64_t random_;  // chance: which packets are marked, who finds room in a full queue
  std::size_t given_up_ = 0;
  std::size_t lost_ = 0;
  Instant last_arrival_;
};

}  // namespace sim
