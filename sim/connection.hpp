#pragma once

#include <cstdint>
#include <optional>

#include "sim/ring_buffer.hpp"
#include "sim/units.hpp"

namespace sim {

/// Both ends of a lane that may lose packets: the sender numbers its packets and goes back to a
/// number (go-back-N), the receiver takes them in order.
///
/// Packets of a lane that has several ways overtake each other. Such a receiver takes them in any
/// order; then none may be lost.
class Connection {
 public:
  /// A packet: its number, bytes of a message, and whether they are the last ones of it.
  struct Piece {
    std::uint32_t number = 0;
    std::uint32_t data = 0;
    bool ends = false;
    bool leaves = false;  // ... and sent for the first time
  };
  enum class Receipt : std::uint8_t {
    taken,
    gap,       // one before it is missing, for the first time since one was taken
    unwanted,  // ... again, or it was taken before
  };

  /// A message of `size` >= 0 bytes, in packets of up to `payload`; an empty one has one packet.
  void add(Bytes size, Bytes payload);

  [[nodiscard]] bool has_next() const { return next_ != end_; }
  /// The packet to be sent next, and what was sent before it and has not been taken.
  [[nodiscard]] std::uint32_t next() const { return next_; }
  [[nodiscard]] std::uint32_t under_way() const { return next_ - expected_; }

  /// Sends the next packet. Requires has_next().
  Piece take(Bytes payload);

  /// The receiver gets a packet. Requires that none is lost if `in_any_order`.
  Receipt on_arrival(std::uint32_t number, bool in_any_order);

  /// What the receiver wants next.
  [[nodiscard]] std::uint32_t expected() const { return expected_; }
  [[nodiscard]] bool is_done() const { return expected_ == end_; }

  /// Strikes out the first message if all of it was taken, and returns its size.
  std::optional<Bytes> take_delivered();

  /// The sender goes back to a packet, if it is still wanted. Returns whether that changes
  /// anything.
  bool go_back(std::uint32_t number);

  /// The same to the first packet that was not taken; a gap that was told may be told again.
  bool start_again();

 private:
  struct Message {
    std::int64_t size = 0;
    std::uint32_t first = 0;    // packet
    std::uint32_t packets = 0;  // of it
    std::uint32_t missing = 0;  // packets that were not taken
    bool left = false;          // all were sent at least once
  };

  [[nodiscard]] std::size_t message_of(std::uint32_t number) const;

  RingBuffer<Message> messages_;  // that were not delivered
  std::size_t sending_ = 0;       // which of them `next_` belongs to
  std::uint32_t next_ = 0;
  std::uint32_t end_ = 0;       // of all messages so far
  std::uint32_t expected_ = 0;  // in any order: the number of those taken
  bool told_gap_ = false;
};

}  // namespace sim
