#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine.hpp"
#include "sim/fabric.hpp"
#include "sim/message_book.hpp"
#include "sim/network.hpp"
#include "sim/ring_buffer.hpp"
#include "sim/units.hpp"
#include "sim/way_chooser.hpp"
#include "sim/wire.hpp"

namespace sim {

/// Packets through plain ports: store and forward, and one unbounded queue, first come, first
/// served, in front of every link.
///
/// In such a queue a packet's departure is known when it joins: after what stands before it. So a
/// packet costs one event per link, and none at its last one, unless it ends its message. Packets
/// arrive over a link in the order in which they left, so only the first of those on their way is a
/// pending event of the engine; the others wait in a ring. Memory grows with the packets under way.
/// Where packets have a choice of links, they make it when they join a queue.
class FifoNetwork final : public Network {
 public:
  FifoNetwork(Engine& engine, const Fabric& fabric, MessageListener& listener,
              const PacketOptions& options);

  void send(Lane lane, Bytes size, Carry carry) override;
  [[nodiscard]] std::vector<LinkUse> link_use() const override;
  void on_event(std::uint64_t payload) override;

 private:
  /// A packet on its way along a link.
  struct Packet {
    Instant arrives;
    std::uint32_t hop = 0;      // of the fabric: the one it is crossing
    std::uint32_t size = 0;     // on the wire, in bytes; and `ends_message`
    std::uint32_t message = 0;  // the lane's how-manieth, where packets overtake each other
  };
  /// A link, the queue in front of it, and the packets along it.
  struct Port {
    Wire wire;  // its queue has left when the wire is free
    Duration latency{};
    std::int64_t bytes = 0;  // put on the link, overhead included
    std::int64_t packets = 0;
    RingBuffer<Packet> under_way;  // those that something happens to when they arrive
  };
  /// What an event's payload names: a link, or the first hop of a lane.
  enum class Kind : std::uint8_t {
    arrival,    // of the first packet under way on a link
    pull,       // a source may put its next packet on a link
    made,       // the next packet of a lane is ready
    left,       // the last one has left its source
    delivered,  // where packets overtake each other: the last one of a message has arrived
  };
  static std::uint64_t pack(Kind kind, std::uint32_t where);

  void on_arrival(Port& port, std::uint32_t link);
  void pull(std::uint32_t link);
  [[nodiscard]] std::uint32_t first_hop(std::uint32_t lane);
  [[nodiscard]] std::uint32_t link_at(std::uint32_t hop) const;
  Duration make_packet(std::uint32_t hop);
  Duration join(std::uint32_t hop, std::uint32_t size, std::uint32_t message);
  void wait_for_turn(std::uint32_t hop, Duration wait);

  Engine* engine_;
  MessageListener* listener_;
  PacketOptions options_;
  HandlerId self_;
  std::vector<Port> ports_;  // per link
  std::vector<RingBuffer<std::uint32_t>>
      turns_;                            // per link: first hops of lanes with packets to make
  std::vector<std::uint32_t> route_;     // per hop of the fabric: its link, and `last_hop`
  std::vector<std::uint32_t> hop_lane_;  // per hop of the fabric
  std::vector<std::int64_t> remaining_;  // per lane: bytes of its message that are in no packet yet
  WayChooser ways_;
  // Where packets have a choice they overtake each other, and a message has arrived when all have.
  bool forks_;
  MessageBook book_;
  std::vector<std::uint32_t> message_;  // per lane: the number of the last one
};

}  // namespace sim
