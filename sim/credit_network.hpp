#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "sim/engine.hpp"
#include "sim/fabric.hpp"
#include "sim/message_book.hpp"
#include "sim/network.hpp"
#include "sim/ring_buffer.hpp"
#include "sim/units.hpp"
#include "sim/waiting_lists.hpp"
#include "sim/way_chooser.hpp"
#include "sim/wire.hpp"

namespace sim {

/// Packets through switches that lose none: virtual cut-through with credits (P. Kermani and
/// L. Kleinrock, "Virtual cut-through", Computer Networks 3, 1979; W. Dally, "Virtual-channel flow
/// control", IEEE TPDS 3(2), 1992).
///
/// Behind every link is an input buffer, divided into virtual channels. A packet enters a link when
/// the link is free and one of the virtual channels that it may use has room for all of it; the
/// room is known by credits, which come back a link
/// latency after the packet has left the buffer. Its head goes on a router latency after it has
/// arrived, before the tail has; so a message of n packets over h links takes, undisturbed,
///
///     sum over links of (latency) + (h - 1) router latencies + n packet times
///
/// Where a packet has a choice of links it makes it when its head may go on. Who enters a link when
/// several wait is a matter of arbitration. The virtual channels of one
/// input may send to different links at once, as where a switch goes from one to the other with
/// every flit; what they get rid of in the long run is no more than what comes in. A host takes in
/// what arrives.
///
/// A packet costs one event per link, one more for each time that it has to wait.
class CreditNetwork final : public Network {
 public:
  CreditNetwork(Engine& engine, const Fabric& fabric, MessageListener& listener,
                const PacketOptions& options);

  void send(Lane lane, Bytes size, Carry carry) override;
  [[nodiscard]] std::vector<LinkUse> link_use() const override;
  [[nodiscard]] std::vector<std::uint32_t> waiting_circle() const override;
  [[nodiscard]] Instant quiet() const override { return quiet_; }
  void on_event(std::uint64_t payload) override;

 private:
  static constexpr Instant never = Instant::max();
  static constexpr std::uint32_t no_room = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t host = no_room - 1;  // takes in what arrives, always
  static constexpr std::uint64_t unowned = std::numeric_limits<std::uint64_t>::max();

  struct Packet {
    Instant ready;              // it may enter its next link from then on
    Instant tail;               // it is in the buffer to its last byte
    Instant made;               // at its source
    std::uint32_t hop = 0;      // of the fabric: its next link
    std::uint32_t data = 0;     // bytes of the message
    std::uint32_t wire = 0;     // bytes on a link: the data, headers, and what fills its last flit
    std::uint32_t message = 0;  // the lane's how-manieth
    bool ends = false;          // is it the last one of its message?
  };
  struct Credit {
    Instant when;
    std::uint32_t buffer = 0;
    std::uint32_t bytes = 0;
  };
  /// A link, as the side sees it that sends into it.
  struct Link {
    Wire wire;
    Instant wake = never;  // when it is looked at again
    Duration latency{};
    RingBuffer<Credit> credits;  // on their way back
    std::int64_t under_way = 0;  // bytes that entered and whose credits have not come back
    std::uint32_t waiters = 0;   // buffers and the source that wait to send into it
    std::int64_t data = 0;       // of messages, so far
    std::int64_t bytes = 0;      // with heads
  };
  /// One virtual channel of the input buffer behind a link.
  struct Buffer {
    RingBuffer<Packet> packets;
    Instant free;                   // when the packet before the first one has left
    std::int64_t room = 0;          // bytes, as far as the other end of the link knows
    std::uint64_t owner = unowned;  // the message whose packets alone may enter, if one has begun
  };
  /// Where a host's packets enter the network: its own side of a lane's first link.
  struct Turn {
    MessageId message;      // with packets to make
    std::uint32_t hop = 0;  // of the fabric: the first one of the next packet
  };
  struct Port {
    RingBuffer<Turn> turns;
    Packet next{};                  // of the first of them
    std::int64_t packets = 0;       // to be made
    bool taking = false;            // a message in, the last of its turns
    std::uint32_t last_taken = 0;   // its lane
    Instant taken;                  // not before then is all of that in the queue
    RingBuffer<MessageId> waiting;  // of a host's first port: messages that no port takes in
  };
  enum class Kind : std::uint8_t {
    ready,      // the first packet of a buffer
    wake,       // a link
    left,       // a message of a lane has left its source
    taken,      // a port has all of a message in its queue
    delivered,  // ... has arrived
  };
  /// Who may send next: a buffer or the source at a link.
  struct Choice {
    std::uint32_t waiter = WaitingLists::none;
    std::uint32_t channel = no_room;  // behind the link, or `host`
  };

