#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/fabric.hpp"
#include "sim/network.hpp"
#include "sim/ring_buffer.hpp"
#include "sim/units.hpp"

namespace sim {

/// A message: its lane, and the how-manieth of that it is.
struct MessageId {
  std::uint32_t lane = 0;
  std::uint32_t number = 0;
};

/// Cuts messages into packets, and tells when all packets of one have arrived.
class MessageBook {
 public:
  MessageBook(std::size_t lanes, const PacketOptions& options) : options_{options}, lanes_(lanes) {}

  /// Takes down a message of `size` >= 0 bytes.
  MessageId add(Lane lane, Bytes size);

  /// The number of its packets; an empty message has one.
  [[nodiscard]] std::int64_t packets(MessageId id) const { return packets_in(at(id).size); }

  /// The packet that is to be made next: bytes of the message, bytes on a link, and whether it is
  /// the last one.
  struct Piece {
    std::uint32_t data = 0;
    std::uint32_t wire = 0;
    bool ends = false;
  };
  [[nodiscard]] Piece next(MessageId id) const;

  /// It has been made. Returns whether that was all.
  bool on_made(MessageId id);

  /// A packet will have arrived at `when`. If that was the last one missing: when all will have.
  std::optional<Instant> on_arrival(MessageId id, Instant when);

  /// Strikes out the lane's first message if it has arrived by `now`; returns whether it has.
  /// Messages arrive in order, even where packets overtook each other.
  bool take_delivered(std::uint32_t lane, Instant now);

 private:
  struct Message {
    std::int64_t size = 0;
    std::int64_t unmade = 0;   // bytes that are in no packet yet
    std::int64_t missing = 0;  // packets that have not arrived
    Instant arrives;           // its last packet so far
  };
  struct Open {
    RingBuffer<Message> messages;  // that have not all arrived
    std::uint32_t first = 0;       // the number of the first of those
  };

  [[nodiscard]] std::int64_t packets_in(std::int64_t bytes) const;
  [[nodiscard]] const Message& at(MessageId id) const {
    return lanes_[id.lane].messages[id.number - lanes_[id.lane].first];
  }
  [[nodiscard]] Message& at(MessageId id) {
    return lanes_[id.lane].messages[id.number - lanes_[id.lane].first];
  }

  PacketOptions options_;
  std::vector<Open> lanes_;
};

}  // namespace sim
