#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "sim/engine.hpp"
#include "sim/ethernet_options.hpp"
#include "sim/fabric.hpp"
#include "sim/port_history.hpp"
#include "sim/units.hpp"

namespace sim {

/// The part of a picosecond by which a message is later (or, negative, earlier) than the integer
/// instant of the event that reports it.
///
/// Time is integer, a transfer seldom is: 1 MiB at 450 GB/s takes 2330168.88... ps. A chain of ten
/// thousand such messages would be off by thousands of picoseconds, always in the same direction.
/// So the remainder is carried from a message to the ones that it sets off, as a line is drawn on
/// pixels: each event is rounded, the sum is not.
using Carry = float;

/// Hears what becomes of the messages it sent.
class MessageListener {
 public:
  MessageListener() = default;
  MessageListener(const MessageListener&) = delete;
  MessageListener& operator=(const MessageListener&) = delete;
  MessageListener(MessageListener&&) = delete;
  MessageListener& operator=(MessageListener&&) = delete;
  virtual ~MessageListener() = default;

  /// The last byte of the lane's message is on its way: the lane is free for the next one.
  virtual void on_left(Lane lane, Carry carry) = 0;

  /// The last byte has arrived. Messages of one lane arrive in the order they left.
  virtual void on_delivered(Lane lane, Carry carry) = 0;
};

/// What a run put on a link.
struct LinkUse {
  double bytes = 0;     // of messages
  double overhead = 0;  // headers and whatever else is sent for them
  Duration busy{};      // the time in which at least one message was on it
};

/// A network model: decides when messages leave and when they arrive.
class Network : public EventHandler {
 public:
  /// Sends `size` >= 0 bytes over `lane`, which is free: nothing was sent, or it has left.
  virtual void send(Lane lane, Bytes size, Carry carry) = 0;

  /// Per link of the fabric, up to the current instant.
  [[nodiscard]] virtual std::vector<LinkUse> link_use() const = 0;

  /// When the last sign of a message is gone, credits that come back included: never before it has
  /// arrived. Models without such signs say zero.
  [[nodiscard]] virtual Instant quiet() const { return {}; }

  /// Per link, of models that have queues; else empty.
  [[nodiscard]] virtual std::vector<PortReport> port_reports() const { return {}; }

  /// Lanes whose sender got nowhere for too long and tries no more.
  [[nodiscard]] virtual std::size_t given_up() const { return 0; }

  /// Packets that nobody will send again.
  [[nodiscard]] virtual std::size_t lost() const { return 0; }

  /// If packets wait for each other in a circle: the links behind which they stand, each waiting
  /// for room behind the next one. Empty if none do.
  [[nodiscard]] virtual std::vector<std::uint32_t> waiting_circle() const { return {}; }
};

enum class NetworkModel : std::uint8_t {
  ideal,   // latency + bytes / bandwidth; messages do not see each other
  flow,    // max-min fair fluid flows, rates solved exactly at every start and end
  packet,  // packets in queues
};

inline constexpr std::array<std::string_view, 3> network_model_names{"ideal", "flow", "packet"};

/// When the source of a message makes its next packet.
enum class Pacing : std::uint8_t {
  when_sent,  // when the one before it has left: what waits to be sent waits as a message
  line_rate,  // a packet time after the one before, whatever the queue: sources of their own
};

/// What stands in front of a link.
enum class Switching : std::uint8_t {
  fifo,         // one unbounded queue per link, store and forward
  cut_through,  // bounded input buffers with virtual channels and credits; heads go ahead of tails
  ethernet,     // queues that share a switch's memory, store and forward: drops or pauses, marks
};
inline constexpr std::array<std::string_view, 3> switching_names{"fifo", "cut-through", "ethernet"};

/// Who enters a link first, of the packets that wait for it.
enum class Arbitration : std::uint8_t {
  round_robin,  // inputs take turns
  age,          // the packet that was made first
};
inline constexpr std::array<std::string_view, 2> arbitration_names{"round-robin", "age"};

/// Which packets have a head of their own.
enum class FlowControl : std::uint8_t {
  packet,   // every one
  message,  // the first one of a message; the others follow it
};
inline constexpr std::array<std::string_view, 2> flow_control_names{"packet", "message"};

/// How messages become packets, and how packets go.
struct PacketOptions {
  Bytes payload{4096};  // the most data in a packet
  Bytes overhead{0};    // what a head adds to the data on every link: headers, gaps
  Bytes flit{1};        // packets are filled up to a multiple of this
  Pacing pacing = Pacing::when_sent;
  Switching switching = Switching::fifo;
  FlowControl flow_control = FlowControl::packet;

  // Of cut-through. A port with a queue takes in one message after the other, a packet each
  // `nic_step`, as far as there is room, and sends them in this order; a message has left its
  // source when all of it is in the queue. A host gives a message to the first of its ports that
  // takes none in. Without a queue lanes take turns at a port, a packet each.
  std::int32_t nic_queue = 0;  // packets
  Duration nic_step{};
  std::int32_t virtual_channels = 1;
  Bytes buffer{65536};        // per virtual channel
  Duration router_latency{};  // from a head's arrival at a switch until it may leave
  Duration credit_latency{};  // of a credit, besides the latency of the link
  Arbitration arbitration = Arbitration::round_robin;

  EthernetOptions ethernet{};
  std::uint64_t seed = 1;  // of chance: which packets Ethernet marks
};

/// What a packet of `data` bytes is on a link, with a head or without.
[[nodiscard]] constexpr std::int64_t wire_bytes(const PacketOptions& options, std::int64_t data,
                                                std::int64_t head) {
  const std::int64_t flit = options.flit.count();
  return (data + head + flit - 1) / flit * flit;
}

/// What a packet may be at most, overhead included.
inline constexpr Bytes packet_max{(1 << 20) - 1};

struct NetworkOptions {
  NetworkModel model = NetworkModel::flow;
  PacketOptions packet{};
};

/// `engine`, `fabric` and `listener` outlive the network. Requires lanes that are not split for
/// `packet`.
[[nodiscard]] std::unique_ptr<Network> make_network(const NetworkOptions& options, Engine& engine,
                                                    const Fabric& fabric,
                                                    MessageListener& listener);

}  // namespace sim