  /// What is asked again and again of a packet that waits: its bytes, and the virtual channels that
  /// it may use behind its next link; none where a host takes it in.
  struct Head {
    std::uint32_t wire = 0;
    std::uint8_t begin = 0;
    std::uint8_t end = 0;
    [[nodiscard]] bool arrives() const { return begin == end; }
  };

  static std::uint64_t pack(Kind kind, std::uint32_t where);
  [[nodiscard]] std::uint32_t buffer_of(std::uint32_t link, std::uint32_t channel) const {
    return (link * channels_) + channel;
  }
  [[nodiscard]] bool is_source(std::uint32_t waiter) const { return waiter >= buffers_.size(); }
  [[nodiscard]] std::uint32_t source_at(std::uint32_t link) const {
    return static_cast<std::uint32_t>(buffers_.size()) + link;
  }
  [[nodiscard]] std::uint32_t link_behind(std::uint32_t waiter) const { return waiter / channels_; }

  [[nodiscard]] bool is_last(std::uint32_t hop) const {
    return fabric_->is_last(Lane{hop_lane_[hop]}, hop);
  }
  [[nodiscard]] std::uint32_t next_link(const Packet& packet) const;
  void wake_at(std::uint32_t link, Instant when);
  void serve(std::uint32_t link);
  void collect_credits(std::uint32_t link);
  [[nodiscard]] std::int32_t urgency(const Packet& packet) const {
    return fabric_->urgency(Lane{hop_lane_[packet.hop]}, packet.message);
  }
  [[nodiscard]] bool precedes(std::uint32_t waiter, const Choice& choice) const;
  [[nodiscard]] Choice choose(std::uint32_t link) const;
  [[nodiscard]] std::uint64_t message_key(const Packet& packet) const {
    return (static_cast<std::uint64_t>(hop_lane_[packet.hop]) << 32U) | packet.message;
  }
  [[nodiscard]] Head head_of(const Packet& packet) const;
  [[nodiscard]] std::uint32_t channel_with_room(std::uint32_t link, std::uint32_t waiter) const;
  void wait_with_next(std::uint32_t link);
  /// What a buffer or a source sends next.
  [[nodiscard]] const Packet& first_of(std::uint32_t waiter) const {
    return is_source(waiter) ? ports_[waiter - buffers_.size()].next : first_in(waiter);
  }
  [[nodiscard]] const Packet& first_in(std::uint32_t buffer) const {
    return buffers_[buffer].packets.front();
  }
  [[nodiscard]] std::uint32_t first_hop(std::uint32_t lane);
  [[nodiscard]] Duration load(std::uint32_t link);
  void add_waiter(std::uint32_t link, std::uint32_t waiter);
  void wait_for_turn(std::uint32_t link, Turn turn);
  void take_turn(std::uint32_t link, MessageId message, std::uint32_t hop);
  void take_in(std::uint32_t link, MessageId message);
  void check_taken(std::uint32_t link);
  void on_taken(std::uint32_t link);
  void take_from_source(std::uint32_t link);
  void take_from_buffer(std::uint32_t buffer, const Link& to);
  [[nodiscard]] Instant room_for_next(const Link& in, const Link& out) const;
  void grant(std::uint32_t link, const Choice& choice);
  void enter(std::uint32_t link, std::uint32_t channel, Packet packet);
  void arrive(const Packet& packet, Instant when);
  void deliver(std::uint32_t lane);

  Engine* engine_;
  const Fabric* fabric_;
  MessageListener* listener_;
  PacketOptions options_;
  HandlerId self_;
  std::uint32_t channels_;
  std::uint32_t classes_;  // of virtual channels; fewer than lanes ask for may deadlock
  std::vector<Link> links_;
  std::vector<Buffer> buffers_;  // per link and virtual channel
  std::vector<Head> heads_;      // per waiter: a buffer, or the source at a link
  WaitingLists waiting_;         // per link: buffers, and the source
  std::vector<Port> ports_;      // per link
  MessageBook book_;
  bool first_come_ = true;  // whoever waited longest goes first, whatever it sends
  Instant quiet_;
  std::vector<std::uint32_t> hop_lane_;  // per hop of the fabric
  WayChooser ways_;
};

}  // namespace sim
